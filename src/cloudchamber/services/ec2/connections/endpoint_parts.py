"""The parts of an endpoint: routes to a gateway, interfaces in subnets, private DNS, policy.

Rules of this file: checks that raise and change nothing, and changes that cannot fail after them.
The operations put them together.
https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.languages.policy import MalformedPolicy, parse_policy
from cloudchamber.languages.policy.tree import PolicyKind
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections import limits
from cloudchamber.services.ec2.connections.acting import acting_in
from cloudchamber.services.ec2.connections.nouns import ENDPOINT, Endpoint
from cloudchamber.services.ec2.interfaces import allocation
from cloudchamber.services.ec2.interfaces.making import attach, make_interface, remove_interface
from cloudchamber.services.ec2.interfaces.nouns import INTERFACE
from cloudchamber.services.ec2.refusals import invalid_value
from cloudchamber.services.ec2.vpcs.nouns import (
    ROUTE_TABLE,
    SUBNET,
    Route,
    RouteTable,
    Subnet,
    Vpc,
)

FULL_ACCESS: Final = (
    '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*",'
    '"Resource":"*"}]}'
)
MADE_FOR: Final = "VPC Endpoint Interface "  # an endpoint's id follows, as AWS describes them
OVER: Final = ("deleting", "deleted", "rejected", "failed")
_KINDS: Final = MappingProxyType({"GatewayLoadBalancer": "gateway_load_balancer_endpoint"})


class Wanted(msgspec.Struct, frozen=True):
    """A subnet that an endpoint is to have an interface in, and the addresses named for it."""

    subnet: Subnet
    address: str = ""
    address6: str = ""


def expect_policy(text: str) -> str:
    """An endpoint policy. Raises InvalidPolicyDocument."""
    try:
        parse_policy(text, PolicyKind.VPC_ENDPOINT, size_limit=limits.ENDPOINT_POLICY_CHARACTERS)
    except MalformedPolicy as error:
        raise AwsError("InvalidPolicyDocument", error.message) from None
    return text


def expect_tables(call: Call, vpc: Vpc, ids: Iterable[str], prefix_list: str) -> list[RouteTable]:
    """Tables of the VPC that have no route to the prefix list yet.

    Raises InvalidRouteTableID.NotFound, InvalidParameter, RouteAlreadyExists.
    """
    tables = []
    for each in dict.fromkeys(ids):
        table = kinds.expect_own(call, ROUTE_TABLE, each)
        if table.vpc != vpc.id:
            raise AwsError(
                "InvalidParameter", f"Route table {table.id} does not belong to {vpc.id}"
            )
        if any(route.destination == prefix_list for route in table.routes):
            raise AwsError(
                "RouteAlreadyExists",
                f"route table {table.id} already has a route with destination-prefix-list-id "
                f"{prefix_list}",
            )
        tables.append(table)
    return tables


def add_routes(endpoint: Endpoint, tables: Sequence[RouteTable]) -> None:
    """Lead the prefix list's addresses to a gateway endpoint, in these tables."""
    for table in tables:
        table.routes.append(Route(destination=endpoint.prefix_list, target=endpoint.id))
        endpoint.route_tables.append(table.id)


def drop_routes(call: Call, endpoint: Endpoint, ids: Iterable[str]) -> None:
    """Take a gateway endpoint's route out of tables, as far as they are still there."""
    for each in list(ids):
        table = kinds.find_anywhere(call.cloud, ROUTE_TABLE, each)
        if table is not None:
            table.routes[:] = [route for route in table.routes if route.target != endpoint.id]
        endpoint.route_tables.remove(each)


def expect_subnets(
    call: Call,
    vpc: Vpc,
    ids: Iterable[str],
    configurations: Sequence[Mapping[str, Any]],
    address_type: str,
    kept: Sequence[Subnet] = (),
) -> list[Wanted]:
    """The subnets that an endpoint is to have more of, each in a zone of its own.

    `kept` are those it has. Raises InvalidSubnetID.NotFound, InvalidParameter,
    DuplicateSubnetsInSameZone, InsufficientFreeAddressesInSubnet.
    """
    named = {each["SubnetId"]: each for each in configurations if each.get("SubnetId")}
    zones = {subnet.zone_id: subnet.id for subnet in kept}
    wanted = []
    for each in dict.fromkeys((*ids, *named)):
        subnet = kinds.expect_own(call, SUBNET, each)
        if subnet.vpc != vpc.id:
            raise AwsError("InvalidParameter", f"Subnet {subnet.id} does not belong to {vpc.id}")
        if subnet.zone_id in zones:
            raise AwsError(
                "DuplicateSubnetsInSameZone",
                f"Found another VPC endpoint subnet in the availability zone of {subnet.id}. "
                "VPC endpoint subnets should be in different availability zones supported by the "
                "VPC endpoint service.",
            )
        zones[subnet.zone_id] = subnet.id
        wanted.append(_wanted(call, subnet, named.get(each, {}), address_type))
    return wanted


