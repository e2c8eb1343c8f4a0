"""A graph made ready for questions: tables, ends, and the paths found so far.

Rules of this file: everything here follows from the graph and is made when first asked for. What a
table was made of decides how long it lives: `changes.py` takes over whatever a change cannot touch.
Nothing a caller can see depends on what is remembered.

An address belongs to a *path atom*: two addresses of one atom are covered by the same routes and
blocks, so they take the same path. With the *fine* atoms, which mind the blocks of rules and
entries too, they also meet the same fate.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from cloudchamber.world.network.addresses import parse_address, parse_block
from cloudchamber.world.network.graph import (
    LATTICE,
    LATTICE_V4,
    LATTICE_V6,
    LOCAL,
    Acl,
    Attachment,
    Interface,
    LatticeAssociation,
    Network,
    Route,
    SecurityGroup,
    TransitRoute,
)
from cloudchamber.world.network.rulebook import Rulebook
from cloudchamber.world.network.tables import (
    Table,
    blocks_of,
    destinations_of,
    flatten,
)

if TYPE_CHECKING:
    from cloudchamber.world.network.trace import Trace

T = TypeVar("T")

# Paths, tables and verdicts remembered; past this many they are forgotten all together.
PATHS_REMEMBERED: Final = 200_000
TABLES_REMEMBERED: Final = 200_000
VERDICTS_REMEMBERED: Final = 1_000_000

# What a path depends on, apart from interfaces: one of these changes, every path is found anew.
PATH_PARTS: Final = (
    "vpcs",
    "subnets",
    "route_tables",
    "internet_gateways",
    "egress_only_gateways",
    "nat_gateways",
    "virtual_gateways",
    "peerings",
    "transit_gateways",
    "attachments",
    "transit_peerings",
    "transit_tables",
    "prefix_lists",
    "gateway_endpoints",
    "interface_endpoints",
    "lattice_associations",
)


class End(msgspec.Struct, gc=False, kw_only=True):
    """One end of a flow, or an interface on the way.

    `kind` is `interface`, `address` (anything the graph does not place) or `gateway`. `public` is
    -1 without a public IPv4 address. Equal `position`: the same paths.
    """

    kind: str
    id: str
    address: int
    public: int = -1
    vpc: str = ""
    subnet: str = ""
    groups: tuple[str, ...] = ()
    interface: Interface | None = None
    position: int = -1


class Compiled(Rulebook):
    """A network with its tables. Make one with `compile_network`."""

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self.traces: dict[tuple[int, int, int], Trace] = {}
        self.verdicts: dict[tuple[int, int, int, int], str] = {}
        self.classes: dict[str, int] = {}
        self.loose: set[int] = set()
        self.pairs_index: object = None  # `pairs.py` keeps its classes here
        self.kinds: dict[str, str] = {}
        self.ends: dict[str, End] = {}
        self.plain_ends: dict[str, End] = {}  # those that `ends.py` found nothing special about
        self.address_ends: dict[tuple[str, int], End] = {}
        self.atoms_inside: dict[int, bool] = {}
        self.positions: dict[tuple[object, ...], int] = {}
        self.class_numbers: dict[tuple[object, ...], int] = {}
        self.owners: dict[tuple[str, int], str] | None = None
        self.publics: dict[int, str] | None = None
        self.delegated: dict[str, Table[str]] = {}
        self.path_bounds: list[int] | None = None
        self.known_fine_bounds: list[int] | None = None
        self.known_special: frozenset[str] | None = None
        self.gateways: dict[str, str] | None = None
        self.attached: dict[tuple[str, str], Attachment] | None = None

    def kind_of(self, target: str) -> str:
        """What a route's target is; "" for what does not exist."""
        found = self.kinds.get(target)
        if found is None:
            found = self.kinds[target] = _kind_of(self.network, target)
        return found

    # Gateways of a VPC

    def find_internet_gateway(self, vpc: str) -> str | None:
        """The internet gateway attached to a VPC."""
        if self.gateways is None:
            self.gateways = {
                gateway.vpc: gateway.id
                for gateway in self.network.internet_gateways.values()
                if gateway.vpc
            }
        return self.gateways.get(vpc)

    def find_attachment(self, transit_gateway: str, vpc: str) -> Attachment | None:
        """A VPC's available attachment to a transit gateway."""
        if self.attached is None:
            self.attached = {
                (attachment.transit_gateway, attachment.vpc): attachment
                for attachment in self.network.attachments.values()
                if attachment.kind == "vpc" and attachment.is_available
            }
        return self.attached.get((transit_gateway, vpc))

    # Ends

    def find_end(self, interface_id: str) -> End | None:
        """An interface by its primary IPv4 address, or else its first IPv6 one; None without."""
        found = self.ends.get(interface_id)
        if found is not None:
            return found
        interface = self.network.interfaces.get(interface_id)
        if interface is None or not is_placed(self.network, interface):
            return None
        if interface.addresses:
            address = parse_address(interface.addresses[0].private)
        elif interface.v6_addresses:
            address = parse_address(interface.v6_addresses[0])
        else:
            return None
        found = self.ends[interface_id] = self.end_at(interface, address)
        return found

    def end_at(self, interface: Interface, address: int) -> End:
        """An interface by one of its addresses (or by one it only claims to have)."""
        key = (interface.id, address)
        found = self.address_ends.get(key)
        if found is None:
            found = self.address_ends[key] = self._make_end(interface, address)
        return found

    def _make_end(self, interface: Interface, address: int) -> End:
        public, owned = -1, False
        for pair in interface.addresses:
            if parse_address(pair.private) == address:
                owned = True
                public = parse_address(pair.public) if pair.public else -1
        owned = owned or owns(interface, address)
        special = interface.id if interface.id in self.special() or not owned else ""
        position = self.position(
            (
                "interface",
                interface.subnet,
                self.path_atom(address),
                self.path_atom(public),
                special,
            )
            + (() if owned else (address,)),
            is_loose=not owned,
        )
        return End(
            kind="interface",
            id=interface.id,
            address=address,
            public=public,
            vpc=interface.vpc,
            subnet=interface.subnet,
            groups=interface.groups,
            interface=interface,
            position=position,
        )

    def class_of(self, interface_id: str) -> int:
        """The number of an interface's class: equal numbers, equal verdicts. -1 without address."""
        found = self.classes.get(interface_id)
        if found is None:
            end = self.find_end(interface_id)
            found = self.classes[interface_id] = -1 if end is None else self.class_at(end)
        return found

    def class_at(self, end: End) -> int:
        """The number of the class of an end."""
        key = (
            end.position,
            self.fine_atom(end.address),
            self.fine_atom(end.public),
            end.groups,
            end.interface is not None and (end.interface.kind, end.interface.is_up),
        )
        return self.class_numbers.setdefault(key, len(self.class_numbers))

    def outside(self, kind: str, name: str, address: int) -> End:
        """An end that is no interface: the internet, a bare address, what a gateway leads to.

        Outside every VPC's blocks nobody can have the address, so its atom says all of it.
        """
        atom = self.path_atom(address)
        inside = self.atoms_inside.get(atom)
        if inside is None:
            vpcs = sorted(self.network.vpcs)
            inside = any(is_inside(self.network, vpc, address) for vpc in vpcs)
            self.atoms_inside[atom] = inside
        place = ("at", address) if inside else ("atom", atom)
        key = (kind, name if kind == "gateway" else "", *place)
        position = self.position(key, is_loose=inside)
        return End(kind=kind, id=name, address=address, position=position)

    def position(self, key: tuple[object, ...], *, is_loose: bool = False) -> int:
        """The number of a position. A loose one is no interface's: who has its address may change
        without any route changing."""
        found = self.positions.setdefault(key, len(self.positions))
        if is_loose:
            self.loose.add(found)
        return found

    def special(self) -> frozenset[str]:
        """The interfaces that packets pass through: each takes paths of its own."""
        if self.known_special is None:
            targets = {
                route.target
                for table in self.network.route_tables.values()
                for route in table.routes
            }
            natting = {gateway.interface for gateway in self.network.nat_gateways.values()}
            self.known_special = frozenset(targets | natting)
        return self.known_special

    def find_owner(self, vpc: str, address: int) -> End | None:
        """The interface that has an address in a VPC."""
        if self.owners is None:
            self.owners = {
                (interface.vpc, parse_address(text)): interface.id
                for interface in self.network.interfaces.values()
                for text in (
                    *(pair.private for pair in interface.addresses),
                    *interface.v6_addresses,
                )
            }
        found = self.owners.get((vpc, address)) or self._find_delegated(vpc, address)
        if found is None or not is_placed(self.network, self.network.interfaces[found]):
            return None
        return self.end_at(self.network.interfaces[found], address)

    def _find_delegated(self, vpc: str, address: int) -> str | None:
        table = self.delegated.get(vpc)
        if table is None:
            from_blocks = [
                (*parse_block(prefix)[:2], interface.id)
                for interface in self.network.interfaces.values()
                if interface.prefixes and interface.vpc == vpc
                for prefix in interface.prefixes
            ]
            table = self.delegated[vpc] = flatten(from_blocks)
        return table.at(address)

    def find_public_owner(self, address: int) -> End | None:
        """The interface that the internet knows by an address, as an end at its own address."""
        if self.publics is None:
            self.publics = {}
            for interface in self.network.interfaces.values():
                for pair in interface.addresses:
                    if pair.public:
                        self.publics[parse_address(pair.public)] = interface.id
                for text in interface.v6_addresses:
                    self.publics[parse_address(text)] = interface.id
        found = self.publics.get(address)
        if found is None or not is_placed(self.network, self.network.interfaces[found]):
            return None
        interface = self.network.interfaces[found]
        for pair in interface.addresses:
            if pair.public and parse_address(pair.public) == address:
                return self.end_at(interface, parse_address(pair.private))
        return self.end_at(interface, address)

    # Atoms

    def path_atom(self, address: int) -> int:
        """The number of an address's path atom."""
        if self.path_bounds is None:
            self.path_bounds = sorted(bounds(_path_blocks(self.network)))
        return bisect_right(self.path_bounds, address)

    def fine_atom(self, address: int) -> int:
        """The number of an address's fine atom."""
        return bisect_right(self.fine_bounds(), address)

    def fine_bounds(self) -> list[int]:
        """Where fine atoms begin, in order."""
        if self.known_fine_bounds is None:
            blocks = [*_path_blocks(self.network), *_rule_blocks(self.network)]
            self.known_fine_bounds = sorted(bounds(blocks))
        return self.known_fine_bounds

    def covers(self, other: Network) -> bool:
        """Whether the fine bounds of this network cut finely enough for another's rules too."""
        points = frozenset(self.fine_bounds())
        mine = self.network
        fresh = [
            *_group_blocks(_fresh(mine.security_groups, other.security_groups), other),
            *_acl_blocks(_fresh(mine.acls, other.acls)),
        ]
        return points.issuperset(bounds(fresh))

    def forget_if_full(self) -> None:
        """Let go of what is remembered once it is too much."""
        if len(self.traces) > PATHS_REMEMBERED:
            self.traces.clear()
        if len(self.verdicts) > VERDICTS_REMEMBERED:
            self.verdicts.clear()
        if len(self.acls) > TABLES_REMEMBERED:
            self.acls.clear()
        if len(self.groups) > TABLES_REMEMBERED:
            self.groups.clear()


