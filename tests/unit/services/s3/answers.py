"""What tests of buckets share: a call's error, as code and message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def refusal(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    """Code and message of the error that a call must answer."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def code_of(call: Callable[..., Any], **request: Any) -> str:
    """The code of the error that a call must answer."""
    return refusal(call, **request)[0]
