"""How long from exec to the first answered request, and how much memory at idle.

    python -m benchmarks.start [--runs 7]

The command line as a user types it, on a free port, asked for its health until it answers, and then
for a queue. To hold against: under 200 ms to the first answer, under 45 MB resident.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.front_end import free_port
from benchmarks.load import cpu_seconds, resident_mb
from tests.unit.server.served import read_response, sqs_request

HEALTH = b"GET /_chamber/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def connect(port: int) -> socket.socket:
    """A connection as soon as somebody listens."""
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=20)
        except OSError:
            time.sleep(0.002)


def one_run(notes: str) -> tuple[float, float, float, float]:
    """Milliseconds to the first answer and to the first queue, CPU ms, and MB at idle."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("cloudchamber")), "start", "--port", str(port)]
    environment = {**os.environ, "XDG_RUNTIME_DIR": notes}
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    try:
        with connect(port) as client:
            client.sendall(HEALTH)
            assert read_response(client)[0] == 200
            first_ms = (time.perf_counter() - began) * 1000
            cpu_ms = cpu_seconds(process.pid) * 1000
            idle_mb = resident_mb(process.pid)
            client.sendall(sqs_request("CreateQueue", QueueName="q"))
            assert read_response(client)[0] == 200
            queue_ms = (time.perf_counter() - began) * 1000
    finally:
        process.terminate()
        process.wait(20)
    return first_ms, queue_ms, cpu_ms, idle_mb


def main() -> None:
    """Print the medians and the best."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as notes:
        runs = [one_run(notes) for _ in range(options.runs)]
    for name, values in zip(
        ("first answer, ms", "first queue, ms", "CPU to the first answer, ms", "idle, MB"),
        zip(*runs, strict=True),
        strict=True,
    ):
        print(f"{name.ljust(28)} median {statistics.median(values):6.1f}  best {min(values):6.1f}")


if __name__ == "__main__":
    main()
