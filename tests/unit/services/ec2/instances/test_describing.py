"""DescribeInstances: its filters and pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.loaders import Loader

from cloudchamber.services.ec2.instances.describing import INSTANCES_DESCRIBED
from tests.unit.services.ec2.instances.running_world import every, run
from tests.unit.services.ec2.refusing import refusal


def found(ec2: Any, name: str, *values: str) -> set[str]:
    filters = [{"Name": name, "Values": list(values)}]
    return {each["InstanceId"] for each in every(ec2, Filters=filters)}


@pytest.fixture
def two(ec2: Any, ami: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A small public instance with a name, and a larger private one that is stopped."""
    first = run(
        ec2, ami,
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web-1"}]}
        ],
    )[0]  # fmt: skip
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    second = run(ec2, ami, InstanceType="m5.large", SubnetId=subnet, Monitoring={"Enabled": True})[
        0
    ]
    ec2.stop_instances(InstanceIds=[second["InstanceId"]])
    return first, second


def test_filters_choose_by_what_is_described(
    ec2: Any, two: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = two
    one, other = first["InstanceId"], second["InstanceId"]
    interface = first["NetworkInterfaces"][0]
    chooses_first = {
        "instance-type": "t3.*",
        "instance-state-name": "running",
        "instance-state-code": "16",
        "tag:Name": "web-?",
        "tag-key": "Name",
        "ip-address": first["PublicIpAddress"],
        "dns-name": "ec2-*",
        "private-ip-address": first["PrivateIpAddress"],
        "private-dns-name": first["PrivateDnsName"],
        "vpc-id": first["VpcId"],
        "subnet-id": first["SubnetId"],
        "reservation-id": "r-*",
        "instance.group-id": first["SecurityGroups"][0]["GroupId"],
        "network-interface.network-interface-id": interface["NetworkInterfaceId"],
        "network-interface.mac-address": interface["MacAddress"],
        "network-interface.association.public-ip": first["PublicIpAddress"],
        "network-interface.addresses.private-ip-address": first["PrivateIpAddress"],
        "network-interface.attachment.attachment-id": interface["Attachment"]["AttachmentId"],
        "block-device-mapping.volume-id": first["BlockDeviceMappings"][0]["Ebs"]["VolumeId"],
        "monitoring-state": "disabled",
    }
    for name, value in chooses_first.items():
        expected = {one, other} if value == "r-*" else {one}
        assert found(ec2, name, value) == expected, name
    assert found(ec2, "instance-state-name", "stopped") == {other}
    assert found(ec2, "state-reason-code", "Client.UserInitiatedShutdown") == {other}
    assert found(ec2, "block-device-mapping.status", "attached") == {one, other}
    assert found(ec2, "instance-type", "t3.micro", "m5.large") == {one, other}
    assert found(ec2, "metadata-options.http-tokens", "required") == {one, other}
    assert found(ec2, "launch-time", "2027-01-01T00:00:00.000Z") == {one, other}
    assert found(ec2, "host-id", "h-1") == set()
    assert found(ec2, "iam-instance-profile.arn", "*") == set()


def test_every_documented_filter_is_there() -> None:
    text = Loader().load_service_model("ec2", "service-2")["shapes"]["DescribeInstancesRequest"][
        "members"
    ]["Filters"]["documentation"]
    named = set(re.findall(r"<li>\s*<p>\s*<code>([^<]+)</code>", text))
    plain = {name for name in named if "&lt;" not in name and not name.startswith("tag")}
    assert len(plain) > 90
    assert plain - set(INSTANCES_DESCRIBED.filters) == set()


def test_pages_show_each_instance_once(ec2: Any, ami: str) -> None:
    run(ec2, ami, 3)
    run(ec2, ami, 9)
    seen: list[str] = []
    token = None
    while True:
        more: dict[str, str] = {"NextToken": token} if token else {}
        page = ec2.describe_instances(MaxResults=5, **more)
        ids = [each["InstanceId"] for group in page["Reservations"] for each in group["Instances"]]
        assert len(ids) <= 5
        seen += ids
        token = page.get("NextToken")
        if token is None:
            break
    assert sorted(seen) == sorted(each["InstanceId"] for each in every(ec2))
    assert len(seen) == len(set(seen)) == 12


def test_bad_questions(ec2: Any, ami: str) -> None:
    identifier = run(ec2, ami)[0]["InstanceId"]
    assert refusal(ec2.describe_instances, InstanceIds=[identifier], MaxResults=5) == (
        "InvalidParameterCombination",
        "The parameter instancesSet cannot be used with the parameter maxResults",
    )
    assert refusal(ec2.describe_instances, MaxResults=4)[0] == "InvalidParameterValue"
    assert refusal(ec2.describe_instances, NextToken="x")[0] == "InvalidNextToken"
    assert refusal(ec2.describe_instances, Filters=[{"Name": "colour", "Values": ["red"]}]) == (
        "InvalidParameterValue", "The filter 'colour' is invalid",
    )  # fmt: skip


def test_images_of_instances_are_described(ec2: Any, ami: str) -> None:
    identifier = run(ec2, ami)[0]["InstanceId"]
    shown = ec2.describe_instance_image_metadata()["InstanceImageMetadata"][0]
    assert shown["InstanceId"] == identifier
    assert shown["ImageMetadata"]["ImageId"] == ami
    assert shown["ImageMetadata"]["ImageOwnerAlias"] == "amazon"
