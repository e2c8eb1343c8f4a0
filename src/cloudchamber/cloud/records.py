"""What goes into the journal, and what is remembered of a request.

Rules of this file: plain data. A journal's records are every input of a world, in order, each with
its instant; nothing else is needed to make the same world again.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Origin
from cloudchamber.cloud.caller import Caller
from cloudchamber.wire.bodies import Spooled


class CallRecord(msgspec.Struct, array_like=True, tag="call"):
    """A journalled input: enough to make the same call again at the same instant.

    `answers` are what the world outside said when the call asked it (succeeded, bytes). `because`
    is the event that led to it, if one in this world did.
    """

    t_ns: int
    number: int
    events_last: int
    caller: Caller
    account: str
    region: str
    service: str
    operation: str
    input: dict[str, Any]
    origin: Origin
    answers: list[tuple[bool, bytes]] = []
    because: int = 0


class ClockRecord(msgspec.Struct, array_like=True, tag="clock"):
    """A journalled input: the clock was moved to an instant, everything due having happened."""

    t_ns: int


class DropRecord(msgspec.Struct, array_like=True, tag="drop"):
    """A journalled input: the client of a waiting call went away."""

    t_ns: int
    number: int


class WorkRecord(msgspec.Struct, array_like=True, tag="work"):
    """A journalled input: the outcome of outside work, as its adapter gave it."""

    t_ns: int
    adapter: str
    ticket: str
    outcome: dict[str, Any]


class SleepRecord(msgspec.Struct, array_like=True, tag="sleep"):
    """A journalled input: outside work went to sleep until an instant of the chamber's clock."""

    t_ns: int
    ticket: str
    until_ns: int


Record = CallRecord | ClockRecord | DropRecord | WorkRecord | SleepRecord


class Trace(msgspec.Struct, gc=False):
    """What `why` can say of one request."""

    request_id: str
    time_ns: int
    caller: str
    action: str
    resource: str
    error: str
    decision: Any
    cause: int


def with_bodies(request: dict[str, Any]) -> dict[str, Any]:
    """A journalled input, or an outcome, as it was: its spooled body is a value again."""
    for name, value in request.items():
        if isinstance(value, dict):
            spooled = Spooled.of(value)
            if spooled is not None:
                return {**request, name: spooled}  # there is one at most
    return request


DECODER: Final[msgspec.msgpack.Decoder[Record]] = msgspec.msgpack.Decoder(Record)
