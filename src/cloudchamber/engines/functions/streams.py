"""Answers that a runtime streams: from its connection to whoever keeps them and hands them on.

Rules of this file: a piece is looked at once and not kept. A runtime that is faster than whoever
takes its pieces is not read until there is room, and that is not the function's own time.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

from __future__ import annotations

import base64
import binascii
from typing import Final, Protocol

from cloudchamber.engines.functions import faults
from cloudchamber.engines.functions.http_door import Asked
from cloudchamber.engines.functions.orders import MB, Order, Outcome, error_payload

STREAM_BYTES_MAX: Final = 200 * MB
ERROR_TYPE: Final = "lambda-runtime-function-error-type"
ERROR_BODY: Final = "lambda-runtime-function-error-body"


class Sink(Protocol):
    """Whoever keeps a streamed answer and hands it on."""

    def write(self, data: bytes) -> bool:
        """A piece. False when the next must wait until there is room. Raises OSError."""
        ...


class Host(Protocol):
    """The environment, as its streams see it."""

    def wait(self) -> None:
        """The process waits for others."""
        ...

    def go_on(self) -> None:
        """It does not any more."""
        ...

    def fail(self, result: Outcome) -> None:
        """End the process, and its invocation with this."""
        ...

    def stream_lost(self) -> None:
        """The runtime's connection ended before the answer was whole."""
        ...


class Streaming:
    """One streamed answer on its way. Takes the body of the request in which it comes."""

    def __init__(self, host: Host, order: Order, asked: Asked) -> None:
        self._host = host
        self._order = order
        self._asked = asked
        self._length = 0
        self._is_over = False
        self._stalled = False
        self.sink: Sink | None = None

    def take(self, data: bytes) -> None:
        """A piece has come."""
        if self._is_over or self.sink is None:
            return
        order = self._order
        limit = STREAM_BYTES_MAX if order.takes_stream else faults.ANSWER_BYTES_MAX
        self._length += len(data)
        if self._length > limit:
            self._is_over = True
            self._host.fail(faults.too_large(limit))
            return
        try:
            has_room = self.sink.write(data)
        except OSError as error:
            self._is_over = True
            self._host.fail(faults.killed_for(order, f"its answer could not be kept: {error}"))
            return
        if not has_room and not self._stalled:
            self._stalled = True
            self._host.wait()
            self._asked.pause(True)

    @property
    def is_open(self) -> bool:
        """Whether more may come."""
        return self._asked.is_open and not self._is_over

    def room(self) -> None:
        """Whoever takes the pieces takes more."""
        if self._stalled:
            self._stalled = False
            self._asked.pause(False)
            self._host.go_on()

    def lost(self) -> None:
        """The connection ended in the middle."""
        if not self._is_over:
            self._is_over = True
            self._host.stream_lost()


def result_of(asked: Asked) -> Outcome:
    """What came of a streamed answer that is whole: its trailers say whether it went well."""
    kind = asked.headers.get(ERROR_TYPE, "")
    if not kind:
        return Outcome(status="ok")
    try:
        told = base64.b64decode(asked.headers.get(ERROR_BODY, ""), validate=True)
    except (binascii.Error, ValueError):
        told = b""
    return Outcome(status="error", error_type=kind, payload=told or error_payload(kind, ""))
