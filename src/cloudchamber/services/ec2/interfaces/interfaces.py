"""Network interfaces: create, delete, attach, detach.

Rules of this file: the operations and their checks; `making.py` does it. An interface that AWS made
for a service (`is_requester_managed`) is nobody's to attach, detach or delete.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.instances.nouns import INSTANCE, Instance
from cloudchamber.services.ec2.interfaces import permits, room
from cloudchamber.services.ec2.interfaces.interface_views import view
from cloudchamber.services.ec2.interfaces.making import (
    WITHOUT_ADDRESSES,
    attach,
    detach,
    index_of,
    make_interface,
    remove_interface,
)
from cloudchamber.services.ec2.interfaces.nouns import INTERFACE, INTERFACES, Interface
from cloudchamber.services.ec2.interfaces.tracking import checked_tracking
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    missing_parameter,
)
from cloudchamber.services.ec2.vpcs.lookup import expect_subnet

DESCRIPTION_MAX: Final = 255
_ADDRESS_MEMBERS: Final = (
    "PrivateIpAddress",
    "PrivateIpAddresses",
    "SecondaryPrivateIpAddressCount",
    "Ipv4Prefixes",
    "Ipv4PrefixCount",
    "Ipv6Addresses",
    "Ipv6AddressCount",
    "Ipv6Prefixes",
    "Ipv6PrefixCount",
    "EnablePrimaryIpv6",
)


def create_network_interface(call: Call, request: Input) -> Output:
    """A new interface in a subnet."""
    if "SubnetId" not in request:
        raise missing_parameter("subnetId")
    given_tags = tags.specified(request, INTERFACE.type)
    subnet = expect_subnet(call, request["SubnetId"])
    tracking = checked_tracking(request.get("ConnectionTrackingSpecification"))
    description = request.get("Description", "")
    if len(description) > DESCRIPTION_MAX:
        raise invalid_value(description, "description", "It is longer than 255 characters.")
    private, others = named_addresses(request)
    addresses6 = named_addresses6(request)
    count6 = request.get("Ipv6AddressCount")
    _expect_one_way6(request)
    _expect_addresses_fit_kind(request)
    wants_primary6 = bool(request.get("EnablePrimaryIpv6"))
    if wants_primary6 and not addresses6 and count6 is None and not request.get("Ipv6PrefixCount"):
        count6 = 1
    interface = make_interface(
        call,
        subnet,
        groups=request.get("Groups", ()),
        private=private,
        others=others,
        private_count=request.get("SecondaryPrivateIpAddressCount", 0),
        prefixes=[each["Ipv4Prefix"] for each in request.get("Ipv4Prefixes", ())],
        prefix_count=request.get("Ipv4PrefixCount", 0),
        addresses6=addresses6,
        count6=count6,
        prefixes6=[each["Ipv6Prefix"] for each in request.get("Ipv6Prefixes", ())],
        prefix6_count=request.get("Ipv6PrefixCount", 0),
        description=description,
        kind=request.get("InterfaceType", "interface"),
        requester=call.caller.user_id,
    )
    interface.tracking = tracking
    interface.is_primary6 = wants_primary6 and bool(interface.addresses6)
    tags.put(call, interface.id, given_tags)
    return {"NetworkInterface": view(call, interface)}


def named_addresses6(request: Mapping[str, Any]) -> list[str]:
    """The IPv6 addresses that a request names. Raises MissingParameter."""
    listed = request.get("Ipv6Addresses", ())
    if not all(each.get("Ipv6Address") for each in listed):
        raise missing_parameter("ipv6Address")
    return [each["Ipv6Address"] for each in listed]


def named_addresses(request: Input) -> tuple[str | None, list[str]]:
    """The primary address that a request names (or None), and the secondary ones.

    Raises InvalidParameterCombination for what excludes each other, and for two primary ones.
    """
    listed: list[dict[str, Any]] = request.get("PrivateIpAddresses") or []
    named = [each["PrivateIpAddress"] for each in listed if each.get("PrivateIpAddress")]
    if any(each.get("Primary") and not each.get("PrivateIpAddress") for each in listed):
        raise missing_parameter("privateIpAddress")
    primary = [each["PrivateIpAddress"] for each in listed if each.get("Primary")]
    single = request.get("PrivateIpAddress")
    if len(primary) > 1 or (single and primary and primary != [single]):
        raise invalid_combination("Only one primary private IP address can be specified.")
    ways = [
        bool(set(named) - set(primary)),
        bool(request.get("SecondaryPrivateIpAddressCount")),
        bool(request.get("Ipv4Prefixes")),
        bool(request.get("Ipv4PrefixCount")),
    ]
    if sum(ways) > 1:
        raise invalid_combination(
            "Only one of secondary private IP addresses, their count, IPv4 prefixes and their "
            "count can be specified."
        )
    first = single or (primary[0] if primary else named[0] if named else None)
    return first, [each for each in named if each != first]


def _expect_one_way6(request: Input) -> None:
    members = ("Ipv6Addresses", "Ipv6AddressCount", "Ipv6Prefixes", "Ipv6PrefixCount")
    if sum(bool(request.get(each)) for each in members) > 1:
        raise invalid_combination(
            "Only one of IPv6 addresses, their count, IPv6 prefixes and their count can be "
            "specified."
        )


def _expect_addresses_fit_kind(request: Input) -> None:
    """An interface for EFA only cannot be given addresses. Raises InvalidParameterCombination."""
    if request.get("InterfaceType") == WITHOUT_ADDRESSES and any(
        request.get(each) for each in _ADDRESS_MEMBERS
    ):
        raise invalid_combination(
            f"No IP addresses can be specified for an interface of type {WITHOUT_ADDRESSES}."
        )


def delete_network_interface(call: Call, request: Input) -> Output:
    """Delete an interface that is not attached."""
    interface = expect_touchable(call, request["NetworkInterfaceId"])
    if interface.attachment is not None:
        raise AwsError(
            "InvalidParameterValue",
            f"Network interface '{interface.id}' is currently in use.",
        )
    permits.forget(call, interface.id)
    remove_interface(call, interface)
    return {}


def attach_network_interface(call: Call, request: Input) -> Output:
    """Attach an interface to an instance in the same zone."""
    interface = _expect_attachable(call, request["NetworkInterfaceId"])
    instance = kinds.expect(call, INSTANCE, request["InstanceId"])
    index = request["DeviceIndex"]
    if interface.attachment is not None:
        raise AwsError("InvalidNetworkInterface.InUse", f"Interface: [{interface.id}] in use.")
    _expect_place(call, instance, interface, index)
    card = request.get("NetworkCardIndex", 0)
    room.expect_card(instance, card)
    room.expect_interfaces_fit(instance, len(instance.interfaces) + 1)
    room.expect_addresses_fit(instance.type, interface)
    attachment = attach(call, interface, instance=instance.id, device_index=index, card_index=card)
    return {"AttachmentId": attachment.id, "NetworkCardIndex": card}


def _expect_attachable(call: Call, identifier: str) -> Interface:
    """An interface of the account's own, or one that it was permitted to attach."""
    found = kinds.find_anywhere(call.cloud, INTERFACE, identifier)
    if found is not None and permits.may_attach(call, found):
        return found
    return expect_touchable(call, identifier)