def compile_network(network: Network) -> Compiled:
    """A graph made ready for questions. Costs nothing yet: tables are made when asked for."""
    return Compiled(network)


def is_placed(network: Network, interface: Interface) -> bool:
    """Whether an interface is anywhere: in a subnet and a VPC that the graph has."""
    subnet = network.subnets.get(interface.subnet)
    return subnet is not None and subnet.vpc == interface.vpc and subnet.vpc in network.vpcs


def is_inside(network: Network, vpc: str, address: int) -> bool:
    """Whether an address is of a VPC's own blocks."""
    found = network.vpcs[vpc]
    blocks = (parse_block(block) for block in (*found.v4_cidrs, *found.v6_cidrs))
    return any(low <= address <= high for low, high, _ in blocks)


def find_lattice(network: Network, vpc: str) -> LatticeAssociation | None:
    """A VPC's association with a service network."""
    for association in network.lattice_associations.values():
        if association.vpc == vpc:
            return association
    return None


def group_with(network: Network, rule_id: str, groups: tuple[str, ...], direction: str) -> str:
    """Which of the groups has a rule; the first of them if none has."""
    for group in groups:
        found = network.security_groups.get(group)
        if found is not None:
            rules = found.ingress if direction == "ingress" else found.egress
            if any(rule.id == rule_id for rule in rules):
                return group
    return groups[0] if groups else ""


