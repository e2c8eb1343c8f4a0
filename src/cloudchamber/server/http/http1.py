"""HTTP/1.1 on one connection: whole requests in turn, answers in order.

Rules of this file: no socket and no clock; it speaks to a `Link` and is told the time by nobody.

The idea: the reader only collects. Requests are begun one at a time, the next when the one before
is answered, because an answer may change what the next request finds. A client that sends faster
than it is answered is not read any further.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cloudchamber.server.http.answers import CONTINUE, NO_BODY, HttpRefusal, head_bytes
from cloudchamber.server.http.exchange import Exchange, Link
from cloudchamber.server.http.front import Front
from cloudchamber.server.http.http1_reader import RequestReader
from cloudchamber.server.http.live import Live
from cloudchamber.wire.http import Response

BACKLOG_MAX: Final = 64  # whole requests that may wait for their turn before we stop reading
TURN_MAX: Final = 64  # requests begun before other connections get their turn
PIECES_A_TURN: Final = 4  # of a large body, before other connections get their turn
JOIN_BELOW: Final = 65_536  # bodies up to this size travel in one piece with their head
LAST_CHUNK: Final = b"0\r\n\r\n"


class Http1:
    """The engine of one HTTP/1.x connection."""

    __slots__ = ("_current", "_front", "_is_waiting", "_keep_alive", "_link", "_live", "_paused",
                 "_pieces", "_reader", "_stopping", "_turning")  # fmt: skip

    def __init__(self, link: Link, front: Front) -> None:
        self._link = link
        self._front = front
        self._reader = RequestReader(front)
        self._current: Exchange | None = None
        self._keep_alive = True  # of the current exchange
        self._pieces: Iterator[bytes] | None = None  # of a body that is being sent
        self._live: Live | None = None  # a body that is being made
        self._is_waiting = False  # for the client to read what it has of it
        self._stopping = False  # the connection ends with the answers under way
        self._turning = False
        self._paused = False

    def feed(self, data: bytes) -> None:
        """Bytes arrived."""
        self._reader.feed(data)
        self._turn()

    def ended(self) -> bool:
        """The client sends no more. A call that waits is given up: its client closed, and only
        a rare one that shut half of its connection would still listen."""
        reader = self._reader
        self._stopping = True
        if self._is_reading:
            reader.refuse(HttpRefusal(400, "BadRequest", "the request ends before it is whole"))
            self._turn()
        if self._current is not None:
            if not self._front.app.gone(self._current):
                return True
            self._cut()
            self._current = None
            reader.ready.clear()
        return bool(reader.ready)

    def lost(self) -> None:
        """The connection is gone: forget what is under way."""
        self._reader.close()
        self._pieces = None
        self._cut()
        if self._current is not None:
            exchange, self._current = self._current, None
            if not exchange.answered:
                self._front.app.gone(exchange)

    def writable(self) -> None:
        """The client reads again."""
        if self._live is not None:
            self._flow()
        elif self._is_waiting:
            self._stream()
        self._turn()

    def overdue(self) -> None:
        """The deadline passed: a slow request is told so, an idle connection closed."""
        if self._is_reading:
            self._reader.refuse(HttpRefusal(408, "RequestTimeout", "the request came too slowly"))
            self._turn()
        else:
            self._link.close()

    def stop(self) -> None:
        """Close now when nothing is under way, else after the answers that are."""
        self._stopping = True
        if not self._is_busy:
            self._link.close()

    @property
    def _is_reading(self) -> bool:
        return self._reader.in_head or self._reader.in_body

    @property
    def _is_busy(self) -> bool:
        return self._current is not None or bool(self._reader.ready) or self._is_reading

    # Turns

    def _turn(self) -> None:
        """Begin what is whole, one after the other, and say how long the client may be silent."""
        if self._turning:
            return
        ready = self._reader.ready
        self._turning = True
        turns = TURN_MAX
        while ready and self._current is None and not self._link.write_paused:
            if not turns:
                self._front.soon(self._turn)
                break
            turns -= 1
            message, self._keep_alive = ready.popleft()
            if isinstance(message, HttpRefusal):
                self._link.write(self._refusal_bytes(message))
                self._link.linger()
                self._turning = False
                return
            exchange = Exchange(message, self._link.peer, self._link.scheme, self._answer)
            self._current = exchange
            self._front.app.begin(exchange)
        self._turning = False
        if self._reader.wants_continue and self._current is None and not ready:
            self._reader.wants_continue = False
            self._link.write(CONTINUE)
        self._set_pace()

    def _answer(self, exchange: Exchange, response: Response) -> None:
        if exchange is not self._current:
            return
        self._current = None
        keep_alive = self._keep_alive and not (self._stopping and not self._is_busy)
        is_head = exchange.request.method == "HEAD"
        head = head_bytes(response, self._front.date, is_head=is_head, keep_alive=keep_alive)
        has_body = not is_head and response.status not in NO_BODY
        if has_body and response.streamed is not None:
            self._current = exchange  # the next request waits until all of this is sent
            if response.streamed.is_open:
                self._begin_flow(response)
                return
            self._link.write(head)
            self._pieces = response.streamed.pieces()
            self._stream()
            return
        body = response.body if has_body else b""
        if len(body) <= JOIN_BELOW:
            self._link.write(head + body)
        else:
            self._link.write(head)
            self._link.write(body)
        self._answered(keep_alive)

    def _answered(self, keep_alive: bool) -> None:
        self._front.answered(self._link)
        if not keep_alive:
            self._reader.stop()
            self._reader.ready.clear()
            self._link.close()
        elif not self._turning:
            self._turn()

    def _stream(self) -> None:
        """Send the next pieces of a body, a few in each turn, as fast as the client reads."""
        if self._pieces is None:
            return
        if self._link.write_paused:
            self._is_waiting = True
            return
        self._is_waiting = False
        for _ in range(PIECES_A_TURN):
            try:
                piece = next(self._pieces, None)
            except (OSError, KeyError):
                # The length is promised: all that can be said is that this is not all.
                self._link.abort()
                return
            if piece is None:
                self._pieces = self._current = None
                self._answered(self._keep_alive and not (self._stopping and not self._is_busy))
                return
            self._link.write(piece)
        self._link.expect_within(self._front.limits.write_stall_ns)
        self._front.soon(self._stream)

    # A body that is being made

    def _begin_flow(self, response: Response) -> None:
        """Send the head; the body follows as it comes."""
        assert isinstance(response.streamed, Live)
        self._live = response.streamed
        keep_alive = self._keep_alive and not self._stopping
        head = head_bytes(
            response,
            self._front.date,
            is_head=False,
            keep_alive=keep_alive,
            is_chunked=not self._reader.is_http10,
        )
        self._link.write(head)
        self._live.attach(self._flow)
        self._flow()

    def _flow(self) -> None:
        """Send what is there, unless the client reads too slowly."""
        live, link = self._live, self._link
        if live is None or link.write_paused:
            return
        is_chunked = not self._reader.is_http10
        for piece in live.take():
            link.write(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
        if not live.is_ended:
            return
        self._live = self._current = None
        if not live.is_whole:
            if is_chunked:
                self._answered(keep_alive=False)  # without the last chunk: this is not all
            else:
                link.abort()
            return
        if is_chunked:
            link.write(LAST_CHUNK)
        self._answered(self._keep_alive and not (self._stopping and not self._is_busy))

    def _cut(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            live.cut()

    def _set_pace(self) -> None:
        reader = self._reader
        idle = self._current is None
        full = len(reader.ready) >= BACKLOG_MAX or (self._link.write_paused and idle)
        if full != self._paused:
            self._paused = full
            if full:
                self._link.pause()
            else:
                self._link.resume()
        limits = self._front.limits
        if not idle or reader.ready:
            reader.is_new_head = True
            self._link.expect_within(0)
        elif reader.in_head:
            # The whole head has one deadline: it is not pushed back by every byte of it.
            if reader.is_new_head:
                reader.is_new_head = False
                self._link.expect_within(limits.head_ns)
        else:
            self._link.expect_within(
                limits.body_idle_ns if reader.in_body else limits.keep_alive_ns
            )

    def _refusal_bytes(self, refusal: HttpRefusal) -> bytes:
        response = refusal.response
        is_head = self._reader.method == "HEAD"
        head = head_bytes(response, self._front.date, is_head=is_head, keep_alive=False)
        return head if is_head else head + response.body
