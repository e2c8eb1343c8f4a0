"""Functions as real processes: an upload wakes a chain that ends in a table, and worlds go on."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.lambda_.crew import ONE, archive

Make = Callable[..., Any]
RUNTIME = f"python3.{sys.version_info.minor}"


@pytest.fixture
def real(role: str, client: Any) -> Callable[..., Any]:
    """Make a function of this source."""

    def make(name: str, source: str, **given: Any) -> Any:
        request = {
            "Runtime": RUNTIME,
            "Handler": "app.handler",
            "Role": role,
            "Timeout": 20,
            "Code": {"ZipFile": archive(app=source)},
            **given,
        }
        return client.create_function(FunctionName=name, **request)

    return make


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


ECHO = """
import os
def handler(event, context):
    print("working on", event)
    return {
        "event": event, "id": context.aws_request_id, "arn": context.invoked_function_arn,
        "left": context.get_remaining_time_in_millis(), "colour": os.environ["COLOUR"],
    }
"""


def test_a_function_runs(client: Any, real: Make) -> None:
    arn = real("jobs", ECHO, Environment={"Variables": {"COLOUR": "blue"}})["FunctionArn"]
    answer = client.invoke(FunctionName="jobs", Payload=b'{"n": 1}', LogType="Tail")
    told = json.loads(answer["Payload"].read())
    assert told["event"] == {"n": 1}
    assert told["id"] == answer["ResponseMetadata"]["RequestId"]
    assert told["arn"] == arn
    assert told["colour"] == "blue"
    assert 0 < told["left"] <= 20_000


CALLER = """
import boto3, json
def handler(event, context):
    who = boto3.client("sts").get_caller_identity()["Arn"]
    for record in event.get("Records", []):
        body = record["body"]
        boto3.client("dynamodb").put_item(
            TableName="orders", Item={"id": {"S": body}, "by": {"S": who}})
    return who
"""
NOTER = """
import boto3, os
def handler(event, context):
    for record in event["Records"]:
        boto3.client("sqs").send_message(
            QueueUrl=os.environ["NEXT"], MessageBody=record["dynamodb"]["Keys"]["id"]["S"])
"""


def story(chamber: Chamber, real: Make) -> list[str]:
    """A message goes through a function into a table, whose stream wakes another function."""
    client, sqs, tables = (chamber.client(name) for name in ("lambda", "sqs", "dynamodb"))
    first = sqs.create_queue(QueueName="first", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    last = sqs.create_queue(QueueName="last")["QueueUrl"]
    table = tables.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )["TableDescription"]
    real("put", CALLER)
    real("note", NOTER, Environment={"Variables": {"NEXT": last}})
    client.create_event_source_mapping(
        EventSourceArn=f"arn:aws:sqs:us-east-1:{ONE}:first", FunctionName="put"
    )
    client.create_event_source_mapping(
        EventSourceArn=table["LatestStreamArn"],
        FunctionName="note",
        StartingPosition="TRIM_HORIZON",
    )
    for number in range(3):
        sqs.send_message(QueueUrl=first, MessageBody=f"o{number}")
    found: list[str] = []
    for _ in range(10):
        got = sqs.receive_message(QueueUrl=last, WaitTimeSeconds=20, MaxNumberOfMessages=10)
        found += [message["Body"] for message in got.get("Messages", ())]
        if len(found) >= 3:
            break
    item = tables.get_item(TableName="orders", Key={"id": {"S": "o1"}})["Item"]
    assert item["by"]["S"].endswith(":assumed-role/worker/put")
    return sorted(found)


def test_a_message_wakes_a_chain(chamber: Chamber, real: Make) -> None:
    assert story(chamber, real) == ["o0", "o1", "o2"]


SLEEPER = """
import time
def handler(event, context):
    time.sleep(event["s"])
    return "awake"
