"""Snapshots: made, copied, shared, locked, archived and deleted."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.refusing import refusal
from tests.unit.services.ec2.volumes.asking import snapshot, volume
from tests.unit.services.ec2.volumes.conftest import ONE, TWO, ZONE, stand


@pytest.fixture
def made(ec2: Any) -> str:
    """A volume of 8 GiB."""
    identifier: str = ec2.create_volume(AvailabilityZone=ZONE, Size=8)["VolumeId"]
    return identifier


def snap(ec2: Any, made: str, **more: Any) -> str:
    identifier: str = ec2.create_snapshot(VolumeId=made, **more)["SnapshotId"]
    return identifier


def test_a_volume_comes_of_a_snapshot(ec2: Any, made: str) -> None:
    first = ec2.create_snapshot(VolumeId=made, Description="nightly")
    assert first["State"] == "pending"
    seen = snapshot(ec2, first["SnapshotId"])
    assert (seen["State"], seen["Progress"], seen["VolumeSize"], seen["Description"]) == (
        "completed",
        "100%",
        8,
        "nightly",
    )
    again = ec2.create_volume(AvailabilityZone="eu-west-1b", SnapshotId=first["SnapshotId"])
    assert (again["Size"], again["SnapshotId"]) == (8, first["SnapshotId"])
    code, message = refusal(
        ec2.create_volume, AvailabilityZone=ZONE, SnapshotId=first["SnapshotId"], Size=7
    )
    assert code == "InvalidParameterValue"
    assert "expect size >= 8GB" in message


def test_progress_follows_the_clock(slow: Chamber) -> None:
    ec2 = slow.client("ec2")
    source = ec2.create_volume(AvailabilityZone=ZONE, Size=95)["VolumeId"]
    slow.advance("1m")
    identifier = snap(ec2, source)
    assert snapshot(ec2, identifier)["Progress"] == "0%"
    slow.advance("100s")
    assert snapshot(ec2, identifier)["Progress"] == "50%"
    code, _ = refusal(ec2.create_volume, AvailabilityZone=ZONE, SnapshotId=identifier)
    assert code == "IncorrectState"
    for _ in range(4):
        snap(ec2, source)
    assert refusal(ec2.create_snapshot, VolumeId=source)[0] == "ConcurrentSnapshotLimitExceeded"
    slow.advance("100s")
    assert snapshot(ec2, identifier)["State"] == "completed"
    again = ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=identifier)["VolumeId"]
    slow.advance("486.4s")
    told = ec2.describe_volume_status(VolumeIds=[again])["VolumeStatuses"][0]
    assert told["InitializationStatusDetails"]["Progress"] == 50


def test_all_volumes_of_an_instance_at_one_instant(chamber: Chamber, ec2: Any) -> None:
    instance = stand(chamber, root_device="/dev/xvda")
    volumes = []
    for device in ("/dev/xvda", "/dev/sdf", "/dev/sdg"):
        tags = [{"ResourceType": "volume", "Tags": [{"Key": "device", "Value": device}]}]
        one = ec2.create_volume(AvailabilityZone=ZONE, Size=1, TagSpecifications=tags)["VolumeId"]
        ec2.attach_volume(VolumeId=one, InstanceId=instance, Device=device)
        volumes.append(one)
    wanted = {
        "InstanceId": instance,
        "ExcludeBootVolume": True,
        "ExcludeDataVolumeIds": [volumes[2]],
    }
    answer = ec2.create_snapshots(InstanceSpecification=wanted, CopyTagsFromSource="volume")
    assert [each["VolumeId"] for each in answer["Snapshots"]] == [volumes[1]]
    found = ec2.describe_snapshots(Filters=[{"Name": "tag:device", "Values": ["/dev/sdf"]}])
    assert [each["VolumeId"] for each in found["Snapshots"]] == [volumes[1]]
    code, _ = refusal(
        ec2.create_snapshots,
        InstanceSpecification={"InstanceId": instance, "ExcludeDataVolumeIds": [volumes[0]]},
    )
    assert code == "InvalidParameterValue"


def test_a_copy_goes_to_another_region_under_a_key_of_its_own(
    chamber: Chamber, ec2: Any, made: str
) -> None:
    source = snap(ec2, made)
    there = chamber.client("ec2", region_name="us-east-1")
    copy = there.copy_snapshot(
        SourceRegion="eu-west-1", SourceSnapshotId=source, Encrypted=True, Description="away"
    )["SnapshotId"]
    seen = snapshot(there, copy)
    assert (seen["VolumeSize"], seen["Encrypted"], seen["TransferType"]) == (8, True, "standard")
    key = chamber.client("kms", region_name="us-east-1").describe_key(KeyId="alias/aws/ebs")
    assert seen["KmsKeyId"] == key["KeyMetadata"]["Arn"]
    assert refusal(ec2.describe_snapshots, SnapshotIds=[copy])[0] == "InvalidSnapshot.NotFound"
    code, _ = refusal(there.copy_snapshot, SourceRegion="us-east-1", SourceSnapshotId=source)
    assert code == "InvalidSnapshot.NotFound"


def test_sharing_with_an_account_and_with_everybody(chamber: Chamber, ec2: Any, made: str) -> None:
    identifier = snap(ec2, made)
    other = chamber.client("ec2", account=TWO)
    assert other.describe_snapshots()["Snapshots"] == []
    change = {"Add": [{"UserId": TWO}]}
    ec2.modify_snapshot_attribute(SnapshotId=identifier, CreateVolumePermission=change)
    assert snapshot(other, identifier)["OwnerId"] == ONE
    assert other.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    assert len(other.describe_snapshots(RestorableByUserIds=["self"])["Snapshots"]) == 1
    assert other.create_volume(AvailabilityZone=ZONE, SnapshotId=identifier)["Size"] == 8
    assert refusal(other.delete_snapshot, SnapshotId=identifier)[0] == "InvalidSnapshot.NotFound"
    told = ec2.describe_snapshot_attribute(
        SnapshotId=identifier, Attribute="createVolumePermission"
    )
    assert told["CreateVolumePermissions"] == [{"UserId": TWO}]
    ec2.reset_snapshot_attribute(SnapshotId=identifier, Attribute="createVolumePermission")
    assert other.describe_snapshots()["Snapshots"] == []
    ec2.modify_snapshot_attribute(
        SnapshotId=identifier,
        Attribute="createVolumePermission",
        OperationType="add",
        GroupNames=["all"],
    )
    assert len(other.describe_snapshots(RestorableByUserIds=["all"])["Snapshots"]) == 1
    ec2.enable_snapshot_block_public_access(State="block-all-sharing")
    assert other.describe_snapshots()["Snapshots"] == []


def test_public_sharing_can_be_blocked(ec2: Any, made: str) -> None:
    identifier = snap(ec2, made)
    change = {"SnapshotId": identifier, "CreateVolumePermission": {"Add": [{"Group": "all"}]}}
    ec2.enable_snapshot_block_public_access(State="block-new-sharing")
    assert ec2.get_snapshot_block_public_access_state()["State"] == "block-new-sharing"
    assert refusal(ec2.modify_snapshot_attribute, **change)[0] == "OperationNotPermitted"
    ec2.disable_snapshot_block_public_access()
    ec2.modify_snapshot_attribute(**change)
    sealed = ec2.create_volume(AvailabilityZone=ZONE, Size=1, Encrypted=True)["VolumeId"]
    change["SnapshotId"] = snap(ec2, sealed)
    assert refusal(ec2.modify_snapshot_attribute, **change)[0] == "InvalidParameterValue"
    bad = {"Add": [{"UserId": "me"}]}
    code, _ = refusal(
        ec2.modify_snapshot_attribute, SnapshotId=identifier, CreateVolumePermission=bad
    )
    assert code == "InvalidUserID.Malformed"


def test_a_snapshot_of_an_encrypted_volume_is_encrypted(ec2: Any) -> None:
    sealed = ec2.create_volume(AvailabilityZone=ZONE, Size=1, Encrypted=True)
    seen = snapshot(ec2, snap(ec2, sealed["VolumeId"]))
    assert (seen["Encrypted"], seen["KmsKeyId"]) == (True, sealed["KmsKeyId"])
    code, _ = refusal(
        ec2.create_volume, AvailabilityZone=ZONE, SnapshotId=seen["SnapshotId"], Encrypted=False
    )
    assert code == "InvalidParameterCombination"


def test_a_lock_keeps_a_snapshot(chamber: Chamber, ec2: Any, made: str) -> None:
    identifier = snap(ec2, made)
    ec2.lock_snapshot(SnapshotId=identifier, LockMode="governance", LockDuration=2)
    assert refusal(ec2.delete_snapshot, SnapshotId=identifier)[0] == "SnapshotLocked"
    ec2.unlock_snapshot(SnapshotId=identifier)
    ec2.lock_snapshot(SnapshotId=identifier, LockMode="compliance", CoolOffPeriod=1, LockDuration=3)

    def state() -> str:
        row = ec2.describe_locked_snapshots(SnapshotIds=[identifier])["Snapshots"][0]
        text: str = row["LockState"]
        return text

    assert state() == "compliance-cooloff"
    chamber.advance("2h")
    assert state() == "compliance"
    assert refusal(ec2.unlock_snapshot, SnapshotId=identifier)[0] == "OperationNotPermitted"
    shorter = {"SnapshotId": identifier, "LockMode": "compliance", "LockDuration": 1}
    assert refusal(ec2.lock_snapshot, **shorter)[0] == "OperationNotPermitted"
    chamber.advance("72h")
    assert state() == "expired"
    ec2.delete_snapshot(SnapshotId=identifier)
    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_an_archived_snapshot_has_to_be_restored_first(slow: Chamber) -> None:
    ec2 = slow.client("ec2")
    source = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    slow.advance("1m")
    identifier = snap(ec2, source)
    slow.advance("1m")
    ec2.modify_snapshot_tier(SnapshotId=identifier, StorageTier="archive")
    assert (
        refusal(ec2.restore_snapshot_tier, SnapshotId=identifier, PermanentRestore=True)[0]
        == "IncorrectState"
    )
    slow.advance("12h")

    def told() -> tuple[str, int]:
        row = ec2.describe_snapshot_tier_status()["SnapshotTierStatuses"][0]
        return row["LastTieringOperationStatus"], row["LastTieringProgress"]

    assert told() == ("archival-in-progress", 50)
    slow.advance("12h")
    assert snapshot(ec2, identifier)["StorageTier"] == "archive"
    code, _ = refusal(ec2.create_volume, AvailabilityZone=ZONE, SnapshotId=identifier)
    assert code == "IncorrectState"
    ec2.restore_snapshot_tier(SnapshotId=identifier, TemporaryRestoreDays=2)
    slow.advance("24h")
    assert told() == ("temporary-restore-completed", 100)
    assert ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=identifier)["Size"] == 1
    slow.advance("48h")
    assert snapshot(ec2, identifier)["StorageTier"] == "archive"


def test_fast_restore_is_kept_and_shown(ec2: Any, made: str) -> None:
    identifier = snap(ec2, made)
    ec2.enable_fast_snapshot_restores(AvailabilityZones=[ZONE], SourceSnapshotIds=[identifier])
    rows = ec2.describe_fast_snapshot_restores()["FastSnapshotRestores"]
    assert [(each["AvailabilityZone"], each["State"]) for each in rows] == [(ZONE, "enabled")]
    again = ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=identifier)["VolumeId"]
    assert volume(ec2, again)["FastRestored"] is True
    request = {"AvailabilityZones": [ZONE], "SourceSnapshotIds": [identifier]}
    assert len(ec2.disable_fast_snapshot_restores(**request)["Successful"]) == 1
    assert len(ec2.disable_fast_snapshot_restores(**request)["Unsuccessful"]) == 1


def test_the_bin_is_empty(ec2: Any, made: str) -> None:
    ec2.delete_snapshot(SnapshotId=snap(ec2, made))
    assert ec2.list_snapshots_in_recycle_bin()["Snapshots"] == []
