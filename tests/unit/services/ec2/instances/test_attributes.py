"""What can be changed of an instance that is there."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cloudchamber.services.ec2.instances.public_images import public_images
from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.instances.conftest import ONE, REGION
from tests.unit.services.ec2.instances.running_world import one, run
from tests.unit.services.ec2.refusing import refusal


def attribute(ec2: Any, identifier: str, name: str, member: str) -> Any:
    answer = ec2.describe_instance_attribute(InstanceId=identifier, Attribute=name)
    return answer[member].get("Value")


def test_a_stopped_instance_takes_another_type(ec2: Any, ami: str) -> None:
    identifier = run(ec2, ami)[0]["InstanceId"]
    change = {"InstanceId": identifier, "InstanceType": {"Value": "m5.large"}}
    assert refusal(ec2.modify_instance_attribute, **change) == (
        "IncorrectInstanceState", f"The instance '{identifier}' is not in the 'stopped' state.",
    )  # fmt: skip
    ec2.stop_instances(InstanceIds=[identifier])
    ec2.modify_instance_attribute(**change)
    ec2.start_instances(InstanceIds=[identifier])
    instance = one(ec2, identifier)
    assert instance["InstanceType"] == "m5.large"
    assert instance["CpuOptions"] == {"CoreCount": 1, "ThreadsPerCore": 2}
    ec2.stop_instances(InstanceIds=[identifier])
    arm = {"InstanceId": identifier, "InstanceType": {"Value": "m6g.large"}}
    assert refusal(ec2.modify_instance_attribute, **arm)[0] == "InvalidParameterValue"


def test_a_type_with_fewer_interfaces_is_refused(ec2: Any, ami: str) -> None:
    identifier = run(
        ec2, ami, InstanceType="m5.large",
        NetworkInterfaces=[{"DeviceIndex": number} for number in range(3)],
    )[0]["InstanceId"]  # fmt: skip
    ec2.stop_instances(InstanceIds=[identifier])
    assert refusal(
        ec2.modify_instance_attribute, InstanceId=identifier, InstanceType={"Value": "t3.micro"}
    ) == (
        "AttachmentLimitExceeded", "Interface count 3 exceeds the limit for t3.micro",
    )  # fmt: skip


def test_user_data_changes_while_stopped(ec2: Any, ami: str) -> None:
    identifier = run(ec2, ami, UserData="one")[0]["InstanceId"]
    ec2.stop_instances(InstanceIds=[identifier])
    ec2.modify_instance_attribute(InstanceId=identifier, UserData={"Value": b"two"})
    assert base64.b64decode(attribute(ec2, identifier, "userData", "UserData")) == b"two"


def test_groups_and_the_check_are_those_of_the_interface(ec2: Any, ami: str) -> None:
    instance = run(ec2, ami)[0]
    identifier = instance["InstanceId"]
    ec2.modify_instance_attribute(InstanceId=identifier, SourceDestCheck={"Value": False})
    interface = ec2.describe_network_interfaces()["NetworkInterfaces"][0]
    assert interface["SourceDestCheck"] is False
    ec2.reset_instance_attribute(InstanceId=identifier, Attribute="sourceDestCheck")
    assert one(ec2, identifier)["SourceDestCheck"] is True
    assert refusal(
        ec2.modify_instance_attribute, InstanceId=identifier, Groups=["sg-12345678"]
    )[0] == "InvalidGroup.NotFound"  # fmt: skip
    shown = ec2.describe_instance_attribute(InstanceId=identifier, Attribute="groupSet")
    assert shown["Groups"] == instance["SecurityGroups"]


def test_a_volume_can_be_told_to_stay(ec2: Any, ami: str) -> None:
    identifier = run(ec2, ami)[0]["InstanceId"]
    ec2.modify_instance_attribute(
        InstanceId=identifier,
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": False}}],
    )
    assert refusal(
        ec2.modify_instance_attribute, InstanceId=identifier,
        BlockDeviceMappings=[{"DeviceName": "/dev/sdz", "Ebs": {"DeleteOnTermination": False}}],
    )[0] == "InvalidInstanceAttributeValue"  # fmt: skip
    ec2.terminate_instances(InstanceIds=[identifier])
    assert ec2.describe_volumes()["Volumes"][0]["State"] == "available"


@pytest.mark.parametrize(
    ("name", "member", "text", "seen"),
    [
        ("disableApiTermination", "DisableApiTermination", "true", True),
        ("disableApiStop", "DisableApiStop", "true", True),
        ("instanceInitiatedShutdownBehavior", "InstanceInitiatedShutdownBehavior", "terminate",
         "terminate"),
        ("ebsOptimized", "EbsOptimized", "true", True),
        ("kernel", "KernelId", "aki-12345678", "aki-12345678"),
    ],
)  # fmt: skip
def test_an_attribute_is_shown_as_it_was_set(
    ec2: Any, ami: str, name: str, member: str, text: str, seen: Any
) -> None:
    identifier = run(ec2, ami)[0]["InstanceId"]
    ec2.stop_instances(InstanceIds=[identifier])
    ec2.modify_instance_attribute(InstanceId=identifier, Attribute=name, Value=text)
    assert attribute(ec2, identifier, name, member) == seen


def test_one_attribute_at_a_time(ec2: Any, ami: str) -> None:
    identifier = run(ec2, ami)[0]["InstanceId"]
    assert refusal(ec2.modify_instance_attribute, InstanceId=identifier)[0] == (
        "InvalidParameterCombination"
    )
    assert refusal(
        ec2.modify_instance_attribute, InstanceId=identifier, DisableApiStop={"Value": True},
        DisableApiTermination={"Value": True},
    ) == (
        "InvalidParameterCombination",
        "Fields for multiple attribute types specified: DisableApiStop, DisableApiTermination",
    )  # fmt: skip


def test_metadata_options_change_while_it_runs(ec2: Any, ami: str) -> None:
    identifier = run(ec2, ami)[0]["InstanceId"]
    answer = ec2.modify_instance_metadata_options(
        InstanceId=identifier, HttpTokens="optional", HttpPutResponseHopLimit=3
    )["InstanceMetadataOptions"]
    assert answer["State"] == "pending"
    now = one(ec2, identifier)["MetadataOptions"]
    assert (now["State"], now["HttpTokens"], now["HttpPutResponseHopLimit"]) == (
        "applied", "optional", 3,
    )  # fmt: skip
    assert refusal(
        ec2.modify_instance_metadata_options, InstanceId=identifier, HttpPutResponseHopLimit=65
    )[0] == "InvalidParameterValue"  # fmt: skip


def test_defaults_are_shown_and_given_up_and_can_be_enforced(ec2: Any, ami: str) -> None:
    ec2.modify_instance_metadata_defaults(HttpTokens="required", HttpTokensEnforced="enabled")
    shown = ec2.get_instance_metadata_defaults()["AccountLevel"]
    assert shown == {
        "HttpTokens": "required", "HttpTokensEnforced": "enabled", "ManagedBy": "account",
    }  # fmt: skip
    request = {"ImageId": ami, "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro"}
    assert refusal(ec2.run_instances, MetadataOptions={"HttpTokens": "optional"}, **request)[0] == (
        "UnsupportedOperation"
    )
    ec2.modify_instance_metadata_defaults(
        HttpTokens="no-preference", HttpTokensEnforced="no-preference"
    )
    assert ec2.get_instance_metadata_defaults()["AccountLevel"] == {"ManagedBy": "account"}


def test_credits_are_those_of_burstable_instances(ec2: Any, ami: str) -> None:
    burstable = run(ec2, ami)[0]["InstanceId"]
    plain = run(ec2, ami, InstanceType="m5.large")[0]["InstanceId"]
    old = run(ec2, ami, InstanceType="t2.micro")[0]["InstanceId"]

    def credits() -> dict[str, str]:
        found = ec2.describe_instance_credit_specifications(InstanceIds=[burstable, plain, old])
        return {
            each["InstanceId"]: each["CpuCredits"] for each in found["InstanceCreditSpecifications"]
        }

    assert credits() == {burstable: "unlimited", old: "standard"}
    answer = ec2.modify_instance_credit_specification(
        InstanceCreditSpecifications=[
            {"InstanceId": burstable, "CpuCredits": "standard"},
            {"InstanceId": plain, "CpuCredits": "standard"},
        ]
    )
    assert answer["SuccessfulInstanceCreditSpecifications"] == [{"InstanceId": burstable}]
    failed = answer["UnsuccessfulInstanceCreditSpecifications"][0]
    assert failed["Error"]["Code"] == "InstanceCreditSpecification.NotSupported"
    assert credits()[burstable] == "standard"
    ec2.modify_default_credit_specification(InstanceFamily="t2", CpuCredits="unlimited")
    assert ec2.get_default_credit_specification(InstanceFamily="t2")[
        "InstanceFamilyCreditSpecification"
    ] == {"InstanceFamily": "t2", "CpuCredits": "unlimited"}
    later = run(ec2, ami, InstanceType="t2.micro")[0]["InstanceId"]
    found = ec2.describe_instance_credit_specifications()["InstanceCreditSpecifications"]
    assert [each["InstanceId"] for each in found] == [later]


def test_monitoring_is_pending_and_then_enabled(ec2: Any, ami: str) -> None:
    identifier = run(ec2, ami)[0]["InstanceId"]
    answer = ec2.monitor_instances(InstanceIds=[identifier])["InstanceMonitorings"][0]
    assert answer["Monitoring"]["State"] == "pending"
    assert one(ec2, identifier)["Monitoring"]["State"] == "enabled"
    answer = ec2.unmonitor_instances(InstanceIds=[identifier])["InstanceMonitorings"][0]
    assert answer["Monitoring"]["State"] == "disabling"
    assert one(ec2, identifier)["Monitoring"]["State"] == "disabled"


def test_a_host_name_can_be_the_resource_s(ec2: Any, ami: str) -> None:
    identifier = run(ec2, ami)[0]["InstanceId"]
    change = {"InstanceId": identifier, "PrivateDnsHostnameType": "resource-name"}
    assert refusal(ec2.modify_private_dns_name_options, **change)[0] == "IncorrectInstanceState"
    ec2.stop_instances(InstanceIds=[identifier])
    ec2.modify_private_dns_name_options(EnableResourceNameDnsARecord=True, **change)
    instance = one(ec2, identifier)
    assert instance["PrivateDnsName"] == f"{identifier}.eu-west-1.compute.internal"
    assert instance["PrivateDnsNameOptions"]["EnableResourceNameDnsARecord"] is True


def test_cores_change_while_stopped(ec2: Any, ami: str) -> None:
    identifier = run(ec2, ami, InstanceType="m5.4xlarge")[0]["InstanceId"]
    ec2.stop_instances(InstanceIds=[identifier])
    ec2.modify_instance_cpu_options(InstanceId=identifier, CoreCount=4, ThreadsPerCore=1)
    assert one(ec2, identifier)["CpuOptions"] == {"CoreCount": 4, "ThreadsPerCore": 1}
    assert refusal(
        ec2.modify_instance_cpu_options, InstanceId=identifier, CoreCount=9, ThreadsPerCore=1
    )[0] == "InvalidParameterValue"  # fmt: skip


def test_settings_without_effect_are_kept(ec2: Any, ami: str) -> None:
    identifier = run(ec2, ami)[0]["InstanceId"]
    ec2.modify_instance_maintenance_options(InstanceId=identifier, AutoRecovery="disabled")
    assert one(ec2, identifier)["MaintenanceOptions"]["AutoRecovery"] == "disabled"
    assert ec2.get_serial_console_access_status()["SerialConsoleAccessEnabled"] is False
    ec2.enable_serial_console_access()
    assert ec2.get_serial_console_access_status()["SerialConsoleAccessEnabled"] is True
    ec2.disable_serial_console_access()
    assert ec2.get_serial_console_access_status()["SerialConsoleAccessEnabled"] is False
    ec2.register_instance_event_notification_attributes(
        InstanceTagAttribute={"InstanceTagKeys": ["Name"]}
    )
    shown = ec2.describe_instance_event_notification_attributes()["InstanceTagAttribute"]
    assert shown["InstanceTagKeys"] == ["Name"]
    answer = ec2.get_console_output(InstanceId=identifier)
    assert "Output" not in answer
    windows = next(
        image.id for image in public_images(REGION).values() if image.platform == "windows"
    )
    other = run(ec2, windows)[0]
    assert other["Platform"] == "windows"
    assert ec2.get_password_data(InstanceId=other["InstanceId"])["PasswordData"] == ""


def test_an_instance_s_profile_can_be_replaced(chamber: Chamber, ec2: Any, ami: str) -> None:
    iam = chamber.client("iam", region_name="us-east-1", account=ONE)
    arns = [
        iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Arn"]
        for name in ("one", "two")
    ]
    identifier = run(ec2, ami)[0]["InstanceId"]
    made = ec2.associate_iam_instance_profile(
        InstanceId=identifier, IamInstanceProfile={"Name": "one"}
    )["IamInstanceProfileAssociation"]
    assert made["State"] == "associating"
    assert one(ec2, identifier)["IamInstanceProfile"]["Arn"] == arns[0]
    assert refusal(
        ec2.associate_iam_instance_profile, InstanceId=identifier,
        IamInstanceProfile={"Name": "two"},
    ) == (
        "IncorrectState", f"There is an existing association for instance {identifier}",
    )  # fmt: skip
    ec2.replace_iam_instance_profile_association(
        AssociationId=made["AssociationId"], IamInstanceProfile={"Arn": arns[1]}
    )
    found = ec2.describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": [identifier]}]
    )["IamInstanceProfileAssociations"]
    assert [each["IamInstanceProfile"]["Arn"] for each in found] == [arns[1]]
    ec2.disassociate_iam_instance_profile(AssociationId=found[0]["AssociationId"])
    assert "IamInstanceProfile" not in one(ec2, identifier)
    assert ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"] == []
