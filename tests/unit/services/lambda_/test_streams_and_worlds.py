"""What streams leave behind: clients that go, limits, memory, and one digest whoever listens."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import DEFAULT_START_NS
from cloudchamber.wire.http import Request
from tests.unit.server.served import Server
from tests.unit.services.lambda_.crew import ONE, archive
from tests.unit.services.lambda_.streaming import (
    PATIENCE_S,
    Gate,
    Visit,
    client_of,
    complete,
    make_streaming,
    megabytes,
)

WORLD = {"iam": "off", "account": ONE, "seed": 7, "start_ns": DEFAULT_START_NS}


def control(server: Server, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/_chamber/{path}") as answer:
        return json.load(answer)


def let_pass(server: Server) -> None:
    """Let a second pass, which waits for what runs."""
    url = f"http://127.0.0.1:{server.port}/_chamber/clock"
    with urllib.request.urlopen(url, b'{"advance": "1s"}') as answer:
        assert answer.status == 200


def ended(server: Server) -> list[str]:
    """What is told of invocations that have ended."""
    events = control(server, "events?limit=1000")["events"]
    return [event["sentence"] for event in events if event["what"] == "lambda.invoked"]


def peak_mb(server: Server) -> int:
    """The most memory that the server ever had."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) >> 10


@pytest.fixture
def gate() -> Iterator[Gate]:
    with Gate() as opened:
        yield opened


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path, chamber={"iam": "off", "account": ONE}) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[Any]:
    opened = client_of(server)
    yield opened
    opened.close()


