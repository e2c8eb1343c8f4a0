"""HTTP/1.1 on one connection: bytes in, exchanges out, answers in order.

Rules of this file: no socket and no clock; it speaks to a `Link` and is told the time by nobody.
Parsing is llhttp's (through httptools), which is strict about what smuggling needs: two lengths,
bare line ends, odd transfer encodings.

The idea: the parser only collects. Whole requests stand in a queue and are begun one at a time, the
next when the one before is answered, because an answer may change what the next request finds.
A request that HTTP refuses stands in the same queue, so that the answers before it leave first;
after it the connection closes, as nobody can say where the next request would begin.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import httptools

from cloudchamber.server.http.admission import Admission
from cloudchamber.server.http.answers import CONTINUE, HttpRefusal, head_bytes
from cloudchamber.server.http.exchange import Exchange, Link
from cloudchamber.server.http.front import Front
from cloudchamber.server.http.limits import Limits
from cloudchamber.wire.http import Request, Response

BACKLOG_MAX: Final = 64  # whole requests that may wait for their turn before we stop reading
TURN_MAX: Final = 64  # requests begun before other connections get their turn
JOIN_BELOW: Final = 65_536  # bodies up to this size travel in one piece with their head


class Http1:
    """The engine of one HTTP/1.x connection. The `on_...` methods are the parser's."""

    __slots__ = (
        "_admission", "_body", "_body_bytes", "_chunk_bytes", "_current", "_front", "_head_timed",
        "_headers", "_http10", "_in_body", "_in_head", "_keep_alive", "_limits", "_link", "_method",
        "_names", "_parser", "_paused", "_ready", "_refused", "_stopping", "_turning", "_url",
        "_values", "_wants_continue",
    )  # fmt: skip

    def __init__(self, link: Link, front: Front) -> None:
        self._link = link
        self._front = front
        self._limits: Limits = front.limits
        self._admission: Admission = front.admission
        self._parser = httptools.HttpRequestParser(self)
        self._ready: deque[tuple[Request | HttpRefusal, bool]] = deque()
        self._current: Exchange | None = None
        self._keep_alive = True  # of the current exchange
        self._refused = False  # nothing more is read from this client
        self._stopping = False
        self._turning = False
        self._paused = False
        self._in_head = False
        self._head_timed = False  # the head under way has its deadline
        self._in_body = False
        self._wants_continue = False
        self._http10 = False
        self._method = ""
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._names: list[bytes] = []
        self._values: list[bytes] = []
        self._body_bytes = 0
        self._chunk_bytes = 0  # of the chunks that hold nothing but a head

    # What the link tells

    def feed(self, data: bytes) -> None:
        """Bytes arrived."""
        if self._refused:
            return
        if self._in_head:
            self._chunk_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self._refuse(HttpRefusal(400, "BadRequest", f"this is not HTTP/1.1: {error}"))
        if self._in_head and self._chunk_bytes > self._limits.head_bytes_max:
            self._refuse(_head_too_long(self._limits))
        self._turn()

    def ended(self) -> bool:
        """The client sends no more. A call that waits is given up: its client closed, and only
        a rare one that shut half of its connection would still listen."""
        if self._in_head or self._in_body:
            self._refuse(HttpRefusal(400, "BadRequest", "the request ends before it is whole"))
            self._turn()
        self._stopping = True
        if self._current is not None:
            if not self._front.app.gone(self._current):
                return True
            self._current = None
            self._ready.clear()
        return bool(self._ready)

    def lost(self) -> None:
        """The connection is gone: forget what is under way."""
        self._forget_partial()
        self._refused = True
        self._ready.clear()
        if self._current is not None:
            exchange, self._current = self._current, None
            self._front.app.gone(exchange)

    def writable(self) -> None:
        """The client reads again."""
        self._turn()

    def overdue(self) -> None:
        """The deadline passed: a slow request is told so, an idle connection closed."""
        if self._in_head or self._in_body:
            self._refuse(HttpRefusal(408, "RequestTimeout", "the request came too slowly"))
            self._turn()
        else:
            self._link.close()

    def stop(self) -> None:
        """Close now when nothing is under way, else after the answers that are."""
        self._stopping = True
        if self._current is None and not self._ready and not (self._in_head or self._in_body):
            self._link.close()

    # What the parser tells

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        if self._refused:
            return
        self._in_head = True
        self._head_timed = False
        self._front.activity.receiving += 1
        self._url = b""
        self._names = []
        self._values = []
        self._body = []
        self._body_bytes = self._chunk_bytes = 0
        self._wants_continue = False

    def on_url(self, url: bytes) -> None:
        """A piece of the request target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, whole. After the body it is a trailer, and nothing here reads those."""
        if self._in_head:
            self._names.append(name)
            self._values.append(value)

    def on_headers_complete(self) -> None:
        """The head is whole: refuse it now, before a body is sent for nothing."""
        if self._refused:
            return
        try:
            self._read_headers()
            self._check_head()
        except HttpRefusal as refusal:
            self._refuse(refusal)
            return
        self._in_head = False
        self._in_body = True
        expect = self._headers.get("expect")
        if expect is not None and not self._http10:
            if expect.lower() != "100-continue":
                self._refuse(HttpRefusal(417, "ExpectationFailed", "only 100-continue is known"))
            elif self._current is None and not self._ready:
                self._link.write(CONTINUE)
            else:
                self._wants_continue = True

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        if self._refused:
            return
        self._body.append(data)
        self._body_bytes += len(data)
        self._front.bodies_bytes += len(data)
        if self._body_bytes > self._limits.body_bytes_max:
            self._refuse(_body_too_long(self._limits))
        elif self._front.bodies_bytes > self._limits.bodies_bytes_max:
            self._refuse(HttpRefusal(503, "SlowDown", "too many large bodies at once"))

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._refused:
            return
        body = self._body
        whole = body[0] if len(body) == 1 else b"".join(body)
        path, _, query = self._url.decode("latin-1").partition("?")
        request = Request(self._method, path, query, self._headers, whole)
        keep_alive = not self._http10 and self._parser.should_keep_alive()
        self._ready.append((request, keep_alive))
        self._forget_partial()

    # The head

    def _read_headers(self) -> None:
        """Decode all headers at once: two decodes and a zip instead of two for every header.

        No name and no value holds a line end, or the parser would have refused it.
        """
        names, values = self._names, self._values
        text = b"\n".join(values).decode("latin-1")
        keys = b"\n".join(names).lower().decode("latin-1").split("\n") if names else []
        limits = self._limits
        size = len(self._url) + len(text) + 4 * len(names)
        if size > limits.head_bytes_max or len(names) > limits.header_count_max:
            raise _head_too_long(limits)
        pairs = zip(keys, text.split("\n"), strict=False)
        self._headers = headers = dict(pairs)
        if len(headers) == len(names):
            return
        if keys.count("host") > 1:
            raise HttpRefusal(400, "BadRequest", "the request has two Host headers")
        self._headers = headers = {}
        for key, value in zip(keys, text.split("\n"), strict=True):
            headers[key] = f"{headers[key]}, {value}" if key in headers else value

    def _check_head(self) -> None:
        headers = self._headers
        self._method = self._parser.get_method().decode("latin-1")
        version = self._parser.get_http_version()
        self._http10 = version == "1.0"
        if version not in ("1.1", "1.0"):
            raise HttpRefusal(505, "HttpVersionNotSupported", f"HTTP {version} is not spoken here")
        if not self._url.startswith(b"/"):
            self._take_absolute_form()
        query = self._url.decode("latin-1").partition("?")[2]
        self._admission.check(self._method, query, headers, self._http10)
        length = headers.get("content-length")
        if length is not None and int(length) > self._limits.body_bytes_max:
            raise _body_too_long(self._limits)
        encoding = headers.get("transfer-encoding")
        if encoding is not None and encoding.lower() != "chunked":
            raise HttpRefusal(501, "NotImplemented", "the only transfer encoding here is chunked")
        if "upgrade" in headers and headers["upgrade"].lower() == "websocket":
            raise HttpRefusal(
                400, "NoWebSocket", f"there is no WebSocket at {self._url[:200].decode('latin-1')}"
            )

    def _take_absolute_form(self) -> None:
        """`GET http://name/path`, as proxies are asked: the name there counts, not the header's."""
        url = self._url
        if url == b"*" and self._method == "OPTIONS":
            return
        scheme, mark, rest = url.partition(b"://")
        if self._method == "CONNECT" or not mark or scheme.lower() not in (b"http", b"https"):
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
        if self._refused or not self._ready:
            return
        request = self._ready[-1][0]
        self._parser = httptools.HttpRequestParser(self)
        if isinstance(request, Request):
            names = [name for name in request.headers if name in _FRAMING]
            if names and request.headers.get("content-length") != "0":
                self._ready.pop()
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

    # Turns

    def _turn(self) -> None:
        """Begin what is whole, one after the other, and say how long the client may be silent."""
        if self._turning:
            return
        self._turning = True
        turns = TURN_MAX
        while self._ready and self._current is None and not self._link.write_paused:
            if not turns:
                self._front.soon(self._turn)
                break
            turns -= 1
            message, keep_alive = self._ready.popleft()
            if isinstance(message, HttpRefusal):
                self._link.write(self._refusal_bytes(message))
                self._link.linger()
                self._turning = False
                return
            self._keep_alive = keep_alive
            exchange = Exchange(message, self._link.peer, self._link.scheme, self._answer)
            self._current = exchange
            self._front.app.begin(exchange)
        self._turning = False
        self._set_pace()

    def _answer(self, exchange: Exchange, response: Response) -> None:
        if exchange is not self._current:
            return
        self._current = None
        keep_alive = self._keep_alive and not (
            self._stopping and not self._ready and not (self._in_head or self._in_body)
        )
        is_head = exchange.request.method == "HEAD"
        head = head_bytes(response, self._front.date, is_head=is_head, keep_alive=keep_alive)
        body = b"" if is_head or response.status in (204, 304) else response.body
        if len(body) <= JOIN_BELOW:
            self._link.write(head + body)
        else:
            self._link.write(head)
            self._link.write(body)
        self._front.answered(self._link)
        if not keep_alive:
            self._refused = True
            self._ready.clear()
            self._forget_partial()
            self._link.close()
            return
        if self._wants_continue and self._in_body and not self._ready:
            self._wants_continue = False
            self._link.write(CONTINUE)
        if not self._turning:
            self._turn()

    def _set_pace(self) -> None:
        full = len(self._ready) >= BACKLOG_MAX or (
            self._link.write_paused and (self._current is None)
        )
        if full != self._paused:
            self._paused = full
            if full:
                self._link.pause()
            else:
                self._link.resume()
        limits = self._limits
        if self._current is not None or self._ready:
            self._head_timed = False
            self._link.expect_within(0)
        elif self._in_head:
            # The whole head has one deadline: it is not pushed back by every byte of it.
            if not self._head_timed:
                self._head_timed = True
                self._link.expect_within(limits.head_ns)
        else:
            self._link.expect_within(limits.body_idle_ns if self._in_body else limits.keep_alive_ns)

    # Refusals

    def _refuse(self, refusal: HttpRefusal) -> None:
        """Put a refusal in the queue and read no more."""
        if not self._refused:
            self._forget_partial()
            self._refused = True
            self._ready.append((refusal, False))

    def _refusal_bytes(self, refusal: HttpRefusal) -> bytes:
        response = refusal.response
        is_head = self._method == "HEAD"
        head = head_bytes(response, self._front.date, is_head=is_head, keep_alive=False)
        return head if is_head else head + response.body

    def _forget_partial(self) -> None:
        if self._in_head or self._in_body:
            self._front.activity.receiving -= 1
            self._front.bodies_bytes -= self._body_bytes
            self._in_head = self._in_body = False
            self._body = []
            self._body_bytes = 0


_FRAMING = frozenset({"content-length", "transfer-encoding"})
_UPGRADING = frozenset({"upgrade", "connection", "http2-settings", "expect"})


def _head_too_long(limits: Limits) -> HttpRefusal:
    return HttpRefusal(
        431,
        "RequestHeaderSectionTooLarge",
        f"a request's head has at most {limits.head_bytes_max} bytes and "
        f"{limits.header_count_max} headers",
    )


def _body_too_long(limits: Limits) -> HttpRefusal:
    return HttpRefusal(
        413, "EntityTooLarge", f"a body has at most {limits.body_bytes_max} bytes here"
    )
