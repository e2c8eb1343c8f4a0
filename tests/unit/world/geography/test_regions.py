"""The table of Regions and partitions, held against the SDKs' own endpoint data."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import botocore
import pytest

from cloudchamber.world.geography import regions as table
from cloudchamber.world.geography.partitions import expect_partition, find_partition
from cloudchamber.world.geography.regions import (
    SHUFFLED_REGIONS,
    dns_suffix_of,
    endpoint_of,
    expect_region,
    find_region,
    find_region_by_prefix,
    partition_of,
    partitions,
    regions,
)

DATA = Path(botocore.__file__).parent / "data"

# The list on AWS's page "Regions disabled by default", by code.
OPT_IN = {
    *("af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4"),
    *("ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2"),
    *("eu-south-1", "eu-south-2", "il-central-1", "me-central-1", "me-south-1", "mx-central-1"),
}
# In the SDKs' data, announced, not open.
ANNOUNCED = {"me-west-1", "sa-west-1"}


@cache
def sdk_partitions() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DATA / "partitions.json").read_text())["partitions"]
    return found


@cache
def sdk_endpoints() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DATA / "endpoints.json").read_text())["partitions"]
    return found


def sdk_regions() -> dict[str, tuple[str, str]]:
    """Region code -> (partition, long name), from both of the SDKs' files."""
    found = {}
    for partition in sdk_partitions():
        for code, about in partition["regions"].items():
            if not code.endswith("-global"):
                found[code] = (partition["id"], about["description"])
    for partition in sdk_endpoints():
        for code, about in partition["regions"].items():
            found[code] = (partition["partition"], about["description"])
    return found


def test_every_region_of_the_sdks_is_here_and_no_other() -> None:
    assert sorted(sdk_regions()) == sorted(each.name for each in regions())


def test_names_and_partitions_are_those_of_the_sdks() -> None:
    for code, (partition, long_name) in sdk_regions().items():
        here = expect_region(code)
        assert (code, here.partition, here.long_name) == (code, partition, long_name)
        assert partition_of(code) == partition


def test_partitions_are_those_of_the_sdks() -> None:
    assert sorted(each.name for each in partitions()) == sorted(p["id"] for p in sdk_partitions())
    for sdk in sdk_partitions():
        here = expect_partition(sdk["id"])
        assert here.dns_suffix == sdk["outputs"]["dnsSuffix"]
        assert here.dual_stack_dns_suffix == sdk["outputs"]["dualStackDnsSuffix"]
        assert here.home_region == sdk["outputs"]["implicitGlobalRegion"]
        assert here.region_pattern == sdk["regionRegex"]


def test_host_names_follow_the_sdks_template() -> None:
    for partition in sdk_endpoints():
        templates = {tuple(v["tags"]): v for v in partition["defaults"]["variants"]}
        plain = {"hostname": partition["defaults"]["hostname"], "dnsSuffix": partition["dnsSuffix"]}
        for code in partition["regions"]:
            for tags, variant in {(): plain, **templates}.items():
                host = variant["hostname"].format(
                    service="sqs", region=code, dnsSuffix=variant["dnsSuffix"]
                )
                here = endpoint_of("sqs", code, fips="fips" in tags, dual_stack="dualstack" in tags)
                assert here == host


def test_opt_in_regions_are_those_opened_after_march_2019() -> None:
    assert {each.name for each in regions() if each.opt_in} == OPT_IN | ANNOUNCED
    for each in regions("aws"):
        if each.opened is not None:
            assert each.opt_in == (each.opened > "2019-03")


def test_opening_months_are_months() -> None:
    for each in regions():
        assert each.opened is None or re.fullmatch(r"20[0-2]\d-(0[1-9]|1[0-2])", each.opened)
    assert all(expect_region(code).opened is None for code in ANNOUNCED)


def test_shuffled_regions_are_those_opened_up_to_november_2012() -> None:
    commercial = [each for each in regions() if each.partition in ("aws", "aws-us-gov")]
    old = {each.name for each in commercial if each.opened and each.opened <= "2012-11"}
    assert old == set(SHUFFLED_REGIONS)
    assert {each.name for each in regions() if each.shuffled} == old


@pytest.mark.parametrize(
    ("region", "ids"),
    [
        ("us-east-1", "use1-az1 use1-az2 use1-az3 use1-az4 use1-az5 use1-az6"),
        ("us-east-2", "use2-az1 use2-az2 use2-az3"),
        ("us-west-1", "usw1-az1 usw1-az2 usw1-az3"),
        ("us-west-2", "usw2-az1 usw2-az2 usw2-az3 usw2-az4"),
        ("af-south-1", "afs1-az1 afs1-az2 afs1-az3"),
        ("ap-northeast-1", "apne1-az1 apne1-az2 apne1-az3 apne1-az4"),
        ("ap-northeast-2", "apne2-az1 apne2-az2 apne2-az3 apne2-az4"),
        ("ca-central-1", "cac1-az1 cac1-az2 cac1-az4"),
        ("eu-west-1", "euw1-az1 euw1-az2 euw1-az3"),
        ("eu-west-2", "euw2-az1 euw2-az2 euw2-az3 euw2-az4"),
        ("cn-north-1", "cnn1-az1 cnn1-az2 cnn1-az4"),
        ("us-gov-west-1", "usgw1-az1 usgw1-az2 usgw1-az3"),
    ],
)
def test_zone_ids_are_aws_s(region: str, ids: str) -> None:
    assert expect_region(region).zone_ids == tuple(ids.split())


def test_every_region_has_at_least_three_zones_of_its_own() -> None:
    prefixes = [each.zone_prefix for each in regions()]
    assert len(set(prefixes)) == len(prefixes)
    for each in regions():
        assert len(each.zone_ids) >= 3
        assert len(set(each.zone_ids)) == len(each.zone_ids)
        assert all(re.fullmatch(rf"{each.zone_prefix}-az\d", i) for i in each.zone_ids)
        assert list(each.letters) == sorted(set(each.letters))
        assert len(each.zones) == len(each.zone_ids) - bool(each.withheld)
        assert set(each.withheld) <= set(each.zone_ids)
        found = find_region_by_prefix(each.zone_prefix)
        assert found is each


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        expect_region("us-east-1").long_name = "mine"  # type: ignore[misc]
    with pytest.raises(TypeError):
        table._by_name()["us-nowhere-1"] = expect_region("us-east-1")  # type: ignore[index]


def test_unknown_names() -> None:
    assert find_region("us-nowhere-1") is None
    assert find_partition("aws-moon") is None
    with pytest.raises(KeyError, match="us-nowhere-1"):
        expect_region("us-nowhere-1")
    with pytest.raises(KeyError, match="aws-moon"):
        expect_partition("aws-moon")
    # A Region may open after this table was written: the SDKs' patterns know its partition.
    assert partition_of("cn-south-1") == "aws-cn"
    assert partition_of("us-gov-south-1") == "aws-us-gov"
    assert partition_of("eu-west-9") == "aws"
    assert partition_of("") == "aws"
    assert dns_suffix_of("cn-south-1") == "amazonaws.com.cn"


def test_countries() -> None:
    virginia = expect_region("us-east-1")
    assert (virginia.geography, virginia.sub_geography) == ("United States of America", "Virginia")
    ireland = expect_region("eu-west-1")
    assert (ireland.geography, ireland.sub_geography) == ("Ireland", None)
