"""Users, roles and their documents, as the tests of STS need them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "111111111111"
OTHER = "222222222222"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/r"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str = "*", **more: Any) -> str:
    return document({"Effect": "Allow", "Action": action, "Resource": resource, **more})


def trust(
    principal: dict[str, Any] | None = None, *, also: tuple[str, ...] = (), **more: Any
) -> str:
    """A trust policy; by default it trusts the account, so that policies decide."""
    who = principal or {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    actions = ["sts:AssumeRole", *also]
    return document({"Effect": "Allow", "Principal": who, "Action": actions, **more})


def user_key(iam: Any, name: str = "u", policy: str | None = None) -> dict[str, Any]:
    """An access key of a new user who may do everything, or what `policy` allows."""
    iam.create_user(UserName=name)
    iam.put_user_policy(
        UserName=name, PolicyName="p", PolicyDocument=policy if policy is not None else allow("*")
    )
    key: dict[str, Any] = iam.create_access_key(UserName=name)["AccessKey"]
    return key


def new_role(
    iam: Any, name: str = "r", trusts: str | None = None, policy: str | None = None, **more: Any
) -> str:
    """The ARN of a new role with an inline policy."""
    made = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=trusts if trusts is not None else trust(),
        **more,
    )
    iam.put_role_policy(
        RoleName=name, PolicyName="p", PolicyDocument=policy if policy is not None else allow("*")
    )
    arn: str = made["Role"]["Arn"]
    return arn


def refusal(call: Callable[..., Any], **request: Any) -> tuple[str, int, str]:
    """The code, status and message that a call is refused with."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    answer = caught.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return answer["Error"]["Code"], status, answer["Error"]["Message"]


def code(call: Callable[..., Any], **request: Any) -> tuple[str, int]:
    """The code and status that a call is refused with."""
    return refusal(call, **request)[:2]
