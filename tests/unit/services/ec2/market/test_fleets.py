"""EC2 Fleets: launched over pools, kept up, resized, rebalanced and deleted."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber.services.ec2.market.nouns import SPOT_POOLS
from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.market.asking import shock, state_of
from tests.unit.services.ec2.market.conftest import ONE, REGION
from tests.unit.services.ec2.refusing import refusal

TYPES = ("m5.large", "c5.large", "r5.large")


@pytest.fixture
def template(ec2: Any, image: str) -> str:
    data = {"ImageId": image, "InstanceType": "m5.large"}
    made = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    identifier: str = made["LaunchTemplate"]["LaunchTemplateId"]
    return identifier


def configs(template: str, *overrides: dict[str, Any]) -> list[dict[str, Any]]:
    specification = {"LaunchTemplateId": template, "Version": "$Latest"}
    return [{"LaunchTemplateSpecification": specification, "Overrides": list(overrides)}]


def over_types(template: str) -> list[dict[str, Any]]:
    return configs(template, *({"InstanceType": each} for each in TYPES))


def target(total: int, kind: str = "spot", **more: int) -> dict[str, Any]:
    return {"TotalTargetCapacity": total, "DefaultTargetCapacityType": kind, **more}


def fleet_of(ec2: Any, identifier: str) -> dict[str, Any]:
    found: dict[str, Any] = ec2.describe_fleets(FleetIds=[identifier])["Fleets"][0]
    return found


def ids_of(ec2: Any, identifier: str) -> set[str]:
    rows = ec2.describe_fleet_instances(FleetId=identifier)["ActiveInstances"]
    return {each["InstanceId"] for each in rows}


def test_an_instant_fleet_answers_with_its_instances(ec2: Any, template: str) -> None:
    answer = ec2.create_fleet(
        Type="instant",
        LaunchTemplateConfigs=over_types(template),
        SpotOptions={"AllocationStrategy": "diversified"},
        TargetCapacitySpecification=target(6, OnDemandTargetCapacity=3),
    )
    assert answer["Errors"] == []
    by_market: dict[str, int] = {}
    for each in answer["Instances"]:
        count = len(each["InstanceIds"])
        by_market[each["Lifecycle"]] = by_market.get(each["Lifecycle"], 0) + count
        for instance in each["InstanceIds"]:
            assert state_of(ec2, instance) == "running"
    assert by_market == {"spot": 3, "on-demand": 3}
    spot = {each["InstanceType"] for each in answer["Instances"] if each["Lifecycle"] == "spot"}
    assert spot == set(TYPES)
    # The template's price is the lowest there is On-Demand: c5.
    (on_demand,) = (each for each in answer["Instances"] if each["Lifecycle"] == "on-demand")
    assert on_demand["InstanceType"] == "c5.large"
    seen = fleet_of(ec2, answer["FleetId"])
    assert (seen["FulfilledCapacity"], seen["FulfilledOnDemandCapacity"]) == (6.0, 3.0)
    assert ec2.describe_fleets()["Fleets"] == []


def test_a_fleet_keeps_its_target_up(ec2: Any, template: str) -> None:
    fleet = ec2.create_fleet(
        LaunchTemplateConfigs=over_types(template), TargetCapacitySpecification=target(4)
    )["FleetId"]
    seen = fleet_of(ec2, fleet)
    assert (seen["FleetState"], seen["ActivityStatus"]) == ("active", "fulfilled")
    before = ids_of(ec2, fleet)
    assert len(before) == 4
    gone = min(before)
    ec2.terminate_instances(InstanceIds=[gone])
    after = ids_of(ec2, fleet)
    assert len(after) == 4
    assert gone not in after
    tags = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [min(after)]}])["Tags"]
    assert {each["Key"]: each["Value"] for each in tags}["aws:ec2:fleet-id"] == fleet


def test_a_request_fleet_does_not_replace(ec2: Any, template: str) -> None:
    fleet = ec2.create_fleet(
        Type="request",
        LaunchTemplateConfigs=configs(template),
        TargetCapacitySpecification=target(2),
    )["FleetId"]
    ec2.terminate_instances(InstanceIds=[min(ids_of(ec2, fleet))])
    assert len(ids_of(ec2, fleet)) == 1


def test_targets_change_and_so_do_instances(ec2: Any, template: str) -> None:
    fleet = ec2.create_fleet(
        LaunchTemplateConfigs=configs(template), TargetCapacitySpecification=target(2)
    )["FleetId"]
    change = {"FleetId": fleet, "TargetCapacitySpecification": {"TotalTargetCapacity": 5}}
    ec2.modify_fleet(**change)
    assert len(ids_of(ec2, fleet)) == 5
    change["TargetCapacitySpecification"] = {"TotalTargetCapacity": 1}
    ec2.modify_fleet(ExcessCapacityTerminationPolicy="no-termination", **change)
    assert len(ids_of(ec2, fleet)) == 5
    ec2.modify_fleet(ExcessCapacityTerminationPolicy="termination", **change)
    assert len(ids_of(ec2, fleet)) == 1


def test_weights_count(ec2: Any, template: str) -> None:
    weighted = configs(template, {"InstanceType": "m5.2xlarge", "WeightedCapacity": 4})
    fleet = ec2.create_fleet(
        LaunchTemplateConfigs=weighted, TargetCapacitySpecification=target(10)
    )["FleetId"]
    assert len(ids_of(ec2, fleet)) == 3
    assert fleet_of(ec2, fleet)["FulfilledCapacity"] == 12.0


def test_priorities_are_for_on_demand(ec2: Any, template: str) -> None:
    listed = configs(
        template,
        {"InstanceType": "c5.large", "Priority": 2},
        {"InstanceType": "r5.large", "Priority": 1},
    )
    answer = ec2.create_fleet(
        Type="instant",
        LaunchTemplateConfigs=listed,
        OnDemandOptions={"AllocationStrategy": "prioritized"},
        TargetCapacitySpecification=target(2, "on-demand"),
    )
    assert [each["InstanceType"] for each in answer["Instances"]] == ["r5.large"]


def test_an_override_that_is_too_cheap_is_an_error(ec2: Any, template: str) -> None:
    listed = configs(
        template,
        {"InstanceType": "c5.large", "MaxPrice": "0.0001"},
        {"InstanceType": "r5.large"},
    )
    answer = ec2.create_fleet(
        Type="instant",
        LaunchTemplateConfigs=listed,
        TargetCapacitySpecification=target(3),
    )
    launched = [(each["InstanceType"], len(each["InstanceIds"])) for each in answer["Instances"]]
    assert launched == [("r5.large", 3)]
    if answer["Errors"]:
        (error,) = answer["Errors"]
        assert error["ErrorCode"] == "SpotMaxPriceTooLow"
        assert error["LaunchTemplateAndOverrides"]["Overrides"]["InstanceType"] == "c5.large"


def test_a_minimum_that_is_not_reached_launches_nothing(ec2: Any, template: str) -> None:
    listed = configs(template, {"InstanceType": "c5.large", "MaxPrice": "0.0001"})
    options = {"MinTargetCapacity": 1, "SingleInstanceType": True}
    answer = ec2.create_fleet(
        Type="instant",
        LaunchTemplateConfigs=listed,
        SpotOptions=options,
        TargetCapacitySpecification=target(2, OnDemandTargetCapacity=1),
    )
    assert answer["Instances"] == []
    assert (
        ec2.describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["running"]}])[
            "Reservations"
        ]
        == []
    )


def test_deleting(ec2: Any, template: str) -> None:
    def made() -> str:
        identifier: str = ec2.create_fleet(
            LaunchTemplateConfigs=configs(template), TargetCapacitySpecification=target(2)
        )["FleetId"]
        return identifier

    with_instances, without = made(), made()
    ended, kept = ids_of(ec2, with_instances), ids_of(ec2, without)
    answer = ec2.delete_fleets(FleetIds=[with_instances, "fleet-x"], TerminateInstances=True)
    assert answer["SuccessfulFleetDeletions"][0]["CurrentFleetState"] == "deleted_terminating"
    assert answer["UnsuccessfulFleetDeletions"][0]["Error"]["Code"] == "fleetIdDoesNotExist"
    ec2.delete_fleets(FleetIds=[without], TerminateInstances=False)
    assert {state_of(ec2, each) for each in ended} == {"terminated"}
    assert {state_of(ec2, each) for each in kept} == {"running"}
    assert fleet_of(ec2, with_instances)["FleetState"] == "deleted"
    assert fleet_of(ec2, without)["FleetState"] == "deleted_running"
    deleted = [{"Name": "fleet-state", "Values": ["deleted"]}]
    assert len(ec2.describe_fleets(Filters=deleted)["Fleets"]) == 1


def test_a_fleet_expires(chamber: Chamber, ec2: Any, template: str) -> None:
    fleet = ec2.create_fleet(
        LaunchTemplateConfigs=configs(template),
        TargetCapacitySpecification=target(1),
        ValidUntil="2027-01-02T00:00:00Z",
        TerminateInstancesWithExpiration=True,
    )["FleetId"]
    (instance,) = ids_of(ec2, fleet)
    chamber.advance("24h")
    assert state_of(ec2, instance) == "terminated"
    assert fleet_of(ec2, fleet)["FleetState"] == "deleted"


def test_history_tells_what_was_launched(ec2: Any, template: str) -> None:
    fleet = ec2.create_fleet(
        LaunchTemplateConfigs=configs(template), TargetCapacitySpecification=target(1)
    )["FleetId"]
    start = "2027-01-01T00:00:00Z"
    records = ec2.describe_fleet_history(FleetId=fleet, StartTime=start)["HistoryRecords"]
    assert [each["EventInformation"]["EventSubType"] for each in records] == [
        "submitted",
        "active",
        "launched",
    ]
    changes = ec2.describe_fleet_history(
        FleetId=fleet, StartTime=start, EventType="instance-change"
    )["HistoryRecords"]
    assert [each["EventInformation"]["InstanceId"] for each in changes] == list(ids_of(ec2, fleet))


def test_a_recommendation_is_followed_before_the_notice(
    chamber: Chamber, ec2: Any, template: str
) -> None:
    rebalance = {"ReplacementStrategy": "launch-before-terminate", "TerminationDelay": 120}
    fleet = ec2.create_fleet(
        LaunchTemplateConfigs=over_types(template),
        SpotOptions={
            "AllocationStrategy": "diversified",
            "MaintenanceStrategies": {"CapacityRebalance": rebalance},
        },
        TargetCapacitySpecification=target(12),
    )["FleetId"]
    before = ids_of(ec2, fleet)
    shock(chamber, ONE, REGION)
    chamber.advance("2h")
    after = ids_of(ec2, fleet)
    assert len(after) == 12
    assert after != before
    assert all(state_of(ec2, each) == "running" for each in after)


def test_a_fleet_waits_for_its_pool_to_recover(chamber: Chamber, ec2: Any, template: str) -> None:
    fleet = ec2.create_fleet(
        LaunchTemplateConfigs=configs(template), TargetCapacitySpecification=target(20)
    )["FleetId"]
    before = ids_of(ec2, fleet)
    (pool,) = chamber.cloud.store.rows(SPOT_POOLS, "", "").values()
    pool.dry_from_ns = chamber.cloud.kernel.now
    pool.dry_until_ns = pool.dry_from_ns + 3_600_000_000_000
    ec2.terminate_instances(InstanceIds=sorted(before))
    assert ids_of(ec2, fleet) == set()
    assert fleet_of(ec2, fleet)["ActivityStatus"] == "error"
    errors = ec2.describe_fleet_history(
        FleetId=fleet, StartTime="2027-01-01T00:00:00Z", EventType="service-error"
    )["HistoryRecords"]
    assert len(errors) == 1
    chamber.advance("59m")
    assert ids_of(ec2, fleet) == set()
    chamber.advance("11m")
    assert len(ids_of(ec2, fleet)) == 20
    assert fleet_of(ec2, fleet)["ActivityStatus"] == "fulfilled"


def test_fleets_have_tags(ec2: Any, template: str) -> None:
    fleet = ec2.create_fleet(
        LaunchTemplateConfigs=configs(template),
        TargetCapacitySpecification=target(0),
        TagSpecifications=[{"ResourceType": "fleet", "Tags": [{"Key": "a", "Value": "1"}]}],
    )["FleetId"]
    ec2.create_tags(Resources=[fleet], Tags=[{"Key": "b", "Value": "2"}])
    assert {each["Key"] for each in fleet_of(ec2, fleet)["Tags"]} == {"a", "b"}


def test_requirements_become_types_that_meet_them(ec2: Any, template: str) -> None:
    needs = {
        "VCpuCount": {"Min": 4, "Max": 8},
        "MemoryMiB": {"Min": 8192, "Max": 32768},
        "AllowedInstanceTypes": ["m5*", "c5*", "m6g*"],
    }
    answer = ec2.create_fleet(
        Type="instant",
        LaunchTemplateConfigs=configs(template, {"InstanceRequirements": needs}),
        SpotOptions={"AllocationStrategy": "price-capacity-optimized"},
        TargetCapacitySpecification={
            **target(40, OnDemandTargetCapacity=8),
            "TargetCapacityUnitType": "vcpu",
        },
    )
    launched = {each["InstanceType"]: 0 for each in answer["Instances"]}
    assert launched
    known = ec2.describe_instance_types(InstanceTypes=list(launched))["InstanceTypes"]
    vcpus = {each["InstanceType"]: each["VCpuInfo"]["DefaultVCpus"] for each in known}
    total = 0
    for each in answer["Instances"]:
        assert 4 <= vcpus[each["InstanceType"]] <= 8
        assert each["InstanceType"].startswith(("m5", "c5"))
        total += vcpus[each["InstanceType"]] * len(each["InstanceIds"])
    assert 40 <= total < 40 + 16


def test_what_cannot_be_asked(ec2: Any, template: str) -> None:
    good = {
        "LaunchTemplateConfigs": configs(template),
        "TargetCapacitySpecification": target(1),
    }

    def code(**more: Any) -> str:
        return refusal(ec2.create_fleet, **{**good, **more})[0]

    assert code(TargetCapacitySpecification=target(10_001)) == "InvalidParameterValue"
    assert code(LaunchTemplateConfigs=[{}]) == "MissingParameter"
    assert code(SpotOptions={"MinTargetCapacity": 1}) == "InvalidParameterCombination"
    assert (
        code(SpotOptions={"AllocationStrategy": "diversified", "InstancePoolsToUseCount": 2})
        == "InvalidParameterCombination"
    )
    assert (
        code(Type="request", SpotOptions={"InstanceInterruptionBehavior": "stop"})
        == "InvalidParameterCombination"
    )
    impossible = {"VCpuCount": {"Min": 1, "Max": 1}, "MemoryMiB": {"Min": 9_000_000}}
    by_needs = configs(template, {"InstanceRequirements": impossible})
    assert code(LaunchTemplateConfigs=by_needs) == "InvalidFleetConfiguration"
    in_vcpus = {**target(1), "TargetCapacityUnitType": "vcpu"}
    assert code(TargetCapacitySpecification=in_vcpus) == "InvalidParameterCombination"
    assert refusal(ec2.describe_fleets, FleetIds=["fleet-x"])[0] == "InvalidFleetId.NotFound"
    assert ec2.describe_fleets()["Fleets"] == []
