"""The account as a whole: alias, summary, authorization details."""

from __future__ import annotations

from typing import Any

from tests.unit.services.iam.documents import (
    ADMINISTRATOR,
    LAMBDA,
    READ_QUEUES,
    allow,
    arn,
    refusal,
)

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


def test_an_alias_is_unique_in_the_world(iam: Any, chamber: Any) -> None:
    theirs = chamber.client("iam", account="222222222222")
    iam.create_account_alias(AccountAlias="first")
    assert refusal(theirs.create_account_alias, AccountAlias="first") == (
        "EntityAlreadyExists",
        409,
        "The account alias first already exists.",
    )
    iam.create_account_alias(AccountAlias="second")
    assert iam.list_account_aliases()["AccountAliases"] == ["second"]
    theirs.create_account_alias(AccountAlias="first")
    assert refusal(iam.delete_account_alias, AccountAlias="first") == (
        "NoSuchEntity",
        404,
        "The account alias with name first cannot be found.",
    )
    iam.delete_account_alias(AccountAlias="second")
    assert iam.list_account_aliases()["AccountAliases"] == []
    assert refusal(iam.create_account_alias, AccountAlias="-bad")[0] == "ValidationError"


def populate(iam: Any) -> str:
    policy: str = iam.create_policy(PolicyName="p", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=allow("sqs:*"))
    iam.create_user(UserName="u", Tags=[{"Key": "a", "Value": "b"}], PermissionsBoundary=policy)
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="u")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA, Description="d")
    iam.create_instance_profile(InstanceProfileName="i")
    iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
    iam.put_user_policy(UserName="u", PolicyName="in", PolicyDocument=allow("sns:*"))
    iam.attach_group_policy(GroupName="g", PolicyArn=policy)
    iam.attach_role_policy(RoleName="r", PolicyArn=READ_QUEUES)
    return policy


def test_the_summary_counts(iam: Any) -> None:
    populate(iam)
    summary = iam.get_account_summary()["SummaryMap"]
    counted = {key: value for key, value in summary.items() if value and not key.endswith("Quota")}
    assert counted == {
        "Users": 1,
        "Groups": 1,
        "Roles": 1,
        "InstanceProfiles": 1,
        "Policies": 1,
        "PolicyVersionsInUse": 2,
        "AccountPasswordPresent": 1,
        "GlobalEndpointTokenVersion": 1,
    }
    assert (summary["UsersQuota"], summary["RolesQuota"], summary["PoliciesQuota"]) == (
        5000,
        1000,
        1500,
    )


def test_authorization_details(iam: Any) -> None:
    policy = populate(iam)
    details = iam.get_account_authorization_details()
    (user,) = details["UserDetailList"]
    assert (user["GroupList"], user["Tags"]) == (["g"], [{"Key": "a", "Value": "b"}])
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"] == policy
    assert user["UserPolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"] == "sns:*"
    (group,) = details["GroupDetailList"]
    assert group["AttachedManagedPolicies"] == [{"PolicyName": "p", "PolicyArn": policy}]
    (role,) = details["RoleDetailList"]
    assert role["InstanceProfileList"][0]["Roles"][0]["RoleName"] == "r"
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Action"] == "sts:AssumeRole"
    assert role["RoleLastUsed"] == {}
    mine, awss = details["Policies"]
    assert (mine["Arn"], mine["AttachmentCount"]) == (policy, 1)
    assert [each["VersionId"] for each in mine["PolicyVersionList"]] == ["v2", "v1"]
    assert mine["PolicyVersionList"][1]["Document"]["Statement"][0]["Action"] == "s3:*"
    assert awss["Arn"] == READ_QUEUES


def test_authorization_details_are_filtered_and_paged(iam: Any) -> None:
    populate(iam)
    for wanted, member in (
        ("User", "UserDetailList"),
        ("Group", "GroupDetailList"),
        ("Role", "RoleDetailList"),
        ("LocalManagedPolicy", "Policies"),
        ("AWSManagedPolicy", "Policies"),
    ):
        details = iam.get_account_authorization_details(Filter=[wanted])
        lists = {key: value for key, value in details.items() if isinstance(value, list)}
        assert {key: len(value) for key, value in lists.items() if value} == {member: 1}
    pages = list(
        iam.get_paginator("get_account_authorization_details").paginate(
            PaginationConfig={"PageSize": 2}
        )
    )
    assert len(pages) == 3
    shown = [item for page in pages for key in LISTS for item in page[key]]
    assert len(shown) == 5


def test_aws_policies_not_used_are_not_shown(iam: Any) -> None:
    iam.create_user(UserName="u")
    iam.attach_user_policy(UserName="u", PolicyArn=ADMINISTRATOR)
    iam.detach_user_policy(UserName="u", PolicyArn=ADMINISTRATOR)
    assert iam.get_account_authorization_details()["Policies"] == []


def test_what_is_not_here_is_refused_by_name(iam: Any) -> None:
    code, status, message = refusal(
        iam.generate_organizations_access_report, EntityPath="o-1234567890/r-1234"
    )
    assert (code, status) == ("NotImplemented", 501)
    assert "iam.GenerateOrganizationsAccessReport" in message


def test_an_event_tells_whom_a_call_was_about(iam: Any, chamber: Any) -> None:
    iam.create_user(UserName="u", Path="/x/")
    iam.attach_user_policy(UserName="u", PolicyArn=ADMINISTRATOR)
    told = [event["what"] for event in chamber.events(about=arn("user/x/u"))]
    assert told == ["iam.CreateUser", "iam.AttachUserPolicy"]
