"""Message move tasks: a dead-letter queue's messages go back, so many a second, on the clock.

Rules of this file: a task moves at most its rate each second of the chamber's clock, beginning at
once; a second is one kernel event. Messages in flight are left. What arrives is a new message: it
has a new id, is sent now and was never received. AWS does not publish the rate it chooses when none
is given: ours is its maximum, 500 a second.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
"""

from __future__ import annotations

import base64
from typing import Final

import msgspec

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import HOUR_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.sqs.lookup import find_queue_by_arn, mailbox_of, missing, stir
from cloudchamber.services.sqs.message import Message
from cloudchamber.services.sqs.nouns import MOVE_TASKS, QUEUES, MoveTask, Queue

RATE_MAX: Final = 500
LIST_MAX: Final = 10
LONGEST_NS: Final = 36 * HOUR_NS
TICK: Final = "sqs.move-tick"
RUNNING: Final = "RUNNING"
# "To successfully redrive, the principal needs these": the redrive page, IAM permissions.
_ON_SOURCE: Final = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")


def start_message_move_task(call: Call, request: Input) -> Output:
    """Begin to move the messages of a dead-letter queue."""
    source = _expect_source(call, request)
    rate = request.get("MaxNumberOfMessagesPerSecond")
    if rate is not None and not 1 <= rate <= RATE_MAX:
        raise AwsError("InvalidParameterValue", "Value for parameter MaxNumberOfMessagesPerSecond "
                       f"is invalid. Reason: Must be between 1 and {RATE_MAX}.")  # fmt: skip
    sources = _sources_of(call, source)
    if not sources:
        raise AwsError(
            "InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue."
        )
    destination = request.get("DestinationArn", "")
    if destination:
        _check_destination(call, source, destination)
    for action in _ON_SOURCE:
        require(call, f"sqs:{action}", source.arn)
    for arn in (destination,) if destination else sources:
        require(call, "sqs:SendMessage", arn)
    tasks = call.rows(MOVE_TASKS)
    if any(task.status == RUNNING and task.source_arn == source.arn for task in tasks.values()):
        raise AwsError("UnsupportedOperation", "There is already a task running. Only one active "
                       "task is allowed for a source queue arn at a given time.")  # fmt: skip
    limit = call.quota("move-tasks")
    if sum(task.status == RUNNING for task in tasks.values()) >= limit:
        raise AwsError("OverLimit", f"At most {limit} message move tasks may be active.", 403)
    _forget_old(tasks, source)
    name = call.stream(source.arn, "move-task").uuid()
    ready = mailbox_of(call, source).counts(call.now).ready
    task = MoveTask(
        name, source.arn, destination, rate or 0, RUNNING, call.now, ready, source.token
    )
    tasks[name] = task
    task.event = call.after(0, TICK, name)
    return {"TaskHandle": _handle(task)}


def _check_destination(call: Call, source: Queue, destination: str) -> None:
    target = find_queue_by_arn(call, destination) if _is_here(call, destination) else None
    if target is None:
        raise _no_resource("DestinationArn")
    if target is source or target.fifo != source.fifo:
        raise AwsError("InvalidParameterValue", "Source and destination queues must differ and "
                       "be of the same type.")  # fmt: skip


def _forget_old(tasks: dict[str, MoveTask], source: Queue) -> None:
    """Keep as many tasks of a queue as are ever shown."""
    of_source = [name for name, task in tasks.items() if task.source_arn == source.arn]
    for name in of_source[: 1 - LIST_MAX]:
        del tasks[name]


def list_message_move_tasks(call: Call, request: Input) -> Output:
    """The newest tasks of a source queue."""
    source = _expect_source(call, request)
    limit = request.get("MaxResults", 1)
    if not 1 <= limit <= LIST_MAX:
        raise AwsError("InvalidParameterValue", "Value for parameter MaxResults is invalid. "
                       f"Reason: Must be between 1 and {LIST_MAX}.")  # fmt: skip
    tasks = reversed(call.rows(MOVE_TASKS).values())
    newest = [task for task in tasks if task.source_token == source.token][:limit]
    return {"Results": [_shown(task) for task in newest]}


def cancel_message_move_task(call: Call, request: Input) -> Output:
    """Stop a running task; what was moved stays moved."""
    handle = request.get("TaskHandle")
    if not handle:
        raise missing("TaskHandle")
    found = _read_handle(handle)
    if found is None:
        raise AwsError("InvalidParameterValue", "Value for parameter TaskHandle is invalid.")
    task = call.rows(MOVE_TASKS).get(found[0]) if _is_here(call, found[1]) else None
    if task is None:
        raise AwsError("ResourceNotFoundException", "Task does not exist.", 404)
    if task.status != RUNNING:
        raise AwsError(
            "UnsupportedOperation", "Only active tasks can be cancelled, and this one is "
            f"{task.status}."
        )  # fmt: skip
    call.cancel(task.event)
    _end(call, task, "CANCELLED", "")
    return {"ApproximateNumberOfMessagesMoved": task.moved}


