"""Sending: one message, or up to ten, into a queue.

Rules of this file: everything about a message is checked before the queue is touched. In a FIFO
queue a message with a known deduplication id is accepted and not delivered again.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.sqs import contents
from cloudchamber.services.sqs.batches import Entry, answer_each, check_entries
from cloudchamber.services.sqs.limits import DEDUPLICATION_NS, DELAY_MAX_S, TOKEN
from cloudchamber.services.sqs.lookup import expect_queue, mailbox_of
from cloudchamber.services.sqs.mailbox import Message
from cloudchamber.services.sqs.nouns import SECOND_NS, Accepted, Queue

# Sequence numbers have 20 digits and grow with gaps, as AWS's do.
SEQUENCE_BASE: Final = 18_849_496_460_467_696_128
SEQUENCE_STEP: Final = 256
_encode = msgspec.msgpack.Encoder().encode


def send_message(call: Call, request: Input) -> Output:
    """Put one message into a queue."""
    queue = expect_queue(call, request)
    output = _send(call, queue, request)
    call.wake("sqs", queue.arn)
    return output


def send_message_batch(call: Call, request: Input) -> Output:
    """Put up to ten messages into a queue; each has its own answer."""
    queue = expect_queue(call, request)
    entries = check_entries(call, request.get("Entries"), "SendMessageBatch")
    total = sum(
        contents.size_of(entry.get("MessageBody", ""), _well_formed(entry)) for entry in entries
    )
    limit = call.quota("batch-bytes")
    if total > limit:
        raise AwsError(
            "BatchRequestTooLong",
            f"Batch requests cannot be longer than {limit} bytes. You have sent {total} bytes.",
        )
    output = answer_each(entries, lambda entry: _send(call, queue, entry))
    call.wake("sqs", queue.arn)
    return output


def _well_formed(entry: Entry) -> contents.Attributes:
    """The attributes that have what a size is made of; the others fail on their own later."""
    return {
        name: value
        for name, value in entry.get("MessageAttributes", {}).items()
        if "DataType" in value and ("StringValue" in value or "BinaryValue" in value)
    }


def _send(call: Call, queue: Queue, request: Input) -> Output:
    body = contents.check_body(request.get("MessageBody"))
    attributes: contents.Attributes = request.get("MessageAttributes", {})
    system: contents.Attributes = request.get("MessageSystemAttributes", {})
    if attributes:
        contents.check_attributes(attributes, call.quota("message-attributes"))
    if system:
        contents.check_system_attributes(system)
    if contents.size_of(body, attributes) > queue.size_max:
        raise AwsError(
            "InvalidParameterValue",
            "One or more parameters are invalid. Reason: Message must be shorter than "
            f"{queue.size_max} bytes.",
        )
    delay_ns = _delay_ns(queue, request)
    group = _group(queue, request)
    output: Output = {"MD5OfMessageBody": contents.md5_of(body)}
    if attributes:
        output["MD5OfMessageAttributes"] = contents.md5_of_attributes(attributes)
    if system:
        output["MD5OfMessageSystemAttributes"] = contents.md5_of_attributes(system)
    box = mailbox_of(call, queue)
    message = Message(
        0, "", body, call.now, call.caller.user_id, group=group,
        attributes=_encode(attributes) if attributes else b"",
        system=_encode(system) if system else b"",
    )  # fmt: skip
    if queue.fifo:
        deduplication = _deduplication(queue, request, body)
        key = _scope(queue, group, deduplication)
        known = _known(queue, key, call.now)
        if known is not None:
            return {**output, "MessageId": known.message_id,
                    "SequenceNumber": known.sequence_number}  # fmt: skip
        message.deduplication = deduplication
        message.sequence_number = str(SEQUENCE_BASE + SEQUENCE_STEP * (box.last_seq + 1))
        output["SequenceNumber"] = message.sequence_number
    message.id = call.stream(queue.arn, "message").uuid()
    box.add(message, call.now, delay_ns)
    if queue.fifo:
        queue.accepted[key] = Accepted(
            call.now + DEDUPLICATION_NS, message.id, message.sequence_number
        )
    output["MessageId"] = message.id
    return output


def _delay_ns(queue: Queue, request: Input) -> int:
    delay = request.get("DelaySeconds")
    if delay is None:
        return queue.delay_ns
    if not 0 <= delay <= DELAY_MAX_S:
        raise _value(delay, "DelaySeconds", f"DelaySeconds must be >= 0 and <= {DELAY_MAX_S}.")
    if queue.fifo:
        if delay == 0:
            return queue.delay_ns
        raise _value(delay, "DelaySeconds", _NOT_THIS_TYPE)
    return int(delay) * SECOND_NS


_NOT_THIS_TYPE: Final = "The request include parameter that is not valid for this queue type."


def _group(queue: Queue, request: Input) -> str:
    group = request.get("MessageGroupId")
    if group is None:
        if queue.fifo:
            raise AwsError(
                "MissingParameter", "The request must contain the parameter MessageGroupId."
            )
        return ""
    if not TOKEN.fullmatch(group):
        raise _token(group, "MessageGroupId")
    return str(group)


def _deduplication(queue: Queue, request: Input, body: str) -> str:
    given = request.get("MessageDeduplicationId")
    if given is not None:
        if not TOKEN.fullmatch(given):
            raise _token(given, "MessageDeduplicationId")
        return str(given)
    if queue.attributes.get("ContentBasedDeduplication") == "true":
        return sha256(body.encode()).hexdigest()
    raise AwsError(
        "InvalidParameterValue",
        "The queue should either have ContentBasedDeduplication enabled or "
        "MessageDeduplicationId provided explicitly",
    )


def _scope(queue: Queue, group: str, deduplication: str) -> str:
    if queue.attributes.get("DeduplicationScope") == "messageGroup":
        return f"{group} {deduplication}"  # neither may hold a space
    return deduplication


def _known(queue: Queue, key: str, now: int) -> Accepted | None:
    # Entries were added in the order of their expiry, so the stale ones stand first.
    accepted = queue.accepted
    while accepted:
        oldest = next(iter(accepted))
        if accepted[oldest].expires_ns > now:
            break
        del accepted[oldest]
    return accepted.get(key)


def _token(value: Any, name: str) -> AwsError:
    return _value(value, name, f"{name} can only include alphanumeric and punctuation characters. "
                  "1 to 128 in length.")  # fmt: skip


def _value(value: Any, name: str, reason: str) -> AwsError:
    return AwsError(
        "InvalidParameterValue", f"Value {value} for parameter {name} is invalid. Reason: {reason}"
    )
