"""Functions that stream and stop in the middle until a test lets them go on, and their clients.

Rules of this file: nothing waits for a time. A gate is a port of the test's: a function that asks
there is blocked until the test has seen what it wanted to see.
"""

from __future__ import annotations

import http.client
import json
import socket
import sys
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config

from cloudchamber.services.lambda_.preludes import CONTENT_TYPE
from tests.unit.engines.functions.benches import package
from tests.unit.server.served import Server
from tests.unit.services.lambda_.crew import ONE

PATIENCE_S = 60
PRELUDE = json.dumps(
    {
        "statusCode": 418,
        "headers": {"X-Colour": "red", "content-type": "text/plain"},
        "cookies": ["a=1; Path=/", "b=2"],
    }
)
BOOTSTRAP = """#!PYTHON -S
import base64, json, os, select, socket
api = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
link = socket.create_connection((api[0], int(api[1])))
reader = link.makefile("rb")

def answer():
    length, number = 0, ""
    while (line := reader.readline().strip()):
        name, _, value = line.decode().partition(": ")
        length = int(value) if name.lower() == "content-length" else length
        number = value if name == "Lambda-Runtime-Aws-Request-Id" else number
    return number, reader.read(length)

def begin(kind="text/plain"):
    link.sendall(("POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\\r\\nHost: x\\r\\n"
                  "Lambda-Runtime-Function-Response-Mode: streaming\\r\\nContent-Type: %s\\r\\n"
                  "Transfer-Encoding: chunked\\r\\n\\r\\n" % (number, kind)).encode())

def write(data):
    link.sendall(b"%x\\r\\n%b\\r\\n" % (len(data), data))

def end(kind="", body=b""):
    trailers = b""
    if kind:
        trailers = b"Lambda-Runtime-Function-Error-Type: %s\\r\\n" % kind.encode()
        trailers += b"Lambda-Runtime-Function-Error-Body: %s\\r\\n" % base64.b64encode(body)
    link.sendall(b"0\\r\\n%b\\r\\n" % trailers)
    answer()

def gate():
    with socket.create_connection(("127.0.0.1", int(os.environ["GATE"]))) as asked:
        asked.recv(1)

def story(what):
STORY

while True:
    link.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
    number, event = answer()
    event = json.loads(event)
    print("told", event.get("what", event.get("rawPath", "/")).strip("/"), flush=True)
    story(event.get("what", event.get("rawPath", "/")).strip("/"))
"""
# `what` is the path that was asked for, or a member of the event.
STORY = """
    if what == "two":
        begin(); write(b"one"); gate(); write(b"two"); end()
    elif what == "teapot":
        begin("KIND"); write(b'PRELUDE'[:20]); write(b'PRELUDE'[20:] + bytes(3))
        write(bytes(5) + b"short"); gate(); write(b" and stout"); end()
    elif what == "no-prelude":
        begin("KIND"); write(b'{"statusCode": 1e3}' + bytes(8)); write(b"x"); end()
    elif what == "error":
        begin(); write(b"one"); gate()
        end("Own.Error", b'{"errorType": "Own.Error", "errorMessage": "halfway"}')
    elif what == "error-at-once":
        begin(); end("Own.Error", b'{"errorType": "Own.Error", "errorMessage": "at once"}')
    elif what == "exit":
        begin(); write(b"one"); gate(); os._exit(3)
    elif what == "hang":
        begin(); write(b"one"); select.select([], [], [])
    elif what == "cut":
        begin(); write(b"one"); gate(); link.close()
        link = socket.create_connection((api[0], int(api[1]))); reader = link.makefile("rb")
    elif what == "empty":
        begin("KIND"); write(b'{"statusCode": 204}' + bytes(8)); end()
    elif what.startswith("mb-"):
        begin()
        for n in range(int(what[3:])):
            write(b"%07d\\n" % n * 131072)
        end()
    elif what == "plain":
        body = b'{"statusCode": 200, "body": "plain"}'
        link.sendall(b"POST /2018-06-01/runtime/invocation/%b/response HTTP/1.1\\r\\nHost: x\\r\\n"
                     b"Content-Length: %d\\r\\n\\r\\n%b" % (number.encode(), len(body), body))
        answer()
""".replace("KIND", CONTENT_TYPE).replace("PRELUDE", PRELUDE)


def megabytes(count: int) -> bytes:
    """What the story `mb-COUNT` streams."""
    return b"".join(b"%07d\n" % number * 131072 for number in range(count))


def streaming_package() -> bytes:
    """A custom runtime that does what it is told."""
    globals_ = "    global link, reader" + STORY
    text = BOOTSTRAP.replace("PYTHON", sys.executable).replace("STORY", globals_)
    return package({"bootstrap": text}, ("bootstrap",))


class Gate:
    """Where functions wait."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE_S)
        self._asked: socket.socket | None = None
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Gate:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        if self._asked is not None:
            self._asked.close()

    def wait(self) -> None:
        """Until a function asks: it has said all before, and nothing after."""
        self._asked, _ = self._listener.accept()

    def open(self) -> None:
        """Let it go on."""
        if self._asked is None:
            self.wait()
        assert self._asked is not None
        self._asked.close()
        self._asked = None


def client_of(server: Server) -> Any:
    """A client of Lambda that asks once and waits."""
    return boto3.client(
        "lambda",
        endpoint_url=f"http://127.0.0.1:{server.port}",
        region_name="us-east-1",
        aws_access_key_id=ONE,
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=PATIENCE_S),
    )


def make_streaming(client: Any, gate: Gate, mode: str = "RESPONSE_STREAM", **given: Any) -> str:
    """Make the function `jobs`, with a URL: the host that it has at AWS."""
    client.create_function(
        FunctionName="jobs",
        Role=f"arn:aws:iam::{ONE}:role/worker",
        **{
            "Runtime": "provided.al2023",
            "Handler": "any.thing",
            "Timeout": 60,
            "Code": {"ZipFile": streaming_package()},
            "Environment": {"Variables": {"GATE": str(gate.port)}},
            **given,
        },
    )
    made = client.create_function_url_config(FunctionName="jobs", AuthType="NONE", InvokeMode=mode)
    id_ = made["FunctionUrl"].partition("://")[2].partition(".")[0]
    return f"{id_}.lambda-url.us-east-1.on.aws"


class Visit:
    """A GET of a URL, over HTTP/1.1: the answer's head has come, its body not yet."""

    def __init__(self, port: int, host: str, path: str, method: str = "GET") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self.connection.request(method, path, headers={"Host": host})
        self.answer = self.connection.getresponse()

    def __enter__(self) -> Visit:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave, in the middle of the answer if need be."""
        self.answer.close()
        self.connection.close()

    def read(self, count: int) -> bytes:
        """The next bytes of the body."""
        return self.answer.read(count)


def complete(events: list[dict[str, Any]]) -> tuple[bytes, dict[str, Any]]:
    """The payload of all chunks, and what the last event says."""
    *chunks, last = events
    payload = b"".join(chunk["PayloadChunk"]["Payload"] for chunk in chunks)
    told: dict[str, Any] = last["InvokeComplete"]
    return payload, told
