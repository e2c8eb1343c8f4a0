"""Making, attaching, detaching and removing network interfaces, for whoever needs one.

Rules of this file: what is asked is checked first, and addresses are taken last, so that a call
that raises leaves nothing taken. The limits of instance types are checked by the operations.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.instances.nouns import INSTANCE
from cloudchamber.services.ec2.interfaces import allocation, groups, public
from cloudchamber.services.ec2.interfaces.nouns import (
    INTERFACE,
    INTERFACES,
    Attachment,
    Interface,
    PrivateAddress,
)
from cloudchamber.services.ec2.kinds import WHEREABOUTS, Place
from cloudchamber.services.ec2.vpcs.nouns import SUBNET, Subnet

# An interface that carries only the traffic of EFA has no addresses.
WITHOUT_ADDRESSES: Final = "efa-only"


def make_interface(
    call: Call,
    subnet: Subnet,
    *,
    groups: Sequence[str] = (),
    private: str | None = None,
    private_count: int = 0,
    others: Sequence[str] = (),
    prefixes: Sequence[str] = (),
    prefix_count: int = 0,
    addresses6: Sequence[str] = (),
    count6: int | None = None,
    prefixes6: Sequence[str] = (),
    prefix6_count: int = 0,
    description: str = "",
    kind: str = "interface",
    requester: str = "",
    is_requester_managed: bool = False,
    owner: str | None = None,
    has_groups: bool = True,
) -> Interface:
    """A new interface in a subnet, with its addresses.

    `private` is the primary IPv4 address (drawn if it is not named), `others` are secondary ones
    by name and `private_count` more of them. `count6` is how many IPv6 addresses are drawn; None
    asks the subnet whether it gives one. `owner` is the account that the interface lies in, the
    caller's if it is not said. `has_groups` is False for a kind that wears no security groups.
    Raises what `allocation` and `groups.expect_groups` raise.
    """
    worn = _worn(call, subnet, groups) if has_groups else []
    has_addresses = kind != WITHOUT_ADDRESSES
    is_ipv6_only = not subnet.cidr
    if not has_addresses:
        count6 = 0
    elif count6 is None and not addresses6:
        count6 = 1 if subnet.assign_ipv6 or (is_ipv6_only and not prefixes6) else 0
    names = [private, *others] if private else list(others)
    drawn = private_count + (0 if private or is_ipv6_only or not has_addresses else 1)
    addresses = allocation.choose_addresses(call, subnet, names, drawn)
    if not private and others:
        # The primary address is drawn; it stands first.
        addresses = [*addresses[len(others) :], *addresses[: len(others)]]
    blocks = allocation.choose_prefixes(call, subnet, prefixes, prefix_count, addresses)
    addresses6 = allocation.choose_addresses6(call, subnet, addresses6, count6 or 0)
    blocks6 = allocation.choose_prefixes6(call, subnet, prefixes6, prefix6_count, addresses6)
    interface = Interface(
        id=kinds.new_id(call, INTERFACE.prefix),
        owner=owner or call.account,
        subnet=subnet.id,
        vpc=subnet.vpc,
        zone_id=subnet.zone_id,
        mac=_new_mac(call),
        addresses=[
            PrivateAddress(address=each, is_primary=place == 0)
            for place, each in enumerate(addresses)
        ],
        addresses6=list(addresses6),
        prefixes=blocks,
        prefixes6=blocks6,
        groups=worn,
        description=description,
        kind=kind,
        requester=requester,
        is_requester_managed=is_requester_managed,
        created_ns=call.now,
    )
    allocation.take(call.cloud, subnet, interface.id, addresses_of(interface))
    call.rows(INTERFACES, interface.owner)[interface.id] = interface
    call.rows(WHEREABOUTS)[interface.id] = Place(interface.owner, call.region)
    return interface


def addresses_of(interface: Interface) -> list[str]:
    """Everything that an interface has taken in its subnet."""
    return [
        *(each.address for each in interface.addresses),
        *interface.prefixes,
        *interface.addresses6,
        *interface.prefixes6,
    ]


def remove_interface(call: Call, interface: Interface) -> None:
    """Take an interface away, attached or not; elastic addresses become free."""
    if interface.attachment is not None:
        detach(call, interface)
    public.release_all(call, interface)
    allocation.free(call.cloud, subnet_of(call, interface), addresses_of(interface))
    kinds.remove(call, INTERFACE, interface)


def attach(
    call: Call,
    interface: Interface,
    *,
    instance: str = "",
    device_index: int = 0,
    card_index: int = 0,
    delete_on_termination: bool = False,
    instance_owner: str = "",
) -> Attachment:
    """Attach an interface to an instance, or (without one) to a service of AWS's.

    An instance that has its row gets the interface into its list, in order of device indices; an
    elastic address of the interface is the instance's from now on. Raises
    InvalidNetworkInterface.InUse.
    """
    if interface.attachment is not None:
        raise AwsError("InvalidNetworkInterface.InUse", f"Interface: [{interface.id}] in use.")
    attachment = Attachment(
        id=kinds.new_id(call, "eni-attach" if instance else "ela-attach"),
        instance=instance,
        instance_owner=instance_owner or (call.account if instance else "amazon-aws"),
        device_index=device_index,
        card_index=card_index,
        delete_on_termination=delete_on_termination,
        attached_ns=call.now,
    )
    interface.attachment = attachment
    interface.status = "in-use"
    _tell_addresses(call, interface, instance)
    row = kinds.find_anywhere(call.cloud, INSTANCE, instance) if instance else None
    if row is not None and interface.id not in row.interfaces:
        place = sum(index_of(call, each) < device_index for each in row.interfaces)
        row.interfaces.insert(place, interface.id)
    return attachment


def detach(call: Call, interface: Interface) -> None:
    """End an interface's attachment; it keeps its addresses, but for a lent public one."""
    attachment = interface.attachment
    if attachment is None:
        return
    interface.attachment = None
    interface.status = "available"
    public.give_back(call, interface)
    interface.has_lent_public = False
    _tell_addresses(call, interface, "")
    row = (
        kinds.find_anywhere(call.cloud, INSTANCE, attachment.instance)
        if attachment.instance
        else None
    )
    if row is not None and interface.id in row.interfaces:
        row.interfaces.remove(interface.id)


def index_of(call: Call, interface_id: str) -> int:
    """The device index at which an interface is attached; -1 if it is not."""
    interface = kinds.find_anywhere(call.cloud, INTERFACE, interface_id)
    return interface.attachment.device_index if interface and interface.attachment else -1


def subnet_of(call: Call, interface: Interface) -> Subnet:
    """The subnet that an interface lies in, whosever it is."""
    subnet = kinds.find_anywhere(call.cloud, SUBNET, interface.subnet)
    if subnet is None:
        raise LookupError(f"{interface.id} lies in {interface.subnet}, which is not there")
    return subnet


def _worn(call: Call, subnet: Subnet, ids: Sequence[str]) -> list[str]:
    return [each.id for each in groups.expect_groups(call, ids, subnet.vpc, subnet.id)]


def _tell_addresses(call: Call, interface: Interface, instance: str) -> None:
    """Elastic addresses know the instance that they lead to."""
    for each in interface.addresses:
        if each.allocation:
            address = public.find_address(call, each.allocation)
            if address is not None:
                address.instance = instance


def _new_mac(call: Call) -> str:
    """A MAC address; as AWS's, it is one that is administered locally."""
    digits = call.stream(call.arn("network-interface/*"), "mac").hex(10)
    return ":".join(("02", *(digits[place : place + 2] for place in range(0, 10, 2))))
