"""The whole server in a process of its own: sockets, signals, TLS, crashes, limits of the disk."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cloudchamber.server import instances
from tests.unit.server.fakes import post
from tests.unit.server.served import ROOT, Server, read_response, sqs_request

URL = "http://localhost:4566/000000000000/q"
CURL = shutil.which("curl")
needs_curl = pytest.mark.skipif(CURL is None, reason="curl is not on this machine")


def curl(*arguments: str) -> str:
    """What curl says."""
    assert CURL is not None
    done = subprocess.run(
        [CURL, "--silent", "--show-error", "--max-time", "20", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_life(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        assert server.started["endpoint"] == f"http://localhost:{server.port}"
        status, _, body = server.ask(b"GET /_chamber/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        health = json.loads(body)
        assert (status, health["status"]) == (200, "running")
        assert health["listens"] == f"127.0.0.1:{server.port}"
        assert server.sqs("CreateQueue", QueueName="q")[0] == 200
        began = time.monotonic()
        assert server.sqs("ReceiveMessage", QueueUrl=URL, WaitTimeSeconds=20) == (200, {})
        assert time.monotonic() - began < 10  # twenty seconds on its clock
        assert server.stop() == 0
        assert server.said == ""
    with pytest.raises(OSError, match="refused"):
        server.connect()


def test_one_byte_at_a_time(tmp_path: Path) -> None:
    with Server(tmp_path) as server, server.connect() as client:
        for byte in sqs_request("CreateQueue", QueueName="q"):
            client.sendall(bytes([byte]))
        assert read_response(client)[0] == 200


def test_pipelining_keeps_order(tmp_path: Path) -> None:
    with Server(tmp_path) as server, server.connect() as client:
        names = [f"q{number}" for number in range(200)]
        client.sendall(b"".join(sqs_request("CreateQueue", QueueName=name) for name in names))
        found = []
        for _ in names:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            body = b""
            while len(body) < size:
                body += client.recv(size - len(body))
            found.append(json.loads(body)["QueueUrl"].rpartition("/")[2])
        assert found == names


def test_a_half_closed_client_is_answered(tmp_path: Path) -> None:
    with Server(tmp_path) as server, server.connect() as client:
        client.sendall(sqs_request("CreateQueue", QueueName="q"))
        client.shutdown(socket.SHUT_WR)
        assert read_response(client)[0] == 200
        assert client.recv(10) == b""


def test_an_oversized_body_gets_its_answer_through(tmp_path: Path) -> None:
    with Server(tmp_path, limits={"body_bytes_max": 10_000}) as server, server.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"1000\r\n" + b"x" * 4096 + b"\r\n"
        for _ in range(200):  # far beyond what is refused, as a client does that does not look
            client.sendall(piece)
        assert read_response(client)[0] == 413


def test_slow_clients_are_sent_away(tmp_path: Path) -> None:
    limits = {"head_ns": 1_000_000, "keep_alive_ns": 1_000_000}
    with (
        Server(tmp_path, limits=limits) as server,
        server.connect() as slow,
        server.connect() as idle,
    ):
        slow.sendall(b"POST / HT")
        assert read_response(slow)[0] == 408
        assert idle.recv(10) == b""


def test_a_client_that_leaves_a_long_poll_takes_nothing(tmp_path: Path) -> None:
    with Server(tmp_path, chamber={"clock": "manual"}) as server:
        server.sqs("CreateQueue", QueueName="q")
        client = server.connect()
        client.sendall(sqs_request("ReceiveMessage", QueueUrl=URL, WaitTimeSeconds=20))
        client.close()
        # The server may hear of the one connection after the other: ask until it has.
        for _ in range(1000):
            server.sqs("SendMessage", QueueUrl=URL, MessageBody="m")
            if server.sqs("ReceiveMessage", QueueUrl=URL)[1].get("Messages"):
                return
        raise AssertionError("the messages went to a client that had left")


def test_stopping_tells_who_waits(tmp_path: Path) -> None:
    with Server(tmp_path, chamber={"clock": "manual"}) as server:
        server.sqs("CreateQueue", QueueName="q")
        with server.connect() as waiting, server.connect() as idle:
            waiting.sendall(sqs_request("ReceiveMessage", QueueUrl=URL, WaitTimeSeconds=20))
            server.sqs("ListQueues")  # asked later and answered, so the other has arrived
            assert server.stop() == 0
            status, _, body = read_response(waiting)
            assert (status, b"stopping" in body) == (503, True)
            assert idle.recv(10) == b""


@needs_curl
def test_http2_with_prior_knowledge(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        endpoint = f"http://localhost:{server.port}"
        arguments = ["--http2-prior-knowledge", "--write-out", "%{http_version} %{http_code}"]
        health = curl(*arguments, f"{endpoint}/_chamber/health")
        assert '"status":"running"' in health
        assert health.endswith("2 200")
        created = curl(*arguments, "-H", "X-Amz-Target: AmazonSQS.CreateQueue",
                       "-H", "Content-Type: application/x-amz-json-1.0",
                       "-d", '{"QueueName":"q"}', endpoint)  # fmt: skip
        assert created.endswith("2 200")


def test_tls(tmp_path: Path) -> None:
    with Server(tmp_path, tls={}) as server:
        assert server.started["endpoint"].startswith("https://")
        bundle = server.started["ca_bundle"]
        context = ssl.create_default_context(cafile=bundle)
        context.set_alpn_protocols(["http/1.1"])
        for name in ("localhost", "bucket.s3.localhost", "host.docker.internal", "127.0.0.1"):
            with context.wrap_socket(server.connect(), server_hostname=name) as client:
                client.sendall(sqs_request("CreateQueue", QueueName="q"))
                status, _, body = read_response(client)
                assert status == 200
                assert b"https://" in body
        with (
            pytest.raises(ssl.SSLError),
            context.wrap_socket(server.connect(), server_hostname="evil.example"),
        ):
            pass
        with server.connect() as plain:
            plain.sendall(post(b""))
            assert not plain.recv(10).startswith(b"HTTP")
        key = Path(bundle).with_name("key.pem")
        assert key.stat().st_mode & 0o077 == 0
        if CURL is not None:
            found = curl("--cacert", bundle, "--write-out", "%{http_version}",
                         f"https://localhost:{server.port}/_chamber/health")  # fmt: skip
            assert found.endswith("2")
        first = Path(bundle).read_bytes()
        assert server.stop() == 0
    with Server(tmp_path, tls={}) as server:  # whoever trusts the certificate goes on trusting it
        assert Path(server.started["ca_bundle"]).read_bytes() == first


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with Server(tmp_path) as first, Server(tmp_path, port=first.port) as second:
        assert second.process.wait(30) == 1
        assert f"refused: cannot listen on 127.0.0.1:{first.port}: Address already in use" in (
            second.said
        )


def test_a_directory_that_is_taken(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    with Server(tmp_path, data=data) as first:
        assert first.sqs("CreateQueue", QueueName="q")[0] == 200
        with Server(tmp_path, data=data) as second:
            assert second.process.wait(30) == 1
            assert f"in use by another chamber (process {first.process.pid})" in second.said
        assert first.sqs("SendMessage", QueueUrl=URL, MessageBody="a")[0] == 200


@pytest.mark.parametrize("fsync", [False, True])
def test_a_killed_server_forgets_nothing(tmp_path: Path, fsync: bool) -> None:
    data = str(tmp_path / "data")
    with Server(tmp_path, data=data, fsync=fsync) as server:
        server.sqs("CreateQueue", QueueName="q")
        for number in range(20):
            assert server.sqs("SendMessage", QueueUrl=URL, MessageBody=str(number))[0] == 200
        server.kill()
    with Server(tmp_path, data=data) as server:
        assert "records were replayed" in server.said
        assert server.started["restored"] >= 21
        assert len(_drain(server)) == 20
        assert server.stop() == 0
    with Server(tmp_path, data=data) as server:
        assert server.started["restored"] == 0
        assert _drain(server) == []  # still invisible


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """Where files may not grow beyond a size, writes fail as on a full disk."""
    data = str(tmp_path / "data")
    acknowledged = []
    refused = 0
    with Server(tmp_path, data=data, file_bytes_max=64 * 1024) as server:
        server.sqs("CreateQueue", QueueName="q")
        for number in range(60):
            text = f"{number} " + "x" * 2000
            status, answer = server.sqs("SendMessage", QueueUrl=URL, MessageBody=text)
            if status == 200:
                acknowledged.append(text)
            else:
                refused += 1
                assert status == 503
                assert "disk is full" in answer["message"]
        assert server.sqs("ListQueues")[0] == 200
        assert refused > 10
        assert "cannot write" in server.said
        server.kill()
    with Server(tmp_path, data=data) as server:
        found = [text for text in _drain(server) if text in acknowledged]
        assert sorted(found) == sorted(acknowledged)


def _drain(server: Server) -> list[str]:
    """Every message that can be had now."""
    found: list[str] = []
    for _ in range(100):
        _, answer = server.sqs("ReceiveMessage", QueueUrl=URL, MaxNumberOfMessages=10)
        messages = answer.get("Messages", [])
        if not messages:
            break
        found += [message["Body"] for message in messages]
    return found


def test_stop_finds_its_chamber(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert instances.running() == []
    with Server(tmp_path) as first, Server(tmp_path) as second:
        found = instances.running()
        assert [one.port for one in found] == sorted([first.port, second.port])
        second.kill()
        [left] = instances.running()  # the note of a killed one is not believed
        assert (left.port, left.pid) == (first.port, first.process.pid)
        thread = threading.Thread(target=first.process.wait)
        thread.start()
        assert instances.stop(left)
        thread.join()
        assert first.process.returncode == 0
        assert instances.running() == []


def test_starting_loads_little() -> None:
    """What is not needed to answer a first request costs no time at the start."""
    code = (
        "import sys; import cloudchamber.server.app; "
        "heavy = {'boto3', 'botocore', 'cryptography', 'h2', 'jwt', 'rich', 'numpy'}; "
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
