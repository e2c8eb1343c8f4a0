"""Clients that are told of an answer while it is made.

Rules of this file: real time, and nothing of the world changes. Who is told, and how fast, makes no
difference to what the world answers in the end.
"""

from __future__ import annotations

from collections.abc import Callable

from cloudchamber.cloud.answer_streams import AnswerStream
from cloudchamber.server.http.answers import NO_BODY
from cloudchamber.server.http.exchange import Exchange
from cloudchamber.server.http.live import Live
from cloudchamber.wire.http import Response


class HttpAudience:
    """The client of one exchange."""

    def __init__(self, exchange: Exchange, stream: AnswerStream, room: Callable[[], None]) -> None:
        """`room` is called when a piece that had to wait need not any more."""
        self._exchange = exchange
        self._stream = stream
        self._live = Live(room)

    def write(self, content_type: str, data: bytes) -> bool:
        """A piece. False when the client reads too slowly for another."""
        stream, live = self._stream, self._live
        if not stream.is_open:
            return True  # it is answered, or its client has left
        part = stream.part(content_type, data)
        if part is None or part.status in NO_BODY:
            return True
        if not stream.has_begun:
            stream.has_begun = True
            head = Response(part.status, part.headers, streamed=live)
            self._exchange.begin_answer(head, live.finish)
        return live.write(part.body)


def audience_of(
    stream: AnswerStream | None, exchange: Exchange | None, room: Callable[[], None]
) -> HttpAudience | None:
    """Who is told as it comes. A function that asks for another's answer is not: what it hears must
    not depend on how fast anybody is."""
    if stream is None or exchange is None:
        return None
    if exchange.inside_name is not None or exchange.request.method == "HEAD":
        return None
    return HttpAudience(exchange, stream, room)
