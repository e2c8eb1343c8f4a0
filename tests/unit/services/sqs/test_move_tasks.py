"""Message move tasks: dead letters go back, at a rate, on the clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.services.sqs import move_tasks
from tests.unit.services.sqs.mail import ONE, TWO, Box, Waiter, refusal

Make = Callable[..., Box]
START_NS = 1_798_761_600_000
NOT_DEAD = "Source queue must be configured as a Dead Letter Queue."
BUSY = (
    "There is already a task running. Only one active task is allowed for a source queue arn at a "
    "given time."
)
NO_RESOURCE = "The resource that you specified for the {} parameter doesn't exist."


class Yard:
    """A queue, its dead-letter queue, and what is buried there."""

    def __init__(self, chamber: Chamber, make: Make, suffix: str = "") -> None:
        self.chamber = chamber
        self.box = make(f"jobs{suffix}", VisibilityTimeout=1)
        self.graves = make(f"graves{suffix}")
        self.sqs = self.box.sqs
        self.box.redrive_to(self.graves)

    def bury(self, count: int, prefix: str = "m") -> None:
        for number in range(count):
            group = f"g{number}" if self.box.url.endswith(".fifo") else None
            self.box.send(f"{prefix}{number}", group)
        while self.box.bodies():
            self.chamber.advance("1s")
        assert self.graves.counts()[0] >= count

    def start(self, **more: Any) -> str:
        answer = self.sqs.start_message_move_task(SourceArn=self.graves.arn, **more)
        return str(answer["TaskHandle"])

    def refused(self, **more: Any) -> tuple[str, str, int]:
        request = {"SourceArn": self.graves.arn, **more}
        return refusal(self.sqs.start_message_move_task, **request)

    def tasks(self, most: int = 10) -> list[dict[str, Any]]:
        answer = self.sqs.list_message_move_tasks(SourceArn=self.graves.arn, MaxResults=most)
        found: list[dict[str, Any]] = answer["Results"]
        return found


@pytest.fixture
def yard(chamber: Chamber, make: Make) -> Yard:
    return Yard(chamber, make)


def test_messages_go_back_where_they_came_from(yard: Yard, make: Make) -> None:
    other = make("other", VisibilityTimeout=1)
    other.redrive_to(yard.graves)
    yard.bury(2)
    other.send("theirs")
    other.bodies()
    yard.chamber.advance("1s")
    other.bodies()
    yard.start()
    assert yard.box.bodies() == ["m0", "m1"]
    assert other.bodies() == ["theirs"]
    (task,) = yard.tasks()
    assert task == {
        "Status": "COMPLETED",
        "SourceArn": yard.graves.arn,
        "ApproximateNumberOfMessagesMoved": 3,
        "ApproximateNumberOfMessagesToMove": 3,
        "StartedTimestamp": START_NS + 2000,
    }


def test_messages_go_where_they_are_told(yard: Yard, make: Make) -> None:
    other = make("other")
    yard.graves.send("sent by hand")
    yard.start(DestinationArn=other.arn)
    assert other.bodies() == ["sent by hand"]
    (task,) = yard.tasks()
    assert task["DestinationArn"] == other.arn


def test_what_arrives_is_a_new_message(yard: Yard, make: Make) -> None:
    attributes = {"a": {"DataType": "String", "StringValue": "x"}}
    sent = yard.box.send("m", MessageAttributes=attributes)
    yard.box.bodies()
    yard.chamber.advance("1s")
    yard.box.bodies()
    yard.box.set(DelaySeconds="5")
    yard.chamber.advance("10s")
    yard.start()
    assert yard.box.counts() == (0, 0, 1)
    yard.chamber.advance("5s")
    new = yard.box.take()
    assert new["MessageId"] != sent["MessageId"]
    assert new["MessageAttributes"] == attributes
    system = new["Attributes"]
    assert system["ApproximateReceiveCount"] == "1"
    assert int(system["SentTimestamp"]) == START_NS + 11_000
    assert "DeadLetterQueueSourceArn" not in system


def test_so_many_a_second(yard: Yard) -> None:
    yard.bury(7)
    yard.box.set(VisibilityTimeout="600")
    handle = yard.start(MaxNumberOfMessagesPerSecond=3)
    assert yard.box.counts()[0] == 3
    (task,) = yard.tasks()
    assert task["Status"] == "RUNNING"
    assert task["TaskHandle"] == handle
    assert task["MaxNumberOfMessagesPerSecond"] == 3
    assert task["ApproximateNumberOfMessagesMoved"] == 3
    yard.chamber.advance("999ms")
    assert yard.box.counts()[0] == 3
    yard.chamber.advance("1ms")
    assert yard.box.counts()[0] == 6
    yard.chamber.advance("1s")
    assert yard.box.counts()[0] == 7
    (task,) = yard.tasks()
    assert task["Status"] == "COMPLETED"
    assert "TaskHandle" not in task


def test_a_task_is_cancelled(yard: Yard) -> None:
    yard.bury(5)
    handle = yard.start(MaxNumberOfMessagesPerSecond=2)
    answer = yard.sqs.cancel_message_move_task(TaskHandle=handle)
    assert answer["ApproximateNumberOfMessagesMoved"] == 2
    yard.chamber.advance("10s")
    assert yard.graves.counts()[0] == 3
    assert yard.tasks()[0]["Status"] == "CANCELLED"
    code, message, status = refusal(yard.sqs.cancel_message_move_task, TaskHandle=handle)
    assert code == "AWS.SimpleQueueService.UnsupportedOperation"
    assert "CANCELLED" in message
    assert status == 400
    yard.start()
    assert yard.graves.counts()[0] == 0


@pytest.mark.parametrize("handle", ["guess", "e30=", "W10=", "bnVsbA=="])
def test_a_handle_nobody_gave(sqs: Any, handle: str) -> None:
    assert refusal(sqs.cancel_message_move_task, TaskHandle=handle)[0] == "InvalidParameterValue"


def test_one_task_a_queue(yard: Yard) -> None:
    yard.bury(3)
    yard.start(MaxNumberOfMessagesPerSecond=1)
    expected = ("AWS.SimpleQueueService.UnsupportedOperation", BUSY, 400)
    assert yard.refused() == expected
    yard.chamber.advance("2s")
    yard.start()


def test_messages_in_flight_are_left(yard: Yard) -> None:
    yard.bury(2)
    assert len(yard.graves.receive(1)) == 1
    yard.start()
    assert yard.tasks()[0]["Status"] == "COMPLETED"
    assert yard.graves.counts() == (0, 1, 0)


def test_a_message_of_unknown_origin_stops_the_task(yard: Yard) -> None:
    yard.bury(1)
    yard.graves.send("sent by hand")
    yard.start()
    (task,) = yard.tasks()
    assert task["Status"] == "FAILED"
    assert task["FailureReason"] == "CouldNotDetermineMessageSource"
    assert task["ApproximateNumberOfMessagesMoved"] == 1
    assert yard.graves.bodies() == ["sent by hand"]


def test_a_destination_that_is_deleted_stops_the_task(yard: Yard, make: Make) -> None:
    other = make("other")
    yard.bury(3)
    yard.start(DestinationArn=other.arn, MaxNumberOfMessagesPerSecond=1)
    yard.sqs.delete_queue(QueueUrl=other.url)
    yard.chamber.advance("1s")
    (task,) = yard.tasks()
    assert task["Status"] == "FAILED"
    assert task["FailureReason"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert yard.graves.counts() == (2, 0, 0)


def test_a_source_that_is_deleted_ends_the_task(yard: Yard, make: Make) -> None:
    yard.bury(3)
    yard.start(MaxNumberOfMessagesPerSecond=1)
    yard.sqs.delete_queue(QueueUrl=yard.graves.url)
    yard.sqs.purge_queue(QueueUrl=yard.box.url)
    yard.box.redrive_to(make("graves"))
    yard.box.send("new")
    yard.box.hide(yard.box.take(), 0)
    assert yard.box.bodies() == []  # "new" is buried in the new queue before the next second
    yard.chamber.advance("5s")
    assert yard.graves.bodies() == ["new"]  # a task of the queue that is gone leaves it alone
    assert yard.tasks() == []


def test_a_task_runs_for_thirty_six_hours_at_most(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert move_tasks.LONGEST_NS == 36 * 3600 * 10**9
    monkeypatch.setattr(move_tasks, "LONGEST_NS", 3 * 10**9)
    yard.bury(5)
    yard.start(MaxNumberOfMessagesPerSecond=1)
    yard.chamber.advance("10s")
    (task,) = yard.tasks()
    assert task["Status"] == "FAILED"
    assert "36 hours" in task["FailureReason"]
    assert task["ApproximateNumberOfMessagesMoved"] == 3


def test_fifo_dead_letters_go_back_in_order(chamber: Chamber, make: Make) -> None:
    yard = Yard(chamber, make, ".fifo")
    yard.bury(3)
    yard.start()
    assert yard.box.bodies() == ["m0", "m1", "m2"]
    assert yard.tasks()[0]["Status"] == "COMPLETED"
    failed = Yard(chamber, lambda name, **more: make(f"b{name}", **more), ".fifo")
    failed.graves.send("by-hand", group="g")
    failed.start()
    assert failed.tasks()[0]["Status"] == "FAILED"
    assert failed.graves.bodies() == ["by-hand"]


def test_the_newest_tasks_are_listed_first(yard: Yard) -> None:
    for _ in range(12):
        yard.start()
        yard.chamber.advance("1s")
    times = [task["StartedTimestamp"] for task in yard.tasks()]
    assert times == [START_NS + 1000 * second for second in range(11, 1, -1)]
    assert len(yard.tasks(1)) == 1
    answer = yard.sqs.list_message_move_tasks(SourceArn=yard.graves.arn)
    assert len(answer["Results"]) == 1


def test_what_cannot_be_started(yard: Yard, make: Make, chamber: Chamber) -> None:
    other, fifo = make("other"), make("other.fifo")
    theirs = Box.make(chamber.client("sqs", account=TWO), "theirs")
    far = Box.make(chamber.client("sqs", "eu-west-1"), "far")
    assert yard.refused(SourceArn=other.arn) == ("InvalidParameterValue", NOT_DEAD, 400)
    for arn in ("nonsense", f"arn:aws:sqs:us-east-1:{ONE}:nobody", theirs.arn, far.arn):
        for name in ("SourceArn", "DestinationArn"):
            assert yard.refused(**{name: arn}) == (
                "ResourceNotFoundException",
                NO_RESOURCE.format(name),
                404,
            )
    for arn in (fifo.arn, yard.graves.arn):
        assert yard.refused(DestinationArn=arn)[0] == "InvalidParameterValue"
    for rate in (0, 501):
        code, message, _ = yard.refused(MaxNumberOfMessagesPerSecond=rate)
        assert code == "InvalidParameterValue"
        assert "MaxNumberOfMessagesPerSecond" in message
    for most in (0, 11):
        found = refusal(
            yard.sqs.list_message_move_tasks, SourceArn=yard.graves.arn, MaxResults=most
        )
        assert found[0] == "InvalidParameterValue"
    assert yard.tasks() == []


def test_a_task_s_end_is_told(yard: Yard) -> None:
    yard.bury(1)
    yard.start()
    whats = [event["what"] for event in yard.chamber.events(yard.graves.arn)]
    assert "sqs.move-task-completed" in whats


def test_a_task_goes_on_in_a_fork(yard: Yard) -> None:
    yard.bury(4)
    yard.box.set(VisibilityTimeout="600")
    yard.start(MaxNumberOfMessagesPerSecond=1)
    waiter = Waiter(yard.chamber, yard.box.url, MaxNumberOfMessages=1)
    assert waiter.bodies == ["m0"]
    other = yard.chamber.fork()
    for chamber in (yard.chamber, other):
        chamber.advance("2s")
        seen = yard.box.seen_by(chamber.client("sqs"))
        assert seen.bodies() == ["m1", "m2"]
    assert yard.chamber.digest == other.digest