def known_at(compiled: Compiled, address: int) -> Iterator[tuple[str, End]]:
    """(VPC, interface) of each interface that has an address, in the order of VPCs."""
    for vpc in sorted(compiled.network.vpcs):
        found = compiled.find_owner(vpc, address)
        if found is not None:
            yield vpc, found


def owns(interface: Interface, address: int) -> bool:
    """Whether an address is the interface's: its own, or of a block delegated to it."""
    if any(parse_address(text) == address for text in interface.v6_addresses):
        return True
    if any(parse_address(pair.private) == address for pair in interface.addresses):
        return True
    return any(
        low <= address <= high
        for low, high, _ in (parse_block(prefix) for prefix in interface.prefixes)
    )


def bounds(blocks: Iterable[str]) -> set[int]:
    """Where any of the blocks begins or ends."""
    found: set[int] = set()
    for block in blocks:
        low, high, _ = parse_block(block)
        found.add(low)
        found.add(high + 1)
    return found


def _path_blocks(network: Network) -> list[str]:
    """The blocks that a path can depend on."""
    blocks = [*FIXED, LATTICE_V4, LATTICE_V6]
    for vpc in network.vpcs.values():
        blocks += (*vpc.v4_cidrs, *vpc.v6_cidrs)
    routed: list[Route | TransitRoute] = []
    for table in network.route_tables.values():
        routed += table.routes
    for transit_table in network.transit_tables.values():
        routed += transit_table.routes
    for route in routed:
        blocks += destinations_of(route, network.prefix_lists)
    for endpoint in network.gateway_endpoints.values():
        found = network.prefix_lists.get(endpoint.prefix_list)
        blocks += found.entries if found is not None else ()
    return blocks


