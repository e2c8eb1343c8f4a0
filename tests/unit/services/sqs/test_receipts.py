"""Receipts: deleting a message, and changing how long it is hidden."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber import Chamber
from cloudchamber.services.sqs.handles import MARK, Receipt, read_receipt, write_receipt
from tests.unit.services.sqs.mail import Box, invalid, refusal

Make = Callable[..., Box]
NOT_THERE = "Message does not exist or is not available for visibility timeout change."


def change_refusal(box: Box, handle: str, seconds: int) -> tuple[str, str, int]:
    return refusal(
        box.sqs.change_message_visibility,
        QueueUrl=box.url,
        ReceiptHandle=handle,
        VisibilityTimeout=seconds,
    )


def delete_refusal(box: Box, handle: str) -> tuple[str, str, int]:
    return refusal(box.sqs.delete_message, QueueUrl=box.url, ReceiptHandle=handle)


def test_a_deleted_message_does_not_come_back(chamber: Chamber, box: Box) -> None:
    box.send("m")
    message = box.take()
    box.delete(message)
    assert box.counts() == (0, 0, 0)
    box.delete(message)  # once more does no harm
    chamber.advance("1h")
    assert box.bodies() == []


def test_a_standard_queue_takes_a_receipt_after_the_timeout(chamber: Chamber, box: Box) -> None:
    box.send("m")
    message = box.take()
    chamber.advance("31s")
    assert box.counts() == (1, 0, 0)
    box.delete(message)
    assert box.counts() == (0, 0, 0)


def test_an_old_receipt_succeeds_and_deletes_nothing(chamber: Chamber, box: Box) -> None:
    box.send("m")
    old = box.take()
    chamber.advance("30s")
    new = box.take()
    box.delete(old)
    assert box.counts() == (0, 1, 0)
    box.delete(new)
    assert box.counts() == (0, 0, 0)


def test_a_fifo_queue_refuses_a_receipt_that_has_expired(chamber: Chamber, fifo: Box) -> None:
    fifo.send("m")
    old = fifo.take()
    chamber.advance("30s")
    expected = invalid(old["ReceiptHandle"], "ReceiptHandle", "The receipt handle has expired.")
    assert delete_refusal(fifo, old["ReceiptHandle"]) == expected
    new = fifo.take()
    assert delete_refusal(fifo, old["ReceiptHandle"]) == expected
    fifo.delete(new)
    fifo.delete(new)  # gone already
    assert fifo.counts() == (0, 0, 0)


@pytest.mark.parametrize("handle", ["guess", "AQEB", "ÄÖÜ", base64.b64encode(b"AQEB").decode()])
def test_a_receipt_nobody_gave(box: Box, handle: str) -> None:
    says = f'The input receipt handle "{handle}" is not a valid receipt handle.'
    assert delete_refusal(box, handle) == ("ReceiptHandleIsInvalid", says, 404)
    assert change_refusal(box, handle, 1) == ("ReceiptHandleIsInvalid", says, 404)


def test_a_receipt_of_another_queue(make: Make, chamber: Chamber) -> None:
    box = make("jobs")
    box.send("m")
    handle = box.take()["ReceiptHandle"]
    elsewhere = Box.make(chamber.client("sqs", "eu-west-1"), "jobs")
    for other in (make("other"), elsewhere):
        other.send("theirs")
        other.take()
        assert delete_refusal(other, handle)[0] == "ReceiptHandleIsInvalid"
        assert other.counts() == (0, 1, 0)


@given(st.text("0123456789abcdef", min_size=1), st.integers(1), st.integers(1))
def test_a_handle_says_what_was_written(queue: str, seq: int, number: int) -> None:
    assert read_receipt(write_receipt(queue, seq, number)) == Receipt(queue, seq, number)


@given(st.text())
def test_no_text_is_taken_for_a_handle(text: str) -> None:
    assert read_receipt(text) is None


@given(st.binary())
def test_no_forged_body_breaks_the_reading(body: bytes) -> None:
    handle = base64.b64encode(MARK + crc32(body).to_bytes(4, "big") + body).decode()
    receipt = read_receipt(handle)
    assert receipt is None or receipt.queue.isascii()


def test_a_batch_of_deletes(box: Box) -> None:
    for body in "ab":
        box.send(body)
    one, two = box.receive(10)
    answer = box.sqs.delete_message_batch(
        QueueUrl=box.url,
        Entries=[
            {"Id": "one", "ReceiptHandle": one["ReceiptHandle"]},
            {"Id": "bad", "ReceiptHandle": "guess"},
            {"Id": "two", "ReceiptHandle": two["ReceiptHandle"]},
        ],
    )
    assert [each["Id"] for each in answer["Successful"]] == ["one", "two"]
    (failed,) = answer["Failed"]
    assert failed == {
        "Id": "bad",
        "SenderFault": True,
        "Code": "ReceiptHandleIsInvalid",
        "Message": 'The input receipt handle "guess" is not a valid receipt handle.',
    }
    assert box.counts() == (0, 0, 0)


# Visibility


def test_a_timeout_counts_from_the_change(chamber: Chamber, make: Make) -> None:
    box = make("jobs", VisibilityTimeout=60)
    box.send("m")
    message = box.take()
    chamber.advance("15s")
    box.hide(message, 10)
    chamber.advance("9999ms")
    assert box.bodies() == []
    chamber.advance("1ms")
    assert box.bodies() == ["m"]
    chamber.advance("59s")
    assert box.bodies() == []  # the change was for that receive alone
    chamber.advance("1s")
    assert box.bodies() == ["m"]


def test_zero_shows_a_message_at_once(box: Box) -> None:
    box.send("m")
    message = box.take()
    box.hide(message, 0)
    assert box.counts() == (1, 0, 0)
    assert box.bodies() == ["m"]


def test_a_message_that_is_not_in_flight(chamber: Chamber, box: Box) -> None:
    box.send("m")
    message = box.take()
    code = "AWS.SimpleQueueService.MessageNotInflight"
    chamber.advance("30s")
    assert change_refusal(box, message["ReceiptHandle"], 5)[0] == code
    again = box.take()
    assert change_refusal(box, message["ReceiptHandle"], 5)[0] == code
    box.hide(again, 0)
    assert change_refusal(box, again["ReceiptHandle"], 5)[0] == code


def test_a_message_that_is_gone(box: Box) -> None:
    box.send("m")
    message = box.take()
    box.delete(message)
    handle = message["ReceiptHandle"]
    assert change_refusal(box, handle, 5) == invalid(handle, "ReceiptHandle", NOT_THERE)


@pytest.mark.parametrize("seconds", [-1, 43_201])
def test_a_timeout_that_cannot_be(box: Box, seconds: int) -> None:
    box.send("m")
    assert change_refusal(box, box.take()["ReceiptHandle"], seconds) == invalid(
        seconds, "VisibilityTimeout", "Must be between 0 and 43200, if provided."
    )


def test_twelve_hours_in_all_from_the_receive(chamber: Chamber, box: Box) -> None:
    box.send("m")
    message = box.take()
    box.hide(message, 43_200)
    chamber.advance("2h")
    reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"
    assert change_refusal(box, message["ReceiptHandle"], 36_001) == invalid(
        36_001, "VisibilityTimeout", reason
    )
    box.hide(message, 36_000)
    chamber.advance("10h")
    again = box.take()  # a new receive begins anew
    box.hide(again, 43_200)
    chamber.advance("43199s")
    assert box.bodies() == []


def test_a_batch_of_changes(chamber: Chamber, box: Box) -> None:
    for body in "abc":
        box.send(body)
    one, two, three = box.receive(10)
    box.delete(three)
    answer = box.sqs.change_message_visibility_batch(
        QueueUrl=box.url,
        Entries=[
            {"Id": "one", "ReceiptHandle": one["ReceiptHandle"], "VisibilityTimeout": 5},
            {"Id": "two", "ReceiptHandle": two["ReceiptHandle"], "VisibilityTimeout": 0},
            {"Id": "gone", "ReceiptHandle": three["ReceiptHandle"], "VisibilityTimeout": 5},
            {"Id": "none", "ReceiptHandle": one["ReceiptHandle"]},
        ],
    )
    assert [each["Id"] for each in answer["Successful"]] == ["one", "two"]
    codes = {each["Id"]: each["Code"] for each in answer["Failed"]}
    assert codes == {"gone": "InvalidParameterValue", "none": "MissingParameter"}
    assert box.bodies() == ["b"]
    chamber.advance("5s")
    assert box.bodies() == ["a"]


def test_a_missing_timeout(box: Box, chamber: Chamber) -> None:
    box.send("m")
    message: dict[str, Any] = box.take()
    with pytest.raises(Exception, match=r"must contain the parameter VisibilityTimeout\."):
        chamber.cloud.ask(
            "sqs",
            "ChangeMessageVisibility",
            {"QueueUrl": box.url, "ReceiptHandle": message["ReceiptHandle"]},
            account="111111111111",
        )
