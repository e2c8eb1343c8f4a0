"""All pairs at once: which interfaces reach which, by one protocol and port.

Rules of this file: exact, not sampled. Interfaces of one *class* (same position, same fine atoms,
same groups) share every verdict, so the question is asked of classes: a row of bits for each, made
by and-ing whole rows. What a path asks besides the two ends' own groups is asked once for each pair
of *spots* (position and fine atoms); the ends' groups are whole rows of their own. Bits are Python
ints: for the thousand classes of a large estate, `&` costs less than a call into an array library.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cloudchamber.world.network.addresses import is_v6
from cloudchamber.world.network.compiled import Compiled, End
from cloudchamber.world.network.ends import ENDPOINT_KINDS, SILENT_KINDS
from cloudchamber.world.network.packet import (
    DESTINATION,
    OF_DESTINATION,
    OF_SOURCE,
    SOURCE,
    Check,
    GroupCheck,
)
from cloudchamber.world.network.trace import Trace, trace_of
from cloudchamber.world.network.verdict import EPHEMERAL, Packets, judge, packets_of


class Mode(NamedTuple):
    """How the two ends' groups are asked on a path: do they know each other, whose address comes?

    `sender` is the address that the destination's groups see, -1 for the source's own.
    """

    egress_knows: bool
    ingress_knows: bool
    sender: int


class Path(NamedTuple):
    """A path; the same without the checks of its ends' own groups; and how those would be asked.

    `needs_groups` tells that others on the way ask for the ends' groups too.
    """

    trace: Trace
    open: Trace
    mode: Mode
    needs_groups: bool


class Spot(NamedTuple):
    """Where an end is, groups aside: what a path and its ACLs can depend on."""

    position: int
    atom: int
    public_atom: int
    sends: bool
    receives: bool


class Index:
    """The classes of a network's interfaces, by their primary addresses."""

    def __init__(self, compiled: Compiled) -> None:
        self.members: list[list[str]] = []
        self.ends: list[End] = []
        self.spots: list[Spot] = []
        self.spot_of: list[int] = []
        self.class_of: dict[str, int] = {}
        numbers: dict[int, int] = {}
        spots: dict[Spot, int] = {}
        for interface_id in sorted(compiled.network.interfaces):
            end = compiled.find_end(interface_id)
            if end is None:
                continue
            known = compiled.class_of(interface_id)
            number = numbers.get(known)
            if number is None:
                number = numbers[known] = len(self.members)
                self.members.append([])
                self.ends.append(end)
                spot = _spot(compiled, end)
                self.spot_of.append(spots.setdefault(spot, len(spots)))
            self.members[number].append(interface_id)
            self.class_of[interface_id] = number
        self.spots = list(spots)
        self.sizes = [len(members) for members in self.members]
        self.by_groups: dict[tuple[str, ...], int] = {}
        self.by_group: dict[str, int] = {}
        self.by_spot = [0] * len(self.spots)
        self.spot_ends: list[End] = []
        self.second_ends = self._second_ends(compiled)
        for number, end in enumerate(self.ends):
            bit = 1 << number
            self.by_groups[end.groups] = self.by_groups.get(end.groups, 0) | bit
            for group in end.groups:
                self.by_group[group] = self.by_group.get(group, 0) | bit
            if not self.by_spot[self.spot_of[number]]:
                self.spot_ends.append(end)
            self.by_spot[self.spot_of[number]] |= bit
        self.paths: dict[tuple[int, int], Path] = {}

    def _second_ends(self, compiled: Compiled) -> dict[int, End]:
        """Another interface of each spot that has several: the far end of a path within it."""
        seen: set[int] = set()
        found: dict[int, End] = {}
        for number, members in enumerate(self.members):
            spot = self.spot_of[number]
            for member in members[:2]:
                end = compiled.find_end(member)
                if spot in seen and end is not None:
                    found.setdefault(spot, end)
                seen.add(spot)
        return found

    def path_between(self, compiled: Compiled, source: End, destination: End) -> Path:
        """The path between two ends, opened."""
        key = (source.position, destination.position)
        found = self.paths.get(key)
        if found is None:
            found = _opened(trace_of(compiled, source, destination, DESTINATION))
            self.paths[key] = found
        return found


