"""Spot price history, placement scores, the data feed, and Reserved Instances."""

from __future__ import annotations

from typing import Any

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.refusing import refusal

DAY = 86_400


def test_ninety_days_of_prices_are_there(ec2: Any) -> None:
    pages = ec2.get_paginator("describe_spot_price_history").paginate(
        InstanceTypes=["m5.large"],
        ProductDescriptions=["Linux/UNIX"],
        AvailabilityZone="eu-west-1a",
        StartTime="2026-10-03T00:00:00Z",
        MaxResults=100,
    )
    rows = [each for page in pages for each in page["SpotPriceHistory"]]
    stamps = [each["Timestamp"] for each in rows]
    assert stamps == sorted(stamps, reverse=True)
    assert 85 * DAY < (stamps[0] - stamps[-1]).total_seconds() <= 91 * DAY
    prices = [float(each["SpotPrice"]) for each in rows]
    assert 0.02 < min(prices) <= max(prices) < 0.09
    assert len(set(prices)) > 20


def test_without_times_the_price_of_now(chamber: Chamber, ec2: Any) -> None:
    def now() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ec2.describe_spot_price_history(
            InstanceTypes=["m5.large"], ProductDescriptions=["Linux/UNIX"]
        )["SpotPriceHistory"]
        return found

    first = now()
    assert [each["AvailabilityZone"] for each in first] == [
        "eu-west-1a",
        "eu-west-1b",
        "eu-west-1c",
    ]
    chamber.advance("30d")
    assert [each["SpotPrice"] for each in now()] != [each["SpotPrice"] for each in first]
    again = ec2.describe_spot_price_history(
        InstanceTypes=["m5.large"],
        ProductDescriptions=["Linux/UNIX"],
        EndTime="2027-01-01T00:00:00Z",
        StartTime="2027-01-01T00:00:00Z",
    )["SpotPriceHistory"]
    assert again == first


def test_prices_are_filtered(ec2: Any) -> None:
    filters = [
        {"Name": "instance-type", "Values": ["c5.*large"]},
        {"Name": "availability-zone", "Values": ["eu-west-1b"]},
        {"Name": "product-description", "Values": ["Windows"]},
    ]
    rows = ec2.describe_spot_price_history(Filters=filters)["SpotPriceHistory"]
    assert {each["ProductDescription"] for each in rows} == {"Windows"}
    assert "c5.large" in {each["InstanceType"] for each in rows}
    price = rows[0]["SpotPrice"]
    filters.append({"Name": "spot-price", "Values": [price]})
    rows = ec2.describe_spot_price_history(Filters=filters)["SpotPriceHistory"]
    assert {each["SpotPrice"] for each in rows} == {price}
    bad = {"ProductDescriptions": ["BeOS"]}
    assert refusal(ec2.describe_spot_price_history, **bad)[0] == "InvalidParameterValue"
    code, _ = refusal(ec2.describe_spot_price_history, NextToken="x")
    assert code == "InvalidNextToken"


def test_scores_go_down_with_fewer_types_and_more_capacity(ec2: Any) -> None:
    types = ["m5.large", "c5.large", "r5.large", "m5.xlarge"]

    def score(types: list[str], capacity: int) -> int:
        answer = ec2.get_spot_placement_scores(InstanceTypes=types, TargetCapacity=capacity)
        number: int = answer["SpotPlacementScores"][0]["Score"]
        return number

    assert 1 <= score(types, 10_000) < score(types, 10) <= 10
    assert score(types[:1], 10) <= 3
    by_zone = ec2.get_spot_placement_scores(
        InstanceTypes=types,
        TargetCapacity=1,
        SingleAvailabilityZone=True,
        RegionNames=["eu-west-1", "us-east-1"],
    )["SpotPlacementScores"]
    assert len(by_zone) == 9
    assert refusal(ec2.get_spot_placement_scores, TargetCapacity=1)[0] == "MissingParameter"
    needs = {"VCpuCount": {"Min": 2, "Max": 4}, "MemoryMiB": {"Min": 4096, "Max": 16384}}
    wanted = {"ArchitectureTypes": ["x86_64"], "InstanceRequirements": needs}
    many = ec2.get_spot_placement_scores(
        InstanceRequirementsWithMetadata=wanted, TargetCapacity=10
    )["SpotPlacementScores"]
    assert many[0]["Score"] >= score(types, 10)


