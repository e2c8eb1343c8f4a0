"""The neutral graph of a network: what a packet can meet, in all accounts and Regions at once.

Rules of this file: AWS's nouns, no AWS API. Every Struct is frozen and holds plain values, so that
`is` tells whether a part has changed: whoever builds a graph keeps the very same Struct (and, where
it can, the very same mapping) for what stayed as it was, and a recompilation touches only the rest.

One `Network` holds everything, keyed by id, because a packet crosses peerings and transit gateways
without asking whose they are. Addresses and blocks are texts as AWS writes them ("10.0.1.5",
"10.0.0.0/16", "2001:db8::/56"). Protocols are IANA numbers; -1 is any. Ports run from 0 to 65535;
-1 is any; for ICMP (1) and ICMPv6 (58) `from_port` is the type and `to_port` the code, as in EC2's
API. Ids that lead nowhere are allowed: a route to what does not exist is a black hole, and an
interface without its subnet and VPC is nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

import msgspec

LOCAL: Final = "local"  # the target of a VPC's local routes
LATTICE: Final = "VpcLattice"  # the target of the routes to VPC Lattice's link-local addresses
LATTICE_V4: Final = "169.254.171.0/24"
LATTICE_V6: Final = "fd00:ec2:80::/64"

RouteState = Literal["active", "blackhole"]
# What VPC Block Public Access does in the VPC's account and Region, before exclusions.
BlockMode = Literal["off", "block-ingress", "block-bidirectional"]
# What an exclusion from it allows; "" is no exclusion.
Exclusion = Literal["", "allow-egress", "allow-bidirectional"]


class Vpc(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A VPC with its associated blocks (only those in state `associated`)."""

    id: str
    account: str
    region: str
    v4_cidrs: tuple[str, ...] = ()
    v6_cidrs: tuple[str, ...] = ()
    dns_support: bool = True
    dns_hostnames: bool = False
    block_public_access: BlockMode = "off"
    exclusion: Exclusion = ""


