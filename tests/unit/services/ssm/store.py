"""What tests of Parameter Store share: putting, reading, and what a refusal says."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

ONE = "111111111111"
TWO = "222222222222"


def put(ssm: Any, name: str, value: str = "v", **more: Any) -> int:
    """Put a String (unless `Type` says otherwise) and return its version."""
    version: int = ssm.put_parameter(Name=name, Value=value, **{"Type": "String", **more})[
        "Version"
    ]
    return version


def again(ssm: Any, name: str, value: str, **more: Any) -> int:
    """Put a new version."""
    version: int = ssm.put_parameter(Name=name, Value=value, Overwrite=True, **more)["Version"]
    return version


def value(ssm: Any, name: str, **more: Any) -> str:
    text: str = ssm.get_parameter(Name=name, **more)["Parameter"]["Value"]
    return text


def names(answer: dict[str, Any]) -> list[str]:
    return [each["Name"] for each in answer["Parameters"]]


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    """The code and the message that a call is refused with."""
    with pytest.raises(ClientError) as raised:
        call(**request)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]
