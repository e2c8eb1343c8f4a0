"""Receiving: up to ten messages, now or as soon as there are any.

Rules of this file: a long poll changes nothing while it waits; it waits for the instant at which
something will become visible, for its key to be woken, or for its end, whichever comes first.
Those who wait longest are asked first. What moved to a dead-letter queue on the way has moved: a
poll that is begun again in a loaded world finds it gone and waits for the same.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output, Wait, Waiting
from cloudchamber.services.sqs import contents
from cloudchamber.services.sqs.counters import EMPTY, RECEIVED, count
from cloudchamber.services.sqs.dead_letters import move_if_dead
from cloudchamber.services.sqs.encryption import unlock
from cloudchamber.services.sqs.fifo import FifoMailbox
from cloudchamber.services.sqs.handles import write_receipt
from cloudchamber.services.sqs.limits import (
    DEDUPLICATION_NS,
    RECEIVE_MAX,
    TOKEN,
    VISIBILITY_MAX_S,
    WAIT_MAX_S,
)
from cloudchamber.services.sqs.lookup import expect_queue, mailbox_of
from cloudchamber.services.sqs.mailbox import Attempt, Mailbox
from cloudchamber.services.sqs.message import Message
from cloudchamber.services.sqs.nouns import Queue
from cloudchamber.services.sqs.rates import pay
from cloudchamber.services.sqs.sending import sequence_number

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
        "SqsManagedSseEnabled",  # documented, and without a value for any message
    }
)
_NO_NAMES: Final[frozenset[str]] = frozenset()
_Attributes = dict[str, dict[str, Any]]
_decode = msgspec.msgpack.Decoder(_Attributes).decode


class Asked(msgspec.Struct, frozen=True, gc=False):
    """A ReceiveMessage request, checked."""

    limit: int
    visibility_ns: int
    system: frozenset[str]
    attributes: tuple[str, ...]
    attempt: str
    wait_ns: int


def receive_message(call: Call, request: Input) -> Output | Waiting:
    """Up to ten messages; waits when asked to and none is there."""
    queue = expect_queue(call, request)
    asked = _asked(queue, request)
    delivered = _attempt(call, queue, asked)
    if delivered or not asked.wait_ns:
        return _answer(call, queue, asked, delivered)
    return _poll(call, request, asked)


def _poll(call: Call, request: Input, asked: Asked) -> Waiting:
    until_ns = call.started_ns + asked.wait_ns
    while True:
        # Looked up anew after each wait: the queue may have been changed or deleted meanwhile.
        queue = expect_queue(call, request)
        due_ns = mailbox_of(call, queue).next_due_ns(queue.retention_ns)
        next_ns = until_ns if due_ns is None else min(until_ns, due_ns)
        yield Wait(next_ns, (("sqs", queue.arn),))
        queue = expect_queue(call, request)
        delivered = _attempt(call, queue, asked)
        if delivered or call.now >= until_ns:
            return _answer(call, queue, asked, delivered)


def _asked(queue: Queue, request: Input) -> Asked:
    limit = request.get("MaxNumberOfMessages", 1)
    if not 1 <= limit <= RECEIVE_MAX:
        raise _value(
            limit, "MaxNumberOfMessages", f"Must be between 1 and {RECEIVE_MAX}, if provided."
        )
    visibility_s = request.get("VisibilityTimeout")
    if visibility_s is not None:
        check_visibility(visibility_s)
    wait_s = request.get("WaitTimeSeconds")
    if wait_s is not None and not 0 <= wait_s <= WAIT_MAX_S:
        raise _value(wait_s, "WaitTimeSeconds", f"Must be >= 0 and <= {WAIT_MAX_S}, if provided.")
    names: frozenset[str] = _NO_NAMES
    if "AttributeNames" in request or "MessageSystemAttributeNames" in request:
        names = _system_names(request)
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
    return Asked(
        limit,
        queue.visibility_ns if visibility_s is None else visibility_s * SECOND_NS,
        names,
        tuple(request["MessageAttributeNames"]) if "MessageAttributeNames" in request else (),
        attempt,
        queue.wait_ns if wait_s is None else wait_s * SECOND_NS,
    )


def _system_names(request: Input) -> frozenset[str]:
    names = (*request.get("AttributeNames", ()), *request.get("MessageSystemAttributeNames", ()))
    for name in names:
        if name not in SYSTEM_NAMES:
            raise AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")
    return frozenset(names)


def _attempt(call: Call, queue: Queue, asked: Asked) -> list[Message]:
    """Deliver what is there. Messages received too often go to the dead-letter queue instead."""
    box = mailbox_of(call, queue)
    if queue.kms_key:
        unlock(call, queue)
    if asked.attempt and type(box) is FifoMailbox:
        again = _again(box, asked, call.now)
        if again:
            pay(call, queue, "ReceiveMessage")
            _renew(box, asked, again, call.now)
            return again
    delivered = _deliver(call, queue, box, asked)
    if not asked.visibility_ns:
        for message in delivered:
            box.show(message, call.now)
    if asked.attempt and delivered and type(box) is FifoMailbox:
        _remember(box, asked, delivered, call.now)
    return delivered


def _deliver(call: Call, queue: Queue, box: Mailbox, asked: Asked) -> list[Message]:
    limit = min(asked.limit, _room(call, queue, box, asked))
    now = call.now
    delivered: list[Message] = []
    goes_on = True
    # Again as long as dead letters make room for others: a FIFO group goes on with its next.
    while goes_on and len(delivered) < limit:
        goes_on = False
        for message in box.take(now, limit - len(delivered)):
            if queue.redrive is not None and move_if_dead(call, queue, box, message):
                goes_on = True
                continue
            if not delivered and queue.fifo:
                pay(call, queue, "ReceiveMessage")
            box.deliver(message, now, asked.visibility_ns)
            delivered.append(message)
    return delivered


def _room(call: Call, queue: Queue, box: Mailbox, asked: Asked) -> int:
    """How many more messages may be in flight. Raises OverLimit where AWS does.

    "If you reach this quota while using short polling, Amazon SQS returns an OverLimit error. If
    you use long polling, Amazon SQS returns no error messages." For FIFO queues never an error.
    """
    limit = call.quota("in-flight-fifo" if queue.fifo else "in-flight-standard")
    room = limit - box.hiding.in_flight
    if room <= 0 and not queue.fifo and not asked.wait_ns:
        raise AwsError("OverLimit", f"Too many messages in flight: queue {queue.name} may have "
                       f"{limit}.", 403)  # fmt: skip
    return max(room, 0)


def _again(box: FifoMailbox, asked: Asked, now: int) -> list[Message]:
    """The messages of an earlier attempt with the same id, if nothing happened to them since."""
    made = box.attempts.find(asked.attempt, now)
    again: list[Message] = []
    for seq, receipt, visible_ns in made.given if made is not None else ():
        message = box.find(seq)
        if message is None or not box.is_in_flight(message, now):
            return []
        if (message.receipt, message.visible_ns) != (receipt, visible_ns):
            return []
        again.append(message)
    return again


def _renew(box: FifoMailbox, asked: Asked, again: list[Message], now: int) -> None:
    """ "If a retry occurs within the deduplication interval, it resets the visibility timeout." """
    for message in again:
        if asked.visibility_ns:
            box.hide(message, now, asked.visibility_ns)
        else:
            box.show(message, now)
    _remember(box, asked, again, now)


def _remember(box: FifoMailbox, asked: Asked, given: list[Message], now: int) -> None:
    facts = tuple((each.seq, each.receipt, each.visible_ns) for each in given)
    box.attempts.remember(Attempt(asked.attempt, now + DEDUPLICATION_NS, facts))


def _answer(call: Call, queue: Queue, asked: Asked, delivered: list[Message]) -> Output:
    if not delivered:
        pay(call, queue, "ReceiveMessage")
        count(call, queue, EMPTY)
        return {}
    count(call, queue, RECEIVED, len(delivered))
    return {"Messages": [_message(queue, asked, message) for message in delivered]}


def _message(queue: Queue, asked: Asked, message: Message) -> Output:
    output: Output = {
        "MessageId": message.id,
        "ReceiptHandle": write_receipt(queue.token, message.seq, message.receipt),
        "MD5OfBody": contents.md5_of(message.body),
        "Body": message.body,
    }
    if asked.system:
        output["Attributes"] = _system_attributes(queue, asked, message)
    if message.attributes and asked.attributes:
        chosen = contents.chosen_attributes(_decode(message.attributes), asked.attributes)
        if chosen:
            output["MessageAttributes"] = chosen
            output["MD5OfMessageAttributes"] = contents.md5_of_attributes(chosen)
    return output


def _system_attributes(queue: Queue, asked: Asked, message: Message) -> dict[str, str]:
    found = {
        "SenderId": message.sender,
        "SentTimestamp": str(message.sent_ns // MILLISECOND_NS),
        "ApproximateReceiveCount": str(message.receive_count),
        "ApproximateFirstReceiveTimestamp": str(message.first_received_ns // MILLISECOND_NS),
        "SequenceNumber": sequence_number(message.seq) if queue.fifo else "",
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


def check_visibility(visibility_s: int) -> None:
    """Raises InvalidParameterValue for what is no visibility timeout."""
    if not 0 <= visibility_s <= VISIBILITY_MAX_S:
        raise _value(
            visibility_s, "VisibilityTimeout", f"Must be between 0 and {VISIBILITY_MAX_S}, if "
            "provided."
        )  # fmt: skip


def _value(value: Any, name: str, reason: str) -> AwsError:
    return AwsError(
        "InvalidParameterValue", f"Value {value} for parameter {name} is invalid. Reason: {reason}"
    )
