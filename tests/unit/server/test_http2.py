"""HTTP/2 through the h2 library's own client side: streams, windows, limits, abuse."""

from __future__ import annotations

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    InformationalResponseReceived,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import StreamClosedError
from h2.settings import SettingCodes

from cloudchamber.server.http.connection import PREFACE
from cloudchamber.server.http.http2 import RESETS_MAX
from cloudchamber.server.http.limits import Limits
from cloudchamber.wire.http import Response
from tests.unit.server.fakes import Client, House


class H2Client:
    """An HTTP/2 client on a fake connection."""

    def __init__(self, house: House, bytewise: bool = False) -> None:
        self.client = Client(house)
        self.house = house
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.events: list[Event] = []
        self._read = 0
        self._bytewise = bytewise
        self.h2.initiate_connection()
        self.exchange()

    def exchange(self) -> None:
        """Let both sides say what they have to say, until neither has anything."""
        while True:
            data = self.h2.data_to_send()
            if data and not self.client.transport.is_closing():
                if self._bytewise:
                    self.client.send_bytewise(data)
                else:
                    self.client.send(data)
            self.house.run_postponed()
            news = self.client.received[self._read :]
            self._read += len(news)
            if news:
                self.take(self.h2.receive_data(news))
            elif not data:
                return

    def take(self, events: list[Event]) -> None:
        self.events += events

    def request(
        self,
        body: bytes | None = None,
        method: str = "POST",
        path: str = "/",
        authority: str = "localhost",
        extra: tuple[tuple[str, str], ...] = (),
    ) -> int:
        """Open a stream; returns its number."""
        number = self.h2.get_next_available_stream_id()
        head = [(":method", method), (":path", path), (":scheme", "http"),
                (":authority", authority), *extra]  # fmt: skip
        self.h2.send_headers(number, head, end_stream=body is None)
        if body is not None:
            try:
                while body:
                    size = min(self.h2.local_flow_control_window(number), 16384)
                    self.h2.send_data(number, body[:size])
                    body = body[size:]
                    self.exchange()
                self.h2.end_stream(number)
            except StreamClosedError:
                pass  # refused while it was being sent
        self.exchange()
        return number

    def response(self, number: int) -> tuple[int, dict[str, str], bytes, bool]:
        """Status, headers, body and whether it ended."""
        headers: dict[str, str] = {}
        body = b""
        ended = False
        for event in self.events:
            if getattr(event, "stream_id", None) != number:
                continue
            if isinstance(event, ResponseReceived):
                headers = {str(name): str(value) for name, value in event.headers}
            elif isinstance(event, DataReceived):
                body += event.data
            elif isinstance(event, StreamEnded):
                ended = True
        return int(headers.get(":status", 0)), headers, body, ended


class ReadingClient(H2Client):
    """A client that acknowledges what it reads, so that its windows stay open."""

    def take(self, events: list[Event]) -> None:
        super().take(events)
        for event in events:
            if isinstance(event, DataReceived) and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)


def test_a_request_and_its_answer() -> None:
    house = House()
    client = H2Client(house)
    number = client.request(b"hello", path="/a%20b?x=1", extra=(("x-amz-target", "A.B"),))
    [request] = house.app.requests
    assert (request.method, request.path, request.query) == ("POST", "/a%20b", "x=1")
    assert request.headers == {"host": "localhost", "x-amz-target": "A.B"}
    assert request.body == b"hello"
    status, headers, body, ended = client.response(number)
    assert (status, body, ended) == (200, b"hello", True)
    assert headers["content-length"] == "5"
    assert headers["date"]
    assert house.activity.receiving == 0


def test_the_preface_may_come_in_pieces() -> None:
    house = House()
    client = H2Client(house, bytewise=True)
    number = client.request(b"abc")
    assert client.response(number)[2] == b"abc"


def test_something_like_the_preface_is_http1() -> None:
    house = House()
    client = Client(house)
    client.send_bytewise(PREFACE[:14] + b"X")
    assert [status for status, _, _ in client.responses()] == [400]


