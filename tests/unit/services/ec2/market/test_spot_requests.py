"""Spot requests: fulfilled, held, cancelled, expired; RunInstances in the Spot market."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.market.asking import request_of, state_of, status_of
from tests.unit.services.ec2.market.conftest import TWO
from tests.unit.services.ec2.refusing import refusal


@pytest.fixture
def spec(image: str) -> dict[str, Any]:
    return {"ImageId": image, "InstanceType": "m5.large"}


def asked(ec2: Any, **request: Any) -> str:
    rows = ec2.request_spot_instances(**request)["SpotInstanceRequests"]
    assert [each["State"] for each in rows] == ["open"] * len(rows)
    identifier: str = rows[0]["SpotInstanceRequestId"]
    return identifier


def test_a_request_is_fulfilled_with_an_instance(ec2: Any, spec: dict[str, Any]) -> None:
    tags = [{"ResourceType": "spot-instances-request", "Tags": [{"Key": "team", "Value": "a"}]}]
    identifier = asked(ec2, LaunchSpecification=spec, TagSpecifications=tags)
    row = request_of(ec2, identifier)
    assert (row["State"], row["Status"]["Code"]) == ("active", "fulfilled")
    assert row["Tags"] == [{"Key": "team", "Value": "a"}]
    instance = ec2.describe_instances(InstanceIds=[row["InstanceId"]])["Reservations"][0][
        "Instances"
    ][0]
    assert instance["InstanceLifecycle"] == "spot"
    assert instance["SpotInstanceRequestId"] == identifier
    zone = instance["Placement"]["AvailabilityZone"]
    assert row["LaunchedAvailabilityZone"] == zone
    found = ec2.describe_spot_instance_requests(
        Filters=[
            {"Name": "launch.instance-type", "Values": ["m5.*"]},
            {"Name": "instance-id", "Values": [row["InstanceId"]]},
        ]
    )
    assert len(found["SpotInstanceRequests"]) == 1


def test_a_price_that_is_too_low_waits(chamber: Chamber, ec2: Any, spec: dict[str, Any]) -> None:
    identifier = asked(ec2, LaunchSpecification=spec, SpotPrice="0.0001")
    row = request_of(ec2, identifier)
    assert (row["State"], row["Status"]["Code"]) == ("open", "price-too-low")
    assert (
        "Your Spot request price of 0.000100 is lower than the minimum"
        in (row["Status"]["Message"])
    )
    chamber.advance("2d")
    assert status_of(ec2, identifier) == ("open", "price-too-low")
    ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=[identifier])
    assert status_of(ec2, identifier) == ("cancelled", "canceled-before-fulfillment")


def test_a_price_that_rises_takes_the_instance_back(
    chamber: Chamber, ec2: Any, spec: dict[str, Any]
) -> None:
    zone = "eu-west-1a"
    spec["Placement"] = {"AvailabilityZone": zone}
    history = ec2.describe_spot_price_history(
        InstanceTypes=["m5.large"], ProductDescriptions=["Linux/UNIX"], AvailabilityZone=zone
    )["SpotPriceHistory"]
    identifier = asked(ec2, LaunchSpecification=spec, SpotPrice=history[0]["SpotPrice"])
    assert status_of(ec2, identifier) == ("active", "fulfilled")
    instance = request_of(ec2, identifier)["InstanceId"]
    for _ in range(120):
        if status_of(ec2, identifier)[0] != "active":
            break
        chamber.advance("1d")
    assert status_of(ec2, identifier) == ("closed", "instance-terminated-by-price")
    whats = [each["what"] for each in chamber.events() if each["about"].endswith(instance)]
    assert "ec2.spot-interruption-warning" in whats


def test_cancelling_leaves_the_instance_running(ec2: Any, spec: dict[str, Any]) -> None:
    identifier = asked(ec2, LaunchSpecification=spec)
    instance = request_of(ec2, identifier)["InstanceId"]
    ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=[identifier])
    assert status_of(ec2, identifier) == ("cancelled", "request-canceled-and-instance-running")
    assert state_of(ec2, instance) == "running"
    ec2.terminate_instances(InstanceIds=[instance])
    assert status_of(ec2, identifier) == ("cancelled", "instance-terminated-by-user")


def test_terminating_closes_a_one_time_request_and_renews_a_persistent_one(
    chamber: Chamber, ec2: Any, spec: dict[str, Any]
) -> None:
    once = asked(ec2, LaunchSpecification=spec)
    ever = asked(ec2, LaunchSpecification=spec, Type="persistent")
    first = request_of(ec2, ever)["InstanceId"]
    ec2.terminate_instances(InstanceIds=[request_of(ec2, once)["InstanceId"], first])
    assert status_of(ec2, once) == ("closed", "instance-terminated-by-user")
    chamber.advance("1h")
    row = request_of(ec2, ever)
    assert row["State"] == "active"
    assert row["InstanceId"] != first
    assert state_of(ec2, row["InstanceId"]) == "running"


def test_a_stopped_instance_can_be_started_again(ec2: Any, spec: dict[str, Any]) -> None:
    identifier = asked(
        ec2, LaunchSpecification=spec, Type="persistent", InstanceInterruptionBehavior="stop"
    )
    instance = request_of(ec2, identifier)["InstanceId"]
    ec2.stop_instances(InstanceIds=[instance])
    assert status_of(ec2, identifier) == ("disabled", "instance-stopped-by-user")
    ec2.start_instances(InstanceIds=[instance])
    assert status_of(ec2, identifier) == ("active", "fulfilled")


def test_requests_have_their_time(chamber: Chamber, ec2: Any, spec: dict[str, Any]) -> None:
    begins, ends = "2027-01-02T00:00:00Z", "2027-01-03T00:00:00Z"
    later = asked(ec2, LaunchSpecification=spec, ValidFrom=begins)
    never = asked(ec2, LaunchSpecification=spec, SpotPrice="0.0001", ValidUntil=ends)
    assert status_of(ec2, later) == ("open", "not-scheduled-yet")
    chamber.advance("25h")
    assert status_of(ec2, later) == ("active", "fulfilled")
    chamber.advance("48h")
    assert status_of(ec2, never) == ("closed", "schedule-expired")


def test_what_cannot_be_asked(ec2: Any, spec: dict[str, Any]) -> None:
    def code(**request: Any) -> str:
        return refusal(ec2.request_spot_instances, **request)[0]

    assert code() == "MissingParameter"
    assert code(LaunchSpecification=spec, SpotPrice="much") == "InvalidParameterValue"
    assert code(LaunchSpecification=spec, SpotPrice="0") == "InvalidParameterValue"
    assert code(LaunchSpecification=spec, InstanceCount=0) == "InvalidParameterValue"
    assert (
        code(LaunchSpecification=spec, InstanceInterruptionBehavior="stop")
        == "InvalidParameterCombination"
    )
    assert code(LaunchSpecification=spec, BlockDurationMinutes=60) == "InvalidParameterValue"
    assert code(LaunchSpecification={**spec, "InstanceType": "m5.tiny"}) == "InvalidParameterValue"
    assert code(LaunchSpecification={**spec, "ImageId": "ami-12345678"}).startswith("InvalidAMIID")
    assert ec2.describe_spot_instance_requests()["SpotInstanceRequests"] == []


def test_an_empty_price_is_none(ec2: Any, spec: dict[str, Any]) -> None:
    made = ec2.request_spot_instances(LaunchSpecification=spec, SpotPrice="")
    assert float(made["SpotInstanceRequests"][0]["SpotPrice"]) > 0


def test_run_instances_in_the_spot_market(ec2: Any, spec: dict[str, Any]) -> None:
    options = {"MarketType": "spot", "SpotOptions": {"MaxPrice": "0.0001"}}
    request = {"MinCount": 2, "MaxCount": 2, "InstanceMarketOptions": options, **spec}
    code, _ = refusal(ec2.run_instances, **request)
    assert code == "SpotMaxPriceTooLow"
    del options["SpotOptions"]
    made = ec2.run_instances(**request)["Instances"]
    requests = ec2.describe_spot_instance_requests()["SpotInstanceRequests"]
    assert {each["InstanceId"] for each in requests} == {each["InstanceId"] for each in made}
    assert {each["Status"]["Code"] for each in requests} == {"fulfilled"}


def test_a_launch_template_can_ask_for_spot(ec2: Any, spec: dict[str, Any]) -> None:
    data = {**spec, "InstanceMarketOptions": {"MarketType": "spot"}}
    ec2.create_launch_template(LaunchTemplateName="spot", LaunchTemplateData=data)
    made = ec2.run_instances(MinCount=1, MaxCount=1, LaunchTemplate={"LaunchTemplateName": "spot"})[
        "Instances"
    ][0]
    assert made["InstanceLifecycle"] == "spot"
    assert status_of(ec2, made["SpotInstanceRequestId"]) == ("active", "fulfilled")


def test_nobody_else_sees_a_request(chamber: Chamber, ec2: Any, spec: dict[str, Any]) -> None:
    identifier = asked(ec2, LaunchSpecification=spec)
    other = chamber.client("ec2", account=TWO)
    assert other.describe_spot_instance_requests()["SpotInstanceRequests"] == []
    code, _ = refusal(other.cancel_spot_instance_requests, SpotInstanceRequestIds=[identifier])
    assert code == "InvalidSpotInstanceRequestID.NotFound"


def test_a_client_token_asks_once(ec2: Any, spec: dict[str, Any]) -> None:
    request = {"LaunchSpecification": spec, "ClientToken": "t"}
    ec2.request_spot_instances(**request)
    ec2.request_spot_instances(**request)
    assert len(ec2.describe_spot_instance_requests()["SpotInstanceRequests"]) == 1
