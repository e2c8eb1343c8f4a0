"""Start, stop, reboot, terminate: states, addresses, hosts, and what the clock does."""

from __future__ import annotations

from typing import Any

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.instances.conftest import ONE, REGION
from tests.unit.services.ec2.instances.running_world import every, one, run
from tests.unit.services.ec2.refusing import refusal

HOUR_S = 3600


def test_a_stop_takes_the_lent_address_and_a_start_lends_another(ec2: Any, ami: str) -> None:
    before = run(ec2, ami)[0]
    identifier = before["InstanceId"]
    answer = ec2.stop_instances(InstanceIds=[identifier])["StoppingInstances"][0]
    assert answer["PreviousState"] == {"Code": 16, "Name": "running"}
    assert answer["CurrentState"] == {"Code": 64, "Name": "stopping"}
    stopped = one(ec2, identifier)
    assert stopped["State"] == {"Code": 80, "Name": "stopped"}
    assert "PublicIpAddress" not in stopped
    assert stopped["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert stopped["StateTransitionReason"].startswith("User initiated (2027-01-01 ")
    assert stopped["StateReason"] == {
        "Code": "Client.UserInitiatedShutdown",
        "Message": "Client.UserInitiatedShutdown: User initiated shutdown",
    }
    ec2.start_instances(InstanceIds=[identifier])
    started = one(ec2, identifier)
    assert started["State"]["Name"] == "running"
    assert started["PublicIpAddress"] != before["PublicIpAddress"]
    assert started["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert started["StateTransitionReason"] == ""


def test_an_elastic_address_stays_through_a_stop(ec2: Any, ami: str) -> None:
    identifier = run(ec2, ami)[0]["InstanceId"]
    allocation = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(AllocationId=allocation["AllocationId"], InstanceId=identifier)
    ec2.stop_instances(InstanceIds=[identifier])
    assert one(ec2, identifier)["PublicIpAddress"] == allocation["PublicIp"]
    ec2.start_instances(InstanceIds=[identifier])
    assert one(ec2, identifier)["PublicIpAddress"] == allocation["PublicIp"]
    ec2.terminate_instances(InstanceIds=[identifier])
    address = ec2.describe_addresses()["Addresses"][0]
    assert "AssociationId" not in address


def test_a_reboot_keeps_everything(ec2: Any, ami: str) -> None:
    before = run(ec2, ami)[0]
    ec2.reboot_instances(InstanceIds=[before["InstanceId"]])
    assert one(ec2, before["InstanceId"]) == before


def test_a_terminated_instance_is_shown_for_an_hour(chamber: Chamber, ec2: Any, ami: str) -> None:
    identifier = run(ec2, ami)[0]["InstanceId"]
    ec2.create_tags(Resources=[identifier], Tags=[{"Key": "Name", "Value": "x"}])
    answer = ec2.terminate_instances(InstanceIds=[identifier])["TerminatingInstances"][0]
    assert answer["CurrentState"] == {"Code": 32, "Name": "shutting-down"}
    gone = one(ec2, identifier)
    assert gone["State"] == {"Code": 48, "Name": "terminated"}
    assert gone["Tags"] == [{"Key": "Name", "Value": "x"}]
    assert gone["NetworkInterfaces"] == []
    assert gone["BlockDeviceMappings"] == []
    assert "SubnetId" not in gone
    again = ec2.terminate_instances(InstanceIds=[identifier])["TerminatingInstances"][0]
    assert again["PreviousState"] == again["CurrentState"] == {"Code": 48, "Name": "terminated"}
    chamber.advance(HOUR_S - 1)
    assert len(every(ec2)) == 1
    chamber.advance(2)
    assert every(ec2) == []
    assert refusal(ec2.describe_instances, InstanceIds=[identifier]) == (
        "InvalidInstanceID.NotFound", f"The instance ID '{identifier}' does not exist",
    )  # fmt: skip


def test_protection_holds_until_it_is_taken_off(ec2: Any, ami: str) -> None:
    identifier = run(ec2, ami, DisableApiTermination=True, DisableApiStop=True)[0]["InstanceId"]
    assert refusal(ec2.terminate_instances, InstanceIds=[identifier]) == (
        "OperationNotPermitted",
        (
            f"The instance '{identifier}' may not be terminated. Modify its "
            "'disableApiTermination' instance attribute and try again."
        ),
    )
    assert refusal(ec2.stop_instances, InstanceIds=[identifier])[0] == "OperationNotPermitted"
    ec2.modify_instance_attribute(InstanceId=identifier, DisableApiTermination={"Value": False})
    ec2.terminate_instances(InstanceIds=[identifier])
    assert one(ec2, identifier)["State"]["Name"] == "terminated"


def test_a_move_that_is_not_there_is_refused(ec2: Any, ami: str) -> None:
    identifier = run(ec2, ami)[0]["InstanceId"]
    ec2.terminate_instances(InstanceIds=[identifier])
    for call in (ec2.start_instances, ec2.stop_instances, ec2.reboot_instances):
        assert refusal(call, InstanceIds=[identifier])[0] == "IncorrectInstanceState"
    assert refusal(ec2.start_instances, InstanceIds=["i-12345678", "i-87654321"]) == (
        "InvalidInstanceID.NotFound", "The instance IDs 'i-12345678, i-87654321' do not exist",
    )  # fmt: skip
    assert refusal(ec2.start_instances, InstanceIds=["web"])[0] == "InvalidInstanceID.Malformed"


def test_hibernation_needs_a_type_and_an_encrypted_root(ec2: Any, ami: str) -> None:
    plain = run(ec2, ami, InstanceType="m5.large")[0]["InstanceId"]
    assert refusal(ec2.stop_instances, InstanceIds=[plain], Hibernate=True)[0] == (
        "UnsupportedHibernationConfiguration"
    )
    sleeper = run(
        ec2,
        ami,
        InstanceType="m5.large",
        HibernationOptions={"Configured": True},
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30, "Encrypted": True}}
        ],
    )[0]["InstanceId"]
    ec2.stop_instances(InstanceIds=[sleeper], Hibernate=True)
    asleep = one(ec2, sleeper)
    assert asleep["StateReason"]["Code"] == "Client.UserInitiatedHibernate"


