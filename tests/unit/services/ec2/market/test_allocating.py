"""Allocation strategies: what every one of them keeps, and what each is for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.services.ec2.market.allocating import (
    DEPTH_TOLERANCE,
    Allocation,
    Candidate,
    allocate,
)

STRATEGIES = (
    "lowest-price",
    "diversified",
    "capacity-optimized",
    "capacity-optimized-prioritized",
    "price-capacity-optimized",
    "prioritized",
)
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        number=st.just(0),
        price=st.integers(100, 5_000_000),
        weight=st.sampled_from((1.0, 2.0, 4.0, 0.5, 3.0)),
        depth=st.floats(0, 1),
        priority=st.integers(0, 5).map(float),
        room=st.integers(0, 30),
    ),
    min_size=1,
    max_size=8,
).map(
    lambda found: [
        Candidate(
            number=number,
            price=each.price,
            weight=each.weight,
            depth=each.depth,
            priority=each.priority,
            room=each.room,
        )
        for number, each in enumerate(found)
    ]
)
ROOMY = CANDIDATES.map(
    lambda found: [
        Candidate(number=each.number, price=each.price, depth=each.depth, priority=each.priority)
        for each in found
    ]
)


def units(allocation: Allocation) -> float:
    return sum(each.weight * count for each, count in allocation)


@given(CANDIDATES, st.integers(0, 120), st.sampled_from(STRATEGIES), st.integers(1, 5))
def test_the_target_is_covered_or_the_room_used_up(
    candidates: list[Candidate], target: int, strategy: str, pools: int
) -> None:
    allocation = allocate(candidates, target, strategy, pools)
    have = units(allocation)
    assert all(0 < count <= each.room for each, count in allocation)
    assert len({each.number for each, _ in allocation}) == len(allocation)
    room = sum(each.weight * each.room for each in candidates)
    if room <= target:
        assert have == room
    else:
        assert have >= target
        heaviest = max((each.weight for each, _ in allocation), default=0.0)
        assert have < target + max(heaviest, 1e-9) or target == 0
    assert allocate(candidates, target, strategy, pools) == allocation


@given(ROOMY, st.integers(1, 100))
def test_lowest_price_takes_the_cheapest(candidates: list[Candidate], target: int) -> None:
    ((chosen, count),) = allocate(candidates, target, "lowest-price")
    assert count == target
    assert chosen.price == min(each.price for each in candidates)


@given(ROOMY, st.integers(1, 100), st.integers(1, 8))
def test_lowest_price_is_even_over_so_many_pools(
    candidates: list[Candidate], target: int, pools: int
) -> None:
    allocation = allocate(candidates, target, "lowest-price", pools)
    counts = [count for _, count in allocation]
    assert max(counts) - min(counts) <= 1
    assert len(counts) == min(pools, len(candidates), target)
    dearest = max(each.price for each, _ in allocation)
    used = {each.number for each, _ in allocation}
    assert all(each.price >= dearest for each in candidates if each.number not in used)


@given(ROOMY, st.integers(1, 100))
def test_diversified_is_even_over_all(candidates: list[Candidate], target: int) -> None:
    counts = [count for _, count in allocate(candidates, target, "diversified")]
    assert len(counts) == min(len(candidates), target)
    assert max(counts) - min(counts) <= 1


@given(ROOMY, st.integers(1, 100))
def test_capacity_optimized_takes_the_deepest(candidates: list[Candidate], target: int) -> None:
    ((chosen, _),) = allocate(candidates, target, "capacity-optimized")
    assert chosen.depth == max(each.depth for each in candidates)


@given(ROOMY, st.integers(1, 100))
def test_price_capacity_optimized_takes_the_cheapest_of_the_deep(
    candidates: list[Candidate], target: int
) -> None:
    ((chosen, _),) = allocate(candidates, target, "price-capacity-optimized")
    deepest = max(each.depth for each in candidates)
    deep = [each for each in candidates if each.depth >= deepest - DEPTH_TOLERANCE]
    assert chosen in deep
    assert chosen.price == min(each.price for each in deep)


@given(ROOMY, st.integers(1, 100))
def test_priorities_come_after_depth(candidates: list[Candidate], target: int) -> None:
    ((chosen, _),) = allocate(candidates, target, "capacity-optimized-prioritized")
    deepest = max(each.depth for each in candidates)
    deep = [each for each in candidates if each.depth >= deepest - DEPTH_TOLERANCE]
    assert chosen in deep
    assert chosen.priority == min(each.priority for each in deep)
    ((first, _),) = allocate(candidates, target, "prioritized")
    assert first.priority == min(each.priority for each in candidates)


def test_a_full_pool_hands_over_to_the_next() -> None:
    pools = [
        Candidate(number=0, price=10, room=3),
        Candidate(number=1, price=20, room=2),
        Candidate(number=2, price=30),
    ]
    chosen = allocate(pools, 7, "lowest-price")
    assert [(each.number, count) for each, count in chosen] == [(0, 3), (1, 2), (2, 2)]


def test_a_heavy_instance_counts_for_more() -> None:
    pools = [
        Candidate(number=0, price=40, weight=1.0),
        Candidate(number=1, price=100, weight=4.0),
    ]
    chosen = allocate(pools, 10, "lowest-price")
    assert [(each.number, count) for each, count in chosen] == [(1, 3)]


def test_there_is_no_other_strategy() -> None:
    with pytest.raises(KeyError):
        allocate([Candidate(number=0, price=1)], 1, "cheapest")
