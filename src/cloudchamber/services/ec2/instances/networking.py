"""Network interfaces of a launch: from the request's specifications, or the one that every instance
has.

Rules of this file: `wanted` checks and changes nothing; `connected` makes and attaches, and takes
everything away again when one of them cannot be made.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceNetworkInterfaceSpecification.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.instances.placing import is_offered, pool_of
from cloudchamber.services.ec2.interfaces.groups import expect_groups
from cloudchamber.services.ec2.interfaces.interfaces import named_addresses, named_addresses6
from cloudchamber.services.ec2.interfaces.making import make_interface, remove_interface
from cloudchamber.services.ec2.interfaces.nouns import INTERFACE, SECURITY_GROUPS, Interface
from cloudchamber.services.ec2.interfaces.public import lend_public_address
from cloudchamber.services.ec2.interfaces.tracking import checked_tracking
from cloudchamber.services.ec2.refusals import invalid_combination
from cloudchamber.services.ec2.vpcs.lookup import (
    default_subnet,
    default_vpc,
    expect_subnet,
    zone_id,
    zone_name,
    zones_for,
)
from cloudchamber.services.ec2.vpcs.nouns import Subnet
from cloudchamber.world.capacity import pools
from cloudchamber.world.capacity.catalogue import InstanceType

_OF_INSTANCE = (
    ("SubnetId", "an instance-level subnet ID"),
    ("SecurityGroupIds", "an instance-level security groups"),
    ("SecurityGroups", "an instance-level security groups"),
    ("PrivateIpAddress", "an instance-level private IP address"),
    ("Ipv6Addresses", "an instance-level IPv6 addresses"),
    ("Ipv6AddressCount", "an instance-level IPv6 address count"),
)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One interface of each instance. `existing` is one that is there already."""

    index: int
    subnet: Subnet
    existing: Interface | None = None
    arguments: dict[str, Any] = {}
    has_public: bool = False
    delete_on_termination: bool = True
    card: int = 0
    is_primary6: bool = False
    tracking: dict[str, int] = {}
    tags: dict[str, str] = {}


def chosen_subnet(call: Call, request: Input, kind: InstanceType) -> Subnet:
    """The subnet that the primary interface is to lie in. Raises AwsError.

    Without any named, it is the default one of the zone that the placement names, or of the first
    zone (by the account's names) that has room for the type.
    """
    placement = request.get("Placement", {})
    name, identifier = placement.get("AvailabilityZone"), placement.get("AvailabilityZoneId")
    if name and identifier:
        raise invalid_combination(
            "You cannot specify both the Availability Zone name and the Availability Zone ID."
        )
    zone = zone_id(call, name or identifier) if name or identifier else ""
    subnet = _named_subnet(call, request)
    if subnet is None:
        return _default_subnet(call, kind, zone)
    if zone and subnet.zone_id != zone:
        raise AwsError(
            "InvalidParameterValue",
            f"The requested Availability Zone {zone_name(call, zone)} does not match that of the "
            f"subnet {subnet.id}.",
        )
    return subnet


def wanted(
    call: Call, request: Input, subnet: Subnet, kind: InstanceType, most: int
) -> list[Wanted]:
    """The interfaces of one instance, by device index. Raises AwsError."""
    given = tags.specified_all(
        request, ("instance", "volume", "network-interface", "spot-instances-request")
    ).get("network-interface", {})
    specifications = request.get("NetworkInterfaces", ())
    if not specifications:
        groups = _groups(call, request, subnet)
        return [_from_instance(request, subnet, groups, given, most)]
    for member, said in _OF_INSTANCE:
        if request.get(member):
            raise invalid_combination(
                f"Network interfaces and {said} may not be specified on the same request"
            )
    found: dict[tuple[int, int], Wanted] = {}
    for each in specifications:
        one = _from_specification(call, each, subnet, given, most, len(specifications))
        if (one.card, one.index) in found:
            raise AwsError(
                "InvalidParameterValue",
                f"Each network interface requires a unique device index; {one.index} is given "
                "more than once.",
            )
        found[one.card, one.index] = one
    if (0, 0) not in found:
        raise invalid_combination(
            "When specifying network interfaces, you must include a device at index 0."
        )
    if len(found) > kind.enis_max:
        raise AwsError(
            "AttachmentLimitExceeded",
            f"Interface count {len(found)} exceeds the limit for {kind.name}",
        )
    _expect_room(kind, list(found.values()))
    return [found[each] for each in sorted(found, key=lambda place: (place[1], place[0]))]


