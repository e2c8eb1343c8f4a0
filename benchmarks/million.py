"""A million messages in one queue: memory, pauses, and what receiving costs beside them.

    python -m benchmarks.million [--messages 1000000]

Rules of this file: requests go in as bytes through `Cloud.handle`, and the garbage collector is
set as the server sets it, with its tick once a second of real time. A pause is the longest that one
call or one tick takes: nobody else is answered meanwhile. On a shared machine a pause may be the
scheduler's: the longest CPU time of a call is printed too, and is the figure to trust.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from typing import Any

from benchmarks.load import resident_mb
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Settings
from cloudchamber.server.collecting import Collector
from cloudchamber.wire.http import Request

TARGET_PAUSE_MS = 50
BATCH = 10
BODY = "x" * 100
RECEIVES = 1000
RETENTION_NS = 5 * 86_400 * 1_000_000_000  # a day more than a message is kept
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=000000000000/20270101/us-east-1/sqs/aws4_request, "
    f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
)


class Bench:
    """A cloud, and a record of how long everything took."""

    def __init__(self) -> None:
        self.cloud = Cloud(Settings(seed=1, iam="off", clock="manual"))
        self.collector = Collector(lambda: self.cloud.number)
        self.ticks: list[float] = []
        self.longest_cpu_ms = 0.0
        self._ticked = time.perf_counter()

    def request(self, operation: str, data: dict[str, Any]) -> Request:
        """An SQS call in its JSON protocol."""
        headers = {
            "host": "localhost:4566",
            "x-amz-target": f"AmazonSQS.{operation}",
            "content-type": "application/x-amz-json-1.0",
            "x-amz-date": "20270101T000000Z",
            "authorization": AUTHORIZATION,
        }
        return Request("POST", "/", "", headers, json.dumps(data).encode())

    def call(self, operation: str, data: dict[str, Any]) -> dict[str, Any]:
        """One call, not timed."""
        response = self.cloud.handle(self.request(operation, data))
        if response is None or response.status != 200:
            raise SystemExit(f"{operation}: {response}")
        told: dict[str, Any] = json.loads(response.body or b"{}")
        return told

    def timed(self, act: Callable[[], object]) -> float:
        """Milliseconds of one act; the collector's tick follows when a second has passed."""
        began, cpu = time.perf_counter(), time.process_time()
        act()
        ended = time.perf_counter()
        self._note_cpu(cpu)
        if ended - self._ticked > 1.0:
            cpu = time.process_time()
            self.collector.tick()
            self._note_cpu(cpu)
            self._ticked = time.perf_counter()
            self.ticks.append((self._ticked - ended) * 1e3)
        return (ended - began) * 1e3

    def _note_cpu(self, began: float) -> None:
        self.longest_cpu_ms = max(self.longest_cpu_ms, (time.process_time() - began) * 1e3)

    def repeated(self, operation: str, data: dict[str, Any], count: int) -> list[float]:
        """The milliseconds of each of many equal calls."""
        request = self.request(operation, data)
        return [self.timed(lambda: self.cloud.handle(request)) for _ in range(count)]


def show(what: str, figures: list[float], wanted: str = "") -> None:
    """Percentiles and the longest."""
    ranked = sorted(figures)
    middle, high = ranked[len(ranked) // 2], ranked[min(len(ranked) - 1, len(ranked) * 99 // 100)]
    print(f"{what:<44}{middle:9.3f}{high:9.3f}{ranked[-1]:9.3f}   {wanted}", flush=True)


def queue(bench: Bench, name: str, count: int) -> tuple[str, list[float]]:
    """A queue of so many messages, and the milliseconds of every batch that filled it."""
    url = bench.call("CreateQueue", {"QueueName": name})["QueueUrl"]
    entries = [{"Id": str(number), "MessageBody": BODY} for number in range(BATCH)]
    data = {"QueueUrl": url, "Entries": entries}
    return url, bench.repeated("SendMessageBatch", data, count // BATCH)


def held(bench: Bench, url: str) -> int:
    """How many messages a queue says it has."""
    asked = {"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]}
    return int(bench.call("GetQueueAttributes", asked)["Attributes"]["ApproximateNumberOfMessages"])


def receive(bench: Bench, url: str, label: str) -> None:
    """Receive again and again, with and without leaving the messages hidden."""
    asked = {"QueueUrl": url, "VisibilityTimeout": 0}
    show(f"ReceiveMessage, {label} queued", bench.repeated("ReceiveMessage", asked, RECEIVES))


def expire(bench: Bench, url: str) -> list[float]:
    """Retention ends in one move of the clock: the move, and the calls that come after it."""
    asked = {"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]}
    moved = bench.timed(lambda: bench.cloud.kernel.advance(RETENTION_NS))
    return [moved, *bench.repeated("GetQueueAttributes", asked, RECEIVES)]


def main() -> None:
    """Fill, receive, expire, purge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    count = parser.parse_args().messages
    bench = Bench()
    bench.call("CreateQueue", {"QueueName": "warm"})
    bench.collector.start()
    print(f"{'ms':<44}{'p50':>9}{'p99':>9}{'longest':>9}")
    short, _ = queue(bench, "ten", 10)
    longer, _ = queue(bench, "hundred-thousand", count // 10)
    before = resident_mb(os.getpid())
    url, filled = queue(bench, "million", count)
    after = resident_mb(os.getpid())
    show(f"SendMessageBatch of {BATCH}, to {count:,}", filled, f"none above {TARGET_PAUSE_MS}")
    receive(bench, short, "10")
    receive(bench, longer, f"{count // 10:,}")
    receive(bench, url, f"{count:,}")
    show("PurgeQueue", bench.repeated("PurgeQueue", {"QueueUrl": longer}, 1),
         f"of {count // 10:,}; under {TARGET_PAUSE_MS}")  # fmt: skip
    print(f"  {held(bench, url):,} held before retention ends")
    show(
        "five days pass, and calls after them", expire(bench, url), f"none above {TARGET_PAUSE_MS}"
    )
    print(f"  {held(bench, url):,} held after it")
    url, _ = queue(bench, "purged", count)
    show("PurgeQueue", bench.repeated("PurgeQueue", {"QueueUrl": url}, 1),
         f"of {count:,}; under {TARGET_PAUSE_MS}")  # fmt: skip
    print(f"  {held(bench, url):,} held after it")
    show("the collector's tick", bench.ticks or [0.0], f"none above {TARGET_PAUSE_MS}")
    each = (after - before) * 2**20 / count
    print(f"\nthe longest pause by CPU time: {bench.longest_cpu_ms:.3f} ms")
    print(f"memory per message of {len(BODY)} bytes: {each:,.0f} bytes; {after:,.0f} MB in all")


if __name__ == "__main__":
    main()
