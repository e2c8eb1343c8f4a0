"""A small application with real functions: the same seed tells the same story, and so does its
journal without them."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Functions
from cloudchamber.cloud.snapshots import tables_of
from tests.unit.engines.functions.benches import python

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
# Takes messages from one queue to another, with pauses on the machine's own clock between them, and
# a sleep on the chamber's.
WORKER = """
import boto3, os, select, time
sqs = boto3.client("sqs")
def handler(event, context):
    url = sqs.get_queue_url(QueueName="out")["QueueUrl"]
    for record in event["Records"]:
        select.select([], [], [], os.urandom(1)[0] / 30000)
        sqs.send_message(QueueUrl=url, MessageBody=record["body"])
        time.sleep(0.5)
"""
MESSAGES = 12


def tell_story(functions: Functions) -> tuple[str, list[str], list[Any], list[bytes], Cloud]:
    """Messages go through functions; the digest, what came out, the events, the journal."""
    with Chamber(seed=11, functions=functions) as chamber:
        journal: list[bytes] = []
        chamber.cloud.journal = journal.append
        sqs, client = chamber.client("sqs"), chamber.client("lambda")
        role = chamber.client("iam").create_role(
            RoleName="worker", AssumeRolePolicyDocument=json.dumps(TRUST)
        )["Role"]["Arn"]
        url = sqs.create_queue(QueueName="in", Attributes={"VisibilityTimeout": "120"})["QueueUrl"]
        out = sqs.create_queue(QueueName="out")["QueueUrl"]
        client.create_function(
            FunctionName="worker", Runtime="python3.11", Role=role, Handler="app.handler",
            Code={"ZipFile": python(WORKER)}, Timeout=20,
        )  # fmt: skip
        client.create_event_source_mapping(
            FunctionName="worker", BatchSize=2,
            EventSourceArn=f"arn:aws:sqs:us-east-1:{chamber.cloud.settings.account}:in",
        )  # fmt: skip
        for number in range(MESSAGES):
            sqs.send_message(QueueUrl=url, MessageBody=str(number))
        chamber.advance("2m")
        texts: list[str] = []
        while got := sqs.receive_message(QueueUrl=out, MaxNumberOfMessages=10).get("Messages"):
            texts += [message["Body"] for message in got]
        return chamber.digest, texts, chamber.events(limit=10_000), journal, chamber.cloud


@pytest.mark.parametrize("functions", ["lock-step", "serial"])
def test_the_same_seed_tells_the_same_story(functions: Functions) -> None:
    digest, texts, events, journal, lived = tell_story(functions)
    assert sorted(texts, key=int) == [str(number) for number in range(MESSAGES)]
    again = tell_story(functions)
    assert again[1] == texts
    assert again[2] == events
    assert again[0] == digest
    threads = threading.active_count()
    replayed = Cloud(lived.settings)
    for record in journal:
        replayed.replay(record)
    assert threading.active_count() == threads
    assert replayed.kernel.digest == digest
    tables = tables_of(list(lived.registry.loaded()))
    assert replayed.store.dump(tables) == lived.store.dump(tables)
