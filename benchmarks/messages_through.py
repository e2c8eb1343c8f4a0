"""A thousand messages through a function into a table, here and at MiniStack, in one run.

    python -m benchmarks.messages_through [--messages 1000] [--rounds 3] [--python PYTHON]

Rules of this file: the same estate and the same function for both, whose clock is the wall's; the
time is from the first send to the last item, which is looked for by counting. The servers take
turns. A peer that does not get there within a minute is said to have got so far.
"""

from __future__ import annotations

import argparse
import io
import json
import time
import uuid
import zipfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import boto3

from benchmarks.peers import OURS, prepare, running, servers

PATIENCE_S = 60
PEER = "ministack"
SOURCE = """
import os
import boto3

table = boto3.client("dynamodb")

def handle(event, context):
    put = [{"PutRequest": {"Item": {"id": {"S": each["body"]}}}} for each in event["Records"]]
    table.batch_write_item(RequestItems={os.environ["TABLE"]: put})
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def client(port: int, service: str) -> Any:
    """A client of one service at a port."""
    return boto3.client(
        service,
        "us-east-1",
        endpoint_url=f"http://localhost:{port}",
        aws_access_key_id="000000000000",
        aws_secret_access_key="any",
    )


def estate(port: int, name: str) -> str:
    """Queue, table, function and mapping of one round; the queue's URL."""
    url: str = client(port, "sqs").create_queue(QueueName=name)["QueueUrl"]
    client(port, "dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    role = client(port, "iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST)
    )["Role"]["Arn"]
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("through.py", SOURCE)
    functions = client(port, "lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="through.handle",
        Role=role,
        Timeout=20,
        Code={"ZipFile": package.getvalue()},
        Environment={"Variables": {"TABLE": name}},
    )
    functions.create_event_source_mapping(
        EventSourceArn=f"arn:aws:sqs:us-east-1:000000000000:{name}",
        FunctionName=name,
        BatchSize=10,
    )
    return url


def through(port: int, messages: int) -> tuple[float, int]:
    """Seconds until every message is an item, and how many became one."""
    name = f"through-{uuid.uuid4().hex[:8]}"
    url = estate(port, name)
    sqs, table = client(port, "sqs"), client(port, "dynamodb")
    began = time.perf_counter()
    for start in range(0, messages, 10):
        batch = [{"Id": str(n), "MessageBody": f"m-{n}"} for n in range(start, start + 10)]
        sqs.send_message_batch(QueueUrl=url, Entries=batch)
    count = 0
    while count < messages and time.perf_counter() - began < PATIENCE_S:
        count = table.scan(TableName=name, Select="COUNT")["Count"]
    return time.perf_counter() - began, count


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", type=Path, default=None)
    options = parser.parse_args()
    chosen = [each for each in servers(prepare(options.python)) if each.name in (OURS, PEER)]
    seconds: dict[str, list[float]] = {}
    with ExitStack() as stack:
        ports = {each.name: stack.enter_context(running(each))[0] for each in chosen}
        for _ in range(options.rounds):
            for name, port in ports.items():
                spent, count = through(port, options.messages)
                print(f"{name:14}{count:6,} of {options.messages:,} in {spent:6.2f} s", flush=True)
                if count == options.messages:
                    seconds.setdefault(name, []).append(spent)
    if seconds.keys() >= {OURS, PEER}:
        print(f"ratio {median(seconds[PEER]) / median(seconds[OURS]):.1f}")
    else:
        print(f"no ratio: {sorted(ports.keys() - seconds.keys())} did not get there")


if __name__ == "__main__":
    main()
