"""Spot pools: how likely they are to be reclaimed, how deep they are, what they cost.

Rules of this file: pure functions of the seed, the pool (a type in a zone) and an instant; money is
in millionths of a dollar an hour. AWS publishes bands of interruption, not the mechanism; the model
is ours and is calibrated to what is public:

- The Spot Instance Advisor puts each type in a Region into one of five bands by its monthly
  interruptions (<5, 5-10, 10-15, 15-20, >20 %). 21.6, 19.3, 13.5, 12.5 and 33.0 % of Linux types
  are in them; the type says more about the band than the Region, and large sizes are worse.
- The pool is the unit of failure. A pool is reclaimed by shocks, a Poisson process. A shock takes
  all of the pool's instances or a part of them, within three minutes, and leaves the pool dry for
  a while: nothing can be launched in it.
- Two minutes are given by the notice. A rebalance recommendation may come earlier.
- Prices move slowly and have nothing to do with interruptions.

https://aws.amazon.com/ec2/spot/instance-advisor/
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-interruptions.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec

from cloudchamber.kernel.streams import Stream, Streams
from cloudchamber.world.capacity.catalogue import InstanceType
from cloudchamber.world.geography.zones import region_of_zone

SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS
HOUR_NS: Final = 60 * MINUTE_NS
DAY_NS: Final = 24 * HOUR_NS
MONTH_NS: Final = 30 * DAY_NS

NOTICE_NS: Final = 2 * MINUTE_NS
SPREAD_NS: Final = 3 * MINUTE_NS
DRY_MEAN_NS: Final = 45 * MINUTE_NS
LEAD_MEAN_NS: Final = 10 * MINUTE_NS
HISTORY_NS: Final = 90 * DAY_NS
# Prices change at most so often.
PRICE_SLOT_NS: Final = 8 * HOUR_NS

# The middle of each band of the advisor, as a probability a month.
BANDS: Final = (0.025, 0.075, 0.125, 0.175, 0.30)
# Where a standard normal leaves 21.6, 40.9, 54.4 and 66.9 % below.
_CUTS: Final = (-0.786, -0.230, 0.111, 0.437)
# A shock takes everything, or from a tenth to six tenths.
_WHOLE: Final = 0.5
_PART_LEAST: Final = 0.1
_PART_MOST: Final = 0.6
MEAN_TAKEN: Final = _WHOLE + (1 - _WHOLE) * (_PART_LEAST + _PART_MOST) / 2
_SPREAD_OF_ZONES: Final = 0.35
_EARLY: Final = (3, 5)  # six times in ten the recommendation comes before the notice
_REMEMBERED: Final = 16_384
_MILLION: Final = 1_000_000
_RISK_MAX: Final = 0.9
_DEPTH_NOISE: Final = 0.12
_DEPTH_KNOT_NS: Final = 2 * DAY_NS
_PRICE_KNOT_NS: Final = 6 * DAY_NS
_SCORES: Final = 10
_CHANCES: Final = 3


class Shock(msgspec.Struct, frozen=True):
    """What a reclaim does: the part of the instances it takes (1.0: all), how long before the
    first notice the recommendation comes (0: with it), how long the pool then is dry."""

    part: float
    lead_ns: int
    dry_ns: int


def band(seed: int, zone_id: str, kind: InstanceType) -> int:
    """The advisor's band of a type in the zone's Region, from 0 (<5 %) to 4 (>20 %)."""
    return _band(seed, region_of_zone(zone_id) or "", kind.name, kind.vcpus)


@lru_cache(maxsize=_REMEMBERED)
def _band(seed: int, region: str, name: str, vcpus: int) -> int:
    streams = Streams(seed)
    # The type explains about two fifths of the variance, size a tenth, the Region little.
    of_type = 0.62 * _normal(streams.stream(f"spot/{name}", "band"))
    of_region = 0.17 * _normal(streams.stream(f"spot/{region}", "band"))
    of_both = 0.68 * _normal(streams.stream(f"spot/{region}/{name}", "band"))
    of_size = 0.25 * min(2.0, max(-1.5, (vcpus.bit_length() - 4) / 1.5))
    value = of_type + of_region + of_both + of_size
    return sum(value > cut for cut in _CUTS)


@lru_cache(maxsize=_REMEMBERED)
def risk(seed: int, zone_id: str, kind: InstanceType) -> float:
    """The probability that an instance of the pool is interrupted within a month."""
    noise = _normal(Streams(seed).stream(f"spot/{zone_id}/{kind.name}", "risk"))
    return min(_RISK_MAX, BANDS[band(seed, zone_id, kind)] * _exp(_SPREAD_OF_ZONES * noise))


def mean_gap_ns(monthly_risk: float) -> int:
    """The mean time between two shocks of a pool in which an instance has that risk."""
    shocks_a_month = -_ln_of_rest(monthly_risk) / MEAN_TAKEN
    return int(MONTH_NS / shocks_a_month)


def next_gap_ns(stream: Stream, monthly_risk: float) -> int:
    """How long until the next shock."""
    return stream.exponential_ns(mean_gap_ns(monthly_risk))


def shock(stream: Stream) -> Shock:
    """What the shock that has come does."""
    part = 1.0
    if stream.chance(1, 2):
        part = _PART_LEAST + (_PART_MOST - _PART_LEAST) * _unit(stream)
    lead = stream.exponential_ns(LEAD_MEAN_NS) if stream.chance(*_EARLY) else 0
    return Shock(part, lead, stream.exponential_ns(DRY_MEAN_NS))


def is_taken(stream: Stream, part: float) -> bool:
    """Whether a shock that takes such a part takes this instance."""
    return stream.chance(int(part * _MILLION), _MILLION)


def offset_ns(stream: Stream) -> int:
    """How long after the first notice an instance of the shock gets its own."""
    return stream.below(SPREAD_NS)


def depth(seed: int, zone_id: str, kind: InstanceType, t_ns: int) -> float:
    """How much room a pool has, from 0 to 1: deep pools are seldom reclaimed, and it drifts."""
    monthly = risk(seed, zone_id, kind)
    still = 1 - monthly / (monthly + BANDS[2])
    drift = _drift(seed, zone_id, kind.name, "depth", t_ns, _DEPTH_KNOT_NS)
    return min(1.0, max(0.0, still + _DEPTH_NOISE * drift))


def score(depths: list[float]) -> int:
    """The Spot placement score of a request that may go to several pools, from 1 to 10."""
    if not depths:
        return 1
    # A request that may go to three pools has three chances; more hardly add to them.
    best = sorted(depths, reverse=True)[:_CHANCES]
    return max(1, min(_SCORES, 1 + int(sum(best) / _CHANCES * (_SCORES - 1) + 0.5)))


def price(seed: int, zone_id: str, kind: InstanceType, on_demand: int, t_ns: int) -> int:
    """The Spot price at an instant: millionths of a dollar an hour, from what On-Demand costs."""
    slot = price_slot(seed, t_ns)
    return slot_price(seed, zone_id, kind, on_demand, slot)


def slot_price(seed: int, zone_id: str, kind: InstanceType, on_demand: int, slot: int) -> int:
    """The price of one slot: a discount of the pool's own, which drifts; to a hundredth of a cent.

    AWS: "up to a 90% discount compared to On-Demand prices"; savings are 55 to 75 % of it for most.
    """
    share = _share(seed, zone_id, kind.name)
    drift = _drift(seed, zone_id, kind.name, "price", slot * PRICE_SLOT_NS, _PRICE_KNOT_NS)
    part = min(0.9, max(0.1, share * (1 + 0.08 * drift)))
    return max(100, int(on_demand * part) // 100 * 100)


def price_slot(seed: int, t_ns: int) -> int:
    """The slot whose price holds at an instant."""
    slot = t_ns // PRICE_SLOT_NS
    return slot if slot_begins_ns(seed, slot) <= t_ns else slot - 1


@lru_cache(maxsize=_REMEMBERED)
def slot_begins_ns(seed: int, slot: int) -> int:
    """When the prices of a slot begin to hold."""
    jitter = Streams(seed).stream("spot/prices", f"slot-{slot}").below(PRICE_SLOT_NS // 2)
    return slot * PRICE_SLOT_NS + jitter // SECOND_NS * SECOND_NS


@lru_cache(maxsize=_REMEMBERED)
def _share(seed: int, zone_id: str, name: str) -> float:
    return 0.25 + 0.2 * _unit(Streams(seed).stream(f"spot/{zone_id}/{name}", "price"))


def _drift(seed: int, zone_id: str, name: str, what: str, t_ns: int, knot_ns: int) -> float:
    """Slow noise, about a standard normal: drawn at knots, straight in between."""
    knot, rest = divmod(t_ns, knot_ns)
    before = _knot(seed, zone_id, name, what, knot)
    after = _knot(seed, zone_id, name, what, knot + 1)
    return before + (after - before) * (rest / knot_ns)


@lru_cache(maxsize=_REMEMBERED)
def _knot(seed: int, zone_id: str, name: str, what: str, number: int) -> float:
    return _normal(Streams(seed).stream(f"spot/{zone_id}/{name}", f"{what}-{number}"))


def _unit(stream: Stream) -> float:
    return stream.below(_MILLION) / _MILLION


def _normal(stream: Stream) -> float:
    """Nearly normal: twelve uniforms, so that no library's logarithm decides what is drawn."""
    return sum(stream.below(_MILLION) for _ in range(12)) / _MILLION - 6


def _exp(x: float) -> float:
    """e^x for small x, by multiplications only: the same on every machine."""
    value = 1 + x / 1024
    for _ in range(10):
        value *= value
    return value


def _ln_of_rest(p: float) -> float:
    """ln(1 - p) for p from 0 to 0.9, by its series."""
    total, power = 0.0, 1.0
    for k in range(1, 200):
        power *= p
        total -= power / k
    return total
