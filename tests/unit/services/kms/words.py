"""What the tests of KMS share: accounts, and how a refusal reads."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

ONE = "111111111111"
TWO = "222222222222"
DAY_S = 86_400


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    """The code and message of the error that a call answers."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def arn_of(key_id: str, account: str = ONE, region: str = "us-east-1") -> str:
    """The ARN of a key."""
    return f"arn:aws:kms:{region}:{account}:key/{key_id}"
