"""A real server in a process of its own, on a free port.

Rules of this file: every server that is started here ends with the test, whatever the test does.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 30
PROGRAM = """
import json, sys
import msgspec
from cloudchamber.cloud.settings import Settings
from cloudchamber.server.app import serve
from cloudchamber.server.http.limits import Limits
from cloudchamber.server.settings import ServerSettings, StartError

settings = msgspec.convert(json.loads(sys.argv[1]), ServerSettings)
try:
    serve(
        settings,
        ready=lambda started: print(json.dumps({**msgspec.structs.asdict(started),
            "endpoint": started.endpoint}), flush=True),
        say=lambda text: print(text, file=sys.stderr, flush=True),
    )
except StartError as error:
    print(f"refused: {error}", file=sys.stderr, flush=True)
    sys.exit(1)
"""


class Server:
    """A running server. `settings` are ServerSettings as JSON has them; port 0 unless given."""

    def __init__(self, notes: Path, *, file_bytes_max: int = 0, **settings: Any) -> None:
        """`notes` is where the server's note for `cloudchamber stop` goes."""
        settings.setdefault("port", 0)
        self.log = (notes / f"log-{os.urandom(4).hex()}").open("w+b")
        command = [sys.executable, "-c", PROGRAM, json.dumps(settings)]
        if file_bytes_max:
            # Files may grow no further: the nearest thing to a full disk that needs no root.
            limit = f'ulimit -f {file_bytes_max // 1024}; exec "$@"'
            command = ["bash", "-c", limit, "-", *command]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "XDG_RUNTIME_DIR": str(notes)},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.started: dict[str, Any] = json.loads(line) if line else {}
        self.port: int = self.started.get("port", 0)

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.log.close()

    @property
    def said(self) -> str:
        """What the server wrote to its log so far."""
        self.log.flush()
        return Path(self.log.name).read_text()

    def stop(self) -> int:
        """End it as `cloudchamber stop` does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def connect(self) -> socket.socket:
        """A connection to it."""
        client = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def ask(self, data: bytes) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own."""
        with self.connect() as client:
            client.sendall(data)
            return read_response(client)

    def sqs(self, operation: str, **fields: Any) -> tuple[int, Any]:
        """An SQS call: status and output."""
        status, _, body = self.ask(sqs_request(operation, **fields))
        return status, json.loads(body or b"{}")


def sqs_request(operation: str, **fields: Any) -> bytes:
    """The bytes of an unsigned SQS call."""
    body = json.dumps(fields).encode()
    head = (
        f"POST / HTTP/1.1\r\nHost: localhost:4566\r\nX-Amz-Target: AmazonSQS.{operation}\r\n"
        f"Content-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def read_response(client: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """One whole response. Raises ConnectionError when the connection ends before."""
    data = b""
    while True:
        head, mark, rest = data.partition(b"\r\n\r\n")
        if mark:
            lines = head.decode("latin-1").lower().split("\r\n")[1:]
            headers = dict(line.split(": ", 1) for line in lines)
            if len(rest) >= int(headers.get("content-length", "0")):
                return int(head.split(b" ", 2)[1]), headers, rest
        piece = client.recv(65536)
        if not piece:
            raise ConnectionError(f"the connection ended after {data[:200]!r}")
        data += piece
