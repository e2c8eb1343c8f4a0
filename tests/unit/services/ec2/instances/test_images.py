"""Images: public ones, one's own, sharing, and how they end."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.instances.conftest import ONE, REGION
from tests.unit.services.ec2.instances.running_world import every, one, run
from tests.unit.services.ec2.refusing import refusal

TWO = "222222222222"


def names(ec2: Any, **request: Any) -> list[str]:
    return sorted(each["Name"] for each in ec2.describe_images(**request)["Images"])


def golden(ec2: Any, ami: str, name: str = "golden", **more: Any) -> str:
    instance = run(ec2, ami)[0]["InstanceId"]
    identifier: str = ec2.create_image(InstanceId=instance, Name=name, **more)["ImageId"]
    return identifier


def image(ec2: Any, identifier: str) -> dict[str, Any]:
    found: dict[str, Any] = ec2.describe_images(ImageIds=[identifier])["Images"][0]
    return found


def test_the_newest_amazon_linux_is_found_as_everybody_finds_it(ec2: Any, ami: str) -> None:
    found = ec2.describe_images(
        Owners=["amazon"],
        Filters=[
            {"Name": "name", "Values": ["al2023-ami-2023.*-x86_64"]},
            {"Name": "architecture", "Values": ["x86_64"]},
            {"Name": "state", "Values": ["available"]},
        ],
    )["Images"]
    newest = max(found, key=lambda each: each["CreationDate"])
    assert newest["ImageId"] == ami
    assert len(found) == 2
    assert newest["ImageOwnerAlias"] == "amazon"
    assert newest["OwnerId"] == "137112412989"
    assert newest["Public"] is True
    assert newest["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] == 8


@pytest.mark.parametrize("owner", ["099720109477", "801119661308", "136693071363"])
def test_publishers_are_found_by_their_accounts(ec2: Any, owner: str) -> None:
    found = ec2.describe_images(Owners=[owner])["Images"]
    assert {each["OwnerId"] for each in found} == {owner}


def test_ids_differ_by_region_and_pages_end(chamber: Chamber, ec2: Any) -> None:
    elsewhere = chamber.client("ec2", region_name="us-east-1", account=ONE)
    here = {each["ImageId"] for each in ec2.describe_images()["Images"]}
    there = {each["ImageId"] for each in elsewhere.describe_images()["Images"]}
    assert here
    assert not here & there
    paged: list[str] = []
    for page in ec2.get_paginator("describe_images").paginate(PaginationConfig={"PageSize": 7}):
        paged += [each["ImageId"] for each in page["Images"]]
    assert sorted(paged) == sorted(here)
    assert len(paged) == len(set(paged))


def test_an_image_has_a_snapshot_of_each_volume(ec2: Any, ami: str) -> None:
    instance = run(
        ec2, ami,
        BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 50}}],
    )[0]["InstanceId"]  # fmt: skip
    identifier = ec2.create_image(
        InstanceId=instance,
        Name="golden",
        TagSpecifications=[
            {"ResourceType": "snapshot", "Tags": [{"Key": "of", "Value": "golden"}]}
        ],
    )["ImageId"]
    shown = image(ec2, identifier)
    assert shown["State"] == "available"
    assert shown["SourceInstanceId"] == instance
    mappings = {each["DeviceName"]: each["Ebs"] for each in shown["BlockDeviceMappings"]}
    assert {name: ebs["VolumeSize"] for name, ebs in mappings.items()} == {
        "/dev/xvda": 8, "/dev/sdf": 50,
    }  # fmt: skip
    snapshots = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert {each["SnapshotId"] for each in snapshots} == {
        each["SnapshotId"] for each in mappings.values()
    }
    assert all(each["Tags"] == [{"Key": "of", "Value": "golden"}] for each in snapshots)
    copy = run(ec2, identifier)[0]
    assert len(copy["BlockDeviceMappings"]) == 2
    assert refusal(ec2.delete_snapshot, SnapshotId=snapshots[0]["SnapshotId"]) == (
        "InvalidSnapshot.InUse",
        f"The snapshot {snapshots[0]['SnapshotId']} is currently in use by {identifier}",
    )


def test_a_shared_image_starts_in_the_other_account(chamber: Chamber, ec2: Any, ami: str) -> None:
    identifier = golden(ec2, ami)
    other = chamber.client("ec2", region_name=REGION, account=TWO)
    request = {"ImageId": identifier, "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro"}
    assert refusal(other.run_instances, **request) == (
        "InvalidAMIID.NotFound", f"The image id '[{identifier}]' does not exist",
    )  # fmt: skip
    ec2.modify_image_attribute(ImageId=identifier, LaunchPermission={"Add": [{"UserId": TWO}]})
    launched = run(other, identifier)[0]
    assert one(other, launched["InstanceId"])["ImageId"] == identifier
    assert names(other, ExecutableUsers=["self"]) == ["golden"]
    assert refusal(other.deregister_image, ImageId=identifier)[0] == "AuthFailure"
    permissions = ec2.describe_image_attribute(ImageId=identifier, Attribute="launchPermission")
    assert permissions["LaunchPermissions"] == [{"UserId": TWO}]
    other.cancel_image_launch_permission(ImageId=identifier)
    assert names(other, ExecutableUsers=["self"]) == []


def test_an_image_becomes_public_only_when_it_may(chamber: Chamber, ec2: Any, ami: str) -> None:
    identifier = golden(ec2, ami)
    everybody = {"Add": [{"Group": "all"}]}
    assert refusal(
        ec2.modify_image_attribute, ImageId=identifier, LaunchPermission=everybody
    )[0] == "OperationNotPermitted"  # fmt: skip
    ec2.disable_image_block_public_access()
    ec2.modify_image_attribute(ImageId=identifier, LaunchPermission=everybody)
    other = chamber.client("ec2", region_name=REGION, account=TWO)
    assert names(other, Owners=[ONE]) == ["golden"]
    ec2.reset_image_attribute(ImageId=identifier, Attribute="launchPermission")
    assert names(other, Owners=[ONE]) == []
    ec2.enable_image_block_public_access(ImageBlockPublicAccessState="block-new-sharing")
    state = ec2.get_image_block_public_access_state()["ImageBlockPublicAccessState"]
    assert state == "block-new-sharing"
    assert refusal(
        ec2.modify_image_attribute, ImageId=identifier, LaunchPermission=everybody
    )[0] == "OperationNotPermitted"  # fmt: skip


def test_a_deregistered_image_is_gone_with_its_snapshots_if_asked(ec2: Any, ami: str) -> None:
    first = golden(ec2, ami)
    ec2.deregister_image(ImageId=first)
    assert refusal(ec2.describe_images, ImageIds=[first])[0] == "InvalidAMIID.NotFound"
    assert len(ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 1
    second = golden(ec2, ami)
    answer = ec2.deregister_image(ImageId=second, DeleteAssociatedSnapshots=True)
    assert [each["ReturnCode"] for each in answer["DeleteSnapshotResults"]] == ["success"]
    assert len(ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 1
    # Instances of an image outlive it.
    assert len(every(ec2)) == 2


def test_protection_lasts_for_a_day_after_it_is_disabled(
    chamber: Chamber, ec2: Any, ami: str
) -> None:
    identifier = golden(ec2, ami)
    ec2.enable_image_deregistration_protection(ImageId=identifier, WithCooldown=True)
    assert image(ec2, identifier)["DeregistrationProtection"] == "enabled-with-cooldown"
    assert refusal(ec2.deregister_image, ImageId=identifier)[0] == "OperationNotPermitted"
    ec2.disable_image_deregistration_protection(ImageId=identifier)
    assert refusal(ec2.deregister_image, ImageId=identifier)[0] == "OperationNotPermitted"
    chamber.advance(86_401)
    ec2.deregister_image(ImageId=identifier)
    assert names(ec2, Owners=["self"]) == []


def test_a_deprecated_image_is_shown_to_its_owner_only(
    chamber: Chamber, ec2: Any, ami: str
) -> None:
    identifier = golden(ec2, ami)
    ec2.modify_image_attribute(ImageId=identifier, LaunchPermission={"Add": [{"UserId": TWO}]})
    ec2.enable_image_deprecation(ImageId=identifier, DeprecateAt="2027-01-02T00:00:00Z")
    other = chamber.client("ec2", region_name=REGION, account=TWO)
    assert names(other, Owners=[ONE]) == ["golden"]
    chamber.advance(86_401)
    assert names(other, Owners=[ONE]) == []
    assert names(other, Owners=[ONE], IncludeDeprecated=True) == ["golden"]
    assert names(ec2, Owners=["self"]) == ["golden"]
    ec2.disable_image_deprecation(ImageId=identifier)
    assert names(other, Owners=[ONE]) == ["golden"]


def test_a_disabled_image_starts_nothing(ec2: Any, ami: str) -> None:
    identifier = golden(ec2, ami)
    ec2.disable_image(ImageId=identifier)
    assert names(ec2, Owners=["self"]) == []
    assert names(ec2, Owners=["self"], IncludeDisabled=True) == ["golden"]
    request = {"ImageId": identifier, "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro"}
    assert refusal(ec2.run_instances, **request)[0] == "InvalidAMIID.Unavailable"
    ec2.enable_image(ImageId=identifier)
    assert run(ec2, identifier)


def test_a_copy_lies_in_another_region_and_can_be_encrypted(
    chamber: Chamber, ec2: Any, ami: str
) -> None:
    identifier = golden(ec2, ami)
    elsewhere = chamber.client("ec2", region_name="us-east-1", account=ONE)
    copy = elsewhere.copy_image(
        SourceImageId=identifier, SourceRegion=REGION, Name="copy", Encrypted=True
    )["ImageId"]
    shown = image(elsewhere, copy)
    assert shown["SourceImageId"] == identifier
    assert shown["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    launched = run(elsewhere, copy)[0]
    volume = launched["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    assert elsewhere.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Encrypted"] is True
    chain = elsewhere.get_image_ancestry(ImageId=copy)["ImageAncestryEntries"]
    assert [each["ImageId"] for each in chain] == [copy, identifier, ami]


def test_an_image_can_be_registered_from_a_snapshot(ec2: Any, ami: str) -> None:
    golden(ec2, ami)
    snapshot = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"][0]["SnapshotId"]
    identifier = ec2.register_image(
        Name="registered",
        Architecture="x86_64",
        VirtualizationType="hvm",
        EnaSupport=True,
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}],
    )["ImageId"]
    assert run(ec2, identifier)[0]["RootDeviceName"] == "/dev/xvda"
    assert refusal(ec2.register_image, Name="registered", RootDeviceName="/dev/xvda",
                   BlockDeviceMappings=[{"DeviceName": "/dev/xvda"}]) == (
        "InvalidAMIName.Duplicate", f"AMI name registered is already in use by AMI {identifier}",
    )  # fmt: skip


def test_an_account_may_allow_itself_few_images(ec2: Any, ami: str) -> None:
    own = golden(ec2, ami)
    ec2.replace_image_criteria_in_allowed_images_settings(
        ImageCriteria=[{"ImageProviders": ["099720109477"]}]
    )
    ec2.enable_allowed_images_settings(AllowedImagesSettingsState="audit-mode")
    assert image(ec2, ami)["ImageAllowed"] is False
    ec2.enable_allowed_images_settings(AllowedImagesSettingsState="enabled")
    request = {"MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro"}
    assert refusal(ec2.run_instances, ImageId=ami, **request)[0] == "InvalidAMIID.NotFound"
    assert run(ec2, own)
    ubuntu = ec2.describe_images(
        Owners=["099720109477"], Filters=[{"Name": "architecture", "Values": ["x86_64"]}]
    )["Images"][0]["ImageId"]
    assert run(ec2, ubuntu)
    ec2.disable_allowed_images_settings()
    assert run(ec2, ami)


def test_the_allowed_images_are_told(ec2: Any) -> None:
    assert ec2.get_allowed_images_settings()["State"] == "disabled"
    ec2.replace_image_criteria_in_allowed_images_settings(
        ImageCriteria=[{"ImageProviders": ["amazon"]}]
    )
    ec2.enable_allowed_images_settings(AllowedImagesSettingsState="audit-mode")
    told = ec2.get_allowed_images_settings()
    assert told["State"] == "audit-mode"
    assert told["ImageCriteria"] == [{"ImageProviders": ["amazon"]}]
