"""Route tables: made, described, deleted.

Rules of this file: the operations on a table as a whole, and what it looks like.
https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.connections.nouns import ENDPOINT
from cloudchamber.services.ec2.describing import Description
from cloudchamber.services.ec2.refusals import still_used
from cloudchamber.services.ec2.vpcs.cidrs import is_ipv6
from cloudchamber.services.ec2.vpcs.limits import expect_room
from cloudchamber.services.ec2.vpcs.lookup import expect_own_vpc
from cloudchamber.services.ec2.vpcs.making import make_route_table
from cloudchamber.services.ec2.vpcs.nouns import ROUTE_TABLE, Route, RouteTable, TableAssociation
from cloudchamber.services.ec2.vpcs.route_targets import instance_of, is_active, prefix_of
from cloudchamber.services.ec2.vpcs.seen import describe_seen

# The kind of a target -> the member of a route's description that names it.
_SHOWN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "local": "GatewayId",
        "igw": "GatewayId",
        "vpce": "GatewayId",
        "eigw": "EgressOnlyInternetGatewayId",
        "nat": "NatGatewayId",
        "eni": "NetworkInterfaceId",
        "pcx": "VpcPeeringConnectionId",
        "tgw": "TransitGatewayId",
    }
)


def create_route_table(call: Call, request: Input) -> Output:
    """A route table with the VPC's local routes, for no subnet yet."""
    given = tags.specified(request, ROUTE_TABLE.type)
    vpc = expect_own_vpc(call, request["VpcId"])
    have = sum(each.vpc == vpc.id for each in call.rows(ROUTE_TABLE.table).values())
    expect_room("route-tables", have)
    table = make_route_table(call, vpc)
    tags.put(call, table.id, given)
    return {"RouteTable": _view(call, table)}


def delete_route_table(call: Call, request: Input) -> Output:
    """Delete a table that is for no subnet and no gateway, and not the main one."""
    table = kinds.expect_own(call, ROUTE_TABLE, request["RouteTableId"])
    if table.associations:
        raise still_used("routeTable", table.id)
    for endpoint in call.rows(ENDPOINT.table).values():
        if table.id in endpoint.route_tables:
            endpoint.route_tables.remove(table.id)
    kinds.remove(call, ROUTE_TABLE, table)
    return {}


def describe_route_tables(call: Call, request: Input) -> Output:
    """The account's route tables, and those in force for subnets shared with it."""
    return describe_seen(call, request, _TABLES)


def association_view(table: RouteTable, association: TableAssociation) -> dict[str, Any]:
    """What a table is for."""
    view: dict[str, Any] = {
        "Main": association.is_main,
        "RouteTableAssociationId": association.id,
        "RouteTableId": table.id,
        "AssociationState": {"State": association.state},
    }
    if association.subnet:
        view["SubnetId"] = association.subnet
    if association.gateway:
        view["GatewayId"] = association.gateway
    return view


def _view(call: Call, table: RouteTable) -> dict[str, Any]:
    return {
        "RouteTableId": table.id,
        "VpcId": table.vpc,
        "OwnerId": table.owner,
        "Routes": [_route_view(call, table, each) for each in table.routes],
        "Associations": [association_view(table, each) for each in table.associations],
        "PropagatingVgws": [],
        "Tags": tags.shown(call, table.id),
    }


def _route_view(call: Call, table: RouteTable, route: Route) -> dict[str, Any]:
    kind = prefix_of(route.target)
    view: dict[str, Any] = {
        _destination_member(route): route.destination,
        _SHOWN[kind]: route.target,
        "Origin": route.origin,
        "State": _state(call, table, route),
    }
    if kind == "eni":
        instance, owner = instance_of(call.cloud, route.target)
        if instance:
            view["InstanceId"], view["InstanceOwnerId"] = instance, owner
    return view


def _destination_member(route: Route) -> str:
    if route.destination.startswith("pl-"):
        return "DestinationPrefixListId"
    return "DestinationIpv6CidrBlock" if is_ipv6(route.destination) else "DestinationCidrBlock"


def _state(call: Call, table: RouteTable, route: Route) -> str:
    return "active" if is_active(call.cloud, table, route) else "blackhole"


def _destinations(table: RouteTable, member: str) -> list[str]:
    return [each.destination for each in table.routes if _destination_member(each) == member]


def _targets(table: RouteTable, member: str) -> list[str]:
    return [each.target for each in table.routes if _SHOWN[prefix_of(each.target)] == member]


def _instances(call: Call, table: RouteTable) -> list[str]:
    found = (instance_of(call.cloud, each)[0] for each in _targets(table, "NetworkInterfaceId"))
    return [each for each in found if each]


_TABLES: Final = Description(
    kind=ROUTE_TABLE,
    ids="RouteTableIds",
    answer="RouteTables",
    view=_view,
    page_max=100,
    filters={
        "association.gateway-id": (
            lambda call, row: [each.gateway for each in row.associations if each.gateway]
        ),
        "association.main": (
            lambda call, row: ["true" if each.is_main else "false" for each in row.associations]
        ),
        "association.route-table-association-id": (
            lambda call, row: [each.id for each in row.associations]
        ),
        "association.route-table-id": lambda call, row: [row.id] if row.associations else [],
        "association.subnet-id": (
            lambda call, row: [each.subnet for each in row.associations if each.subnet]
        ),
        "owner-id": lambda call, row: (row.owner,),
        "route-table-id": lambda call, row: (row.id,),
        "route.destination-cidr-block": (
            lambda call, row: _destinations(row, "DestinationCidrBlock")
        ),
        "route.destination-ipv6-cidr-block": (
            lambda call, row: _destinations(row, "DestinationIpv6CidrBlock")
        ),
        "route.destination-prefix-list-id": (
            lambda call, row: _destinations(row, "DestinationPrefixListId")
        ),
        "route.egress-only-internet-gateway-id": (
            lambda call, row: _targets(row, "EgressOnlyInternetGatewayId")
        ),
        "route.gateway-id": lambda call, row: _targets(row, "GatewayId"),
        "route.instance-id": _instances,
        "route.nat-gateway-id": lambda call, row: _targets(row, "NatGatewayId"),
        "route.origin": lambda call, row: [each.origin for each in row.routes],
        "route.state": lambda call, row: [_state(call, row, each) for each in row.routes],
        "route.transit-gateway-id": lambda call, row: _targets(row, "TransitGatewayId"),
        "route.vpc-peering-connection-id": (
            lambda call, row: _targets(row, "VpcPeeringConnectionId")
        ),
        "vpc-id": lambda call, row: (row.vpc,),
    },
)