def test_streams_do_not_wait_for_each_other() -> None:
    house = House()
    house.app.holding = True
    client = H2Client(house)
    first, second = client.request(b"1"), client.request(b"2")
    house.app.answer(house.app.held[1])
    client.exchange()
    assert client.response(second)[2] == b"2"
    assert not client.response(first)[3]
    house.app.answer(house.app.held[0])
    client.exchange()
    assert client.response(first)[2] == b"1"


def test_a_large_answer_waits_for_the_window() -> None:
    house = House()
    client = H2Client(house)
    body = bytes(range(256)) * 1000
    number = client.request(body)
    received = client.response(number)[2]
    assert 0 < len(received) < len(body)  # the window of a client that does not acknowledge
    client.h2.increment_flow_control_window(1 << 20)
    client.h2.increment_flow_control_window(1 << 20, number)
    client.exchange()
    _, _, received, ended = client.response(number)
    assert (received, ended) == (body, True)


def test_large_answers_share_the_connection() -> None:
    house = House()
    house.app.holding = True
    client = ReadingClient(house)
    first, second = client.request(b"1" * 300_000), client.request(b"2" * 300_000)
    for exchange in house.app.held:
        house.app.answer(exchange)
    client.exchange()
    assert client.response(first)[2] == b"1" * 300_000
    assert client.response(second)[2] == b"2" * 300_000
    order = [event.stream_id for event in client.events if isinstance(event, DataReceived)]
    assert order[:4] == [first, second, first, second]


def test_uploads_larger_than_any_window() -> None:
    house = House()
    client = H2Client(house)
    body = b"x" * 10_000_000
    client.request(body)
    assert house.app.requests[0].body == body
    assert house.front.bodies_bytes == 0


def test_head_and_no_content() -> None:
    house = House()
    house.app.headers["content-length"] = "77"
    client = H2Client(house)
    status, headers, body, ended = client.response(client.request(method="HEAD"))
    assert (status, headers["content-length"], body, ended) == (200, "77", b"", True)


def test_foreign_names_are_refused() -> None:
    house = House()
    client = H2Client(house)
    number = client.request(b"abc", authority="evil.example")
    status, _, body, ended = client.response(number)
    assert (status, ended) == (403, True)
    assert b"evil.example" in body
    assert house.app.requests == []
    assert house.activity.receiving == 0
    assert client.response(client.request(b"2"))[0] == 200  # the connection lives on


def test_bodies_are_bounded() -> None:
    house = House(Limits(body_bytes_max=100_000))
    client = H2Client(house)
    announced = client.request(extra=(("content-length", "100001"),), method="PUT")
    assert client.response(announced)[0] in (413, 0)
    number = client.h2.get_next_available_stream_id()
    head = [(":method", "POST"), (":path", "/"), (":scheme", "http"), (":authority", "localhost")]
    client.h2.send_headers(number, head)
    for _ in range(10):
        client.h2.send_data(number, b"x" * 16000)
        client.exchange()
        if client.response(number)[3]:
            break
    assert client.response(number)[0] == 413
    assert house.front.bodies_bytes == 0
    assert house.app.requests == []


def test_too_many_headers() -> None:
    client = H2Client(House(Limits(header_count_max=5)))
    number = client.request(extra=tuple((f"x-{n}", "1") for n in range(6)))
    assert client.response(number)[0] == 431


def test_a_header_bomb_ends_the_connection() -> None:
    house = House(Limits(head_bytes_max=1000))
    client = H2Client(house)
    client.request(extra=tuple((f"x-{n}", "y" * 100) for n in range(20)))
    assert any(isinstance(event, ConnectionTerminated) for event in client.events)
    assert client.client.transport.is_closing()
    assert house.app.requests == []


def test_limits_are_announced() -> None:
    client = H2Client(House(Limits(streams_max=7)))
    [settings] = [e for e in client.events if isinstance(e, RemoteSettingsChanged)]
    changed = settings.changed_settings
    assert changed[SettingCodes.MAX_CONCURRENT_STREAMS].new_value == 7
    assert changed[SettingCodes.MAX_HEADER_LIST_SIZE].new_value == Limits().head_bytes_max


