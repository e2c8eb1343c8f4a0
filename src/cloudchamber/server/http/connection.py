"""One TCP connection: finds out which HTTP its client speaks and hands the bytes to that engine.

Rules of this file: the only place where HTTP meets a transport. A client that begins with HTTP/2's
preface speaks HTTP/2, with or without TLS; every other speaks HTTP/1.1.
"""

from __future__ import annotations

import asyncio
from typing import Final, cast

from cloudchamber.server.http.answers import head_bytes, plain_error
from cloudchamber.server.http.exchange import Engine
from cloudchamber.server.http.front import Front
from cloudchamber.server.http.http1 import Http1

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HIGH_WATER: Final = 1 << 20  # bytes a client may leave unread before we stop answering it
LINGER_BYTES_MAX: Final = 64 << 20


class Connection(asyncio.Protocol):
    """The protocol of one connection: a `Link` to its engine, a `Guest` to the front end."""

    __slots__ = ("_engine", "_front", "_lingering", "_opening", "_out", "_stalled",
                 "_transport", "deadline_ns", "peer", "scheme", "write_paused")  # fmt: skip

    def __init__(self, front: Front) -> None:
        self._front = front
        self._engine: Engine | None = None
        self._transport: asyncio.Transport | None = None
        self._opening = b""  # what came before it was clear which HTTP this is
        self._lingering = 0  # bytes that may still be thrown away; 0 when not lingering
        self._stalled = False  # the deadline is that of a client that does not read
        self._out: list[bytes] = []
        self.deadline_ns = 0
        self.peer = ""
        self.scheme = "http"
        self.write_paused = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the client, or turn it away when the house is full."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.peer = peer[0] if isinstance(peer, tuple) else ""
        if transport.get_extra_info("ssl_object") is not None:
            self.scheme = "https"
        if not self._front.enter(self):
            busy = plain_error(503, "ServiceUnavailable", "too many connections, or closing")
            head = head_bytes(busy, self._front.date, is_head=False, keep_alive=False)
            self._transport.write(head + busy.body)
            self._transport.close()
            return
        self._transport.set_write_buffer_limits(high=HIGH_WATER)
        self.expect_within(self._front.limits.head_ns)

    def data_received(self, data: bytes) -> None:
        """Bytes arrived."""
        self._front.activity.heard(self)
        if self._lingering:
            self._lingering -= len(data)
            if self._lingering <= 0:
                self.abort()
        elif self._engine is not None:
            self._engine.feed(data)
        else:
            self._open(data)

    def eof_received(self) -> bool:
        """The client sends no more. True keeps the connection for an answer on its way."""
        if self._lingering or self._engine is None:
            return False
        return self._engine.ended() and self.scheme == "http"  # TLS closes both ways at once

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.deadline_ns = 0
        self._front.leave(self)
        if self._engine is not None:
            engine, self._engine = self._engine, None
            engine.lost()
        self._transport = None

    def pause_writing(self) -> None:
        """The client does not read what it is sent."""
        self.write_paused = True
        self._stalled = True
        self.deadline_ns = self._front.now() + self._front.limits.write_stall_ns

    def resume_writing(self) -> None:
        """The client reads again."""
        self.write_paused = False
        if self._stalled:
            self._stalled = False
            self.deadline_ns = 0
        if self._engine is not None:
            self._engine.writable()

    # Link

    def write(self, data: bytes) -> None:
        """Send bytes at the end of this turn of the event loop, or when the client reads."""
        if not self._out:
            self._front.will_send(self)
        self._out.append(data)

    def pause(self) -> None:
        """Read no more until `resume`."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """Close once everything written is sent."""
        self.send()
        if self._transport is not None:
            self._transport.close()

    def linger(self) -> None:
        """Half close, and throw away what still arrives.

        Closing at once would make the kernel answer the client's next packet with a reset, which
        can overtake the answer that says what was wrong.
        """
        self.send()
        if self._transport is None:
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._lingering = LINGER_BYTES_MAX
        self.expect_within(self._front.limits.linger_ns)

    def expect_within(self, delay_ns: int) -> None:
        """Set or clear the deadline; while a client does not read, that deadline stands."""
        if not self._stalled:
            self.deadline_ns = self._front.tick_ns + delay_ns if delay_ns else 0

    # Guest

    def send(self) -> None:
        """Hand what was written in this turn to the transport, in one piece."""
        out, self._out = self._out, []
        if self._transport is None:
            return
        if len(out) == 1:
            self._transport.write(out[0])
        elif out:
            self._transport.writelines(out)

    def overdue(self) -> None:
        """The deadline passed."""
        if self._stalled or self._lingering or self._engine is None:
            self.abort()
        else:
            self._engine.overdue()

    def stop(self) -> None:
        """Close when what is under way is done."""
        if self._engine is None:
            self.close()
        elif not self._lingering:
            self._engine.stop()

    def abort(self) -> None:
        """Close now, whatever is unsent."""
        self._out = []
        if self._transport is not None:
            self._transport.abort()

    def _open(self, data: bytes) -> None:
        opening = self._opening + data
        if opening.startswith(PREFACE):
            # HTTP/2 is rare and its library large: it is loaded by the first client that speaks it.
            from cloudchamber.server.http.http2 import Http2

            self._engine = Http2(self, self._front)
        elif PREFACE.startswith(opening):
            self._opening = opening
            return
        else:
            self._engine = Http1(self, self._front)
        self._opening = b""
        self._engine.feed(opening)
