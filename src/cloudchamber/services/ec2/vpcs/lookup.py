"""Finding VPCs and subnets, what belongs to them, and what an account calls their zones.

Rules of this file: reads only. An account sees its own VPCs and subnets; of others it sees the
subnets that are shared with it through AWS RAM, and through those their VPC, their route table and
their network ACL.
https://docs.aws.amazon.com/vpc/latest/userguide/vpc-share-limitations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.nouns import ZONE_GROUPS
from cloudchamber.services.ec2.vpcs.nouns import (
    NETWORK_ACL,
    ROUTE_TABLE,
    SUBNET,
    VPC,
    NetworkAcl,
    RouteTable,
    Subnet,
    Vpc,
)
from cloudchamber.world.geography.zones import Zone, edge_zones_of, zones_of

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud


def expect_vpc(call: Call, identifier: str) -> Vpc:
    """A VPC that the account owns or has a shared subnet in. Raises InvalidVpcID.NotFound."""
    own = call.rows(VPC.table).get(identifier)
    if own is not None:
        return own
    for subnet in kinds.shared(call, SUBNET):
        if subnet.vpc == identifier:
            return vpc_of(call.cloud, subnet)
    raise kinds.missing(VPC, identifier)


def expect_own_vpc(call: Call, identifier: str) -> Vpc:
    """A VPC of the account's own. Raises InvalidVpcID.NotFound or OperationNotPermitted."""
    vpc = expect_vpc(call, identifier)
    if vpc.owner != call.account:
        raise AwsError(
            "OperationNotPermitted",
            f"You are not the owner of {identifier} and cannot change it.",
        )
    return vpc


def expect_subnet(call: Call, identifier: str) -> Subnet:
    """A subnet of the account's own, or shared with it. Raises InvalidSubnetID.NotFound."""
    return kinds.expect(call, SUBNET, identifier)


def vpc_of(cloud: Cloud, subnet: Subnet) -> Vpc:
    """The VPC that a subnet lies in, whosever it is."""
    vpc = kinds.find_anywhere(cloud, VPC, subnet.vpc)
    if vpc is None:
        raise LookupError(f"{subnet.id} lies in {subnet.vpc}, which is not there")
    return vpc


def subnets_of(cloud: Cloud, vpc_id: str) -> list[Subnet]:
    """The subnets of a VPC, by id. They all lie in the account of the VPC's owner."""
    place = kinds.place_of(cloud, vpc_id)
    if place is None:
        return []
    rows = cloud.store.rows(SUBNET.table, place.account, place.region)
    return [subnet for subnet in rows.values() if subnet.vpc == vpc_id]


def default_vpc(call: Call) -> Vpc | None:
    """The account's default VPC in the Region, unless it was deleted."""
    return next((vpc for vpc in call.rows(VPC.table).values() if vpc.is_default), None)


def default_subnet(call: Call, zone: str | None = None) -> Subnet | None:
    """The account's default subnet in a zone (an id); without a zone, the first by zone name."""
    found = [
        subnet
        for subnet in call.rows(SUBNET.table).values()
        if subnet.is_default and zone in (None, subnet.zone_id)
    ]
    return min(found, key=lambda subnet: zone_name(call, subnet.zone_id), default=None)


def table_of(cloud: Cloud, subnet: Subnet) -> RouteTable:
    """The route table in force for a subnet: the one associated with it, or the main table."""
    identifier = subnet.table or vpc_of(cloud, subnet).main_table
    table = kinds.find_anywhere(cloud, ROUTE_TABLE, identifier)
    if table is None:
        raise LookupError(f"{subnet.id} has the route table {identifier}, which is not there")
    return table


def acl_of(cloud: Cloud, subnet: Subnet) -> NetworkAcl:
    """The network ACL that is associated with a subnet; every subnet has one."""
    acl = kinds.find_anywhere(cloud, NETWORK_ACL, subnet.acl)
    if acl is None:
        raise LookupError(f"{subnet.id} has the network ACL {subnet.acl}, which is not there")
    return acl


def zones_for(call: Call) -> list[Zone]:
    """The zones in which the account may place things: Availability Zones, and what it opted in
    to."""
    place = (call.region, call.account, call.cloud.kernel.seed)
    groups = call.rows(ZONE_GROUPS)
    return [*zones_of(*place), *(zone for zone in edge_zones_of(*place) if zone.group in groups)]


def zone_name(call: Call, identifier: str) -> str:
    """The account's own name for a zone; the id again for a zone that it is not shown."""
    place = (call.region, call.account, call.cloud.kernel.seed)
    for zone in zones_of(*place):
        if zone.id == identifier:
            return zone.name
    return next((zone.name for zone in edge_zones_of(*place) if zone.id == identifier), identifier)


def zone_id(call: Call, given: str) -> str:
    """The id of a zone given by the account's name for it, or by id. Raises
    InvalidParameterValue."""
    for zone in zones_for(call):
        if given in (zone.name, zone.id):
            return zone.id
    raise AwsError("InvalidParameterValue", f"Invalid availability zone: [{given}]")