def test_a_client_that_leaves_midway_harms_nobody(server: Server, client: Any, gate: Gate) -> None:
    host = make_streaming(client, gate)
    with Visit(server.port, host, "/two") as visit:
        assert visit.read(3) == b"one"
        gate.wait()
    assert ended(server) == []
    gate.open()
    let_pass(server)
    [sentence] = ended(server)
    assert sentence.startswith("jobs answered ")
    # The same environment serves the next, whose client leaves before it has heard anything.
    with server.connect() as early:
        early.sendall(f"GET /two HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        gate.wait()
    gate.open()
    let_pass(server)
    assert len(ended(server)) == 2
    with Visit(server.port, host, "/two") as visit:
        gate.open()
        assert visit.answer.read() == b"onetwo"
    assert server.said == ""


@pytest.mark.parametrize("end", ["reset", "stop"])
def test_a_world_that_ends_midway_breaks_the_answer_off(
    server: Server, client: Any, gate: Gate, end: str
) -> None:
    host = make_streaming(client, gate)
    with Visit(server.port, host, "/two") as visit:
        assert visit.read(3) == b"one"
        gate.wait()
        if end == "stop":
            assert server.stop() == 0
        else:
            url = f"http://127.0.0.1:{server.port}/_chamber/reset"
            with urllib.request.urlopen(url, b"{}") as answer:
                assert answer.status == 200
        with pytest.raises(http.client.IncompleteRead):
            visit.answer.read()
    assert server.said == ""


def test_a_function_that_runs_out_of_time_midway(server: Server, client: Any, gate: Gate) -> None:
    host = make_streaming(client, gate, Timeout=1)
    with Visit(server.port, host, "/hang") as visit:
        assert visit.read(3) == b"one"
        with pytest.raises(http.client.IncompleteRead):
            visit.answer.read()
    answer = client.invoke_with_response_stream(
        FunctionName="jobs", Payload=b'{"what": "hang"}', LogType="Tail"
    )
    payload, told = complete(list(answer["EventStream"]))
    assert payload == b"one"
    assert told["ErrorCode"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in told["ErrorDetails"]
    assert "Status: timeout" in base64.b64decode(told["LogResult"]).decode()


def test_a_long_stream_lies_in_nobodys_memory(server: Server, client: Any, gate: Gate) -> None:
    host = make_streaming(client, gate)
    with Visit(server.port, host, "/mb-1") as visit:
        assert visit.answer.read() == megabytes(1)
    before = peak_mb(server)
    # A client with little room for what it has not read, and that reads little at a time.
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        slow.settimeout(PATIENCE_S)
        slow.connect(("127.0.0.1", server.port))
        slow.sendall(f"GET /mb-150 HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        length = 0
        while piece := slow.recv(16_384):
            length += len(piece)
    assert length > 150 << 20
    assert peak_mb(server) - before < 50
    answer = client.invoke_with_response_stream(FunctionName="jobs", Payload=b'{"what": "mb-20"}')
    payload, told = complete(list(answer["EventStream"]))
    assert payload == megabytes(20)
    assert told == {}


def test_a_stream_has_at_most_200_mb(server: Server, client: Any, gate: Gate) -> None:
    make_streaming(client, gate)
    answer = client.invoke_with_response_stream(FunctionName="jobs", Payload=b'{"what": "mb-201"}')
    length, last = 0, {}
    for event in answer["EventStream"]:
        length += len(event.get("PayloadChunk", {}).get("Payload", b""))
        last = event
    assert last["InvokeComplete"]["ErrorCode"] == "Function.ResponseSizeTooLarge"
    assert "209715200 bytes" in last["InvokeComplete"]["ErrorDetails"]
    assert 199 << 20 < length <= 200 << 20


# Worlds

STORIES = ("mb-1", "plain", "error-at-once", "mb-3")
NO_GATE = {"Variables": {"GATE": "0"}}  # a port would be another in each run


def tell(client: Any, gate: Gate) -> list[tuple[bytes, str]]:
    """Streams of all kinds: what was streamed, and what went wrong."""
    make_streaming(client, gate, Environment=NO_GATE)
    found = []
    for what in STORIES:
        payload = json.dumps({"what": what}).encode()
        answer = client.invoke_with_response_stream(FunctionName="jobs", Payload=payload)
        data, told = complete(list(answer["EventStream"]))
        found.append((data, told.get("ErrorCode", "")))
    return found


def test_in_process_the_events_are_there_at_the_end(gate: Gate) -> None:
    with Chamber(seed=7, account=ONE, iam="off") as chamber:
        client = chamber.client("lambda")
        assert tell(client, gate) == [
            (megabytes(1), ""),
            (b'{"statusCode": 200, "body": "plain"}', ""),
            (b"", "Own.Error"),
            (megabytes(3), ""),
        ]
        url = client.get_function_url_config(FunctionName="jobs")["FunctionUrl"].split("/")[2]
        answer = chamber.host.handle(Request("GET", "/mb-2", "", {"host": url}))
        assert answer.streamed is not None
        assert answer.streamed.joined() == megabytes(2)
        answer = client.invoke_with_response_stream(
            FunctionName="jobs", Payload=b'{"what": "mb-8"}', LogType="Tail"
        )
        payload, told = complete(list(answer["EventStream"]))
        assert len(payload) == 8 << 20
        assert b"Duration: 1002.00 ms" in base64.b64decode(told["LogResult"])  # 6 MB are free
        blobs = chamber.cloud.blobs
        assert len(blobs.names()) == 1  # the function's own archive: nothing of any stream
        blobs.collect()
        assert frozenset(blobs.store.names()) == blobs.names()


def test_one_digest_whoever_listens(tmp_path: Path, gate: Gate) -> None:
    """In process twice, and over HTTP, where every piece is told as it comes."""
    digests = []
    for _ in range(2):
        with Chamber(seed=7, account=ONE, iam="off") as chamber:
            tell(chamber.client("lambda"), gate)
            digests.append(chamber.digest)
    with Server(tmp_path, chamber=WORLD, given=["start_ns"]) as server:
        client = client_of(server)
        tell(client, gate)
        digests.append(control(server, "health")["digest"])
        client.close()
    assert digests[1:] == digests[:-1]


def test_a_replay_runs_and_sends_nothing(gate: Gate) -> None:
    journal: list[bytes] = []
    with Chamber(seed=7, account=ONE, iam="off") as chamber:
        chamber.cloud.journal = journal.append
        tell(chamber.client("lambda"), gate)
        digest, settings = chamber.digest, chamber.cloud.settings
        now_ns = chamber.cloud.kernel.now
    again = Cloud(settings)
    for record in journal:
        again.replay(record)
    again.kernel.run_until(now_ns)
    assert again.kernel.digest == digest
    assert again.answer_streams == {}
    assert max(len(record) for record in journal) < 256 << 10  # no body lies in the journal


def test_a_world_that_is_read_back_is_the_same(tmp_path: Path, gate: Gate) -> None:
    data = str(tmp_path / "world")
    chosen = ["start_ns", "iam", "account"]
    with Server(tmp_path, data=data, chamber=WORLD, given=chosen) as server:
        client = client_of(server)
        tell(client, gate)
        host = client.get_function_url_config(FunctionName="jobs")["FunctionUrl"].split("/")[2]
        with Visit(server.port, host, "/mb-2") as visit:
            assert visit.answer.read() == megabytes(2)
        digest = control(server, "health")["digest"]
        client.close()
        server.kill()
    with Server(tmp_path, data=data, chamber=WORLD, given=chosen) as server:
        assert control(server, "health")["digest"] == digest
        with Visit(server.port, host, "/mb-2") as visit:
            assert visit.answer.read() == megabytes(2)


CALLER = """
import os, urllib.request
def handler(event, context):
    asked = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + "/mb-2")
    asked.add_header("Host", event["host"])
    with urllib.request.urlopen(asked) as answer:
        return [answer.headers["content-length"], len(answer.read())]
"""


def test_a_function_that_asks_another_gets_it_at_the_end(
    server: Server, client: Any, gate: Gate
) -> None:
    host = make_streaming(client, gate)
    client.create_function(
        FunctionName="caller",
        Runtime="python3.11",
        Handler="app.handler",
        Role=f"arn:aws:iam::{ONE}:role/worker",
        Timeout=60,
        Code={"ZipFile": archive(app=CALLER)},
    )
    answer = client.invoke(FunctionName="caller", Payload=json.dumps({"host": host}).encode())
    assert json.loads(answer["Payload"].read()) == ["2097152", 2097152]
