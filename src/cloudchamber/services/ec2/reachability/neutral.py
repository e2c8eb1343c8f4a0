"""One row of EC2 as a part of the neutral graph: a pure function for each kind of row.

Rules of this file: what a part says follows from its row and from what is handed in; nothing is
looked up in the world. `compile.py` walks the rows and keeps what did not change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, cast

import msgspec

from cloudchamber.cloud.ports import LatticeFacts
from cloudchamber.services.ec2.connections import nouns as connections
from cloudchamber.services.ec2.connections.routing import TransitRouteInForce, carries
from cloudchamber.services.ec2.interfaces import nouns as interfaces
from cloudchamber.services.ec2.vpcs import nouns as vpcs
from cloudchamber.world.network import graph

PROTOCOLS: Final = MappingProxyType({"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "all": -1})
ANY: Final = -1
_TO_LATTICE: Final = (
    graph.Route(destination=graph.LATTICE_V4, target=graph.LATTICE),
    graph.Route(destination=graph.LATTICE_V6, target=graph.LATTICE),
)
ENABLED: Final = "enable"


def protocol_number(text: str) -> int:
    """IANA's number of a protocol as EC2 writes it (`tcp`, `6`, `-1`)."""
    known = PROTOCOLS.get(text.lower())
    return int(text) if known is None else known


def associated(blocks: Iterable[vpcs.CidrAssociation]) -> tuple[str, ...]:
    """The blocks that are in force."""
    return tuple(each.cidr for each in blocks if each.state == "associated")


def vpc_part(row: vpcs.Vpc, region: str, mode: str, free: str) -> graph.Vpc:
    """A VPC; `mode` and `free` are what VPC Block Public Access does to it."""
    return graph.Vpc(
        id=row.id,
        account=row.owner,
        region=region,
        v4_cidrs=associated(row.blocks),
        v6_cidrs=associated(row.blocks6),
        dns_support=row.dns_support,
        dns_hostnames=row.dns_hostnames,
        block_public_access=cast("graph.BlockMode", mode),
        exclusion=cast("graph.Exclusion", free),
    )


def subnet_part(row: vpcs.Subnet, route_table: str, free: str) -> graph.Subnet:
    """A subnet with the route table that is in force for it."""
    return graph.Subnet(
        id=row.id,
        vpc=row.vpc,
        account=row.owner,
        zone_id=row.zone_id,
        route_table=route_table,
        acl=row.acl,
        v4_cidr=row.cidr,
        v6_cidrs=associated(row.blocks6),
        exclusion=cast("graph.Exclusion", free),
    )


def interface_part(row: interfaces.Interface, *, is_up: bool) -> graph.Interface:
    """An interface; the primary address comes first."""
    ordered = sorted(row.addresses, key=lambda each: not each.is_primary)
    attachment = row.attachment
    return graph.Interface(
        id=row.id,
        vpc=row.vpc,
        subnet=row.subnet,
        account=row.owner,
        addresses=tuple(graph.Address(each.address, each.public) for each in ordered),
        v6_addresses=tuple(row.addresses6),
        prefixes=(*row.prefixes, *row.prefixes6),
        groups=tuple(row.groups),
        source_dest_check=row.source_dest_check,
        kind=row.kind,
        attached_to=attachment.instance if attachment else "",
        is_up=is_up,
    )


def rule_part(row: interfaces.GroupRule) -> graph.Rule:
    """A rule of a security group."""
    return graph.Rule(
        id=row.id,
        protocol=protocol_number(row.protocol),
        from_port=row.from_port,
        to_port=row.to_port,
        v4_cidr=row.cidr,
        v6_cidr=row.cidr6,
        group=row.group,
        prefix_list=row.prefix_list,
    )


def group_part(row: interfaces.SecurityGroup) -> graph.SecurityGroup:
    """A security group."""
    return graph.SecurityGroup(
        id=row.id,
        vpc=row.vpc,
        account=row.owner,
        ingress=tuple(rule_part(each) for each in row.rules if not each.is_egress),
        egress=tuple(rule_part(each) for each in row.rules if each.is_egress),
    )


def entry_part(row: vpcs.AclEntry) -> graph.AclEntry:
    """An entry of a network ACL; for ICMP the ports are type and code."""
    icmp = row.icmp_type is not None
    low = row.icmp_type if icmp else row.from_port
    high = row.icmp_code if icmp else row.to_port
    return graph.AclEntry(
        number=row.number,
        allows=row.is_allow,
        cidr=row.cidr or row.cidr6,
        protocol=protocol_number(row.protocol),
        from_port=ANY if low is None else low,
        to_port=ANY if high is None else high,
    )


def acl_part(row: vpcs.NetworkAcl) -> graph.Acl:
    """A network ACL, its entries by number."""
    entries = sorted(row.entries, key=lambda each: each.number)
    return graph.Acl(
        id=row.id,
        vpc=row.vpc,
        ingress=tuple(entry_part(each) for each in entries if not each.is_egress),
        egress=tuple(entry_part(each) for each in entries if each.is_egress),
    )


def nat_part(row: interfaces.NatGateway) -> graph.NatGateway:
    """A NAT gateway, by the interface of its primary address."""
    ordered = sorted(row.addresses, key=lambda each: not each.is_primary)
    return graph.NatGateway(
        id=row.id,
        vpc=row.vpc,
        subnet=row.subnet,
        interface=ordered[0].interface if ordered else "",
        is_public=row.connectivity == "public",
        is_available=row.state == "available",
    )


