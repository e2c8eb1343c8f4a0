"""Eight clients at one queue over HTTP: nothing is lost, and nothing comes twice that may not.

Rules of this file: threads with plain connections of their own, half of them producers, half
consumers that delete what they receive. What was sent is compared with what was received.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any, Final

import orjson
import pytest

from tests.unit.server.served import PATIENCE_S, Server

PRODUCERS: Final = 4
CONSUMERS: Final = 4
EACH: Final = 60  # messages of a producer
GROUPS: Final = 3  # of a producer, on a FIFO queue
HIDDEN_S: Final = 43_200  # longer than any clock goes while a consumer is held up
CLOCKS: Final = ("demand", "live")


class Client:
    """One client with one connection."""

    def __init__(self, port: int) -> None:
        self.link = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)

    def call(self, operation: str, **fields: Any) -> dict[str, Any]:
        """An SQS call that must succeed; its output."""
        headers = {
            "host": "localhost",
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"AmazonSQS.{operation}",
        }
        self.link.request("POST", "/", orjson.dumps(fields), headers)
        response = self.link.getresponse()
        body = response.read()
        assert response.status == 200, body
        output: dict[str, Any] = orjson.loads(body or b"{}")
        return output


def produce(port: int, url: str, producer: int, is_fifo: bool) -> list[str]:
    """Send one by one, and by tens; the bodies that were acknowledged, in order."""
    client = Client(port)
    bodies = [f"{producer}-{number % GROUPS}-{number}" for number in range(EACH)]
    extra: list[dict[str, str]] = [{} for _ in bodies]
    if is_fifo:
        extra = [
            {"MessageGroupId": body.rpartition("-")[0], "MessageDeduplicationId": body}
            for body in bodies
        ]
    half = EACH // 2
    for body, more in zip(bodies[:half], extra[:half], strict=True):
        client.call("SendMessage", QueueUrl=url, MessageBody=body, **more)
        if is_fifo:  # the same again, as a client that heard no answer would
            client.call("SendMessage", QueueUrl=url, MessageBody=body, **more)
    for start in range(half, EACH, 10):
        entries = [
            {"Id": str(index), "MessageBody": bodies[index], **extra[index]}
            for index in range(start, min(start + 10, EACH))
        ]
        answer = client.call("SendMessageBatch", QueueUrl=url, Entries=entries)
        assert len(answer["Successful"]) == len(entries)
    client.link.close()
    return bodies


class Seen:
    """What all consumers received, in order: written before a message is deleted, so that the
    next of its group cannot have been received by anybody yet."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.counts: list[int] = []
        self.busy: set[int] = set()


def consume(port: int, url: str, number: int, seen: Seen, total: int) -> None:
    """Receive and delete until everything was seen."""
    client = Client(port)
    while len(seen.bodies) < total:
        answer = client.call(
            "ReceiveMessage",
            QueueUrl=url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,
            AttributeNames=["All"],
        )
        messages = answer.get("Messages", [])
        seen.bodies.extend(message["Body"] for message in messages)
        for message in messages:
            seen.busy.add(number)
            seen.counts.append(int(message["Attributes"]["ApproximateReceiveCount"]))
            client.call("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    client.link.close()


def run(port: int, url: str, is_fifo: bool) -> tuple[list[str], Seen]:
    """What was sent, and what was received."""
    seen = Seen()
    total = PRODUCERS * EACH
    with ThreadPoolExecutor(PRODUCERS + CONSUMERS) as pool:
        consumers = [
            pool.submit(consume, port, url, number, seen, total) for number in range(CONSUMERS)
        ]
        producers = [
            pool.submit(produce, port, url, number, is_fifo) for number in range(PRODUCERS)
        ]
        sent = [body for producer in producers for body in producer.result(PATIENCE_S)]
        for consumer in consumers:
            consumer.result(PATIENCE_S)
    return sent, seen


@pytest.mark.slow
@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("kind", ["standard", "fifo"])
def test_eight_clients(clock: str, kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    is_fifo = kind == "fifo"
    notes = tmp_path_factory.mktemp("notes")
    with Server(notes, chamber={"clock": clock, "seed": 3}) as server:
        client = Client(server.port)
        attributes = {"VisibilityTimeout": str(HIDDEN_S)}
        if is_fifo:
            attributes["FifoQueue"] = "true"
        name = "many.fifo" if is_fifo else "many"
        url = client.call("CreateQueue", QueueName=name, Attributes=attributes)["QueueUrl"]
        sent, seen = run(server.port, url, is_fifo)
        assert Counter(seen.bodies) == Counter(sent)
        assert set(seen.counts) == {1}
        assert len(seen.busy) > 1, "one consumer took it all"
        if is_fifo:
            check_order(seen.bodies)
        left = client.call("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert left["ApproximateNumberOfMessages"] == "0"
        assert left["ApproximateNumberOfMessagesNotVisible"] == "0"
        client.link.close()
        assert server.stop() == 0
        assert server.said == ""


def check_order(bodies: list[str]) -> None:
    """Every group comes in the order in which it was sent, whoever received it."""
    groups: dict[str, list[int]] = defaultdict(list)
    for body in bodies:
        group, _, number = body.rpartition("-")
        groups[group].append(int(number))
    assert len(groups) == PRODUCERS * GROUPS
    for group, numbers in groups.items():
        assert numbers == sorted(numbers), group