def expect_room(call: Call, subnet: Subnet) -> None:
    """A subnet must have an address left. Raises InsufficientFreeAddressesInSubnet."""
    if subnet.cidr and not allocation.free_count(call.cloud, subnet):
        raise allocation.no_room()


def make_interfaces(call: Call, endpoint: Endpoint, wanted: Sequence[Wanted]) -> None:
    """An interface in each subnet, in the account of the endpoint's owner."""
    place = kinds.place_of(call.cloud, endpoint.id)
    acting = acting_in(call, place.account, place.region) if place else call
    kind = _KINDS.get(endpoint.type, "vpc_endpoint")
    for each in wanted:
        interface = make_interface(
            acting,
            each.subnet,
            groups=endpoint.groups,
            private=each.address or None,
            addresses6=[each.address6] if each.address6 else [],
            count6=0 if endpoint.address_type == "ipv4" or each.address6 else 1,
            description=f"{MADE_FOR}{endpoint.id}",
            kind=kind,
            requester="amazon-aws",
            is_requester_managed=True,
            has_groups=endpoint.type != "GatewayLoadBalancer",
        )
        attach(acting, interface)
        endpoint.interfaces.append(interface.id)


def drop_interfaces(call: Call, endpoint: Endpoint, subnets: Iterable[str]) -> None:
    """Take an endpoint's interfaces in some subnets away."""
    gone = set(subnets)
    for each in list(endpoint.interfaces):
        interface = kinds.find_anywhere(call.cloud, INTERFACE, each)
        place = kinds.place_of(call.cloud, each)
        if interface is not None and place is not None:
            if interface.subnet not in gone:
                continue
            remove_interface(acting_in(call, place.account, place.region), interface)
        endpoint.interfaces.remove(each)


def set_groups(call: Call, endpoint: Endpoint, groups: Sequence[str]) -> None:
    """Let an endpoint's interfaces wear these groups."""
    endpoint.groups = list(groups)
    for each in endpoint.interfaces:
        interface = kinds.find_anywhere(call.cloud, INTERFACE, each)
        if interface is not None:
            interface.groups = list(groups)


def expect_private_dns(call: Call, vpc: Vpc, names: Sequence[str], besides: str = "") -> None:
    """Private DNS for these names must be possible in a VPC. Raises InvalidParameter."""
    if not names:
        raise AwsError(
            "InvalidParameter",
            "Private DNS can't be enabled because the service does not provide a private DNS name.",
        )
    if not (vpc.dns_support and vpc.dns_hostnames):
        raise AwsError(
            "InvalidParameter",
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC "
            f"attributes set to true for {vpc.id}",
        )
    for other in call.rows(ENDPOINT.table).values():
        if other.vpc != vpc.id or other.id == besides or other.state in OVER:
            continue
        if other.private_dns and (both := [each for each in names if each in other.private_names]):
            raise AwsError(
                "InvalidParameter",
                "private-dns-enabled cannot be set because there is already a conflicting DNS "
                f"domain for {both[0]} in the VPC {vpc.id}",
            )


def expect_gateway_beside(call: Call, vpc: Vpc, service: str) -> None:
    """Private DNS for inbound resolvers alone needs a gateway endpoint. Raises InvalidParameter."""
    if not any(
        other.vpc == vpc.id
        and other.type == "Gateway"
        and other.service == service
        and other.state not in OVER
        for other in call.rows(ENDPOINT.table).values()
    ):
        raise AwsError(
            "InvalidParameter",
            f"To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC {vpc.id} must have "
            "a Gateway endpoint for the service.",
        )


def _wanted(
    call: Call, subnet: Subnet, configuration: Mapping[str, Any], address_type: str
) -> Wanted:
    address, address6 = configuration.get("Ipv4", ""), configuration.get("Ipv6", "")
    if address_type != "ipv4" and not subnet.blocks6:
        raise invalid_value(
            address_type, "IpAddressType", f"Subnet {subnet.id} has no IPv6 CIDR block."
        )
    if address_type == "ipv6" and subnet.cidr:
        raise invalid_value(address_type, "IpAddressType", f"Subnet {subnet.id} has IPv4 too.")
    if address:
        allocation.choose_addresses(call, subnet, [address], 0)
    else:
        expect_room(call, subnet)
    if address6:
        allocation.choose_addresses6(call, subnet, [address6], 0)
    return Wanted(subnet, address, address6)