def arn_of_handle(call: Call, request: Input) -> str:
    """The ARN that a permission on a task is asked on: its source queue's."""
    found = _read_handle(request.get("TaskHandle", ""))
    return found[1] if found is not None else "*"


def tick(call: Call, name: str) -> None:
    """One second of a task's work."""
    task = call.rows(MOVE_TASKS)[name]
    source = find_queue_by_arn(call, task.source_arn)
    if source is None or source.token != task.source_token:
        _end(call, task, "FAILED", "AWS.SimpleQueueService.NonExistentQueue")
        return
    if call.now - task.started_ns >= LONGEST_NS:
        _end(call, task, "FAILED", "The task ran for 36 hours, which is the longest it may.")
        return
    box = mailbox_of(call, source)
    failure = ""
    for message in box.take(call.now, task.rate or RATE_MAX):
        arn = task.destination_arn or message.source_arn
        target = find_queue_by_arn(call, arn) if arn else None
        if target is None:
            box.put_back(message)
            failure = (
                "AWS.SimpleQueueService.NonExistentQueue" if arn
                else "CouldNotDetermineMessageSource"
            )  # fmt: skip
            break
        box.remove(message, call.now)
        _arrive(call, target, message)
        task.moved += 1
    if failure:
        _end(call, task, "FAILED", failure)
    elif box.counts(call.now).ready:
        task.event = call.after(SECOND_NS, TICK, name)
    else:
        _end(call, task, "COMPLETED", "")


def _arrive(call: Call, target: Queue, message: Message) -> None:
    """A message comes to its destination as a new one."""
    new = Message(
        seq=0,
        id=call.stream(target.arn, "message").uuid(),
        body=message.body,
        sent_ns=call.now,
        sender=message.sender,
        group=message.group,
        deduplication=message.deduplication,
        attributes=message.attributes,
        system=message.system,
    )
    mailbox_of(call, target).add(new, call.now, target.delay_ns)
    stir(call, target.arn)


def _end(call: Call, task: MoveTask, status: str, failure: str) -> None:
    task.status = status
    task.failure = failure
    call.event(
        task.source_arn,
        f"sqs.move-task-{status.lower()}",
        f"a message move task from {task.source_arn} is {status} after {task.moved} messages",
        {"task": task.id, "failure": failure},
    )


def _shown(task: MoveTask) -> Output:
    output: Output = {
        "Status": task.status,
        "SourceArn": task.source_arn,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        "StartedTimestamp": task.started_ns // 1_000_000,
    }
    if task.status == RUNNING:
        output["TaskHandle"] = _handle(task)
    if task.destination_arn:
        output["DestinationArn"] = task.destination_arn
    if task.rate:
        output["MaxNumberOfMessagesPerSecond"] = task.rate
    if task.failure:
        output["FailureReason"] = task.failure
    return output


def _expect_source(call: Call, request: Input) -> Queue:
    arn = request.get("SourceArn")
    if not arn:
        raise missing("SourceArn")
    source = find_queue_by_arn(call, arn) if _is_here(call, arn) else None
    if source is None:
        raise _no_resource("SourceArn")
    return source


def _is_here(call: Call, arn: str) -> bool:
    """Whether an ARN is of the caller's account and Region: a task does not leave them."""
    parts = find_arn(arn)
    return parts is not None and (parts.account, parts.region) == (call.account, call.region)


def _no_resource(name: str) -> AwsError:
    return AwsError(
        "ResourceNotFoundException",
        f"The resource that you specified for the {name} parameter doesn't exist.",
        404,
    )


def _sources_of(call: Call, queue: Queue) -> list[str]:
    """The ARNs of the queues whose dead letters come to this one."""
    return [
        other.arn
        for other in call.rows(QUEUES).values()
        if other.redrive is not None and other.redrive.target_arn == queue.arn
    ]


def _handle(task: MoveTask) -> str:
    data = {"taskId": task.id, "sourceArn": task.source_arn}
    return base64.b64encode(msgspec.json.encode(data)).decode()


def _read_handle(handle: str) -> tuple[str, str] | None:
    try:
        data = msgspec.json.decode(base64.b64decode(handle, validate=True), type=dict[str, str])
        return data["taskId"], data["sourceArn"]
    except (ValueError, KeyError, RecursionError):
        return None
