"""Bodies that are put aside while they come, and read while they are sent, over both HTTPs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamReset

from cloudchamber.server.http.exchange import Exchange
from cloudchamber.server.http.limits import Limits
from cloudchamber.wire.bodies import PIECE_BYTES, Streamed
from cloudchamber.wire.http import Request, Response
from tests.unit.server.fakes import HOST, Client, EchoApp, House, parse_responses

SPOOLED = 70_000


class Keep:
    """A spool that keeps what it is given, until `room` bytes."""

    def __init__(self, head: Request, room: int) -> None:
        self.head = head
        self.room = room
        self.data = b""
        self.abandoned = False

    @property
    def length(self) -> int:
        return len(self.data)

    def write(self, data: bytes) -> None:
        if len(self.data) + len(data) > self.room:
            raise OSError(28, "No space left on device")
        self.data += data

    def finish(self) -> Request:
        return Request(self.head.method, self.head.path, "", self.head.headers, b"spooled")

    def abandon(self) -> None:
        self.abandoned = True


class SpoolingApp(EchoApp):
    """Puts every large body aside; answers with `parts`."""

    def __init__(self) -> None:
        super().__init__()
        self.spools: list[Keep] = []
        self.room = 1 << 30
        self.parts: list[bytes | Numbers] = []

    def spool(self, head: Request) -> Keep:  # type: ignore[override]
        self.spools.append(Keep(head, self.room))
        return self.spools[-1]

    def answer(self, exchange: Exchange) -> None:
        if not self.parts:
            super().answer(exchange)
            return
        exchange.answer(Response(200, {"x-kind": "streamed"}, b"", Streamed(self.parts)))


class Numbers:
    """A source of `length` bytes that counts how many were read, and may break."""

    def __init__(self, length: int, breaks_at: int | None = None) -> None:
        self.length = length
        self.read = 0
        self.breaks_at = breaks_at

    def pieces(self, size: int) -> Iterator[bytes]:
        while self.read < self.length:
            if self.breaks_at is not None and self.read >= self.breaks_at:
                raise OSError(5, "Input/output error")
            piece = bytes(min(size, self.length - self.read))
            self.read += len(piece)
            yield piece


def house_of(limits: Limits | None = None) -> tuple[House, SpoolingApp]:
    house = House(limits)
    app = SpoolingApp()
    house.app = house.front.app = app
    return house, app


def put(length: int) -> bytes:
    return b"PUT /b/k HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % length


def test_a_large_body_goes_aside_while_it_comes() -> None:
    house, app = house_of()
    client = Client(house)
    client.send(put(SPOOLED) + b"a" * 10_000)
    assert app.spools[0].length == 10_000
    assert house.front.bodies_bytes == 0
    client.send(b"b" * (SPOOLED - 10_000))
    assert [body for _, _, body in client.responses()] == [b"spooled"]
    client.send(put(3) + b"abc")
    assert len(app.spools) == 1  # a small one is held
    assert client.responses()[1][2] == b"abc"


@pytest.mark.parametrize("left", ["vanish", "end"])
def test_a_client_that_leaves_takes_its_half_body_along(left: str) -> None:
    house, app = house_of()
    client = Client(house)
    client.send(put(SPOOLED) + b"a" * 10_000)
    getattr(client, left)()
    assert app.spools[0].abandoned
    assert house.activity.receiving == 0


def test_a_full_disk_is_told_at_once() -> None:
    house, app = house_of()
    app.room = 20_000
    client = Client(house)
    client.send(put(SPOOLED) + b"a" * 30_000)
    assert app.spools[0].abandoned
    (answer,) = client.responses()
    assert answer[0] == 503
    assert b"No space left on device" in answer[2]


def test_a_body_longer_than_any_store_takes_is_refused_unread() -> None:
    house, app = house_of(Limits(spooled_bytes_max=100_000))
    client = Client(house)
    client.send(put(100_001))
    assert [status for status, _, _ in client.responses()] == [413]
    assert app.spools[0].abandoned


def test_an_answer_is_read_as_fast_as_its_client_reads() -> None:
    house, app = house_of()
    numbers = Numbers(40 * PIECE_BYTES)
    app.parts = [b"head ", numbers]
    client = Client(house)
    client.send(b"GET /b/k HTTP/1.1\r\n" + HOST + b"\r\n" + b"GET /2 HTTP/1.1\r\n" + HOST + b"\r\n")
    client.connection.pause_writing()
    house.run_postponed()
    assert numbers.read < 10 * PIECE_BYTES  # it stopped when the client did
    assert len(app.requests) == 1  # and the next request waits
    app.parts = []
    client.connection.resume_writing()
    house.run_postponed()
    first, second = parse_responses(client.received)
    assert first[1]["content-length"] == str(5 + 40 * PIECE_BYTES)
    assert len(first[2]) == 5 + 40 * PIECE_BYTES
    assert second[2] == b""
    assert [request.path for request in app.requests] == ["/b/k", "/2"]


def test_head_of_a_streamed_answer_reads_nothing() -> None:
    house, app = house_of()
    numbers = Numbers(5)
    app.parts = [numbers]
    client = Client(house)
    client.send(b"HEAD / HTTP/1.1\r\n" + HOST + b"\r\n")
    assert numbers.read == 0
    assert b"content-length: 5" in client.received


def test_an_answer_that_breaks_is_not_taken_for_whole() -> None:
    house, app = house_of()
    app.parts = [Numbers(3 * PIECE_BYTES, breaks_at=PIECE_BYTES)]
    client = Client(house)
    client.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    house.run_postponed()
    assert client.transport.aborted


def over_http2(house: House, body: bytes = b"") -> tuple[int, bytes, bool]:
    """Status, body and whether the stream was reset, of one request."""
    client = Client(house)
    peer = H2Connection(H2Configuration(client_side=True))
    peer.initiate_connection()
    peer.increment_flow_control_window(1 << 24)
    fields = [(":method", "PUT"), (":path", "/"), (":scheme", "http"), (":authority", "localhost")]
    peer.send_headers(1, [*fields, ("content-length", str(len(body)))], end_stream=not body)
    peer.increment_flow_control_window(1 << 24, 1)
    client.send(peer.data_to_send())
    status, received, was_reset = 0, b"", False
    events = peer.receive_data(client.received)
    read = len(client.received)
    for start in range(0, len(body), 10_000):
        piece = body[start : start + 10_000]
        peer.send_data(1, piece, end_stream=start + 10_000 >= len(body))
        client.send(peer.data_to_send())
    house.run_postponed()
    for event in [*events, *peer.receive_data(client.received[read:])]:
        if isinstance(event, ResponseReceived):
            status = int(dict(event.headers)[b":status"])
        elif isinstance(event, DataReceived):
            received += event.data
        elif isinstance(event, StreamReset):
            was_reset = True
    return status, received, was_reset


def test_large_bodies_go_both_ways_over_http2() -> None:
    house, app = house_of()
    app.parts = [b"head ", Numbers(3 * PIECE_BYTES), b" tail"]
    status, received, was_reset = over_http2(house, b"x" * SPOOLED)
    assert (status, was_reset) == (200, False)
    assert app.spools[0].data == b"x" * SPOOLED
    assert len(received) == 10 + 3 * PIECE_BYTES
    assert received.startswith(b"head ")
    assert received.endswith(b" tail")


def test_a_broken_answer_resets_its_stream() -> None:
    house, app = house_of()
    app.parts = [Numbers(3 * PIECE_BYTES, breaks_at=PIECE_BYTES)]
    assert over_http2(house)[2]
