"""What a consumer does with what it received: delete it, or hide it longer or shorter.

Rules of this file: a message is found by the receipt handle of its latest receive.
"""

from __future__ import annotations

from functools import partial

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.sqs.batches import answer_each, check_entries
from cloudchamber.services.sqs.counters import DELETED, count
from cloudchamber.services.sqs.handles import read_receipt
from cloudchamber.services.sqs.limits import VISIBILITY_MAX_S
from cloudchamber.services.sqs.lookup import expect_queue, mailbox_of, missing, stir
from cloudchamber.services.sqs.mailbox import Mailbox
from cloudchamber.services.sqs.message import Message
from cloudchamber.services.sqs.nouns import Queue
from cloudchamber.services.sqs.rates import pay
from cloudchamber.services.sqs.receiving import check_visibility


def delete_message(call: Call, request: Input) -> Output:
    """Delete a message by its latest receipt."""
    queue = expect_queue(call, request)
    return _delete(call, queue, request, pays=True)


def delete_message_batch(call: Call, request: Input) -> Output:
    """Delete up to ten messages; each has its own answer."""
    queue = expect_queue(call, request)
    entries = check_entries(call, request.get("Entries"), "DeleteMessageBatch")
    pay(call, queue, "DeleteMessage")
    return answer_each(entries, partial(_delete, call, queue))


def _delete(call: Call, queue: Queue, request: Input, *, pays: bool = False) -> Output:
    box = mailbox_of(call, queue)
    message, number = _by_receipt(queue, box, request)
    is_latest = message is not None and message.receipt == number
    if message is not None and queue.fifo:
        if not is_latest or not box.is_in_flight(message, call.now):
            raise _invalid_handle(request, "The receipt handle has expired.")
    if pays:
        pay(call, queue, "DeleteMessage")
    count(call, queue, DELETED)
    # "If you use an old ReceiptHandle, the request will succeed, but the message might not be
    # deleted", DeleteMessage in the API reference.
    if message is None or not is_latest:
        return {}
    was_full = box.hiding.in_flight >= call.quota(
        "in-flight-fifo" if queue.fifo else "in-flight-standard"
    )
    box.remove(message, call.now)
    if queue.fifo or was_full:
        # A group goes on with its next message; a full queue has room for one more.
        stir(call, queue.arn)
    return {}


def change_message_visibility(call: Call, request: Input) -> Output:
    """Hide an in-flight message for so long from now; 0 shows it at once."""
    queue = expect_queue(call, request)
    return _change(call, queue, request)


def change_message_visibility_batch(call: Call, request: Input) -> Output:
    """Hide up to ten messages; each has its own answer."""
    queue = expect_queue(call, request)
    entries = check_entries(call, request.get("Entries"), "ChangeMessageVisibilityBatch")
    return answer_each(entries, partial(_change, call, queue))


def _change(call: Call, queue: Queue, request: Input) -> Output:
    visibility_s: int | None = request.get("VisibilityTimeout")
    if visibility_s is None:
        raise missing("VisibilityTimeout")
    check_visibility(visibility_s)
    box = mailbox_of(call, queue)
    message, number = _by_receipt(queue, box, request)
    if message is None:
        raise _invalid_handle(
            request, "Message does not exist or is not available for visibility timeout change."
        )
    if message.receipt != number or not box.is_in_flight(message, call.now):
        raise AwsError("MessageNotInflight", "")
    # The maximum of 12 hours counts from the receive, and changing it does not begin it anew.
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
    visibility_ns = visibility_s * SECOND_NS
    if call.now + visibility_ns - message.received_ns > VISIBILITY_MAX_S * SECOND_NS:
        raise AwsError(
            "InvalidParameterValue",
            f"Value {visibility_s} for parameter VisibilityTimeout is invalid. Reason: Total "
            f"VisibilityTimeout for the message is beyond the limit [{VISIBILITY_MAX_S} seconds]",
        )
    if visibility_ns:
        box.hide(message, call.now, visibility_ns)
    else:
        box.show(message, call.now)
    stir(call, queue.arn)
    return {}


def _by_receipt(queue: Queue, box: Mailbox, request: Input) -> tuple[Message | None, int]:
    """The message of a receipt handle, if it is still there, and the number of the receipt."""
    handle = request.get("ReceiptHandle")
    if not handle:
        raise missing("ReceiptHandle")
    receipt = read_receipt(handle)
    if receipt is None or receipt.queue != queue.token:
        raise AwsError(
            "ReceiptHandleIsInvalid",
            f'The input receipt handle "{handle}" is not a valid receipt handle.',
        )
    return box.find(receipt.seq), receipt.number


def _invalid_handle(request: Input, reason: str) -> AwsError:
    return AwsError(
        "InvalidParameterValue",
        f"Value {request['ReceiptHandle']} for parameter ReceiptHandle is invalid. "
        f"Reason: {reason}",
    )
