"""Ordered blocks flattened into disjoint intervals, so that a look-up is one bisection.

Rules of this file: pure functions from rules, entries and routes to tables. A table is (starts,
values): `values[i]` holds from `starts[i]` up to the next start; what nothing covers is None.
Longest prefix, lowest number and first rule are all the same thing here: an order of priority.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from heapq import heappop, heappush
from typing import Final, Generic, NamedTuple, TypeVar

from cloudchamber.world.network.addresses import parse_block
from cloudchamber.world.network.graph import (
    LOCAL,
    AclEntry,
    PrefixList,
    Route,
    Rule,
    TransitRoute,
)

T = TypeVar("T")

TCP: Final = 6
UDP: Final = 17
ICMP: Final = 1
ICMP6: Final = 58
PORT_PROTOCOLS: Final = (TCP, UDP)
ICMP_PROTOCOLS: Final = (ICMP, ICMP6)
ANY: Final = (-1, -1)
ALL_PORTS: Final = (0, 65535)
LAST_ENTRY: Final = 32767

# (first port, last port) for TCP and UDP, (type, code) for ICMP, ANY for the rest.
Ports = tuple[int, int]


class Table(NamedTuple, Generic[T]):
    """Disjoint intervals and what holds in each."""

    starts: tuple[int, ...]
    values: tuple[T | None, ...]

    def at(self, address: int) -> T | None:
        """What holds at an address."""
        return self.values[bisect_right(self.starts, address) - 1]


class AclAnswer(NamedTuple):
    """What a network ACL says: by which entry, and of which ports if it did not say it of all."""

    allows: bool
    number: int
    ports: Ports = ANY


class GroupTable(NamedTuple):
    """What the rules of a set of groups admit: rule ids by address, and by the peer's groups."""

    rules: Table[str]
    peers: Mapping[str, str]
    is_empty: bool  # no rule at all in this direction


DENIED: Final = AclAnswer(False, LAST_ENTRY)


def flatten(items: Iterable[tuple[int, int, T]]) -> Table[T]:
    """A table of (first, last, value) given in order of priority: the earliest that covers wins."""
    opened: list[tuple[int, int, int, T]] = sorted(
        ((low, rank, high, value) for rank, (low, high, value) in enumerate(items)),
        key=lambda item: item[:2],
    )
    ends = {high + 1 for _, _, high, _ in opened}
    points = sorted({low for low, _, _, _ in opened} | ends)
    starts = [-1]
    out: list[T | None] = [None]
    active: list[tuple[int, int, T]] = []
    position = 0
    for point in points:
        while position < len(opened) and opened[position][0] == point:
            _, rank, high, value = opened[position]
            heappush(active, (rank, high, value))
            position += 1
        while active and active[0][1] < point:
            heappop(active)
        best = active[0][2] if active else None
        if best is not out[-1]:
            starts.append(point)
            out.append(best)
    return Table(tuple(starts), tuple(out))


def _applies(rule: Rule | AclEntry, protocol: int, ports: Ports) -> bool:
    """Whether a rule speaks of all these ports (or of this ICMP type and code)."""
    if rule.protocol == -1:
        return True
    if rule.protocol != protocol:
        return False
    if protocol in PORT_PROTOCOLS:
        return rule.from_port == -1 or rule.from_port <= ports[0] <= ports[1] <= rule.to_port
    if protocol in ICMP_PROTOCOLS:
        return rule.from_port in (-1, ports[0]) and rule.to_port in (-1, ports[1])
    return True


def pieces_of(rules: Iterable[Rule | AclEntry], protocol: int, ports: Ports) -> list[Ports]:
    """The ports cut where a rule begins or ends: in each piece every rule speaks of all or none."""
    low, high = ports
    if protocol not in PORT_PROTOCOLS or low == high:
        return [ports]
    cuts = {low}
    for rule in rules:
        if rule.protocol == protocol and rule.from_port != -1:
            cuts.update(cut for cut in (rule.from_port, rule.to_port + 1) if low < cut <= high)
    ordered = sorted(cuts)
    lasts = [cut - 1 for cut in ordered[1:]] + [high]
    return list(zip(ordered, lasts, strict=True))


def acl_table(entries: Sequence[AclEntry], protocol: int, ports: Ports) -> Table[AclAnswer]:
    """What an ACL's entries of one direction say about each address, for all the ports together.

    A range of ports passes only where each part of it does; the answer then names the part refused.
    """
    ordered = sorted(entries, key=lambda entry: entry.number)
    pieces = pieces_of(ordered, protocol, ports)
    if len(pieces) == 1:
        return _acl_piece(ordered, protocol, ports, ANY)
    denials: list[tuple[int, int, AclAnswer]] = []
    admissions: list[tuple[int, int, AclAnswer]] = []
    for piece in pieces:
        table = _acl_piece(ordered, protocol, piece, piece)
        for low, high, answer in intervals(table):
            said = answer if answer is not None else AclAnswer(False, LAST_ENTRY, piece)
            (admissions if said.allows else denials).append((low, high, said))
    return flatten(denials + admissions)


