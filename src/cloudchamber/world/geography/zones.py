"""The zones of a Region as one account sees them: ids are places, names are the account's own.

Rules of this file: pure functions of (seed, account, Region), so the same world gives an account
the same names for ever, and no account's names depend on which others exist. Everything that is
placed anywhere is placed by zone id; a name is looked up when an account speaks it.

In the Regions that AWS opened before November 2012 the letters are dealt anew for each account, by
a shuffle of the zone ids with the account's own random stream. Elsewhere they are the same for all.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

import msgspec

from cloudchamber.kernel.streams import Streams
from cloudchamber.world.geography.edge_zones import local_zone_rows, wavelength_zone_rows
from cloudchamber.world.geography.regions import (
    Region,
    expect_region,
    find_region,
    find_region_by_prefix,
)

ZoneType = Literal["availability-zone", "local-zone", "wavelength-zone"]

# Every account that a large test uses, in every Region it touches.
_REMEMBERED: Final = 4096

# us-east-1-wl1-bos-wlz-1 is in the group us-east-1-wl1, us-east-1-foe-wlz-1a in a group of its own.
_NUMBERED_CARRIER: Final = re.compile(r"(.+-wl\d+)-[a-z]+-wlz-\d+", re.ASCII)
_EDGE_REGION: Final = re.compile(r"([a-z]+-[a-z]+-\d)-.+", re.ASCII)


class Zone(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A zone as an account sees it.

    `name` is the account's name for it, `id` the place. `group` is the zone group to opt in to,
    `border_group` where public addresses are announced from. `group_long_name` and the two
    geographies are AWS's words. `parent_id` and `parent_name` are those of the Availability Zone
    that runs the control plane of a Local Zone or Wavelength Zone. `on_request` marks a zone that
    AWS opens to an account only through AWS Support.
    """

    name: str
    id: str
    region: str
    type: ZoneType
    group: str
    group_long_name: str
    border_group: str
    geography: str | None = None
    sub_geography: str | None = None
    parent_id: str | None = None
    parent_name: str | None = None
    on_request: bool = False


def _dealt(region: Region, account: str, seed: int) -> tuple[tuple[str, str], ...]:
    """(letter, zone id) for one account, by letter."""
    if not region.shuffled:
        return region.zones
    arn = f"arn:{region.partition}:ec2:{region.name}:{account}:availability-zones"
    # Streams of the seed and not of the world: asking for a name must not be a draw of the world's.
    stream = Streams(seed).stream(arn, "zone-names")
    ids = list(region.zone_ids)
    if region.withheld:
        ids.remove(region.withheld[stream.below(len(region.withheld))])
    stream.shuffle(ids)
    return tuple(zip(region.letters, ids, strict=True))


@lru_cache(maxsize=_REMEMBERED)
def zones_of(region: str, account: str, seed: int) -> tuple[Zone, ...]:
    """The Availability Zones of a Region for an account, by name. KeyError for no such Region."""
    place = expect_region(region)
    return tuple(
        Zone(
            name=region + letter,
            id=zone_id,
            region=region,
            type="availability-zone",
            group=region,
            group_long_name=f"{place.long_name} 1",
            border_group=region,
            geography=place.geography,
            sub_geography=place.sub_geography,
        )
        for letter, zone_id in _dealt(place, account, seed)
    )


@lru_cache(maxsize=_REMEMBERED)
def edge_zones_of(region: str, account: str, seed: int) -> tuple[Zone, ...]:
    """The Local Zones and then the Wavelength Zones of a Region, each by name.

    AWS does not publish which zone is the parent of a Wavelength Zone. Here they are dealt in turn
    to the zones that every account can see, which keeps them apart from one another's failures.
    """
    names = {zone.id: zone.name for zone in zones_of(region, account, seed)}
    local = [
        Zone(
            name=row.name,
            id=row.zone_id,
            region=region,
            type="local-zone",
            group=row.name[:-1],
            group_long_name=row.group_long_name,
            border_group=row.name[:-1],
            geography=row.geography.rpartition(", ")[2],
            sub_geography=row.geography.rpartition(", ")[0] or None,
            parent_id=row.parent_id,
            parent_name=names.get(row.parent_id),
            on_request=row.on_request,
        )
        for row in local_zone_rows()
        if _region_of_edge(row.name) == region
    ]
    place = expect_region(region)
    parents = [zone_id for zone_id in place.zone_ids if zone_id not in place.withheld]
    wavelength: list[Zone] = []
    for row in wavelength_zone_rows():
        if _region_of_edge(row.name) != region:
            continue
        carrier = _NUMBERED_CARRIER.fullmatch(row.name)
        parent = parents[len(wavelength) % len(parents)]
        zone = Zone(
            name=row.name,
            id=row.zone_id,
            region=region,
            type="wavelength-zone",
            group=carrier[1] if carrier else row.name[:-1],
            group_long_name=row.group_long_name,
            border_group=row.name if carrier else row.name[:-1],
            parent_id=parent,
            parent_name=names.get(parent),
        )
        wavelength.append(zone)
    return (*sorted(local, key=_by_name), *sorted(wavelength, key=_by_name))


def _by_name(zone: Zone) -> str:
    return zone.name


def _region_of_edge(zone_name: str) -> str:
    found = _EDGE_REGION.fullmatch(zone_name)
    return found[1] if found else ""


def find_zone(region: str, account: str, seed: int, name: str) -> Zone | None:
    """The zone that an account calls `name` in a Region, or None."""
    return next((each for each in _everywhere(region, account, seed) if each.name == name), None)


def expect_zone(region: str, account: str, seed: int, name: str) -> Zone:
    """The zone that an account calls `name` in a Region; KeyError when it sees none."""
    found = find_zone(region, account, seed, name)
    if found is None:
        raise KeyError(f"account {account} has no zone {name!r} in {region}")
    return found


def find_zone_by_id(region: str, account: str, seed: int, zone_id: str) -> Zone | None:
    """How an account sees the zone `zone_id` of a Region; None when it does not see it."""
    return next((each for each in _everywhere(region, account, seed) if each.id == zone_id), None)


def expect_zone_by_id(region: str, account: str, seed: int, zone_id: str) -> Zone:
    """How an account sees the zone `zone_id` of a Region; KeyError when it does not see it."""
    found = find_zone_by_id(region, account, seed, zone_id)
    if found is None:
        raise KeyError(f"account {account} does not see the zone {zone_id!r} in {region}")
    return found


def zone_id(account: str, region: str, zone_name: str, seed: int) -> str:
    """The place that an account calls `zone_name`; KeyError when it sees no such zone."""
    return expect_zone(region, account, seed, zone_name).id


def zone_name(account: str, region: str, zone_id: str, seed: int) -> str:
    """What an account calls a place; KeyError when it does not see it."""
    return expect_zone_by_id(region, account, seed, zone_id).name


def region_of_zone(zone: str) -> str | None:
    """The Region of a zone, by its name or its id; None when it looks like neither."""
    letter = zone[-1:]
    if "a" <= letter <= "z" and find_region(zone[:-1]):
        return zone[:-1]
    edge = _region_of_edge(zone)
    if find_region(edge):
        return edge
    found = find_region_by_prefix(zone.partition("-")[0])
    return found.name if found else None


def _everywhere(region: str, account: str, seed: int) -> tuple[Zone, ...]:
    return zones_of(region, account, seed) + edge_zones_of(region, account, seed)
