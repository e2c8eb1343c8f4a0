"""Client tokens: the same request with the same token is done once and answered twice.

Rules of this file: a wrapper around a handler. What is kept is the request's digest and the answer
it got; another request with the token is refused. Tokens hold for a day; AWS says so of
RunInstances and leaves it open elsewhere.
https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
"""

from __future__ import annotations

import hashlib
from functools import wraps
from typing import Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Handler, Input, Output
from cloudchamber.cloud.settings import NANOSECONDS
from cloudchamber.cloud.store import Table

KEPT_NS: Final = 24 * 3600 * NANOSECONDS


class Done(msgspec.Struct, frozen=True):
    """What was asked with a token (a digest), what was answered (msgpack), and when."""

    asked: bytes
    answered: bytes
    done_ns: int


# By operation and token.
TOKENS: Final = Table("ec2.client-tokens", Done, key_type=tuple[str, str])


def once(handler: Handler, member: str = "ClientToken") -> Handler:
    """The handler, done once for each client token."""

    @wraps(handler)
    def done_once(call: Call, request: Input) -> Output:
        token = request.get(member)
        if not token:
            return _now(handler, call, request)
        asked = hashlib.sha256(msgspec.msgpack.encode(request, order="deterministic")).digest()
        rows = call.rows(TOKENS)
        key = (call.operation_name, token)
        before = rows.get(key)
        if before is not None and call.now - before.done_ns < KEPT_NS:
            if before.asked != asked:
                raise AwsError(
                    "IdempotentParameterMismatch",
                    "Arguments on this idempotent request are inconsistent with arguments used in "
                    "previous request(s).",
                )
            answer: Output = msgspec.msgpack.decode(before.answered)
            return answer
        output = _now(handler, call, request)
        rows[key] = Done(asked, msgspec.msgpack.encode(output), call.now)
        return output

    return done_once


def _now(handler: Handler, call: Call, request: Input) -> Output:
    output = handler(call, request)
    if not isinstance(output, dict):
        raise TypeError(f"{call.operation_name} waits; it cannot be done once")
    return output
