"""Which instance types a zone offers: a pure function of the seed and the zone.

Rules of this file: families that most accounts live on are in every Availability Zone; what is old
is only in the Regions that are old; what is scarce is dealt to some zones by a keyed stream. AWS
publishes no table of it (DescribeInstanceTypeOfferings is the table), so the dealing is ours. One
case is taken from life: use1-az3 has no Nitro host, which is why `t3.micro` cannot start there.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-discovery.html
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from cloudchamber.kernel.streams import Streams
from cloudchamber.world.capacity.catalogue import InstanceType, all_types
from cloudchamber.world.geography.regions import expect_region
from cloudchamber.world.geography.zones import region_of_zone

WITHOUT_NITRO: Final = frozenset({"use1-az3"})
# What AWS's Local Zones and Wavelength Zones have in common.
# https://aws.amazon.com/about-aws/global-infrastructure/localzones/features/
AT_THE_EDGE: Final = frozenset({"t3", "c5", "c5d", "m5", "r5", "r5d", "g4dn"})
_SCARCE: Final = frozenset({"p", "trn", "dl", "inf", "hpc", "mac", "f", "u", "g", "x", "h", "z"})
# Of each hundred zones, those that have a scarce family.
_SCARCE_ZONES: Final = 60
_REMEMBERED: Final = 512


def is_offered(seed: int, zone_id: str, kind: InstanceType) -> bool:
    """True where a zone has hosts for a type."""
    return kind.family in _families(seed, zone_id)


def offered(seed: int, zone_id: str) -> tuple[InstanceType, ...]:
    """Every type that a zone has, by family and size."""
    families = _families(seed, zone_id)
    return tuple(kind for kind in all_types() if kind.family in families)


def zones_with(seed: int, zone_ids: Sequence[str], kind: InstanceType) -> list[str]:
    """Those of the zones that have a type, in their order."""
    return [each for each in zone_ids if is_offered(seed, each, kind)]


@lru_cache(maxsize=_REMEMBERED)
def _families(seed: int, zone_id: str) -> frozenset[str]:
    region = expect_region(region_of_zone(zone_id) or "")
    is_edge = zone_id not in region.zone_ids
    found: list[str] = []
    seen = ""
    for kind in all_types():
        if kind.family == seen:
            continue
        seen = kind.family
        if is_edge:
            has = kind.family in AT_THE_EDGE
        elif zone_id in WITHOUT_NITRO:
            has = not kind.is_nitro and kind.letters not in _SCARCE
        elif kind.letters in _SCARCE:
            draw = Streams(seed).stream(f"capacity/{zone_id}/{kind.family}", "offered")
            has = draw.below(100) < _SCARCE_ZONES
        else:
            has = kind.is_current or region.shuffled
        if has:
            found.append(seen)
    return frozenset(found)
