"""Routes: made, replaced and deleted.

Rules of this file: a destination stands once in a table. Routes for addresses of the VPC itself may
lead to a middlebox only, and a table of a gateway may lead to nothing else.
https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.interfaces.nouns import PREFIX_LIST
from cloudchamber.services.ec2.refusals import invalid_combination, invalid_value
from cloudchamber.services.ec2.vpcs.cidrs import (
    covers,
    expect_block4,
    expect_block6,
    is_ipv6,
)
from cloudchamber.services.ec2.vpcs.limits import expect_room
from cloudchamber.services.ec2.vpcs.lookup import expect_own_vpc, subnets_of
from cloudchamber.services.ec2.vpcs.making import LOCAL, WITH_TABLE
from cloudchamber.services.ec2.vpcs.nouns import ROUTE_TABLE, Route, RouteTable, Vpc
from cloudchamber.services.ec2.vpcs.refusing import refuse_absent
from cloudchamber.services.ec2.vpcs.route_targets import (
    NAT64,
    Target,
    expect_target,
    is_for_gateways,
    is_for_inside,
    prefix_of,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

# What AWS's own services in every VPC answer on.
_AMAZONS: Final = ("169.254.168.0/22", "fd00:ec2::/32")
_DESTINATIONS: Final = (
    "DestinationCidrBlock",
    "DestinationIpv6CidrBlock",
    "DestinationPrefixListId",
)


def create_route(call: Call, request: Input) -> Output:
    """Add a route. Raises RouteAlreadyExists, RouteLimitExceeded, and what a target raises."""
    refuse_absent(call, request)
    table = kinds.expect_own(call, ROUTE_TABLE, request["RouteTableId"])
    destination = _expect_destination(call, request)
    if _find(table, destination) is not None:
        raise AwsError(
            "RouteAlreadyExists", f"The route identified by {destination} already exists."
        )
    target = expect_target(call, request, table)
    _expect_fitting(call, table, destination, target)
    expect_room("routes", routes_counted(call.cloud, table), _weight(call.cloud, destination))
    table.routes.append(Route(destination=destination, target=target.id, instance=target.instance))
    return {"Return": True}


def replace_route(call: Call, request: Input) -> Output:
    """Let a route lead elsewhere; the local route too, to a middlebox and back."""
    refuse_absent(call, request)
    table = kinds.expect_own(call, ROUTE_TABLE, request["RouteTableId"])
    destination = _expect_destination(call, request)
    route = _find(table, destination)
    if route is None:
        raise AwsError(
            "InvalidParameterValue",
            f"There is no route defined for '{destination}' in the route table. "
            "Use CreateRoute instead.",
        )
    target = expect_target(call, request, table)
    if target.id == LOCAL and route.origin != WITH_TABLE:
        raise invalid_value(
            "true", "localTarget", f"The route for {destination} is not a local route."
        )
    _expect_fitting(call, table, destination, target)
    if _is_of_gateway_endpoint(route):
        raise AwsError(
            "InvalidParameterValue",
            f"cannot replace VPC endpoint route {destination} in route table {table.id}",
        )
    route.target, route.instance = target.id, target.instance
    return {}


def delete_route(call: Call, request: Input) -> Output:
    """Take a route away. Raises InvalidRoute.NotFound; the local route stays."""
    table = kinds.expect_own(call, ROUTE_TABLE, request["RouteTableId"])
    destination = _expect_destination(call, request)
    route = _find(table, destination)
    if route is None:
        kind = (
            "destination-prefix-list-id"
            if _is_list(destination)
            else (
                "destination-ipv6-cidr-block" if is_ipv6(destination) else "destination-cidr-block"
            )
        )
        raise AwsError(
            "InvalidRoute.NotFound",
            f"no route with {kind} {destination} in route table {table.id}",
        )
    if route.origin == WITH_TABLE:
        raise AwsError(
            "InvalidParameterValue",
            f"cannot remove local route {destination} in route table {table.id}",
        )
    if _is_of_gateway_endpoint(route):
        raise AwsError(
            "InvalidParameterValue",
            f"cannot remove VPC endpoint route {destination} in route table {table.id}",
        )
    table.routes.remove(route)
    return {}


def routes_counted(cloud: Cloud, table: RouteTable) -> int:
    """How many routes a table has for the quota: a prefix list counts with all its room."""
    return sum(
        _weight(cloud, route.destination) for route in table.routes if route.origin != WITH_TABLE
    )


def expect_for_gateways(call: Call, table: RouteTable) -> None:
    """A table may be associated with a gateway. Raises InvalidParameterValue for a route that
    leads out of the VPC or to anything but a middlebox in it."""
    vpc = expect_own_vpc(call, table.vpc)
    for route in table.routes:
        if not is_for_gateways(route.target) or not _is_inside(vpc, route.destination):
            raise AwsError(
                "InvalidParameterValue",
                f"Route table contains unsupported route target: {route.target}. "
                "VPC Ingress Routing requires routes inside the VPC to network interfaces, "
                "Gateway Load Balancer endpoints or local.",
            )


def _expect_destination(call: Call, request: Input) -> str:
    """The one destination that a request names, in canonical form."""
    given = [member for member in _DESTINATIONS if request.get(member)]
    if not given:
        raise AwsError(
            "MissingParameter",
            "The request must contain exactly one of destinationCidrBlock, "
            "destinationIpv6CidrBlock, destinationPrefixListId",
        )
    if len(given) > 1:
        names = " and ".join(member[0].lower() + member[1:] for member in given)
        raise invalid_combination(f"The parameters {names} cannot be used together.")
    text: str = request[given[0]]
    if given[0] == "DestinationPrefixListId":
        kinds.expect(call, PREFIX_LIST, text)
        return text
    if given[0] == "DestinationIpv6CidrBlock":
        return str(expect_block6(text, "destinationIpv6CidrBlock"))
    return str(expect_block4(text, "destinationCidrBlock"))


def _expect_fitting(call: Call, table: RouteTable, destination: str, target: Target) -> None:
    """A destination may lead to a target. Raises InvalidParameterValue."""
    kind = prefix_of(target.id)
    if any(each.gateway for each in table.associations) and not is_for_gateways(target.id):
        raise AwsError(
            "InvalidParameterValue",
            f"The route table {table.id} is associated with a gateway. Its routes can target only "
            "network interfaces, Gateway Load Balancer endpoints or local.",
        )
    if _is_list(destination):
        return
    if any(covers(each, destination) for each in _AMAZONS):
        raise invalid_value(
            destination, "destinationCidrBlock", "The range is reserved for AWS services."
        )
    if kind == "eigw" and not is_ipv6(destination):
        raise invalid_value(
            destination,
            "destinationCidrBlock",
            "An egress-only internet gateway takes IPv6 traffic only.",
        )
    if kind == "nat" and is_ipv6(destination) and destination != NAT64:
        raise invalid_value(
            destination,
            "destinationIpv6CidrBlock",
            f"A NAT gateway takes IPv6 traffic for {NAT64} only.",
        )
    vpc = expect_own_vpc(call, table.vpc)
    if _is_inside(vpc, destination):
        _expect_inside(call, vpc, destination, target)
    elif any(each.gateway for each in table.associations):
        raise AwsError(
            "InvalidParameterValue",
            f"The route table {table.id} is associated with a gateway. The destination "
            f"{destination} is not in one of this VPC's CIDR blocks.",
        )


def _expect_inside(call: Call, vpc: Vpc, destination: str, target: Target) -> None:
    """A route for the VPC's own addresses leads to a middlebox, for a block or a whole subnet."""
    if not is_for_inside(target.id):
        raise AwsError(
            "InvalidParameterValue",
            f"The destination CIDR block {destination} is equal to or more specific than one of "
            "this VPC's CIDR blocks. This route can target only an interface or an instance.",
        )
    known = [each.cidr for each in (*vpc.blocks, *vpc.blocks6)]
    for subnet in subnets_of(call.cloud, vpc.id):
        known.extend((subnet.cidr, *(each.cidr for each in subnet.blocks6)))
    if destination not in known:
        raise AwsError(
            "InvalidParameterValue",
            f"The destination CIDR block {destination} does not match the CIDR block of a subnet "
            "in this VPC.",
        )


def _is_inside(vpc: Vpc, destination: str) -> bool:
    if _is_list(destination):
        return False
    return any(covers(each.cidr, destination) for each in (*vpc.blocks, *vpc.blocks6))


def _find(table: RouteTable, destination: str) -> Route | None:
    return next((each for each in table.routes if each.destination == destination), None)


def _is_list(destination: str) -> bool:
    return destination.startswith("pl-")


def _is_of_gateway_endpoint(route: Route) -> bool:
    return _is_list(route.destination) and prefix_of(route.target) == "vpce"


def _weight(cloud: Cloud, destination: str) -> int:
    if not _is_list(destination):
        return 1
    listed = kinds.find_anywhere(cloud, PREFIX_LIST, destination)
    return listed.max_entries if listed is not None else 1
