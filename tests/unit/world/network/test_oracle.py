"""The walk against the oracle: random estates, random flows, one and the same outcome for each.

Rules of this file: the number of flows is `NETWORK_FLOWS` (1,500 in an ordinary run); a long run
with another `NETWORK_SEED` is how the walk is proved after it has been changed.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from cloudchamber.world.network.compiled import Compiled, compile_network
from cloudchamber.world.network.pairs import all_pairs
from cloudchamber.world.network.walk import Flow, find_code, walk
from tests.unit.world.network.estate_graph import network_of
from tests.unit.world.network.estates import Described, estate
from tests.unit.world.network.naive import outcome

FLOWS = int(os.environ.get("NETWORK_FLOWS", "1500"))
SEED = int(os.environ.get("NETWORK_SEED", "1"))
PER_ESTATE = 60


class Question(NamedTuple):
    """A flow: interfaces by id, "internet", or an address as a destination; `six` for IPv6."""

    source: str
    destination: str
    protocol: int
    port: int
    six: bool


def questions(random: Random, world: Described, count: int) -> Iterator[Question]:
    """Random flows between what an estate has, and the internet."""
    held = world["NetworkInterfaces"]
    every = [each["NetworkInterfaceId"] for each in held]
    plain = [each["NetworkInterfaceId"] for each in held if each["InterfaceType"] == "interface"]
    for _ in range(count):
        source = random.choice(plain) if random.random() < 0.85 else "internet"
        six = random.random() < 0.25
        kind = random.random()
        if source == "internet" or kind < 0.65:
            destination = random.choice(plain if six else every)
        elif kind < 0.85:
            destination = "internet"
        else:
            six = False
            named = ["3.5.1.1", "10.1.1.5", "10.2.2.4", "8.8.8.8", "192.168.1.1"]
            destination = random.choice([*named, random.choice(held)["PrivateIpAddress"]])
        if source != destination:
            protocol = random.choice((6, 6, 6, 17, 58 if six else 1))
            yield Question(source, destination, protocol, random.choice((443, 22, 53, 5000)), six)


def wanted(world: Described, asked: Question) -> str:
    """What the oracle says."""
    mark = "/6" if asked.six else ""
    source = asked.source + (mark if asked.source != "internet" else "")
    destination = asked.destination + (mark if asked.destination.startswith("eni") else "")
    return outcome(world, source, destination, asked.protocol, asked.port)


def found(world: Described, compiled: Compiled, asked: Question) -> str:
    """What the walk says."""
    addresses = {
        each["NetworkInterfaceId"]: each["Ipv6Address"] for each in world["NetworkInterfaces"]
    }
    flow = Flow(
        source=asked.source,
        destination=asked.destination,
        protocol=asked.protocol,
        destination_port=asked.port,
        source_address=addresses.get(asked.source, "") if asked.six else "",
        destination_address=addresses.get(asked.destination, "") if asked.six else "",
    )
    return walk(compiled, flow).code


def test_the_walk_agrees_with_the_oracle() -> None:
    codes: Counter[str] = Counter()
    seed = 1_000_000 * SEED
    while codes.total() < FLOWS:
        world = estate(seed)
        compiled = compile_network(network_of(world))
        for asked in questions(Random(seed), world, PER_ESTATE):
            code = found(world, compiled, asked)
            assert code == wanted(world, asked), f"estate {seed}: {asked}"
            codes[code] += 1
        seed += 1
    assert codes[""] > FLOWS // 30, "hardly a flow got through: the estates prove too little"
    assert len(codes) > 15, f"too few ways to fail: {sorted(codes)}"


def test_all_pairs_are_those_of_the_walk() -> None:
    reached = 0
    for seed in range(12):
        network = network_of(estate(seed))
        compiled, fresh = compile_network(network), compile_network(network)
        for protocol, port in ((6, 443), (17, 53), (1, -1)):
            reach = all_pairs(compiled, protocol, port)
            passed = 0
            for source in network.interfaces:
                for destination in network.interfaces:
                    if source == destination:
                        continue
                    flow = Flow(
                        source=source,
                        destination=destination,
                        protocol=protocol,
                        destination_port=port,
                    )
                    verdict = walk(fresh, flow)
                    where = f"estate {seed}: {source} to {destination}, {protocol}/{port}"
                    assert reach.reaches(source, destination) == verdict.allowed, where
                    if port >= 0:
                        code = find_code(compiled, source, destination, protocol, port)
                        assert code == verdict.code, where
                    passed += verdict.allowed
            assert reach.count() == passed
            reached += passed
    assert reached > 500


def test_rows_and_columns_tell_the_same() -> None:
    network = network_of(estate(3))
    reach = all_pairs(compile_network(network), 6, 443)
    pairs = {
        (source, destination)
        for source in network.interfaces
        for destination in reach.destinations(source)
    }
    assert pairs == {
        (source, destination)
        for destination in network.interfaces
        for source in reach.sources(destination)
    }
    assert len(pairs) == reach.count() > 0