def test_expect_continue() -> None:
    house = House()
    client = H2Client(house)
    number = client.h2.get_next_available_stream_id()
    head = [(":method", "PUT"), (":path", "/"), (":scheme", "http"), (":authority", "localhost"),
            ("expect", "100-continue")]  # fmt: skip
    client.h2.send_headers(number, head)
    client.exchange()
    assert any(isinstance(event, InformationalResponseReceived) for event in client.events)
    client.h2.send_data(number, b"abc", end_stream=True)
    client.exchange()
    assert client.response(number)[2] == b"abc"


def test_a_reset_gives_up_the_call() -> None:
    house = House()
    house.app.holding = True
    client = H2Client(house)
    number = client.request(b"1")
    client.h2.reset_stream(number)
    client.exchange()
    assert house.app.gone_exchanges == house.app.held
    house.app.answer(house.app.held[0])
    client.exchange()
    assert client.response(client.request(b"2"))[0] == 0  # held as well: the connection is alive


def test_resetting_for_sport_ends_the_connection() -> None:
    house = House()
    house.app.holding = True
    client = H2Client(house)
    for _ in range(RESETS_MAX + 1):
        client.h2.reset_stream(client.request(), error_code=ErrorCodes.CANCEL)
        client.exchange()
    [ended] = [event for event in client.events if isinstance(event, ConnectionTerminated)]
    assert ended.error_code == ErrorCodes.ENHANCE_YOUR_CALM
    assert client.client.transport.is_closing()


def test_rubbish_ends_the_connection() -> None:
    house = House()
    settings = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    data_of_no_stream = b"\x00\x00\x01\x00\x00\x00\x00\x00\x00x"
    client = Client(house).send(PREFACE + settings + data_of_no_stream)
    assert client.transport.is_closing()
    assert house.app.requests == []


def test_a_broken_connection_gives_up_all_its_calls() -> None:
    house = House()
    house.app.holding = True
    client = H2Client(house)
    client.request(b"1")
    client.request(b"2")
    client.client.vanish()
    assert house.app.gone_exchanges == house.app.held
    assert house.activity.receiving == 0


def test_silence_in_a_body_ends_the_connection_though_it_pings() -> None:
    house = House()
    client = H2Client(house)
    number = client.h2.get_next_available_stream_id()
    head = [(":method", "PUT"), (":path", "/"), (":scheme", "http"), (":authority", "localhost")]
    client.h2.send_headers(number, head)
    client.exchange()
    half = house.front.limits.body_idle_ns // 2
    house.pass_time(half)
    client.h2.ping(b"12345678")
    client.exchange()
    assert not client.client.transport.is_closing()
    house.pass_time(half)
    client.exchange()
    assert client.client.transport.is_closing()
    assert any(isinstance(event, ConnectionTerminated) for event in client.events)


def test_stopping_answers_what_is_under_way() -> None:
    house = House()
    house.app.holding = True
    idle, busy = H2Client(house), H2Client(house)
    number = busy.request(b"1")
    house.front.stop()
    idle.exchange()
    assert idle.client.transport.is_closing()
    assert not busy.client.transport.is_closing()
    late = busy.request(b"2")
    assert any(isinstance(e, StreamReset) and e.stream_id == late for e in busy.events)
    house.app.answer(house.app.held[0])
    busy.exchange()
    assert busy.response(number)[2] == b"1"
    assert busy.client.transport.is_closing()


def test_headers_cannot_break_out() -> None:
    house = House()
    house.app.holding = True
    client = H2Client(house)
    number = client.request()
    house.app.held[0].answer(Response(200, {"X-Key": "a\r\nb", "Connection": "close"}, b""))
    client.exchange()
    _, headers, _, ended = client.response(number)
    assert headers["x-key"] == "a  b"
    assert "connection" not in headers
    assert ended
