"""Tables against the plain reading of what they were made of: go through the list, first match."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from itertools import pairwise
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.world.network.addresses import (
    V6_BASE,
    find_address,
    format_address,
    is_public,
    parse_address,
    parse_block,
)
from cloudchamber.world.network.graph import AclEntry, PrefixList, Route, Rule
from cloudchamber.world.network.tables import (
    acl_table,
    flatten,
    group_table,
    intervals,
    pieces_of,
    route_table,
)

BLOCKS = ("0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24", "10.1.1.5/32", "::/0",
          "2001:db8::/32", "2001:db8:1::/48")  # fmt: skip
ADDRESSES = ("10.1.1.5", "10.1.1.6", "10.1.2.1", "10.2.0.1", "8.8.8.8", "2001:db8:1::9",
             "2001:db8:2::9", "2600::1")  # fmt: skip
LISTS = MappingProxyType({"pl-1": PrefixList(id="pl-1", entries=("10.1.1.0/24", "8.8.0.0/16"))})


def inside(address: str, block: str) -> bool:
    network = ip_network(block)
    return ip_address(address).version == network.version and ip_address(address) in network


items = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=12)


@given(items, st.integers(-1, 60))
def test_the_earliest_that_covers_wins(spans: list[tuple[int, int]], point: int) -> None:
    named = [(low, low + length, f"v{at}") for at, (low, length) in enumerate(spans)]
    wanted = next((value for low, high, value in named if low <= point <= high), None)
    table = flatten(named)
    assert table.at(point) == wanted
    assert list(table.starts) == sorted(set(table.starts))


@given(items)
def test_intervals_cover_the_line_without_a_gap(spans: list[tuple[int, int]]) -> None:
    held = list(
        intervals(flatten((low, low + length, at) for at, (low, length) in enumerate(spans)))
    )
    assert held[0][0] == -1
    for (_, last, _), (first, _, _) in pairwise(held):
        assert first == last + 1


def entry(number: int, draw: tuple[bool, str, int, int, int]) -> AclEntry:
    allows, block, protocol, low, length = draw
    ports = (-1, -1) if low < 0 else (low, low + length)
    return AclEntry(number=number, allows=allows, cidr=block, protocol=protocol,
                    from_port=ports[0], to_port=ports[1])  # fmt: skip


drawn = st.tuples(st.booleans(), st.sampled_from(BLOCKS), st.sampled_from((-1, 6, 17)),
                  st.integers(-1, 30), st.integers(0, 10))  # fmt: skip


@given(st.lists(drawn, max_size=8), st.sampled_from(ADDRESSES), st.integers(0, 40),
       st.integers(0, 12))  # fmt: skip
def test_an_acl_lets_a_range_through_if_it_lets_each_port_through(
    draws: list[tuple[bool, str, int, int, int]], address: str, low: int, length: int
) -> None:
    entries = [entry(100 + at, draw) for at, draw in enumerate(draws)]

    def says(port: int) -> tuple[bool, int]:
        for each in entries:
            spoken = each.protocol == -1 or (
                each.protocol == 6
                and (each.from_port == -1 or each.from_port <= port <= each.to_port)
            )
            if spoken and inside(address, each.cidr):
                return each.allows, each.number
        return False, 32767

    ports = (low, low + length)
    answer = acl_table(tuple(reversed(entries)), 6, ports).at(parse_address(address))
    found = [says(port) for port in range(low, low + length + 1)]
    allowed = answer is not None and answer.allows
    assert allowed == all(allows for allows, _ in found)
    if answer is not None and not answer.allows:
        assert (False, answer.number) in found
        if answer.ports != (-1, -1):
            assert all(not says(port)[0] for port in range(answer.ports[0], answer.ports[1] + 1))


@given(st.lists(drawn, max_size=8), st.sampled_from(ADDRESSES), st.integers(0, 40),
       st.integers(0, 12))  # fmt: skip
def test_groups_admit_a_range_if_some_rule_admits_each_port(
    draws: list[tuple[bool, str, int, int, int]], address: str, low: int, length: int
) -> None:
    rules = [
        Rule(id=f"sgr-{at}", protocol=protocol, from_port=start if start >= 0 else -1,
             to_port=start + more if start >= 0 else -1,
             prefix_list="pl-1" if by_list else "",
             v4_cidr="" if by_list or ":" in block else block,
             v6_cidr=block if ":" in block and not by_list else "")
        for at, (by_list, block, protocol, start, more) in enumerate(draws)
    ]  # fmt: skip

    def admits(port: int) -> bool:
        for rule in rules:
            spoken = rule.protocol == -1 or (
                rule.protocol == 6
                and (rule.from_port == -1 or rule.from_port <= port <= rule.to_port)
            )
            blocks = LISTS["pl-1"].entries if rule.prefix_list else (rule.v4_cidr or rule.v6_cidr,)
            if spoken and any(inside(address, block) for block in blocks):
                return True
        return False

    table = group_table(rules, LISTS, 6, (low, low + length))
    wanted = all(admits(port) for port in range(low, low + length + 1))
    assert (table.rules.at(parse_address(address)) is not None) == wanted
    assert table.is_empty == (not rules)


@given(st.lists(st.tuples(st.sampled_from((*BLOCKS, "pl-1")), st.booleans()), max_size=8,
                unique=True), st.sampled_from(ADDRESSES))  # fmt: skip
def test_the_longest_prefix_takes_the_packet(draws: list[tuple[str, bool]], address: str) -> None:
    routes = [Route(destination=block, target=f"t-{block}-{propagated}", propagated=propagated)
              for block, propagated in draws]  # fmt: skip
    taken = route_table(routes, LISTS).at(parse_address(address))

    def length(route: Route) -> int:
        blocks = LISTS["pl-1"].entries if route.destination == "pl-1" else (route.destination,)
        return max((ip_network(block).prefixlen for block in blocks if inside(address, block)),
                   default=-1)  # fmt: skip

    fitting = [route for route in routes if length(route) >= 0]
    assert (taken is None) == (not fitting)
    if taken is not None:
        longest = max(length(route) for route in fitting)
        equals = [route for route in fitting if length(route) == longest]
        assert length(taken) == longest
        assert not taken.propagated or all(route.propagated for route in equals)


def test_ports_are_cut_where_a_rule_begins_or_ends() -> None:
    rules = [Rule(id="sgr-1", protocol=6, from_port=80, to_port=90),
             Rule(id="sgr-2", protocol=6, from_port=85, to_port=65535),
             Rule(id="sgr-3", protocol=17, from_port=53, to_port=53)]  # fmt: skip
    assert pieces_of(rules, 6, (0, 65535)) == [(0, 79), (80, 84), (85, 90), (91, 65535)]
    assert pieces_of(rules, 6, (82, 83)) == [(82, 83)]
    assert pieces_of(rules, 1, (8, 0)) == [(8, 0)]


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**128 - 1))
def test_addresses_are_read_and_written(four: int, six: int) -> None:
    assert parse_address(format_address(four)) == four
    assert parse_address(format_address(V6_BASE + six)) == V6_BASE + six


def test_blocks_lose_their_host_bits_and_nonsense_is_refused() -> None:
    assert parse_block("10.0.1.77/24") == parse_block("10.0.1.0/24")
    assert parse_block("10.0.1.77") == (parse_address("10.0.1.77"),) * 2 + (32,)
    assert parse_block("2001:db8::/32")[0] == parse_address("2001:db8::")
    assert find_address("eni-1") is None
    assert find_address("10.0.0.999") is None
    with pytest.raises(ValueError, match="no block"):
        parse_block("10.0.0.0/33")
    assert [is_public(parse_address(text)) for text in (
        "8.8.8.8", "10.1.1.1", "100.64.0.1", "172.31.0.1", "2600::1", "fd00::1",
    )] == [True, False, False, False, True, False]  # fmt: skip
