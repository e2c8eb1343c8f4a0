"""Queues: made, found, listed, changed, emptied and deleted."""

from __future__ import annotations

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input, Output
from cloudchamber.cloud.settings import is_account
from cloudchamber.services.sqs import attributes
from cloudchamber.services.sqs.fifo import FifoMailbox
from cloudchamber.services.sqs.lifecycle import QUEUE
from cloudchamber.services.sqs.limits import FIFO_NAME, PURGE_NS, QUEUE_NAME
from cloudchamber.services.sqs.lookup import (
    expect_queue,
    mailbox_of,
    missing,
    no_such_queue,
    stir,
    url_of,
)
from cloudchamber.services.sqs.nouns import GRAVES, MAILBOXES, QUEUES, Queue
from cloudchamber.services.sqs.standard import StandardMailbox
from cloudchamber.services.sqs.tagging import check_tags

LIST_MAX = 1000
TOKEN_DIGITS = 16


def create_queue(call: Call, request: Input) -> Output:
    """Make a queue, or find it when it is there with the same attributes."""
    name = request.get("QueueName")
    if not name:
        raise missing("QueueName")
    wanted = request.get("Attributes", {})
    fifo = wanted.get("FifoQueue") == "true"
    _check_name(name, fifo)
    queues = call.rows(QUEUES)
    queue = queues.get(name)
    arn = call.arn(name)
    checked = attributes.check(call, arn, fifo, wanted, {})
    if queue is not None:
        different = attributes.differs(queue, checked)
        if different is not None:
            raise AwsError(
                "QueueNameExists",
                "A queue already exists with the same name and a different value for attribute "
                f"{different}",
            )
        return {"QueueUrl": url_of(call, call.account, name)}
    tags = check_tags(call, name, {}, request.get("tags", {}))
    if tags:
        require(call, "sqs:TagQueue", arn)
    _check_grave(call, name)
    token = call.stream(arn, "queue").hex(TOKEN_DIGITS)
    queue = Queue(name, call.account, call.region, arn, fifo, token, call.now, call.now, tags=tags)
    attributes.apply(queue, checked)
    queues[name] = queue
    call.rows(MAILBOXES)[name] = FifoMailbox() if fifo else StandardMailbox()
    call.rows(GRAVES).pop(name, None)
    return {"QueueUrl": url_of(call, call.account, name)}


def _check_name(name: str, fifo: bool) -> None:
    if fifo and not FIFO_NAME.fullmatch(name):
        raise AwsError(
            "InvalidParameterValue",
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
            "underscores, must end with .fifo suffix and be 1 to 80 in length.",
        )
    if not fifo and not QUEUE_NAME.fullmatch(name):
        raise AwsError(
            "InvalidParameterValue",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        )


def _check_grave(call: Call, name: str) -> None:
    died_ns = call.rows(GRAVES).get(name)
    if died_ns is not None and not _is_forgotten(call, died_ns):
        raise AwsError(
            "QueueDeletedRecently",
            "You must wait 60 seconds after deleting a queue before you can create another with "
            "the same name.",
        )


def _is_forgotten(call: Call, died_ns: int) -> bool:
    return call.now >= died_ns + QUEUE.delay_ns(call.cloud.settings.lifecycle, "deleting")


def delete_queue(call: Call, request: Input) -> Output:
    """Delete a queue and all it holds; consumers that wait on it are told."""
    queue = expect_queue(call, request)
    del call.rows(QUEUES, queue.account)[queue.name]
    del call.rows(MAILBOXES, queue.account)[queue.name]
    graves = call.rows(GRAVES, queue.account)
    while graves and _is_forgotten(call, next(iter(graves.values()))):
        del graves[next(iter(graves))]
    graves[queue.name] = call.now
    stir(call, queue.arn)
    return {}


def get_queue_url(call: Call, request: Input) -> Output:
    """The address of a queue by its name."""
    name = request.get("QueueName")
    if not name:
        raise missing("QueueName")
    owner = request.get("QueueOwnerAWSAccountId") or call.account
    if not is_account(owner) or name not in call.rows(QUEUES, owner):
        raise no_such_queue(call)
    return {"QueueUrl": url_of(call, owner, name)}


