"""EC2's client tokens.

Rules of this file: a token holds for a day. AWS says so of RunInstances and is silent elsewhere.

https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.durations import DAY_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.idempotency import doing_once, tokens_table

KEPT_NS: Final = DAY_NS
TOKENS: Final = tokens_table("ec2.client-tokens")


def mismatch(token: str) -> AwsError:
    """Another request with a token."""
    return AwsError(
        "IdempotentParameterMismatch",
        "Arguments on this idempotent request are inconsistent with arguments used in previous "
        "request(s).",
    )


once: Final = doing_once(TOKENS, mismatch, member="ClientToken", kept_ns=KEPT_NS)
# For the operations whose answer gives the token back.
once_answered: Final = doing_once(
    TOKENS, mismatch, member="ClientToken", kept_ns=KEPT_NS, is_answered=True
)
