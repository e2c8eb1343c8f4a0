"""Permissions taking effect: who is denied, and allowed once a policy says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.cloud import ports
from cloudchamber.cloud.caller import Caller
from cloudchamber.services.iam import principals
from cloudchamber.testing.chamber import Chamber
from tests.unit.services.iam.documents import (
    ACCOUNT,
    ADMINISTRATOR,
    LAMBDA,
    READ_QUEUES,
    allow,
    arn,
    deny,
    document,
    refusal,
    trust,
)


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ACCOUNT, iam="enforce") as chamber:
        yield chamber


@pytest.fixture
def iam(chamber: Chamber) -> Any:
    root = chamber.client("iam")
    root.create_user(UserName="u", Path="/p/")
    return root


@pytest.fixture
def key(iam: Any) -> Any:
    return iam.create_access_key(UserName="u")["AccessKey"]


@pytest.fixture
def mine(chamber: Chamber, key: Any) -> Any:
    return chamber.client("iam", credentials=key)


def denied(call: Any, action: str, **request: Any) -> str:
    code, status, message = refusal(call, **request)
    assert (code, status) == ("AccessDenied", 403)
    assert f"is not authorized to perform: {action}" in message
    return message


def test_an_inline_policy_opens_what_it_names(iam: Any, mine: Any) -> None:
    message = denied(mine.get_user, "iam:GetUser")
    assert message.startswith(f"User: {arn('user/p/u')} is not authorized")
    iam.put_user_policy(
        UserName="u", PolicyName="p", PolicyDocument=allow("iam:GetUser", arn("user/p/u"))
    )
    assert mine.get_user()["User"]["UserName"] == "u"
    iam.create_user(UserName="v")
    denied(mine.get_user, "iam:GetUser", UserName="v")
    iam.delete_user_policy(UserName="u", PolicyName="p")
    denied(mine.get_user, "iam:GetUser")


def test_a_managed_policy_opens_other_services(iam: Any, chamber: Any, key: Any) -> None:
    queues = chamber.client("sqs", credentials=key)
    assert refusal(queues.list_queues)[0] in ("AccessDenied", "AccessDeniedException")
    iam.attach_user_policy(UserName="u", PolicyArn=READ_QUEUES)
    assert "QueueUrls" not in queues.list_queues()
    assert refusal(queues.create_queue, QueueName="q")[0] in (
        "AccessDenied",
        "AccessDeniedException",
    )
    iam.detach_user_policy(UserName="u", PolicyArn=READ_QUEUES)
    assert refusal(queues.list_queues)[0] in ("AccessDenied", "AccessDeniedException")


def test_a_group_lends_its_policies_to_its_members(iam: Any, mine: Any) -> None:
    iam.create_group(GroupName="g")
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=allow("iam:ListUsers"))
    denied(mine.list_users, "iam:ListUsers")
    iam.add_user_to_group(GroupName="g", UserName="u")
    assert len(mine.list_users()["Users"]) == 1
    iam.remove_user_from_group(GroupName="g", UserName="u")
    denied(mine.list_users, "iam:ListUsers")


def test_a_new_default_version_holds_at_once(iam: Any, mine: Any) -> None:
    policy = iam.create_policy(PolicyName="p", PolicyDocument=allow("iam:ListUsers"))
    policy_arn = policy["Policy"]["Arn"]
    iam.attach_user_policy(UserName="u", PolicyArn=policy_arn)
    assert mine.list_users()["Users"]
    iam.create_policy_version(
        PolicyArn=policy_arn, PolicyDocument=allow("iam:ListRoles"), SetAsDefault=True
    )
    denied(mine.list_users, "iam:ListUsers")
    assert mine.list_roles()["Roles"] == []
    iam.set_default_policy_version(PolicyArn=policy_arn, VersionId="v1")
    assert mine.list_users()["Users"]


def test_a_deny_wins(iam: Any, mine: Any) -> None:
    iam.attach_user_policy(UserName="u", PolicyArn=ADMINISTRATOR)
    mine.list_users()
    iam.put_user_policy(UserName="u", PolicyName="no", PolicyDocument=deny("iam:ListUsers"))
    assert "explicit deny" in denied(mine.list_users, "iam:ListUsers")
    assert mine.list_groups()["Groups"] == []


def test_a_boundary_is_the_most_that_may_be_done(iam: Any, mine: Any) -> None:
    iam.attach_user_policy(UserName="u", PolicyArn=ADMINISTRATOR)
    limit = iam.create_policy(PolicyName="limit", PolicyDocument=allow("iam:List*"))["Policy"]
    iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary=limit["Arn"])
    assert mine.list_users()["Users"]
    assert "boundary" in denied(mine.get_user, "iam:GetUser")
    iam.delete_user_permissions_boundary(UserName="u")
    assert mine.get_user()["User"]


def test_creating_users_only_with_a_boundary(iam: Any, mine: Any) -> None:
    iam.put_user_policy(
        UserName="u",
        PolicyName="p",
        PolicyDocument=allow(
            "iam:CreateUser",
            Condition={"StringEquals": {"iam:PermissionsBoundary": ADMINISTRATOR}},
        ),
    )
    denied(mine.create_user, "iam:CreateUser", UserName="v")
    mine.create_user(UserName="v", PermissionsBoundary=ADMINISTRATOR)


def test_attaching_only_some_policies(iam: Any, mine: Any) -> None:
    iam.put_user_policy(
        UserName="u",
        PolicyName="p",
        PolicyDocument=allow(
            "iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": READ_QUEUES}}
        ),
    )
    denied(mine.attach_user_policy, "iam:AttachUserPolicy", UserName="u", PolicyArn=ADMINISTRATOR)
    mine.attach_user_policy(UserName="u", PolicyArn=READ_QUEUES)


def test_tags_of_request_resource_and_principal(iam: Any, mine: Any) -> None:
    iam.put_user_policy(
        UserName="u",
        PolicyName="p",
        PolicyDocument=document(
            {
                "Effect": "Allow",
                "Action": ["iam:CreateUser", "iam:TagUser"],
                "Resource": "*",
                "Condition": {
                    "StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"},
                    "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
                },
            },
            {
                "Effect": "Allow",
                "Action": "iam:DeleteUser",
                "Resource": "*",
                "Condition": {"StringEquals": {"iam:ResourceTag/team": "${aws:PrincipalTag/team}"}},
            },
        ),
    )
    red, blue = ([{"Key": "team", "Value": color}] for color in ("red", "blue"))
    denied(mine.create_user, "iam:CreateUser", UserName="v", Tags=red)
    iam.tag_user(UserName="u", Tags=red)
    denied(mine.create_user, "iam:CreateUser", UserName="v", Tags=blue)
    more = [*red, {"Key": "other", "Value": ""}]
    denied(mine.create_user, "iam:CreateUser", UserName="v", Tags=more)
    mine.create_user(UserName="v", Tags=red)
    iam.create_user(UserName="w", Tags=blue)
    denied(mine.delete_user, "iam:DeleteUser", UserName="w")
    mine.delete_user(UserName="v")


def test_paths_are_part_of_the_resource(iam: Any, mine: Any) -> None:
    iam.put_user_policy(
        UserName="u",
        PolicyName="p",
        PolicyDocument=allow(["iam:CreateUser", "iam:UpdateUser"], arn("user/team/*")),
    )
    denied(mine.create_user, "iam:CreateUser", UserName="v")
    mine.create_user(UserName="v", Path="/team/")
    denied(mine.update_user, "iam:UpdateUser", UserName="v", NewPath="/")
    mine.update_user(UserName="v", NewUserName="w")


def test_handing_over_a_role_needs_passrole(iam: Any, mine: Any) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA)
    iam.create_instance_profile(InstanceProfileName="i")
    iam.put_user_policy(
        UserName="u", PolicyName="p", PolicyDocument=allow("iam:AddRoleToInstanceProfile")
    )
    request = {"InstanceProfileName": "i", "RoleName": "r"}
    message = denied(mine.add_role_to_instance_profile, "iam:PassRole", **request)
    assert arn("role/r") in message
    assert iam.get_instance_profile(InstanceProfileName="i")["InstanceProfile"]["Roles"] == []
    for service, is_enough in (("lambda.amazonaws.com", False), ("ec2.amazonaws.com", True)):
        passing = allow(
            "iam:PassRole",
            arn("role/*"),
            Condition={"StringEquals": {"iam:PassedToService": service}},
        )
        iam.put_user_policy(UserName="u", PolicyName="pass", PolicyDocument=passing)
        if is_enough:
            mine.add_role_to_instance_profile(**request)
        else:
            denied(mine.add_role_to_instance_profile, "iam:PassRole", **request)


def test_who_may_not_look_learns_nothing(iam: Any, mine: Any) -> None:
    denied(mine.get_user, "iam:GetUser", UserName="nobody")
    denied(mine.get_role, "iam:GetRole", RoleName="nobody")
    denied(mine.get_access_key_last_used, "iam:GetAccessKeyLastUsed", AccessKeyId="A" * 20)
    denied(mine.get_policy, "iam:GetPolicy", PolicyArn=arn("policy/none"))


def test_reading_an_aws_policy_needs_no_other_account(iam: Any, mine: Any) -> None:
    assert iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=allow("iam:GetPolicy"))
    assert mine.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]


def test_deleted_users_and_unknown_keys_are_nobody(iam: Any, mine: Any, key: Any) -> None:
    iam.attach_user_policy(UserName="u", PolicyArn=ADMINISTRATOR)
    mine.get_user()
    iam.detach_user_policy(UserName="u", PolicyArn=ADMINISTRATOR)
    iam.delete_access_key(UserName="u", AccessKeyId=key["AccessKeyId"])
    assert refusal(mine.get_user)[0] == "InvalidClientTokenId"
    iam.delete_user(UserName="u")


# The ports


def session(role: dict[str, Any], account: str = ACCOUNT) -> Caller:
    return Caller(
        kind="role-session",
        account=account,
        arn=f"arn:aws:sts::{account}:assumed-role/{role['RoleName']}/s",
        user_id=f"{role['RoleId']}:s",
        name=role["RoleName"],
        session="ASIAEXAMPLE",
        role_arn=role["Arn"],
    )


def test_a_session_has_its_roles_policies(iam: Any, chamber: Any) -> None:
    role = iam.create_role(
        RoleName="r",
        Path="/x/",
        AssumeRolePolicyDocument=LAMBDA,
        PermissionsBoundary=ADMINISTRATOR,
        Tags=[{"Key": "Team", "Value": "red"}],
    )["Role"]
    iam.attach_role_policy(RoleName="r", PolicyArn=READ_QUEUES)
    iam.put_role_policy(RoleName="r", PolicyName="in", PolicyDocument=allow("s3:*"))
    found = principals.policies(chamber.cloud, session(role))
    assert found is not None
    assert [(policy.name, policy.type) for policy in found.identity] == [
        ("in", "role"),
        ("AmazonSQSReadOnlyAccess", "aws-managed"),
    ]
    assert found.boundary is not None
    assert found.boundary.arn == ADMINISTRATOR
    assert found.context == {"aws:PrincipalTag/Team": ("red",)}
    again = principals.policies(chamber.cloud, session(role))
    assert again is not None
    assert again.identity[0].policy is found.identity[0].policy


def test_a_session_of_a_role_that_was_made_again_has_nothing(iam: Any, chamber: Any) -> None:
    first = iam.create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA)["Role"]
    iam.delete_role(RoleName="r")
    assert principals.policies(chamber.cloud, session(first)) is None
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA)
    iam.attach_role_policy(RoleName="r", PolicyArn=ADMINISTRATOR)
    assert principals.policies(chamber.cloud, session(first)) is None


def test_a_role_is_told_by_its_exact_arn(iam: Any, chamber: Any) -> None:
    role = iam.create_role(
        RoleName="R",
        Path="/x/",
        AssumeRolePolicyDocument=LAMBDA,
        MaxSessionDuration=7200,
        Tags=[{"Key": "a", "Value": "b"}],
    )["Role"]
    facts = principals.role(chamber.cloud, role["Arn"])
    assert facts == ports.RoleFacts(
        arn=role["Arn"],
        role_id=role["RoleId"],
        name="R",
        path="/x/",
        account=ACCOUNT,
        trust=LAMBDA,
        max_session_s=7200,
        tags={"a": "b"},
    )
    assert json.loads(facts.trust) == role["AssumeRolePolicyDocument"]
    for wrong in (arn("role/R"), arn("role/x/r"), arn("user/R"), "R", ""):
        assert principals.role(chamber.cloud, wrong) is None


def test_root_and_strangers_have_no_policies(chamber: Any) -> None:
    root = Caller(kind="root", account=ACCOUNT, arn=arn("root"), user_id=ACCOUNT)
    assert principals.policies(chamber.cloud, root) is None
    ghost = Caller(kind="user", account=ACCOUNT, arn=arn("user/g"), user_id="AIDAX", name="g")
    assert principals.policies(chamber.cloud, ghost) is None


# With STS


def test_an_assumed_role_may_what_the_role_may_and_its_use_is_remembered(
    iam: Any, chamber: Any, key: Any
) -> None:
    user = iam.get_user(UserName="u")["User"]
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(AWS=user["Arn"]))["Role"]
    sts = chamber.client("sts", credentials=key)
    given = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="session")["Credentials"]
    as_role = chamber.client("iam", region_name="eu-west-1", credentials=given)
    denied(as_role.list_users, "iam:ListUsers")
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=allow("iam:List*"))
    assert len(as_role.list_users()["Users"]) == 1
    iam.put_role_policy(RoleName="r", PolicyName="more", PolicyDocument=allow("iam:*"))
    for operation in (as_role.get_user, as_role.create_access_key):
        assert refusal(operation) == (
            "ValidationError",
            400,
            "Must specify userName when calling with non-User credentials",
        )
    used = iam.get_role(RoleName="r")["Role"]["RoleLastUsed"]
    assert used["Region"] == "eu-west-1"
    chamber.advance("401d")
    assert iam.get_role(RoleName="r")["Role"]["RoleLastUsed"] == {}


def test_a_federated_user_may_what_its_user_may_within_the_session(
    iam: Any, chamber: Any, key: Any
) -> None:
    iam.put_user_policy(
        UserName="u",
        PolicyName="p",
        PolicyDocument=allow(["sts:GetFederationToken", "sqs:ListQueues", "sqs:CreateQueue"]),
    )
    for asker in (chamber.client("sts", credentials=key), chamber.client("sts")):
        given = asker.get_federation_token(Name="fed", PolicyArns=[{"arn": READ_QUEUES}])
        queues = chamber.client("sqs", credentials=given["Credentials"])
        queues.list_queues()
        assert refusal(queues.create_queue, QueueName="q")[0].startswith("AccessDenied")


ACTIONS = ("iam:ListUsers", "iam:ListGroups", "iam:ListRoles")
SOME = st.sets(st.sampled_from(ACTIONS), min_size=1)
RULES = st.lists(st.tuples(st.booleans(), SOME), max_size=4)


@given(rules=RULES, boundary=st.none() | SOME)
def test_denials_are_those_of_a_small_model(
    rules: list[tuple[bool, set[str]]], boundary: set[str] | None
) -> None:
    """Deny wins, then something must allow, within the boundary."""
    with Chamber(seed=1, account=ACCOUNT, iam="enforce") as chamber:
        iam = chamber.client("iam")
        iam.create_user(UserName="u")
        key = iam.create_access_key(UserName="u")["AccessKey"]
        for number, (allows, actions) in enumerate(rules):
            text = document(
                {
                    "Effect": "Allow" if allows else "Deny",
                    "Action": sorted(actions),
                    "Resource": "*",
                }
            )
            iam.put_user_policy(UserName="u", PolicyName=str(number), PolicyDocument=text)
        if boundary is not None:
            text = allow(sorted(boundary))
            policy = iam.create_policy(PolicyName="b", PolicyDocument=text)["Policy"]["Arn"]
            iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary=policy)
        mine = chamber.client("iam", credentials=key)
        for action, call in zip(
            ACTIONS, (mine.list_users, mine.list_groups, mine.list_roles), strict=True
        ):
            is_allowed = (
                any(allows and action in actions for allows, actions in rules)
                and not any(not allows and action in actions for allows, actions in rules)
                and (boundary is None or action in boundary)
            )
            if is_allowed:
                call()
            else:
                denied(call, action)
