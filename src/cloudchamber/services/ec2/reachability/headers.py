"""Which packets are worth a try where a question leaves something open.

Rules of this file: pure functions of the network. Reachability Analyzer calls a path reachable if
some packet gets through, so where a port or an address is not given, one of each range that the
rules and entries on the way tell apart is tried; no other could fare differently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from cloudchamber.world.network.addresses import (
    V4_LAST,
    format_address,
    is_public,
    is_v6,
    parse_address,
    parse_block,
)
from cloudchamber.world.network.compiled import Compiled, End, bounds
from cloudchamber.world.network.graph import AclEntry, Rule
from cloudchamber.world.network.steps import Step

PORT_MAX: Final = 65_535
EPHEMERAL: Final = (1_024, PORT_MAX)
V6_LAST: Final = parse_address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
# What no packet on the internet carries, of IPv4 and of IPv6.
_NOT_PUBLIC: Final = (
    ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3"),
    ("::/3", "4000::/2", "8000::/1"),
)
TRIES_MAX: Final = 64  # of one kind; nobody's rules tell more ranges apart on one path

Ports = tuple[int, int]


def destination_ports(compiled: Compiled, ends: Iterable[End], protocol: int) -> list[int]:
    """One port of each range that the ends' rules and entries tell apart, the lowest first."""
    bounds = {0}
    for each in _guards(compiled, ends):
        if each.protocol in (-1, protocol) and each.from_port >= 0:
            bounds |= {each.from_port, each.to_port + 1}
    return sorted(port for port in bounds if 0 <= port <= PORT_MAX)[:TRIES_MAX]


def source_ports(compiled: Compiled, steps: Iterable[Step], within: Ports) -> list[Ports]:
    """The ranges of source ports that the ACLs on a path tell apart, the widest first."""
    bounds = {within[0], within[1] + 1}
    for step in steps:
        acl = compiled.network.acls.get(step.id) if step.kind == "network-acl" else None
        for entry in (*acl.ingress, *acl.egress) if acl else ():
            if entry.protocol in (-1, step.protocol) and entry.from_port >= 0:
                bounds |= {entry.from_port, entry.to_port + 1}
    edges = sorted(edge for edge in bounds if within[0] <= edge <= within[1] + 1)
    ranges = [(low, high - 1) for low, high in pairwise(edges)]
    return sorted(ranges, key=lambda each: (each[0] - each[1], each))[:TRIES_MAX]


def internet_addresses(compiled: Compiled, end: End, direction: str, default: str) -> list[str]:
    """One address of each part of the internet that an end's rules and entries tell apart, the
    default one first."""
    six = is_v6(parse_address(default))
    blocks = [
        block
        for each in _guards(compiled, (end,), direction)
        for block in _blocks(compiled, each)
        if (":" in block) == six
    ]
    edges = bounds([*blocks, *(_NOT_PUBLIC[six])])
    found = dict.fromkeys([default])
    for edge in sorted(edges):
        if is_v6(edge) == six and edge <= (V6_LAST if six else V4_LAST) and _is_routed(edge):
            found[format_address(edge)] = None
    return list(found)[:TRIES_MAX]


def _is_routed(address: int) -> bool:
    """Whether a host on the internet may have an address: global unicast."""
    blocks = map(parse_block, _NOT_PUBLIC[is_v6(address)])
    return is_public(address) and not any(low <= address <= high for low, high, _ in blocks)


def _guards(
    compiled: Compiled, ends: Iterable[End], direction: str = ""
) -> Iterator[Rule | AclEntry]:
    network = compiled.network
    for end in ends:
        for name in end.groups:
            group = network.security_groups.get(name)
            if group is not None:
                yield from () if direction == "egress" else group.ingress
                yield from () if direction == "ingress" else group.egress
        subnet = network.subnets.get(end.subnet)
        acl = network.acls.get(subnet.acl) if subnet else None
        if acl is not None:
            yield from () if direction == "egress" else acl.ingress
            yield from () if direction == "ingress" else acl.egress


def _blocks(compiled: Compiled, each: Rule | AclEntry) -> tuple[str, ...]:
    if isinstance(each, AclEntry):
        return (each.cidr,)
    listed = compiled.network.prefix_lists.get(each.prefix_list)
    if listed is not None:
        return listed.entries
    return tuple(block for block in (each.v4_cidr, each.v6_cidr) if block)
