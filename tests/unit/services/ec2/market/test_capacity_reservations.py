"""Capacity reservations: what they hold, who runs in them, when they end."""

from __future__ import annotations

from typing import Any

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.market.asking import state_of
from tests.unit.services.ec2.refusing import refusal

ZONE = "eu-west-1a"


def reserve(ec2: Any, count: int = 2, **more: Any) -> str:
    request = {
        "InstanceType": "m5.large",
        "InstancePlatform": "Linux/UNIX",
        "AvailabilityZone": ZONE,
        "InstanceCount": count,
        **more,
    }
    made = ec2.create_capacity_reservation(**request)["CapacityReservation"]
    identifier: str = made["CapacityReservationId"]
    return identifier


def launch(ec2: Any, image: str, count: int = 1, **more: Any) -> list[dict[str, Any]]:
    request = {
        "ImageId": image,
        "InstanceType": "m5.large",
        "MinCount": count,
        "MaxCount": count,
        "Placement": {"AvailabilityZone": ZONE},
        **more,
    }
    made: list[dict[str, Any]] = ec2.run_instances(**request)["Instances"]
    return made


def available(ec2: Any, identifier: str) -> int:
    row = ec2.describe_capacity_reservations(CapacityReservationIds=[identifier])
    number: int = row["CapacityReservations"][0]["AvailableInstanceCount"]
    return number


def test_an_open_reservation_takes_what_matches(ec2: Any, image: str) -> None:
    identifier = reserve(ec2)
    assert available(ec2, identifier) == 2
    (instance,) = launch(ec2, image)
    assert instance["CapacityReservationId"] == identifier
    assert available(ec2, identifier) == 1
    usage = ec2.get_capacity_reservation_usage(CapacityReservationId=identifier)
    assert [each["UsedInstanceCount"] for each in usage["InstanceUsages"]] == [1]
    (other,) = launch(ec2, image, Placement={"AvailabilityZone": "eu-west-1b"})
    assert "CapacityReservationId" not in other
    none = {"CapacityReservationPreference": "none"}
    (apart,) = launch(ec2, image, CapacityReservationSpecification=none)
    assert "CapacityReservationId" not in apart
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    assert available(ec2, identifier) == 2


def test_a_targeted_reservation_is_for_those_that_name_it(ec2: Any, image: str) -> None:
    identifier = reserve(ec2, InstanceMatchCriteria="targeted")
    (other,) = launch(ec2, image)
    assert "CapacityReservationId" not in other
    target = {"CapacityReservationTarget": {"CapacityReservationId": identifier}}
    launch(ec2, image, 2, CapacityReservationSpecification=target)
    assert available(ec2, identifier) == 0
    code, _ = refusal(
        ec2.run_instances,
        ImageId=image,
        InstanceType="m5.large",
        MinCount=1,
        MaxCount=1,
        Placement={"AvailabilityZone": ZONE},
        CapacityReservationSpecification=target,
    )
    assert code == "ReservationCapacityExceeded"


def test_a_reservation_can_be_resized_and_cancelled(ec2: Any, image: str) -> None:
    identifier = reserve(ec2, 1)
    (instance,) = launch(ec2, image)
    ec2.modify_capacity_reservation(CapacityReservationId=identifier, InstanceCount=5)
    assert available(ec2, identifier) == 4
    code, _ = refusal(
        ec2.modify_capacity_reservation, CapacityReservationId=identifier, InstanceCount=0
    )
    assert code == "InvalidParameterValue"
    ec2.cancel_capacity_reservation(CapacityReservationId=identifier)
    cancelled = [{"Name": "state", "Values": ["cancelled"]}]
    rows = ec2.describe_capacity_reservations(Filters=cancelled)["CapacityReservations"]
    assert [each["CapacityReservationId"] for each in rows] == [identifier]
    assert state_of(ec2, instance["InstanceId"]) == "running"
    code, _ = refusal(ec2.cancel_capacity_reservation, CapacityReservationId=identifier)
    assert code == "InvalidCapacityReservationState"


def test_a_reservation_expires(chamber: Chamber, ec2: Any) -> None:
    identifier = reserve(ec2, EndDate="2027-01-02T00:00:00Z", EndDateType="limited")
    ec2.modify_capacity_reservation(
        CapacityReservationId=identifier, EndDate="2027-01-03T00:00:00Z", EndDateType="limited"
    )
    chamber.advance("25h")
    assert available(ec2, identifier) == 2
    chamber.advance("24h")
    row = ec2.describe_capacity_reservations()["CapacityReservations"][0]
    assert (row["State"], row["AvailableInstanceCount"]) == ("expired", 0)


def test_what_cannot_be_reserved(ec2: Any) -> None:
    request = {
        "InstanceType": "m5.large",
        "InstancePlatform": "Linux/UNIX",
        "AvailabilityZone": ZONE,
        "InstanceCount": 1,
    }

    def code(**more: Any) -> str:
        return refusal(ec2.create_capacity_reservation, **{**request, **more})[0]

    assert code(InstanceCount=0) == "InvalidParameterValue"
    assert code(EndDateType="limited") == "MissingParameter"
    assert code(EndDate="2020-01-01T00:00:00Z") == "InvalidParameterValue"
    assert code(AvailabilityZone="") == "MissingParameter"
    name = {"CapacityReservationIds": ["cr-0123456789abcdef0"]}
    assert refusal(ec2.describe_capacity_reservations, **name)[0] == (
        "InvalidCapacityReservationId.NotFound"
    )
