"""A function that streams: when its first byte is there, when its last, and how fast it can be.

    python -m benchmarks.streamed [--rounds 15] [--megabytes 64]

Rules of this file: one chamber, one warm function, a client of plain sockets. The function pauses
20 ms of the machine's time between two pieces, twenty times, and writes into each when it was made;
so the way of a piece can be timed. The same URL is asked in both modes, in turn.
"""

from __future__ import annotations

import argparse
import http.client
import io
import socket
import statistics
import sys
import time
import zipfile
from typing import Any, NamedTuple

import boto3

from benchmarks.load import cpu_seconds, resident_mb
from benchmarks.peers import Server, running

PIECES = 20
PAUSE_S = 0.02
RUNTIME = """#!PYTHON -S
import json, os, socket, time
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
link = socket.create_connection((host, int(port)))
link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
reader = link.makefile("rb")
def answer():
    length, number = 0, ""
    while line := reader.readline().strip():
        name, _, value = line.decode().partition(": ")
        length = int(value) if name.lower() == "content-length" else length
        number = value if name == "Lambda-Runtime-Aws-Request-Id" else number
    return number, reader.read(length)
def write(data):
    link.sendall(b"%x\\r\\n%b\\r\\n" % (len(data), data))
while True:
    link.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
    number, event = answer()
    event = json.loads(event)
    link.sendall(("POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\\r\\nHost: x\\r\\n"
                  "Lambda-Runtime-Function-Response-Mode: streaming\\r\\n"
                  "Transfer-Encoding: chunked\\r\\n\\r\\n" % number).encode())
    count = int(event.get("rawPath", "/0")[1:])
    for _ in range(count):
        write(bytes(1 << 20))
    for _ in range(0 if count else PIECES):
        write(b"%020d\\n" % time.time_ns())
        time.sleep(PAUSE_S)
    write(b"")
    answer()
"""


class Round(NamedTuple):
    """Milliseconds from the request to the first and the last byte, and of each piece's way."""

    first: float
    last: float
    way: float


def package() -> bytes:
    """The function."""
    text = RUNTIME.replace("PYTHON", sys.executable)
    text = text.replace("PIECES", str(PIECES)).replace("PAUSE_S", str(PAUSE_S))
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        member = zipfile.ZipInfo("bootstrap")
        member.external_attr = 0o755 << 16
        archive.writestr(member, text)
    return held.getvalue()


def make(port: int) -> tuple[Any, str]:
    """The function with its URL: a client, and the URL's host."""
    made: Any = boto3.client
    client = made(
        "lambda", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
        aws_access_key_id="000000000000", aws_secret_access_key="x",
    )  # fmt: skip
    client.create_function(
        FunctionName="f", Runtime="provided.al2023", Handler="x.y", Timeout=300, MemorySize=512,
        Role="arn:aws:iam::000000000000:role/worker", Code={"ZipFile": package()},
    )  # fmt: skip
    url = client.create_function_url_config(
        FunctionName="f", AuthType="NONE", InvokeMode="RESPONSE_STREAM"
    )
    return client, url["FunctionUrl"].split("/")[2]


def ask(port: int, host: str) -> Round:
    """One visit."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.connect()
    assert isinstance(connection.sock, socket.socket)
    began = time.perf_counter()
    connection.request("GET", "/0", headers={"Host": host})
    answer = connection.getresponse()
    ways = []
    first = 0.0
    while line := answer.read(21):
        first = first or time.perf_counter() - began
        ways.append((time.time_ns() - int(line)) / 1e6)
    last = time.perf_counter() - began
    connection.close()
    return Round(first * 1e3, last * 1e3, statistics.median(ways))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--megabytes", type=int, default=64)
    options = parser.parse_args()
    command = [sys.executable, "-m", "cloudchamber", "start", "--iam", "off", "--port", "{port}"]
    with running(Server("ours", command)) as (port, pid, _):
        client, host = make(port)
        found: dict[str, list[Round]] = {"RESPONSE_STREAM": [], "BUFFERED": []}
        ask(port, host)
        for _ in range(options.rounds):
            for mode, rounds in found.items():
                client.update_function_url_config(FunctionName="f", InvokeMode=mode)
                rounds.append(ask(port, host))
        for mode, rounds in found.items():
            first, last, way = (statistics.median(each) for each in zip(*rounds, strict=True))
            print(f"{mode:16} first byte {first:7.1f} ms   last byte {last:7.1f} ms   "
                  f"a piece's way {way:7.2f} ms")  # fmt: skip
        client.update_function_url_config(FunctionName="f", InvokeMode="RESPONSE_STREAM")
        before, cpu, began = resident_mb(pid), cpu_seconds(pid), time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", f"/{options.megabytes}", headers={"Host": host})
        answer = connection.getresponse()
        length, most = 0, before
        while piece := answer.read(1 << 20):
            length += len(piece)
            most = max(most, resident_mb(pid))
        spent = time.perf_counter() - began
        print(f"{length >> 20} MB in one stream: {(length >> 20) / spent:.0f} MB/s, "
              f"{(cpu_seconds(pid) - cpu) * 1e3 / (length >> 20):.1f} ms of CPU per MB, "
              f"memory +{most - before:.1f} MB")  # fmt: skip
        connection.close()


if __name__ == "__main__":
    main()
