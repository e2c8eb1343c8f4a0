"""Streamed answers over real sockets: each piece is there before the function goes on."""

from __future__ import annotations

import base64
import http.client
import json
import shutil
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, ResponseReceived, StreamEnded, StreamReset

from cloudchamber.services.lambda_.preludes import CONTENT_TYPE
from tests.unit.engines.functions.benches import package
from tests.unit.server.served import Server
from tests.unit.services.lambda_.crew import ONE
from tests.unit.services.lambda_.streaming import (
    PATIENCE_S,
    Gate,
    Visit,
    client_of,
    complete,
    make_streaming,
    megabytes,
)

MB = 1 << 20


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    with Gate() as opened:
        yield opened


@pytest.fixture(scope="module", params=["demand", "live"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    chamber = {"iam": "off", "account": ONE, "clock": request.param}
    with Server(folder, chamber=chamber) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Any]:
    opened = client_of(server)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def host(client: Any, gate: Gate) -> str:
    return make_streaming(client, gate)


# A function URL over HTTP/1.1


def test_a_piece_is_there_before_the_function_goes_on(
    server: Server, host: str, gate: Gate
) -> None:
    with Visit(server.port, host, "/two") as visit:
        assert visit.answer.status == 200
        assert visit.answer.headers["transfer-encoding"] == "chunked"
        assert visit.answer.headers["content-type"] == "text/plain"
        assert "content-length" not in visit.answer.headers
        assert visit.read(3) == b"one"
        gate.open()
        assert visit.answer.read() == b"two"
        # The connection is as good as new.
        visit.connection.request("GET", "/plain", headers={"Host": host})
        assert visit.connection.getresponse().read() == b'{"statusCode": 200, "body": "plain"}'


def test_status_headers_and_cookies_come_from_the_prelude(
    server: Server, host: str, gate: Gate
) -> None:
    with Visit(server.port, host, "/teapot") as visit:
        headers = visit.answer.headers
        assert visit.answer.status == 418
        assert headers["x-colour"] == "red"
        assert headers["content-type"] == "text/plain"
        assert headers.get_all("set-cookie") == ["a=1; Path=/", "b=2"]
        assert len(headers["x-amzn-requestid"]) == 36
        assert visit.read(5) == b"short"
        gate.open()
        assert visit.answer.read() == b" and stout"


def test_a_prelude_that_is_none_is_a_bad_gateway(server: Server, host: str) -> None:
    with Visit(server.port, host, "/no-prelude") as visit:
        assert (visit.answer.status, visit.answer.read()) == (502, b"Internal Server Error")


def test_a_status_without_a_body_has_none(server: Server, host: str) -> None:
    with Visit(server.port, host, "/empty") as visit:
        assert (visit.answer.status, visit.answer.read()) == (204, b"")


def test_who_asks_for_the_head_gets_the_head(server: Server, host: str, gate: Gate) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    connection.request("HEAD", "/two", headers={"Host": host})
    gate.open()
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    connection.close()


@pytest.mark.parametrize("what", ["error", "exit", "cut"])
def test_a_function_that_fails_midway_breaks_the_answer_off(
    server: Server, host: str, gate: Gate, what: str
) -> None:
    with Visit(server.port, host, f"/{what}") as visit:
        assert visit.answer.status == 200
        assert visit.read(3) == b"one"
        gate.open()
        with pytest.raises(http.client.IncompleteRead):
            visit.answer.read()


def test_a_function_that_fails_before_it_has_said_anything_is_a_bad_gateway(
    server: Server, host: str
) -> None:
    with Visit(server.port, host, "/error-at-once") as visit:
        assert (visit.answer.status, visit.answer.read()) == (502, b"Internal Server Error")


def test_a_client_of_http_1_0_gets_it_without_chunks(server: Server, host: str, gate: Gate) -> None:
    with server.connect() as client:
        client.sendall(f"GET /two HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        data = b""
        while not data.endswith(b"\r\n\r\none"):
            data += client.recv(65536)
        gate.open()
        assert b"transfer-encoding" not in data
        assert client.recv(65536) == b"two"
        assert client.recv(65536) == b""


def test_buffered_stays_buffered(client: Any, server: Server, host: str, gate: Gate) -> None:
    client.update_function_url_config(FunctionName="jobs", InvokeMode="BUFFERED")
    try:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
        connection.request("GET", "/two", headers={"Host": host})
        gate.wait()
        assert connection.sock is not None
        connection.sock.setblocking(False)
        with pytest.raises(BlockingIOError):  # one piece is made, and nobody has heard of it
            connection.sock.recv(1)
        connection.sock.settimeout(PATIENCE_S)
        gate.open()
        answer = connection.getresponse()
        assert answer.headers["content-length"] == "6"
        assert answer.read() == b"onetwo"
        connection.request("GET", "/mb-7", headers={"Host": host})
        assert connection.getresponse().status == 502  # at most 6 MB
        connection.close()
    finally:
        client.update_function_url_config(FunctionName="jobs", InvokeMode="RESPONSE_STREAM")


# The same over HTTP/2 in clear


class H2Visit:
    """A GET over HTTP/2 with prior knowledge. The client takes at most `window` bytes unasked."""

    def __init__(self, port: int, host: str, path: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        fields = [(":method", "GET"), (":path", path), (":scheme", "http"), (":authority", host)]
        self.h2.send_headers(1, fields, end_stream=True)
        self.events: list[Event] = []
        self._flush()

    def __enter__(self) -> H2Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def _flush(self) -> None:
        self.socket.sendall(self.h2.data_to_send())

    def until(self, kind: type[Event], body: bytes | None = None) -> Any:
        """Read until this has happened (and the body so far is this); the event."""
        while True:
            for event in self.events:
                if isinstance(event, kind) and (body is None or self.body == body):
                    return event
            data = self.socket.recv(65536)
            assert data
            for event in self.h2.receive_data(data):
                self.events.append(event)
                if isinstance(event, DataReceived):
                    self.h2.acknowledge_received_data(event.flow_controlled_length, 1)
            self._flush()

    @property
    def body(self) -> bytes:
        return b"".join(event.data for event in self.events if isinstance(event, DataReceived))

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(str(name), str(value)) for name, value in self.until(ResponseReceived).headers]


def test_over_http2_too(server: Server, host: str, gate: Gate) -> None:
    with H2Visit(server.port, host, "/teapot") as visit:
        visit.until(DataReceived, b"short")
        headers = visit.headers
        assert (":status", "418") in headers
        assert ("x-colour", "red") in headers
        assert [value for name, value in headers if name == "set-cookie"] == ["a=1; Path=/", "b=2"]
        assert "content-length" not in dict(headers)
        gate.open()
        visit.until(StreamEnded)
        assert visit.body == b"short and stout"


def test_over_http2_a_failure_resets_the_stream(server: Server, host: str, gate: Gate) -> None:
    with H2Visit(server.port, host, "/error") as visit:
        visit.until(DataReceived, b"one")
        gate.open()
        assert visit.until(StreamReset).error_code == ErrorCodes.INTERNAL_ERROR
        assert not any(isinstance(event, StreamEnded) for event in visit.events)
        assert visit.body == b"one"


def test_over_http2_large_answers_follow_the_windows(server: Server, host: str) -> None:
    with H2Visit(server.port, host, "/mb-3") as visit:
        visit.until(StreamEnded)
        assert visit.body == megabytes(3)


# InvokeWithResponseStream


def invoke(client: Any, what: str, **given: Any) -> Any:
    payload = json.dumps({"what": what}).encode()
    return client.invoke_with_response_stream(FunctionName="jobs", Payload=payload, **given)


def test_events_come_as_they_are_made(client: Any, host: str, gate: Gate) -> None:
    answer = invoke(client, "two", LogType="Tail")
    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert answer["ResponseStreamContentType"] == "text/plain"
    events = iter(answer["EventStream"])
    assert next(events) == {"PayloadChunk": {"Payload": b"one"}}
    gate.open()
    payload, told = complete(list(events))
    assert payload == b"two"
    assert set(told) == {"LogResult"}
    log = base64.b64decode(told["LogResult"]).decode()
    assert log.startswith("START RequestId: ")
    assert "\ntold two\n" in log
    assert "\nREPORT RequestId: " in log


@pytest.mark.parametrize(
    ("what", "code", "said"),
    [
        ("error", "Own.Error", "halfway"),
        ("exit", "Runtime.ExitError", "exit status 3"),
        ("cut", "Runtime.TruncatedResponse", "was not ended"),
    ],
)
def test_the_last_event_says_what_went_wrong(
    client: Any, host: str, gate: Gate, what: str, code: str, said: str
) -> None:
    events = iter(invoke(client, what)["EventStream"])
    assert next(events) == {"PayloadChunk": {"Payload": b"one"}}
    gate.open()
    payload, told = complete(list(events))
    assert payload == b""
    assert told["ErrorCode"] == code
    assert said in json.loads(told["ErrorDetails"])["errorMessage"]


def test_a_prelude_is_the_callers_business(client: Any, host: str, gate: Gate) -> None:
    answer = invoke(client, "teapot")
    assert answer["ResponseStreamContentType"] == CONTENT_TYPE
    gate.open()
    payload, _ = complete(list(answer["EventStream"]))
    assert payload.endswith(bytes(8) + b"short and stout")


def test_invoke_gets_what_was_streamed_in_one_piece(client: Any, host: str, gate: Gate) -> None:
    payload = json.dumps({"what": "mb-2"}).encode()
    answer = client.invoke(FunctionName="jobs", Payload=payload)
    assert answer["Payload"].read() == megabytes(2)
    answer = client.invoke(FunctionName="jobs", Payload=json.dumps({"what": "mb-7"}).encode())
    told = json.loads(answer["Payload"].read())
    assert told["errorType"] == "Function.ResponseSizeTooLarge"


@pytest.mark.skipif(shutil.which("node") is None, reason="this machine has no Node")
def test_node_streams(client: Any, server: Server, gate: Gate) -> None:
    source = """
import net from "node:net";
export const handler = awslambda.streamifyResponse(async (event, out, context) => {
  out = awslambda.HttpResponseStream.from(out, { statusCode: 202, cookies: ["a=1", "b=2"] });
  out.write("one");
  await new Promise((go) => net.connect(+process.env.GATE, "127.0.0.1").on("close", go).resume());
  if (event.rawPath === "/error") throw new TypeError("halfway");
  out.write("two");
  out.end();
});
"""
    client.create_function(
        FunctionName="node",
        Runtime="nodejs20.x",
        Handler="index.handler",
        Role=f"arn:aws:iam::{ONE}:role/worker",
        Timeout=60,
        Code={"ZipFile": package({"index.mjs": source})},
        Environment={"Variables": {"GATE": str(gate.port)}},
    )
    made = client.create_function_url_config(
        FunctionName="node", AuthType="NONE", InvokeMode="RESPONSE_STREAM"
    )
    host = made["FunctionUrl"].split("/")[2]
    with Visit(server.port, host, "/") as visit:
        assert visit.answer.status == 202
        assert visit.answer.headers.get_all("set-cookie") == ["a=1", "b=2"]
        assert visit.read(3) == b"one"
        gate.open()
        assert visit.answer.read() == b"two"
    with Visit(server.port, host, "/error") as visit:
        assert visit.read(3) == b"one"
        gate.open()
        with pytest.raises(http.client.IncompleteRead):
            visit.answer.read()
    client.delete_function(FunctionName="node")
