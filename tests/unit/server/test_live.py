"""Bodies that are sent while they are made: chunks, frames, back-pressure, clients that go."""

from __future__ import annotations

import pytest
from h2.errors import ErrorCodes
from h2.events import DataReceived, StreamEnded, StreamReset
from h2.settings import SettingCodes

from cloudchamber.server.http.exchange import Exchange
from cloudchamber.server.http.live import HELD_BYTES_MAX, Live
from cloudchamber.wire.http import Response
from tests.unit.server.fakes import HOST, Client, House, post
from tests.unit.server.test_http2 import H2Client

GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nx-a: b\r\ntransfer-encoding: chunked\r\n"
LAST = b"0\r\n\r\n"


class Maker:
    """Makes the answer to the newest exchange that an app holds."""

    def __init__(self, house: House) -> None:
        self.rooms = 0
        self.live = Live(self._room)
        self.exchange: Exchange = house.app.held[-1]
        head = Response(200, {"x-a": "b"}, streamed=self.live)
        self.exchange.begin_answer(head, self.live.finish)

    def _room(self) -> None:
        self.rooms += 1

    def finish(self, status: int = 200, body: bytes = b"") -> None:
        self.exchange.answer(Response(status, {}, body))


@pytest.fixture
def house() -> House:
    made = House()
    made.app.holding = True
    return made


def body_of(received: bytes) -> bytes:
    return received.partition(b"\r\n\r\n")[2]


def test_pieces_leave_as_they_are_made(house: House) -> None:
    client = Client(house).send(GET)
    maker = Maker(house)
    assert client.received.startswith(HEAD)
    assert body_of(client.received) == b""
    assert maker.live.write(b"one")
    assert body_of(client.received) == b"3\r\none\r\n"
    maker.live.write(b"")  # would be the end
    maker.live.write(b"x" * 17)
    assert body_of(client.received) == b"3\r\none\r\n11\r\n" + b"x" * 17 + b"\r\n"
    before = maker.exchange.answered
    maker.finish(body=b"end")
    assert body_of(client.received).endswith(b"\r\n3\r\nend\r\n" + LAST)
    assert (before, maker.exchange.answered) == (False, True)
    assert not client.transport.is_closing()


def test_the_next_request_waits_for_the_end(house: House) -> None:
    client = Client(house).send(GET + GET)
    assert len(house.app.requests) == 1
    maker = Maker(house)
    maker.live.write(b"one")
    assert len(house.app.requests) == 1
    maker.finish()
    assert len(house.app.requests) == 2
    Maker(house).finish()
    assert client.received.count(HEAD) == 2


def test_an_error_at_the_end_breaks_it_off(house: House) -> None:
    client = Client(house).send(GET)
    maker = Maker(house)
    maker.live.write(b"one")
    maker.finish(502, b"Internal Server Error")
    assert body_of(client.received) == b"3\r\none\r\n"
    assert client.transport.closed
    assert not client.transport.aborted


def test_a_client_of_http_1_0_gets_no_chunks(house: House) -> None:
    client = Client(house).send(b"GET / HTTP/1.0\r\n" + HOST + b"\r\n")
    maker = Maker(house)
    maker.live.write(b"one")
    maker.finish(body=b"two")
    assert b"transfer-encoding" not in client.received
    assert b"connection: close\r\n" in client.received
    assert body_of(client.received) == b"onetwo"
    assert client.transport.closed
    other = Client(house).send(b"GET / HTTP/1.0\r\n" + HOST + b"\r\n")
    maker = Maker(house)
    maker.live.write(b"one")
    maker.finish(500)
    assert other.transport.aborted