def test_a_data_feed_is_kept(chamber: Chamber, ec2: Any) -> None:
    assert refusal(ec2.describe_spot_datafeed_subscription)[0] == "InvalidSpotDatafeed.NotFound"
    chamber.client("s3").create_bucket(
        Bucket="feeds", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    ec2.create_spot_datafeed_subscription(Bucket="feeds", Prefix="spot")
    row = ec2.describe_spot_datafeed_subscription()["SpotDatafeedSubscription"]
    assert (row["Bucket"], row["Prefix"], row["State"]) == ("feeds", "spot", "Active")
    ec2.delete_spot_datafeed_subscription()
    assert refusal(ec2.describe_spot_datafeed_subscription)[0] == "InvalidSpotDatafeed.NotFound"


def test_reserved_instances_are_bought_and_end(chamber: Chamber, ec2: Any) -> None:
    offers = ec2.describe_reserved_instances_offerings(
        InstanceType="m5.large", ProductDescription="Linux/UNIX", MaxResults=100
    )["ReservedInstancesOfferings"]
    assert len(offers) == 12
    wanted = next(
        each
        for each in offers
        if (each["OfferingType"], each["Duration"], each["OfferingClass"])
        == ("All Upfront", 31_536_000, "standard")
    )
    assert wanted["RecurringCharges"][0]["Amount"] == 0
    assert 400 < wanted["FixedPrice"] < 700
    bought = ec2.purchase_reserved_instances_offering(
        InstanceCount=2, ReservedInstancesOfferingId=wanted["ReservedInstancesOfferingId"]
    )["ReservedInstancesId"]
    (row,) = ec2.describe_reserved_instances()["ReservedInstances"]
    assert (row["ReservedInstancesId"], row["State"], row["InstanceCount"]) == (
        bought,
        "active",
        2,
    )
    chamber.advance("366d")
    active = [{"Name": "state", "Values": ["active"]}]
    assert ec2.describe_reserved_instances(Filters=active)["ReservedInstances"] == []
    code, _ = refusal(
        ec2.purchase_reserved_instances_offering,
        InstanceCount=1,
        ReservedInstancesOfferingId="00000000-0000-4000-8000-000000000000",
    )
    assert code == "InvalidReservedInstancesOfferingId.NotFound"


def test_a_purchase_can_be_queued_and_taken_back(ec2: Any) -> None:
    offer = ec2.describe_reserved_instances_offerings(InstanceType="m5.large", MaxResults=1)[
        "ReservedInstancesOfferings"
    ][0]["ReservedInstancesOfferingId"]
    bought = ec2.purchase_reserved_instances_offering(
        InstanceCount=1, ReservedInstancesOfferingId=offer, PurchaseTime="2027-02-01T00:00:00Z"
    )["ReservedInstancesId"]
    assert ec2.describe_reserved_instances()["ReservedInstances"][0]["State"] == "queued"
    answer = ec2.delete_queued_reserved_instances(ReservedInstancesIds=[bought, "x"])
    assert len(answer["SuccessfulQueuedPurchaseDeletions"]) == 1
    assert len(answer["FailedQueuedPurchaseDeletions"]) == 1


def test_nobody_sells_scheduled_instances(ec2: Any) -> None:
    assert ec2.describe_scheduled_instances()["ScheduledInstanceSet"] == []
    code, message = refusal(
        ec2.purchase_scheduled_instances,
        PurchaseRequests=[{"InstanceCount": 1, "PurchaseToken": "t"}],
    )
    assert code == "NotImplemented"
    assert "sells no Scheduled Instances" in message
