"""A world with instances goes on where it was, in every branch of it."""

from __future__ import annotations

from typing import Any

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.instances.conftest import ONE, REGION
from tests.unit.services.ec2.instances.running_world import every, one, run


def test_a_fork_has_the_same_instances_and_lives_on_alone(ami: str) -> None:
    with Chamber(seed=1, lifecycle="realistic", clock="manual") as chamber:
        ec2 = chamber.client("ec2", region_name=REGION, account=ONE)
        template = ec2.create_launch_template(
            LaunchTemplateName="web",
            LaunchTemplateData={"ImageId": ami, "InstanceType": "t3.micro"},
        )["LaunchTemplate"]
        group = ec2.create_placement_group(GroupName="apart", Strategy="spread")
        made = run(ec2, ami, 2, InstanceType="m5.large", Placement={"GroupName": "apart"})
        first = made[0]["InstanceId"]
        with chamber.fork() as other:
            there: Any = other.client("ec2", region_name=REGION, account=ONE)
            assert every(there) == every(ec2)
            other.advance(30)
            assert one(there, first)["State"]["Name"] == "running"
            assert one(ec2, first)["State"]["Name"] == "pending"
            there.terminate_instances(InstanceIds=[first])
            other.advance(60)
            assert one(there, first)["State"]["Name"] == "terminated"
            later = there.run_instances(
                MinCount=1, MaxCount=1,
                LaunchTemplate={"LaunchTemplateId": template["LaunchTemplateId"]},
            )["Instances"]  # fmt: skip
            assert later
        chamber.advance(30)
        assert one(ec2, first)["State"]["Name"] == "running"
        assert one(ec2, first)["Placement"]["GroupId"] == group["PlacementGroup"]["GroupId"]
