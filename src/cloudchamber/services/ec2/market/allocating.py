"""Allocation strategies: how a fleet spreads its instances over the pools it may use.

Rules of this file: pure functions over candidates. The answer is a list of (candidate, count); it
covers the target unless the candidates have no more room, and never by a whole instance too many.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet-allocation-strategy.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

# Pools within so much of the deepest count as equally deep. AWS keeps its own measure to itself.
DEPTH_TOLERANCE: Final = 0.15


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A launch that a fleet may choose. `price` is of one instance, `depth` from 0 to 1, `room` how
    many instances can be had; a low `priority` number comes first."""

    number: int
    price: int
    weight: float = 1.0
    depth: float = 1.0
    priority: float = 0.0
    room: int = 1_000_000

    @property
    def unit_price(self) -> float:
        """The price of one unit of capacity."""
        return self.price / self.weight


Allocation = list[tuple[Candidate, int]]
Strategy = Callable[[Sequence[Candidate], float, int], Allocation]


def allocate(
    candidates: Sequence[Candidate], target: float, strategy: str, pools_to_use: int = 1
) -> Allocation:
    """How many instances of each candidate cover `target` units. KeyError for no such strategy."""
    return _STRATEGIES[strategy](candidates, target, pools_to_use)


def _lowest_price(candidates: Sequence[Candidate], target: float, pools: int) -> Allocation:
    """Evenly over the cheapest pools; the next cheapest come in when these are full."""
    ordered = sorted(candidates, key=_by_price)
    return _in_turns(ordered, target, pools)


def _diversified(candidates: Sequence[Candidate], target: float, pools: int) -> Allocation:
    """Evenly over all pools."""
    return _in_turns(sorted(candidates, key=_by_price), target, len(candidates))


def _capacity_optimized(candidates: Sequence[Candidate], target: float, pools: int) -> Allocation:
    """From the deepest pool, then the next."""
    return _in_turns(sorted(candidates, key=_by_depth), target, 1)


def _capacity_prioritized(candidates: Sequence[Candidate], target: float, pools: int) -> Allocation:
    """Depth first, priority among those that are about as deep."""
    return _in_turns(_tiers(candidates, _by_priority), target, 1)


def _price_capacity(candidates: Sequence[Candidate], target: float, pools: int) -> Allocation:
    """The cheapest of the deepest pools."""
    return _in_turns(_tiers(candidates, _by_price), target, 1)


def _prioritized(candidates: Sequence[Candidate], target: float, pools: int) -> Allocation:
    """By priority."""
    return _in_turns(sorted(candidates, key=_by_priority), target, 1)


def _tiers(
    candidates: Sequence[Candidate], key: Callable[[Candidate], tuple[float, ...]]
) -> list[Candidate]:
    """Deep candidates before others, each tier (within the tolerance of its deepest) by a key."""
    left = sorted(candidates, key=_by_depth)
    ordered: list[Candidate] = []
    while left:
        floor = left[0].depth - DEPTH_TOLERANCE
        tier = [each for each in left if each.depth >= floor]
        ordered += sorted(tier, key=key)
        left = left[len(tier) :]
    return ordered


def _in_turns(ordered: Sequence[Candidate], target: float, at_once: int) -> Allocation:
    """One instance after the other to the first `at_once` candidates that have room."""
    counts = dict.fromkeys((each.number for each in ordered), 0)
    open_to = [each for each in ordered if each.room > 0]
    missing = target
    turn = 0
    while missing > 0 and open_to:
        active = open_to[: max(1, at_once)]
        chosen = active[turn % len(active)]
        many = 1
        if len(active) == 1:
            many = min(chosen.room - counts[chosen.number], int(-(-missing // chosen.weight)))
        counts[chosen.number] += many
        missing -= many * chosen.weight
        if counts[chosen.number] >= chosen.room:
            open_to.remove(chosen)
        else:
            turn += 1
    return [(each, counts[each.number]) for each in ordered if counts[each.number]]


def _by_price(each: Candidate) -> tuple[float, ...]:
    return (each.unit_price, each.number)


def _by_depth(each: Candidate) -> tuple[float, ...]:
    return (-each.depth, each.number)


def _by_priority(each: Candidate) -> tuple[float, ...]:
    return (each.priority, each.unit_price, each.number)


_STRATEGIES: Final[Mapping[str, Strategy]] = MappingProxyType(
    {
        "lowest-price": _lowest_price,
        "lowestPrice": _lowest_price,
        "diversified": _diversified,
        "capacity-optimized": _capacity_optimized,
        "capacityOptimized": _capacity_optimized,
        "capacity-optimized-prioritized": _capacity_prioritized,
        "capacityOptimizedPrioritized": _capacity_prioritized,
        "price-capacity-optimized": _price_capacity,
        "priceCapacityOptimized": _price_capacity,
        "prioritized": _prioritized,
    }
)
