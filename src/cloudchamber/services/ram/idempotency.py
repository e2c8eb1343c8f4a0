"""AWS RAM's client tokens; each answer gives its token back."""

from __future__ import annotations

from functools import wraps
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.idempotency import doing_once, tokens_table
from cloudchamber.cloud.service import Handler, Input, Output

TOKENS: Final = tokens_table("ram.client-tokens")


def mismatch(token: str) -> AwsError:
    """Another request with a token."""
    return AwsError(
        "IdempotentParameterMismatchException",
        f"Client token {token} was used with other parameters.",
    )


def once(handler: Handler) -> Handler:
    """The handler, done once for each client token, which its answer names."""

    @wraps(handler)
    def named(call: Call, request: Input) -> Output:
        output = handler(call, request)
        assert isinstance(output, dict)
        token = request.get("clientToken")
        return {**output, "clientToken": token} if token else output

    return doing_once(TOKENS, mismatch)(named)
