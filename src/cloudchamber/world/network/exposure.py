"""What the internet can reach, who can reach one interface, and where ports make a difference.

Rules of this file: every answer is the walk's own. It is asked once for each class of interfaces,
each stretch of ports that no rule cuts, and one address of each stretch of the internet that no
rule, entry or route cuts; between the cuts nothing can differ.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from cloudchamber.world.network.addresses import (
    V6_BASE,
    format_address,
    is_public,
    is_v6,
    parse_address,
    parse_block,
)
from cloudchamber.world.network.compiled import Compiled, End, is_placed
from cloudchamber.world.network.ends import INTERNET, INTERNET_V4, INTERNET_V6
from cloudchamber.world.network.graph import AclEntry, Rule
from cloudchamber.world.network.packet import DESTINATION, DESTINATION_PUBLIC
from cloudchamber.world.network.pairs import Reach, all_pairs, index_of
from cloudchamber.world.network.tables import (
    ALL_PORTS,
    ANY,
    ICMP,
    ICMP6,
    PORT_PROTOCOLS,
    TCP,
    UDP,
    Ports,
    blocks_of,
    pieces_of,
)
from cloudchamber.world.network.trace import trace_of
from cloudchamber.world.network.verdict import EPHEMERAL, judge, packets_of
from cloudchamber.world.network.walk import Flow, find_code, walk


class Exposure(NamedTuple):
    """An interface that the internet reaches, by an address of its own, at some ports.

    `rules` are the security group rules that let it in; `sources` the blocks (or prefix lists)
    they name. `ports` is ANY (-1, -1) for ICMP, where it is an echo that gets through.
    """

    interface: str
    address: str
    protocol: int
    ports: Ports
    rules: tuple[str, ...]
    sources: tuple[str, ...]


class Reachers(NamedTuple):
    """Who reaches an interface: other interfaces, and whether the internet does."""

    interfaces: tuple[str, ...]
    internet: bool


def who_reaches(compiled: Compiled, destination: str, protocol: int, port: int) -> Reachers:
    """Everybody whose flow to an interface's primary address gets through, by one TCP or UDP
    port. KeyError for an interface without an address."""
    index = index_of(compiled)
    if destination not in index.class_of:
        raise KeyError(destination)
    found: list[str] = []
    for members in index.members:
        asked = next((member for member in members if member != destination), None)
        if asked is not None and not find_code(compiled, asked, destination, protocol, port):
            found += members
    flow = Flow(source=INTERNET, destination=destination, protocol=protocol, destination_port=port)
    return Reachers(
        tuple(sorted(member for member in found if member != destination)),
        walk(compiled, flow).allowed,
    )


def port_atoms(compiled: Compiled, protocol: int) -> list[Ports]:
    """The stretches of ports that no rule and no entry cuts: one port of each speaks for all."""
    network = compiled.network
    rules: list[Rule | AclEntry] = []
    for group in network.security_groups.values():
        rules += (*group.ingress, *group.egress)
    for acl in network.acls.values():
        rules += (*acl.ingress, *acl.egress)
    return pieces_of(rules, protocol, ALL_PORTS)


def header_space(compiled: Compiled) -> Iterator[tuple[int, Ports, Reach]]:
    """All pairs for every port of TCP and UDP, and for ICMP echo."""
    for protocol in PORT_PROTOCOLS:
        for ports in port_atoms(compiled, protocol):
            yield protocol, ports, all_pairs(compiled, protocol, ports[0])
    yield ICMP, ANY, all_pairs(compiled, ICMP)


def exposed(compiled: Compiled) -> list[Exposure]:
    """Everything that the internet reaches, by interface, address, protocol and port."""
    known: dict[tuple[int, bool], list[Exposure]] = {}
    found: list[Exposure] = []
    for interface_id in sorted(compiled.network.interfaces):
        for end, address in _public_ends(compiled, interface_id):
            key = (compiled.class_at(end), is_v6(end.address))
            if key not in known:
                known[key] = _exposures(compiled, end)
            found += (each._replace(interface=interface_id, address=address) for each in known[key])
    return found


def _public_ends(compiled: Compiled, interface_id: str) -> Iterator[tuple[End, str]]:
    """An interface by each address that the internet could know."""
    interface = compiled.network.interfaces[interface_id]
    if not interface.is_up or interface.kind == "nat_gateway":
        return
    if not is_placed(compiled.network, interface):
        return
    for pair in interface.addresses:
        if pair.public:
            yield compiled.end_at(interface, parse_address(pair.private)), pair.public
    for text in interface.v6_addresses:
        if is_public(parse_address(text)):
            yield compiled.end_at(interface, parse_address(text)), text


def _exposures(compiled: Compiled, end: End) -> list[Exposure]:
    """What the internet reaches of one class, adjoining ports together."""
    protocols = (TCP, UDP, ICMP6 if is_v6(end.address) else ICMP)
    found: list[Exposure] = []
    for protocol in protocols:
        last: Exposure | None = None
        for ports in pieces_of(_asked(compiled, end), protocol, ALL_PORTS):
            rules = _admitting(compiled, end, protocol, ports)
            if rules is None:
                last = None
                continue
            each = Exposure(
                interface=end.id,
                address=format_address(end.address),
                protocol=protocol,
                ports=ports if protocol in PORT_PROTOCOLS else ANY,
                rules=tuple(rule.id for rule in rules),
                sources=tuple(rule.v4_cidr or rule.v6_cidr or rule.prefix_list for rule in rules),
            )
            if last is not None and last.rules == each.rules:
                each = each._replace(ports=(last.ports[0], ports[1]))
                found.pop()
            found.append(each)
            last = each
    return found


def _asked(compiled: Compiled, end: End) -> list[Rule | AclEntry]:
    """The rules and entries that cut the ports at which an interface can be reached."""
    network = compiled.network
    asked: list[Rule | AclEntry] = []
    for group in end.groups:
        known = network.security_groups.get(group)
        asked += known.ingress if known is not None else ()
    acl = network.acls.get(network.subnets[end.subnet].acl)
    if acl is not None:
        asked += (*acl.ingress, *acl.egress)
    return asked


def _admitting(compiled: Compiled, end: End, protocol: int, ports: Ports) -> list[Rule] | None:
    """The rules by which some host of the internet gets through; None if none does.

    An interface without groups (of some load balancers) needs no rule.
    """
    found: list[Rule] = []
    if not end.groups:
        host = parse_address(INTERNET_V6 if is_v6(end.address) else INTERNET_V4)
        return found if _gets_through(compiled, end, host, protocol, ports) else None
    for group in end.groups:
        known = compiled.network.security_groups.get(group)
        for rule in known.ingress if known is not None else ():
            if _speaks(rule, protocol, ports) and _lets_in(compiled, end, rule, protocol, ports):
                found.append(rule)
    return found or None


def _speaks(rule: Rule, protocol: int, ports: Ports) -> bool:
    if rule.protocol == -1:
        return True
    if rule.protocol != protocol:
        return False
    if protocol not in PORT_PROTOCOLS:
        echo = 8 if protocol == ICMP else 128
        return rule.from_port in (-1, echo) and rule.to_port in (-1, 0)
    return rule.from_port == -1 or rule.from_port <= ports[0] <= ports[1] <= rule.to_port


def _lets_in(compiled: Compiled, end: End, rule: Rule, protocol: int, ports: Ports) -> bool:
    six = is_v6(end.address)
    for block in blocks_of(rule, compiled.network.prefix_lists):
        low, high, _ = parse_block(block)
        if (low >= V6_BASE) != six:
            continue
        host = parse_address(INTERNET_V6 if six else INTERNET_V4)
        if low <= host <= high and _gets_through(compiled, end, host, protocol, ports):
            return True
        for sender in _senders(compiled, low, high):
            if _gets_through(compiled, end, sender, protocol, ports):
                return True
    return False


def _senders(compiled: Compiled, low: int, high: int) -> Iterator[int]:
    """One address of each stretch between two cuts, of those that the internet has."""
    bounds = compiled.fine_bounds()
    yield from (low,) if is_public(low) else ()
    for at in range(bisect_left(bounds, low), len(bounds)):
        if bounds[at] > high:
            return
        if is_public(bounds[at]):
            yield bounds[at]


def _gets_through(compiled: Compiled, end: End, sender: int, protocol: int, ports: Ports) -> bool:
    six = is_v6(end.address)
    source = compiled.outside("address", INTERNET, sender)
    slot = DESTINATION if six else DESTINATION_PUBLIC
    trace = trace_of(compiled, source, end, slot)
    echo = (128 if six else 8, 0)
    packets = packets_of(protocol, ports[0], EPHEMERAL, echo)
    return judge(compiled, trace, source, end, packets) is None