def test_a_boot_takes_its_time_and_checks_take_theirs(ami: str) -> None:
    with Chamber(seed=1, lifecycle="realistic", clock="manual") as chamber:
        ec2 = chamber.client("ec2", region_name=REGION, account=ONE)
        made = ec2.run_instances(ImageId=ami, MinCount=1, MaxCount=1, InstanceType="t3.micro")
        identifier = made["Instances"][0]["InstanceId"]
        assert one(ec2, identifier)["State"]["Name"] == "pending"
        assert ec2.describe_instance_status()["InstanceStatuses"] == []
        assert refusal(ec2.stop_instances, InstanceIds=[identifier])[0] == "IncorrectInstanceState"
        chamber.advance(25)
        assert one(ec2, identifier)["State"]["Name"] == "running"
        status = ec2.describe_instance_status()["InstanceStatuses"][0]
        assert status["SystemStatus"]["Status"] == "initializing"
        assert status["InstanceStatus"]["Details"][0]["Status"] == "initializing"
        chamber.advance(180)
        status = ec2.describe_instance_status()["InstanceStatuses"][0]
        assert status["InstanceStatus"] == {
            "Status": "ok", "Details": [{"Name": "reachability", "Status": "passed"}],
        }  # fmt: skip
        ec2.reboot_instances(InstanceIds=[identifier])
        status = ec2.describe_instance_status()["InstanceStatuses"][0]
        assert status["InstanceStatus"]["Status"] == "initializing"
        ec2.stop_instances(InstanceIds=[identifier])
        assert one(ec2, identifier)["State"]["Name"] == "stopping"
        ec2.stop_instances(InstanceIds=[identifier])
        chamber.advance(40)
        assert one(ec2, identifier)["State"]["Name"] == "stopped"
        ec2.start_instances(InstanceIds=[identifier])
        ec2.terminate_instances(InstanceIds=[identifier])
        # The boot that was under way does not bring it back.
        chamber.advance(60)
        assert one(ec2, identifier)["State"]["Name"] == "terminated"


def test_status_of_all_includes_what_does_not_run(ec2: Any, ami: str) -> None:
    identifier = run(ec2, ami)[0]["InstanceId"]
    ec2.stop_instances(InstanceIds=[identifier])
    assert ec2.describe_instance_status()["InstanceStatuses"] == []
    status = ec2.describe_instance_status(IncludeAllInstances=True)["InstanceStatuses"][0]
    assert status["SystemStatus"] == {"Status": "not-applicable"}
    found = ec2.describe_instance_status(
        IncludeAllInstances=True, Filters=[{"Name": "instance-state-name", "Values": ["stopped"]}]
    )
    assert len(found["InstanceStatuses"]) == 1


def test_a_spot_instance_of_a_one_time_request_cannot_be_stopped(ec2: Any, ami: str) -> None:
    identifier = run(
        ec2, ami, InstanceType="m5.large", InstanceMarketOptions={"MarketType": "spot"}
    )[0]["InstanceId"]
    code, message = refusal(ec2.stop_instances, InstanceIds=[identifier])
    assert code == "UnsupportedOperation"
    assert message.startswith(f"You can't stop the Spot Instance '{identifier}'")
    ec2.terminate_instances(InstanceIds=[identifier])
    assert one(ec2, identifier)["State"]["Name"] == "terminated"
