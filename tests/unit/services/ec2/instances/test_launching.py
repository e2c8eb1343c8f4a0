"""RunInstances: what an instance gets, and what cannot be started."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from cloudchamber.services.ec2.instances.public_images import parameters, public_images
from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.instances.conftest import ONE, REGION
from tests.unit.services.ec2.instances.running_world import every, run
from tests.unit.services.ec2.refusing import refusal

ARM = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"


def test_an_instance_gets_an_interface_a_volume_and_a_public_address(ec2: Any, ami: str) -> None:
    instance = run(ec2, ami)[0]
    assert instance["State"] == {"Code": 16, "Name": "running"}
    interface = ec2.describe_network_interfaces()["NetworkInterfaces"][0]
    assert interface["Attachment"]["InstanceId"] == instance["InstanceId"]
    assert interface["PrivateIpAddress"] == instance["PrivateIpAddress"]
    assert interface["Association"]["PublicIp"] == instance["PublicIpAddress"]
    volume = ec2.describe_volumes()["Volumes"][0]
    assert (volume["Size"], volume["VolumeType"], volume["State"]) == (8, "gp3", "in-use")
    assert volume["Attachments"][0]["Device"] == instance["RootDeviceName"] == "/dev/xvda"
    assert volume["AvailabilityZone"] == instance["Placement"]["AvailabilityZone"] == "eu-west-1a"
    assert instance["PublicDnsName"].startswith("ec2-")
    assert instance["PrivateDnsName"].endswith(".eu-west-1.compute.internal")


def test_one_reservation_holds_what_one_call_launched(ec2: Any, ami: str) -> None:
    run(ec2, ami, 3)
    run(ec2, ami, 2)
    groups = ec2.describe_instances()["Reservations"]
    assert sorted(len(each["Instances"]) for each in groups) == [2, 3]
    three = max(groups, key=lambda each: len(each["Instances"]))
    assert sorted(each["AmiLaunchIndex"] for each in three["Instances"]) == [0, 1, 2]
    addresses = {each["PrivateIpAddress"] for each in every(ec2)}
    assert len(addresses) == 5


def test_a_client_token_launches_once(ec2: Any, ami: str) -> None:
    first = run(ec2, ami, ClientToken="again")[0]
    second = run(ec2, ami, ClientToken="again")[0]
    assert first["InstanceId"] == second["InstanceId"]
    assert refusal(
        ec2.run_instances, ImageId=ami, MinCount=1, MaxCount=1, InstanceType="t3.small",
        ClientToken="again",
    )[0] == "IdempotentParameterMismatch"  # fmt: skip


def test_tags_go_to_instance_volume_and_interface(ec2: Any, ami: str) -> None:
    run(
        ec2,
        ami,
        TagSpecifications=[
            {"ResourceType": kind, "Tags": [{"Key": "Name", "Value": kind}]}
            for kind in ("instance", "volume", "network-interface")
        ],
    )
    found = {
        (each["ResourceType"], each["Value"])
        for each in ec2.describe_tags()["Tags"]
        if each["Key"] == "Name"
    }
    assert found == {(kind, kind) for kind in ("instance", "volume", "network-interface")}


def test_interfaces_are_made_as_they_are_specified(ec2: Any, ami: str) -> None:
    subnet = ec2.describe_subnets()["Subnets"][0]
    group = run(ec2, ami)[0]["SecurityGroups"][0]["GroupId"]
    instance = run(
        ec2,
        ami,
        InstanceType="m5.large",
        NetworkInterfaces=[
            {"DeviceIndex": 1, "SubnetId": subnet["SubnetId"], "Description": "second"},
            {
                "DeviceIndex": 0,
                "SubnetId": subnet["SubnetId"],
                "Groups": [group],
                "SecondaryPrivateIpAddressCount": 2,
                "DeleteOnTermination": False,
            },
        ],
    )[0]
    first, second = instance["NetworkInterfaces"]
    assert first["Attachment"]["DeviceIndex"] == 0
    assert [each["GroupId"] for each in first["Groups"]] == [group]
    assert len(first["PrivateIpAddresses"]) == 3
    assert second["Description"] == "second"
    # With two interfaces, none gets a public address by itself.
    assert "PublicIpAddress" not in instance
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    left = {
        each["NetworkInterfaceId"]: each
        for each in ec2.describe_network_interfaces()["NetworkInterfaces"]
    }
    assert left[first["NetworkInterfaceId"]]["Status"] == "available"
    assert second["NetworkInterfaceId"] not in left


def test_an_interface_that_is_there_can_be_the_primary_one(ec2: Any, ami: str) -> None:
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    made = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    interface = {"NetworkInterfaceId": made["NetworkInterfaceId"], "DeviceIndex": 0}
    instance = run(ec2, ami, NetworkInterfaces=[interface])[0]
    assert instance["PrivateIpAddress"] == made["PrivateIpAddress"]
    code, _ = refusal(
        ec2.run_instances, ImageId=ami, MinCount=1, MaxCount=1, InstanceType="t3.micro",
        NetworkInterfaces=[interface],
    )  # fmt: skip
    assert code == "InvalidNetworkInterface.InUse"


def test_devices_of_the_request_change_those_of_the_image(ec2: Any, ami: str) -> None:
    instance = run(
        ec2,
        ami,
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20}},
            {
                "DeviceName": "/dev/sdf",
                "Ebs": {"VolumeSize": 100, "VolumeType": "io1", "Iops": 500,
                        "DeleteOnTermination": False},
            },
        ],
    )[0]  # fmt: skip
    volumes = {each["Attachments"][0]["Device"]: each for each in ec2.describe_volumes()["Volumes"]}
    assert volumes["/dev/xvda"]["Size"] == 20
    assert (volumes["/dev/sdf"]["VolumeType"], volumes["/dev/sdf"]["Iops"]) == ("io1", 500)
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    left = ec2.describe_volumes()["Volumes"]
    assert [each["VolumeId"] for each in left] == [volumes["/dev/sdf"]["VolumeId"]]
    assert left[0]["State"] == "available"


def test_user_data_is_kept_as_it_was_sent(ec2: Any, ami: str) -> None:
    instance = run(ec2, ami, UserData="#!/bin/sh\necho hello\n")[0]
    answer = ec2.describe_instance_attribute(
        InstanceId=instance["InstanceId"], Attribute="userData"
    )
    assert base64.b64decode(answer["UserData"]["Value"]) == b"#!/bin/sh\necho hello\n"
    assert refusal(
        ec2.run_instances, ImageId=ami, MinCount=1, MaxCount=1, InstanceType="t3.micro",
        UserData="x" * 16385,
    ) == ("InvalidParameterValue", "User data is limited to 16384 bytes")  # fmt: skip


def test_a_profile_has_to_exist(chamber: Chamber, ec2: Any, ami: str) -> None:
    assert refusal(
        ec2.run_instances, ImageId=ami, MinCount=1, MaxCount=1, InstanceType="t3.micro",
        IamInstanceProfile={"Name": "web"},
    ) == (
        "InvalidParameterValue",
        (
            "Value (web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance "
            "Profile name"
        ),
    )  # fmt: skip
    iam = chamber.client("iam", region_name="us-east-1", account=ONE)
    made = iam.create_instance_profile(InstanceProfileName="web")["InstanceProfile"]
    instance = run(ec2, ami, IamInstanceProfile={"Name": "web"})[0]
    assert instance["IamInstanceProfile"] == {
        "Arn": made["Arn"], "Id": made["InstanceProfileId"],
    }  # fmt: skip


def test_a_subnet_of_one_s_own_gives_no_public_address(ec2: Any, ami: str) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    instance = run(ec2, ami, SubnetId=subnet)[0]
    assert instance["VpcId"] == vpc
    assert instance["PrivateIpAddress"].startswith("10.0.1.")
    assert "PublicIpAddress" not in instance
    assert instance["PublicDnsName"] == ""
    public = run(
        ec2,
        ami,
        NetworkInterfaces=[
            {"DeviceIndex": 0, "SubnetId": subnet, "AssociatePublicIpAddress": True}
        ],
    )[0]
    assert public["PublicIpAddress"]


@pytest.mark.parametrize(
    ("request_part", "code", "text"),
    [
        ({"ImageId": "ami-12345678"}, "InvalidAMIID.NotFound",
         "The image id '[ami-12345678]' does not exist"),
        ({"ImageId": "linux"}, "InvalidAMIID.Malformed",
         'Invalid id: "linux" (expecting "ami-...")'),
        ({"InstanceType": "m5.giant"}, "InvalidParameterValue", None),
        ({"InstanceType": "m9g.large"}, "NotImplemented", None),
        ({"KeyName": "nobody"}, "InvalidKeyPair.NotFound",
         "The key pair 'nobody' does not exist"),
        ({"SubnetId": "subnet-12345678"}, "InvalidSubnetID.NotFound",
         "The subnet ID 'subnet-12345678' does not exist"),
        ({"SecurityGroups": ["web"]}, "InvalidGroup.NotFound", None),
        ({"MinCount": 2, "MaxCount": 1}, "InvalidParameterCombination", None),
        ({"MinCount": 0}, "InvalidParameterValue", None),
        ({"InstanceType": "m1.small"}, "InvalidParameterCombination",
         ("Non-Windows instances with a virtualization type of 'hvm' are currently not supported "
          "for this instance type : m1.small")),
        ({"Placement": {"GroupName": "near"}}, "InvalidPlacementGroup.Unknown",
         "The Placement Group 'near' is unknown."),
        ({"Placement": {"AvailabilityZone": "eu-west-1z"}}, "InvalidParameterValue", None),
        ({"Placement": {"Tenancy": "host"}}, "NotImplemented", None),
        ({"HibernationOptions": {"Configured": True}}, "UnsupportedHibernationConfiguration", None),
        ({"NetworkInterfaces": [{"DeviceIndex": 1}]}, "InvalidParameterCombination", None),
        ({"NetworkInterfaces": [{"DeviceIndex": 0}, {"DeviceIndex": 0}]},
         "InvalidParameterValue", None),
        ({"NetworkInterfaces": [{"DeviceIndex": n} for n in range(3)]}, "AttachmentLimitExceeded",
         "Interface count 3 exceeds the limit for t3.micro"),
        ({"NetworkInterfaces": [{"DeviceIndex": 0, "SecondaryPrivateIpAddressCount": 2}]},
         "PrivateIpAddressLimitExceeded", None),
        ({"CpuOptions": {"CoreCount": 1}}, "InvalidParameterCombination", None),
        ({"InstanceType": "m5.large", "CreditSpecification": {"CpuCredits": "unlimited"}},
         "InvalidParameterCombination", None),
        ({"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 4}}]},
         "InvalidBlockDeviceMapping", None),
        ({"LaunchTemplate": {"LaunchTemplateName": "web"}},
         "InvalidLaunchTemplateName.NotFoundException", None),
        ({"InstanceType": "p5.48xlarge", "MinCount": 5, "MaxCount": 5}, "VcpuLimitExceeded", None),
    ],
)  # fmt: skip
def test_what_cannot_be_started_is_refused_and_leaves_nothing(
    ec2: Any, ami: str, request_part: dict[str, Any], code: str, text: str | None
) -> None:
    request = {"ImageId": ami, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    found, message = refusal(ec2.run_instances, **{**request, **request_part})
    if code == "VcpuLimitExceeded" and found == "Unsupported":
        pytest.skip("the zone has no such hosts")
    assert found == code
    assert text in (None, message)
    assert every(ec2) == []
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    assert ec2.describe_volumes()["Volumes"] == []


def test_an_image_for_another_processor_is_refused(ec2: Any) -> None:
    code, message = refusal(
        ec2.run_instances, ImageId=parameters(REGION)[ARM], MinCount=1, MaxCount=1,
        InstanceType="t3.micro",
    )  # fmt: skip
    assert code == "InvalidParameterValue"
    assert message.startswith(
        "The architecture 'x86_64' of the specified instance type does not match the architecture "
        "'arm64' of the specified AMI."
    )
    assert run(ec2, parameters(REGION)[ARM], InstanceType="t4g.micro")


def test_a_full_subnet_takes_no_more(ec2: Any, ami: str) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/28")["Subnet"]["SubnetId"]
    answer = ec2.run_instances(
        ImageId=ami, MinCount=5, MaxCount=20, InstanceType="t3.micro", SubnetId=subnet
    )
    assert len(answer["Instances"]) == 11
    code, _ = refusal(
        ec2.run_instances, ImageId=ami, MinCount=1, MaxCount=1, InstanceType="t3.micro",
        SubnetId=subnet,
    )  # fmt: skip
    assert code == "InsufficientFreeAddressesInSubnet"


def test_metadata_follows_request_account_and_image(ec2: Any, ami: str) -> None:
    assert run(ec2, ami)[0]["MetadataOptions"]["HttpTokens"] == "required"
    old = next(
        image.id
        for image in public_images(REGION).values()
        if not image.imds and image.architecture == "x86_64" and not image.platform
    )
    assert run(ec2, old)[0]["MetadataOptions"]["HttpTokens"] == "optional"
    asked = run(ec2, ami, MetadataOptions={"HttpTokens": "optional"})[0]
    assert asked["MetadataOptions"]["HttpTokens"] == "optional"
    ec2.modify_instance_metadata_defaults(HttpTokens="required", HttpPutResponseHopLimit=5)
    later = run(ec2, old)[0]["MetadataOptions"]
    assert (later["HttpTokens"], later["HttpPutResponseHopLimit"]) == ("required", 5)


def test_a_parameter_of_systems_manager_names_the_image(ec2: Any, ami: str) -> None:
    instance = run(
        ec2,
        "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
    )[0]
    assert instance["ImageId"] == ami


def test_two_chambers_of_one_seed_launch_the_same(ami: str) -> None:
    seen = []
    for _ in range(2):
        with Chamber(seed=7) as chamber:
            ec2 = chamber.client("ec2", region_name=REGION, account=ONE)
            run(ec2, ami, 2, ClientToken="same")
            seen.append(json.dumps(every(ec2), default=str))
    assert seen[0] == seen[1]
