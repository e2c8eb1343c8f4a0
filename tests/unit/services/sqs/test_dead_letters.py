"""Dead letters: when a message moves, what it keeps, and what it does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cloudchamber import Chamber
from tests.unit.services.sqs.mail import Box

Make = Callable[..., Box]


def fail(chamber: Chamber, box: Box, times: int) -> None:
    """Receive everything so many times and delete nothing; the timeout is a second."""
    for _ in range(times):
        assert box.bodies()
        chamber.advance("1s")


@pytest.fixture
def graves(make: Make) -> Box:
    return make("graves")


@pytest.fixture
def box(make: Make, graves: Box) -> Box:
    """A queue whose messages may be received twice."""
    source = make("jobs", VisibilityTimeout=1)
    source.redrive_to(graves, 2)
    return source


def test_a_message_moves_when_it_would_be_received_once_too_often(
    chamber: Chamber, box: Box, graves: Box
) -> None:
    box.send("m")
    fail(chamber, box, 2)
    assert box.counts() == (1, 0, 0)  # it moves when somebody asks for it
    assert graves.counts() == (0, 0, 0)
    assert box.bodies() == []
    assert box.counts() == (0, 0, 0)
    assert graves.bodies() == ["m"]


def test_a_dead_letter_makes_room_for_the_next(chamber: Chamber, box: Box) -> None:
    for body in "abc":
        box.send(body)
    fail(chamber, box, 2)
    box.send("good")
    assert box.bodies(1) == ["good"]


def test_a_dead_letter_is_the_same_message(chamber: Chamber, box: Box, graves: Box) -> None:
    attributes = {"a": {"DataType": "String", "StringValue": "x"}}
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}}
    sent = box.send("m", MessageAttributes=attributes, MessageSystemAttributes=trace)
    first = box.take()
    chamber.advance("1s")
    fail(chamber, box, 1)
    box.bodies()
    dead = graves.take()
    assert dead["MessageId"] == sent["MessageId"]
    assert dead["Body"] == "m"
    assert dead["MessageAttributes"] == attributes
    system = dead["Attributes"]
    assert system["AWSTraceHeader"] == "Root=1"
    assert system["DeadLetterQueueSourceArn"] == box.arn
    assert system["ApproximateReceiveCount"] == "3"  # over all queues
    for name in ("SentTimestamp", "ApproximateFirstReceiveTimestamp", "SenderId"):
        assert system[name] == first["Attributes"][name]


def test_a_receipt_of_the_source_is_no_receipt_of_the_dead_letter(
    chamber: Chamber, box: Box, graves: Box
) -> None:
    box.send("m")
    held = box.take()
    chamber.advance("1s")
    fail(chamber, box, 1)
    box.bodies()
    box.delete(held)
    assert graves.counts() == (1, 0, 0)


def test_a_deleted_message_does_not_move(chamber: Chamber, box: Box, graves: Box) -> None:
    box.send("m")
    fail(chamber, box, 1)
    box.delete(box.take())
    chamber.advance("1s")
    assert box.bodies() == []
    assert graves.bodies() == []


def test_why_a_message_moved_is_told(chamber: Chamber, box: Box, graves: Box) -> None:
    sent = box.send("m")
    fail(chamber, box, 2)
    box.bodies()
    (event,) = (e for e in chamber.events(graves.arn) if e["what"] == "sqs.message-dead-lettered")
    assert sent["MessageId"] in event["sentence"]
    assert "received 2 times" in event["sentence"]
    cause, effect = chamber.why(graves.arn)
    assert cause["sentence"].endswith("called sqs:ReceiveMessage")
    assert effect["id"] == event["id"]


def test_a_standard_dead_letter_goes_on_growing_old(chamber: Chamber, make: Make) -> None:
    box, graves = make("jobs", VisibilityTimeout=1), make("graves", MessageRetentionPeriod=100)
    box.redrive_to(graves)
    box.send("m")
    chamber.advance("69s")
    fail(chamber, box, 1)
    box.bodies()
    assert graves.counts() == (1, 0, 0)
    chamber.advance("29s")
    assert graves.counts() == (1, 0, 0)
    chamber.advance("1s")
    assert graves.counts() == (0, 0, 0)


def test_older_dead_letters_among_younger_messages_end_first(chamber: Chamber, make: Make) -> None:
    box, graves = make("jobs", VisibilityTimeout=1), make("graves", MessageRetentionPeriod=100)
    box.redrive_to(graves)
    box.send("old")
    chamber.advance("50s")
    graves.send("young")
    fail(chamber, box, 1)
    box.bodies()
    chamber.advance("49s")
    assert graves.counts() == (1, 0, 0)
    assert graves.bodies() == ["young"]


def test_a_fifo_dead_letter_grows_old_anew(chamber: Chamber, make: Make) -> None:
    box = make("jobs.fifo", VisibilityTimeout=1)
    graves = make("graves.fifo", MessageRetentionPeriod=100)
    box.redrive_to(graves)
    sent = box.send("m", group="g", MessageDeduplicationId="d")
    chamber.advance("69s")
    fail(chamber, box, 1)
    box.bodies()
    chamber.advance("99s")
    dead = graves.take()
    assert dead["MessageId"] == sent["MessageId"]
    system = dead["Attributes"]
    assert system["MessageGroupId"] == "g"
    # So that two letters that shared an id are not taken for one.
    assert system["MessageDeduplicationId"] == sent["MessageId"]
    assert int(system["SentTimestamp"]) == 1_798_761_600_000 + 70_000
    chamber.advance("1s")
    assert graves.counts() == (0, 0, 0)


def test_a_fifo_group_goes_on_after_its_dead_letter(chamber: Chamber, make: Make) -> None:
    box, graves = make("jobs.fifo", VisibilityTimeout=1), make("graves.fifo")
    box.redrive_to(graves)
    for body in "abc":
        box.send(body)
    assert box.bodies(1) == ["a"]
    chamber.advance("1s")
    assert box.bodies(1) == ["b"]
    chamber.advance("1s")
    assert box.bodies(1) == ["c"]
    assert graves.bodies() == ["a", "b"]


def test_a_dead_letter_queue_does_not_delay(chamber: Chamber, make: Make) -> None:
    for suffix in ("", ".fifo"):
        box = make(f"jobs{suffix}", VisibilityTimeout=1)
        graves = make(f"graves{suffix}", DelaySeconds=900)
        box.redrive_to(graves)
        box.send("m")
        fail(chamber, box, 1)
        box.bodies()
        assert graves.bodies() == ["m"]


def test_receives_are_counted_anew_for_the_next_redrive_policy(
    chamber: Chamber, box: Box, graves: Box, make: Make
) -> None:
    end = make("end")
    graves.set(VisibilityTimeout="1")
    graves.redrive_to(end, 2)
    box.send("m")
    fail(chamber, box, 2)
    box.bodies()
    fail(chamber, graves, 2)
    assert graves.bodies() == []
    last = end.take()
    assert last["Attributes"]["DeadLetterQueueSourceArn"] == graves.arn
    assert last["Attributes"]["ApproximateReceiveCount"] == "5"


def test_without_a_target_a_message_stays(chamber: Chamber, box: Box, graves: Box) -> None:
    box.send("m")
    graves.sqs.delete_queue(QueueUrl=graves.url)
    fail(chamber, box, 5)


def test_a_changed_policy_holds_for_messages_that_are_there(
    chamber: Chamber, box: Box, graves: Box
) -> None:
    box.send("m")
    fail(chamber, box, 2)
    box.redrive_to(graves, 4)
    fail(chamber, box, 2)
    box.set(RedrivePolicy="")
    fail(chamber, box, 3)
    box.redrive_to(graves, 1)
    assert box.bodies() == []
    assert graves.bodies() == ["m"]


def test_a_queue_that_buries_into_itself_goes_on(chamber: Chamber, box: Box) -> None:
    box.redrive_to(box)
    box.send("m")
    fail(chamber, box, 5)
