"""Subnets: made, described and deleted.

Rules of this file: a subnet lies in one zone, inside a CIDR of its VPC, and overlaps no other. Its
attributes and IPv6 blocks are in files of their own.
https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, describe
from cloudchamber.services.ec2.interfaces import allocation
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    missing_parameter,
    still_used,
)
from cloudchamber.services.ec2.vpcs.attachments import is_in_use
from cloudchamber.services.ec2.vpcs.block_public_access import forget_exclusions
from cloudchamber.services.ec2.vpcs.cidrs import (
    expect_subnet_block,
    expect_subnet_block6,
    overlap,
)
from cloudchamber.services.ec2.vpcs.defaults import DEFAULT_BLOCK, DEFAULT_SUBNET_BITS
from cloudchamber.services.ec2.vpcs.limits import expect_room
from cloudchamber.services.ec2.vpcs.lookup import (
    acl_of,
    default_subnet,
    default_vpc,
    expect_own_vpc,
    subnets_of,
    zone_name,
    zones_for,
)
from cloudchamber.services.ec2.vpcs.making import make_subnet
from cloudchamber.services.ec2.vpcs.nouns import (
    CIDR_RESERVATION,
    ROUTE_TABLE,
    SUBNET,
    CidrAssociation,
    Subnet,
    Vpc,
)
from cloudchamber.services.ec2.vpcs.refusing import refuse_absent
from cloudchamber.services.ec2.vpcs.views import arn_of_subnet, subnet_view

BLOCK_PREFIX: Final = "subnet-cidr-assoc"
RESOURCE_NAME: Final = "resource-name"


def create_subnet(call: Call, request: Input) -> Output:
    """A subnet of a VPC of the account's own: IPv4, dual-stack or IPv6 only."""
    given = tags.specified(request, SUBNET.type)
    refuse_absent(call, request)
    vpc = expect_own_vpc(call, request["VpcId"])
    text, text6 = request.get("CidrBlock"), request.get("Ipv6CidrBlock")
    is_ipv6_only = request.get("Ipv6Native", False)
    if is_ipv6_only and text:
        raise invalid_combination("An IPv6 native subnet cannot have an IPv4 CIDR block.")
    if is_ipv6_only and not text6:
        raise missing_parameter("ipv6CidrBlock")
    if not is_ipv6_only and not text:
        raise AwsError(
            "MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided."
        )
    siblings = subnets_of(call.cloud, vpc.id)
    cidr = _expect_free4(vpc, siblings, text) if text else ""
    cidr6 = expect_free6(vpc, siblings, text6) if text6 else ""
    zone = _expect_zone(call, vpc, request)
    expect_room("subnets", len(siblings))
    subnet = make_subnet(call, vpc, zone, cidr)
    if cidr6:
        subnet.blocks6.append(
            CidrAssociation(kinds.new_id(call, BLOCK_PREFIX), cidr6, pool="amazon")
        )
    if is_ipv6_only:
        subnet.is_ipv6_only = subnet.assign_ipv6 = True
        subnet.hostname_type = RESOURCE_NAME
    tags.put(call, subnet.id, given)
    return {"Subnet": subnet_view(call, subnet)}


def create_default_subnet(call: Call, request: Input) -> Output:
    """A default subnet again, in a zone that has none: the first free /20 of the default VPC."""
    zone = _given_zone(call, request)
    if zone is None:
        raise missing_parameter("availabilityZone")
    if request.get("Ipv6Native"):
        raise invalid_combination("The default VPC has no IPv6 CIDR block for a native subnet.")
    vpc = default_vpc(call)
    if vpc is None:
        raise AwsError(
            "DefaultVpcDoesNotExist", "No default VPC exists for this account in this region."
        )
    if default_subnet(call, zone) is not None:
        raise AwsError(
            "DefaultSubnetAlreadyExistsInAvailabilityZone",
            f"A Default Subnet already exists for availability zone '{zone_name(call, zone)}'",
        )
    siblings = subnets_of(call.cloud, vpc.id)
    expect_room("subnets", len(siblings))
    for network in DEFAULT_BLOCK.subnets(new_prefix=DEFAULT_SUBNET_BITS):
        cidr = str(network)
        if not any(each.cidr and overlap(cidr, each.cidr) for each in siblings):
            subnet = make_subnet(call, vpc, zone, cidr, is_default=True)
            return {"Subnet": subnet_view(call, subnet)}
    raise AwsError(
        "InsufficientFreeAddressesInVpc",
        f"The default VPC has no free block of /{DEFAULT_SUBNET_BITS} for a default subnet.",
    )


def delete_subnet(call: Call, request: Input) -> Output:
    """Delete a subnet in which no interface lies; its associations go with it."""
    subnet = kinds.expect_own(call, SUBNET, request["SubnetId"])
    if is_in_use(call, subnet):
        raise still_used("subnet", subnet.id)
    table = call.rows(ROUTE_TABLE.table).get(subnet.table)
    if table is not None:
        table.associations[:] = [each for each in table.associations if each.subnet != subnet.id]
    acl = acl_of(call.cloud, subnet)
    acl.associations[:] = [each for each in acl.associations if each.subnet != subnet.id]
    for reservation in list(call.rows(CIDR_RESERVATION.table).values()):
        if reservation.subnet == subnet.id:
            kinds.remove(call, CIDR_RESERVATION, reservation)
    allocation.forget(call.cloud, subnet.id)
    forget_exclusions(call, subnet.id)
    kinds.remove(call, SUBNET, subnet)
    return {}


