"""DescribeRegions, asked by botocore's own client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber.testing.chamber import Chamber
from cloudchamber.world.geography.regions import regions

INVALID = "InvalidParameterValue"
DEFAULT_COUNT = 17  # "Regions enabled by default" in AWS's list


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1) as opened:
        yield opened


def named(answer: dict[str, Any]) -> list[str]:
    return [each["RegionName"] for each in answer["Regions"]]


def test_an_account_sees_the_regions_it_may_use(chamber: Chamber) -> None:
    answer = chamber.client("ec2").describe_regions()
    assert len(answer["Regions"]) == DEFAULT_COUNT
    assert {each["OptInStatus"] for each in answer["Regions"]} == {"opt-in-not-required"}
    ireland = next(each for each in answer["Regions"] if each["RegionName"] == "eu-west-1")
    assert ireland == {
        "Endpoint": "ec2.eu-west-1.amazonaws.com",
        "Geography": [{"Name": "Ireland"}],
        "OptInStatus": "opt-in-not-required",
        "RegionName": "eu-west-1",
    }


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-east-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
    ],
)
def test_all_regions_are_those_of_the_partition(
    chamber: Chamber, region: str, partition: str
) -> None:
    answer = chamber.client("ec2", region).describe_regions(AllRegions=True)
    assert named(answer) == sorted(each.name for each in regions(partition))


def test_enabling_a_region_opens_it_to_that_account_alone(chamber: Chamber) -> None:
    chamber.client("account", account="111111111111").enable_region(RegionName="af-south-1")
    mine = chamber.client("ec2", account="111111111111")
    yours = chamber.client("ec2", account="222222222222")
    assert "af-south-1" in named(mine.describe_regions())
    assert "af-south-1" not in named(yours.describe_regions())
    status = {
        client: client.describe_regions(RegionNames=["af-south-1"])["Regions"][0]["OptInStatus"]
        for client in (mine, yours)
    }
    assert status == {mine: "opted-in", yours: "not-opted-in"}
    chamber.client("account", account="111111111111").disable_region(RegionName="af-south-1")
    assert "af-south-1" not in named(mine.describe_regions())


def test_filters(chamber: Chamber) -> None:
    ec2 = chamber.client("ec2")

    def filtered(name: str, *values: str, **more: Any) -> list[str]:
        return named(ec2.describe_regions(Filters=[{"Name": name, "Values": values}], **more))

    assert filtered("region-name", "eu-west-?") == ["eu-west-1", "eu-west-2", "eu-west-3"]
    assert filtered("endpoint", "ec2.us-east-1.amazonaws.com") == ["us-east-1"]
    assert filtered("endpoint", "*eu-n*") == ["eu-north-1"]
    assert filtered("opt-in-status", "not-opted-in") == []
    closed = filtered("opt-in-status", "not-opted-in", AllRegions=True)
    assert closed == sorted(each.name for each in regions("aws") if each.opt_in)
    both = [
        {"Name": "region-name", "Values": ["us-*"]},
        {"Name": "endpoint", "Values": ["*west*", "*south*"]},
    ]
    assert named(ec2.describe_regions(Filters=both)) == ["us-west-1", "us-west-2"]


@pytest.mark.parametrize(
    ("request_", "code", "message", "status"),
    [
        ({"RegionNames": ["us--east-1"]}, INVALID, "Invalid region: [us--east-1]", 400),
        ({"RegionNames": ["cn-north-1"]}, INVALID, "Invalid region: [cn-north-1]", 400),
        (
            {"Filters": [{"Name": "colour", "Values": ["red"]}]},
            INVALID,
            "The filter 'colour' is invalid",
            400,
        ),
        (
            {"DryRun": True},
            "DryRunOperation",
            "Request would have succeeded, but DryRun flag is set.",
            412,
        ),
    ],
)  # fmt: skip
def test_errors(
    chamber: Chamber, request_: dict[str, Any], code: str, message: str, status: int
) -> None:
    with pytest.raises(ClientError) as found:
        chamber.client("ec2").describe_regions(**request_)
    assert found.value.response["Error"]["Code"] == code
    assert found.value.response["Error"]["Message"] == message
    assert found.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_reading_regions_writes_nothing_down(chamber: Chamber) -> None:
    before = chamber.digest
    chamber.client("ec2").describe_regions(AllRegions=True)
    assert chamber.digest == before
