"""VPCs, subnets, route tables, gateways and network ACLs: the state.

Rules of this file: plain data. CIDRs are texts in canonical form (`10.0.0.0/16`, `2a05:d018::/56`).
A zone is a zone id. A row's `owner` is the account it lies in. `Vpc.main_table`, `Vpc.default_acl`,
`Subnet.table` and `Subnet.acl` repeat what the associations say, so that nothing has to search;
they are set where associations are (`associations.py`, `making.py`) and nowhere else.
"""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud.store import Table
from cloudchamber.services.ec2.kinds import Kind


class CidrAssociation(msgspec.Struct):
    """A CIDR of a VPC or subnet: `vpc-cidr-assoc-...`, `subnet-cidr-assoc-...`.

    `pool` says where an IPv6 block comes from (`amazon`, or a pool's id), empty for IPv4.
    """

    id: str
    cidr: str
    state: str = "associated"
    pool: str = ""
    border_group: str = ""


class Vpc(msgspec.Struct, kw_only=True):
    """A VPC. `blocks` are its IPv4 CIDRs, the primary one first; `blocks6` its IPv6 CIDRs."""

    id: str
    owner: str
    blocks: list[CidrAssociation]
    blocks6: list[CidrAssociation] = []
    state: str = "available"
    dhcp_options: str = "default"
    tenancy: str = "default"
    is_default: bool = False
    dns_support: bool = True
    dns_hostnames: bool = False
    address_usage_metrics: bool = False
    created_ns: int = 0
    main_table: str = ""
    default_acl: str = ""


class Subnet(msgspec.Struct, kw_only=True):
    """A subnet. `table` is the route table it is explicitly associated with, empty for the main."""

    id: str
    owner: str
    vpc: str
    zone_id: str
    cidr: str  # empty for an IPv6-only subnet
    blocks6: list[CidrAssociation] = []
    state: str = "available"
    is_default: bool = False
    map_public_ip: bool = False
    assign_ipv6: bool = False
    is_ipv6_only: bool = False
    dns64: bool = False
    hostname_type: str = "ip-name"
    has_a_record: bool = False
    has_aaaa_record: bool = False
    lni_index: int = 0
    table: str = ""
    acl: str = ""


class DhcpOptions(msgspec.Struct, kw_only=True):
    """A set of DHCP options: key -> values, in the order given."""

    id: str
    owner: str
    options: dict[str, list[str]]


class Route(msgspec.Struct, kw_only=True):
    """A route: `destination` is an IPv4 or IPv6 CIDR or a prefix list's id, `target` an id.

    The target is `local`, or the id of a gateway (igw-, eigw-, nat-, vgw-, vpce-), an interface
    (eni-), a peering (pcx-) or a Transit Gateway (tgw-). `instance` is set beside the interface
    when the route was made to an instance. `origin` is CreateRouteTable, CreateRoute or
    EnableVgwRoutePropagation. Whether it is a blackhole is asked of its target, not kept.
    """

    destination: str
    target: str
    origin: str = "CreateRoute"
    instance: str = ""


class TableAssociation(msgspec.Struct, kw_only=True):
    """What a route table is for: a subnet, a gateway, or (both empty) the VPC's main table."""

    id: str
    subnet: str = ""
    gateway: str = ""
    is_main: bool = False
    state: str = "associated"


class RouteTable(msgspec.Struct, kw_only=True):
    """A route table. `propagating` are virtual private gateways."""

    id: str
    owner: str
    vpc: str
    routes: list[Route]
    associations: list[TableAssociation] = []
    propagating: list[str] = []


class InternetGateway(msgspec.Struct, kw_only=True):
    """An internet gateway; `vpc` is empty while it is detached."""

    id: str
    owner: str
    vpc: str = ""


class EgressOnlyGateway(msgspec.Struct, kw_only=True):
    """An egress-only internet gateway, which lets IPv6 out and nothing in."""

    id: str
    owner: str
    vpc: str


class AclEntry(msgspec.Struct, kw_only=True):
    """A rule of a network ACL. Protocol is a number as text, `-1` for all; ports, ICMP as AWS."""

    number: int
    is_egress: bool
    is_allow: bool
    protocol: str
    cidr: str = ""
    cidr6: str = ""
    from_port: int | None = None
    to_port: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None


class AclAssociation(msgspec.Struct, kw_only=True):
    """A subnet's association with an ACL (`aclassoc-...`)."""

    id: str
    subnet: str


class NetworkAcl(msgspec.Struct, kw_only=True):
    """A network ACL. The closing rule 32767, which denies, is not kept; it is always there."""

    id: str
    owner: str
    vpc: str
    is_default: bool = False
    entries: list[AclEntry] = []
    associations: list[AclAssociation] = []


