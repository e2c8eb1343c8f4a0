"""AWS RAM's client tokens; each answer gives its token back."""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.idempotency import doing_once, tokens_table

TOKENS: Final = tokens_table("ram.client-tokens")


def mismatch(token: str) -> AwsError:
    """Another request with a token."""
    return AwsError(
        "IdempotentParameterMismatchException",
        f"Client token {token} was used with other parameters.",
    )


once: Final = doing_once(TOKENS, mismatch, is_answered=True)
