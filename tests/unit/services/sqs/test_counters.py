"""What CloudWatch will want to know."""

from __future__ import annotations

from collections.abc import Callable

from cloudchamber import Chamber
from tests.unit.services.sqs.mail import ONE, TWO, Box

Make = Callable[..., Box]


def counters(chamber: Chamber, box: Box) -> dict[str, float]:
    return {
        usage: amount
        for (service, account, region, resource, usage), amount in chamber.cloud.meter.lines()
        if (service, account, region, resource) == ("sqs", ONE, "us-east-1", box.arn)
        and usage.startswith(("Number", "Sent"))
    }


def test_what_happens_is_counted_for_the_owner(chamber: Chamber, box: Box) -> None:
    box.seen_by(chamber.client("sqs", account=TWO)).send("12345")
    attributes = {"a": {"DataType": "String", "StringValue": "xyz"}}
    entries = [
        {"Id": "a", "MessageBody": "1", "MessageAttributes": attributes},
        {"Id": "b", "MessageBody": "\x00"},
    ]
    box.sqs.send_message_batch(QueueUrl=box.url, Entries=entries)
    held = box.receive(10)
    assert box.bodies() == []
    assert box.bodies(WaitTimeSeconds=1) == []
    for message in held:
        box.delete(message)
    box.delete(held[0])  # "including duplicate deletions"
    assert counters(chamber, box) == {
        "NumberOfMessagesSent": 2,
        "SentMessageSize": 5 + 1 + 1 + 6 + 3,
        "NumberOfMessagesReceived": 2,
        "NumberOfEmptyReceives": 2,
        "NumberOfMessagesDeleted": 3,
    }


def test_a_duplicate_is_not_sent(chamber: Chamber, fifo: Box) -> None:
    for _ in range(3):
        fifo.send("m")
    found = counters(chamber, fifo)
    assert found["NumberOfMessagesSent"] == 1
    assert found["NumberOfDeduplicatedSentMessages"] == 2


def test_a_dead_letter_is_not_sent(chamber: Chamber, make: Make) -> None:
    box, graves = make("jobs", VisibilityTimeout=1), make("graves")
    box.redrive_to(graves)
    box.send("m")
    box.bodies()
    chamber.advance("1s")
    box.bodies()
    assert graves.counts() == (1, 0, 0)
    assert "NumberOfMessagesSent" not in counters(chamber, graves)
