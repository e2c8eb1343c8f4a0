"""Who may do what to a secret: its policy, condition keys, and what is asked besides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.secretsmanager.vault import (
    DAYS,
    FUNCTION,
    ONE,
    TWO,
    Functions,
    refusal,
    value,
)


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, iam="enforce") as opened:
        yield opened


def policy(effect: str = "Allow", **more: Any) -> str:
    statement = {"Effect": effect, "Action": "*", "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def ann(chamber: Chamber) -> Any:
    """A user who may nothing yet: `(client, give)`."""
    iam = chamber.client("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]

    def give(**more: Any) -> None:
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=policy(**more))

    return chamber.client("secretsmanager", credentials=key), give


def denied(call: Any, **request: Any) -> bool:
    return refusal(call, **request)[0] == "AccessDeniedException"


def test_permissions_are_on_secrets_stages_and_tags(secrets: Any, ann: Any) -> None:
    anns, give = ann
    open_ = secrets.create_secret(
        Name="open", SecretString="1", Tags=[{"Key": "open", "Value": "yes"}]
    )["ARN"]
    secrets.create_secret(Name="shut", SecretString="2")
    assert denied(anns.get_secret_value, SecretId="open")
    give(Action="secretsmanager:GetSecretValue", Resource=open_)
    assert value(anns, "open") == "1"
    assert denied(anns.get_secret_value, SecretId="shut")
    give(
        Action="secretsmanager:GetSecretValue",
        Condition={"StringEquals": {"secretsmanager:ResourceTag/open": "yes"}},
    )
    assert value(anns, "open") == "1"
    assert denied(anns.get_secret_value, SecretId="shut")
    give(
        Action="secretsmanager:GetSecretValue",
        Condition={"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}},
    )
    assert value(anns, "shut", VersionStage="AWSCURRENT") == "2"
    assert denied(anns.get_secret_value, SecretId="shut")


def test_several_values_need_both_permissions(secrets: Any, ann: Any) -> None:
    anns, give = ann
    open_ = secrets.create_secret(Name="open", SecretString="1")["ARN"]
    secrets.create_secret(Name="shut", SecretString="2")
    batch = {"SecretIdList": ["open", "shut"]}
    give(Action="secretsmanager:GetSecretValue")
    assert denied(anns.batch_get_secret_value, **batch)
    give(
        Action=["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"],
        Condition={"ArnLikeIfExists": {"secretsmanager:SecretId": open_}},
    )
    give(Action="secretsmanager:BatchGetSecretValue")
    answer = anns.batch_get_secret_value(**batch)
    assert answer["SecretValues"] == []
    assert [each["ErrorCode"] for each in answer["Errors"]] == ["AccessDeniedException"] * 2
    by = [{"Key": "name", "Values": ["open"]}]
    assert denied(anns.batch_get_secret_value, Filters=by)


def test_making_one_with_tags_and_replicas_needs_more(secrets: Any, ann: Any) -> None:
    anns, give = ann
    give(Action="secretsmanager:CreateSecret")
    anns.create_secret(Name="plain")
    assert denied(anns.create_secret, Name="a", Tags=[{"Key": "a", "Value": "b"}])
    assert denied(anns.create_secret, Name="b", AddReplicaRegions=[{"Region": "us-west-2"}])
    names = [each["Name"] for each in secrets.list_secrets()["SecretList"]]
    assert names == ["plain"]
    give(
        Action="secretsmanager:CreateSecret",
        Condition={"StringLike": {"secretsmanager:Name": "app/*"}},
    )
    anns.create_secret(Name="app/x")
    assert denied(anns.create_secret, Name="other")


def test_rotating_needs_the_function_as_well(
    secrets: Any, ann: Any, functions: Functions
) -> None:  # fmt: skip
    anns, give = ann
    secrets.create_secret(Name="a", SecretString="1")
    give(Action="secretsmanager:RotateSecret")
    request = {"SecretId": "a", "RotationLambdaARN": FUNCTION, "RotationRules": DAYS}
    assert denied(anns.rotate_secret, **request)
    assert "RotationEnabled" not in secrets.describe_secret(SecretId="a")
    give(Action=["secretsmanager:RotateSecret", "lambda:InvokeFunction"])
    anns.rotate_secret(**request)
    assert secrets.describe_secret(SecretId="a")["RotationEnabled"] is True


def test_a_policy_lets_another_account_in(secrets: Any, chamber: Chamber) -> None:
    arn = secrets.create_secret(Name="a")["ARN"]
    theirs = chamber.client("secretsmanager", account=TWO)
    assert denied(theirs.describe_secret, SecretId=arn)
    text = policy(Action="secretsmanager:DescribeSecret", Principal={"AWS": TWO})
    secrets.put_resource_policy(SecretId="a", ResourcePolicy=text)
    assert theirs.describe_secret(SecretId=arn)["Name"] == "a"
    assert denied(theirs.delete_secret, SecretId=arn)
    assert secrets.get_resource_policy(SecretId="a")["ResourcePolicy"] == text
    assert secrets.list_resource_policies(SecretId="a")["ResourcePolicies"] == [
        {"PolicyName": "default"}
    ]
    secrets.delete_resource_policy(SecretId="a")
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId="a")
    assert denied(theirs.describe_secret, SecretId=arn)


def test_a_policy_may_deny_the_owner(secrets: Any) -> None:
    secrets.create_secret(Name="a", SecretString="1")
    text = policy("Deny", Action="secretsmanager:GetSecretValue", Principal="*")
    secrets.put_resource_policy(SecretId="a", ResourcePolicy=text)
    assert denied(secrets.get_secret_value, SecretId="a")


@pytest.mark.parametrize(
    ("more", "public"),
    [
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": ["*"]}}, True),
        ({"NotPrincipal": {"AWS": TWO}, "Effect": "Deny"}, False),
        ({"Principal": {"AWS": TWO}}, False),
        ({"Principal": "*", "Effect": "Deny"}, False),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, False),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:SourceVpce": "*"}}}, True),
        ({"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
        (
            {"Principal": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}},
            True,
        ),
    ],
)
def test_public_policies_can_be_blocked(secrets: Any, more: dict[str, Any], public: bool) -> None:
    secrets.create_secret(Name="a")
    text = policy(**{"Action": "secretsmanager:DescribeSecret", **more})
    request = {"SecretId": "a", "ResourcePolicy": text}
    checks = secrets.validate_resource_policy(**request)["ValidationErrors"]
    assert ("PUBLIC_ACCESS_CHECK" in [each["CheckName"] for each in checks]) == public
    if public:
        assert refusal(secrets.put_resource_policy, **request, BlockPublicPolicy=True)[0] == (
            "PublicPolicyException"
        )
    else:
        secrets.put_resource_policy(**request, BlockPublicPolicy=True)
    secrets.put_resource_policy(**request)


def test_policies_that_are_none_and_those_that_lock_out(secrets: Any) -> None:
    secrets.create_secret(Name="a")
    assert refusal(secrets.put_resource_policy, SecretId="a", ResourcePolicy="{}")[0] == (
        "MalformedPolicyDocumentException"
    )
    answer = secrets.validate_resource_policy(ResourcePolicy="{")
    assert answer["PolicyValidationPassed"] is False
    assert answer["ValidationErrors"][0]["CheckName"] == "SYNTAX_CHECK"
    text = policy("Deny", Action="secretsmanager:*", Principal="*")
    answer = secrets.validate_resource_policy(SecretId="a", ResourcePolicy=text)
    assert [each["CheckName"] for each in answer["ValidationErrors"]] == ["LOCKOUT_CHECK"]
    good = policy(Action="secretsmanager:*", Principal={"AWS": TWO})
    assert secrets.validate_resource_policy(ResourcePolicy=good)["PolicyValidationPassed"]
