"""What a refused call says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def refused(function: Callable[..., Any], **members: Any) -> str:
    """The code of the error that a call answers."""
    return refusal(function, **members)[0]


def refusal(function: Callable[..., Any], **members: Any) -> tuple[str, str]:
    """The code and the message of the error that a call answers."""
    with pytest.raises(ClientError) as caught:
        function(**members)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
