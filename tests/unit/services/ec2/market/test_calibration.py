"""A month of a fleet under each strategy: interruptions in the order and size that AWS tells of.

The pools, their prices, depths and risks are those of `world/capacity/spot.py`; each strategy
spreads a hundred instances over twelve pools.
"""

from __future__ import annotations

from cloudchamber.kernel.streams import Streams
from cloudchamber.services.ec2.market.allocating import Candidate, allocate
from cloudchamber.world.capacity import prices, spot
from cloudchamber.world.capacity.catalogue import InstanceType, all_types

ZONE = "euw1-az1"
FLEET = 100
POOLS = 12
SEEDS = range(200)
START = 1_798_761_600 * spot.SECOND_NS


def pools_of(seed: int) -> list[InstanceType]:
    current = [each for each in all_types() if each.is_current and 2 <= each.vcpus <= 16]
    Streams(seed).stream("calibration", "pools").shuffle(current)
    return current[:POOLS]


def candidates_of(seed: int, kinds: list[InstanceType]) -> list[Candidate]:
    found = []
    for number, kind in enumerate(kinds):
        full = prices.on_demand(kind, "eu-west-1")
        found.append(
            Candidate(
                number=number,
                price=spot.price(seed, ZONE, kind, full, START),
                weight=float(kind.vcpus),
                depth=spot.depth(seed, ZONE, kind, START),
            )
        )
    return found


def interrupted(seed: int, strategy: str) -> float:
    """How many of a hundred instances are interrupted in a month, on average over all months."""
    kinds = pools_of(seed)
    plain = [
        Candidate(number=each.number, price=int(each.unit_price), depth=each.depth)
        for each in candidates_of(seed, kinds)
    ]
    return sum(
        instances * spot.risk(seed, ZONE, kinds[candidate.number])
        for candidate, instances in allocate(plain, FLEET, strategy)
    )


def test_strategies_differ_as_they_are_meant_to() -> None:
    mean = {
        strategy: sum(interrupted(seed, strategy) for seed in SEEDS) / len(SEEDS)
        for strategy in (
            "lowest-price",
            "diversified",
            "price-capacity-optimized",
            "capacity-optimized",
        )
    }
    assert 10 < mean["lowest-price"] < 28, mean
    assert 12 < mean["diversified"] < 24, mean
    assert mean["price-capacity-optimized"] < 0.7 * mean["lowest-price"], mean
    assert mean["capacity-optimized"] <= mean["price-capacity-optimized"] + 2, mean
    assert mean["capacity-optimized"] > 0.2, mean
