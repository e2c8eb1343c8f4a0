"""Network interfaces, security groups, prefix lists, elastic addresses, NAT gateways: the state.

Rules of this file: plain data. Addresses are texts in canonical form.
"""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.store import Table
from cloudchamber.services.ec2.kinds import Kind, place_of, shared
from cloudchamber.services.ec2.vpcs.nouns import SUBNETS

AWS: Final = "AWS"  # whose AWS's own prefix lists are


class PrivateAddress(msgspec.Struct, kw_only=True):
    """A private IPv4 address of an interface and the public one it is seen as.

    `public` comes from an elastic address (`allocation`, `association`) or, both empty, from
    Amazon's pool for as long as the interface's instance runs.
    """

    address: str
    is_primary: bool = False
    public: str = ""
    allocation: str = ""
    association: str = ""


class Attachment(msgspec.Struct, kw_only=True):
    """To what an interface is attached: an instance at a device index, or (AWS's own) a service."""

    id: str  # eni-attach-..., ela-attach-... for a service's
    instance: str = ""
    instance_owner: str = ""
    device_index: int = 0
    card_index: int = 0
    status: str = "attached"
    delete_on_termination: bool = False
    attached_ns: int = 0


class Interface(msgspec.Struct, kw_only=True):
    """A network interface. It lies in the account that made it, which need not own the subnet.

    `kind` is AWS's InterfaceType (`interface`, `nat_gateway`, `vpc_endpoint`, `transit_gateway`,
    `network_load_balancer`, `lambda` ...). `requester` is the service or account that made it for
    the owner.
    """

    id: str
    owner: str
    subnet: str
    vpc: str
    zone_id: str
    mac: str
    addresses: list[PrivateAddress]
    addresses6: list[str] = []
    prefixes: list[str] = []
    prefixes6: list[str] = []
    groups: list[str] = []
    description: str = ""
    kind: str = "interface"
    source_dest_check: bool = True
    status: str = "available"
    attachment: Attachment | None = None
    requester: str = ""
    is_requester_managed: bool = False
    is_primary6: bool = False
    hostname_type: str = "public-dual-stack-dns-name"
    tracking: dict[str, int] = {}  # timeouts in seconds, by AWS's member
    has_lent_public: bool = False  # its instance is given a public address while it runs
    created_ns: int = 0


class Permit(msgspec.Struct, kw_only=True):
    """What an account may do with another's interface: `INSTANCE-ATTACH` or `EIP-ASSOCIATE`."""

    id: str
    owner: str
    interface: str
    account: str
    permission: str


class GroupRule(msgspec.Struct, kw_only=True):
    """A rule of a security group (`sgr-...`); exactly one of the four peers is set.

    Protocol is `tcp`, `udp`, `icmp`, `icmpv6`, a number as text, or `-1`. Ports are -1 where they
    do not count; for ICMP they are type and code. A `group` of another account carries that account
    in `group_owner`, and `peering` if it was reached by one. Tags are kept by the rule's id.
    """

    id: str
    is_egress: bool
    protocol: str
    from_port: int = -1
    to_port: int = -1
    cidr: str = ""
    cidr6: str = ""
    prefix_list: str = ""
    group: str = ""
    group_owner: str = ""
    peering: str = ""
    description: str = ""


class RuleWhere(msgspec.Struct, kw_only=True):
    """In which group a rule is: what makes a rule's id one that can be found and tagged."""

    id: str
    owner: str
    group: str


class SecurityGroup(msgspec.Struct, kw_only=True):
    """A security group of a VPC; `extra_vpcs` are VPCs it was associated with afterwards."""

    id: str
    owner: str
    vpc: str
    name: str
    description: str
    rules: list[GroupRule] = []
    extra_vpcs: list[str] = []


class DefaultGroup(msgspec.Struct):
    """Which group is a VPC's default one."""

    id: str


class PrefixEntry(msgspec.Struct, kw_only=True):
    """A CIDR of a prefix list."""

    cidr: str
    description: str = ""


class PrefixList(msgspec.Struct, kw_only=True):
    """A managed prefix list and its versions; the last is in force. AWS's own has owner `AWS`."""

    id: str
    owner: str
    name: str
    family: str  # IPv4 | IPv6
    max_entries: int
    versions: list[list[PrefixEntry]]
    state: str = "create-complete"
    state_text: str = ""


class Address(msgspec.Struct, kw_only=True):
    """An elastic IP address (`eipalloc-...`); `association` is empty while it is free."""

    id: str
    owner: str
    public: str
    border_group: str
    pool: str = "amazon"
    association: str = ""
    interface: str = ""
    private: str = ""
    instance: str = ""
    is_service_managed: bool = False
    ptr: str = ""  # the name that reverse DNS has for it


