"""Receiving: who gets which message, what comes with it, and how many may be in flight."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.cloud.service import Quota
from cloudchamber.services.sqs.limits import QUOTAS
from cloudchamber.services.sqs.service import SERVICE
from tests.unit.services.sqs.mail import ONE, Box, Waiter, invalid, refusal

Make = Callable[..., Box]
SYSTEM = {
    "SenderId",
    "SentTimestamp",
    "ApproximateReceiveCount",
    "ApproximateFirstReceiveTimestamp",
}


def three_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    quotas = {**QUOTAS, "in-flight-standard": Quota(3, ""), "in-flight-fifo": Quota(3, "")}
    monkeypatch.setattr(SERVICE, "quotas", MappingProxyType(quotas))


def test_a_received_message_is_hidden_from_others_for_its_timeout(
    chamber: Chamber, make: Make
) -> None:
    box = make("jobs", VisibilityTimeout=10)
    for body in "abc":
        box.send(body)
    assert box.bodies(1) == ["a"]
    assert box.bodies(1, VisibilityTimeout=3) == ["b"]
    assert box.bodies() == ["c"]
    assert box.bodies() == []
    assert box.counts() == (0, 3, 0)
    chamber.advance("3s")
    assert box.bodies(VisibilityTimeout=60) == ["b"]
    chamber.advance("6999ms")
    assert box.bodies() == []
    chamber.advance("1ms")
    assert box.bodies() == ["a", "c"]


def test_without_a_timeout_a_message_is_never_hidden(box: Box) -> None:
    box.send("m")
    for _ in range(3):
        assert box.bodies(VisibilityTimeout=0) == ["m"]
    assert box.counts() == (1, 0, 0)


def test_ten_at_most_and_one_by_default(box: Box) -> None:
    for number in range(12):
        box.send(str(number))
    answer = box.sqs.receive_message(QueueUrl=box.url)
    assert [each["Body"] for each in answer["Messages"]] == ["0"]
    assert box.bodies(10) == [str(number) for number in range(1, 11)]
    assert box.bodies(10) == ["11"]
    assert "Messages" not in box.sqs.receive_message(QueueUrl=box.url)


def test_returned_messages_join_the_end(chamber: Chamber, box: Box) -> None:
    box.send("first")
    assert box.bodies() == ["first"]
    box.send("second")
    box.send("third")
    chamber.advance("30s")
    assert box.bodies() == ["second", "third", "first"]


def test_what_a_message_says_of_its_life(chamber: Chamber, box: Box) -> None:
    box.send("m")
    chamber.advance("1500ms")
    first = box.take()
    chamber.advance("30s")
    second = box.take()
    sent = int(first["Attributes"]["SentTimestamp"])
    assert sent == 1_798_761_600_000
    for message, receives in ((first, "1"), (second, "2")):
        assert message["Attributes"] == {
            "SenderId": ONE,
            "SentTimestamp": str(sent),
            "ApproximateReceiveCount": receives,
            "ApproximateFirstReceiveTimestamp": str(sent + 1500),
        }
    assert first["MessageId"] == second["MessageId"]
    assert first["ReceiptHandle"] != second["ReceiptHandle"]


@pytest.mark.parametrize("parameter", ["AttributeNames", "MessageSystemAttributeNames"])
def test_system_attributes_are_given_when_asked_for(box: Box, parameter: str) -> None:
    box.send("m")
    (message,) = box.receive(VisibilityTimeout=0)
    assert "Attributes" not in message
    more: dict[str, Any] = {parameter: ["SenderId"]}
    (message,) = box.receive(VisibilityTimeout=0, **more)
    assert message["Attributes"] == {"SenderId": ONE}
    more = {parameter: ["All"]}
    (message,) = box.receive(VisibilityTimeout=0, **more)
    assert set(message["Attributes"]) == SYSTEM
    assert refusal(box.sqs.receive_message, QueueUrl=box.url, **{parameter: ["Colour"]}) == (
        "InvalidAttributeName",
        "Unknown Attribute Colour.",
        400,
    )


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ([], set[str]()),
        (["All"], {"a", "bar.one", "bar.two", "barrel"}),
        ([".*"], {"a", "bar.one", "bar.two", "barrel"}),
        (["a", "nobody"], {"a"}),
        (["bar.*"], {"bar.one", "bar.two"}),
        (["bar.one", "a"], {"bar.one", "a"}),
    ],
)
def test_message_attributes_are_given_when_asked_for(
    box: Box, asked: list[str], given: set[str]
) -> None:
    value = {"DataType": "String", "StringValue": "x"}
    names = ("a", "bar.one", "bar.two", "barrel")
    box.send("m", MessageAttributes=dict.fromkeys(names, value))
    (message,) = box.receive(MessageAttributeNames=asked)
    assert set(message.get("MessageAttributes", {})) == given
    assert ("MD5OfMessageAttributes" in message) == bool(given)


@pytest.mark.parametrize(
    ("parameter", "value", "reason"),
    [
        ("MaxNumberOfMessages", 0, "Must be between 1 and 10, if provided."),
        ("MaxNumberOfMessages", 11, "Must be between 1 and 10, if provided."),
        ("VisibilityTimeout", -1, "Must be between 0 and 43200, if provided."),
        ("VisibilityTimeout", 43_201, "Must be between 0 and 43200, if provided."),
        ("WaitTimeSeconds", -1, "Must be >= 0 and <= 20, if provided."),
        ("WaitTimeSeconds", 21, "Must be >= 0 and <= 20, if provided."),
        (
            "ReceiveRequestAttemptId",
            "x",
            "The request include parameter that is not valid for this queue type.",
        ),
    ],
)
def test_parameters_that_cannot_be(box: Box, parameter: str, value: Any, reason: str) -> None:
    box.send("m")
    assert refusal(box.sqs.receive_message, QueueUrl=box.url, **{parameter: value}) == invalid(
        value, parameter, reason
    )
    assert box.counts() == (1, 0, 0)


# In flight


def test_a_full_standard_queue_refuses_a_short_poll(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_in_flight(monkeypatch)
    for number in range(5):
        box.send(str(number))
    held = box.receive(10)
    assert len(held) == 3
    code, _, status = refusal(box.sqs.receive_message, QueueUrl=box.url)
    assert (code, status) == ("OverLimit", 403)
    box.delete(held[0])
    assert box.bodies(10) == ["3"]


def test_a_full_queue_lets_a_long_poll_wait_for_room(
    chamber: Chamber, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_in_flight(monkeypatch)
    for number in range(5):
        box.send(str(number))
    held = box.receive(10)
    waiter, second = Waiter(chamber, box.url), Waiter(chamber, box.url)
    assert waiter.waits
    box.delete(held[0])
    assert waiter.bodies == ["3"]
    assert second.waits
    chamber.advance("19999ms")
    assert second.waits
    chamber.advance("1ms")
    assert second.bodies == []


def test_a_full_fifo_queue_gives_nothing_and_says_nothing(
    fifo: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_in_flight(monkeypatch)
    for number in range(5):
        fifo.send(str(number), group=f"g{number}")
    assert len(fifo.receive(10)) == 3
    assert fifo.bodies() == []


# Retention


def test_messages_end_with_the_retention_period(chamber: Chamber, make: Make) -> None:
    box = make("jobs", MessageRetentionPeriod=60)
    box.send("ready")
    box.send("delayed", DelaySeconds=900)
    box.send("held")
    chamber.advance("30s")
    assert box.bodies(10, VisibilityTimeout=600) == ["ready", "held"]
    box.send("younger")
    chamber.advance("29999ms")
    assert box.counts() == (1, 2, 1)
    chamber.advance("1ms")
    assert box.counts() == (1, 0, 0)
    chamber.advance("30s")
    assert box.counts() == (0, 0, 0)


def test_four_days_by_default(chamber: Chamber, box: Box) -> None:
    box.send("m")
    chamber.advance("345599s")
    assert box.counts() == (1, 0, 0)
    chamber.advance("1s")
    assert box.bodies() == []


def test_a_shorter_retention_ends_messages_that_are_there(chamber: Chamber, box: Box) -> None:
    box.send("old")
    chamber.advance("1h")
    box.send("new")
    box.set(MessageRetentionPeriod="600")
    assert box.bodies() == ["new"]


def test_a_longer_retention_does_not_bring_back_what_had_ended(
    chamber: Chamber, make: Make
) -> None:
    box = make("jobs", MessageRetentionPeriod=60)
    box.send("old")
    chamber.advance("2m")
    box.set(MessageRetentionPeriod="1209600")
    assert box.bodies() == []


def test_receiving_does_not_prolong_a_life(chamber: Chamber, make: Make) -> None:
    box = make("jobs", MessageRetentionPeriod=60, VisibilityTimeout=10)
    box.send("m")
    for _ in range(5):
        assert box.bodies() == ["m"]
        chamber.advance("10s")
    assert box.bodies(VisibilityTimeout=5) == ["m"]
    chamber.advance("10s")
    assert box.bodies() == []
