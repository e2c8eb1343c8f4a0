"""Volumes of real launches: what becomes of them, and what images keep."""

from __future__ import annotations

import json
from typing import Any

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.refusing import refusal
from tests.unit.services.ec2.volumes.asking import snapshot, volume
from tests.unit.services.ec2.volumes.conftest import ONE, REGION, ZONE


def image_of(ec2: Any) -> str:
    wanted = [
        {"Name": "architecture", "Values": ["x86_64"]},
        {"Name": "name", "Values": ["al2023*"]},
    ]
    identifier: str = ec2.describe_images(Owners=["amazon"], Filters=wanted)["Images"][0]["ImageId"]
    return identifier


def launched(ec2: Any) -> tuple[str, dict[str, str]]:
    """An instance with a root volume and two more, by device name."""
    made = ec2.run_instances(
        ImageId=image_of(ec2),
        InstanceType="m5.large",
        MinCount=1,
        MaxCount=1,
        Placement={"AvailabilityZone": ZONE},
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 5, "DeleteOnTermination": False}},
            {"DeviceName": "/dev/sdg", "Ebs": {"VolumeSize": 6, "Encrypted": True}},
        ],
    )["Instances"][0]["InstanceId"]
    held = [{"Name": "attachment.instance-id", "Values": [made]}]
    rows = ec2.describe_volumes(Filters=held)["Volumes"]
    return made, {each["Attachments"][0]["Device"]: each["VolumeId"] for each in rows}


def test_terminating_deletes_some_volumes_and_frees_others(chamber: Chamber, ec2: Any) -> None:
    instance, volumes = launched(ec2)
    assert set(volumes) == {"/dev/xvda", "/dev/sdf", "/dev/sdg"}
    assert volume(ec2, volumes["/dev/sdg"])["Encrypted"] is True
    ec2.terminate_instances(InstanceIds=[instance])
    left = ec2.describe_volumes()["Volumes"]
    assert [(each["VolumeId"], each["State"]) for each in left] == [
        (volumes["/dev/sdf"], "available")
    ]
    told = [
        each["about"].rpartition("/")[2]
        for each in chamber.events()
        if each["what"] == "ec2.volume-deleted-with-instance"
    ]
    assert sorted(told) == sorted([volumes["/dev/xvda"], volumes["/dev/sdg"]])


def test_an_instance_whose_key_cannot_be_used_does_not_come_up(chamber: Chamber, ec2: Any) -> None:
    kms = chamber.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=key)
    disk = {"VolumeSize": 5, "Encrypted": True, "KmsKeyId": key}
    made = ec2.run_instances(
        ImageId=image_of(ec2),
        InstanceType="m5.large",
        MinCount=1,
        MaxCount=1,
        BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": disk}],
    )["Instances"][0]["InstanceId"]
    row = ec2.describe_instances(InstanceIds=[made])["Reservations"][0]["Instances"][0]
    assert row["State"]["Name"] == "terminated"
    assert row["StateReason"]["Code"] == "Client.InternalError"
    assert ec2.describe_volumes()["Volumes"] == []


def test_a_root_volume_can_be_detached_while_its_instance_is_stopped(ec2: Any) -> None:
    instance, volumes = launched(ec2)
    root = volumes["/dev/xvda"]
    assert refusal(ec2.detach_volume, VolumeId=root)[0] == "OperationNotPermitted"
    ec2.stop_instances(InstanceIds=[instance])
    assert volume(ec2, root)["State"] == "in-use"
    ec2.detach_volume(VolumeId=root)
    assert volume(ec2, root)["State"] == "available"


def test_snapshots_of_all_volumes_are_of_one_instant(ec2: Any) -> None:
    instance, volumes = launched(ec2)
    made = ec2.create_snapshots(InstanceSpecification={"InstanceId": instance})["Snapshots"]
    assert {each["VolumeId"] for each in made} == set(volumes.values())
    assert len({each["StartTime"] for each in made}) == 1


def test_an_image_keeps_its_snapshot(ec2: Any) -> None:
    _, volumes = launched(ec2)
    source = ec2.create_snapshot(VolumeId=volumes["/dev/xvda"])["SnapshotId"]
    image = ec2.register_image(
        Name="own",
        Architecture="x86_64",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": source}}],
    )["ImageId"]
    assert refusal(ec2.delete_snapshot, SnapshotId=source) == (
        "InvalidSnapshot.InUse",
        f"The snapshot {source} is currently in use by {image}",
    )
    ec2.deregister_image(ImageId=image)
    assert snapshot(ec2, source)["State"] == "completed"
    ec2.delete_snapshot(SnapshotId=source)
    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_a_world_that_is_forked_goes_on_alike(chamber: Chamber, ec2: Any) -> None:
    instance, volumes = launched(ec2)
    source = ec2.create_snapshot(VolumeId=volumes["/dev/sdg"])["SnapshotId"]
    ec2.lock_snapshot(SnapshotId=source, LockMode="governance", LockDuration=1)
    ec2.modify_volume(VolumeId=volumes["/dev/sdf"], Size=9)
    other = chamber.fork()
    for each in (chamber, other):
        each.client("ec2").terminate_instances(InstanceIds=[instance])
        each.advance("2d")
    assert chamber.digest == other.digest
    seen = [each.client("ec2").describe_volumes()["Volumes"] for each in (chamber, other)]
    assert seen[0] == seen[1]
    other.close()


def test_a_policy_holds_for_one_volume() -> None:
    with Chamber(seed=1, account=ONE, region=REGION, iam="enforce") as chamber:
        root = chamber.client("ec2")
        mine, other = (
            root.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"] for _ in range(2)
        )
        iam = chamber.client("iam")
        iam.create_user(UserName="ann")
        statement = {
            "Effect": "Allow",
            "Action": "ec2:DeleteVolume",
            "Resource": f"arn:aws:ec2:{REGION}:{ONE}:volume/{mine}",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=policy)
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        ann = chamber.client("ec2", credentials=key)
        assert refusal(ann.delete_volume, VolumeId=other)[0] == "UnauthorizedOperation"
        ann.delete_volume(VolumeId=mine)
        left = [each["VolumeId"] for each in root.describe_volumes()["Volumes"]]
        assert left == [other]