"""


def test_time_in_a_function_is_the_chambers(chamber: Chamber, client: Any, real: Make) -> None:
    real("sleeper", SLEEPER, Timeout=900)
    before = chamber.cloud.kernel.now
    answer = client.invoke(FunctionName="sleeper", Payload=b'{"s": 600}')
    assert json.loads(answer["Payload"].read()) == "awake"
    assert 600 <= (chamber.cloud.kernel.now - before) / 1e9 < 602


def test_a_timeout_is_told_as_aws_does(client: Any, real: Make) -> None:
    real("sleeper", SLEEPER, Timeout=5)
    answer = client.invoke(FunctionName="sleeper", Payload=b'{"s": 600}', LogType="Tail")
    assert answer["FunctionError"] == "Unhandled"
    told = json.loads(answer["Payload"].read())
    assert "Task timed out after 5.00 seconds" in told["errorMessage"]


def test_a_layer_is_there(client: Any, real: Make) -> None:
    held = archive(**{"python/tool": "VALUE = 41"})
    layer = client.publish_layer_version(LayerName="tools", Content={"ZipFile": held})
    source = "import tool\ndef handler(event, context):\n    return tool.VALUE + 1\n"
    real("user", source, Layers=[layer["LayerVersionArn"]])
    assert client.invoke(FunctionName="user")["Payload"].read() == b"42"


LOOPER = """
import boto3, os
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["LOOP"], MessageBody="again")
"""


def test_a_loop_through_a_queue_is_ended(chamber: Chamber, client: Any, real: Make) -> None:
    sqs = chamber.client("sqs")
    url = sqs.create_queue(QueueName="loop", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    arn = real("looper", LOOPER, Environment={"Variables": {"LOOP": url}})["FunctionArn"]
    client.create_event_source_mapping(
        EventSourceArn=f"arn:aws:sqs:us-east-1:{ONE}:loop", FunctionName="looper"
    )
    sqs.send_message(QueueUrl=url, MessageBody="once")
    chamber.advance("30s")
    kinds = [event["what"] for event in chamber.events(arn)]
    assert kinds.count("lambda.invoked") == 16
    assert "lambda.recursion-ended" in kinds


ASKER = """
import boto3, json
def handler(event, context):
    client = boto3.client("lambda")
    answer = client.invoke(FunctionName="inner", Payload=json.dumps({"n": event["n"]}))
    client.invoke(FunctionName="inner", InvocationType="Event", Payload=b'{"n": 100}')
    return {"inner": json.loads(answer["Payload"].read()), "error": answer.get("FunctionError")}
"""
INNER = """
def handler(event, context):
    if event["n"] < 0:
        raise ValueError("too small")
    return event["n"] + 1
"""


def test_a_function_asks_another(chamber: Chamber, client: Any, real: Make) -> None:
    arn = real("inner", INNER)["FunctionArn"]
    real("asker", ASKER)
    answer = client.invoke(FunctionName="asker", Payload=b'{"n": 1}')
    assert json.loads(answer["Payload"].read()) == {"inner": 2, "error": None}
    answer = client.invoke(FunctionName="asker", Payload=b'{"n": -1}')
    told = json.loads(answer["Payload"].read())
    assert told["error"] == "Unhandled"
    assert told["inner"]["errorType"] == "ValueError"
    chamber.advance("1s")
    kinds = [event["what"] for event in chamber.events(arn)]
    assert kinds.count("lambda.invoked") == 4


def test_a_folder_is_used_as_it_lies_there(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_text("def handler(event, context):\n    return 1\n")
    with Chamber(seed=1, account=ONE, iam="off", function_folders=(str(tmp_path),)) as chamber:
        client = chamber.client("lambda")
        client.create_function(
            FunctionName="jobs",
            Runtime=RUNTIME,
            Handler="app.handler",
            Role=f"arn:aws:iam::{ONE}:role/worker",
            Code={"S3Bucket": "cloudchamber-folder", "S3Key": str(tmp_path)},
        )
        assert client.invoke(FunctionName="jobs")["Payload"].read() == b"1"
        file.write_text("def handler(event, context):\n    return 'two'\n")
        assert client.invoke(FunctionName="jobs")["Payload"].read() == b'"two"'


def test_two_runs_are_one_story() -> None:
    digests = []
    for _ in range(2):
        with Chamber(seed=4, account=ONE, iam="off") as chamber:
            client = chamber.client("lambda")

            def real(name: str, source: str, client: Any = client, **given: Any) -> Any:
                return client.create_function(
                    FunctionName=name,
                    Runtime=RUNTIME,
                    Handler="app.handler",
                    Role=f"arn:aws:iam::{ONE}:role/worker",
                    Timeout=20,
                    Code={"ZipFile": archive(app=source)},
                    **given,
                )

            real("jobs", ECHO, Environment={"Variables": {"COLOUR": "blue"}})
            client.invoke(FunctionName="jobs", Payload=b'{"n": 1}')
            client.invoke(FunctionName="jobs", InvocationType="Event", Payload=b'{"n": 2}')
            chamber.advance("5s")
            digests.append(chamber.digest)
    assert digests[0] == digests[1]
