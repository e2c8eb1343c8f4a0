"""A chamber that is killed while functions work: no message is lost, and no process stays."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.unit.engines.functions.benches import python
from tests.unit.server.served import Server

ROUNDS = int(os.environ.get("CLOUDCHAMBER_KILL_ROUNDS", "4"))
MESSAGES = 40
PATIENCE_S = 60
WORKER = """
import boto3, select
sqs = boto3.client("sqs")
url = sqs.get_queue_url(QueueName="out")["QueueUrl"]
def handler(event, context):
    for record in event["Records"]:
        select.select([], [], [], 0.01)
        sqs.send_message(QueueUrl=url, MessageBody=record["body"])
"""


def client(server: Server, service: str) -> Any:
    make: Any = boto3.client
    return make(
        service, region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{server.port}",
        aws_access_key_id="000000000000", aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=30),
    )  # fmt: skip


def open_server(folder: Path) -> Server:
    # Sixty times as fast: a message that a killed function held is back after half a second.
    chamber = {"clock": "x60", "iam": "off"}
    return Server(folder, data=str(folder / "world"), chamber=chamber, given=["clock", "iam"])


def processes_of(folder: Path) -> list[str]:
    found = []
    for name in os.listdir("/proc"):
        try:
            if (
                name.isdigit()
                and str(folder).encode() in Path(f"/proc/{name}/environ").read_bytes()
            ):
                found.append(Path(f"/proc/{name}/cmdline").read_text())
        except OSError:
            continue
    return [one for one in found if "python.boot" in one]


@pytest.mark.slow
def test_messages_survive_the_chamber_and_the_functions_that_had_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    pace = random.Random(5)
    for number in range(ROUNDS):
        with open_server(tmp_path) as server:
            if not number:
                begin(server)
            sqs = client(server, "sqs")
            url = sqs.get_queue_url(QueueName="in")["QueueUrl"]
            end = time.monotonic() + pace.uniform(0.2, 1.2)
            while time.monotonic() < end:
                sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
            server.kill()
    with open_server(tmp_path) as server:
        texts = drain(server)
        assert texts == {str(number) for number in range(MESSAGES)}
        assert server.stop() == 0
    assert processes_of(tmp_path) == []
    assert not list(tmp_path.glob("cloudchamber-functions-*/environments/*"))


def begin(server: Server) -> None:
    """Queues, a function, a mapping, messages."""
    sqs, functions = client(server, "sqs"), client(server, "lambda")
    url = sqs.create_queue(QueueName="in", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    sqs.create_queue(QueueName="out")
    functions.create_function(
        FunctionName="worker", Runtime="python3.11", Handler="app.handler", Timeout=20,
        Role="arn:aws:iam::000000000000:role/any", Code={"ZipFile": python(WORKER)},
    )  # fmt: skip
    functions.create_event_source_mapping(
        FunctionName="worker", BatchSize=4,
        EventSourceArn="arn:aws:sqs:us-east-1:000000000000:in",
    )  # fmt: skip
    for number in range(MESSAGES):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))


def drain(server: Server) -> set[str]:
    """Everything that comes out, until all has come or patience ends."""
    sqs = client(server, "sqs")
    url = sqs.get_queue_url(QueueName="out")["QueueUrl"]
    texts: set[str] = set()
    end = time.monotonic() + PATIENCE_S
    while len(texts) < MESSAGES and time.monotonic() < end:
        try:
            got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5)
        except (BotoCoreError, ClientError) as error:
            raise AssertionError(server.said) from error
        for message in got.get("Messages", []):
            texts.add(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return texts
