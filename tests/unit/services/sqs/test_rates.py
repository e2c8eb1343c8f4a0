"""How often a FIFO queue may be called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.cloud.errors import Throttled
from tests.unit.services.sqs.mail import ONE, Box, refusal

Make = Callable[..., Box]
HIGH = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, throttling="enforce") as opened:
        yield opened


def how_many(chamber: Chamber, operation: str, requests: Iterator[dict[str, Any]]) -> int:
    """How many calls are answered before one is throttled."""
    count = 0
    for request in requests:
        try:
            chamber.cloud.ask("sqs", operation, request, account=ONE)
        except Throttled:
            break
        count += 1
    return count


def sends(box: Box, groups: int = 1, count: int = 1000, first: int = 0) -> Iterator[dict[str, Any]]:
    for number in range(first, first + count):
        yield {
            "QueueUrl": box.url,
            "MessageBody": "m",
            "MessageGroupId": f"g{number % groups}",
            "MessageDeduplicationId": str(number),
        }


def test_three_hundred_a_second_for_each_action(chamber: Chamber, fifo: Box) -> None:
    assert how_many(chamber, "SendMessage", sends(fifo, groups=50)) == 300
    code, message, status = refusal(
        fifo.sqs.send_message,
        QueueUrl=fifo.url,
        MessageBody="m",
        MessageGroupId="g",
        MessageDeduplicationId="x",
    )
    assert (code, message, status) == ("RequestThrottled", "Rate exceeded", 403)
    assert fifo.counts() == (300, 0, 0)
    receives = iter([{"QueueUrl": fifo.url}] * 1000)
    assert how_many(chamber, "ReceiveMessage", receives) == 300
    chamber.advance("1s")
    assert how_many(chamber, "SendMessage", sends(fifo, first=5000)) == 300
    chamber.advance("10ms")
    assert how_many(chamber, "SendMessage", sends(fifo, first=9000)) == 3


def test_a_batch_is_one_transaction(chamber: Chamber, fifo: Box) -> None:
    def batches() -> Iterator[dict[str, Any]]:
        for batch in range(1000):
            entries = [
                {
                    "Id": str(number),
                    "MessageBody": "m",
                    "MessageGroupId": "g",
                    "MessageDeduplicationId": f"{batch}.{number}",
                }
                for number in range(10)
            ]
            yield {"QueueUrl": fifo.url, "Entries": entries}

    assert how_many(chamber, "SendMessageBatch", batches()) == 300
    assert fifo.counts() == (3000, 0, 0)
    assert how_many(chamber, "SendMessage", sends(fifo)) == 0


def test_queues_have_rates_of_their_own(chamber: Chamber, make: Make) -> None:
    for name in ("a.fifo", "b.fifo"):
        assert how_many(chamber, "SendMessage", sends(make(name))) == 300


def test_high_throughput_counts_by_group(chamber: Chamber, make: Make) -> None:
    fifo = make("high.fifo", **HIGH)
    assert how_many(chamber, "SendMessage", sends(fifo, groups=3, count=2000)) == 900
    assert how_many(chamber, "SendMessage", sends(fifo, count=10, groups=7, first=5000)) == 0
    chamber.advance("1s")
    assert how_many(chamber, "SendMessage", sends(fifo, first=9000)) == 300


def test_a_refused_call_costs_nothing(chamber: Chamber, fifo: Box) -> None:
    for _ in range(10):
        refusal(fifo.sqs.send_message, QueueUrl=fifo.url, MessageBody="m", MessageGroupId="g")
    assert how_many(chamber, "SendMessage", sends(fifo)) == 300


def test_a_poll_that_ends_too_often_gets_nothing_and_loses_nothing(
    chamber: Chamber, fifo: Box
) -> None:
    fifo.send("m")
    receives = iter([{"QueueUrl": fifo.url, "VisibilityTimeout": 0}] * 1000)
    assert how_many(chamber, "ReceiveMessage", receives) == 300
    found = refusal(fifo.sqs.receive_message, QueueUrl=fifo.url, WaitTimeSeconds=5)
    assert found[0] == "RequestThrottled"
    chamber.advance("1s")
    assert fifo.bodies() == ["m"]


def test_deletes_have_their_rate(chamber: Chamber, fifo: Box) -> None:
    for number in range(30):
        fifo.send(str(number), group=str(number))
    held = [each for _ in range(3) for each in fifo.receive(10)]
    deletes = (
        {"QueueUrl": fifo.url, "ReceiptHandle": held[number % 30]["ReceiptHandle"]}
        for number in range(1000)
    )
    assert how_many(chamber, "DeleteMessage", deletes) == 300


def test_standard_queues_have_no_rate(chamber: Chamber, box: Box) -> None:
    requests = ({"QueueUrl": box.url, "MessageBody": "m"} for _ in range(2000))
    assert how_many(chamber, "SendMessage", requests) == 2000


def test_rates_are_kept_only_when_asked_for() -> None:
    with Chamber(seed=1, account=ONE) as chamber:
        fifo = Box.make(chamber.client("sqs"), "jobs.fifo")
        assert how_many(chamber, "SendMessage", sends(fifo)) == 1000
