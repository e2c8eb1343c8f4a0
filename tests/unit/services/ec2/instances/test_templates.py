"""Launch templates: versions, what a launch makes of them, and bad ones."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.services.ec2.instances.running_world import one, run
from tests.unit.services.ec2.refusing import refusal


def make(ec2: Any, ami: str, **data: Any) -> str:
    answer = ec2.create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={"ImageId": ami, "InstanceType": "t3.micro", **data},
    )
    identifier: str = answer["LaunchTemplate"]["LaunchTemplateId"]
    return identifier


def launched(ec2: Any, **request: Any) -> dict[str, Any]:
    made = ec2.run_instances(MinCount=1, MaxCount=1, **request)["Instances"][0]
    return one(ec2, made["InstanceId"])


def test_an_instance_is_what_its_template_says(ec2: Any, ami: str) -> None:
    identifier = make(
        ec2,
        ami,
        Monitoring={"Enabled": True},
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30}}],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}],
    )
    instance = launched(ec2, LaunchTemplate={"LaunchTemplateName": "web"})
    assert instance["InstanceType"] == "t3.micro"
    assert instance["Monitoring"]["State"] == "enabled"
    assert ec2.describe_volumes()["Volumes"][0]["Size"] == 30
    tags = {each["Key"]: each["Value"] for each in instance["Tags"]}
    assert tags == {
        "Name": "web",
        "aws:ec2launchtemplate:id": identifier,
        "aws:ec2launchtemplate:version": "1",
    }


def test_the_request_goes_before_the_template(ec2: Any, ami: str) -> None:
    identifier = make(
        ec2,
        ami,
        TagSpecifications=[
            {
                "ResourceType": "instance",
                "Tags": [{"Key": "Name", "Value": "web"}, {"Key": "Team", "Value": "a"}],
            }
        ],
    )
    instance = launched(
        ec2,
        LaunchTemplate={"LaunchTemplateId": identifier, "Version": "$Latest"},
        InstanceType="t3.small",
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "other"}]}
        ],
    )
    assert instance["InstanceType"] == "t3.small"
    tags = {each["Key"]: each["Value"] for each in instance["Tags"]}
    assert (tags["Name"], tags["Team"]) == ("other", "a")


def test_a_version_can_build_on_another(ec2: Any, ami: str) -> None:
    identifier = make(ec2, ami)
    version = ec2.create_launch_template_version(
        LaunchTemplateId=identifier,
        SourceVersion="1",
        VersionDescription="larger",
        LaunchTemplateData={"InstanceType": "m5.large"},
    )["LaunchTemplateVersion"]
    assert version["VersionNumber"] == 2
    assert version["LaunchTemplateData"] == {"ImageId": ami, "InstanceType": "m5.large"}
    assert version["DefaultVersion"] is False
    template = {"LaunchTemplateId": identifier}
    assert launched(ec2, LaunchTemplate=template)["InstanceType"] == "t3.micro"
    latest = {**template, "Version": "$Latest"}
    assert launched(ec2, LaunchTemplate=latest)["InstanceType"] == "m5.large"
    ec2.modify_launch_template(LaunchTemplateId=identifier, DefaultVersion="2")
    assert launched(ec2, LaunchTemplate=template)["InstanceType"] == "m5.large"
    shown = ec2.describe_launch_templates()["LaunchTemplates"][0]
    assert (shown["DefaultVersionNumber"], shown["LatestVersionNumber"]) == (2, 2)


def test_versions_are_found_newest_first(ec2: Any, ami: str) -> None:
    identifier = make(ec2, ami)
    for kind in ("t3.small", "t3.medium", "t3.large"):
        ec2.create_launch_template_version(
            LaunchTemplateId=identifier, LaunchTemplateData={"InstanceType": kind}
        )

    def numbers(**request: Any) -> list[int]:
        found = ec2.describe_launch_template_versions(**request)["LaunchTemplateVersions"]
        return [each["VersionNumber"] for each in found]

    assert numbers(LaunchTemplateId=identifier) == [4, 3, 2, 1]
    assert numbers(LaunchTemplateId=identifier, MinVersion="2", MaxVersion="3") == [3, 2]
    assert numbers(Versions=["$Latest"]) == [4]
    assert numbers(
        LaunchTemplateId=identifier,
        Filters=[{"Name": "instance-type", "Values": ["t3.small"]}],
    ) == [2]
    answer = ec2.delete_launch_template_versions(
        LaunchTemplateId=identifier, Versions=["4", "1", "9"]
    )
    done = answer["SuccessfullyDeletedLaunchTemplateVersions"]
    assert [each["VersionNumber"] for each in done] == [4]
    assert len(answer["UnsuccessfullyDeletedLaunchTemplateVersions"]) == 2
    again = ec2.create_launch_template_version(
        LaunchTemplateId=identifier, LaunchTemplateData={"KeyName": "x"}
    )["LaunchTemplateVersion"]
    assert again["VersionNumber"] == 5


def test_a_template_can_be_made_like_an_instance(ec2: Any, ami: str) -> None:
    instance = run(ec2, ami, UserData="hello", InstanceType="t3.small")[0]
    data = ec2.get_launch_template_data(InstanceId=instance["InstanceId"])["LaunchTemplateData"]
    ec2.create_launch_template(LaunchTemplateName="like", LaunchTemplateData=data)
    copy = launched(ec2, LaunchTemplate={"LaunchTemplateName": "like"})
    for member in ("ImageId", "InstanceType", "SubnetId", "MetadataOptions", "CpuOptions"):
        assert copy[member] == instance[member]


def test_what_is_wrong_with_templates(ec2: Any, ami: str) -> None:
    identifier = make(ec2, ami)
    data = {"KeyName": "x"}
    assert refusal(
        ec2.create_launch_template, LaunchTemplateName="web", LaunchTemplateData=data
    ) == (
        "InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.",
    )  # fmt: skip
    assert refusal(
        ec2.run_instances, MinCount=1, MaxCount=1,
        LaunchTemplate={"LaunchTemplateId": identifier, "Version": "7"},
    ) == (
        "InvalidLaunchTemplateId.VersionNotFound",
        f"Could not find the specified version 7 for the launch template with ID {identifier}.",
    )  # fmt: skip
    ec2.delete_launch_template(LaunchTemplateId=identifier)
    assert refusal(ec2.describe_launch_templates, LaunchTemplateIds=[identifier])[0] == (
        "InvalidLaunchTemplateId.NotFound"
    )
    assert refusal(ec2.describe_launch_templates, LaunchTemplateNames=["web"]) == (
        "InvalidLaunchTemplateName.NotFoundException",
        "The specified launch template, with template name web, does not exist.",
    )


@pytest.mark.parametrize("data", ["not base64", "Zm9v\u00e9"])
def test_user_data_of_a_template_is_base64(ec2: Any, data: str) -> None:
    with pytest.raises(ClientError) as error:
        ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"UserData": data})
    assert error.value.response["Error"]["Code"] == "InvalidUserData.Malformed"