def list_queues(call: Call, request: Input) -> Output:
    """Addresses by name; pages only when MaxResults is given, as AWS does."""
    prefix = request.get("QueueNamePrefix", "")
    names = [name for name in call.rows(QUEUES) if name.startswith(prefix)]
    chosen, token = _page(names, request)
    output: Output = {}
    if chosen:
        output["QueueUrls"] = [url_of(call, call.account, name) for name in chosen]
    if token and "MaxResults" in request:
        output["NextToken"] = token
    return output


def list_dead_letter_source_queues(call: Call, request: Input) -> Output:
    """Addresses of the queues whose redrive policy names this one."""
    queue = expect_queue(call, request)
    names = [
        other.name
        for other in call.rows(QUEUES, queue.account).values()
        if other.redrive is not None and other.redrive.target_arn == queue.arn
    ]
    chosen, token = _page(names, request)
    output: Output = {"queueUrls": [url_of(call, queue.account, name) for name in chosen]}
    if token and "MaxResults" in request:
        output["NextToken"] = token
    return output


def _page(names: list[str], request: Input) -> tuple[list[str], str | None]:
    size = request.get("MaxResults", LIST_MAX)
    if not 1 <= size <= LIST_MAX:
        raise AwsError(
            "InvalidParameterValue",
            f"Value {size} for parameter MaxResults is invalid. Reason: Must be between 1 and "
            f"{LIST_MAX}, if provided.",
        )
    try:
        chosen, token = page(names, str, request.get("NextToken"), size)
    except BadToken as error:
        raise AwsError("InvalidParameterValue", "Invalid or expired next token.") from error
    return list(chosen), token


def get_queue_attributes(call: Call, request: Input) -> Output:
    """The asked attributes; the counts are exact as of now."""
    queue = expect_queue(call, request)
    asked = request.get("AttributeNames", [])
    for name in asked:
        if name not in attributes.READABLE:
            raise AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")
    if not asked:
        return {}
    counts = mailbox_of(call, queue).counts(call.now)
    found = {
        **attributes.effective(queue),
        "QueueArn": queue.arn,
        "CreatedTimestamp": str(queue.created_ns // SECOND_NS),
        "LastModifiedTimestamp": str(queue.modified_ns // SECOND_NS),
        "ApproximateNumberOfMessages": str(counts.ready),
        "ApproximateNumberOfMessagesNotVisible": str(counts.in_flight),
        "ApproximateNumberOfMessagesDelayed": str(counts.delayed),
    }
    chosen = found if "All" in asked else {name: found[name] for name in asked if name in found}
    return {"Attributes": chosen} if chosen else {}


def set_queue_attributes(call: Call, request: Input) -> Output:
    """Change attributes; AWS says within 60 seconds, here at once."""
    queue = expect_queue(call, request)
    wanted = request.get("Attributes")
    if not wanted:
        raise missing("Attributes")
    checked = attributes.check(call, queue.arn, queue.fifo, wanted, queue.attributes)
    mailbox_of(call, queue)  # what has happened by now has happened under the old attributes
    attributes.apply(queue, checked)
    queue.modified_ns = call.now
    # A shorter delay may show messages of a FIFO queue, a new redrive policy may free its groups.
    stir(call, queue.arn)
    return {}


def purge_queue(call: Call, request: Input) -> Output:
    """Delete every message of a queue."""
    queue = expect_queue(call, request)
    purged_ns = queue.purged_ns
    # AWS takes up to 60 seconds; an instant lifecycle is done at once.
    if call.cloud.settings.lifecycle != "instant" and purged_ns is not None:
        if call.now - purged_ns < PURGE_NS:
            raise AwsError(
                "PurgeQueueInProgress",
                f"Only one PurgeQueue operation on {queue.name} is allowed every 60 seconds.",
                403,
            )
    box = mailbox_of(call, queue)
    total = len(box)
    box.clear()
    queue.purged_ns = call.now
    call.event(queue.arn, "sqs.queue-purged", f"{queue.name} was purged of {total} messages")
    stir(call, queue.arn)
    return {}
