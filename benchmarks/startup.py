"""From exec to the first answered request, and the memory of a chamber that does nothing.

    python -m benchmarks.startup [--runs 10] [--imports]

Rules of this file: the server starts as the console script starts it, in a process of its own on a
free port; the first request is a CreateQueue signed as boto3 signs it. Bytecode is written by a
first start that is not counted, as an installer writes it. The CPU time tells a slow program from a
busy machine. `--imports` lists what importing costs, by the interpreter's own account.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from benchmarks.load import cpu_seconds, resident_mb

SCRIPT = "import sys; from cloudchamber.cli import main; sys.exit(main())"
TARGET_MS = 200
TARGET_MB = 45
IDLE_S = 1.5  # the first second's garbage collection is part of what idle means
PATIENCE_S = 30
LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|\s*(\S+)")


class Start(NamedTuple):
    """Milliseconds to the first answer, of the wall and of CPU; resident MB then and at idle."""

    first_ms: float
    cpu_ms: float
    answered_mb: float
    idle_mb: float


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def signed_request(port: int) -> bytes:
    """A CreateQueue in the JSON protocol, signed."""
    body = json.dumps({"QueueName": "first"}).encode()
    given = {"X-Amz-Target": "AmazonSQS.CreateQueue", "Content-Type": "application/x-amz-json-1.0"}
    request = AWSRequest("POST", f"http://localhost:{port}/", given, body)
    SigV4Auth(Credentials("000000000000", "any"), "sqs", "us-east-1").add_auth(request)
    headers = {"Host": f"localhost:{port}", **request.headers, "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body


def answer(link: socket.socket) -> tuple[int, bytes]:
    """The status and the body of what a server answers."""
    response = http.client.HTTPResponse(link)
    response.begin()
    return response.status, response.read()


def start_once(environment: dict[str, str]) -> Start:
    """Start, ask, wait until nothing happens, stop."""
    port = free_port()
    request = signed_request(port)
    command = [sys.executable, "-c", SCRIPT, "start", "--port", str(port)]
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                link = socket.create_connection(("127.0.0.1", port))
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - began > PATIENCE_S:
                    raise SystemExit("the server does not start") from None
                time.sleep(0.001)
        with link:
            link.sendall(request)
            status, body = answer(link)
        first_ms = (time.perf_counter() - began) * 1e3
        cpu_ms = cpu_seconds(process.pid) * 1e3
        if status != 200:
            raise SystemExit(f"the first request was answered {status}: {body!r}")
        answered_mb = resident_mb(process.pid)
        time.sleep(IDLE_S)
        return Start(first_ms, cpu_ms, answered_mb, resident_mb(process.pid))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


def show_imports(environment: dict[str, str], count: int = 30) -> None:
    """What `cloudchamber start` imports before it answers, the dearest modules first."""
    port = free_port()
    command = [sys.executable, "-X", "importtime", "-c", SCRIPT, "start", "--port", str(port)]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()  # it answers
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(signed_request(port))
        answer(link)
    process.send_signal(signal.SIGTERM)
    told = process.communicate(timeout=PATIENCE_S)[1]
    found = [(int(m[1]), int(m[2]), m[3]) for m in LINE.finditer(told)]
    ours = sum(own for own, _, name in found if name.partition(".")[0] == "cloudchamber")
    print(f"\n{len(found)} modules, {sum(own for own, _, _ in found) / 1000:.0f} ms under -X "
          f"importtime, of which {ours / 1000:.0f} ms are our own")  # fmt: skip
    print(f"{'own ms':>8}{'with all ms':>13}  module")
    for own, whole, name in sorted(found, reverse=True)[:count]:
        print(f"{own / 1000:8.1f}{whole / 1000:13.1f}  {name}")
    print("\nour modules, by what they bring with them")
    mine = [row for row in found if row[2].partition(".")[0] == "cloudchamber"]
    for own, whole, name in sorted(mine, key=lambda row: -row[1])[:count]:
        print(f"{own / 1000:8.1f}{whole / 1000:13.1f}  {name}")


def main() -> None:
    """Start again and again, and print the figures beside what is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--imports", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        start_once(environment)
        starts = [start_once(environment) for _ in range(options.runs)]
        show(starts)
        if options.imports:
            show_imports(environment)


def show(starts: list[Start]) -> None:
    """The figures beside what is wanted."""
    first = [start.first_ms for start in starts]
    cpu = statistics.median(start.cpu_ms for start in starts)
    print(f"exec to the first answered request   minimum {min(first):6.1f} ms, "
          f"median {statistics.median(first):6.1f} ms   (wanted: under {TARGET_MS}); "
          f"CPU {cpu:.0f} ms")  # fmt: skip
    answered = statistics.median(start.answered_mb for start in starts)
    idle = statistics.median(start.idle_mb for start in starts)
    print(f"resident memory                      after it {answered:5.1f} MB, "
          f"at idle {idle:5.1f} MB   (wanted: under {TARGET_MB})")  # fmt: skip


if __name__ == "__main__":
    main()
