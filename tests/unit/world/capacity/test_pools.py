"""Pools of hosts: never below nothing, never above their size, all given back in the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.world.capacity.catalogue import InstanceType, find_type
from cloudchamber.world.capacity.offerings import is_offered, zones_with
from cloudchamber.world.capacity.pools import (
    HOSTS_IN_RACK,
    Pool,
    drain,
    give_back,
    new_pool,
    place,
    rack_of,
    refill,
    room,
)


def kind(name: str) -> InstanceType:
    found = find_type(name)
    assert found is not None
    return found


@given(
    hosts=st.integers(1, 6),
    slots=st.integers(1, 4),
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 99)), max_size=80),
)
def test_what_is_taken_is_what_was_placed(
    hosts: int, slots: int, steps: list[tuple[bool, int]]
) -> None:
    pool = Pool(hosts=hosts, slots=slots)
    placed: list[int] = []
    for takes, number in steps:
        if takes:
            host = place(pool)
            assert (host is None) == (len(placed) == hosts * slots)
            if host is not None:
                placed.append(host)
        elif placed:
            give_back(pool, placed.pop(number % len(placed)))
        assert pool.taken == len(placed) == hosts * slots - room(pool)
        assert all(placed.count(host) == pool.used.get(host, 0) for host in range(hosts))
        assert all(0 <= host < hosts and placed.count(host) <= slots for host in placed)
    for host in placed:
        give_back(pool, host)
    assert (pool.taken, pool.used) == (0, {})


@given(allowed=st.sets(st.integers(0, 19), max_size=20))
def test_only_allowed_hosts_are_taken(allowed: set[int]) -> None:
    pool = Pool(hosts=20, slots=1)
    placed = [place(pool, lambda host: host in allowed) for _ in range(len(allowed) + 1)]
    assert placed == [*sorted(allowed), None]


def test_a_drained_pool_takes_nobody_and_gives_back() -> None:
    pool = Pool(hosts=2, slots=2)
    host = place(pool)
    assert host == 0
    drain(pool)
    assert place(pool) is None
    assert room(pool) == 0
    give_back(pool, 0)
    with pytest.raises(ValueError, match="nobody stands on host 0"):
        give_back(pool, 0)
    refill(pool)
    assert room(pool) == 4


def test_a_pool_is_the_same_for_a_seed_and_large_for_common_types() -> None:
    common = new_pool(1, "euw1-az1", kind("t3.micro"))
    assert common == new_pool(1, "euw1-az1", kind("t3.micro"))
    assert room(common) > 10_000
    scarce = new_pool(1, "euw1-az1", kind("p5.48xlarge"))
    assert 8 <= room(scarce) < 16
    sizes = {new_pool(seed, "euw1-az1", kind("m5.large")).hosts for seed in range(20)}
    assert len(sizes) > 10


def test_racks_are_of_eight() -> None:
    assert [rack_of(host) for host in (0, 7, 8, 16)] == [0, 0, 1, 2]
    assert HOSTS_IN_RACK == 8


def test_zones_differ_in_what_they_offer() -> None:
    zones = ["use1-az1", "use1-az2", "use1-az3", "use1-az4", "use1-az5", "use1-az6"]
    without = [zone for zone in zones if zone != "use1-az3"]
    assert zones_with(1, zones, kind("t3.micro")) == without
    assert zones_with(1, zones, kind("t2.micro")) == zones
    assert not is_offered(1, "eun1-az1", kind("m3.large"))
    scarce = [zones_with(seed, without, kind("p5.48xlarge")) for seed in range(10)]
    assert any(scarce[0] != other for other in scarce)
