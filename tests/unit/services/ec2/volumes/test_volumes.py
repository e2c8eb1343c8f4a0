"""Volumes: made, copied, changed and deleted, with AWS's ranges and refusals."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.refusing import refusal
from tests.unit.services.ec2.volumes.asking import volume
from tests.unit.services.ec2.volumes.conftest import TWO, ZONE, stand


def test_a_volume_is_there_with_its_tags_and_gone_when_deleted(ec2: Any) -> None:
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "team", "Value": "a"}]}]
    made = ec2.create_volume(
        AvailabilityZone=ZONE, Size=10, VolumeType="gp3", TagSpecifications=tags
    )
    assert made["State"] == "creating"
    seen = volume(ec2, made["VolumeId"])
    assert (seen["State"], seen["Size"], seen["Iops"], seen["Throughput"]) == (
        "available",
        10,
        3000,
        125,
    )
    by_tag = ec2.describe_volumes(Filters=[{"Name": "tag:team", "Values": ["a"]}])
    assert [each["VolumeId"] for each in by_tag["Volumes"]] == [made["VolumeId"]]
    ec2.delete_volume(VolumeId=made["VolumeId"])
    code, message = refusal(ec2.describe_volumes, VolumeIds=[made["VolumeId"]])
    assert code == "InvalidVolume.NotFound"
    assert message == f"The volume '{made['VolumeId']}' does not exist"


@pytest.mark.parametrize(
    ("request_", "code", "words"),
    [
        ({}, "MissingParameter", "size/snapshot"),
        ({"Size": 100, "VolumeType": "st1"}, "InvalidParameterValue", "minimum is 125GiB"),
        ({"Size": 16_385}, "InvalidParameterValue", "maximum is 16384GiB"),
        ({"Size": 10, "VolumeType": "io1"}, "MissingParameter", "iops must be specified"),
        (
            {"Size": 10, "VolumeType": "io1", "Iops": 600},
            "InvalidParameterValue",
            "Iops to volume size ratio of 60.000000 is too high; maximum is 50",
        ),
        ({"Size": 10, "Iops": 300}, "InvalidParameterCombination", "iops is not supported"),
        (
            {"Size": 10, "VolumeType": "gp3", "Iops": 3000, "Throughput": 1000},
            "InvalidParameterValue",
            "maximum is 0.250000 MiBps per iops",
        ),
        (
            {"Size": 10, "VolumeType": "gp3", "MultiAttachEnabled": True},
            "InvalidParameterCombination",
            "Multi-Attach is not supported",
        ),
        ({"Size": 10, "KmsKeyId": "k"}, "InvalidParameterDependency", "Encrypted"),
    ],
)
def test_what_cannot_be_is_refused(
    ec2: Any, request_: dict[str, Any], code: str, words: str
) -> None:
    found, message = refusal(ec2.create_volume, AvailabilityZone=ZONE, **request_)
    assert found == code
    assert words in message
    assert ec2.describe_volumes()["Volumes"] == []


@pytest.mark.parametrize(
    ("size", "iops"), [(1, 100), (33, 100), (34, 102), (5_333, 15_999), (16_384, 16_000)]
)
def test_gp2_has_three_iops_for_each_gib(ec2: Any, size: int, iops: int) -> None:
    assert ec2.create_volume(AvailabilityZone=ZONE, Size=size)["Iops"] == iops


def test_a_zone_is_named_once_by_name_or_id(ec2: Any) -> None:
    by_id = ec2.create_volume(AvailabilityZoneId="euw1-az3", Size=1)
    assert (by_id["AvailabilityZone"], by_id["AvailabilityZoneId"]) == (ZONE, "euw1-az3")
    both = {"AvailabilityZone": ZONE, "AvailabilityZoneId": "euw1-az3"}
    assert refusal(ec2.create_volume, Size=1, **both)[0] == "InvalidParameterCombination"
    assert refusal(ec2.create_volume, Size=1)[0] == "MissingParameter"
    assert refusal(ec2.create_volume, Size=1, AvailabilityZone="eu-west-1z") == (
        "InvalidParameterValue",
        "Invalid availability zone: [eu-west-1z]",
    )


def test_a_client_token_makes_one_volume(ec2: Any) -> None:
    request = {"AvailabilityZone": ZONE, "Size": 1, "ClientToken": "t"}
    first, second = ec2.create_volume(**request), ec2.create_volume(**request)
    assert first["VolumeId"] == second["VolumeId"]
    assert len(ec2.describe_volumes()["Volumes"]) == 1
    code, _ = refusal(ec2.create_volume, **{**request, "Size": 2})
    assert code == "IdempotentParameterMismatch"


def test_an_encrypted_volume_has_a_key_of_kms(chamber: Chamber, ec2: Any) -> None:
    kms = chamber.client("kms")
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=1, Encrypted=True)
    aws = kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]
    assert volume(ec2, made["VolumeId"])["KmsKeyId"] == aws["Arn"]
    own = kms.create_key()["KeyMetadata"]
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=own["KeyId"])
    ec2.enable_ebs_encryption_by_default()
    unasked = ec2.create_volume(AvailabilityZone=ZONE, Size=1)
    assert (unasked["Encrypted"], unasked["KmsKeyId"]) == (True, own["Arn"])
    ec2.reset_ebs_default_kms_key_id()
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True
    ec2.disable_ebs_encryption_by_default()
    assert ec2.create_volume(AvailabilityZone=ZONE, Size=1)["Encrypted"] is False


def test_a_key_that_cannot_be_used_ends_in_an_error_and_says_why(
    chamber: Chamber, ec2: Any
) -> None:
    kms = chamber.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=key)
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=1, Encrypted=True, KmsKeyId=key)
    assert volume(ec2, made["VolumeId"])["State"] == "error"
    told = [each["sentence"] for each in chamber.events() if each["what"] == "ec2.volume-failed"]
    assert told == [f"{made['VolumeId']} could not be created: the key is Disabled"]
    code, _ = refusal(ec2.modify_ebs_default_kms_key_id, KmsKeyId=key)
    assert code == "InvalidParameterValue"


def test_a_copy_is_a_volume_of_its_own(ec2: Any) -> None:
    plain = ec2.create_volume(AvailabilityZone=ZONE, Size=4)["VolumeId"]
    assert refusal(ec2.copy_volumes, SourceVolumeId=plain)[0] == "UnsupportedOperation"
    source = ec2.create_volume(AvailabilityZone=ZONE, Size=4, Encrypted=True)["VolumeId"]
    copy = ec2.copy_volumes(SourceVolumeId=source, VolumeType="gp3", Size=8)["Volumes"][0]
    seen = volume(ec2, copy["VolumeId"])
    assert (seen["Size"], seen["VolumeType"], seen["SourceVolumeId"]) == (8, "gp3", source)
    assert refusal(ec2.copy_volumes, SourceVolumeId=source, Size=3)[0] == "InvalidParameterValue"


def test_attaching_and_detaching(chamber: Chamber, ec2: Any) -> None:
    instance = stand(chamber)
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    asked = ec2.attach_volume(VolumeId=made, InstanceId=instance, Device="/dev/sdf")
    assert asked["State"] == "attaching"
    seen = volume(ec2, made)
    assert seen["State"] == "in-use"
    assert [(each["State"], each["Device"]) for each in seen["Attachments"]] == [
        ("attached", "/dev/sdf")
    ]
    named = [{"Name": "attachment.instance-id", "Values": [instance]}]
    assert len(ec2.describe_volumes(Filters=named)["Volumes"]) == 1
    code, message = refusal(ec2.delete_volume, VolumeId=made)
    assert (code, message) == (
        "VolumeInUse",
        f"Volume {made} is currently attached to {instance}",
    )
    again = refusal(ec2.attach_volume, VolumeId=made, InstanceId=instance, Device="/dev/sdg")
    assert again == ("VolumeInUse", f"{made} is already attached to an instance")
    ec2.detach_volume(VolumeId=made)
    assert volume(ec2, made)["State"] == "available"
    assert volume(ec2, made)["Attachments"] == []
    code, message = refusal(ec2.detach_volume, VolumeId=made)
    assert (code, message) == ("IncorrectState", f"Volume '{made}' is in the 'available' state.")


def test_what_cannot_be_attached(chamber: Chamber, ec2: Any) -> None:
    here = stand(chamber, 1)
    there = stand(chamber, 2, zone="eu-west-1b")
    gone = stand(chamber, 3, state="terminated")
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    other = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    ec2.attach_volume(VolumeId=other, InstanceId=here, Device="/dev/sdf")

    def refused(instance: str, device: str = "/dev/sdf") -> str:
        return refusal(ec2.attach_volume, VolumeId=made, InstanceId=instance, Device=device)[0]

    assert refused(there) == "InvalidVolume.ZoneMismatch"
    assert refused(gone) == "IncorrectState"
    assert refused(here) == "InvalidParameterValue"
    assert refused(here, "sesame") == "InvalidParameterValue"
    assert refused("i-00000000000000009") == "InvalidInstanceID.NotFound"
    assert volume(ec2, made)["State"] == "available"


def test_the_root_volume_stays_while_its_instance_runs(chamber: Chamber, ec2: Any) -> None:
    instance = stand(chamber, root_device="/dev/xvda")
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    ec2.attach_volume(VolumeId=made, InstanceId=instance, Device="/dev/xvda")
    assert refusal(ec2.detach_volume, VolumeId=made)[0] == "OperationNotPermitted"


def test_an_instance_has_room_for_so_many(chamber: Chamber, ec2: Any) -> None:
    instance = stand(chamber)
    for index in range(29):
        made = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
        request = {
            "VolumeId": made,
            "InstanceId": instance,
            "Device": f"/dev/xvd{chr(97 + index // 26)}{chr(97 + index % 26)}",
        }
        if index < 28:
            ec2.attach_volume(**request)
        else:
            assert refusal(ec2.attach_volume, **request)[0] == "AttachmentLimitExceeded"


def test_multi_attach(chamber: Chamber, ec2: Any) -> None:
    made = ec2.create_volume(
        AvailabilityZone=ZONE, Size=10, VolumeType="io2", Iops=100, MultiAttachEnabled=True
    )["VolumeId"]
    instances = [stand(chamber, number) for number in range(17)]
    for each in instances[:16]:
        ec2.attach_volume(VolumeId=made, InstanceId=each, Device="/dev/sdf")
    last = {"VolumeId": made, "InstanceId": instances[16], "Device": "/dev/sdf"}
    assert refusal(ec2.attach_volume, **last)[0] == "AttachmentLimitExceeded"
    assert refusal(ec2.detach_volume, VolumeId=made)[0] == "MissingParameter"
    ec2.detach_volume(VolumeId=made, InstanceId=instances[0])
    assert len(volume(ec2, made)["Attachments"]) == 15
    code, _ = refusal(ec2.detach_volume, VolumeId=made, InstanceId=instances[0])
    assert code == "InvalidAttachment.NotFound"


def test_detaching_takes_its_time_and_force_does_not(slow: Chamber) -> None:
    ec2 = slow.client("ec2")
    instance = stand(slow)
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    assert volume(ec2, made)["State"] == "creating"
    status = ec2.describe_volume_status(VolumeIds=[made])["VolumeStatuses"][0]["VolumeStatus"]
    assert status["Status"] == "insufficient-data"
    assert refusal(ec2.attach_volume, VolumeId=made, InstanceId=instance, Device="/dev/sdf") == (
        "IncorrectState",
        f"{made} is not 'available'.",
    )
    slow.advance("10s")
    ec2.attach_volume(VolumeId=made, InstanceId=instance, Device="/dev/sdf")
    slow.advance("10s")
    assert volume(ec2, made)["Attachments"][0]["State"] == "attached"
    ec2.detach_volume(VolumeId=made)
    assert volume(ec2, made)["Attachments"][0]["State"] == "detaching"
    ec2.detach_volume(VolumeId=made, Force=True)
    assert volume(ec2, made)["State"] == "available"
    ec2.delete_volume(VolumeId=made)
    assert volume(ec2, made)["State"] == "deleting"
    slow.advance("1m")
    assert ec2.describe_volumes()["Volumes"] == []


def test_status_and_attributes(ec2: Any) -> None:
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=1, VolumeType="gp3")["VolumeId"]
    passed = [{"Name": "volume-status.details-status", "Values": ["passed"]}]
    found = ec2.describe_volume_status(Filters=passed)["VolumeStatuses"]
    assert [(each["VolumeId"], each["VolumeStatus"]["Status"]) for each in found] == [(made, "ok")]
    ec2.modify_volume_attribute(VolumeId=made, AutoEnableIO={"Value": True})
    told = ec2.describe_volume_attribute(VolumeId=made, Attribute="autoEnableIO")
    assert told["AutoEnableIO"] == {"Value": True}
    ec2.enable_volume_io(VolumeId=made)
    assert refusal(ec2.modify_volume_attribute, VolumeId=made)[0] == "MissingParameter"


def test_nobody_else_sees_a_volume(chamber: Chamber, ec2: Any) -> None:
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    other = chamber.client("ec2", account=TWO)
    assert other.describe_volumes()["Volumes"] == []
    assert refusal(other.delete_volume, VolumeId=made)[0] == "InvalidVolume.NotFound"
    assert refusal(ec2.delete_volume, VolumeId="vol-x")[0] == "InvalidVolumeID.Malformed"


def test_pages(ec2: Any) -> None:
    made = {ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"] for _ in range(12)}
    pages = list(ec2.get_paginator("describe_volumes").paginate(MaxResults=5))
    assert [len(each["Volumes"]) for each in pages] == [5, 5, 2]
    assert {each["VolumeId"] for page in pages for each in page["Volumes"]} == made
