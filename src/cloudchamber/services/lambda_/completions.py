"""The end of an invocation, told to whoever asked for it.

Rules of this file: one kernel event, and a line for each kind of asker.
"""

from __future__ import annotations

from cloudchamber.cloud.call import Call
from cloudchamber.services.lambda_ import (
    asynchronous,
    invocations,
    queue_source,
    stream_source,
)


def completed(call: Call, ticket: str) -> None:
    """Kernel event: the time of an invocation is over."""
    found = invocations.settle(call, ticket)
    if found is None:
        return
    row, function = found
    kind, _, _ = row.origin.partition(":")
    if kind == asynchronous.ORIGIN:
        asynchronous.completed(call, row, function)
    elif kind == queue_source.ORIGIN:
        queue_source.completed(call, row)
    elif kind == stream_source.ORIGIN:
        stream_source.completed(call, row)
    elif not call.wake("lambda", ticket):
        # Whoever waited has gone away.
        invocations.forget(call, row)
