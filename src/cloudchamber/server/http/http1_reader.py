"""Reading HTTP/1.1: bytes in, whole requests out.

Rules of this file: no socket and no clock; it collects and never answers. Parsing is llhttp's
(through httptools), which is strict about what smuggling needs: two lengths, bare line ends, odd
transfer encodings. A request that HTTP refuses stands in the queue like any other, so that the
answers before it leave first; after it nothing is read, as nobody can say where the next request
would begin.
"""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import Any

import httptools

from cloudchamber.server.http.admission import ASKED_OF_PAGES
from cloudchamber.server.http.answers import HttpRefusal
from cloudchamber.server.http.exchange import Spool
from cloudchamber.server.http.front import Front
from cloudchamber.server.http.incoming import body_too_long, no_place, open_spool
from cloudchamber.server.http.limits import Limits
from cloudchamber.wire.bodies import WHOLE_BYTES_MAX
from cloudchamber.wire.http import Request


class RequestReader:
    """Reads the requests of one connection. The `on_...` methods are the parser's.

    `ready` are whole requests, each with whether its client wants the connection kept. `in_head`
    and `in_body` tell what the next byte belongs to. `wants_continue`: the client waits for a word
    before it sends the body. `refused`: nothing more is read.
    """

    __slots__ = (
        "_body",
        "_body_bytes",
        "_chunk_bytes",
        "_fed",
        "_front",
        "_headers",
        "_limits",
        "_parser",
        "_repeats",
        "_request",
        "_spool",
        "_url",
        "_whole_max",
        "in_body",
        "in_head",
        "is_http10",
        "is_new_head",
        "method",
        "ready",
        "refused",
        "wants_continue",
    )  # fmt: skip

    def __init__(self, front: Front) -> None:
        self._front = front
        self._limits: Limits = front.limits
        self._whole_max = min(WHOLE_BYTES_MAX, front.limits.body_bytes_max)
        self._parser: Any = httptools.HttpRequestParser(self)
        self.ready: deque[tuple[Request | HttpRefusal, bool]] = deque()
        self.refused = False
        self.in_head = False
        self.is_new_head = False  # the head under way has no deadline yet
        self.in_body = False
        self.wants_continue = False
        self.method = ""
        self.is_http10 = False
        self._request = Request("", "", "", {})  # what is known of the one under way
        self._url = b""
        self._headers: dict[str, str] = {}
        self._repeats = 0  # header lines that went on where one of their name was
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._spool: Spool | None = None  # where a large body goes while it comes
        self._fed = 0  # bytes among which the head under way is
        self._chunk_bytes = 0  # of the chunks that hold nothing but a head

    def feed(self, data: bytes) -> None:
        """Bytes arrived."""
        if self.refused:
            return
        self._fed = len(data)
        if self.in_head:
            self._fed = self._chunk_bytes = self._chunk_bytes + len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self.refuse(HttpRefusal(400, "BadRequest", f"this is not HTTP/1.1: {error}"))
        if self.in_head and self._chunk_bytes > self._limits.head_bytes_max:
            self.refuse(_head_too_long(self._limits))

    def refuse(self, refusal: HttpRefusal) -> None:
        """Put a refusal in the queue and read no more."""
        if not self.refused:
            self.stop()
            self.ready.append((refusal, False))

    def stop(self) -> None:
        """Read no more, and forget the request that is not whole."""
        self.refused = True
        self._forget_partial()

    def close(self) -> None:
        """The connection is gone. Parser and reader know each other: that cycle ends here."""
        self.stop()
        self.ready.clear()
        self._parser = None

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        if self.refused:
            return
        self.in_head = True
        self.is_new_head = True
        self._front.activity.receiving += 1
        self._url = b""
        self._headers = {}
        self._repeats = 0
        self._body = []
        self._body_bytes = self._chunk_bytes = 0
        self.wants_continue = False

    def on_url(self, url: bytes) -> None:
        """A piece of the request target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, whole. After the body it is a trailer, and nothing here reads those."""
        if not self.in_head:
            return
        key = _lowered(name)
        text = value.decode("latin-1")
        headers = self._headers
        if key not in headers:
            headers[key] = text
        elif key == "host":
            self.refuse(HttpRefusal(400, "BadRequest", "the request has two Host headers"))
        else:
            headers[key] += f", {text}"
            self._repeats += 1

    def on_headers_complete(self) -> None:
        """The head is whole: refuse it now, before a body is sent for nothing."""
        if self.refused:
            return
        try:
            self._check_head()
        except HttpRefusal as refusal:
            self.refuse(refusal)
            return
        self.in_head = False
        self.in_body = True
        expect = self._headers.get("expect")
        if expect is not None and not self.is_http10:
            if expect.lower() != "100-continue":
                self.refuse(HttpRefusal(417, "ExpectationFailed", "only 100-continue is known"))
            else:
                self.wants_continue = True

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        if self.refused:
            return
        if self._spool is not None:
            self._put_aside(self._spool, data)
            return
        self._body.append(data)
        self._body_bytes += len(data)
        self._front.bodies_bytes += len(data)
        if self._body_bytes > self._limits.body_bytes_max:
            self.refuse(body_too_long(self._limits.body_bytes_max))
        elif self._front.bodies_bytes > self._limits.bodies_bytes_max:
            self.refuse(HttpRefusal(503, "SlowDown", "too many large bodies at once"))

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self.refused:
            return
        if self._spool is None:
            body = self._body
            request = self._request
            request.body = body[0] if len(body) == 1 else b"".join(body)
        else:
            try:
                request = self._spool.finish()
            except OSError as error:
                self.refuse(no_place(error))
                return
            self._spool = None
        keep_alive = not self.is_http10 and self._parser.should_keep_alive()
        self.ready.append((request, keep_alive))
        self.wants_continue = False
        self._forget_partial()

    def _put_aside(self, spool: Spool, data: bytes) -> None:
        self._body_bytes += len(data)
        try:
            spool.write(data)
        except OSError as error:
            self.refuse(no_place(error))
        if self._body_bytes > self._limits.spooled_bytes_max:
            self.refuse(body_too_long(self._limits.spooled_bytes_max))

    # The head

    def _check_head(self) -> None:
        headers = self._headers
        limits = self._limits
        if len(headers) + self._repeats > limits.header_count_max or (
            self._fed > limits.head_bytes_max and self._head_size() > limits.head_bytes_max
        ):
            raise _head_too_long(limits)
        self.method = self._parser.get_method().decode("latin-1")
        version = self._parser.get_http_version()
        self.is_http10 = version == "1.0"
        if version != "1.1" and not self.is_http10:
            raise HttpRefusal(505, "HttpVersionNotSupported", f"HTTP {version} is not spoken here")
        if not self._url.startswith(b"/"):
            self._take_absolute_form()
        path, _, query = self._url.decode("latin-1").partition("?")
        admission = self._front.admission
        host = headers.get("host")
        if host is None or host != admission.last or not ASKED_OF_PAGES.isdisjoint(headers):
            admission.check(self.method, query, headers, self.is_http10, path)
        self._request = Request(self.method, path, query, headers)
        encoding = headers.get("transfer-encoding")
        if encoding is not None or int(headers.get("content-length", 0)) > self._whole_max:
            self._spool = open_spool(self._front, self._request)
        if encoding is not None and encoding.lower() != "chunked":
            raise HttpRefusal(501, "NotImplemented", "the only transfer encoding here is chunked")
        if "upgrade" in headers and headers["upgrade"].lower() == "websocket":
            raise HttpRefusal(
                400, "NoWebSocket", f"there is no WebSocket at {self._url[:200].decode('latin-1')}"
            )

    def _head_size(self) -> int:
        headers = self._headers
        texts = sum(map(len, headers)) + sum(map(len, headers.values()))
        return len(self._url) + texts + 2 * len(headers)

    def _take_absolute_form(self) -> None:
        """`GET http://name/path`, as proxies are asked: the name there counts, not the header's."""
        url = self._url
        if url == b"*" and self.method == "OPTIONS":
            return
        scheme, mark, rest = url.partition(b"://")
        if self.method == "CONNECT" or not mark or scheme.lower() not in (b"http", b"https"):
            raise HttpRefusal(400, "BadRequest", "the request target is neither path nor URL")
        name, slash, path = rest.partition(b"/")
        if b"?" in name:
            name, _, query = rest.partition(b"?")
            slash, path = b"/", b"?" + query
        self._headers["host"] = name.decode("latin-1")
        self._url = (slash or b"/") + path

    def _without_upgrade(self, rest: bytes) -> None:
        """Answer as if no upgrade had been asked for (a server may), and read on after it.

        llhttp ends a message with an `Upgrade` at its head. A body that was announced is read by
        a new parser, which is told its length by a head of our own.
        """
        if self.refused or not self.ready:
            return
        request = self.ready[-1][0]
        self._parser = httptools.HttpRequestParser(self)
        if isinstance(request, Request):
            names = [name for name in request.headers if name in _FRAMING]
            if names and request.headers.get("content-length") != "0":
                self.ready.pop()
                head = "".join(
                    f"{name}: {value}\r\n"
                    for name, value in request.headers.items()
                    if name not in _UPGRADING
                )
                target = request.path + ("?" + request.query if request.query else "")
                text = f"{request.method} {target} HTTP/1.1\r\n{head}\r\n"
                rest = text.encode("latin-1") + rest
        if rest:
            self.feed(rest)

    def _forget_partial(self) -> None:
        if self.in_head or self.in_body:
            self._front.activity.receiving -= 1
            if self._spool is None:
                self._front.bodies_bytes -= self._body_bytes
            else:
                self._spool.abandon()
                self._spool = None
            self.in_head = self.in_body = False
            self._body = []
            self._body_bytes = 0


_FRAMING = frozenset({"content-length", "transfer-encoding"})
_UPGRADING = frozenset({"upgrade", "connection", "http2-settings", "expect"})


@lru_cache(maxsize=512)
def _lowered(name: bytes) -> str:
    """A header's name in lower case. Clients send the same few over and over."""
    return name.decode("latin-1").lower()


def _head_too_long(limits: Limits) -> HttpRefusal:
    return HttpRefusal(
        431,
        "RequestHeaderSectionTooLarge",
        f"a request's head has at most {limits.head_bytes_max} bytes and "
        f"{limits.header_count_max} headers",
    )
