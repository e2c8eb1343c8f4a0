"""Answers that are told while their work is being done: what a service says of each piece.

Rules of this file: nothing here is part of the world. A call that waits for its work may say how a
piece of what the work brings forth is told to its client; whether anybody is told, and when, is
the host's affair. The answer proper, with which the call ends, is the same whether or not its
parts were told before; only it may leave out what they have said.

    with AnswerStream(call, ticket, tell) as stream:
        row = yield from ...
    return {...} if stream.has_begun else {... everything ...}

`tell(content_type, data)` gives an output for each piece: the status and the headers of the first
count, and the body of each. None means that nothing can be said yet. Once parts have been told, an
answer proper that is an error breaks off what was begun.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.cloud import FIDELITY_HEADER
from cloudchamber.cloud.service import Output
from cloudchamber.cloud.sites import answer_of
from cloudchamber.wire.http import Response
from cloudchamber.wire.protocols import codec_for

Tell = Callable[[str, bytes], Output | None]


class AnswerStream:
    """How the answer of one call is told. `number` is the call's, `has_begun` whether its client
    has been told anything; while it `is_open` somebody may be."""

    __slots__ = ("_call", "_tell", "_ticket", "has_begun", "is_open", "number")

    def __init__(self, call: Call, ticket: str, tell: Tell) -> None:
        """`ticket` is that of the work which brings forth the pieces."""
        self._call = call
        self._ticket = ticket
        self._tell = tell
        self.number = call.number
        self.has_begun = False
        self.is_open = False

    def __enter__(self) -> AnswerStream:
        if not self._call.origin.is_nested:  # else another answer is what the client gets
            self.is_open = True
            self._call.cloud.answer_streams[self._ticket] = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.is_open:
            self.is_open = False
            self._call.cloud.answer_streams.pop(self._ticket, None)

    def part(self, content_type: str, data: bytes) -> Response | None:
        """What is to be told of a piece, as the call's protocol spells it."""
        output = self._tell(content_type, data)
        if output is None:
            return None
        call = self._call
        if call.operation_name in call.service.sites:
            return answer_of(output, None, call.request_id)
        codec = codec_for(call.service.name, call.origin.protocol)
        response = codec.encode(call.operation_name, output, call.request_id)
        response.headers[FIDELITY_HEADER] = call.operation.fidelity
        return response
