"""Volumes: made, copied, changed and deleted, with AWS's ranges and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber.testing.chamber import Chamber

ONE = "111111111111"
REGION = "eu-west-1"
ZONE = "eu-west-1a"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, region=REGION) as opened:
        yield opened


@pytest.fixture
def ec2(chamber: Chamber) -> Any:
    return chamber.client("ec2")


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as found:
        call(**request)
    error = found.value.response["Error"]
    return error["Code"], error["Message"]


def volume(ec2: Any, identifier: str) -> dict[str, Any]:
    found: dict[str, Any] = ec2.describe_volumes(VolumeIds=[identifier])["Volumes"][0]
    return found


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
