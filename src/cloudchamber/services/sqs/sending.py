"""Sending: one message, or up to ten, into a queue.

Rules of this file: everything about a message is checked before the queue is touched. In a FIFO
queue a message with a known deduplication id is accepted and not delivered again.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.sqs import contents
from cloudchamber.services.sqs.batches import answer_each, check_entries
from cloudchamber.services.sqs.counters import DEDUPLICATED, count, count_sent
from cloudchamber.services.sqs.encryption import lock
from cloudchamber.services.sqs.fifo import FifoMailbox
from cloudchamber.services.sqs.limits import DEDUPLICATION_NS, DELAY_MAX_S, TOKEN
from cloudchamber.services.sqs.lookup import expect_queue, mailbox_of, missing, stir
from cloudchamber.services.sqs.mailbox import Accepted, Mailbox
from cloudchamber.services.sqs.message import Message
from cloudchamber.services.sqs.nouns import Queue
from cloudchamber.services.sqs.rates import pay

# Sequence numbers have 20 digits and grow with gaps, as AWS's do.
SEQUENCE_BASE: Final = 18_849_496_460_467_696_128
SEQUENCE_STEP: Final = 256
_NOT_THIS_TYPE: Final = "The request include parameter that is not valid for this queue type."
_encode = msgspec.msgpack.Encoder().encode
_NOTHING: Final = b""


class Checked(msgspec.Struct, frozen=True, gc=False):
    """A message that may be sent."""

    body: str
    size: int
    delay_ns: int
    group: str
    deduplication: str
    attributes: contents.Attributes
    system: contents.Attributes


def send_message(call: Call, request: Input) -> Output:
    """Put one message into a queue."""
    queue = expect_queue(call, request)
    checked = _check(call, queue, request)
    if queue.fifo:
        pay(call, queue, "SendMessage", (checked.group,))
    if queue.kms_key:
        lock(call, queue)
    output = _put(call, queue, mailbox_of(call, queue), checked)
    stir(call, queue.arn)
    return output


def send_message_batch(call: Call, request: Input) -> Output:
    """Put up to ten messages into a queue; each has its own answer."""
    queue = expect_queue(call, request)
    entries = check_entries(call, request.get("Entries"), "SendMessageBatch")
    total = sum(
        contents.size_of(each.get("MessageBody", ""), each.get("MessageAttributes", contents.NONE))
        for each in entries
    )
    limit = call.quota("batch-bytes")
    if total > limit:
        raise AwsError(
            "BatchRequestTooLong",
            f"Batch requests cannot be longer than {limit} bytes. You have sent {total} bytes.",
        )
    groups = {each["MessageGroupId"] for each in entries if "MessageGroupId" in each}
    pay(call, queue, "SendMessage", groups)
    if queue.kms_key:
        lock(call, queue)
    box = mailbox_of(call, queue)
    output = answer_each(entries, lambda entry: _put(call, queue, box, _check(call, queue, entry)))
    stir(call, queue.arn)
    return output


def _check(call: Call, queue: Queue, request: Input) -> Checked:
    """The message of a request or a batch entry. Raises AwsError and changes nothing."""
    body: str = request.get("MessageBody") or ""
    is_plain = body and body.isascii() and body.isprintable()  # as most bodies are
    if not is_plain:
        body = contents.check_body(body)
    attributes: contents.Attributes = request.get("MessageAttributes", contents.NONE)
    system: contents.Attributes = request.get("MessageSystemAttributes", contents.NONE)
    if attributes:
        contents.check_attributes(attributes, call.quota("message-attributes"))
    if system:
        contents.check_system_attributes(system)
    size = len(body) if is_plain and not attributes else contents.size_of(body, attributes)
    if size > queue.size_max:
        raise AwsError(
            "InvalidParameterValue",
            "One or more parameters are invalid. Reason: Message must be shorter than "
            f"{queue.size_max} bytes.",
        )
    delay = request.get("DelaySeconds")
    delay_ns = queue.delay_ns if delay is None else _delay_ns(queue, delay)
    group = deduplication = ""
    if "MessageGroupId" in request:
        group = _token(request, "MessageGroupId")
    if "MessageDeduplicationId" in request:
        deduplication = _token(request, "MessageDeduplicationId")
    if queue.fifo:
        if not group:
            raise missing("MessageGroupId")
        deduplication = deduplication or _deduplication(queue, body)
    elif deduplication:
        raise _value(deduplication, "MessageDeduplicationId", _NOT_THIS_TYPE)
    return Checked(body, size, delay_ns, group, deduplication, attributes, system)


def _put(call: Call, queue: Queue, box: Mailbox, checked: Checked) -> Output:
    """Put a checked message in, unless it is known already, and answer its receipt."""
    body, attributes, system = checked.body, checked.attributes, checked.system
    group, deduplication = checked.group, checked.deduplication
    now = call.now
    output: Output = {"MD5OfMessageBody": contents.md5_of(body)}
    if attributes:
        output["MD5OfMessageAttributes"] = contents.md5_of_attributes(attributes)
    if system:
        output["MD5OfMessageSystemAttributes"] = contents.md5_of_attributes(system)
    key = ""
    if type(box) is FifoMailbox:
        # Neither may hold a space.
        key = f"{group} {deduplication}" if queue.deduplicates_by_group else deduplication
        known = box.accepted.find(key, now)
        if known is not None:
            count(call, queue, DEDUPLICATED)
            output["MessageId"] = known.message_id
            output["SequenceNumber"] = sequence_number(known.seq)
            return output
    message = Message(
        seq=0,
        id=call.stream(queue.arn, "message").uuid(),
        body=body,
        sent_ns=now,
        sender=call.caller.user_id,
        group=group,
        deduplication=deduplication,
        attributes=_encode(attributes) if attributes else _NOTHING,
        system=_encode(system) if system else _trace(call),
    )
    box.add(message, now, checked.delay_ns)
    if type(box) is FifoMailbox:
        until_ns = now + DEDUPLICATION_NS
        box.accepted.remember(Accepted(key, until_ns, message.id, message.seq))
        output["SequenceNumber"] = sequence_number(message.seq)
    count_sent(call, queue, checked.size)
    output["MessageId"] = message.id
    return output


def _trace(call: Call) -> bytes:
    """The trace header that the request itself came with, if it counts turns of functions."""
    if "Lineage=" not in call.origin.trace:
        return _NOTHING
    return _encode({"AWSTraceHeader": {"DataType": "String", "StringValue": call.origin.trace}})


def sequence_number(seq: int) -> str:
    """The SequenceNumber of a FIFO queue's message: it grows, and not by one."""
    return str(SEQUENCE_BASE + SEQUENCE_STEP * seq)


def _delay_ns(queue: Queue, delay: int) -> int:
    if not 0 <= delay <= DELAY_MAX_S:
        raise _value(delay, "DelaySeconds", f"DelaySeconds must be >= 0 and <= {DELAY_MAX_S}.")
    if not queue.fifo:
        return delay * SECOND_NS
    if delay:
        raise _value(delay, "DelaySeconds", _NOT_THIS_TYPE)
    return queue.delay_ns


def _token(request: Input, name: str) -> str:
    token: str = request[name]
    if not TOKEN.fullmatch(token):
        raise _value(token, name, f"{name} can only include alphanumeric and punctuation "
                     "characters. 1 to 128 in length.")  # fmt: skip
    return token


def _deduplication(queue: Queue, body: str) -> str:
    if queue.deduplicates_by_content:
        return sha256(body.encode()).hexdigest()
    raise AwsError(
        "InvalidParameterValue",
        "The queue should either have ContentBasedDeduplication enabled or "
        "MessageDeduplicationId provided explicitly",
    )


def _value(value: Any, name: str, reason: str) -> AwsError:
    return AwsError(
        "InvalidParameterValue", f"Value {value} for parameter {name} is invalid. Reason: {reason}"
    )
