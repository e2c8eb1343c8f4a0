"""The Runtime API, spoken to by a bootstrap of our own that is neither Python's nor Node's."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from cloudchamber.engines.functions.lines import end_line, report_line, start_line
from tests.unit.engines.functions.benches import ARN, Bench, on_bench, package

BOOTSTRAP = """#!PYTHON -S
import http.client, json, os
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
base = "/2018-06-01/runtime"
link = http.client.HTTPConnection(api)
def ask(method, path, body=None, headers={}):
    link.request(method, path, body, headers)
    answer = link.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode()
seen = [ask("POST", base + "/invocation/nobody/response", "x")[0], ask("GET", "/elsewhere")[0]]
while True:
    status, headers, body = ask("GET", base + "/invocation/next")
    number = headers["Lambda-Runtime-Aws-Request-Id"]
    path = base + "/invocation/" + number
    seen += [ask("GET", base + "/invocation/next")[0], ask("POST", base + "/init/error", "{}")[0],
             ask("POST", path.replace(number, "other") + "/response", "x")[0]]
    told = {"seen": seen, "headers": headers, "body": body, "handler": os.environ["_HANDLER"]}
    if body == '"fail"':
        ask("POST", path + "/error", '{"errorType": "Own", "errorMessage": "m"}',
            {"Lambda-Runtime-Function-Error-Type": "Own.Type"})
    else:
        seen = [ask("POST", path + "/response", json.dumps(told))]
        seen += [ask("POST", path + "/response", "again")[0]]
""".replace("PYTHON", sys.executable)

# Unknown ids and paths, a second `next`, an init error that comes too late, a wrong id.
SEEN = [400, 404, 200, 403, 400]
ORACLE = Path(__file__).resolve().parents[4] / ".clients" / "rie" / "aws-lambda-rie"


@pytest.mark.skipif(not ORACLE.is_file(), reason="AWS's runtime interface emulator is not here")
def test_awss_own_emulator_answers_the_same(tmp_path: Path) -> None:
    """The emulator is in the wheel of aws-sam-cli, as samcli/local/rapid/aws-lambda-rie-x86_64."""
    (tmp_path / "bootstrap").write_text(BOOTSTRAP)
    (tmp_path / "bootstrap").chmod(0o755)
    ports = free_ports(2)
    door, api = (f"127.0.0.1:{port}" for port in ports)
    environment = {
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "_HANDLER": "any.thing",
        "LAMBDA_TASK_ROOT": str(tmp_path),
    }
    command = [str(ORACLE), "--runtime-interface-emulator-address", door,
               "--runtime-api-address", api, str(tmp_path / "bootstrap")]  # fmt: skip
    with subprocess.Popen(
        command, env=environment, cwd=tmp_path, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as emulator:  # fmt: skip
        try:
            told = json.loads(ask(door, b'{"n": 1}'))
            assert told["seen"] == SEEN
            headers = {"Date", "Content-Length", *(name for name in told["headers"])}
            again = json.loads(ask(door, b"2"))
            assert [again["seen"][0][0], again["seen"][0][2]] == [202, '{"status":"OK"}\n']
            assert again["seen"][1] == 403
            assert headers >= {
                "Lambda-Runtime-Aws-Request-Id", "Lambda-Runtime-Deadline-Ms",
                "Lambda-Runtime-Invoked-Function-Arn", "Content-Type",
            }  # fmt: skip
        finally:
            os.killpg(emulator.pid, signal.SIGKILL)
        assert emulator.stdout is not None
        log = emulator.stdout.read().decode()
    report = next(line for line in log.splitlines(keepends=True) if line.startswith("REPORT"))
    number = report.split("\t")[0].removeprefix("REPORT RequestId: ")
    assert start_line(number, "$LATEST") in log
    assert end_line(number) in log
    shape = report_line(number, duration_ns=1, memory_mb=1, max_memory_mb=1, init_ns=1)
    assert re.sub(r"[\d.]+ m?[sMB]+", "N", report.replace(number, "")).count("N") == 5
    # The emulator puts the start first, Lambda itself last; each entry is spelt alike.
    words = {entry.split(":")[0] for entry in report.split("\t")}
    assert words == {entry.split(":")[0] for entry in shape.split("\t")}


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def ask(door: str, payload: bytes) -> bytes:
    url = f"http://{door}/2015-03-31/functions/function/invocations"
    for _ in range(100_000):
        try:
            with urllib.request.urlopen(url, payload, timeout=30) as answer:
                found: bytes = answer.read()
                return found
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
    raise AssertionError("the emulator does not listen")


def test_a_bootstrap_of_ones_own_is_served(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        code = package({"bootstrap": BOOTSTRAP}, ("bootstrap",))
        order = {"runtime": "provided.al2023", "handler": "any.thing", "trace": "Root=1-2-3"}
        outcome = await bench.run(code, b'{"n": 1}', **order)
        told = json.loads(outcome.payload)
        assert told["seen"] == SEEN
        headers = told["headers"]
        assert headers["Lambda-Runtime-Invoked-Function-Arn"] == ARN
        assert headers["Lambda-Runtime-Trace-Id"] == "Root=1-2-3"
        assert headers["Lambda-Runtime-Deadline-Ms"] == "1798761610000"
        assert (told["body"], told["handler"]) == ('{"n": 1}', "any.thing")
        again = json.loads((await bench.run(code, b"2", **order)).payload)
        assert again["seen"][:2] == [[202, again["seen"][0][1], '{"status":"OK"}\n'], 403]
        failed = await bench.run(code, b'"fail"', **order)
        assert (failed.status, failed.error_type) == ("error", "Own.Type")
        assert json.loads(failed.payload) == {"errorType": "Own", "errorMessage": "m"}

    on_bench(story, tmp_path)


RAW = """#!PYTHON -S
import os, socket
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
link = socket.create_connection((host, int(port)))
link.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
head = link.recv(65536).decode()
number = head.split("Lambda-Runtime-Aws-Request-Id: ")[1].split("\\r\\n")[0]
path = "/2018-06-01/runtime/invocation/" + number + "/response"
link.sendall(SENT.replace(b"PATH", path.encode()))
if SENT[-4:] != b"half":
    link.recv(99)
