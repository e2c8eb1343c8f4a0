"""What a route may lead to: which member of a request names it, whether it fits, whether it works.

Rules of this file: one line for each kind of target. A target has to be there and belong to the
route table's VPC when a route is made; afterwards it may go, and the route is a blackhole.
https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections.nouns import (
    ENDPOINT,
    PEERING,
    TRANSIT_ATTACHMENT,
    TRANSIT_GATEWAY,
)
from cloudchamber.services.ec2.instances.nouns import INSTANCE
from cloudchamber.services.ec2.interfaces.nouns import INTERFACE, NAT_GATEWAY, Interface
from cloudchamber.services.ec2.refusals import invalid_combination
from cloudchamber.services.ec2.vpcs.making import LOCAL
from cloudchamber.services.ec2.vpcs.nouns import (
    EGRESS_ONLY_GATEWAY,
    INTERNET_GATEWAY,
    Route,
    RouteTable,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

NAT64: Final = "64:ff9b::/96"
MEMBERS: Final = (
    "GatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
    "VpcPeeringConnectionId",
    "TransitGatewayId",
    "EgressOnlyInternetGatewayId",
    "VpcEndpointId",
)
# What may take packets for addresses inside the VPC, and what a gateway's table may lead to.
_INSIDE: Final = ("eni", "nat", "vpce", LOCAL)
_FOR_GATEWAYS: Final = ("eni", "vpce", LOCAL)
_PEERING_ALIVE: Final = ("active", "pending-acceptance", "provisioning", "initiating-request")
_NAT_ALIVE: Final = ("pending", "available")
_CARRYING: Final = ("available", "modifying")
_ENDPOINT_GONE: Final = ("deleting", "deleted", "failed", "rejected", "expired")


class Target(NamedTuple):
    """A target that was found: its id, and the instance it was named by."""

    id: str
    instance: str = ""


def expect_target(call: Call, request: Input, table: RouteTable) -> Target:
    """The one target that a request names. Raises its NotFound, InvalidParameterValue where it
    belongs to another VPC, InvalidParameterCombination for two."""
    given = [member for member in MEMBERS if request.get(member)]
    if request.get("LocalTarget"):
        given.append("LocalTarget")
    if not given:
        names = ", ".join(member[0].lower() + member[1:] for member in MEMBERS)
        raise AwsError("MissingParameter", f"The request must contain exactly one of {names}")
    if len(given) > 1:
        names = " and ".join(member[0].lower() + member[1:] for member in given)
        raise invalid_combination(f"The parameters {names} cannot be used together.")
    if given[0] == "LocalTarget":
        return Target(LOCAL)
    return _FINDERS[given[0]](call, request[given[0]], table)


def prefix_of(target: str) -> str:
    """The kind of a target: the prefix of its id, or `local`."""
    return target.partition("-")[0]


def is_for_inside(target: str) -> bool:
    """Whether a route for addresses of the VPC itself may lead there."""
    return prefix_of(target) in _INSIDE


def is_for_gateways(target: str) -> bool:
    """Whether a route of a table that is associated with a gateway may lead there."""
    return prefix_of(target) in _FOR_GATEWAYS


def is_active(cloud: Cloud, table: RouteTable, route: Route) -> bool:
    """Whether a route's target takes packets of the table's VPC; otherwise it is a blackhole."""
    if route.target == LOCAL:
        return True
    asked = _ACTIVE.get(prefix_of(route.target))
    return asked is not None and asked(cloud, table.vpc, route.target)


def instance_of(cloud: Cloud, target: str) -> tuple[str, str]:
    """The instance that a target interface is attached to, and whose it is; ("", "") for none."""
    interface = kinds.find_anywhere(cloud, INTERFACE, target)
    if interface is None or interface.attachment is None:
        return "", ""
    return interface.attachment.instance, interface.attachment.instance_owner


def other_network(table: RouteTable, what: str, identifier: str) -> AwsError:
    """The target belongs to another VPC."""
    return AwsError(
        "InvalidParameterValue",
        f"route table {table.id} and {what} {identifier} belong to different networks",
    )


def _gateway(call: Call, identifier: str, table: RouteTable) -> Target:
    if identifier.startswith("vgw-"):
        raise AwsError(
            "InvalidVpnGatewayID.NotFound", f"The vpnGateway ID '{identifier}' does not exist"
        )
    if identifier.startswith("vpce-"):
        return _endpoint(call, identifier, table)
    gateway = kinds.find(call, INTERNET_GATEWAY, identifier)
    if gateway is None:
        raise AwsError("InvalidGatewayID.NotFound", f"The gateway ID '{identifier}' does not exist")
    if gateway.vpc != table.vpc:
        raise other_network(table, "network gateway", identifier)
    return Target(identifier)


def _nat_gateway(call: Call, identifier: str, table: RouteTable) -> Target:
    gateway = kinds.find(call, NAT_GATEWAY, identifier)
    if gateway is None or gateway.state not in _NAT_ALIVE:
        raise AwsError("NatGatewayNotFound", f"The NatGateway '{identifier}' does not exist")
    if gateway.vpc != table.vpc:
        raise other_network(table, "NAT gateway", identifier)
    return Target(identifier)


def _interface(call: Call, identifier: str, table: RouteTable) -> Target:
    interface: Interface = kinds.expect(call, INTERFACE, identifier)
    if interface.vpc != table.vpc:
        raise other_network(table, "interface", identifier)
    return Target(identifier)


def _instance(call: Call, identifier: str, table: RouteTable) -> Target:
    instance = kinds.expect(call, INSTANCE, identifier)
    if instance.vpc != table.vpc:
        raise other_network(table, "instance", identifier)
    if len(instance.interfaces) != 1:
        raise AwsError(
            "InvalidInstanceID",
            f"There are multiple interfaces attached to instance '{identifier}'. "
            "Please specify an interface ID for the operation instead."
            if instance.interfaces
            else f"No interfaces attached to instance '{identifier}'.",
        )
    return Target(instance.interfaces[0], identifier)


def _peering(call: Call, identifier: str, table: RouteTable) -> Target:
    peering = kinds.expect(call, PEERING, identifier)
    if peering.status not in _PEERING_ALIVE:
        raise kinds.missing(PEERING, identifier)
    if table.vpc not in (peering.requester.vpc, peering.accepter.vpc):
        raise other_network(table, "vpc peering connection", identifier)
    return Target(identifier)


def _transit_gateway(call: Call, identifier: str, table: RouteTable) -> Target:
    kinds.expect(call, TRANSIT_GATEWAY, identifier)
    if not _is_attached(call.cloud, table.vpc, identifier):
        raise AwsError(
            TRANSIT_GATEWAY.not_found,
            f"Transit Gateway {identifier} was deleted or does not exist.",
        )
    return Target(identifier)


def _egress_only(call: Call, identifier: str, table: RouteTable) -> Target:
    gateway = kinds.expect(call, EGRESS_ONLY_GATEWAY, identifier)
    if gateway.vpc != table.vpc:
        raise other_network(table, "egress only internet gateway", identifier)
    return Target(identifier)


def _endpoint(call: Call, identifier: str, table: RouteTable) -> Target:
    endpoint = kinds.expect(call, ENDPOINT, identifier)
    if endpoint.type != "GatewayLoadBalancer":
        raise AwsError(
            "InvalidParameterValue",
            f"The VPC endpoint {identifier} is of the type {endpoint.type}. Routes can be made to "
            "Gateway Load Balancer endpoints only.",
        )
    if endpoint.vpc != table.vpc:
        raise other_network(table, "VPC endpoint", identifier)
    return Target(identifier)


def _is_attached(cloud: Cloud, vpc: str, gateway: str) -> bool:
    return any(
        each.gateway == gateway
        and each.type == "vpc"
        and each.resource == vpc
        and each.state in _CARRYING
        for _, _, each in kinds.everywhere(cloud, TRANSIT_ATTACHMENT)
    )


def _of_vpc(kind: kinds.Kind[Any]) -> Callable[[Cloud, str, str], bool]:
    """Whether something is there and belongs to the VPC."""

    def ask(cloud: Cloud, vpc: str, identifier: str) -> bool:
        row = kinds.find_anywhere(cloud, kind, identifier)
        return row is not None and row.vpc == vpc

    return ask


def _nat_active(cloud: Cloud, vpc: str, identifier: str) -> bool:
    row = kinds.find_anywhere(cloud, NAT_GATEWAY, identifier)
    return row is not None and row.vpc == vpc and row.state in _NAT_ALIVE


def _interface_active(cloud: Cloud, vpc: str, identifier: str) -> bool:
    row = kinds.find_anywhere(cloud, INTERFACE, identifier)
    if row is None or row.vpc != vpc or row.attachment is None:
        return False
    if not row.attachment.instance:
        return True
    instance = kinds.find_anywhere(cloud, INSTANCE, row.attachment.instance)
    return instance is not None and instance.state in ("pending", "running")


def _peering_active(cloud: Cloud, vpc: str, identifier: str) -> bool:
    row = kinds.find_anywhere(cloud, PEERING, identifier)
    return row is not None and row.status == "active"


def _endpoint_active(cloud: Cloud, vpc: str, identifier: str) -> bool:
    row = kinds.find_anywhere(cloud, ENDPOINT, identifier)
    return row is not None and row.vpc == vpc and row.state.lower() not in _ENDPOINT_GONE


_FINDERS: Final[Mapping[str, Callable[[Call, str, RouteTable], Target]]] = MappingProxyType(
    {
        "GatewayId": _gateway,
        "NatGatewayId": _nat_gateway,
        "NetworkInterfaceId": _interface,
        "InstanceId": _instance,
        "VpcPeeringConnectionId": _peering,
        "TransitGatewayId": _transit_gateway,
        "EgressOnlyInternetGatewayId": _egress_only,
        "VpcEndpointId": _endpoint,
    }
)
_ACTIVE: Final[Mapping[str, Callable[[Cloud, str, str], bool]]] = MappingProxyType(
    {
        "igw": _of_vpc(INTERNET_GATEWAY),
        "eigw": _of_vpc(EGRESS_ONLY_GATEWAY),
        "nat": _nat_active,
        "eni": _interface_active,
        "pcx": _peering_active,
        "tgw": _is_attached,
        "vpce": _endpoint_active,
    }
)
