"""The policy simulator: the same verdicts as the real thing, and where they stand."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.iam.documents import (
    ACCOUNT,
    LAMBDA,
    allow,
    arn,
    deny,
    document,
    every,
    refusal,
)

USER = arn("user/u")
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
OTHER = f"arn:aws:sqs:us-east-1:{ACCOUNT}:other"


def custom(
    iam: Any, *policies: str, actions: tuple[str, ...] = ("sqs:SendMessage",), **more: Any
) -> Any:
    answer = iam.simulate_custom_policy(
        PolicyInputList=list(policies), ActionNames=list(actions), **more
    )
    return answer["EvaluationResults"]


@pytest.fixture
def user(iam: Any) -> str:
    iam.create_user(UserName="u", Tags=[{"Key": "team", "Value": "blue"}])
    return USER


def principal(iam: Any, *actions: str, source: str = USER, **more: Any) -> Any:
    answer = iam.simulate_principal_policy(
        PolicySourceArn=source, ActionNames=list(actions), **more
    )
    return {each["EvalActionName"]: each for each in answer["EvaluationResults"]}


def test_a_statement_is_named_by_its_place(iam: Any) -> None:
    text = (
        '{"Version": "2012-10-17",\n "Statement": [\n  '
        '{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}\n ]}'
    )
    (found,) = custom(iam, allow("s3:*"), text)
    assert found["EvalDecision"] == "allowed"
    assert found["EvalResourceName"] == "*"
    (hit,) = found["MatchedStatements"]
    assert hit["SourcePolicyId"] == "PolicyInputList.2"
    assert hit["SourcePolicyType"] == "none"
    # A statement begins behind the bracket or comma before it, and ends with its brace.
    assert hit["StartPosition"] == {"Line": 2, "Column": 16}
    assert hit["EndPosition"] == {"Line": 3, "Column": 58}


def test_a_deny_is_told_alone(iam: Any) -> None:
    (found,) = custom(iam, allow("sqs:*"), deny("sqs:SendMessage"))
    assert found["EvalDecision"] == "explicitDeny"
    assert [hit["SourcePolicyId"] for hit in found["MatchedStatements"]] == ["PolicyInputList.2"]
    (silent,) = custom(iam, allow("s3:*"))
    assert silent["EvalDecision"] == "implicitDeny"
    assert silent["MatchedStatements"] == []


def test_each_resource_has_its_own_result(iam: Any) -> None:
    (found,) = custom(iam, allow("sqs:*", QUEUE), ResourceArns=[QUEUE, OTHER])
    assert found["EvalDecision"] == "implicitDeny"
    each = {
        result["EvalResourceName"]: result["EvalResourceDecision"]
        for result in found["ResourceSpecificResults"]
    }
    assert each == {QUEUE: "allowed", OTHER: "implicitDeny"}
    (one,) = custom(iam, allow("sqs:*", QUEUE), ResourceArns=[QUEUE])
    assert (one["EvalResourceName"], one["EvalDecision"]) == (QUEUE, "allowed")


def test_missing_context_is_named_and_can_be_given(iam: Any) -> None:
    policy = allow("sqs:*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})
    (found,) = custom(iam, policy)
    assert found["EvalDecision"] == "implicitDeny"
    assert found["MissingContextValues"] == ["aws:RequestedRegion"]
    entry = {"ContextKeyName": "aws:RequestedRegion", "ContextKeyType": "string"}
    for region, decision in (("eu-west-1", "allowed"), ("us-east-1", "implicitDeny")):
        entries = [{**entry, "ContextKeyValues": [region]}]
        (found,) = custom(iam, policy, ContextEntries=entries)
        assert found["EvalDecision"] == decision
        assert found["MissingContextValues"] == []


def test_results_come_in_pages(iam: Any) -> None:
    actions = [f"sqs:Action{number}" for number in range(12)]
    found = every(
        iam,
        "simulate_custom_policy",
        "EvaluationResults",
        PolicyInputList=[allow("sqs:*")],
        ActionNames=actions,
    )
    assert [each["EvalActionName"] for each in found] == actions


def test_everything_of_a_user_counts(iam: Any, user: str) -> None:
    iam.put_user_policy(UserName="u", PolicyName="mine", PolicyDocument=allow("sqs:*"))
    iam.create_group(GroupName="g")
    iam.put_group_policy(GroupName="g", PolicyName="ours", PolicyDocument=allow("sns:Publish"))
    iam.add_user_to_group(GroupName="g", UserName="u")
    iam.attach_user_policy(
        UserName="u", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"
    )
    found = principal(iam, "sqs:ListQueues", "sns:Publish", "s3:GetObject")
    sources = [
        (hit["SourcePolicyId"], hit["SourcePolicyType"])
        for hit in found["sqs:ListQueues"]["MatchedStatements"]
    ]
    assert sources == [("user_u_mine", "user"), ("AmazonSQSReadOnlyAccess", "aws-managed")]
    (hit,) = found["sns:Publish"]["MatchedStatements"]
    assert (hit["SourcePolicyId"], hit["SourcePolicyType"]) == ("group_g_ours", "group")
    assert found["s3:GetObject"]["EvalDecision"] == "implicitDeny"
    more = principal(iam, "s3:GetObject", PolicyInputList=[allow("s3:*")])
    assert more["s3:GetObject"]["EvalDecision"] == "allowed"
    of_group = principal(iam, "sns:Publish", source=arn("group/g"))
    assert of_group["sns:Publish"]["EvalDecision"] == "allowed"


def test_tags_of_a_principal_are_known(iam: Any, user: str) -> None:
    policy = allow("sqs:*", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=policy)
    assert principal(iam, "sqs:SendMessage")["sqs:SendMessage"]["EvalDecision"] == "allowed"


def test_a_boundary_limits_and_is_told(iam: Any, user: str) -> None:
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=allow("*"))
    boundary = iam.create_policy(PolicyName="b", PolicyDocument=allow("sqs:*"))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary=boundary)
    found = principal(iam, "sqs:SendMessage", "sns:Publish")
    for action, allowed in (("sqs:SendMessage", True), ("sns:Publish", False)):
        detail = found[action]["PermissionsBoundaryDecisionDetail"]
        assert detail == {"AllowedByPermissionsBoundary": allowed}
        assert (found[action]["EvalDecision"] == "allowed") is allowed
    other = principal(iam, "sns:Publish", PermissionsBoundaryPolicyInputList=[allow("sns:*")])
    assert other["sns:Publish"]["EvalDecision"] == "allowed"


def test_a_resource_policy_has_its_say(iam: Any, user: str) -> None:
    queue_policy = document(
        {"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "sqs:*", "Resource": QUEUE}
    )
    found = principal(iam, "sqs:SendMessage", ResourceArns=[QUEUE], ResourcePolicy=queue_policy)
    assert found["sqs:SendMessage"]["EvalDecision"] == "allowed"
    (hit,) = found["sqs:SendMessage"]["MatchedStatements"]
    assert hit["SourcePolicyType"] == "resource"
    # Across accounts both sides must allow.
    foreign = "arn:aws:sqs:us-east-1:222222222222:q"
    policy = queue_policy.replace(QUEUE, foreign)
    found = principal(iam, "sqs:SendMessage", ResourceArns=[foreign], ResourcePolicy=policy)
    (result,) = found["sqs:SendMessage"]["ResourceSpecificResults"]
    assert result["EvalResourceDecision"] == "implicitDeny"
    assert result["EvalDecisionDetails"] == {
        "IAM Policy": "implicitDeny",
        "Resource Policy": "allowed",
    }


@pytest.mark.parametrize(
    ("exclusion", "left"),
    [
        ({"PolicyType": "inline"}, ["AmazonSQSFullAccess", "own"]),
        ({"PolicyType": "aws-managed"}, ["user_u_one", "user_u_two_b", "own"]),
        ({"PolicyType": "user-managed"}, ["user_u_one", "user_u_two_b", "AmazonSQSFullAccess"]),
        (
            {"PolicyArn": "arn:aws:iam::aws:policy/AmazonSQS*"},
            ["user_u_one", "user_u_two_b", "own"],
        ),
        (
            {
                "InlinePolicyIdentifier": {
                    "PolicyName": "two_b",
                    "AttachmentType": "user",
                    "AttachmentName": "u",
                }
            },
            ["user_u_one", "AmazonSQSFullAccess", "own"],
        ),
        (
            {
                "InlinePolicyIdentifier": {
                    "PolicyName": "one",
                    "AttachmentType": "role",
                    "AttachmentName": "u",
                }
            },
            ["user_u_one", "user_u_two_b", "AmazonSQSFullAccess", "own"],
        ),
    ],
)
def test_policies_can_be_left_out(
    iam: Any, user: str, exclusion: dict[str, Any], left: list[str]
) -> None:
    for name in ("one", "two_b"):
        iam.put_user_policy(UserName="u", PolicyName=name, PolicyDocument=allow("sqs:*"))
    own = iam.create_policy(PolicyName="own", PolicyDocument=allow("sqs:*"))["Policy"]["Arn"]
    for attached in ("arn:aws:iam::aws:policy/AmazonSQSFullAccess", own):
        iam.attach_user_policy(UserName="u", PolicyArn=attached)
    found = principal(iam, "sqs:ListQueues", PolicyExclusionList=[exclusion])["sqs:ListQueues"]
    assert [hit["SourcePolicyId"] for hit in found["MatchedStatements"]] == left


def test_a_boundary_can_be_left_out(iam: Any, user: str) -> None:
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=allow("*"))
    boundary = iam.create_policy(PolicyName="b", PolicyDocument=allow("sqs:*"))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary=boundary)
    without = [{"PolicyType": "permission-boundary"}]
    found = principal(iam, "sns:Publish", PolicyExclusionList=without)["sns:Publish"]
    assert found["EvalDecision"] == "allowed"
    assert "PermissionsBoundaryDecisionDetail" not in found
    for bad in ("arn:aws:iam::aws:policy/A*B*", "arn:aws:iam::*:policy/A"):
        answer = refusal(
            iam.simulate_principal_policy,
            PolicySourceArn=USER,
            ActionNames=["sns:Publish"],
            PolicyExclusionList=[{"PolicyArn": bad}],
        )
        assert answer[:2] == ("InvalidInput", 400)


def test_context_keys_of_policies(iam: Any, user: str) -> None:
    one = allow("sqs:*", Condition={"Bool": {"aws:SecureTransport": "true"}})
    two = allow("s3:*", "arn:aws:s3:::b/${aws:username}/*")
    names = iam.get_context_keys_for_custom_policy(PolicyInputList=[one, two, one])
    assert names["ContextKeyNames"] == ["aws:SecureTransport", "aws:username"]
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=one)
    names = iam.get_context_keys_for_principal_policy(PolicySourceArn=USER, PolicyInputList=[two])
    assert names["ContextKeyNames"] == ["aws:SecureTransport", "aws:username"]


def test_what_cannot_be_simulated_is_refused(iam: Any, user: str) -> None:
    simulate = iam.simulate_principal_policy
    missing = arn("user/missing")
    assert refusal(simulate, PolicySourceArn=missing, ActionNames=["sqs:SendMessage"]) == (
        "NoSuchEntity",
        404,
        "The user with name missing cannot be found.",
    )
    for bad in ("arn:aws:iam::111111111111:policy/p", "arn:aws:sqs:us-east-1:111111111111:q"):
        assert refusal(simulate, PolicySourceArn=bad, ActionNames=["sqs:SendMessage"])[0] == (
            "InvalidInput"
        )
    assert refusal(simulate, PolicySourceArn=USER, ActionNames=["SendMessage"])[0] == "InvalidInput"
    answer = refusal(
        iam.simulate_custom_policy, PolicyInputList=["{}"], ActionNames=["sqs:SendMessage"]
    )
    assert answer[:2] == ("InvalidInput", 400)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA)
    answer = refusal(
        simulate,
        PolicySourceArn=arn("role/r"),
        ActionNames=["sqs:SendMessage"],
        ResourcePolicy=document(
            {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": QUEUE}
        ),
    )
    assert answer[:2] == ("InvalidInput", 400)


def test_the_simulator_agrees_with_the_real_thing() -> None:
    with Chamber(seed=1, account=ACCOUNT, iam="enforce") as chamber:
        root = chamber.client("iam")
        root.create_user(UserName="u")
        key = root.create_access_key(UserName="u")["AccessKey"]
        sqs = chamber.client("sqs", credentials=key)
        for policy in (allow("sqs:CreateQueue", QUEUE), allow("*"), deny("sqs:*"), allow("s3:*")):
            root.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=policy)
            told = principal(root, "sqs:CreateQueue", ResourceArns=[QUEUE])["sqs:CreateQueue"]
            if told["EvalDecision"] == "allowed":
                sqs.create_queue(QueueName="q")
            else:
                assert refusal(sqs.create_queue, QueueName="q")[0] == "AccessDenied"
