"""Sending: what a message may be, what is answered, and that it arrives as it was."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.sqs.mail import ONE, Box, invalid, refusal

Make = Callable[..., Box]
LIMIT = 1_048_576
BAD_BODY = (
    "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "
    "#xE000 to #xFFFD | #x10000 to #x10FFFF"
)
BAD_TYPE = (
    "The type of message (user) attribute 'a' is invalid. You must use only the following "
    "supported type prefixes: Binary, Number, String."
)
BAD_DELAY = "DelaySeconds must be >= 0 and <= 900."
BATCH_ID = (
    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be "
    "at most 80 letters long."
)


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def md5_by_the_book(attributes: dict[str, dict[str, Any]]) -> str:
    """sqs-message-metadata.html, "Calculating the MD5 message digest for message attributes"."""
    data = b""
    for name in sorted(attributes):
        kind = attributes[name]["DataType"]
        for text in (name, kind):
            data += struct.pack(">I", len(text.encode())) + text.encode()
        if kind.startswith("Binary"):
            value, mark = attributes[name]["BinaryValue"], b"\2"
        else:
            value, mark = attributes[name]["StringValue"].encode(), b"\1"
        data += mark + struct.pack(">I", len(value)) + value
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


ATTRIBUTES: dict[str, dict[str, Any]] = {
    "city": {"DataType": "String", "StringValue": "Köln"},
    "age": {"DataType": "Number.int", "StringValue": "-12.5e3"},
    "seal": {"DataType": "Binary.png", "BinaryValue": b"\x00\xff"},
    "a.b-c_D9": {"DataType": "String", "StringValue": "x"},
}


@pytest.mark.parametrize(
    "body", ["x", "Grüße, 世界 \U0001f600", "\t\n\r", "é" * 1000, "\ue000\ufffd"]
)
def test_a_body_arrives_as_it_was(box: Box, body: str) -> None:
    answer = box.send(body)
    message = box.take()
    assert message["Body"] == body
    assert answer["MD5OfMessageBody"] == message["MD5OfBody"] == md5(body)
    assert answer["MessageId"] == message["MessageId"]
    assert "SequenceNumber" not in answer
    assert "MD5OfMessageAttributes" not in answer


def test_attributes_arrive_as_they_were(box: Box) -> None:
    answer = box.send("m", MessageAttributes=ATTRIBUTES)
    message = box.take()
    assert message["MessageAttributes"] == ATTRIBUTES
    expected = md5_by_the_book(ATTRIBUTES)
    assert answer["MD5OfMessageAttributes"] == message["MD5OfMessageAttributes"] == expected


def test_a_trace_header_is_a_system_attribute(box: Box) -> None:
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5e-abc"}}
    answer = box.send("m", MessageSystemAttributes=trace)
    assert answer["MD5OfMessageSystemAttributes"] == md5_by_the_book(trace)
    assert box.take()["Attributes"]["AWSTraceHeader"] == "Root=1-5e-abc"
    for name, value in (
        ("Other", {"DataType": "String", "StringValue": "x"}),
        ("AWSTraceHeader", {"DataType": "Number", "StringValue": "1"}),
        ("AWSTraceHeader", {"DataType": "String", "StringValue": ""}),
    ):
        found = refusal(
            box.sqs.send_message,
            QueueUrl=box.url,
            MessageBody="m",
            MessageSystemAttributes={name: value},
        )
        assert found[0] == "InvalidParameterValue"


@pytest.mark.parametrize("body", ["\x00", "a\x08b", "\ufffe", "x" * 100 + "\x1f", "\x0b"])
def test_a_body_of_forbidden_characters(box: Box, body: str) -> None:
    assert refusal(box.sqs.send_message, QueueUrl=box.url, MessageBody=body) == (
        "InvalidMessageContents",
        BAD_BODY,
        400,
    )
    assert box.counts() == (0, 0, 0)


def test_an_empty_body(box: Box) -> None:
    assert refusal(box.sqs.send_message, QueueUrl=box.url, MessageBody="") == (
        "MissingParameter",
        "The request must contain the parameter MessageBody.",
        400,
    )


def test_the_largest_message_and_one_byte_more(make: Make) -> None:
    box = make("jobs")
    box.send("é" * (LIMIT // 2))
    assert refusal(
        box.sqs.send_message, QueueUrl=box.url, MessageBody="é" * (LIMIT // 2) + "x"
    ) == (
        "InvalidParameterValue",
        f"One or more parameters are invalid. Reason: Message must be shorter than {LIMIT} bytes.",
        400,
    )
    small = make("small", MaximumMessageSize=1024)
    attributes = {"name": {"DataType": "String", "StringValue": "value"}}
    used = len("name" + "String" + "value")
    small.send("x" * (1024 - used), MessageAttributes=attributes)
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "x" * 5000}}
    small.send("x" * 1024, MessageSystemAttributes=trace)  # does not count
    found = refusal(
        small.sqs.send_message,
        QueueUrl=small.url,
        MessageBody="x" * (1025 - used),
        MessageAttributes=attributes,
    )
    assert found[1].endswith("Message must be shorter than 1024 bytes.")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        (
            "a",
            {"DataType": "String", "StringValue": ""},
            "Message (user) attribute 'a' must contain a non-empty value of type 'String'.",
        ),
        (
            "a",
            {"DataType": "Binary", "BinaryValue": b""},
            "Message (user) attribute 'a' must contain a non-empty value of type 'Binary'.",
        ),
        (
            "a",
            {"DataType": "Binary", "StringValue": "x"},
            "Message (user) attribute 'a' must contain a non-empty value of type 'Binary'.",
        ),
        (
            "a",
            {"DataType": "string", "StringValue": "x"},
            BAD_TYPE,
        ),
        (
            "a",
            {"DataType": "String." + "x" * 250, "StringValue": "x"},
            BAD_TYPE,
        ),
        (
            "a",
            {"DataType": "", "StringValue": "x"},
            "The message attribute 'a' must contain non-empty message attribute type.",
        ),
        (
            "a",
            {"DataType": "Number", "StringValue": "1.2.3"},
            "Can't cast the value of message (user) attribute 'a' to a number.",
        ),
        (
            "",
            {"DataType": "String", "StringValue": "x"},
            "The request must contain non-empty message attribute name.",
        ),
    ],
)
def test_an_attribute_that_cannot_be(box: Box, name: str, value: dict[str, Any], says: str) -> None:
    found = refusal(
        box.sqs.send_message, QueueUrl=box.url, MessageBody="m", MessageAttributes={name: value}
    )
    assert found == ("InvalidParameterValue", says, 400)


@pytest.mark.parametrize("name", ["AWS.x", "amazon.x", ".x", "x.", "a..b", "a b", "a" * 257, "ä"])
def test_an_attribute_s_name_that_cannot_be(box: Box, name: str) -> None:
    attributes = {name: {"DataType": "String", "StringValue": "x"}}
    code, says, _ = refusal(
        box.sqs.send_message, QueueUrl=box.url, MessageBody="m", MessageAttributes=attributes
    )
    assert code == "InvalidParameterValue"
    assert says.startswith(f"The message attribute name '{name}' is invalid.")


def test_ten_attributes_at_most_and_no_lists(box: Box) -> None:
    value = {"DataType": "String", "StringValue": "x"}
    box.send("m", MessageAttributes={f"a{number}": value for number in range(10)})
    found = refusal(
        box.sqs.send_message,
        QueueUrl=box.url,
        MessageBody="m",
        MessageAttributes={f"a{number}": value for number in range(11)},
    )
    assert found[1] == "Number of message attributes [11] exceeds the allowed maximum [10]."
    listed = {"DataType": "String", "StringListValues": ["x"]}
    found = refusal(
        box.sqs.send_message, QueueUrl=box.url, MessageBody="m", MessageAttributes={"a": listed}
    )
    assert found[0] == "AWS.SimpleQueueService.UnsupportedOperation"
    bad = {"DataType": "String", "StringValue": "\x00"}
    found = refusal(
        box.sqs.send_message, QueueUrl=box.url, MessageBody="m", MessageAttributes={"a": bad}
    )
    assert found[0] == "InvalidMessageContents"


# Delay


def test_a_message_waits_for_its_own_delay_or_the_queue_s(chamber: Chamber, make: Make) -> None:
    box = make("jobs", DelaySeconds=10)
    box.send("queue's")
    box.send("own", DelaySeconds=5)
    box.send("none", DelaySeconds=0)
    assert box.counts() == (1, 0, 2)
    assert box.bodies() == ["none"]
    chamber.advance("4999ms")
    assert box.bodies() == []
    chamber.advance("1ms")
    assert box.bodies() == ["own"]
    chamber.advance("5s")
    assert box.bodies() == ["queue's"]


def test_a_standard_queue_s_new_delay_is_for_new_messages(chamber: Chamber, make: Make) -> None:
    box = make("jobs", DelaySeconds=10)
    box.send("before")
    box.set(DelaySeconds="100")
    box.send("after")
    chamber.advance("10s")
    assert box.bodies() == ["before"]
    box.set(DelaySeconds="0")
    assert box.bodies() == []
    chamber.advance("90s")
    assert "after" in box.bodies()


@pytest.mark.parametrize("delay", [-1, 901])
def test_a_delay_that_cannot_be(box: Box, delay: int) -> None:
    found = refusal(box.sqs.send_message, QueueUrl=box.url, MessageBody="m", DelaySeconds=delay)
    assert found == invalid(delay, "DelaySeconds", BAD_DELAY)


def test_a_deduplication_id_is_for_fifo_queues(box: Box) -> None:
    found = refusal(
        box.sqs.send_message, QueueUrl=box.url, MessageBody="m", MessageDeduplicationId="d"
    )
    reason = "The request include parameter that is not valid for this queue type."
    assert found == invalid("d", "MessageDeduplicationId", reason)


# Batches


def entries(*ids: str, **more: Any) -> list[dict[str, Any]]:
    return [{"Id": each, "MessageBody": f"body of {each}", **more} for each in ids]


def test_a_batch_arrives_in_order(box: Box) -> None:
    batch = entries("a", "b", "c")
    batch[1]["DelaySeconds"] = 60
    answer = box.sqs.send_message_batch(QueueUrl=box.url, Entries=batch)
    assert [each["Id"] for each in answer["Successful"]] == ["a", "b", "c"]
    assert "Failed" not in answer
    assert answer["Successful"][0]["MD5OfMessageBody"] == md5("body of a")
    assert box.bodies() == ["body of a", "body of c"]
    assert box.counts() == (0, 2, 1)


def test_an_entry_that_fails_does_not_hold_up_the_others(box: Box) -> None:
    batch = [*entries("good"), *entries("late", DelaySeconds=901), *entries("fine")]
    batch += [{"Id": "bad", "MessageBody": "\x00"}]
    answer = box.sqs.send_message_batch(QueueUrl=box.url, Entries=batch)
    assert [each["Id"] for each in answer["Successful"]] == ["good", "fine"]
    late, bad = answer["Failed"]
    assert late == {
        "Id": "late",
        "SenderFault": True,
        "Code": "InvalidParameterValue",
        "Message": invalid(901, "DelaySeconds", BAD_DELAY)[1],
    }
    assert (bad["Id"], bad["Code"]) == ("bad", "InvalidMessageContents")
    assert box.bodies() == ["body of good", "body of fine"]


@pytest.mark.parametrize("kind", ["send_message", "delete_message", "change_message_visibility"])
def test_batches_that_cannot_be(box: Box, kind: str) -> None:
    call = getattr(box.sqs, f"{kind}_batch")
    members: dict[str, dict[str, Any]] = {
        "send_message": {"MessageBody": "m"},
        "delete_message": {"ReceiptHandle": "r"},
        "change_message_visibility": {"ReceiptHandle": "r", "VisibilityTimeout": 1},
    }
    member = members[kind]
    shape = kind.title().replace("_", "")

    def found(*ids: str) -> tuple[str, str, int]:
        return refusal(call, QueueUrl=box.url, Entries=[{"Id": each, **member} for each in ids])

    code = "AWS.SimpleQueueService."
    assert found() == (
        f"{code}EmptyBatchRequest",
        f"There should be at least one {shape}BatchRequestEntry in the request.",
        400,
    )
    assert found(*"abcdefghijk") == (
        f"{code}TooManyEntriesInBatchRequest",
        "Maximum number of entries per request are 10. You have sent 11.",
        400,
    )
    assert found("a", "b", "a") == (f"{code}BatchEntryIdsNotDistinct", "Id a repeated.", 400)
    for name in ("", "a b", "a" * 81):
        assert found(name) == (f"{code}InvalidBatchEntryId", BATCH_ID, 400)
    assert box.counts() == (0, 0, 0)


def test_a_batch_is_no_larger_than_a_message(box: Box) -> None:
    half = "x" * (LIMIT // 2)
    attributes = {"n": {"DataType": "String", "StringValue": "v"}}
    batch: list[dict[str, Any]] = [
        {"Id": "a", "MessageBody": half},
        {"Id": "b", "MessageBody": half},
    ]
    box.sqs.send_message_batch(QueueUrl=box.url, Entries=batch)
    batch[1]["MessageAttributes"] = attributes
    assert refusal(box.sqs.send_message_batch, QueueUrl=box.url, Entries=batch) == (
        "AWS.SimpleQueueService.BatchRequestTooLong",
        f"Batch requests cannot be longer than {LIMIT} bytes. You have sent {LIMIT + 8} bytes.",
        400,
    )
    assert box.counts() == (2, 0, 0)


def test_the_sender_is_who_sent_it(box: Box) -> None:
    box.send("m")
    assert box.take()["Attributes"]["SenderId"] == ONE
