"""A million messages in one queue: memory for each, and the longest anybody waits for an answer.

    python -m benchmarks.million [--messages 1000000] [--seconds 15]

One client over HTTP fills the queue ten messages at a time, then sends and receives one by one.
What it waits for the slowest answer is what a pause of the server would show in; on a busy machine
the scheduler shows there too. To hold against: no pause above 50 ms.
"""

from __future__ import annotations

import argparse
import socket
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks.load import resident_mb
from tests.unit.server.served import Server, read_response, sqs_request

URL = "http://localhost:4566/000000000000/q"
BODY = "x" * 100


def batch(number: int) -> bytes:
    """Ten messages of a hundred bytes."""
    entries = [
        {"Id": str(one), "MessageBody": f"{number:09d}{one}{BODY[10:]}"} for one in range(10)
    ]
    return sqs_request("SendMessageBatch", QueueUrl=URL, Entries=entries)


def timed(client: socket.socket, requests: Iterable[bytes]) -> list[float]:
    """Milliseconds that each answer took, sorted."""
    waits = []
    for request in requests:
        began = time.perf_counter()
        client.sendall(request)
        status, _, body = read_response(client)
        waits.append((time.perf_counter() - began) * 1000)
        assert status == 200, body
    return sorted(waits)


def both(seconds: float) -> Iterable[bytes]:
    """Send and receive in turn, for so long."""
    send = sqs_request("SendMessage", QueueUrl=URL, MessageBody=BODY)
    receive = sqs_request("ReceiveMessage", QueueUrl=URL)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        yield send
        yield receive


def show(what: str, waits: list[float]) -> None:
    """One line of the distribution."""
    middle, most = waits[len(waits) // 2], waits[len(waits) * 999 // 1000]
    print(f"{what}: p50 {middle:.2f} ms, p99.9 {most:.2f} ms, slowest {waits[-1]:.1f} ms")


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        server.sqs("CreateQueue", QueueName="q")
        empty_mb = resident_mb(server.process.pid)
        with server.connect() as client:
            filling = timed(client, map(batch, range(options.messages // 10)))
            full_mb = resident_mb(server.process.pid)
            each = (full_mb - empty_mb) * 2**20 / options.messages
            print(f"{options.messages:,} messages of 100 bytes: {each:.0f} bytes each")
            show("filling, ten at a time", filling)
            show("then one by one", timed(client, both(options.seconds)))
        server.stop()


if __name__ == "__main__":
    main()