def describe_subnets(call: Call, request: Input) -> Output:
    """The account's subnets, and those shared with it, by the account's own zone names."""
    return describe(call, request, _SUBNETS)


def expect_free6(vpc: Vpc, siblings: Iterable[Subnet], text: str) -> str:
    """An IPv6 block of the VPC that no subnet has. Raises InvalidSubnet.Range and
    InvalidSubnet.Conflict."""
    inside = [each.cidr for each in vpc.blocks6 if each.state == "associated"]
    cidr = str(expect_subnet_block6(text, inside))
    if any(overlap(cidr, each.cidr) for subnet in siblings for each in subnet.blocks6):
        raise _conflict(text)
    return cidr


def _expect_free4(vpc: Vpc, siblings: Iterable[Subnet], text: str) -> str:
    inside = [each.cidr for each in vpc.blocks if each.state == "associated"]
    cidr = str(expect_subnet_block(text, inside))
    if any(subnet.cidr and overlap(cidr, subnet.cidr) for subnet in siblings):
        raise _conflict(text)
    return cidr


def _conflict(text: str) -> AwsError:
    return AwsError("InvalidSubnet.Conflict", f"The CIDR '{text}' conflicts with another subnet")


def _expect_zone(call: Call, vpc: Vpc, request: Input) -> str:
    """The zone that a request names; without a name, one of the Region's, drawn for the VPC."""
    zone = _given_zone(call, request)
    if zone is not None:
        return zone
    own = [each for each in zones_for(call) if each.type == "availability-zone"]
    stream = call.stream(call.arn(f"vpc/{vpc.id}"), "subnet-zone")
    return own[stream.below(len(own))].id


def _given_zone(call: Call, request: Input) -> str | None:
    """The zone in a request, by its name or its id but not both. Raises InvalidParameterValue."""
    name, identifier = request.get("AvailabilityZone"), request.get("AvailabilityZoneId")
    if name and identifier:
        raise invalid_combination(
            "Specify either an Availability Zone name or an Availability Zone ID, but not both."
        )
    if not name and not identifier:
        return None
    zones = zones_for(call)
    for zone in zones:
        if zone.name == name or zone.id == (identifier or name):
            return zone.id
    parameter = "availabilityZone" if name else "availabilityZoneId"
    known = ", ".join(zone.name if name else zone.id for zone in zones)
    raise invalid_value(
        name or identifier,
        parameter,
        f"Subnets can currently only be created in the following availability zones: {known}.",
    )


def _flag(value: bool) -> tuple[str, ...]:
    return ("true" if value else "false",)


_SUBNETS: Final = Description(
    kind=SUBNET,
    ids="SubnetIds",
    answer="Subnets",
    view=subnet_view,
    filters={
        "availability-zone": lambda call, row: (zone_name(call, row.zone_id),),
        "availabilityZone": lambda call, row: (zone_name(call, row.zone_id),),
        "availability-zone-id": lambda call, row: (row.zone_id,),
        "availabilityZoneId": lambda call, row: (row.zone_id,),
        "available-ip-address-count": (
            lambda call, row: (str(allocation.free_count(call.cloud, row)),)
        ),
        "cidr": lambda call, row: (row.cidr,),
        "cidr-block": lambda call, row: (row.cidr,),
        "cidrBlock": lambda call, row: (row.cidr,),
        "customer-owned-ipv4-pool": lambda call, row: (),
        "default-for-az": lambda call, row: _flag(row.is_default),
        "defaultForAz": lambda call, row: _flag(row.is_default),
        "enable-dns64": lambda call, row: _flag(row.dns64),
        "enable-lni-at-device-index": (
            lambda call, row: (str(row.lni_index),) if row.lni_index else ()
        ),
        "ipv6-cidr-block-association.association-id": (
            lambda call, row: [each.id for each in row.blocks6]
        ),
        "ipv6-cidr-block-association.ipv6-cidr-block": (
            lambda call, row: [each.cidr for each in row.blocks6]
        ),
        "ipv6-cidr-block-association.state": lambda call, row: [each.state for each in row.blocks6],
        "ipv6-native": lambda call, row: _flag(row.is_ipv6_only),
        "map-customer-owned-ip-on-launch": lambda call, row: ("false",),
        "map-public-ip-on-launch": lambda call, row: _flag(row.map_public_ip),
        "outpost-arn": lambda call, row: (),
        "owner-id": lambda call, row: (row.owner,),
        "private-dns-name-options-on-launch.enable-resource-name-dns-a-record": (
            lambda call, row: _flag(row.has_a_record)
        ),
        "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": (
            lambda call, row: _flag(row.has_aaaa_record)
        ),
        "private-dns-name-options-on-launch.hostname-type": lambda call, row: (row.hostname_type,),
        "state": lambda call, row: (row.state,),
        "subnet-arn": lambda call, row: (arn_of_subnet(call, row),),
        "subnet-id": lambda call, row: (row.id,),
        "vpc-id": lambda call, row: (row.vpc,),
    },
)
