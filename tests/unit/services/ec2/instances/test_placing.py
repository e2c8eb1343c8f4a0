"""Hosts: capacity that runs out, zones without a type, placement groups."""

from __future__ import annotations

from typing import Any

from cloudchamber.services.ec2.instances.nouns import INSTANCES, USAGE
from cloudchamber.services.ec2.instances.placing import pool_of
from cloudchamber.services.ec2.instances.public_images import parameters
from cloudchamber.testing.chamber import Chamber
from cloudchamber.world.capacity import pools
from cloudchamber.world.capacity.catalogue import InstanceType, find_type
from cloudchamber.world.capacity.pools import Pool
from tests.unit.services.ec2.instances.conftest import LINUX, ONE, REGION
from tests.unit.services.ec2.instances.running_world import every, one, run
from tests.unit.services.ec2.refusing import refusal


def kind(name: str) -> InstanceType:
    found = find_type(name)
    assert found is not None
    return found


def pool(chamber: Chamber, zone_id: str, name: str = "t3.micro") -> Pool:
    return pool_of(chamber.cloud, kind(name), zone_id)


def test_an_empty_pool_is_said_and_others_are_named(chamber: Chamber, ec2: Any, ami: str) -> None:
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    pools.drain(pool(chamber, zones[0]["ZoneId"]))
    request = {"ImageId": ami, "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro"}
    code, message = refusal(
        ec2.run_instances, Placement={"AvailabilityZone": "eu-west-1a"}, **request
    )
    assert code == "InsufficientInstanceCapacity"
    assert message == (
        "We currently do not have sufficient t3.micro capacity in the Availability Zone you "
        "requested (eu-west-1a). Our system will be working on provisioning additional capacity. "
        "You can currently get t3.micro capacity by not specifying an Availability Zone in your "
        "request or choosing eu-west-1b, eu-west-1c."
    )
    # Nobody asked for a zone: one with room is taken.
    assert run(ec2, ami)[0]["Placement"]["AvailabilityZone"] == "eu-west-1b"


def test_a_stopped_instance_may_find_its_pool_empty(chamber: Chamber, ec2: Any, ami: str) -> None:
    instance = run(ec2, ami)[0]
    zone = instance["Placement"]["AvailabilityZoneId"]
    ec2.stop_instances(InstanceIds=[instance["InstanceId"]])
    pools.drain(pool(chamber, zone))
    assert refusal(ec2.start_instances, InstanceIds=[instance["InstanceId"]]) == (
        "InsufficientInstanceCapacity", "Insufficient capacity.",
    )  # fmt: skip
    assert one(ec2, instance["InstanceId"])["State"]["Name"] == "stopped"
    pools.refill(pool(chamber, zone))
    ec2.start_instances(InstanceIds=[instance["InstanceId"]])
    assert one(ec2, instance["InstanceId"])["State"]["Name"] == "running"


def test_as_many_start_as_there_is_room_for(chamber: Chamber, ec2: Any, ami: str) -> None:
    zone = ec2.describe_availability_zones()["AvailabilityZones"][0]["ZoneId"]
    small = pool(chamber, zone, "m5.metal")
    request = {
        "ImageId": ami, "InstanceType": "m5.metal",
        "Placement": {"AvailabilityZone": "eu-west-1a"},
    }  # fmt: skip
    room = pools.room(small)
    made = ec2.run_instances(MinCount=1, MaxCount=room + 50, **request)["Instances"]
    assert len(made) == room
    assert pools.room(small) == 0
    assert refusal(ec2.run_instances, MinCount=1, MaxCount=1, **request)[0] == (
        "InsufficientInstanceCapacity"
    )
    ec2.terminate_instances(InstanceIds=[each["InstanceId"] for each in made])
    assert pools.room(small) == room
    assert chamber.cloud.store.rows(USAGE, ONE, REGION)["vcpus"].vcpus == {"standard": 0}


def test_a_zone_without_nitro_hosts_says_which_zones_have_them(chamber: Chamber) -> None:
    ec2 = chamber.client("ec2", region_name="us-east-1", account=ONE)
    ami = parameters("us-east-1")[LINUX]
    zones = {
        each["ZoneId"]: each["ZoneName"]
        for each in ec2.describe_availability_zones()["AvailabilityZones"]
    }
    old = zones["use1-az3"]
    request = {"ImageId": ami, "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro"}
    others = ", ".join(sorted(name for name in zones.values() if name != old))
    assert refusal(ec2.run_instances, Placement={"AvailabilityZone": old}, **request) == (
        "Unsupported",
        (
            "Your requested instance type (t3.micro) is not supported in your requested "
            f"Availability Zone ({old}). Please retry your request by not specifying an "
            f"Availability Zone or choosing {others}."
        ),
    )
    offered = ec2.describe_instance_type_offerings(
        LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": ["t3.micro"]}],
    )["InstanceTypeOfferings"]
    assert [each["Location"] for each in offered] == others.split(", ")
    assert run(ec2, ami)[0]["Placement"]["AvailabilityZone"] in others