def peering_part(row: connections.Peering) -> graph.Peering:
    """A peering; a side's flag says that it answers the other's questions for names."""
    return graph.Peering(
        id=row.id,
        requester_vpc=row.requester.vpc,
        accepter_vpc=row.accepter.vpc,
        is_active=row.status == "active",
        requester_resolves=row.requester.resolves_dns,
        accepter_resolves=row.accepter.resolves_dns,
    )


def transit_part(row: connections.TransitGateway, region: str) -> graph.TransitGateway:
    """A transit gateway."""
    return graph.TransitGateway(
        id=row.id,
        account=row.owner,
        region=region,
        references_groups=row.options.get("SecurityGroupReferencingSupport") == ENABLED,
        dns_support=row.options.get("DnsSupport", ENABLED) == ENABLED,
    )


def attachment_part(row: connections.TransitAttachment) -> graph.Attachment:
    """An attachment that is no peering."""
    options = row.options
    return graph.Attachment(
        id=row.id,
        transit_gateway=row.gateway,
        kind=row.type,
        vpc=row.resource if row.type == "vpc" else "",
        subnets=tuple(row.subnets),
        table=row.association,
        is_available=carries(row),
        appliance_mode=options.get("ApplianceModeSupport") == ENABLED,
        references_groups=options.get("SecurityGroupReferencingSupport", ENABLED) == ENABLED,
        v6_support=options.get("Ipv6Support") == ENABLED,
    )


def prefix_list_part(row: interfaces.PrefixList) -> graph.PrefixList:
    """A prefix list as its newest version has it."""
    entries = row.versions[-1] if row.versions else []
    return graph.PrefixList(id=row.id, name=row.name, entries=tuple(each.cidr for each in entries))


def transit_peering_part(row: connections.TransitAttachment) -> graph.TransitPeering:
    """A peering of two transit gateways; its row lies with the one that asked."""
    return graph.TransitPeering(
        id=row.id,
        requester_gateway=row.gateway,
        accepter_gateway=row.peer,
        requester_table=row.association,
        accepter_table=row.peer_association,
        is_available=carries(row),
    )


def transit_table_part(
    row: connections.TransitRouteTable, routes: Iterable[TransitRouteInForce]
) -> graph.TransitRouteTable:
    """A transit route table with the routes in force."""
    return graph.TransitRouteTable(
        id=row.id,
        transit_gateway=row.gateway,
        routes=tuple(
            graph.TransitRoute(
                destination=each.cidr,
                attachment=each.attachments[0] if each.attachments else "",
                state=each.state,
                propagated=each.type == "propagated",
            )
            for each in routes
        ),
    )


def gateway_endpoint_part(row: connections.Endpoint) -> graph.GatewayEndpoint:
    """A gateway endpoint with the prefix list of its service."""
    return graph.GatewayEndpoint(
        id=row.id,
        vpc=row.vpc,
        service=row.service,
        prefix_list=row.prefix_list,
        route_tables=tuple(row.route_tables),
        is_available=row.state.lower() == "available",
        has_full_access=allows_all(row.policy),
    )


def allows_all(policy: str) -> bool:
    """Whether an endpoint's policy is the one that it has by default: everybody, everything."""
    if not policy:
        return True
    statements = msgspec.json.decode(policy).get("Statement", ())
    if isinstance(statements, dict):
        statements = (statements,)
    return any(
        each.get("Effect") == "Allow"
        and each.get("Principal") in ("*", {"AWS": "*"})
        and each.get("Action") == "*"
        and each.get("Resource") == "*"
        and "Condition" not in each
        for each in statements
    ) and all(each.get("Effect") == "Allow" for each in statements)


def interface_endpoint_part(row: connections.Endpoint) -> graph.InterfaceEndpoint:
    """An endpoint by its interfaces; private names answer only where they are asked for."""
    return graph.InterfaceEndpoint(
        id=row.id,
        vpc=row.vpc,
        service=row.service,
        interfaces=tuple(row.interfaces),
        dns_names=tuple(row.private_names) if row.private_dns else (),
        is_available=row.state.lower() == "available",
        inspects=row.type == "GatewayLoadBalancer",
    )


def route_part(row: vpcs.Route, *, is_active: bool) -> graph.Route:
    """A route of a VPC's table."""
    return graph.Route(
        destination=row.destination,
        target=row.target,
        state="active" if is_active else "blackhole",
        propagated=row.origin == "EnableVgwRoutePropagation",
    )


def table_part(
    row: vpcs.RouteTable, is_active: Mapping[str, bool], *, has_lattice: bool
) -> graph.RouteTable:
    """A route table; `is_active` says of each target whether it still takes packets.

    A VPC that is associated with a service network has routes to VPC Lattice in every table.
    """
    return graph.RouteTable(
        id=row.id,
        vpc=row.vpc,
        routes=(
            *(route_part(each, is_active=is_active[each.target]) for each in row.routes),
            *(_TO_LATTICE if has_lattice else ()),
        ),
    )


def lattice_part(facts: LatticeFacts) -> graph.LatticeAssociation:
    """A VPC's association with a service network of VPC Lattice."""
    return graph.LatticeAssociation(
        id=facts.id, vpc=facts.vpc, service_network=facts.network, groups=tuple(facts.groups)
    )