def test_a_maker_waits_for_a_slow_client(house: House) -> None:
    client = Client(house).send(GET)
    maker = Maker(house)
    client.connection.pause_writing()
    piece = b"x" * (HELD_BYTES_MAX // 4)
    assert [maker.live.write(piece) for _ in range(4)] == [True, True, True, False]
    assert body_of(client.received) == b""
    assert maker.rooms == 0
    client.connection.resume_writing()
    assert maker.rooms == 1
    assert body_of(client.received) == (b"10000\r\n" + piece + b"\r\n") * 4
    assert maker.live.write(b"more")
    assert maker.rooms == 1


@pytest.mark.parametrize("politely", [True, False])
def test_a_client_that_goes_lets_the_maker_go_on(house: House, politely: bool) -> None:
    client = Client(house).send(GET)
    maker = Maker(house)
    client.connection.pause_writing()
    assert not maker.live.write(b"x" * HELD_BYTES_MAX)
    if politely:
        client.end()
        assert client.transport.closed
    client.vanish()
    assert house.app.gone_exchanges == [maker.exchange]
    assert maker.rooms == 1
    assert maker.live.write(b"x" * HELD_BYTES_MAX)
    maker.finish()


def test_a_client_that_never_reads_is_sent_away(house: House) -> None:
    client = Client(house).send(GET)
    maker = Maker(house)
    client.connection.pause_writing()
    house.pass_time(house.front.limits.write_stall_ns + 1)
    assert client.transport.aborted
    client.vanish()
    assert house.app.gone_exchanges == [maker.exchange]


def test_nobody_is_hurried_while_it_is_made(house: House) -> None:
    client = Client(house).send(GET)
    maker = Maker(house)
    maker.live.write(b"one")
    house.pass_time(10 * house.front.limits.keep_alive_ns)
    assert not client.transport.closed
    maker.finish()
    assert client.received.endswith(LAST)


def test_a_house_that_closes_waits_for_it(house: House) -> None:
    client = Client(house).send(GET)
    maker = Maker(house)
    house.front.stop()
    assert not client.transport.closed
    maker.finish(body=b"end")
    assert client.received.endswith(b"end\r\n" + LAST)
    assert client.transport.closed


# HTTP/2


def bodies(client: H2Client, number: int) -> list[bytes]:
    return [
        event.data
        for event in client.events
        if isinstance(event, DataReceived) and event.stream_id == number
    ]


def test_frames_leave_as_they_are_made(house: House) -> None:
    client = H2Client(house)
    number = client.request()
    maker = Maker(house)
    client.exchange()
    assert client.response(number)[:2] == (200, {":status": "200", "x-a": "b"} | date(client))
    for piece in (b"one", b"two"):
        maker.live.write(piece)
        client.exchange()
        assert bodies(client, number)[-1] == piece
    assert not client.response(number)[3]
    maker.finish()
    client.exchange()
    assert client.response(number)[2:] == (b"onetwo", True)


def date(client: H2Client) -> dict[str, str]:
    return {"date": client.house.front.date}


def test_other_streams_are_not_held_up(house: House) -> None:
    client = H2Client(house)
    number = client.request()
    maker = Maker(house)
    maker.live.write(b"one")
    house.app.holding = False
    other = client.request(b"hello")
    assert client.response(other)[2:] == (b"hello", True)
    maker.finish(body=b"end")
    client.exchange()
    assert client.response(number)[2:] == (b"oneend", True)


def test_an_error_at_the_end_resets_the_stream(house: House) -> None:
    client = H2Client(house)
    number = client.request()
    maker = Maker(house)
    maker.live.write(b"one")
    maker.finish(503, b"no")
    client.exchange()
    [reset] = [event for event in client.events if isinstance(event, StreamReset)]
    assert (reset.stream_id, reset.error_code) == (number, ErrorCodes.INTERNAL_ERROR)
    assert bodies(client, number) == [b"one"]
    assert not [event for event in client.events if isinstance(event, StreamEnded)]


def test_a_maker_waits_for_the_window(house: House) -> None:
    client = H2Client(house)
    client.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 1000})
    client.exchange()
    number = client.request()
    maker = Maker(house)
    size = HELD_BYTES_MAX
    assert maker.live.write(b"x" * size)  # on its way, as far as the window goes
    assert not maker.live.write(b"y" * size)
    client.exchange()
    assert b"".join(bodies(client, number)) == b"x" * 1000
    assert maker.rooms == 0
    client.h2.increment_flow_control_window(size - 1000, number)
    client.h2.increment_flow_control_window(4 * size)
    client.exchange()
    assert maker.rooms == 1
    client.h2.increment_flow_control_window(size, number)
    client.exchange()
    assert b"".join(bodies(client, number)) == b"x" * size + b"y" * size
    maker.finish()  # needs no window
    client.exchange()
    assert client.response(number)[3]


@pytest.mark.parametrize("whole", [True, False])
def test_a_stream_or_connection_that_ends_lets_the_maker_go_on(house: House, whole: bool) -> None:
    client = H2Client(house)
    number = client.request()
    maker = Maker(house)
    client.client.connection.pause_writing()
    maker.live.write(b"x" * HELD_BYTES_MAX)
    assert not maker.live.write(b"x" * HELD_BYTES_MAX)
    if whole:
        client.client.vanish()
    else:
        client.h2.reset_stream(number)
        client.exchange()
    assert house.app.gone_exchanges == [maker.exchange]
    assert maker.rooms == 1
    assert maker.live.write(b"x" * HELD_BYTES_MAX)
    maker.finish()


def test_an_ordinary_answer_is_what_it_was(house: House) -> None:
    house.app.holding = False
    [(status, headers, body)] = Client(house).send(post(b"hello")).responses()
    assert (status, headers["content-length"], body) == (200, "5", b"hello")
