"""Zones as accounts see them: names shuffled where AWS shuffles them, ids fixed everywhere."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.world.geography.edge_zones import local_zone_rows, wavelength_zone_rows
from cloudchamber.world.geography.regions import SHUFFLED_REGIONS, expect_region, regions
from cloudchamber.world.geography.zones import (
    Zone,
    edge_zones_of,
    expect_zone,
    expect_zone_by_id,
    find_zone,
    find_zone_by_id,
    region_of_zone,
    zone_id,
    zone_name,
    zones_of,
)

accounts = st.integers(0, 10**12 - 1).map(lambda number: f"{number:012d}")
seeds = st.integers(0, 2**64 - 1)
region_names = st.sampled_from([each.name for each in regions()])


def mapping(region: str, account: str, seed: int = 1) -> dict[str, str]:
    return {zone.name: zone.id for zone in zones_of(region, account, seed)}


@given(region_names, accounts, seeds)
def test_an_account_has_one_name_for_each_of_its_zones(
    region: str, account: str, seed: int
) -> None:
    place = expect_region(region)
    zones = zones_of(region, account, seed)
    assert [zone.name for zone in zones] == [region + letter for letter in place.letters]
    ids = {zone.id for zone in zones}
    assert len(ids) == len(zones)
    assert ids <= set(place.zone_ids)
    assert len(place.zone_ids) - len(ids) == (1 if place.withheld else 0)
    for zone in zones:
        assert zone_id(account, region, zone.name, seed) == zone.id
        assert zone_name(account, region, zone.id, seed) == zone.name


@given(region_names, accounts, seeds)
def test_the_mapping_depends_on_nothing_but_seed_account_and_region(
    region: str, account: str, seed: int
) -> None:
    first = zones_of.__wrapped__(region, account, seed)
    for other in regions():
        zones_of.__wrapped__(other.name, "999999999999", seed)
    assert zones_of.__wrapped__(region, account, seed) == first


@given(region_names.filter(lambda name: name not in SHUFFLED_REGIONS), accounts, seeds)
def test_newer_regions_are_the_same_for_everyone(region: str, account: str, seed: int) -> None:
    assert mapping(region, account, seed) == mapping(region, "000000000000", 0)


def test_uniform_is_not_always_in_order() -> None:
    assert mapping("us-east-2", "111111111111") == {
        "us-east-2a": "use2-az1",
        "us-east-2b": "use2-az2",
        "us-east-2c": "use2-az3",
    }
    assert mapping("eu-central-1", "111111111111") == {
        "eu-central-1a": "euc1-az2",
        "eu-central-1b": "euc1-az3",
        "eu-central-1c": "euc1-az1",
    }
    assert list(mapping("ca-central-1", "111111111111")) == [
        "ca-central-1a",
        "ca-central-1b",
        "ca-central-1d",
    ]


@pytest.mark.parametrize("region", SHUFFLED_REGIONS)
def test_older_regions_deal_their_letters_fairly(region: str) -> None:
    """Each name stands for each zone in about the share of accounts that chance gives it."""
    count = 2000
    seen: Counter[tuple[str, str]] = Counter()
    for number in range(count):
        seen.update(mapping(region, f"{number:012d}").items())
    place = expect_region(region)
    open_ids = [i for i in place.zone_ids if place.withheld != (i,)]
    share = count / len(open_ids)
    for letter in place.letters:
        for each in open_ids:
            assert 0.8 * share < seen[region + letter, each] < 1.2 * share


def test_another_seed_is_another_world() -> None:
    maps = {tuple(mapping("us-east-1", "111111111111", seed).values()) for seed in range(200)}
    assert len(maps) > 100


def test_us_west_1_shows_two_of_three_and_tokyo_three_of_four() -> None:
    pairs = {frozenset(mapping("us-west-1", f"{n:012d}").values()) for n in range(100)}
    assert pairs == {
        frozenset({"usw1-az1", "usw1-az2"}),
        frozenset({"usw1-az1", "usw1-az3"}),
        frozenset({"usw1-az2", "usw1-az3"}),
    }
    threes = {frozenset(mapping("ap-northeast-1", f"{n:012d}").values()) for n in range(100)}
    assert threes == {frozenset({"apne1-az1", "apne1-az2", "apne1-az4"})}


def test_the_map_of_one_world_is_written_down() -> None:
    """Another answer here means that every saved world changed under its owner."""
    assert [each[-1] for each in mapping("us-east-1", "111111111111").values()] == list("345621")
    assert [each[-1] for each in mapping("us-east-1", "222222222222").values()] == list("135246")


def test_local_zones_hang_on_the_account_s_own_name_of_their_parent() -> None:
    for account in ("111111111111", "222222222222", "333333333333"):
        names = {each: name for name, each in mapping("us-west-2", account).items()}
        lax = expect_zone("us-west-2", account, 1, "us-west-2-lax-1a")
        assert lax == Zone(
            name="us-west-2-lax-1a",
            id="usw2-lax1-az1",
            region="us-west-2",
            type="local-zone",
            group="us-west-2-lax-1",
            group_long_name="US West (Los Angeles)",
            border_group="us-west-2-lax-1",
            geography="United States of America",
            sub_geography="California",
            parent_id="usw2-az2",
            parent_name=names["usw2-az2"],
        )


def test_wavelength_zones_share_a_group_and_announce_addresses_alone() -> None:
    boston = expect_zone("us-east-1", "111111111111", 1, "us-east-1-wl1-bos-wlz-1")
    assert boston.id == "use1-wl1-bos-wlz1"
    assert boston.group == "us-east-1-wl1"
    assert boston.border_group == "us-east-1-wl1-bos-wlz-1"
    assert boston.group_long_name == "US East (Verizon)"
    kansas = expect_zone("us-east-1", "111111111111", 1, "us-east-1-foe-wlz-1a")
    assert kansas.group == kansas.border_group == "us-east-1-foe-wlz-1"


@given(region_names, accounts, seeds)
def test_edge_zones_have_parents_that_the_account_sees(
    region: str, account: str, seed: int
) -> None:
    names = {zone.id: zone.name for zone in zones_of(region, account, seed)}
    edges = edge_zones_of(region, account, seed)
    for zone in edges:
        assert zone.parent_id in names
        assert zone.parent_name == names[zone.parent_id]
    assert [(z.type, z.name) for z in edges] == sorted((z.type, z.name) for z in edges)


def test_every_edge_zone_is_somewhere_once() -> None:
    listed = [row.name for row in local_zone_rows()] + [row.name for row in wavelength_zone_rows()]
    found = [zone for each in regions() for zone in edge_zones_of(each.name, "111111111111", 1)]
    assert sorted(listed) == sorted(zone.name for zone in found)
    assert len({zone.id for zone in found}) == len(found) == len(set(listed))
    for zone in found:
        place = expect_region(zone.region)
        assert zone.name.startswith(zone.region + "-")
        assert zone.name.startswith(zone.group + "-") or zone.name[:-1] == zone.group
        assert re.fullmatch(rf"{place.zone_prefix}-[a-z0-9]+(-[a-z]+)?-?(az|wlz)\d", zone.id)
        groups = {other.group_long_name for other in found if other.group == zone.group}
        assert groups == {zone.group_long_name}
    assert {zone.name for zone in found if zone.on_request} >= {"us-east-1-nyc-1a"}


def test_lookups() -> None:
    assert find_zone("us-east-1", "111111111111", 1, "us-east-1z") is None
    assert find_zone("us-east-1", "111111111111", 1, "use1-az1") is None
    assert find_zone_by_id("us-east-1", "111111111111", 1, "euw1-az1") is None
    with pytest.raises(KeyError, match="us-east-1z"):
        expect_zone("us-east-1", "111111111111", 1, "us-east-1z")
    with pytest.raises(KeyError, match="euw1-az1"):
        expect_zone_by_id("us-east-1", "111111111111", 1, "euw1-az1")
    with pytest.raises(KeyError, match="us-nowhere-1"):
        zones_of("us-nowhere-1", "111111111111", 1)


def test_region_of_zone() -> None:
    for each in regions():
        for zone in zones_of(each.name, "111111111111", 1):
            assert region_of_zone(zone.name) == region_of_zone(zone.id) == each.name
        for zone in edge_zones_of(each.name, "111111111111", 1):
            assert region_of_zone(zone.name) == region_of_zone(zone.id) == each.name
    for nonsense in ("", "a", "us-east-1", "xx-east-1a", "xxx1-az1", "us-east-1-"):
        assert region_of_zone(nonsense) is None
