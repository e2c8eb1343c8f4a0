"""A run over HTTP against the replay of its own journal.

    python -m benchmarks.replay [--messages 1000] [--profile]

Rules of this file: boto3 sends, receives and deletes against a real server with a data directory;
the server is then killed, so that all it leaves is the journal; opening the directory replays it.
The two worlds must have the same digest, or the ratio means nothing.
"""

from __future__ import annotations

import argparse
import cProfile
import http.client
import json
import pstats
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import boto3

from benchmarks.load import cpu_seconds
from benchmarks.startup import SCRIPT, free_port
from cloudchamber.cloud.settings import Settings
from cloudchamber.server.data.directory import DataDirectory
from cloudchamber.server.data.opening import Opened, open_world

TARGET_RATIO = 20


def health(port: int) -> dict[str, object]:
    """What the control API tells."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    link.request("GET", "/_chamber/health", headers={"Host": f"localhost:{port}"})
    told: dict[str, object] = json.loads(link.getresponse().read())
    link.close()
    return told


def live(folder: Path, messages: int) -> tuple[float, float, object]:
    """Seconds over HTTP, seconds of the server's CPU, and the digest. The server is killed."""
    port = free_port()
    command = [sys.executable, "-c", SCRIPT, "start", "--port", str(port), "--data", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        sqs = boto3.client(
            "sqs",
            "us-east-1",
            endpoint_url=f"http://localhost:{port}",
            aws_access_key_id="000000000000",
            aws_secret_access_key="any",
        )
        began, cpu = time.perf_counter(), cpu_seconds(process.pid)
        url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
        for number in range(messages):
            sqs.send_message(QueueUrl=url, MessageBody=f"{number} " + "x" * 100)
            for message in sqs.receive_message(QueueUrl=url).get("Messages", ()):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        spent = time.perf_counter() - began
        return spent, cpu_seconds(process.pid) - cpu, health(port)["digest"]
    finally:
        process.kill()
        process.wait()


def replay(folder: Path) -> tuple[float, Opened]:
    """Seconds to read the journal back, and the world."""
    began = time.perf_counter()
    directory = DataDirectory(folder, fsync=False, repair=False, say=lambda _: None)
    try:
        opened = open_world(directory, Settings(), frozenset(), lambda _: None, lambda *_: None)
    finally:
        directory.close()
    return time.perf_counter() - began, opened


def main() -> None:
    """Run, kill, replay, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "data"
        lived, served, digest = live(folder, options.messages)
        replay(folder)  # reads the models, as the live server had
        profile = cProfile.Profile()
        if options.profile:
            profile.enable()
        cpu = time.process_time()
        spent, opened = replay(folder)
        cpu = time.process_time() - cpu
        profile.disable()
    calls = 1 + 3 * options.messages
    print(f"live over HTTP    {lived:8.3f} s for {calls:,} calls "
          f"({lived / calls * 1e6:6.0f} µs each, server CPU {served:.3f} s)")  # fmt: skip
    print(f"replay            {spent:8.3f} s for {opened.records:,} records "
          f"({spent / max(1, opened.records) * 1e6:6.0f} µs each, CPU {cpu:.3f} s)")  # fmt: skip
    print(f"ratio             {lived / spent:8.1f}   (wanted: at least {TARGET_RATIO})")
    if opened.cloud.kernel.digest != digest:
        raise SystemExit(f"digests differ: live {digest}, replay {opened.cloud.kernel.digest}")
    print(f"digest            {digest} in both")
    if options.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    main()