def hosts(chamber: Chamber) -> list[int]:
    return [each.host for each in chamber.cloud.store.rows(INSTANCES, ONE, REGION).values()]


def test_a_spread_group_takes_seven_racks(chamber: Chamber, ec2: Any, ami: str) -> None:
    ec2.create_placement_group(GroupName="apart", Strategy="spread")
    run(ec2, ami, 4, Placement={"GroupName": "apart"}, InstanceType="m5.large")
    run(ec2, ami, 3, Placement={"GroupName": "apart"}, InstanceType="m5.large")
    assert len({pools.rack_of(host) for host in hosts(chamber)}) == 7
    code, message = refusal(
        ec2.run_instances, ImageId=ami, MinCount=1, MaxCount=1, InstanceType="m5.large",
        Placement={"GroupName": "apart"},
    )  # fmt: skip
    assert code == "InstanceLimitExceeded"
    assert "'apart'" in message
    assert refusal(ec2.delete_placement_group, GroupName="apart") == (
        "InvalidPlacementGroup.InUse",
        "The placement group apart is in use and may not be deleted.",
    )
    ec2.terminate_instances(InstanceIds=[each["InstanceId"] for each in every(ec2)])
    ec2.delete_placement_group(GroupName="apart")
    assert ec2.describe_placement_groups()["PlacementGroups"] == []


def test_partitions_share_no_rack(chamber: Chamber, ec2: Any, ami: str) -> None:
    group = ec2.create_placement_group(GroupName="parts", Strategy="partition", PartitionCount=3)
    made = run(ec2, ami, 9, Placement={"GroupName": "parts"}, InstanceType="m5.large")
    made += run(
        ec2, ami, 2, Placement={"GroupName": "parts", "PartitionNumber": 2},
        InstanceType="m5.large",
    )  # fmt: skip
    counts: dict[int, int] = {}
    racks: dict[int, set[int]] = {}
    for row in chamber.cloud.store.rows(INSTANCES, ONE, REGION).values():
        counts[row.partition] = counts.get(row.partition, 0) + 1
        racks.setdefault(row.partition, set()).add(pools.rack_of(row.host))
    assert counts == {1: 3, 2: 5, 3: 3}
    assert not racks[1] & racks[2]
    assert not racks[2] & racks[3]
    found = every(ec2, Filters=[{"Name": "placement-partition-number", "Values": ["2"]}])
    assert len(found) == 5
    placement = found[0]["Placement"]
    assert placement["GroupId"] == group["PlacementGroup"]["GroupId"]


def test_a_stopped_instance_moves_into_a_group(ec2: Any, ami: str) -> None:
    ec2.create_placement_group(GroupName="near")
    identifier = run(ec2, ami, InstanceType="m5.large")[0]["InstanceId"]
    assert refusal(
        ec2.modify_instance_placement, InstanceId=identifier, GroupName="near"
    )[0] == "IncorrectInstanceState"  # fmt: skip
    ec2.stop_instances(InstanceIds=[identifier])
    ec2.modify_instance_placement(InstanceId=identifier, GroupName="near")
    ec2.start_instances(InstanceIds=[identifier])
    assert one(ec2, identifier)["Placement"]["GroupName"] == "near"


def test_groups_that_cannot_be(ec2: Any, ami: str) -> None:
    ec2.create_placement_group(GroupName="near", Strategy="cluster")
    assert refusal(ec2.create_placement_group, GroupName="near") == (
        "InvalidPlacementGroup.Duplicate", "The Placement Group 'near' already exists.",
    )  # fmt: skip
    assert refusal(
        ec2.create_placement_group, GroupName="x", Strategy="partition", PartitionCount=8
    )[0] == "InvalidParameterValue"  # fmt: skip
    assert refusal(
        ec2.run_instances, ImageId=ami, MinCount=1, MaxCount=1, InstanceType="t3.micro",
        Placement={"GroupName": "near"},
    )[0] == "InvalidParameterCombination"  # fmt: skip
    assert refusal(ec2.describe_placement_groups, GroupNames=["far"]) == (
        "InvalidPlacementGroup.Unknown", "The Placement Group 'far' is unknown.",
    )  # fmt: skip