class Transfer(msgspec.Struct, kw_only=True):
    """An offer of an elastic address to another account; it lies in the offering account.

    `status` is pending, accepted or disabled; `id` is the allocation's.
    """

    id: str
    owner: str
    public: str
    account: str
    expires_ns: int
    status: str = "pending"
    over_ns: int = 0


class PublicAddress(msgspec.Struct):
    """A public IPv4 address that somebody has: an elastic address's id or an interface's."""

    holder: str


class NatAddress(msgspec.Struct, kw_only=True):
    """An address of a NAT gateway; a private one has no allocation, association and public."""

    private: str
    interface: str
    allocation: str = ""
    association: str = ""
    public: str = ""
    is_primary: bool = False
    status: str = "succeeded"


class NatGateway(msgspec.Struct, kw_only=True):
    """A NAT gateway in a subnet: `public` or `private`; states as AWS (pending, available ...)."""

    id: str
    owner: str
    vpc: str
    subnet: str
    connectivity: str = "public"
    state: str = "pending"
    addresses: list[NatAddress] = []
    failure: str = ""
    failure_text: str = ""
    created_ns: int = 0
    deleted_ns: int = 0


INTERFACES: Final = Table("ec2.interfaces", Interface, ordered=True)
PERMITS: Final = Table("ec2.interface-permissions", Permit, ordered=True)
SECURITY_GROUPS: Final = Table("ec2.security-groups", SecurityGroup, ordered=True)
SECURITY_GROUP_RULES: Final = Table("ec2.security-group-rules", RuleWhere, ordered=True)
# By VPC, whosever it is.
DEFAULT_GROUPS: Final = Table("ec2.default-groups", DefaultGroup, "world")
PREFIX_LISTS: Final = Table("ec2.prefix-lists", PrefixList, ordered=True)
ADDRESSES: Final = Table("ec2.addresses", Address, ordered=True)
# By address: no two in the world are alike.
PUBLIC_ADDRESSES: Final = Table("ec2.public-addresses", PublicAddress, "world")
# By allocation.
TRANSFERS: Final = Table("ec2.address-transfers", Transfer, ordered=True)
# By address: what an account released and may ask for again.
RELEASED: Final = Table("ec2.released-addresses", PublicAddress)
NAT_GATEWAYS: Final = Table("ec2.nat-gateways", NatGateway, ordered=True)


def _sees_interface(call: Call, interface: Interface) -> bool:
    """Its account sees an interface, and so does the account whose subnet it lies in."""
    return interface.id in call.rows(INTERFACES) or interface.subnet in call.rows(SUBNETS)


INTERFACE: Final = Kind(
    prefix="eni", type="network-interface", table=INTERFACES, said="networkInterface ID",
    not_found="InvalidNetworkInterfaceID.NotFound",
    malformed="InvalidNetworkInterfaceId.Malformed", sees=_sees_interface,
)  # fmt: skip


def _sees_prefix_list(call: Call, listed: PrefixList) -> bool:
    """An account sees its own lists, AWS's of the Region, and what others share with it."""
    if listed.id in call.rows(PREFIX_LISTS):
        return True
    place = place_of(call.cloud, listed.id)
    if place is None or place.region != call.region:
        return False
    return listed.owner == AWS or any(each.id == listed.id for each in shared(call, PREFIX_LIST))


PERMIT: Final = Kind(
    prefix="eni-perm", type="network-interface-permission", table=PERMITS,
    said="network interface permission ID",
    not_found="InvalidPermissionID.NotFound", malformed="InvalidPermissionID.Malformed",
)  # fmt: skip
SECURITY_GROUP: Final = Kind(
    prefix="sg", type="security-group", table=SECURITY_GROUPS, said="security group",
    not_found="InvalidGroup.NotFound", malformed="InvalidGroupId.Malformed",
    shared_as="ec2:SecurityGroup",
)  # fmt: skip
SECURITY_GROUP_RULE: Final = Kind(
    prefix="sgr", type="security-group-rule", table=SECURITY_GROUP_RULES,
    said="security group rule ID", not_found="InvalidSecurityGroupRuleId.NotFound",
    malformed="InvalidSecurityGroupRuleId.Malformed",
)  # fmt: skip
PREFIX_LIST: Final = Kind(
    prefix="pl", type="prefix-list", table=PREFIX_LISTS, said="prefix list ID",
    not_found="InvalidPrefixListID.NotFound", malformed="InvalidPrefixListId.Malformed",
    shared_as="ec2:PrefixList", sees=_sees_prefix_list,
)  # fmt: skip
ADDRESS: Final = Kind(
    prefix="eipalloc", type="elastic-ip", table=ADDRESSES, said="allocation ID",
    not_found="InvalidAllocationID.NotFound", malformed="InvalidAllocationID.Malformed",
)  # fmt: skip
NAT_GATEWAY: Final = Kind(
    prefix="nat", type="natgateway", table=NAT_GATEWAYS, said="NatGateway",
    not_found="NatGatewayNotFound", malformed="NatGatewayMalformed",
)  # fmt: skip
