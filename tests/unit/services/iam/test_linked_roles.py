"""Service-linked roles: their names, their protection, their end."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.iam.documents import ACCOUNT, allow, arn, refusal, trust

NAME = "AWSServiceRoleForECS"
PATH = "/aws-service-role/ecs.amazonaws.com/"


def test_a_linked_role_is_its_services(iam: Any) -> None:
    role = iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com", Description="d")
    shown = role["Role"]
    assert (shown["RoleName"], shown["Path"]) == (NAME, PATH)
    assert shown["Arn"] == arn(f"role{PATH}{NAME}")
    (statement,) = shown["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "ecs.amazonaws.com"}
    assert iam.get_role(RoleName=NAME)["Role"]["Description"] == "d"
    again = refusal(iam.create_service_linked_role, AWSServiceName="ecs.amazonaws.com")
    assert again[:2] == ("InvalidInput", 400)
    assert "has been taken in this account" in again[2]


def test_its_policy_is_attached_where_it_is_known(iam: Any) -> None:
    iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    attached = iam.list_attached_role_policies(RoleName="AWSServiceRoleForAutoScaling")
    names = [policy["PolicyName"] for policy in attached["AttachedPolicies"]]
    assert names == ["AutoScalingServiceRolePolicy"]
    policy = attached["AttachedPolicies"][0]["PolicyArn"]
    assert iam.get_policy(PolicyArn=policy)["Policy"]["AttachmentCount"] == 1
    iam.delete_service_linked_role(RoleName="AWSServiceRoleForAutoScaling")
    assert iam.get_policy(PolicyArn=policy)["Policy"]["AttachmentCount"] == 0


def test_a_suffix_where_the_service_takes_one(iam: Any) -> None:
    role = iam.create_service_linked_role(
        AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="blue"
    )
    assert role["Role"]["RoleName"] == "AWSServiceRoleForAutoScaling_blue"
    answer = refusal(
        iam.create_service_linked_role, AWSServiceName="ecs.amazonaws.com", CustomSuffix="x"
    )
    assert answer == ("InvalidInput", 400, "Custom suffix is not allowed for ecs.amazonaws.com")


def test_a_service_nobody_knows_is_refused_by_name(iam: Any) -> None:
    create = iam.create_service_linked_role
    unknown = refusal(create, AWSServiceName="nothing.amazonaws.com")
    assert unknown[:2] == ("NotImplemented", 501)
    assert "nothing.amazonaws.com" in unknown[2]
    assert refusal(create, AWSServiceName="example.com")[:2] == ("InvalidInput", 400)


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("delete_role", {}),
        ("update_assume_role_policy", {"PolicyDocument": trust(Service="ec2.amazonaws.com")}),
        ("put_role_policy", {"PolicyName": "p", "PolicyDocument": allow("*")}),
        ("attach_role_policy", {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    ],
)
def test_nobody_else_may_change_it(iam: Any, operation: str, request_: dict[str, Any]) -> None:
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    before = iam.get_role(RoleName=NAME)["Role"]
    answer = refusal(getattr(iam, operation), RoleName=NAME, **request_)
    assert answer[0] == "UnmodifiableEntity"
    assert iam.get_role(RoleName=NAME)["Role"] == before


def test_its_description_may_be_edited(iam: Any) -> None:
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    iam.update_role(RoleName=NAME, Description="mine")
    assert iam.get_role(RoleName=NAME)["Role"]["Description"] == "mine"


def test_it_is_deleted_at_once_in_an_instant_world(iam: Any) -> None:
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    task = iam.delete_service_linked_role(RoleName=NAME)["DeletionTaskId"]
    assert task.startswith(f"task{PATH}{NAME}/")
    status = iam.get_service_linked_role_deletion_status(DeletionTaskId=task)
    assert status["Status"] == "SUCCEEDED"
    assert refusal(iam.get_role, RoleName=NAME)[0] == "NoSuchEntity"
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")


def test_it_takes_time_in_a_realistic_world() -> None:
    with Chamber(seed=1, account=ACCOUNT, lifecycle="realistic") as chamber:
        iam = chamber.client("iam")
        iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
        task = iam.delete_service_linked_role(RoleName=NAME)["DeletionTaskId"]
        assert iam.delete_service_linked_role(RoleName=NAME)["DeletionTaskId"] == task
        status = iam.get_service_linked_role_deletion_status
        assert status(DeletionTaskId=task)["Status"] == "IN_PROGRESS"
        assert iam.get_role(RoleName=NAME)["Role"]["RoleName"] == NAME
        chamber.advance("5s")
        assert status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
        assert refusal(iam.get_role, RoleName=NAME)[0] == "NoSuchEntity"
        (event,) = [e for e in chamber.events() if e["what"] == "iam.linked-role-deleted"]
        assert NAME in event["sentence"]


def test_an_ordinary_role_is_not_deleted_so(iam: Any) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"))
    assert refusal(iam.delete_service_linked_role, RoleName="r")[0] == "NoSuchEntity"
    assert refusal(iam.get_service_linked_role_deletion_status, DeletionTaskId="task/x")[0] == (
        "NoSuchEntity"
    )
    assert iam.get_role(RoleName="r")
