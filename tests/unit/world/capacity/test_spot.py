"""Spot pools: their risks are calibrated to what is public, their prices stay in AWS's bounds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudchamber.kernel.streams import Streams
from cloudchamber.world.capacity import spot
from cloudchamber.world.capacity.catalogue import InstanceType, all_types, find_type
from cloudchamber.world.capacity.prices import dollars, on_demand

START = 1_798_761_600 * spot.SECOND_NS


def kind(name: str) -> InstanceType:
    found = find_type(name)
    assert found is not None
    return found


@pytest.mark.parametrize("monthly", spot.BANDS)
def test_an_instance_is_interrupted_as_often_as_its_band_says(monthly: float) -> None:
    stream = Streams(7).stream("calibration", str(monthly))
    months, interrupted = 6_000, 0
    for _ in range(months):
        t = spot.next_gap_ns(stream, monthly)
        while t < spot.MONTH_NS:
            if spot.is_taken(stream, spot.shock(stream).part):
                interrupted += 1
                break
            t += spot.next_gap_ns(stream, monthly)
    deviation = (monthly * (1 - monthly) / months) ** 0.5
    assert abs(interrupted / months - monthly) < 4 * deviation


def test_bands_are_as_common_as_the_advisor_has_them() -> None:
    counts = [0] * 5
    regions = ("use1-az1", "euw1-az1", "apne1-az1", "sae1-az1", "euc1-az1", "usw2-az1")
    for seed in (1, 2, 3, 4):
        for zone in regions:
            for each in all_types():
                counts[spot.band(seed, zone, each)] += 1
    shares = [count / sum(counts) for count in counts]
    for share, public in zip(shares, (0.216, 0.193, 0.135, 0.125, 0.330), strict=True):
        assert abs(share - public) < 0.07


def test_large_sizes_are_interrupted_more_often() -> None:
    def mean(size: str) -> float:
        sized = [each for each in all_types() if each.size == size]
        bands = [spot.band(seed, "euw1-az1", each) for seed in range(8) for each in sized]
        return sum(bands) / len(bands)

    assert mean("large") < mean("4xlarge")


def test_a_zone_has_its_own_risk_around_the_region_s_band() -> None:
    each = kind("m5.large")
    risks = {spot.risk(1, zone, each) for zone in ("euw1-az1", "euw1-az2", "euw1-az3")}
    assert len(risks) == 3
    assert len({spot.band(1, zone, each) for zone in ("euw1-az1", "euw1-az2", "euw1-az3")}) == 1


def test_half_of_all_shocks_take_everything() -> None:
    stream = Streams(1).stream("shocks", "x")
    shocks = [spot.shock(stream) for _ in range(4_000)]
    whole = sum(each.part == 1.0 for each in shocks) / len(shocks)
    assert abs(whole - 0.5) < 0.04
    assert all(0.1 <= each.part <= 1.0 for each in shocks)
    early = sum(each.lead_ns > 0 for each in shocks) / len(shocks)
    assert abs(early - 0.6) < 0.04
    dry = sum(each.dry_ns for each in shocks) / len(shocks)
    assert abs(dry / spot.DRY_MEAN_NS - 1) < 0.1


def test_deep_pools_are_seldom_reclaimed() -> None:
    common = [each for each in all_types() if each.is_current][:200]
    by_depth = sorted(common, key=lambda each: spot.depth(1, "euw1-az1", each, START))
    third = len(common) // 3

    def mean(some: list[InstanceType]) -> float:
        return sum(spot.risk(1, "euw1-az1", each) for each in some) / len(some)

    assert mean(by_depth[:third]) > 2 * mean(by_depth[-third:])


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32),
    name=st.sampled_from(("m5.large", "c6g.xlarge", "r5.4xlarge", "t3.micro", "p3.2xlarge")),
    hours=st.integers(0, 24 * 90),
)
def test_a_price_is_a_discount_of_at_most_nine_tenths(seed: int, name: str, hours: int) -> None:
    each = kind(name)
    full = on_demand(each, "eu-west-1")
    t_ns = START - hours * spot.HOUR_NS
    now = spot.price(seed, "euw1-az1", each, full, t_ns)
    assert 0.099 * full <= now <= 0.9 * full
    assert now == spot.price(seed, "euw1-az1", each, full, t_ns)
    before = spot.price(seed, "euw1-az1", each, full, t_ns - spot.PRICE_SLOT_NS)
    assert abs(now - before) < 0.1 * full


def test_on_demand_prices_have_the_size_of_aws_s() -> None:
    for name, dear in (
        ("m5.large", 96_000), ("c5.large", 85_000), ("r5.large", 126_000), ("t3.micro", 10_400),
        ("m6g.large", 77_000), ("c5.4xlarge", 680_000), ("g4dn.xlarge", 526_000),
    ):  # fmt: skip
        assert abs(on_demand(kind(name), "us-east-1") / dear - 1) < 0.15, name
    assert on_demand(kind("m5.large"), "sa-east-1") > on_demand(kind("m5.large"), "us-east-1")
    linux, windows = (
        on_demand(kind("m5.large"), "us-east-1", p) for p in ("Linux/UNIX", "Windows")
    )
    assert windows - linux == 92_000
    assert dollars(96_000) == "0.096000"


@given(st.lists(st.floats(0, 1), max_size=8))
def test_a_score_is_from_one_to_ten_and_more_pools_do_not_lower_it(depths: list[float]) -> None:
    assert 1 <= spot.score(depths) <= 10
    assert spot.score([*depths, 0.5]) >= spot.score(depths)
