"""Side by side with moto's server, MiniStack and an empty uvicorn, in one run.

    python -m benchmarks.peers [--seconds 3] [--python PYTHON]

The peers are installed from PyPI into `.bench/` by the first run. Each server runs alone with the
same client; ratios of one run are what to read.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from benchmarks.load import Figures, drive, request_bytes, resident_mb

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / ".bench"
PACKAGES = ("moto[server,sqs,sts,ec2]", "ministack", "uvicorn", "httptools", "uvloop")
EMPTY = (
    "async def app(scope, receive, send):\n"
    "    if scope['type'] != 'http': return\n"
    "    await receive()\n"
    "    await send({'type': 'http.response.start', 'status': 200,"
    " 'headers': [(b'content-length', b'2')]})\n"
    "    await send({'type': 'http.response.body', 'body': b'{}'})\n"
)


class Server(NamedTuple):
    """A server under test: its name, how it is started (`{port}`), its environment."""

    name: str
    command: list[str]
    environment: tuple[tuple[str, str], ...] = ()
    queued: tuple[int, ...] = (10,)


def servers(python: Path) -> list[Server]:
    """Ours first, then the peers."""
    tools = python.parent
    port = "{port}"
    return [
        Server("cloudchamber", [sys.executable, "-m", "cloudchamber", "start", "--port", port],
               queued=(10, 100_000)),
        Server("ministack", [str(tools / "ministack")], (("GATEWAY_PORT", port),)),
        Server("moto", [str(tools / "moto_server"), "-p", port]),
        Server("uvicorn (empty)", [str(tools / "uvicorn"), "--app-dir", str(BENCH), "empty:app",
                                   "--port", port, "--log-level", "error", "--no-access-log"]),
    ]  # fmt: skip


@contextmanager
def running(server: Server) -> Iterator[tuple[int, int, float]]:
    """Start a server; gives its port, its process id and the seconds to the first answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [word.replace("{port}", str(port)) for word in server.command]
    extra = {name: value.replace("{port}", str(port)) for name, value in server.environment}
    began = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **extra}, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    try:
        while True:
            try:
                call(port, "GET", "/", {}, b"")
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - began > 60:
                    raise SystemExit(f"{server.name} does not start") from None
                time.sleep(0.002)
        yield port, process.pid, time.perf_counter() - began
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def call(port: int, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """One request, for setting up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body, headers)
    answer = connection.getresponse().read()
    connection.close()
    return answer


def json_request(port: int, operation: str, data: dict[str, object]) -> bytes:
    """An SQS call in its JSON protocol."""
    headers = {
        "X-Amz-Target": f"AmazonSQS.{operation}",
        "Content-Type": "application/x-amz-json-1.0",
    }
    return request_bytes(port, "sqs", headers, json.dumps(data).encode())


def query_request(port: int, service: str, **parameters: str) -> bytes:
    """A call in the query protocol."""
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return request_bytes(port, service, headers, urlencode(parameters).encode())


def once(port: int, request: bytes) -> bytes:
    """Send prepared bytes and give back the body."""
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(request)
        response = http.client.HTTPResponse(link)
        response.begin()
        return response.read()


def fill(port: int, url: str, count: int) -> None:
    """Put messages into a queue, ten at a time."""
    for start in range(0, count, 10):
        entries = [{"Id": str(n), "MessageBody": "x" * 100} for n in range(min(10, count - start))]
        once(port, json_request(port, "SendMessageBatch", {"QueueUrl": url, "Entries": entries}))


def measure(port: int, pid: int, seconds: float, queued: tuple[int, ...]) -> dict[str, Figures]:
    """Every case against one server; only ours is asked for a long queue."""

    def queue(name: str) -> str:
        made = json.loads(once(port, json_request(port, "CreateQueue", {"QueueName": name})))
        url: str = made["QueueUrl"]
        return url

    found: dict[str, Figures] = {}
    url = queue("send")
    send = json_request(port, "SendMessage", {"QueueUrl": url, "MessageBody": "x" * 100})
    found["SQS SendMessage"] = drive(port, send, [pid], seconds=seconds)
    for count in queued:
        url = queue(f"receive-{count}")
        fill(port, url, count)
        asked = {"QueueUrl": url, "VisibilityTimeout": 0}
        receive = json_request(port, "ReceiveMessage", asked)
        found[f"SQS ReceiveMessage of {count:,}"] = drive(port, receive, [pid], seconds=seconds)
    sts = query_request(port, "sts", Action="GetCallerIdentity", Version="2011-06-15")
    found["STS GetCallerIdentity"] = drive(port, sts, [pid], seconds=seconds)
    for operation in ("DescribeAvailabilityZones", "DescribeRegions"):
        ec2 = query_request(port, "ec2", Action=operation, Version="2016-11-15")
        found[f"EC2 {operation}"] = drive(port, ec2, [pid], seconds=seconds)
    return found


def prepare(python: Path | None) -> Path:
    """An interpreter that has the peers."""
    BENCH.mkdir(exist_ok=True)
    (BENCH / "empty.py").write_text(EMPTY)
    if python is not None:
        return python
    own = BENCH / "venv" / "bin" / "python"
    if not own.exists():
        venv.create(BENCH / "venv", with_pip=True)
        subprocess.run([own, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return own


def main() -> None:
    """Measure all, print a table and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--python", type=Path, default=None)
    options = parser.parse_args()
    results: dict[str, dict[str, Figures]] = {}
    for server in servers(prepare(options.python)):
        with running(server) as (port, pid, started):
            print(f"{server.name}: first answer after {started * 1000:.0f} ms, "
                  f"{resident_mb(pid):.0f} MB resident", flush=True)  # fmt: skip
            if server.name.startswith("uvicorn"):
                body = json_request(port, "SendMessage", {"MessageBody": "x" * 100})
                empty = drive(port, body, [pid], seconds=options.seconds)
                results[server.name] = {"SQS SendMessage": empty}
            else:
                results[server.name] = measure(port, pid, options.seconds, server.queued)
    ours = results.pop("cloudchamber")
    print(f"\n{'case':32}{'ours /s':>10}{'CPU µs':>8}", end="")
    for name in results:
        print(f"{name:>18}{'ratio':>7}{'CPU':>6}", end="")
    print()
    for case, mine in ours.items():
        print(f"{case:32}{mine.rate:10,.0f}{mine.cpu_us:8.0f}", end="")
        for figures in results.values():
            other = figures.get(case)
            if other is None or not other.rate:
                print(f"{'-':>18}{'':>13}", end="")
                continue
            print(f"{other.rate:18,.0f}{mine.rate / other.rate:7.1f}"
                  f"{other.cpu_us / mine.cpu_us:6.1f}", end="")  # fmt: skip
        print(f"   errors: {mine.errors}" if mine.errors else "")
    print("\nratio: our requests per second over the peer's. CPU: its µs per request over ours.")


if __name__ == "__main__":
    main()
