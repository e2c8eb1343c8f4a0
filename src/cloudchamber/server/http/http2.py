"""HTTP/2 on one connection, with TLS or by prior knowledge: streams in, exchanges out.

Rules of this file: framing, header compression and the protocol's state are the h2 library's; here
is what h2 leaves to its user: assembling requests, sending answers as the client's windows allow,
and limits. A stream is independent: one that waits holds up no other.

Against abuse: streams, header sizes and bodies are capped; a client that opens streams only to
reset them (each costs us a request and it nothing) is sent away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Final

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError, StreamClosedError
from h2.settings import SettingCodes, Settings

from cloudchamber.server.http.answers import HttpRefusal, lines_of
from cloudchamber.server.http.exchange import Exchange, Link, Spool
from cloudchamber.server.http.front import Front
from cloudchamber.server.http.incoming import body_too_long, no_place, open_spool
from cloudchamber.server.http.live import Live
from cloudchamber.wire.http import Request, Response

WINDOW: Final = 1 << 20  # bytes a client may send on a stream before we must say "go on"
RESETS_MAX: Final = 200  # streams a client may reset beyond those it lets be answered
NOT_IN_HTTP2: Final = frozenset(
    {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
     "content-length", "date"}
)  # fmt: skip


class Stream:
    """One request on its way in, its exchange, and what is left to send of its answer."""

    __slots__ = ("body", "body_bytes", "exchange", "head", "live", "out", "receiving", "rest",
                 "spool")  # fmt: skip

    def __init__(self, head: Request) -> None:
        self.head = head
        self.body: list[bytes] = []
        self.body_bytes = 0
        self.receiving = True
        self.exchange: Exchange | None = None
        self.spool: Spool | None = None
        self.out: memoryview | None = None  # what is left of the piece being sent
        self.rest: Iterator[bytes] = iter(())  # the pieces after it
        self.live: Live | None = None  # a body that is being made

    def take(self, size: int) -> bytes:
        """The next bytes to send; nothing is left in `out` once they are the last."""
        out = self.out or memoryview(next(self.rest, b""))
        piece, self.out = out[:size], out[size:] or memoryview(next(self.rest, b""))
        return bytes(piece)

    def refill(self) -> None:
        """Take from a body that is being made what is there: empty at its end, None until then."""
        if self.live is not None and not self.out:
            held = b"".join(self.live.take())
            self.out = memoryview(held) if held or self.live.is_ended else None


class Http2:
    """The engine of one HTTP/2 connection."""

    __slots__ = ("_front", "_h2", "_link", "_progress", "_resets", "_stopping", "_streams")

    def __init__(self, link: Link, front: Front) -> None:
        self._link = link
        self._front = front
        self._streams: dict[int, Stream] = {}
        self._resets = 0
        self._stopping = False
        self._progress = True  # something moved since the deadline was set
        config = H2Configuration(client_side=False, header_encoding=None)
        self._h2 = H2Connection(config)
        self._h2.local_settings = Settings(
            client=False,
            initial_values={
                SettingCodes.MAX_CONCURRENT_STREAMS: front.limits.streams_max,
                SettingCodes.INITIAL_WINDOW_SIZE: WINDOW,
                SettingCodes.MAX_HEADER_LIST_SIZE: front.limits.head_bytes_max,
                SettingCodes.ENABLE_PUSH: 0,
            },
        )
        self._h2.decoder.max_header_list_size = front.limits.head_bytes_max
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(8 * WINDOW)

    # What the link tells

    def feed(self, data: bytes) -> None:
        """Bytes arrived."""
        try:
            for event in self._h2.receive_data(data):
                self._take(event)
        except ProtocolError:
            # h2 has written the GOAWAY that says why.
            self._flush()
            self._link.close()
            return
        self._send()

    def ended(self) -> bool:
        """The client sends no more: nothing can be finished without its window updates."""
        return False

    def lost(self) -> None:
        """The connection is gone: forget what is under way."""
        for number in [*self._streams]:
            self._forget(number)

    def writable(self) -> None:
        """The client reads again."""
        self._send()

    def overdue(self) -> None:
        """Silence in the middle of something, or for too long between requests."""
        self._h2.close_connection(ErrorCodes.NO_ERROR)
        self._flush()
        self._link.close()

    def stop(self) -> None:
        """Answer the streams there are, take no more."""
        self._stopping = True
        if not self._streams:
            self.overdue()

    # What h2 tells

    def _take(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            self._open(event.stream_id, event.headers)
        elif isinstance(event, DataReceived):
            self._receive(event.stream_id, event.data, event.flow_controlled_length)
        elif isinstance(event, StreamEnded):
            self._complete(event.stream_id)
        elif isinstance(event, StreamReset):
            self._reset(event.stream_id)
        elif isinstance(event, ConnectionTerminated):
            self._link.close()
        elif isinstance(event, WindowUpdated):
            pass  # what waits for it is sent after every batch of events

    def _open(self, number: int, fields: Iterable[tuple[bytes, bytes]]) -> None:
        self._progress = True
        stream = self._streams[number] = Stream(Request("", "", "", {}))
        self._front.activity.receiving += 1
        if self._stopping:
            self._reset_stream(number, ErrorCodes.REFUSED_STREAM)
            return
        try:
            stream.head = request = _head_of(fields, self._front.limits.header_count_max)
            self._front.admission.check(
                request.method, request.query, request.headers, False, request.path
            )
            stream.spool = open_spool(self._front, request)
        except HttpRefusal as refusal:
            self._refuse(number, refusal)
            return
        if request.headers.get("expect", "").lower() == "100-continue":
            self._h2.send_headers(number, [(b":status", b"100")])

    def _receive(self, number: int, data: bytes, counted: int) -> None:
        # Acknowledged at once: what bounds a client is the cap on the body, not the window.
        self._h2.acknowledge_received_data(counted, number)
        stream = self._streams.get(number)
        if stream is None or not stream.receiving:
            return
        self._progress = True
        if stream.spool is not None:
            self._put_aside(number, stream, stream.spool, data)
            return
        stream.body.append(data)
        stream.body_bytes += len(data)
        self._front.bodies_bytes += len(data)
        if stream.body_bytes > self._front.limits.body_bytes_max:
            self._refuse(number, body_too_long(self._front.limits.body_bytes_max))
        elif self._front.bodies_bytes > self._front.limits.bodies_bytes_max:
            self._refuse(number, HttpRefusal(503, "SlowDown", "too many large bodies at once"))

    def _put_aside(self, number: int, stream: Stream, spool: Spool, data: bytes) -> None:
        limit = self._front.limits.spooled_bytes_max
        try:
            spool.write(data)
        except OSError as error:
            self._refuse(number, no_place(error))
            return
        if spool.length > limit:
            self._refuse(number, body_too_long(limit))

    def _complete(self, number: int) -> None:
        stream = self._streams.get(number)
        if stream is None or not stream.receiving:
            return
        if stream.spool is None:
            request = stream.head
            request.body = b"".join(stream.body)
        else:
            try:
                request = stream.spool.finish()
            except OSError as error:
                self._refuse(number, no_place(error))
                return
            stream.spool = None
        self._received(stream)
        answer = partial(self._answer, number)
        stream.exchange = Exchange(request, self._link.peer, self._link.scheme, answer)
        self._front.app.begin(stream.exchange)

    def _reset(self, number: int) -> None:
        self._resets += 1
        self._forget(number)
        if self._resets > RESETS_MAX:
            self._h2.close_connection(ErrorCodes.ENHANCE_YOUR_CALM)
            self._flush()
            self._link.close()

    # Answers

    def _answer(self, number: int, exchange: Exchange, response: Response) -> None:
        stream = self._streams.get(number)
        if stream is None or stream.exchange is not exchange:
            return
        self._begin_answer(number, stream, response)
        self._front.answered(self._link)
        self._front.soon(self._send)  # answers of one turn leave together

    def _begin_answer(self, number: int, stream: Stream, response: Response) -> None:
        self._progress = True
        is_head = stream.head.method == "HEAD"
        fields = _fields_of(response, self._front.date, is_head=is_head)
        body = b"" if is_head else response.body
        streamed = None if is_head else response.streamed
        length = len(body) if streamed is None else streamed.length
        if not is_head and length >= 0:
            fields.append((b"content-length", b"%d" % length))
        try:
            self._h2.send_headers(number, fields, end_stream=not length)
        except StreamClosedError:
            self._forget(number)
            return
        self._resets = max(0, self._resets - 1)
        if not length:
            self._forget(number)
            return
        if isinstance(streamed, Live):
            stream.live = streamed
            streamed.attach(partial(self._flow, stream))
            stream.refill()
            return
        stream.out = memoryview(body)
        if streamed is not None:
            stream.rest = streamed.pieces()

    def _refuse(self, number: int, refusal: HttpRefusal) -> None:
        stream = self._streams[number]
        self._received(stream)
        self._begin_answer(number, stream, refusal.response)

    def _send(self) -> None:
        """Send what the windows allow, a frame of each stream in turn, and set the deadline."""
        waiting = [number for number, stream in self._streams.items() if stream.out is not None]
        while waiting and not self._link.write_paused:
            waiting = [number for number in waiting if self._send_frame(number)]
            self._flush()
        self._flush()
        if self._stopping and not self._streams:
            self.overdue()
            return
        if not self._progress:
            return  # a client that only pings, or opens windows for nothing, gains no time
        self._progress = False
        limits = self._front.limits
        if any(stream.receiving for stream in self._streams.values()):
            self._link.expect_within(limits.body_idle_ns)
        elif any(stream.out is not None for stream in self._streams.values()):
            self._link.expect_within(limits.write_stall_ns)
        else:
            self._link.expect_within(0 if self._streams else limits.keep_alive_ns)

    def _send_frame(self, number: int) -> bool:
        """Send one frame of a stream. True when there is more and the window lets it pass."""
        stream = self._streams.get(number)
        if stream is None or stream.out is None:
            return False
        try:
            size = min(self._h2.local_flow_control_window(number), self._h2.max_outbound_frame_size)
            if size <= 0 and (stream.out or stream.live is None):
                return False
            piece = stream.take(size)
            self._progress = True
            last = not stream.out
            if last and stream.live is not None:
                return self._send_live(number, stream, stream.live, piece)
            self._h2.send_data(number, piece, end_stream=last)
        except StreamClosedError:
            last = True
        except (OSError, KeyError):
            # What was promised cannot be read: the client must not take the rest for the whole.
            self._reset_stream(number, ErrorCodes.INTERNAL_ERROR)
            return False
        if last:
            self._forget(number)
            if stream.exchange is None:  # it was refused
                self._reset_stream(number, ErrorCodes.NO_ERROR)
        return not last

    def _flow(self, stream: Stream) -> None:
        """There is more of a body that is being made."""
        stream.refill()
        self._front.soon(self._send)

    def _send_live(self, number: int, stream: Stream, live: Live, piece: bytes) -> bool:
        """Send the last of what there was of a body that is being made."""
        stream.refill()
        ended = stream.out is not None and not stream.out
        whole = ended and live.is_whole
        if piece or whole:
            self._h2.send_data(number, piece, end_stream=whole)
        if not ended:
            return stream.out is not None
        self._front.answered(self._link)
        self._forget(number)
        if not whole:
            self._reset_stream(number, ErrorCodes.INTERNAL_ERROR)
        return False

    # Ends

    def _received(self, stream: Stream) -> None:
        if stream.receiving:
            stream.receiving = False
            self._front.activity.receiving -= 1
            self._front.bodies_bytes -= stream.body_bytes
            stream.body = []
            if stream.spool is not None:
                stream.spool.abandon()
                stream.spool = None

    def _forget(self, number: int) -> None:
        stream = self._streams.pop(number, None)
        if stream is None:
            return
        self._received(stream)
        exchange = stream.exchange
        if stream.live is not None:
            stream.live.cut()
        if exchange is not None and not exchange.answered:
            self._front.app.gone(exchange)

    def _reset_stream(self, number: int, code: ErrorCodes) -> None:
        self._forget(number)
        try:
            self._h2.reset_stream(number, code)
        except (ProtocolError, KeyError):
            pass  # it is closed already

    def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data:
            self._link.write(data)


def _head_of(fields: Iterable[tuple[bytes, bytes]], headers_max: int) -> Request:
    headers: dict[str, str] = {}
    method = target = authority = ""
    for raw_name, raw_value in fields:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name == ":method":
            method = value
        elif name == ":path":
            target = value
        elif name == ":authority":
            authority = value
        elif name.startswith(":"):
            continue
        elif name in headers:
            headers[name] += ("; " if name == "cookie" else ", ") + value
        else:
            headers[name] = value
    if authority:
        headers["host"] = authority
    if len(headers) > headers_max:
        raise HttpRefusal(431, "RequestHeaderSectionTooLarge", "too many headers")
    if not target.startswith("/") and target != "*":
        raise HttpRefusal(400, "BadRequest", "the request has no path")
    path, _, query = target.partition("?")
    return Request(method, path, query, headers)


def _fields_of(response: Response, date: str, *, is_head: bool) -> list[tuple[bytes, bytes]]:
    """The head of an answer, but for the length of its body."""
    fields = [(":status", str(response.status)), ("date", date)]
    for name, value in response.headers.items():
        key = name.lower()
        if key not in NOT_IN_HTTP2 or (key == "content-length" and is_head):
            for each in lines_of(key, value):
                fields.append((key, each.replace("\r", " ").replace("\n", " ")))
    return [(name.encode(), _bytes_of(value)) for name, value in fields]


def _bytes_of(value: Any) -> bytes:
    text = str(value)
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8")
