"""HTTP/1.1 as bytes: order, framing, limits, slowness, and what a server must not believe."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.server.http.http1 import BACKLOG_MAX, TURN_MAX
from cloudchamber.server.http.limits import Limits
from cloudchamber.wire.http import Response
from tests.unit.server.fakes import HOST, Client, House, post

SMALL = Limits(head_bytes_max=1000, header_count_max=10, body_bytes_max=100, bodies_bytes_max=150)


def test_a_request_arrives_whole() -> None:
    house = House()
    client = Client(house).send(post(b"hello", b"X-Amz-Target: A.B", target=b"/a%20b?x=1&y="))
    [request] = house.app.requests
    assert (request.method, request.path, request.query) == ("POST", "/a%20b", "x=1&y=")
    assert request.headers["x-amz-target"] == "A.B"
    assert request.headers["host"] == "localhost"
    assert request.body == b"hello"
    [(status, headers, body)] = client.responses()
    assert (status, body) == (200, b"hello")
    assert headers["content-type"] == "text/plain"
    assert headers["date"].endswith("gmt")
    assert not client.transport.is_closing()


@given(st.lists(st.integers(1, 40), max_size=12), st.booleans())
def test_pieces_make_no_difference(sizes: list[int], chunked: bool) -> None:
    if chunked:
        one = b"POST /a HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
        one += b"3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
    else:
        one = post(b"abcde", target=b"/a")
    data = one + b"GET /b HTTP/1.1\r\n" + HOST + b"\r\n" + one
    house = House()
    client = Client(house)
    for size in sizes:
        client.send(data[:size])
        data = data[size:]
    client.send_bytewise(data)
    assert [request.path for request in house.app.requests] == ["/a", "/b", "/a"]
    assert [body for _, _, body in client.responses()] == [b"abcde", b"", b"abcde"]
    assert house.activity.receiving == 0
    assert house.front.bodies_bytes == 0


def test_repeated_headers_are_joined() -> None:
    house = House()
    Client(house).send(post(b"", b"X-A: 1", b"x-a: 2", b"X-B: \xe9"))
    assert house.app.requests[0].headers["x-a"] == "1, 2"
    assert house.app.requests[0].headers["x-b"] == "\xe9"


def test_pipelined_requests_take_turns_and_are_answered_in_order() -> None:
    house = House()
    house.app.holding = True
    client = Client(house).send(post(b"1") + post(b"2") + post(b"3"))
    assert [request.body for request in house.app.requests] == [b"1"]
    house.app.answer(house.app.held[0])
    assert [request.body for request in house.app.requests] == [b"1", b"2"]
    house.app.holding = False
    house.app.answer(house.app.held[1])
    assert [body for _, _, body in client.responses()] == [b"1", b"2", b"3"]


def test_a_flood_of_pipelined_requests_lets_others_have_a_turn() -> None:
    house = House()
    client = Client(house).send(post() * (TURN_MAX + 5))
    assert len(client.responses()) == TURN_MAX
    house.run_postponed()
    assert len(client.responses()) == TURN_MAX + 5


def test_a_client_far_ahead_of_its_answers_is_not_read() -> None:
    house = House()
    house.app.holding = True
    client = Client(house).send(post() * (BACKLOG_MAX + 1))
    assert not client.transport.reading
    house.app.answer(house.app.held.pop())
    assert client.transport.reading


def test_a_client_that_does_not_read_is_not_answered() -> None:
    house = House()
    client = Client(house)
    client.connection.pause_writing()
    client.send(post(b"1"))
    assert house.app.requests == []
    assert not client.transport.reading
    client.connection.resume_writing()
    assert len(client.responses()) == 1
    assert client.transport.reading


def test_a_client_that_never_reads_is_cut_off() -> None:
    house = House()
    client = Client(house).send(post(b"1"))
    client.connection.pause_writing()
    house.pass_time(house.front.limits.write_stall_ns - 1)
    assert not client.transport.aborted
    house.pass_time(1)
    assert client.transport.aborted


def test_head_has_a_length_and_no_body() -> None:
    house = House()
    house.app.headers["Content-Length"] = "123"
    client = Client(house).send(b"HEAD / HTTP/1.1\r\n" + HOST + b"\r\n")
    assert b"Content-Length: 123\r\n" in client.received
    assert client.received.count(b"ontent-") == 2  # the length once, and the type
    assert client.received.endswith(b"\r\n\r\n")


def test_a_body_decides_its_length_whatever_the_headers_say() -> None:
    house = House()
    house.app.headers["content-length"] = "99"
    [(_, headers, body)] = Client(house).send(post(b"abc")).responses()
    assert (headers["content-length"], body) == ("3", b"abc")


def test_no_content_has_no_length() -> None:
    house = House()
    house.app.status = 204
    client = Client(house).send(post())
    assert b"content-length" not in client.received


def test_a_header_cannot_add_another() -> None:
    house = House()
    house.app.headers["x-key"] = "a\r\nset-cookie: b\n\nc"
    [(_, headers, _)] = Client(house).send(post()).responses()
    assert "set-cookie" not in headers
    assert headers["x-key"] == "a  set-cookie: b  c"


def test_expect_continue_is_answered_at_once() -> None:
    house = House()
    client = Client(house)
    client.send(b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nExpect: 100-Continue\r\n\r\n")
    assert client.received == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.send(b"abc")
    assert [(status, body) for status, _, body in client.responses()] == [(100, b""), (200, b"abc")]


def test_expect_continue_waits_for_its_turn() -> None:
    house = House()
    house.app.holding = True
    client = Client(house).send(post(b"1"))
    client.send(b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    assert client.received == b""
    house.app.answer(house.app.held[0])
    assert [status for status, _, _ in client.responses()] == [200, 100]


def test_a_client_that_does_not_wait_gets_no_word_to_go_on() -> None:
    client = Client(House()).send(post(b"abc", b"Expect: 100-continue"))
    assert [status for status, _, _ in client.responses()] == [200]


def test_an_unwelcome_body_is_refused_before_it_is_sent() -> None:
    client = Client(House(SMALL))
    client.send(
        b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 101\r\nExpect: 100-continue\r\n\r\n"
    )
    assert [status for status, _, _ in client.responses()] == [413]


GET = b"GET / HTTP/1.1\r\n" + HOST
POST = b"POST / HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
REFUSED = MappingProxyType(
    {
        "not HTTP": (b"hello there\r\n\r\n", 400),
        "no Host": (b"GET / HTTP/1.1\r\n\r\n", 400),
        "two Hosts": (GET + HOST + b"\r\n", 400),
        "a foreign Host": (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
        "a foreign Origin": (GET + b"Origin: http://evil.example\r\n\r\n", 403),
        "two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        "length and chunks": (CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n", 400),
        "a length with a sign": (POST + b"Content-Length: +5\r\n\r\nabcde", 400),
        "an odd encoding": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
        "a space before the colon": (GET + b"X-A : 1\r\n\r\n", 400),
        "a bare line end in a value": (GET + b"X-A: 1\rX-B: 2\r\n\r\n", 400),
        "a chunk of no size": (CHUNKED + b"\r\nzz\r\n", 400),
        "a URL that is none": (b"GET nowhere HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        "a tunnel": (b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        "HTTP/3 by name": (b"GET / HTTP/3.0\r\n" + HOST + b"\r\n", 400),
        "an unknown expectation": (GET + b"Expect: tea\r\n\r\n", 417),
        "a WebSocket": (GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 400),
        "too many headers": (GET + b"A: 1\r\n" * 10 + b"\r\n", 431),
        "a long header": (GET + b"A: " + b"1" * 1000 + b"\r\n\r\n", 431),
        "a long URL": (b"GET /" + b"a" * 1000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 431),
        "a long body": (post(b"1" * 101), 413),
        "long chunks": (CHUNKED + b"\r\n" + (b"32\r\n" + b"1" * 50 + b"\r\n") * 3, 413),
    }
)


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("bytewise", [False, True])
def test_refusals(name: str, bytewise: bool) -> None:
    data, status = REFUSED[name]
    house = House(SMALL)
    client = Client(house).send(post(b"1"))  # the one before is answered all the same
    if bytewise:
        client.send_bytewise(data)
    else:
        client.send(data)
    assert [found for found, _, _ in client.responses()] == [200, status]
    _, headers, body = client.responses()[1]
    assert headers["connection"] == "close"
    assert b'"message":"' in body
    assert len(house.app.requests) == 1
    assert client.transport.half_closed
    assert house.activity.receiving == 0
    client.send(post(b"2"))
    assert len(house.app.requests) == 1  # nothing is read after a refusal
    house.pass_time(house.front.limits.linger_ns)
    assert client.transport.aborted


def test_endless_heads_end() -> None:
    house = House(SMALL)
    client = Client(house).send(b"GET / HTTP/1.1\r\nX-A: ")
    for _ in range(20):
        client.send(b"a" * 100)
    assert [status for status, _, _ in client.responses()] == [431]


def test_all_bodies_together_are_bounded() -> None:
    house = House(SMALL)
    first = Client(house).send(
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 99\r\n\r\n" + b"1" * 90
    )
    second = Client(house).send(post(b"2" * 80))
    assert [status for status, _, _ in second.responses()] == [503]
    first.send(b"1" * 9)
    assert [status for status, _, _ in first.responses()] == [200]
    assert house.front.bodies_bytes == 0


def test_absolute_targets_carry_their_own_host() -> None:
    house = House()
    client = Client(house)
    client.send(b"GET http://sqs.us-east-1.amazonaws.com/a?b HTTP/1.1\r\nHost: localhost\r\n\r\n")
    client.send(b"GET http://localhost?c HTTP/1.1\r\nHost: localhost\r\n\r\n")
    client.send(b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n")
    first, second, third = house.app.requests
    assert first.headers["host"] == "sqs.us-east-1.amazonaws.com"
    assert (first.path, first.query) == ("/a", "b")
    assert (second.path, second.query) == ("/", "c")
    assert third.path == "*"


def test_an_upgrade_to_http2_is_passed_over() -> None:
    house = House()
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    client = Client(house)
    client.send(b"GET /a HTTP/1.1\r\n" + HOST + upgrade + b"\r\n" + post(b"2"))
    client.send_bytewise(
        b"POST /b HTTP/1.1\r\n" + HOST + upgrade + b"Content-Length: 3\r\n\r\nabc" + post(b"4")
    )
    assert [body for _, _, body in client.responses()] == [b"", b"2", b"abc", b"4"]
    assert house.activity.receiving == 0


def test_http10_is_answered_and_closed() -> None:
    house = House()
    client = Client(house).send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    [(status, headers, _)] = client.responses()
    assert (status, headers["connection"]) == (200, "close")
    assert client.transport.is_closing()


def test_connection_close_is_kept_to() -> None:
    client = Client(House()).send(post(b"1", b"Connection: close") + post(b"2"))
    assert [body for _, _, body in client.responses()] == [b"1"]
    assert client.transport.is_closing()


# Time


def test_a_slow_head_has_one_deadline_whatever_trickles_in() -> None:
    house = House()
    client = Client(house).send(post(b"1"))
    for byte in b"POST / HT":
        client.send(bytes([byte]))
        house.pass_time(house.front.limits.head_ns // 10)
    assert len(client.responses()) == 1
    house.pass_time(house.front.limits.head_ns // 10)
    assert [status for status, _, _ in client.responses()] == [200, 408]


def test_a_connection_that_says_nothing_is_closed() -> None:
    house = House()
    client = Client(house)
    house.pass_time(house.front.limits.head_ns)
    assert client.transport.aborted


def test_a_body_may_trickle_but_not_stop() -> None:
    house = House()
    client = Client(house).send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\n")
    for _ in range(4):
        house.pass_time(house.front.limits.body_idle_ns - 1)
        client.send(b"a")
    house.pass_time(house.front.limits.body_idle_ns)
    assert [status for status, _, _ in client.responses()] == [408]


def test_an_idle_connection_is_closed_in_the_end() -> None:
    house = House()
    client = Client(house).send(post(b"1"))
    house.pass_time(house.front.limits.keep_alive_ns - 1)
    assert not client.transport.is_closing()
    house.pass_time(1)
    assert client.transport.is_closing()
    assert len(client.responses()) == 1


def test_a_call_may_wait_as_long_as_it_likes() -> None:
    house = House()
    house.app.holding = True
    client = Client(house).send(post(b"1") + b"POST / HTTP")
    house.pass_time(100 * house.front.limits.keep_alive_ns)
    house.app.answer(house.app.held[0])
    assert len(client.responses()) == 1
    # only now does the head behind it get its time
    house.pass_time(house.front.limits.head_ns)
    assert [status for status, _, _ in client.responses()] == [200, 408]


# Ends


def test_a_half_closed_client_gets_its_answer() -> None:
    house = House()
    house.app.holding = True
    house.app.gives_up = False  # the answer is on its way
    client = Client(house).send(post(b"1")).end()
    assert not client.transport.is_closing()
    house.app.answer(house.app.held[0])
    assert [headers["connection"] for _, headers, _ in client.responses()] == ["close"]
    assert client.transport.is_closing()


def test_a_waiting_call_is_given_up_when_its_client_ends() -> None:
    house = House()
    house.app.holding = True
    client = Client(house).send(post(b"1")).end()
    assert house.app.gone_exchanges == house.app.held
    assert client.transport.is_closing()
    client.vanish()
    assert len(house.app.gone_exchanges) == 1


def test_a_request_cut_short_is_told_so() -> None:
    house = House()
    client = Client(house).send(post(b"12345")[:-1]).end()
    assert [status for status, _, _ in client.responses()] == [400]


def test_a_broken_connection_gives_up_its_call() -> None:
    house = House()
    house.app.holding = True
    client = Client(house).send(post(b"1") + post(b"2") + b"POST")
    client.vanish()
    assert len(house.app.gone_exchanges) == 1
    house.app.answer(house.app.held[0])  # too late, and harmless
    assert client.received == b""
    assert len(house.app.requests) == 1
    assert house.activity.receiving == 0
    assert house.front.guests == 0


def test_stopping_answers_what_is_under_way() -> None:
    house = House()
    house.app.holding = True
    idle, busy, reading = Client(house), Client(house), Client(house)
    busy.send(post(b"1"))
    reading.send(post(b"22")[:-1])
    house.front.stop()
    assert idle.transport.is_closing()
    assert not busy.transport.is_closing()
    late = Client(house)
    assert [status for status, _, _ in late.responses()] == [503]
    assert late.transport.is_closing()
    house.app.answer(house.app.held[0])
    assert busy.transport.is_closing()
    house.app.holding = False
    reading.send(b"2")
    assert [body for _, _, body in reading.responses()] == [b"22"]
    assert reading.transport.is_closing()


def test_connections_are_counted() -> None:
    house = House(Limits(connections_max=2))
    first, second, third = Client(house), Client(house), Client(house)
    assert [status for status, _, _ in third.responses()] == [503]
    third.vanish()
    first.vanish()
    assert house.front.guests == 1
    assert Client(house).send(post(b"1")).responses()[0][2] == b"1"
    assert second.send(post(b"2")).responses()[0][2] == b"2"


def test_an_answer_is_sent_once() -> None:
    house = House()
    house.app.holding = True
    client = Client(house).send(post(b"1"))
    [exchange] = house.app.held
    house.app.answer(exchange)
    exchange.answer(Response(500, {}))
    assert [status for status, _, _ in client.responses()] == [200]


@given(st.binary(max_size=200), st.booleans())
def test_rubbish_never_raises(data: bytes, after_a_head: bool) -> None:
    house = House(SMALL)
    client = Client(house)
    if after_a_head:
        client.send(b"POST / HTTP/1.1\r\n" + HOST)
    client.send_bytewise(data)
    client.vanish()
    assert house.activity.receiving == 0
    assert house.front.bodies_bytes == 0