def _acl_piece(
    ordered: Sequence[AclEntry], protocol: int, ports: Ports, told: Ports
) -> Table[AclAnswer]:
    return flatten(
        (*parse_block(entry.cidr)[:2], AclAnswer(entry.allows, entry.number, told))
        for entry in ordered
        if entry.number < LAST_ENTRY and _applies(entry, protocol, ports)
    )


END_OF_LINE: Final = 1 << 130


def intervals(table: Table[T]) -> Iterable[tuple[int, int, T | None]]:
    """Each interval of a table as (first, last, value), from the start of the line to its end."""
    lasts = [start - 1 for start in table.starts[1:]] + [END_OF_LINE]
    return zip(table.starts, lasts, table.values, strict=True)


def group_table(
    rules: Sequence[Rule],
    prefix_lists: Mapping[str, PrefixList],
    protocol: int,
    ports: Ports,
) -> GroupTable:
    """What rules admit, for all the ports together; each part of a range may have its own rule."""
    pieces = pieces_of(rules, protocol, ports)
    tables: list[Table[str]] = []
    peers: dict[str, str] | None = None
    for piece in pieces:
        spoken = [rule for rule in rules if _applies(rule, protocol, piece)]
        tables.append(flatten(_rule_blocks(spoken, prefix_lists)))
        here: dict[str, str] = {}
        for rule in spoken:
            if rule.group:
                here.setdefault(rule.group, rule.id)
        known = here if peers is None else peers
        peers = {group: rule_id for group, rule_id in known.items() if group in here}
    if len(tables) == 1:
        return GroupTable(tables[0], peers or {}, not rules)
    return GroupTable(_common(tables), peers or {}, not rules)


def _common(tables: Sequence[Table[str]]) -> Table[str]:
    """Where every table has a value, that of the first."""
    points = sorted({start for table in tables for start in table.starts})
    starts = [-1]
    out: list[str | None] = [None]
    for point in points:
        found = [table.at(point) for table in tables]
        value = found[0] if None not in found else None
        if value != out[-1]:
            starts.append(point)
            out.append(value)
    return Table(tuple(starts), tuple(out))


def _rule_blocks(
    rules: Iterable[Rule], prefix_lists: Mapping[str, PrefixList]
) -> Iterable[tuple[int, int, str]]:
    for rule in rules:
        for block in blocks_of(rule, prefix_lists):
            low, high, _ = parse_block(block)
            yield low, high, rule.id


def blocks_of(rule: Rule, prefix_lists: Mapping[str, PrefixList]) -> tuple[str, ...]:
    """The blocks a rule names, its prefix list's included; () for a group."""
    if rule.prefix_list:
        found = prefix_lists.get(rule.prefix_list)
        return found.entries if found is not None else ()
    block = rule.v4_cidr or rule.v6_cidr
    return (block,) if block else ()


def destinations_of(
    route: Route | TransitRoute, prefix_lists: Mapping[str, PrefixList]
) -> tuple[str, ...]:
    """The blocks a route leads to."""
    if "/" in route.destination:
        return (route.destination,)
    found = prefix_lists.get(route.destination)
    return found.entries if found is not None else ()


def _priority(route: Route | TransitRoute) -> int:
    """For one and the same block: local, then static, then a prefix list's, then propagated."""
    if isinstance(route, Route) and route.target == LOCAL:
        return 0
    if route.propagated:
        return 3
    return 1 if "/" in route.destination else 2


R = TypeVar("R", Route, TransitRoute)


def route_order(
    routes: Iterable[R], prefix_lists: Mapping[str, PrefixList]
) -> list[tuple[tuple[int, int, str, str], int, int, R]]:
    """(order, first, last, route) for each block of each route, the one to be chosen first."""
    found: list[tuple[tuple[int, int, str, str], int, int, R]] = []
    for route in routes:
        target = route.target if isinstance(route, Route) else route.attachment
        for block in destinations_of(route, prefix_lists):
            low, high, bits = parse_block(block)
            order = (-bits, _priority(route), route.destination, target)
            found.append((order, low, high, route))
    found.sort(key=lambda item: item[0])
    return found


def route_table(routes: Iterable[R], prefix_lists: Mapping[str, PrefixList]) -> Table[R]:
    """The route that each address takes."""
    return flatten((low, high, route) for _, low, high, route in route_order(routes, prefix_lists))
