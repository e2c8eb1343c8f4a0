"""HTTP/1.1 for one process: what the Runtime API needs of a server and no more.

Rules of this file: one answer per request, in order; a body is held whole, up to a limit, or given
to whoever takes it as it comes, who may let the process wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol

import httptools

BODY_BYTES_MAX: Final = 8 << 20  # of one that is held
REASONS: Final = (
    (200, "OK"), (202, "Accepted"), (400, "Bad Request"), (403, "Forbidden"), (404, "Not Found"),
    (413, "Request Entity Too Large"), (500, "Internal Server Error"),
)  # fmt: skip


class Taker(Protocol):
    """Whoever takes a body as it comes."""

    def take(self, data: bytes) -> None:
        """A piece."""
        ...

    def lost(self) -> None:
        """The connection ended in the middle of it."""
        ...


class Asked:
    """One request. `reply` answers it, now or later, once. Its body goes to the `taker`, if it has
    one by the time its head is whole."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self.method = ""
        self.path = ""
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.too_large = False
        self.taker: Taker | None = None

    def reply(
        self, status: int, body: bytes = b"", headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """Answer."""
        reason = next((text for code, text in REASONS if code == status), "Error")
        head = f"HTTP/1.1 {status} {reason}\r\nContent-Length: {len(body)}\r\n"
        for name, value in headers:
            clean = value.replace("\r", " ").replace("\n", " ")
            head += f"{name}: {clean}\r\n"
        self._door.send(head.encode("utf-8", "replace") + b"\r\n" + body)

    @property
    def is_open(self) -> bool:
        """Whether whoever asked is still there."""
        return self._door.is_open

    def pause(self, paused: bool) -> None:
        """Read no more of its body, or go on."""
        self._door.pause(paused)


class Door(asyncio.Protocol):
    """One connection."""

    def __init__(
        self, take: Callable[[Asked], None], announce: Callable[[Asked], None] = lambda _: None
    ) -> None:
        """`announce` is told of each request whose head is whole, and `take` of each that is."""
        self._take = take
        self._announce = announce
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._asked: Asked | None = None

    @property
    def is_open(self) -> bool:
        """Whether answers can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def send(self, data: bytes) -> None:
        """Send an answer."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def pause(self, paused: bool) -> None:
        """Read no more, or go on."""
        transport = self._transport
        if transport is not None and not transport.is_closing():
            if paused:
                transport.pause_reading()
            else:
                transport.resume_reading()

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.abort()

    # asyncio

    def connection_made(self, transport: Any) -> None:
        """A process connected."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Bytes arrived."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        """The process went away."""
        self._transport = None
        if self._asked is not None and self._asked.taker is not None:
            self._asked.taker.lost()

    # httptools

    def on_message_begin(self) -> None:
        """A request begins."""
        self._asked = Asked(self)

    def on_url(self, url: bytes) -> None:
        """Its target."""
        assert self._asked is not None
        self._asked.path += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer."""
        assert self._asked is not None
        self._asked.headers[name.decode("latin-1").lower()] = value.decode("utf-8", "replace")

    def on_headers_complete(self) -> None:
        """The head is whole."""
        asked = self._asked
        assert asked is not None
        asked.method = self._parser.get_method().decode("ascii")
        self._announce(asked)
        if asked.headers.get("expect"):
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Some of its body."""
        assert self._asked is not None
        if self._asked.taker is not None:
            self._asked.taker.take(body)
        elif len(self._asked.body) + len(body) > BODY_BYTES_MAX:
            self._asked.too_large = True
        else:
            self._asked.body += body

    def on_message_complete(self) -> None:
        """The request is whole."""
        asked, self._asked = self._asked, None
        assert asked is not None
        self._take(asked)