def _opened(trace: Trace) -> Path:
    """A path without the first check, if it is the sender's groups', and the receiver's last."""
    egress_knows = ingress_knows = needs_groups = False
    sender = -1
    left: list[tuple[int, Check]] = []
    for at, check in trace.checks:
        if isinstance(check, GroupCheck):
            if at == 1 and check.groups == OF_SOURCE:
                egress_knows = check.peers is not None
                continue
            if at == len(trace.forward) - 2 and check.groups == OF_DESTINATION:
                ingress_knows = check.peers is not None
                sender = -1 if check.slot == SOURCE else trace.values[check.slot - 4]
                continue
            needs_groups = needs_groups or check.peers in (OF_SOURCE, OF_DESTINATION)
        left.append((at, check))
    opened = Trace(
        forward=trace.forward,
        reply=trace.reply,
        checks=tuple(left),
        code=trace.code,
        values=trace.values,
    )
    return Path(trace, opened, Mode(egress_knows, ingress_knows, sender), needs_groups)


def _spot(compiled: Compiled, end: End) -> Spot:
    interface = end.interface
    assert interface is not None
    return Spot(
        position=end.position,
        atom=compiled.fine_atom(end.address),
        public_atom=compiled.fine_atom(end.public),
        sends=interface.is_up and interface.kind not in ENDPOINT_KINDS | SILENT_KINDS,
        receives=interface.is_up,
    )


class Reach:
    """Who reaches whom, by one protocol and port: a row of bits for each class of senders."""

    def __init__(self, index: Index, rows: Sequence[int]) -> None:
        self.index = index
        self.rows = rows

    def reaches(self, source: str, destination: str) -> bool:
        """Whether a flow between two interfaces passes (each reaches itself)."""
        if source == destination:
            return True
        classes = self.index.class_of
        first, last = classes.get(source), classes.get(destination)
        if first is None or last is None:
            return False
        return bool(self.rows[first] >> last & 1)

    def count(self) -> int:
        """The number of ordered pairs of two interfaces that reach each other."""
        sizes = self.index.sizes
        total = 0
        for number, row in enumerate(self.rows):
            reached = sum(sizes[other] for other in ones(row))
            own = row >> number & 1
            total += sizes[number] * (reached - own)
        return total

    def destinations(self, source: str) -> list[str]:
        """The interfaces that one interface reaches, itself left out."""
        row = self.rows[self.index.class_of[source]]
        found = (member for number in ones(row) for member in self.index.members[number])
        return sorted(member for member in found if member != source)

    def sources(self, destination: str) -> list[str]:
        """The interfaces that reach one interface, itself left out."""
        last = self.index.class_of[destination]
        found = (
            member
            for number, row in enumerate(self.rows)
            if row >> last & 1
            for member in self.index.members[number]
        )
        return sorted(member for member in found if member != destination)


