"""Client tokens: the same request with the same token is done once and answered twice.

Rules of this file: a wrapper around a handler that does not wait. What is kept is the request's
digest and the answer that it got, in a table of the service's own; another request with the token
is refused in the service's words.
https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Handler, Input, Output
from cloudchamber.cloud.store import Table


class Done(msgspec.Struct, frozen=True):
    """What was asked with a token (a digest), what was answered (msgpack), and when."""

    asked: bytes
    answered: bytes
    done_ns: int


def tokens_table(name: str) -> Table[Done]:
    """A service's table of tokens, by operation and token."""
    return Table(name, Done, key_type=tuple[str, str])


def doing_once(
    tokens: Table[Done],
    refuse: Callable[[str], AwsError],
    *,
    member: str = "clientToken",
    kept_ns: int | None = None,
    is_answered: bool = False,
) -> Callable[[Handler], Handler]:
    """What makes a handler do each request once for the client token in `member`.

    `refuse(token)` is the error for another request with the token; `kept_ns` is for how long a
    token is remembered (None: for ever); with `is_answered` an answer gives its token back.
    """

    def once(handler: Handler) -> Handler:
        @wraps(handler)
        def done_once(call: Call, request: Input) -> Output:
            token = request.get(member)
            if not token:
                return _now(handler, call, request)
            asked = hashlib.sha256(msgspec.msgpack.encode(request, order="deterministic")).digest()
            rows = call.rows(tokens)
            key = (call.operation_name, token)
            before = rows.get(key)
            if before is not None and (kept_ns is None or call.now - before.done_ns < kept_ns):
                if before.asked != asked:
                    raise refuse(token)
                answer: Output = msgspec.msgpack.decode(before.answered)
                return answer
            output = _now(handler, call, request)
            if is_answered:
                output = {**output, member: token}
            rows[key] = Done(asked, msgspec.msgpack.encode(output), call.now)
            return output

        return done_once

    return once


def _now(handler: Handler, call: Call, request: Input) -> Output:
    output = handler(call, request)
    if not isinstance(output, dict):
        raise TypeError(f"{call.operation_name} waits; it cannot be done once")
    return output