def _rule_blocks(network: Network) -> list[str]:
    """The blocks that rules and entries name."""
    groups = _group_blocks(network.security_groups.values(), network)
    return [*groups, *_acl_blocks(network.acls.values())]


def _group_blocks(groups: Iterable[SecurityGroup], network: Network) -> Iterator[str]:
    for group in groups:
        for rule in (*group.ingress, *group.egress):
            yield from blocks_of(rule, network.prefix_lists)


def _acl_blocks(acls: Iterable[Acl]) -> Iterator[str]:
    for acl in acls:
        for entry in (*acl.ingress, *acl.egress):
            yield entry.cidr


def _fresh(before: Mapping[str, T], after: Mapping[str, T]) -> Iterable[T]:
    if before is after:
        return ()
    return [part for each, part in after.items() if before.get(each) is not part]


FIXED: Final = (
    "0.0.0.0/0",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "fc00::/7",
    "::/0",
)

# Where each kind of target stands in the graph.
_KINDS: Final = (
    ("internet-gateway", "internet_gateways"),
    ("egress-only-gateway", "egress_only_gateways"),
    ("nat-gateway", "nat_gateways"),
    ("virtual-gateway", "virtual_gateways"),
    ("peering", "peerings"),
    ("transit-gateway", "transit_gateways"),
    ("interface", "interfaces"),
    ("gateway-endpoint", "gateway_endpoints"),
    ("interface-endpoint", "interface_endpoints"),
)


def _kind_of(network: Network, target: str) -> str:
    if target == LOCAL:
        return "local"
    if target == LATTICE:
        return "lattice"
    for kind, part in _KINDS:
        held: Mapping[str, object] = getattr(network, part)
        if target in held:
            return kind
    return ""