def ones(bits: int) -> Iterator[int]:
    """The numbers of the bits that are set, rising."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def index_of(compiled: Compiled) -> Index:
    """The classes of a network, made once."""
    if compiled.pairs_index is None:
        compiled.pairs_index = Index(compiled)
    assert isinstance(compiled.pairs_index, Index)
    return compiled.pairs_index


def all_pairs(compiled: Compiled, protocol: int, port: int = -1) -> Reach:
    """Who reaches whom, by primary addresses and ephemeral source ports (ICMP: by echo)."""
    index = index_of(compiled)
    packets = packets_of(protocol, port, EPHEMERAL, (8, 0))
    return Reach(index, _Rows(compiled, index, packets).rows())


class _Rows:
    """The making of the rows for one kind of packets."""

    def __init__(self, compiled: Compiled, index: Index, packets: Packets) -> None:
        self.compiled = compiled
        self.index = index
        self.packets = packets
        self.asked = packets.ports[0]
        self.out_rows: dict[tuple[tuple[str, ...], bool], int] = {}
        self.in_by_address: dict[int, int] = {}
        self.in_by_group = self._rows_by_group()
        self.extra = [0] * len(index.ends)
        self.spots_at: dict[int, int] = {}
        for spot, members in zip(index.spots, index.by_spot, strict=True):
            self.spots_at[spot.atom] = self.spots_at.get(spot.atom, 0) | members

    def rows(self) -> list[int]:
        """A row of bits for each class of senders."""
        index = self.index
        modes = [self._modes(number) for number in range(len(index.spots))]
        return [
            self._row(end, modes[index.spot_of[number]]) | self.extra[number]
            for number, end in enumerate(index.ends)
        ]

    def _row(self, end: End, modes: dict[Mode, int]) -> int:
        row = 0
        for mode, members in modes.items():
            admitted = self._admitted_from(mode.sender if mode.sender >= 0 else end.address)
            if mode.ingress_knows:
                for group in end.groups:
                    admitted |= self.in_by_group.get(group, 0)
            row |= members & self._allowed_out(end.groups, mode.egress_knows) & admitted
        return row

    def _modes(self, number: int) -> dict[Mode, int]:
        """The classes whose spots a path leads to, groups aside, by how their groups are asked."""
        index, compiled = self.index, self.compiled
        found: dict[Mode, int] = {}
        if not index.spots[number].sends:
            return found
        source = index.spot_ends[number]
        for other, spot in enumerate(index.spots):
            destination = index.spot_ends[other]
            if other == number:
                if number not in index.second_ends:
                    continue  # an interface alone in its place
                destination = index.second_ends[number]
            if not spot.receives or is_v6(source.address) != is_v6(destination.address):
                continue
            path = index.path_between(compiled, source, destination)
            if path.trace.code and not (path.trace.reply and not self.packets.answers):
                continue
            if path.needs_groups:
                self._one_by_one(path.trace, number, other)
            elif not path.open.checks or self._passes(path.open, source, destination):
                found[path.mode] = found.get(path.mode, 0) | index.by_spot[other]
        return found

    def _one_by_one(self, trace: Trace, number: int, other: int) -> None:
        """An appliance on the way asks for the ends' groups: so does each pair of classes."""
        index = self.index
        for first in ones(index.by_spot[number]):
            for last in ones(index.by_spot[other]):
                if self._passes(trace, index.ends[first], index.ends[last]):
                    self.extra[first] |= 1 << last

    def _passes(self, path: Trace, source: End, destination: End) -> bool:
        return judge(self.compiled, path, source, destination, self.packets) is None

    def _allowed_out(self, groups: tuple[str, ...], knows: bool) -> int:
        """The classes that a set of groups may send to."""
        key = (groups, knows)
        found = self.out_rows.get(key)
        if found is None:
            if not groups:
                found = (1 << len(self.index.ends)) - 1
            else:
                table = self.compiled.groups_at(groups, "egress", self.packets.protocol, self.asked)
                bounds = self.compiled.fine_bounds()
                found = 0
                for atom, members in self.spots_at.items():
                    if table.rules.at(bounds[atom - 1]) is not None:
                        found |= members
                if knows:
                    for group in table.peers:
                        found |= self.index.by_group.get(group, 0)
            self.out_rows[key] = found
        return found

    def _admitted_from(self, address: int) -> int:
        """The classes whose groups admit an address."""
        atom = self.compiled.fine_atom(address)
        found = self.in_by_address.get(atom)
        if found is None:
            found = 0
            for groups, members in self.index.by_groups.items():
                if not groups:
                    found |= members
                    continue
                table = self.compiled.groups_at(
                    groups, "ingress", self.packets.protocol, self.asked
                )
                if table.rules.at(address) is not None:
                    found |= members
            self.in_by_address[atom] = found
        return found

    def _rows_by_group(self) -> dict[str, int]:
        """The classes whose groups admit the members of each group."""
        found: dict[str, int] = {}
        for groups, members in self.index.by_groups.items():
            if groups:
                table = self.compiled.groups_at(
                    groups, "ingress", self.packets.protocol, self.asked
                )
                for group in table.peers:
                    found[group] = found.get(group, 0) | members
        return found
