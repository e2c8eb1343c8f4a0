"""Who may launch what: resources, condition keys, and passing a role."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.instances.conftest import ONE, REGION
from tests.unit.services.ec2.instances.running_world import run
from tests.unit.services.ec2.refusing import refusal


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, iam="enforce", account=ONE) as opened:
        yield opened


def user(chamber: Chamber, *statements: dict[str, Any]) -> Any:
    """A client of EC2 for a user with a policy."""
    iam = chamber.client("iam", region_name="us-east-1", account=ONE)
    iam.create_user(UserName="ann")
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    return chamber.session(REGION, credentials=key).client("ec2")


def allow(action: str, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def test_only_small_instances_may_be_launched(chamber: Chamber, ec2: Any, ami: str) -> None:
    ann = user(
        chamber,
        allow("ec2:Describe*"),
        allow(
            "ec2:RunInstances",
            "arn:aws:ec2:*:*:instance/*",
            Condition={"StringEquals": {"ec2:InstanceType": ["t3.micro", "t3.small"]}},
        ),
        allow(
            "ec2:RunInstances",
            [
                f"arn:aws:ec2:{REGION}::image/ami-*",
                f"arn:aws:ec2:{REGION}:{ONE}:subnet/*",
                f"arn:aws:ec2:{REGION}:{ONE}:network-interface/*",
                f"arn:aws:ec2:{REGION}:{ONE}:security-group/*",
                f"arn:aws:ec2:{REGION}:{ONE}:volume/*",
            ],
        ),
    )
    assert run(ann, ami)
    request = {"ImageId": ami, "MinCount": 1, "MaxCount": 1}
    assert refusal(ann.run_instances, InstanceType="m5.large", **request)[0] == (
        "UnauthorizedOperation"
    )
    assert refusal(ann.run_instances, InstanceType="t3.micro", KeyName="web", **request)[0] == (
        "UnauthorizedOperation"
    )


def test_only_what_is_tagged_may_be_terminated(chamber: Chamber, ec2: Any, ami: str) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "a"}]}]
    own = run(ec2, ami, TagSpecifications=tags)[0]["InstanceId"]
    other = run(ec2, ami)[0]["InstanceId"]
    ann = user(
        chamber,
        allow(
            "ec2:TerminateInstances",
            Condition={"StringEquals": {"aws:ResourceTag/team": "a"}},
        ),
    )
    assert refusal(ann.terminate_instances, InstanceIds=[other])[0] == "UnauthorizedOperation"
    assert ann.terminate_instances(InstanceIds=[own])["TerminatingInstances"]


def test_a_profile_s_role_has_to_be_passed(chamber: Chamber, ec2: Any, ami: str) -> None:
    iam = chamber.client("iam", region_name="us-east-1", account=ONE)
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
             "Action": "sts:AssumeRole"}
        ],
    }  # fmt: skip
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=json.dumps(trust))
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    ann = user(chamber, allow("ec2:*"))
    assert run(ann, ami)
    request = {"ImageId": ami, "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro"}
    code, _ = refusal(ann.run_instances, IamInstanceProfile={"Name": "web"}, **request)
    assert code in ("UnauthorizedOperation", "AccessDenied")
    iam.put_user_policy(
        UserName="ann",
        PolicyName="pass",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow("iam:PassRole")]}),
    )
    assert run(ann, ami, IamInstanceProfile={"Name": "web"})[0]["IamInstanceProfile"]


@pytest.mark.parametrize(
    ("operation", "settings"),
    [
        ("modify_instance_metadata_options", {"HttpTokens": "required"}),
        ("modify_instance_maintenance_options", {"AutoRecovery": "disabled"}),
    ],
)
def test_settings_are_kept_of_what_is_tagged(
    chamber: Chamber, ec2: Any, ami: str, operation: str, settings: dict[str, str]
) -> None:
    action = "".join(part.title() for part in operation.split("_"))
    own = {"StringEquals": {"aws:ResourceTag/team": "web"}}
    ann = user(chamber, allow(f"ec2:{action}", Condition=own))
    one, other = (each["InstanceId"] for each in run(ec2, ami, 2))
    ec2.create_tags(Resources=[one], Tags=[{"Key": "team", "Value": "web"}])
    getattr(ann, operation)(InstanceId=one, **settings)
    refused = refusal(getattr(ann, operation), InstanceId=other, **settings)
    assert refused[0] == "UnauthorizedOperation"