def connected(call: Call, wants: Sequence[Wanted], instance_count: int) -> list[list[Interface]]:
    """The interfaces of each instance, made but not attached. Raises AwsError; then none is."""
    everything: list[list[Interface]] = []
    made: list[Interface] = []
    try:
        for _ in range(instance_count):
            own: list[Interface] = []
            for want in wants:
                interface = want.existing
                if interface is None:
                    interface = make_interface(call, want.subnet, **want.arguments)
                    made.append(interface)
                own.append(interface)
            everything.append(own)
    except AwsError:
        forget(call, made)
        raise
    for own in everything:
        for want, interface in zip(wants, own, strict=True):
            if want.existing is None:
                interface.is_primary6 = want.is_primary6
                interface.tracking = dict(want.tracking)
                tags.put(call, interface.id, want.tags)
    return everything


def forget(call: Call, made: Sequence[Interface]) -> None:
    """Take interfaces away that were made for a launch which came to nothing."""
    for interface in made:
        remove_interface(call, interface)


def show_outside(call: Call, want: Wanted, interface: Interface) -> None:
    """Lend a public address where the launch, or the subnet, asks for one."""
    if want.has_public:
        lend_public_address(call, interface)


def _named_subnet(call: Call, request: Input) -> Subnet | None:
    for each in request.get("NetworkInterfaces", ()):
        if each.get("DeviceIndex", -1) != 0 or each.get("NetworkCardIndex", 0):
            continue
        if each.get("NetworkInterfaceId"):
            interface = kinds.expect(call, INTERFACE, each["NetworkInterfaceId"])
            return expect_subnet(call, interface.subnet)
        if each.get("SubnetId"):
            return expect_subnet(call, each["SubnetId"])
    return expect_subnet(call, request["SubnetId"]) if request.get("SubnetId") else None


def _default_subnet(call: Call, kind: InstanceType, zone: str) -> Subnet:
    vpc = default_vpc(call)
    if vpc is None:
        raise AwsError(
            "VPCIdNotSpecified",
            "No default VPC for this user. GroupName is only supported for EC2-Classic and "
            "default VPC.",
        )
    if zone:
        candidates = [default_subnet(call, zone)]
    else:
        zones = sorted(zones_for(call), key=lambda each: each.name)
        candidates = [default_subnet(call, each.id) for each in zones]
    found = [subnet for subnet in candidates if subnet is not None]
    if not found:
        where = f" in availability zone '{zone_name(call, zone)}'" if zone else ""
        raise AwsError(
            "MissingInput",
            f"No subnets found for the default VPC '{vpc.id}'{where}. Please specify a subnet.",
        )
    offering = [subnet for subnet in found if is_offered(call, kind, subnet.zone_id)]
    with_room = [
        subnet for subnet in offering if pools.room(pool_of(call.cloud, kind, subnet.zone_id))
    ]
    return (with_room or offering or found)[0]


def _groups(call: Call, request: Input, subnet: Subnet) -> list[str]:
    ids = list(request.get("SecurityGroupIds", ()))
    names = request.get("SecurityGroups", ())
    if names:
        if request.get("SubnetId"):
            raise invalid_combination(
                "The parameter groupName cannot be used with the parameter subnet"
            )
        by_name = {
            group.name: group.id
            for group in call.rows(SECURITY_GROUPS).values()
            if group.vpc == subnet.vpc
        }
        for name in names:
            if name not in by_name:
                raise AwsError(
                    "InvalidGroup.NotFound",
                    f"The security group '{name}' does not exist in default VPC '{subnet.vpc}'",
                )
            ids.append(by_name[name])
    return [group.id for group in expect_groups(call, ids, subnet.vpc, subnet.id)]


def _from_instance(
    request: Input, subnet: Subnet, groups: list[str], given: dict[str, str], most: int
) -> Wanted:
    private = request.get("PrivateIpAddress")
    addresses6 = named_addresses6(request)
    if (private or addresses6) and most > 1:
        raise _one_only("IP addresses")
    count6 = request.get("Ipv6AddressCount")
    is_primary6 = bool(request.get("EnablePrimaryIpv6"))
    if is_primary6 and count6 is None and not addresses6:
        count6 = 1
    return Wanted(
        index=0,
        subnet=subnet,
        arguments={
            "groups": groups, "private": private, "addresses6": addresses6, "count6": count6,
        },
        has_public=subnet.map_public_ip,
        is_primary6=is_primary6,
        tags=given,
    )  # fmt: skip