""".replace("PYTHON", sys.executable)


CHUNKED = (
    b"POST PATH HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
    b"Lambda-Runtime-Function-Response-Mode: streaming\r\n\r\n2\r\nab\r\n0\r\n"
    b"Lambda-Runtime-Function-Error-Type: Late\r\n\r\n"
)


@pytest.mark.parametrize(
    ("sent", "status", "payload"),
    [
        # It dies in the middle of its answer.
        (b"POST PATH HTTP/1.1\r\nContent-Length: 99\r\n\r\nhalf", "crash", None),
        # It dies after its answer, before it asks for more.
        (b"POST PATH HTTP/1.1\r\nContent-Length: 2\r\n\r\n42", "ok", b"42"),
        # It speaks no HTTP; or a method that is not known.
        (b"\x00\xff" * 99, "crash", None),
        (b"BREW /pot HTTP/1.1\r\n\r\n", "crash", None),
        # Its answer comes in chunks, with an error at the end of them.
        (CHUNKED, "error", b'{"errorType":"Late","errorMessage":""}'),
    ],
)
def test_a_runtime_that_dies_over_its_answer_is_told_of(
    tmp_path: Path, sent: bytes, status: str, payload: bytes | None
) -> None:
    async def story(bench: Bench) -> None:
        source = RAW.replace("SENT", repr(sent))
        code = package({"bootstrap": source}, ("bootstrap",))
        outcome = await bench.run(code, runtime="provided.al2023")
        assert outcome.status == status
        if payload is None:
            assert json.loads(outcome.payload)["errorType"] == "Runtime.ExitError"
        else:
            assert outcome.payload == payload

    on_bench(story, tmp_path)
