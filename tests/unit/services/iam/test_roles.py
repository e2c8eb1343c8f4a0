"""Roles and instance profiles."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from cloudchamber.services.iam.nouns import ROLES
from tests.unit.services.iam.documents import (
    ACCOUNT,
    ADMINISTRATOR,
    LAMBDA,
    allow,
    arn,
    document,
    every,
    refusal,
    trust,
)

PROTECTED = (
    "Cannot perform the operation on the protected role 'AWSServiceRoleForX' - "
    "this role is only modifiable by AWS"
)


def test_a_role_is_shown_as_it_was_made(iam: Any) -> None:
    made = iam.create_role(
        RoleName="Worker",
        Path="/x/",
        AssumeRolePolicyDocument=LAMBDA,
        Description="does the work",
        MaxSessionDuration=7200,
        PermissionsBoundary=ADMINISTRATOR,
        Tags=[{"Key": "a", "Value": "b"}],
    )["Role"]
    assert made["Arn"] == arn("role/x/Worker")
    assert re.fullmatch(r"AROA[A-Z2-7]{17}", made["RoleId"])
    assert made["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "Service": "lambda.amazonaws.com"
    }
    shown = iam.get_role(RoleName="worker")["Role"]
    assert shown.pop("RoleLastUsed") == {}
    assert shown == made
    listed = iam.list_roles(PathPrefix="/x/")["Roles"][0]
    assert not {"Tags", "PermissionsBoundary", "RoleLastUsed"} & set(listed)
    assert refusal(iam.create_role, RoleName="WORKER", AssumeRolePolicyDocument=LAMBDA) == (
        "EntityAlreadyExists",
        409,
        "Role with name WORKER already exists.",
    )
    assert refusal(iam.get_role, RoleName="x") == (
        "NoSuchEntity",
        404,
        "The role with name x cannot be found.",
    )


def test_what_terraform_reads_of_a_role(iam: Any) -> None:
    made = iam.create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA)["Role"]
    assert "Tags" not in made
    assert "Description" not in made
    assert made["MaxSessionDuration"] == 3600
    assert iam.list_role_policies(RoleName="r")["PolicyNames"] == []
    assert iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"] == []
    assert iam.list_instance_profiles_for_role(RoleName="r")["InstanceProfiles"] == []


def test_a_role_is_changed(iam: Any) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA, MaxSessionDuration=7200)
    answer = iam.update_role_description(RoleName="r", Description="new")["Role"]
    assert (answer["Description"], answer["MaxSessionDuration"]) == ("new", 7200)
    iam.update_role(RoleName="r", Description="newer", MaxSessionDuration=4000)
    role = iam.get_role(RoleName="r")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("newer", 4000)
    iam.update_role(RoleName="r")
    role = iam.get_role(RoleName="r")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("newer", 3600)
    new = trust(Service="ec2.amazonaws.com")
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=new)
    shown = iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]
    assert shown["Statement"][0]["Principal"]["Service"] == "ec2.amazonaws.com"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "This policy contains invalid Json"),
        (allow("s3:*"), None),
        (
            document({"Effect": "Allow", "Action": "sts:AssumeRole"}),
            "Missing required field Principal",
        ),
        (
            trust(AWS=f"arn:aws:iam::{ACCOUNT}:user/nobody"),
            f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACCOUNT}:user/nobody"',
        ),
        (trust(Service="lambda"), 'Invalid principal in policy: "SERVICE":"lambda"'),
    ],
)
def test_a_trust_policy_is_held_to_its_grammar(iam: Any, text: str, message: str | None) -> None:
    answers = [refusal(iam.create_role, RoleName="r", AssumeRolePolicyDocument=text)]
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA)
    answers.append(refusal(iam.update_assume_role_policy, RoleName="r", PolicyDocument=text))
    assert answers[0] == answers[1]
    assert answers[0][:2] == ("MalformedPolicyDocument", 400)
    assert message is None or answers[0][2] == message
    shown = iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]
    assert shown["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_a_trust_policy_has_2048_characters_at_most(iam: Any) -> None:
    services = [f"service-{number:03}.amazonaws.com" for number in range(80)]
    assert refusal(
        iam.create_role, RoleName="r", AssumeRolePolicyDocument=trust(Service=services)
    ) == ("LimitExceeded", 409, "Cannot exceed quota for ACLSizePerRole: 2048")


def test_principals_of_accounts_nobody_used_are_taken_at_their_word(iam: Any, chamber: Any) -> None:
    stranger = arn("role/x", "999999999999")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(AWS=stranger))
    known = chamber.client("iam", account="222222222222")
    known.create_user(UserName="u")
    neighbour = trust(AWS=arn("role/x", "222222222222"))
    assert refusal(iam.create_role, RoleName="s", AssumeRolePolicyDocument=neighbour)[0] == (
        "MalformedPolicyDocument"
    )
    known.create_role(RoleName="x", AssumeRolePolicyDocument=LAMBDA)
    iam.create_role(RoleName="s", AssumeRolePolicyDocument=neighbour)


def test_a_role_goes_when_nothing_is_left(iam: Any) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA)
    iam.create_instance_profile(InstanceProfileName="p")
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    iam.attach_role_policy(RoleName="r", PolicyArn=ADMINISTRATOR)
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=allow("s3:*"))
    steps: list[tuple[str, Callable[[], Any]]] = [
        (
            "remove roles from instance profile",
            lambda: iam.remove_role_from_instance_profile(InstanceProfileName="p", RoleName="r"),
        ),
        (
            "detach all policies",
            lambda: iam.detach_role_policy(RoleName="r", PolicyArn=ADMINISTRATOR),
        ),
        ("delete policies", lambda: iam.delete_role_policy(RoleName="r", PolicyName="p")),
    ]
    for what, take in steps:
        assert refusal(iam.delete_role, RoleName="r") == (
            "DeleteConflict",
            409,
            f"Cannot delete entity, must {what} first.",
        )
        take()
    iam.delete_role(RoleName="r")
    assert iam.list_roles()["Roles"] == []


def test_a_service_linked_path_is_not_for_customers(iam: Any) -> None:
    assert refusal(
        iam.create_role,
        RoleName="r",
        Path="/aws-service-role/x.amazonaws.com/",
        AssumeRolePolicyDocument=LAMBDA,
    )[0] == ("ValidationError")


def test_a_service_linked_role_is_its_services(iam: Any, chamber: Any) -> None:
    iam.create_role(RoleName="AWSServiceRoleForX", AssumeRolePolicyDocument=LAMBDA)
    iam.create_instance_profile(InstanceProfileName="p")
    role = chamber.cloud.store.rows(ROLES, ACCOUNT, "")["awsserviceroleforx"]
    role.path = "/aws-service-role/x.amazonaws.com/"
    name = {"RoleName": "AWSServiceRoleForX"}
    for operation, more in (
        (iam.delete_role, {}),
        (iam.update_role, {"MaxSessionDuration": 7200}),
        (iam.update_assume_role_policy, {"PolicyDocument": LAMBDA}),
        (iam.attach_role_policy, {"PolicyArn": ADMINISTRATOR}),
        (iam.put_role_policy, {"PolicyName": "p", "PolicyDocument": allow("s3:*")}),
        (iam.put_role_permissions_boundary, {"PermissionsBoundary": ADMINISTRATOR}),
        (iam.add_role_to_instance_profile, {"InstanceProfileName": "p"}),
    ):
        assert refusal(operation, **name, **more) == (
            "UnmodifiableEntity",
            400,
            PROTECTED,
        )
    iam.update_role_description(**name, Description="mine")
    iam.tag_role(**name, Tags=[{"Key": "a", "Value": "b"}])
    shown = iam.get_role(**name)["Role"]
    assert (shown["Description"], shown["Tags"]) == ("mine", [{"Key": "a", "Value": "b"}])


def test_roles_are_listed_by_name(iam: Any) -> None:
    for name in ("c", "A", "b"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=LAMBDA)
    assert [role["RoleName"] for role in every(iam, "list_roles", "Roles")] == ["A", "b", "c"]


def test_role_tags(iam: Any) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA)
    iam.tag_role(RoleName="r", Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}])
    assert [tag["Key"] for tag in iam.list_role_tags(RoleName="r")["Tags"]] == ["a", "b"]
    iam.untag_role(RoleName="r", TagKeys=["b"])
    assert iam.get_role(RoleName="r")["Role"]["Tags"] == [{"Key": "a", "Value": "2"}]


def test_an_instance_profile_holds_one_role(iam: Any) -> None:
    made = iam.create_instance_profile(
        InstanceProfileName="P", Path="/x/", Tags=[{"Key": "a", "Value": "b"}]
    )["InstanceProfile"]
    assert re.fullmatch(r"AIPA[A-Z2-7]{17}", made["InstanceProfileId"])
    assert (made["Arn"], made["Roles"]) == (arn("instance-profile/x/P"), [])
    for name in ("r", "s"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=LAMBDA)
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    for name in ("r", "s"):
        assert refusal(
            iam.add_role_to_instance_profile, InstanceProfileName="p", RoleName=name
        ) == (
            "LimitExceeded",
            409,
            "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
        )
    shown = iam.get_instance_profile(InstanceProfileName="p")["InstanceProfile"]
    assert [role["RoleName"] for role in shown["Roles"]] == ["r"]
    assert shown["Tags"] == [{"Key": "a", "Value": "b"}]
    assert len(iam.list_instance_profiles_for_role(RoleName="r")["InstanceProfiles"]) == 1
    assert len(iam.list_instance_profiles(PathPrefix="/x/")["InstanceProfiles"]) == 1
    assert refusal(iam.delete_instance_profile, InstanceProfileName="p") == (
        "DeleteConflict",
        409,
        "Cannot delete entity, must remove roles from instance profile first.",
    )
    assert refusal(iam.remove_role_from_instance_profile, InstanceProfileName="p", RoleName="s")[
        0
    ] == ("NoSuchEntity")
    iam.remove_role_from_instance_profile(InstanceProfileName="p", RoleName="r")
    iam.delete_instance_profile(InstanceProfileName="p")
    assert refusal(iam.get_instance_profile, InstanceProfileName="p") == (
        "NoSuchEntity",
        404,
        "Instance Profile p cannot be found.",
    )
    assert refusal(iam.create_instance_profile, InstanceProfileName="a b")[0] == "ValidationError"


def test_instance_profile_names_and_tags(iam: Any) -> None:
    iam.create_instance_profile(InstanceProfileName="p")
    assert refusal(iam.create_instance_profile, InstanceProfileName="P") == (
        "EntityAlreadyExists",
        409,
        "Instance Profile P already exists.",
    )
    iam.tag_instance_profile(InstanceProfileName="p", Tags=[{"Key": "a", "Value": "1"}])
    iam.untag_instance_profile(InstanceProfileName="p", TagKeys=["b"])
    tags = iam.list_instance_profile_tags(InstanceProfileName="p")["Tags"]
    assert tags == [{"Key": "a", "Value": "1"}]