class CidrReservation(msgspec.Struct, kw_only=True):
    """A part of a subnet (`scr-...`) of which nothing is given unasked; `type` as AWS names it."""

    id: str
    owner: str
    subnet: str
    cidr: str
    type: str  # prefix | explicit
    description: str = ""


class BlockOptions(msgspec.Struct, kw_only=True):
    """Whether an account's VPCs in a Region are cut off the internet: `off`, `block-ingress` or
    `block-bidirectional`."""

    mode: str
    state: str
    changed_ns: int


class BlockExclusion(msgspec.Struct, kw_only=True):
    """A VPC, or a subnet, that the account's block public access leaves out.

    `mode` is allow-bidirectional or allow-egress. One that was deleted is seen for a while.
    """

    id: str
    owner: str
    mode: str
    state: str
    vpc: str = ""
    subnet: str = ""
    created_ns: int = 0
    changed_ns: int = 0
    deleted_ns: int = 0


VPCS: Final = Table("ec2.vpcs", Vpc, ordered=True)
SUBNETS: Final = Table("ec2.subnets", Subnet, ordered=True)
DHCP_OPTIONS: Final = Table("ec2.dhcp-options", DhcpOptions, ordered=True)
ROUTE_TABLES: Final = Table("ec2.route-tables", RouteTable, ordered=True)
INTERNET_GATEWAYS: Final = Table("ec2.internet-gateways", InternetGateway, ordered=True)
EGRESS_ONLY_GATEWAYS: Final = Table("ec2.egress-only-gateways", EgressOnlyGateway, ordered=True)
NETWORK_ACLS: Final = Table("ec2.network-acls", NetworkAcl, ordered=True)
CIDR_RESERVATIONS: Final = Table("ec2.cidr-reservations", CidrReservation, ordered=True)
BLOCK_EXCLUSIONS: Final = Table("ec2.block-exclusions", BlockExclusion, ordered=True)
# One row, `account`; none while the account never chose.
BLOCK_OPTIONS: Final = Table("ec2.block-options", BlockOptions)

VPC: Final = Kind(
    prefix="vpc", type="vpc", table=VPCS, said="vpc ID",
    not_found="InvalidVpcID.NotFound", malformed="InvalidVpcID.Malformed",
)  # fmt: skip
SUBNET: Final = Kind(
    prefix="subnet", type="subnet", table=SUBNETS, said="subnet ID",
    not_found="InvalidSubnetID.NotFound", malformed="InvalidSubnetID.Malformed",
    shared_as="ec2:Subnet",
)  # fmt: skip
DHCP_OPTIONS_SET: Final = Kind(
    prefix="dopt", type="dhcp-options", table=DHCP_OPTIONS, said="dhcp options ID",
    not_found="InvalidDhcpOptionsID.NotFound", malformed="InvalidDhcpOptionsId.Malformed",
)  # fmt: skip
ROUTE_TABLE: Final = Kind(
    prefix="rtb", type="route-table", table=ROUTE_TABLES, said="routeTable ID",
    not_found="InvalidRouteTableID.NotFound", malformed="InvalidRouteTableId.Malformed",
)  # fmt: skip
INTERNET_GATEWAY: Final = Kind(
    prefix="igw", type="internet-gateway", table=INTERNET_GATEWAYS, said="internetGateway ID",
    not_found="InvalidInternetGatewayID.NotFound",
    malformed="InvalidInternetGatewayId.Malformed",
)  # fmt: skip
EGRESS_ONLY_GATEWAY: Final = Kind(
    prefix="eigw", type="egress-only-internet-gateway", table=EGRESS_ONLY_GATEWAYS,
    said="egress only internet gateway ID",
    not_found="InvalidEgressOnlyInternetGatewayId.NotFound",
    malformed="InvalidEgressOnlyInternetGatewayId.Malformed",
)  # fmt: skip
NETWORK_ACL: Final = Kind(
    prefix="acl", type="network-acl", table=NETWORK_ACLS, said="networkAcl ID",
    not_found="InvalidNetworkAclID.NotFound", malformed="InvalidNetworkAclId.Malformed",
)  # fmt: skip
CIDR_RESERVATION: Final = Kind(
    prefix="scr", type="subnet-cidr-reservation", table=CIDR_RESERVATIONS,
    said="subnet CIDR reservation ID", not_found="InvalidSubnetCidrReservationID.NotFound",
    malformed="InvalidSubnetCidrReservationId.Malformed",
)  # fmt: skip
BLOCK_EXCLUSION: Final = Kind(
    prefix="vpcbpa-exclude", type="vpc-block-public-access-exclusion", table=BLOCK_EXCLUSIONS,
    said="VPC Block Public Access exclusion ID",
    not_found="InvalidVpcBlockPublicAccessExclusionId.NotFound",
    malformed="InvalidVpcBlockPublicAccessExclusionId.Malformed",
)  # fmt: skip