def _from_specification(
    call: Call,
    each: Mapping[str, Any],
    first: Subnet,
    given: dict[str, str],
    most: int,
    of: int,
) -> Wanted:
    index, card = each.get("DeviceIndex"), each.get("NetworkCardIndex", 0)
    if index is None:
        raise AwsError("InvalidParameterValue", "Each network interface requires a device index.")
    if each.get("NetworkInterfaceId"):
        return _existing(call, each, first, index, card, most)
    subnet = expect_subnet(call, each["SubnetId"]) if each.get("SubnetId") else first
    if subnet.zone_id != first.zone_id:
        raise AwsError(
            "InvalidParameterCombination",
            "All network interfaces of an instance must be in the same Availability Zone.",
        )
    asks = each.get("AssociatePublicIpAddress")
    if asks is not None and of > 1:
        raise invalid_combination(
            "The associatePublicIPAddress parameter cannot be specified when launching with "
            "multiple network interfaces."
        )
    if asks and index:
        raise invalid_combination(
            "The associatePublicIPAddress parameter can only be specified for the network "
            "interface with the device index 0."
        )
    private, others = named_addresses(dict(each))
    addresses6 = named_addresses6(each)
    if (private or others or addresses6) and most > 1:
        raise _one_only("IP addresses")
    groups = expect_groups(call, each.get("Groups", ()), subnet.vpc, subnet.id)
    arguments = {
        "groups": [group.id for group in groups],
        "private": private,
        "others": others,
        "private_count": each.get("SecondaryPrivateIpAddressCount", 0),
        "prefixes": [one["Ipv4Prefix"] for one in each.get("Ipv4Prefixes", ())],
        "prefix_count": each.get("Ipv4PrefixCount", 0),
        "addresses6": addresses6,
        "count6": each.get("Ipv6AddressCount"),
        "prefixes6": [one["Ipv6Prefix"] for one in each.get("Ipv6Prefixes", ())],
        "prefix6_count": each.get("Ipv6PrefixCount", 0),
        "description": each.get("Description", ""),
        "kind": each.get("InterfaceType") or "interface",
    }
    return Wanted(
        index=index,
        subnet=subnet,
        arguments=arguments,
        has_public=(subnet.map_public_ip and of == 1) if asks is None else asks,
        delete_on_termination=each.get("DeleteOnTermination", True),
        card=card,
        is_primary6=bool(each.get("PrimaryIpv6")),
        tracking=checked_tracking(each.get("ConnectionTrackingSpecification")),
        tags=given,
    )


def _existing(
    call: Call, each: Mapping[str, Any], first: Subnet, index: int, card: int, most: int
) -> Wanted:
    interface = kinds.expect(call, INTERFACE, each["NetworkInterfaceId"])
    if most > 1:
        raise _one_only("a network interface")
    if interface.attachment is not None:
        raise AwsError("InvalidNetworkInterface.InUse", f"Interface: [{interface.id}] in use.")
    for member in ("SubnetId", "Groups", "PrivateIpAddress", "AssociatePublicIpAddress"):
        if each.get(member):
            raise invalid_combination(
                f"A network interface may not specify a network interface ID and {member}"
            )
    subnet = expect_subnet(call, interface.subnet)
    if subnet.zone_id != first.zone_id:
        raise AwsError(
            "InvalidParameterCombination",
            "All network interfaces of an instance must be in the same Availability Zone.",
        )
    # What was made before the instance outlives it, unless the request says otherwise.
    return Wanted(
        index=index,
        subnet=subnet,
        existing=interface,
        delete_on_termination=each.get("DeleteOnTermination", False),
        card=card,
    )


def _expect_room(kind: InstanceType, wants: Sequence[Wanted]) -> None:
    for want in wants:
        said = want.arguments
        four = 1 + len(said.get("others", ())) + said.get("private_count", 0)
        four += len(said.get("prefixes", ())) + said.get("prefix_count", 0)
        six = len(said.get("addresses6", ())) + (said.get("count6") or 0)
        if four > kind.ipv4_per_eni or six > kind.ipv6_per_eni:
            raise AwsError(
                "PrivateIpAddressLimitExceeded",
                f"Number of private addresses will exceed limit. A network interface of "
                f"{kind.name} can have {kind.ipv4_per_eni}.",
            )


def _one_only(what: str) -> AwsError:
    return invalid_combination(f"Specific {what} can only be used to launch a single instance.")
