"""What a data directory costs, and how much faster a replay is than the life it repeats.

    python -m benchmarks.durability [--seconds 3] [--calls 3000]

Requests per second and server CPU per request without a directory, with one, and with --fsync, for
one client and for sixteen. Then a run of boto3 calls against a server that is killed, and the time
to read it back. To hold against: replay at least 20 times faster than the run that made it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3

from benchmarks.load import drive
from cloudchamber.cloud.settings import Settings
from cloudchamber.server.data.directory import DataDirectory
from cloudchamber.server.data.opening import open_world
from tests.unit.server.served import Server, sqs_request

URL = "http://localhost:4566/000000000000/q"


def costs(name: str, seconds: float, **settings: Any) -> None:
    """One row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        if settings:
            settings["data"] = str(Path(folder) / "data")
        with Server(Path(folder), **settings) as server:
            server.sqs("CreateQueue", QueueName="q")
            request = sqs_request("SendMessage", QueueUrl=URL, MessageBody="x" * 100)
            pids = [server.process.pid]
            one = drive(server.port, request, pids, seconds=seconds, connections=1)
            many = drive(server.port, request, pids, seconds=seconds, connections=16)
    print(f"| {name} | {one.rate:,.0f} | {many.rate:,.0f} | {many.cpu_us:.0f} |")


def replay(calls: int) -> None:
    """Live with boto3, killed, and read back."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        with Server(Path(folder), data=str(data)) as server:
            client = boto3.client(
                "sqs",
                endpoint_url=f"http://localhost:{server.port}",
                region_name="us-east-1",
                aws_access_key_id="000000000000",
                aws_secret_access_key="chamber",
            )
            client.create_queue(QueueName="q")
            began = time.perf_counter()
            for number in range(calls):
                client.send_message(QueueUrl=URL, MessageBody=f"message {number}")
            live_s = time.perf_counter() - began
            server.kill()
        directory = DataDirectory(data)
        began = time.perf_counter()
        opened = open_world(directory, Settings(), frozenset(), print, lambda done, total: None)
        replay_s = time.perf_counter() - began
        directory.close()
    print(
        f"live with boto3 {live_s / calls * 1e6:.0f} µs a call, replayed in "
        f"{replay_s / opened.records * 1e6:.0f} µs: {live_s / replay_s:.0f} times faster"
    )


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--calls", type=int, default=3000)
    options = parser.parse_args()
    print("| SendMessage | requests/s, 1 client | 16 clients | CPU µs/request, 16 |")
    print("|---|---|---|---|")
    costs("in memory", options.seconds)
    costs("with --data", options.seconds, fsync=False)
    costs("with --data --fsync", options.seconds, fsync=True)
    replay(options.calls)


if __name__ == "__main__":
    main()
