"""Spot Fleets, the older API: the same engine behind other names."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.market.asking import state_of
from tests.unit.services.ec2.refusing import refusal

ROLE = "arn:aws:iam::111111111111:role/aws-ec2-spot-fleet-tagging-role"


@pytest.fixture
def config(image: str) -> dict[str, Any]:
    specs = [
        {"ImageId": image, "InstanceType": each, "WeightedCapacity": 1}
        for each in ("m5.large", "c5.large")
    ]
    return {
        "IamFleetRole": ROLE,
        "TargetCapacity": 4,
        "LaunchSpecifications": specs,
        "AllocationStrategy": "diversified",
    }


def asked(ec2: Any, config: dict[str, Any]) -> str:
    identifier: str = ec2.request_spot_fleet(SpotFleetRequestConfig=config)["SpotFleetRequestId"]
    return identifier


def ids_of(ec2: Any, identifier: str) -> set[str]:
    rows = ec2.describe_spot_fleet_instances(SpotFleetRequestId=identifier)["ActiveInstances"]
    return {each["InstanceId"] for each in rows}


def fleet_of(ec2: Any, identifier: str) -> dict[str, Any]:
    rows = ec2.describe_spot_fleet_requests(SpotFleetRequestIds=[identifier])
    found: dict[str, Any] = rows["SpotFleetRequestConfigs"][0]
    return found


def test_a_spot_fleet_launches_keeps_and_ends(ec2: Any, config: dict[str, Any]) -> None:
    fleet = asked(ec2, config)
    seen = fleet_of(ec2, fleet)
    assert (seen["SpotFleetRequestState"], seen["ActivityStatus"]) == ("active", "fulfilled")
    assert seen["SpotFleetRequestConfig"]["FulfilledCapacity"] == 4.0
    rows = ec2.describe_spot_fleet_instances(SpotFleetRequestId=fleet)["ActiveInstances"]
    assert sorted(each["InstanceType"] for each in rows) == ["c5.large"] * 2 + ["m5.large"] * 2
    ec2.terminate_instances(InstanceIds=[rows[0]["InstanceId"]])
    kept = ids_of(ec2, fleet)
    assert len(kept) == 4
    answer = ec2.cancel_spot_fleet_requests(
        SpotFleetRequestIds=[fleet, "sfr-x"], TerminateInstances=True
    )
    (done,) = answer["SuccessfulFleetRequests"]
    assert done["CurrentSpotFleetRequestState"] == "cancelled_terminating"
    assert len(answer["UnsuccessfulFleetRequests"]) == 1
    assert {state_of(ec2, each) for each in kept} == {"terminated"}
    assert fleet_of(ec2, fleet)["SpotFleetRequestState"] == "cancelled"


def test_a_target_can_be_changed(chamber: Chamber, ec2: Any, config: dict[str, Any]) -> None:
    fleet = asked(ec2, config)
    ec2.modify_spot_fleet_request(SpotFleetRequestId=fleet, TargetCapacity=6)
    assert len(ids_of(ec2, fleet)) == 6
    ec2.modify_spot_fleet_request(SpotFleetRequestId=fleet, TargetCapacity=2)
    assert len(ids_of(ec2, fleet)) == 2
    history = ec2.describe_spot_fleet_request_history(
        SpotFleetRequestId=fleet, StartTime="2027-01-01T00:00:00Z", EventType="instanceChange"
    )["HistoryRecords"]
    kinds = [each["EventInformation"]["EventSubType"] for each in history]
    assert (kinds.count("launched"), kinds.count("terminated")) == (6, 4)


def test_by_launch_template(ec2: Any, image: str, config: dict[str, Any]) -> None:
    template = ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"ImageId": image}
    )["LaunchTemplate"]["LaunchTemplateId"]
    del config["LaunchSpecifications"]
    config["LaunchTemplateConfigs"] = [
        {
            "LaunchTemplateSpecification": {"LaunchTemplateId": template, "Version": "1"},
            "Overrides": [{"InstanceType": "m5.large"}],
        }
    ]
    config["OnDemandTargetCapacity"] = 1
    fleet = asked(ec2, config)
    seen = fleet_of(ec2, fleet)["SpotFleetRequestConfig"]
    assert (seen["FulfilledCapacity"], seen["OnDemandFulfilledCapacity"]) == (4.0, 1.0)


def test_what_cannot_be_asked(ec2: Any, config: dict[str, Any]) -> None:
    def code(**more: Any) -> str:
        request = {key: value for key, value in {**config, **more}.items() if value is not None}
        return refusal(ec2.request_spot_fleet, SpotFleetRequestConfig=request)[0]

    assert code(LaunchSpecifications=None) == "MissingParameter"
    assert code(TargetCapacity=1, OnDemandTargetCapacity=2) == "InvalidParameterValue"
    assert code(Type="request", InstanceInterruptionBehavior="stop") == (
        "InvalidParameterCombination"
    )
    missing = refusal(ec2.describe_spot_fleet_instances, SpotFleetRequestId="sfr-x")
    assert missing[0] == "InvalidSpotFleetRequestId.NotFound"
    assert ec2.describe_spot_fleet_requests()["SpotFleetRequestConfigs"] == []