def _expect_place(call: Call, instance: Instance, interface: Interface, index: int) -> None:
    if instance.zone_id != interface.zone_id:
        raise AwsError(
            "InvalidParameterCombination",
            "You may not attach a network interface to an instance if they are not in the same "
            "availability zone",
        )
    if instance.state not in ("running", "stopped", "pending"):
        raise AwsError(
            "IncorrectInstanceState",
            f"Instance '{instance.id}' is not in a state from which it can be attached to.",
        )
    if instance.vpc != interface.vpc and instance.owner != interface.owner:
        raise AwsError(
            "InvalidParameterCombination",
            "A network interface of another VPC can be attached only within one account.",
        )
    if index < 0:
        raise invalid_value(index, "deviceIndex", "It must not be negative.")
    if any(index_of(call, each) == index for each in instance.interfaces):
        raise AwsError(
            "InvalidParameterValue",
            f"Instance '{instance.id}' already has an interface attached at device index "
            f"'{index}'.",
        )


def detach_network_interface(call: Call, request: Input) -> Output:
    """Detach an interface, but for an instance's primary one."""
    interface = find_attached(call, request["AttachmentId"])
    if interface is None or interface.attachment is None:
        raise AwsError(
            "InvalidAttachmentID.NotFound",
            f"The attachment '{request['AttachmentId']}' does not exist",
        )
    if interface.is_requester_managed or not interface.attachment.instance:
        raise AwsError(
            "OperationNotPermitted",
            "You are not allowed to manage 'ela-attach' attachments.",
        )
    if interface.attachment.device_index == 0:
        raise AwsError(
            "OperationNotPermitted",
            "The network interface at device index 0 cannot be detached.",
        )
    detach(call, interface)
    return {}


def find_attached(call: Call, attachment: str) -> Interface | None:
    """The interface of an attachment: the account's own, or attached to its instance."""
    for row in call.rows(INTERFACES).values():
        if row.attachment is not None and row.attachment.id == attachment:
            return row
    for instance in call.rows(INSTANCE.table).values():
        for each in instance.interfaces:
            other = kinds.find_anywhere(call.cloud, INTERFACE, each)
            if other is not None and other.attachment and other.attachment.id == attachment:
                return other
    return None


def expect_touchable(call: Call, identifier: str) -> Interface:
    """An interface that the account may change. Raises OperationNotPermitted, AuthFailure."""
    interface = kinds.expect_own(call, INTERFACE, identifier)
    if interface.is_requester_managed:
        raise AwsError(
            "AuthFailure", "You do not have permission to access the specified resource."
        )
    return interface
