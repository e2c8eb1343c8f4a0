"""Receiving, and what a consumer does with what it got: delete it, or hide it longer.

Rules of this file: a long poll changes nothing while it waits; it waits for the instant at which
something will become visible, for its key to be woken, or for its end, whichever comes first.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final, NamedTuple

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output, Wait, Waiting
from cloudchamber.services.sqs import contents
from cloudchamber.services.sqs.attributes import find_queue_by_arn
from cloudchamber.services.sqs.batches import answer_each, check_entries
from cloudchamber.services.sqs.limits import (
    DEDUPLICATION_NS,
    RECEIVE_MAX,
    TOKEN,
    VISIBILITY_MAX_S,
    WAIT_MAX_S,
)
from cloudchamber.services.sqs.lookup import expect_queue, mailbox_of
from cloudchamber.services.sqs.mailbox import IN_FLIGHT, Mailbox, Message
from cloudchamber.services.sqs.nouns import MAILBOXES, SECOND_NS, Attempt, Queue
from cloudchamber.services.sqs.receipts import read_receipt, write_receipt

MILLISECOND_NS: Final = 1_000_000
SYSTEM_NAMES: Final = frozenset(
    {
        "All",
        "SenderId",
        "SentTimestamp",
        "ApproximateReceiveCount",
        "ApproximateFirstReceiveTimestamp",
        "SequenceNumber",
        "MessageDeduplicationId",
        "MessageGroupId",
        "AWSTraceHeader",
        "DeadLetterQueueSourceArn",
    }
)
_Attributes = dict[str, dict[str, Any]]
_decode = msgspec.msgpack.Decoder(_Attributes).decode


class Asked(NamedTuple):
    """A ReceiveMessage request, checked."""

    limit: int
    visibility_ns: int
    system: frozenset[str]
    attributes: tuple[str, ...]
    attempt: str


def receive_message(call: Call, request: Input) -> Output | Waiting:
    """Up to ten messages; waits when asked to and none is there."""
    queue = expect_queue(call, request)
    asked = _asked(queue, request)
    wait_s = request.get("WaitTimeSeconds")
    if wait_s is not None and not 0 <= wait_s <= WAIT_MAX_S:
        raise _value(wait_s, "WaitTimeSeconds", f"Must be >= 0 and <= {WAIT_MAX_S}, if provided.")
    wait_ns = queue.wait_ns if wait_s is None else int(wait_s) * SECOND_NS
    delivered = _attempt(call, queue, asked, polls=wait_ns > 0)
    if delivered or not wait_ns:
        return _answer(queue, asked, delivered)
    return _poll(call, request, asked, call.started_ns + wait_ns)


def _poll(call: Call, request: Input, asked: Asked, until_ns: int) -> Waiting:
    while True:
        # Looked up anew after each wait: the queue may have been deleted meanwhile.
        queue = expect_queue(call, request)
        delivered = _attempt(call, queue, asked, polls=True)
        if delivered or call.now >= until_ns:
            return _answer(queue, asked, delivered)
        due_ns = mailbox_of(call, queue).next_due_ns()
        next_ns = until_ns if due_ns is None else min(until_ns, due_ns)
        yield Wait(next_ns, (("sqs", queue.arn),))


def _asked(queue: Queue, request: Input) -> Asked:
    limit = request.get("MaxNumberOfMessages", 1)
    if not 1 <= limit <= RECEIVE_MAX:
        raise _value(
            limit, "MaxNumberOfMessages", f"Must be between 1 and {RECEIVE_MAX}, if provided."
        )
    visibility_s = request.get("VisibilityTimeout")
    if visibility_s is not None:
        _check_visibility(visibility_s)
    names = [*request.get("AttributeNames", ()), *request.get("MessageSystemAttributeNames", ())]
    for name in names:
        if name not in SYSTEM_NAMES:
            raise AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")
    attempt = request.get("ReceiveRequestAttemptId", "")
    if attempt:
        if not queue.fifo:
            raise _value(
                attempt, "ReceiveRequestAttemptId",
                "The request include parameter that is not valid for this queue type.",
            )  # fmt: skip
        if not TOKEN.fullmatch(attempt):
            raise _value(attempt, "ReceiveRequestAttemptId", "ReceiveRequestAttemptId can only "
                         "include alphanumeric and punctuation characters. 1 to 128 in length.",
                         )  # fmt: skip
    visibility_ns = queue.visibility_ns if visibility_s is None else int(visibility_s) * SECOND_NS
    wanted = tuple(request.get("MessageAttributeNames", ()))
    return Asked(int(limit), visibility_ns, frozenset(names), wanted, attempt)


def _attempt(call: Call, queue: Queue, asked: Asked, *, polls: bool) -> list[Message]:
    """Deliver what is there. Messages received too often go to the dead-letter queue instead."""
    box = mailbox_of(call, queue)
    if asked.attempt:
        again = _again(box, queue, asked, call.now)
        if again is not None:
            return again
    in_flight = box.counts_by_state[IN_FLIGHT]
    room = call.quota("in-flight-fifo" if queue.fifo else "in-flight-standard") - in_flight
    if room <= 0:
        if queue.fifo or polls:
            return []
        raise AwsError("OverLimit", f"Too many messages in flight: the limit of queue {queue.name} "
                       f"is {in_flight}.", 403)  # fmt: skip
    delivered: list[Message] = []
    limit = min(asked.limit, room)
    while len(delivered) < limit:
        before = len(box.messages)
        for message in box.take(call.now, limit - len(delivered)):
            if queue.redrive is not None and _dead_letter(call, queue, box, message):
                continue
            box.deliver(message, call.now, asked.visibility_ns)
            delivered.append(message)
        if len(box.messages) == before:
            break
    if asked.attempt and delivered:
        given = [(each.seq, each.receipt, each.visible_ns) for each in delivered]
        queue.attempts[asked.attempt] = Attempt(call.now + DEDUPLICATION_NS, given)
    return delivered


def _again(box: Mailbox, queue: Queue, asked: Asked, now: int) -> list[Message] | None:
    """The messages of an earlier attempt with the same id, if nothing happened to them since."""
    for name in [each for each, made in queue.attempts.items() if made.expires_ns <= now]:
        del queue.attempts[name]
    made = queue.attempts.get(asked.attempt)
    if made is None:
        return None
    again: list[Message] = []
    for seq, receipt, visible_ns in made.given:
        message = box.messages.get(seq)
        if (
            message is None
            or message.state != IN_FLIGHT
            or (message.receipt, message.visible_ns) != (receipt, visible_ns)
        ):
            return None
        again.append(message)
    for message in again:
        box.hide(message, now, asked.visibility_ns)
    made.given = [(each.seq, each.receipt, each.visible_ns) for each in again]
    return again


def _dead_letter(call: Call, queue: Queue, box: Mailbox, message: Message) -> bool:
    """Move a message that was received too often. False when it stays (no target any more)."""
    redrive = queue.redrive
    if redrive is None or message.receive_count < redrive.max_receives:
        return False
    target = find_queue_by_arn(call, redrive.target_arn)
    if target is None:
        return False
    box.remove(message)
    # A standard queue keeps the time of sending, so retention goes on counting; a FIFO queue
    # starts it anew. "Using dead-letter queues", developer guide.
    sent_ns = call.now if target.fifo else message.sent_ns
    moved = msgspec.structs.replace(
        message, sent_ns=sent_ns, source_arn=queue.arn, state=0, receipt=0, visible_ns=0
    )
    other = call.rows(MAILBOXES, target.account, target.region)[target.name]
    other.settle(call.now, target.retention_ns)
    other.add(moved, call.now, 0)
    call.event(
        target.arn,
        "sqs.message-dead-lettered",
        f"message {message.id} moved from {queue.name} to {target.name}: it was received "
        f"{message.receive_count} times and never deleted",
        {"message_id": message.id, "source": queue.arn, "receives": message.receive_count},
    )
    call.wake("sqs", target.arn)
    return True


def _answer(queue: Queue, asked: Asked, delivered: list[Message]) -> Output:
    if not delivered:
        return {}
    return {"Messages": [_message(queue, asked, message) for message in delivered]}


def _message(queue: Queue, asked: Asked, message: Message) -> Output:
    output: Output = {
        "MessageId": message.id,
        "ReceiptHandle": write_receipt(queue.name, message.seq, message.receipt),
        "MD5OfBody": contents.md5_of(message.body),
        "Body": message.body,
    }
    if asked.system:
        output["Attributes"] = _system_attributes(asked, message)
    if message.attributes and asked.attributes:
        chosen = contents.chosen_attributes(_decode(message.attributes), asked.attributes)
        if chosen:
            output["MessageAttributes"] = chosen
            output["MD5OfMessageAttributes"] = contents.md5_of_attributes(chosen)
    return output


def _system_attributes(asked: Asked, message: Message) -> dict[str, str]:
    found = {
        "SenderId": message.sender,
        "SentTimestamp": str(message.sent_ns // MILLISECOND_NS),
        "ApproximateReceiveCount": str(message.receive_count),
        "ApproximateFirstReceiveTimestamp": str(message.first_received_ns // MILLISECOND_NS),
        "SequenceNumber": message.sequence_number,
        "MessageDeduplicationId": message.deduplication,
        "MessageGroupId": message.group,
        "DeadLetterQueueSourceArn": message.source_arn,
    }
    if message.system:
        found["AWSTraceHeader"] = _decode(message.system)["AWSTraceHeader"]["StringValue"]
    everything = "All" in asked.system
    return {
        name: value
        for name, value in found.items()
        if value and (everything or name in asked.system)
    }


# What a consumer does with a receipt


def delete_message(call: Call, request: Input) -> Output:
    """Delete a message by its latest receipt."""
    queue = expect_queue(call, request)
    _delete(call, queue, request)
    return {}


def delete_message_batch(call: Call, request: Input) -> Output:
    """Delete up to ten messages; each has its own answer."""
    queue = expect_queue(call, request)
    entries = check_entries(call, request.get("Entries"), "DeleteMessageBatch")
    return answer_each(entries, partial(_delete, call, queue))


def _delete(call: Call, queue: Queue, request: Input) -> Output:
    box = mailbox_of(call, queue)
    message, number = _by_receipt(queue, box, request)
    if message is None:
        return {}
    if message.receipt != number or (queue.fifo and message.state != IN_FLIGHT):
        if queue.fifo:
            handle = request["ReceiptHandle"]
            raise _value(handle, "ReceiptHandle", "The receipt handle has expired.")
        # "If you use an old ReceiptHandle, the request will succeed, but the message might not be
        # deleted", DeleteMessage in the API reference.
        return {}
    box.remove(message)
    if queue.fifo:
        call.wake("sqs", queue.arn)
    return {}


def change_message_visibility(call: Call, request: Input) -> Output:
    """Hide an in-flight message for so long from now; 0 shows it at once."""
    queue = expect_queue(call, request)
    _change(call, queue, request)
    return {}


def change_message_visibility_batch(call: Call, request: Input) -> Output:
    """Hide up to ten messages; each has its own answer."""
    queue = expect_queue(call, request)
    entries = check_entries(call, request.get("Entries"), "ChangeMessageVisibilityBatch")
    return answer_each(entries, partial(_change, call, queue))


def _change(call: Call, queue: Queue, request: Input) -> Output:
    visibility_s = request.get("VisibilityTimeout")
    if visibility_s is None:
        raise AwsError(
            "MissingParameter", "The request must contain the parameter VisibilityTimeout."
        )
    _check_visibility(visibility_s)
    box = mailbox_of(call, queue)
    message, number = _by_receipt(queue, box, request)
    if message is None or message.receipt != number or message.state != IN_FLIGHT:
        if message is None and not queue.fifo:
            handle = request["ReceiptHandle"]
            raise _value(handle, "ReceiptHandle", "Reason: Message does not exist or is not "
                         "available for visibility timeout change.")  # fmt: skip
        raise AwsError("MessageNotInflight", "")
    visibility_ns = int(visibility_s) * SECOND_NS
    box.hide(message, call.now, visibility_ns)
    if not visibility_ns:
        box.settle(call.now, queue.retention_ns)
    call.wake("sqs", queue.arn)
    return {}


def _by_receipt(queue: Queue, box: Mailbox, request: Input) -> tuple[Message | None, int]:
    handle = request.get("ReceiptHandle")
    if not handle:
        raise AwsError("MissingParameter", "The request must contain the parameter ReceiptHandle.")
    receipt = read_receipt(handle)
    if receipt is None or receipt.queue != queue.name:
        raise AwsError(
            "ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not a valid receipt '
            "handle."
        )  # fmt: skip
    return box.messages.get(receipt.seq), receipt.number


def _check_visibility(visibility_s: int) -> None:
    if not 0 <= visibility_s <= VISIBILITY_MAX_S:
        raise _value(
            visibility_s, "VisibilityTimeout", f"Must be between 0 and {VISIBILITY_MAX_S}, if "
            "provided."
        )  # fmt: skip


def _value(value: Any, name: str, reason: str) -> AwsError:
    return AwsError(
        "InvalidParameterValue", f"Value {value} for parameter {name} is invalid. Reason: {reason}"
    )