class Subnet(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A subnet. `route_table` and `acl` are the ones in force: its own, or the VPC's main/default.

    `account` owns it (participants of a shared subnet own interfaces, not the subnet). `zone_id` is
    the place (`euw1-az1`), never an account's name for it.
    """

    id: str
    vpc: str
    account: str
    zone_id: str
    route_table: str
    acl: str
    v4_cidr: str = ""
    v6_cidrs: tuple[str, ...] = ()
    exclusion: Exclusion = ""


class Address(msgspec.Struct, frozen=True, gc=False):
    """A private IPv4 address of an interface, and the public one paired with it (or "")."""

    private: str
    public: str = ""


class Interface(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A network interface. The first of `addresses` is the primary one.

    `kind` is EC2's InterfaceType: `interface`, `nat_gateway`, `vpc_endpoint`, `transit_gateway`,
    `gateway_load_balancer_endpoint`, `network_load_balancer`, `lambda`... `prefixes` are delegated
    blocks (IPv4 or IPv6), whose addresses are the interface's too. `attached_to` is the instance
    (or other owner), "" if there is none. `is_up` is false while nothing can answer behind it: not
    attached, or attached to an instance that does not run. `groups` in AWS's order.
    """

    id: str
    vpc: str
    subnet: str
    account: str
    addresses: tuple[Address, ...] = ()
    v6_addresses: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    source_dest_check: bool = True
    kind: str = "interface"
    attached_to: str = ""
    is_up: bool = True


class Rule(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A rule of a security group (`sgr-...`): exactly one of the four peers is set."""

    id: str
    protocol: int = -1
    from_port: int = -1
    to_port: int = -1
    v4_cidr: str = ""
    v6_cidr: str = ""
    group: str = ""
    prefix_list: str = ""


class SecurityGroup(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A security group: what its members may receive and send. Replies need no rule."""

    id: str
    vpc: str
    account: str
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()


class AclEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry of a network ACL; `cidr` is IPv4 or IPv6. The lowest number that matches decides."""

    number: int
    allows: bool
    cidr: str
    protocol: int = -1
    from_port: int = -1
    to_port: int = -1


class Acl(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A network ACL. The last entry, 32767 (`*`), denies; it may be left out."""

    id: str
    vpc: str
    ingress: tuple[AclEntry, ...] = ()
    egress: tuple[AclEntry, ...] = ()


class Route(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A route of a VPC's route table.

    `destination` is a block, or a prefix list's id. `target` is `local`, the id of an internet
    gateway, egress-only gateway, NAT gateway, peering, transit gateway, virtual private gateway,
    interface (for an instance: its primary interface), gateway endpoint or Gateway Load Balancer
    endpoint, or `VpcLattice`. Local routes stand in the table, as DescribeRouteTables has them;
    so do the routes that a gateway endpoint adds. `propagated` marks those a virtual private
    gateway wrote: any other route to the same block comes first.
    """

    destination: str
    target: str
    state: RouteState = "active"
    propagated: bool = False


class RouteTable(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A route table of a VPC, of subnets or (edge association) of a gateway."""

    id: str
    vpc: str
    routes: tuple[Route, ...] = ()


class InternetGateway(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An internet gateway. `vpc` is "" while detached; `route_table` that of its edge, or ""."""

    id: str
    vpc: str = ""
    route_table: str = ""


class EgressOnlyGateway(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An egress-only internet gateway: IPv6 flows may leave through it, none may come in."""

    id: str
    vpc: str = ""


class NatGateway(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A NAT gateway; its addresses are those of `interface` (a public one has an elastic IP)."""

    id: str
    vpc: str
    subnet: str
    interface: str
    is_public: bool = True
    is_available: bool = True


class VirtualGateway(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A virtual private gateway: beyond it lies a network that the graph does not know."""

    id: str
    vpc: str = ""
    route_table: str = ""


class Peering(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A VPC peering connection. A `resolves` flag: that side answers the other's DNS questions."""

    id: str
    requester_vpc: str
    accepter_vpc: str
    is_active: bool = True
    requester_resolves: bool = False
    accepter_resolves: bool = False


class TransitGateway(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A transit gateway. `references_groups` is its SecurityGroupReferencingSupport."""

    id: str
    account: str
    region: str
    references_groups: bool = False
    dns_support: bool = True


class Attachment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An attachment of a transit gateway other than a peering: a VPC, or what lies outside.

    `kind` is `vpc`, `vpn`, `connect` or `direct-connect-gateway`. `subnets` (at most one per zone)
    are where a VPC's attachment has its interfaces. `table` is the transit route table that it is
    associated with, "" for none.
    """

    id: str
    transit_gateway: str
    kind: str = "vpc"
    vpc: str = ""
    subnets: tuple[str, ...] = ()
    table: str = ""
    is_available: bool = True
    appliance_mode: bool = False
    references_groups: bool = True
    v6_support: bool = False


class TransitPeering(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A peering attachment: one id, and each side's association with a table of its own."""

    id: str
    requester_gateway: str
    accepter_gateway: str
    requester_table: str = ""
    accepter_table: str = ""
    is_available: bool = True


class TransitRoute(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A route of a transit route table. `attachment` is "" for a static black hole.

    `destination` is a block or a prefix list's id. For the same block static comes first.
    """

    destination: str
    attachment: str = ""
    state: RouteState = "active"
    propagated: bool = False


class TransitRouteTable(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A transit gateway's route table, with the routes that propagation put into it."""

    id: str
    transit_gateway: str
    routes: tuple[TransitRoute, ...] = ()


class PrefixList(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A prefix list, AWS's (`com.amazonaws.eu-west-1.s3`) or a customer's, with its blocks."""

    id: str
    name: str = ""
    entries: tuple[str, ...] = ()


class GatewayEndpoint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A gateway endpoint. Its routes stand in the tables named; `has_full_access`: its policy is
    the default one (a narrower policy stops requests, not packets: steps only mention it)."""

    id: str
    vpc: str
    service: str
    prefix_list: str
    route_tables: tuple[str, ...] = ()
    is_available: bool = True
    has_full_access: bool = True


class InterfaceEndpoint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An interface endpoint, or one of a Gateway Load Balancer (`inspects`), by its interfaces."""

    id: str
    vpc: str
    service: str
    interfaces: tuple[str, ...] = ()
    dns_names: tuple[str, ...] = ()  # private names that answer with the interfaces' addresses
    is_available: bool = True
    inspects: bool = False


class LatticeAssociation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A VPC's association with a service network of VPC Lattice; `groups` guard what goes in."""

    id: str
    vpc: str
    service_network: str
    groups: tuple[str, ...] = ()
    is_active: bool = True


_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a packet can meet, by id. Mappings are never changed once a Network holds them."""

    vpcs: Mapping[str, Vpc] = _NONE
    subnets: Mapping[str, Subnet] = _NONE
    interfaces: Mapping[str, Interface] = _NONE
    security_groups: Mapping[str, SecurityGroup] = _NONE
    acls: Mapping[str, Acl] = _NONE
    route_tables: Mapping[str, RouteTable] = _NONE
    internet_gateways: Mapping[str, InternetGateway] = _NONE
    egress_only_gateways: Mapping[str, EgressOnlyGateway] = _NONE
    nat_gateways: Mapping[str, NatGateway] = _NONE
    virtual_gateways: Mapping[str, VirtualGateway] = _NONE
    peerings: Mapping[str, Peering] = _NONE
    transit_gateways: Mapping[str, TransitGateway] = _NONE
    attachments: Mapping[str, Attachment] = _NONE
    transit_peerings: Mapping[str, TransitPeering] = _NONE
    transit_tables: Mapping[str, TransitRouteTable] = _NONE
    prefix_lists: Mapping[str, PrefixList] = _NONE
    gateway_endpoints: Mapping[str, GatewayEndpoint] = _NONE
    interface_endpoints: Mapping[str, InterfaceEndpoint] = _NONE
    lattice_associations: Mapping[str, LatticeAssociation] = _NONE
