"""Policy documents and error answers, as the tests of IAM write and read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "111111111111"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
READ_QUEUES = "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"


def arn(resource: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:{resource}"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str = "*", **more: Any) -> str:
    return document({"Effect": "Allow", "Action": action, "Resource": resource, **more})


def deny(action: str, resource: str = "*") -> str:
    return document({"Effect": "Deny", "Action": action, "Resource": resource})


def trust(**principal: Any) -> str:
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


LAMBDA = trust(Service="lambda.amazonaws.com")


def refusal(call: Callable[..., Any], **request: Any) -> tuple[str, int, str]:
    """The code, status and message that a call is refused with."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    answer = caught.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return answer["Error"]["Code"], status, answer["Error"]["Message"]


def every(client: Any, operation: str, member: str, **request: Any) -> list[Any]:
    """All items of a listing, taken two at a time."""
    pages = client.get_paginator(operation).paginate(**request, PaginationConfig={"PageSize": 2})
    return [item for page in pages for item in page[member]]
