"""Message move tasks: a dead-letter queue's messages go back, so many a second, on the clock.

Rules of this file: a task moves at most its rate each second of the chamber's clock, beginning at
once; a second is one kernel event. Messages in flight are left. AWS does not publish the rate it
chooses when none is given: ours is its maximum, 500 a second.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.sqs.attributes import find_queue_by_arn
from cloudchamber.services.sqs.lookup import mailbox_of
from cloudchamber.services.sqs.nouns import MOVE_TASKS, QUEUES, SECOND_NS, MoveTask, Queue

RATE_MAX: Final = 500
LIST_MAX: Final = 10
TICK: Final = "sqs.move-tick"
RUNNING: Final = "RUNNING"


def start_message_move_task(call: Call, request: Input) -> Output:
    """Begin to move the messages of a dead-letter queue."""
    source = _expect_source(call, request)
    destination = request.get("DestinationArn", "")
    rate = request.get("MaxNumberOfMessagesPerSecond")
    if rate is not None and not 1 <= rate <= RATE_MAX:
        raise AwsError("InvalidParameterValue", f"Value for parameter MaxNumberOfMessagesPerSecond "
                       f"is invalid. Reason: Must be between 1 and {RATE_MAX}.")  # fmt: skip
    if not _is_dead_letter_queue(call, source):
        raise AwsError(
            "InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue."
        )
    if destination:
        target = find_queue_by_arn(call, destination)
        if target is None:
            raise _no_resource("DestinationArn")
        if target.arn == source.arn or target.fifo != source.fifo:
            raise AwsError("InvalidParameterValue", "Source and destination queues must differ and "
                           "be of the same type.")  # fmt: skip
    tasks = call.rows(MOVE_TASKS, source.account, source.region)
    if any(task.status == RUNNING and task.source_arn == source.arn for task in tasks.values()):
        raise AwsError("UnsupportedOperation", "There is already a task running. Only one active "
                       "task is allowed for a source queue arn at a given time.")  # fmt: skip
    running = sum(task.status == RUNNING for task in tasks.values())
    if running >= call.quota("move-tasks"):
        raise AwsError("OverLimit", f"At most {running} active message move tasks.", 403)
    name = call.stream(source.arn, "move-task").uuid()
    counts = mailbox_of(call, source).counts()
    task = MoveTask(name, source.arn, destination, rate or 0, RUNNING, call.now, counts.ready)
    tasks[name] = task
    task.event = call.after(0, TICK, source.account, source.region, name)
    return {"TaskHandle": _handle(task)}


def list_message_move_tasks(call: Call, request: Input) -> Output:
    """The newest tasks of a source queue."""
    source = _expect_source(call, request)
    limit = request.get("MaxResults", 1)
    if not 1 <= limit <= LIST_MAX:
        raise AwsError("InvalidParameterValue", "Value for parameter MaxResults is invalid. "
                       f"Reason: Must be between 1 and {LIST_MAX}.")  # fmt: skip
    tasks = call.rows(MOVE_TASKS, source.account, source.region).values()
    newest = [task for task in reversed(tasks) if task.source_arn == source.arn][:limit]
    return {"Results": [_shown(task) for task in newest]}


def cancel_message_move_task(call: Call, request: Input) -> Output:
    """Stop a running task; what was moved stays moved."""
    handle = request.get("TaskHandle", "")
    found = _read_handle(handle)
    if found is None:
        raise AwsError("InvalidParameterValue", "Value for parameter TaskHandle is invalid.")
    name, source_arn = found
    source = find_queue_by_arn(call, source_arn)
    tasks = call.rows(MOVE_TASKS, source.account, source.region) if source else {}
    task = tasks.get(name)
    if task is None:
        raise AwsError("ResourceNotFoundException", "Task does not exist.", 404)
    if task.status != RUNNING:
        raise AwsError(
            "UnsupportedOperation", "Only active tasks can be cancelled, and this one is "
            f"{task.status}."
        )  # fmt: skip
    call.cancel(task.event)
    task.status = "CANCELLED"
    return {"ApproximateNumberOfMessagesMoved": task.moved}


def tick(call: Call, account: str, region: str, name: str) -> None:
    """One second of a task's work."""
    task = call.rows(MOVE_TASKS, account, region)[name]
    source = find_queue_by_arn(call, task.source_arn)
    if source is None:
        _end(call, task, "FAILED", "AWS.SimpleQueueService.NonExistentQueue")
        return
    box = mailbox_of(call, source)
    for message in box.take(call.now, task.rate or RATE_MAX):
        arn = task.destination_arn or message.source_arn
        target = find_queue_by_arn(call, arn) if arn else None
        if target is None:
            box.put_back(message)
            reason = "CouldNotDetermineMessageSource" if not arn else "NonExistentQueue"
            _end(call, task, "FAILED", f"AWS.SimpleQueueService.{reason}")
            return
        box.remove(message)
        moved = msgspec.structs.replace(
            message, sent_ns=call.now, source_arn="", receipt=0, receive_count=0,
            first_received_ns=0,
        )  # fmt: skip
        mailbox_of(call, target).add(moved, call.now, 0)
        task.moved += 1
        call.wake("sqs", target.arn)
    if box.counts().ready:
        task.event = call.after(SECOND_NS, TICK, account, region, name)
    else:
        _end(call, task, "COMPLETED", "")


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
        raise AwsError("MissingParameter", "The request must contain the parameter SourceArn.")
    source = find_queue_by_arn(call, arn)
    if source is None:
        raise _no_resource("SourceArn")
    return source


def _no_resource(name: str) -> AwsError:
    return AwsError(
        "ResourceNotFoundException",
        f"The resource that you specified for the {name} parameter doesn't exist.",
        404,
    )


def _is_dead_letter_queue(call: Call, queue: Queue) -> bool:
    return any(
        other.redrive is not None and other.redrive.target_arn == queue.arn
        for other in call.rows(QUEUES, queue.account, queue.region).values()
    )


def _handle(task: MoveTask) -> str:
    data = {"taskId": task.id, "sourceArn": task.source_arn}
    return base64.b64encode(msgspec.json.encode(data)).decode()


def _read_handle(handle: str) -> tuple[str, str] | None:
    try:
        data = msgspec.json.decode(base64.b64decode(handle, validate=True), type=dict[str, str])
        return data["taskId"], data["sourceArn"]
    except (binascii.Error, ValueError, msgspec.MsgspecError, KeyError):
        return None
