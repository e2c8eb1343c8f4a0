"""Parts of the network as Reachability Analyzer shows them: components, rules, entries, routes.

Rules of this file: from the graph to AWS's members, by data; nothing is decided here.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_PathComponent.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections import nouns as connections
from cloudchamber.services.ec2.instances.nouns import INSTANCE
from cloudchamber.services.ec2.interfaces import nouns as interfaces
from cloudchamber.services.ec2.kinds import Kind
from cloudchamber.services.ec2.vpcs import nouns as vpcs
from cloudchamber.world.network import graph

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

Shape = dict[str, Any]
_KINDS: Final[tuple[Kind[Any], ...]] = (
    vpcs.VPC,
    vpcs.SUBNET,
    vpcs.ROUTE_TABLE,
    vpcs.INTERNET_GATEWAY,
    vpcs.EGRESS_ONLY_GATEWAY,
    vpcs.NETWORK_ACL,
    interfaces.INTERFACE,
    interfaces.SECURITY_GROUP,
    interfaces.PREFIX_LIST,
    interfaces.NAT_GATEWAY,
    connections.PEERING,
    connections.TRANSIT_GATEWAY,
    connections.TRANSIT_ATTACHMENT,
    connections.TRANSIT_ROUTE_TABLE,
    connections.ENDPOINT,
    INSTANCE,
)
_BY_PREFIX: Final = MappingProxyType({kind.prefix: kind for kind in _KINDS})
# Where a route's target stands in AnalysisRouteTableRoute, by the prefix of its id.
_TARGETS: Final = MappingProxyType(
    {
        "eigw": "EgressOnlyInternetGatewayId",
        "nat": "NatGatewayId",
        "eni": "NetworkInterfaceId",
        "tgw": "TransitGatewayId",
        "pcx": "VpcPeeringConnectionId",
    }
)
_PROTOCOL_NAMES: Final = MappingProxyType({-1: "all", 1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"})
_WITH_PORTS: Final = (6, 17)
_EVERY_PORT: Final = (0, 65_535)


def protocol_name(number: int) -> str:
    """A protocol as Reachability Analyzer writes it."""
    return _PROTOCOL_NAMES.get(number, str(number))


def component(cloud: Cloud, identifier: str) -> Shape:
    """The id of a thing, with its ARN if it is one of EC2's and is there."""
    shown: Shape = {"Id": identifier}
    kind = _BY_PREFIX.get(identifier.rpartition("-")[0])
    place = kinds.place_of(cloud, identifier) if kind else None
    if kind is not None and place is not None:
        shown["Arn"] = kinds.arn_of(kind, place.account, place.region, identifier)
    return shown


def ports_of(protocol: int, first: int, last: int) -> Shape | None:
    """A range of ports; None where ports do not count or all are meant."""
    if protocol not in _WITH_PORTS or first < 0 or (first, last) == _EVERY_PORT:
        return None
    return {"From": first, "To": last}


def group_rule(rule: graph.Rule, direction: str) -> Shape:
    """A rule of a security group."""
    shown: Shape = {"Direction": direction, "Protocol": protocol_name(rule.protocol)}
    if rule.v4_cidr or rule.v6_cidr:
        shown["Cidr"] = rule.v4_cidr or rule.v6_cidr
    elif rule.group:
        shown["SecurityGroupId"] = rule.group
    else:
        shown["PrefixListId"] = rule.prefix_list
    ports = ports_of(rule.protocol, rule.from_port, rule.to_port)
    if ports is not None:
        shown["PortRange"] = ports
    return shown


def acl_entry(entry: graph.AclEntry, *, is_egress: bool) -> Shape:
    """An entry of a network ACL."""
    shown: Shape = {
        "Cidr": entry.cidr,
        "Egress": is_egress,
        "Protocol": protocol_name(entry.protocol),
        "RuleAction": "allow" if entry.allows else "deny",
        "RuleNumber": entry.number,
    }
    ports = ports_of(entry.protocol, entry.from_port, entry.to_port)
    if ports is not None:
        shown["PortRange"] = ports
    return shown


def closing_entry(cidr: str, *, is_egress: bool) -> Shape:
    """The last entry of every ACL, which denies what none before it has matched."""
    entry = graph.AclEntry(number=32_767, allows=False, cidr=cidr)
    return acl_entry(entry, is_egress=is_egress)


def route(each: graph.Route, origin: str) -> Shape:
    """A route of a VPC's table."""
    shown: Shape = {"State": each.state, "Origin": origin}
    is_list = each.destination.startswith("pl-")
    shown["DestinationPrefixListId" if is_list else "DestinationCidr"] = each.destination
    target = each.target
    shown[_TARGETS.get(target.rpartition("-")[0], "GatewayId")] = target
    return shown


def transit_route(cloud: Cloud, each: graph.TransitRoute) -> Shape:
    """A route of a transit gateway's table."""
    shown: Shape = {
        "State": each.state,
        "RouteOrigin": "propagated" if each.propagated else "static",
    }
    is_list = each.destination.startswith("pl-")
    shown["PrefixListId" if is_list else "DestinationCidr"] = each.destination
    if each.attachment:
        shown["AttachmentId"] = each.attachment
        row = kinds.find_anywhere(cloud, connections.TRANSIT_ATTACHMENT, each.attachment)
        if row is not None:
            shown |= {"ResourceId": row.resource, "ResourceType": row.type}
    return shown
