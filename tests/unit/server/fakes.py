"""A front end without sockets: a transport that remembers, a clock that obeys, an app that waits.

Rules of this file: what the tests of `server/http` share; it decides nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from cloudchamber.server.http.activity import Activity
from cloudchamber.server.http.admission import Admission
from cloudchamber.server.http.connection import Connection
from cloudchamber.server.http.exchange import Exchange
from cloudchamber.server.http.front import Front
from cloudchamber.server.http.limits import Limits
from cloudchamber.wire.http import Request, Response

HOST = b"Host: localhost\r\n"


def post(body: bytes = b"", *headers: bytes, target: bytes = b"/") -> bytes:
    """A whole POST request."""
    lines = b"".join(header + b"\r\n" for header in headers)
    head = b"POST " + target + b" HTTP/1.1\r\n" + HOST + lines
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


class FakeTransport:
    """What a connection writes to."""

    def __init__(self, tls: bool = False) -> None:
        self.written = b""
        self.closed = False
        self.aborted = False
        self.half_closed = False
        self.reading = True
        self._tls = tls

    def get_extra_info(self, name: str) -> Any:
        if name == "ssl_object":
            return object() if self._tls else None
        return ("127.0.0.1", 40000) if name == "peername" else None

    def set_write_buffer_limits(self, high: int) -> None:
        assert high > 0

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.written += data

    def writelines(self, pieces: list[bytes]) -> None:
        self.write(b"".join(pieces))

    def can_write_eof(self) -> bool:
        return not self._tls

    def write_eof(self) -> None:
        self.half_closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        assert self.reading
        self.reading = False

    def resume_reading(self) -> None:
        assert not self.reading
        self.reading = True

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True


class EchoApp:
    """Answers with the request's body; while `holding`, keeps exchanges for the test to answer."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.held: list[Exchange] = []
        self.gone_exchanges: list[Exchange] = []
        self.holding = False
        self.gives_up = True
        self.headers: dict[str, str] = {"content-type": "text/plain"}
        self.status = 200

    def begin(self, exchange: Exchange) -> None:
        self.requests.append(exchange.request)
        if self.holding:
            self.held.append(exchange)
        else:
            self.answer(exchange)

    def answer(self, exchange: Exchange) -> None:
        exchange.answer(Response(self.status, dict(self.headers), exchange.request.body))

    def spool(self, head: Request) -> None:
        return None

    def gone(self, exchange: Exchange) -> bool:
        if self.gives_up:
            self.gone_exchanges.append(exchange)
        return self.gives_up


class House:
    """A front end with its app, its clock (`now_ns`) and its postponed calls."""

    def __init__(self, limits: Limits | None = None, admission: Admission | None = None) -> None:
        self.app = EchoApp()
        self.now_ns = 1_000_000_000
        self.postponed: deque[Callable[[], None]] = deque()
        self.activity = Activity()
        self.front = Front(
            self.app,
            admission or Admission(),
            limits or Limits(),
            self.activity,
            now=lambda: self.now_ns,
            wall_s=lambda: 1_800_000_000 + self.now_ns / 1e9,
            soon=self.postponed.append,
        )

    def run_postponed(self) -> None:
        """What the event loop would do next."""
        while self.postponed:
            self.postponed.popleft()()

    def pass_time(self, delay_ns: int) -> None:
        """Let time go by, with a sweep at its end."""
        self.now_ns += delay_ns
        self.front.sweep()


class Client:
    """One connection to a House, from the client's side."""

    def __init__(self, house: House, tls: bool = False) -> None:
        self.house = house
        self.transport = FakeTransport(tls)
        self.connection = Connection(house.front)
        self.connection.connection_made(cast("asyncio.Transport", self.transport))

    def send(self, data: bytes) -> Client:
        """Bytes arrive at the server, unless it has closed or does not read."""
        assert self.transport.reading
        if not self.transport.closed:
            self.connection.data_received(data)
        return self

    def send_bytewise(self, data: bytes) -> Client:
        """One byte per packet."""
        for index in range(len(data)):
            self.send(data[index : index + 1])
        return self

    def end(self) -> Client:
        """Send no more; the transport closes when the server does not want it open."""
        if not self.connection.eof_received():
            self.transport.close()
        return self

    def vanish(self) -> None:
        """The connection breaks."""
        self.connection.connection_lost(None)

    @property
    def received(self) -> bytes:
        """Everything the server has sent, at the end of this turn."""
        self.connection.send()
        return self.transport.written

    def responses(self) -> list[tuple[int, dict[str, str], bytes]]:
        """Every whole response: status, headers, body. Interim answers have no body."""
        return parse_responses(self.received)


def parse_responses(data: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    """HTTP/1.1 responses one after the other, all of which state their length."""
    found = []
    while data:
        head, mark, rest = data.partition(b"\r\n\r\n")
        assert mark, data
        status_line, *lines = head.decode("latin-1").split("\r\n")
        version, status, _ = status_line.split(" ", 2)
        assert version == "HTTP/1.1"
        headers = dict(line.lower().split(": ", 1) for line in lines)
        size = int(headers.get("content-length", "0"))
        found.append((int(status), headers, rest[:size]))
        data = rest[size:]
    return found
