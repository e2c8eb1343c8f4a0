"""FIFO queues: order, groups, deduplication, delay, and receives that are tried again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from cloudchamber import Chamber
from tests.unit.services.sqs.mail import Box, invalid, refusal

Make = Callable[..., Box]
NOT_HERE = "The request include parameter that is not valid for this queue type."
NO_ID = (
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
    "provided explicitly"
)
RULES = "can only include alphanumeric and punctuation characters. 1 to 128 in length."


def send_refusal(box: Box, **more: object) -> tuple[str, str, int]:
    return refusal(box.sqs.send_message, QueueUrl=box.url, MessageBody="m", **more)


# Order


def test_a_group_comes_in_order_one_consumer_at_a_time(fifo: Box) -> None:
    for body in "abc":
        fifo.send(body)
    first = fifo.take()
    assert first["Body"] == "a"
    assert fifo.bodies() == []
    fifo.delete(first)
    assert fifo.bodies(2) == ["b", "c"]
    assert fifo.counts() == (0, 2, 0)


def test_other_groups_go_on(fifo: Box) -> None:
    for group in "xyx":
        fifo.send(f"{group}{fifo.counts()[0]}", group=group)
    assert [body[0] for body in fifo.bodies(1)] == ["x"]
    assert [body[0] for body in fifo.bodies(10)] == ["y"]
    assert fifo.bodies(10) == []


def test_one_answer_holds_as_many_of_a_group_as_possible(fifo: Box) -> None:
    for number in range(4):
        fifo.send(f"x{number}", group="x")
        fifo.send(f"y{number}", group="y")
    assert fifo.bodies(6) == ["x0", "x1", "x2", "x3", "y0", "y1"]


def test_groups_take_turns_by_their_oldest_message(fifo: Box) -> None:
    fifo.send("x0", group="x")
    fifo.send("y0", group="y")
    fifo.send("x1", group="x")
    for expected in ("x0", "y0", "x1"):
        message = fifo.take()
        assert message["Body"] == expected
        fifo.delete(message)


def test_an_ended_message_gives_its_group_s_turn_back(chamber: Chamber, make: Make) -> None:
    fifo = make("jobs.fifo", MessageRetentionPeriod=60)
    fifo.send("x-old", group="x")
    chamber.advance("10s")
    fifo.send("y", group="y")
    fifo.send("x-young", group="x")
    chamber.advance("50s")
    assert fifo.bodies(1) == ["y"]


def test_a_group_is_locked_until_all_of_an_answer_is_settled(chamber: Chamber, fifo: Box) -> None:
    for body in "abcd":
        fifo.send(body)
    first, second, third = fifo.receive(3)
    fifo.delete(second)
    fifo.hide(third, 0)
    assert fifo.bodies() == []
    fifo.delete(first)
    assert fifo.bodies(1) == ["c"]
    chamber.advance("30s")
    assert fifo.bodies() == ["c", "d"]


def test_returned_messages_keep_their_places(chamber: Chamber, fifo: Box) -> None:
    for body in "abc":
        fifo.send(body)
    assert fifo.bodies(2) == ["a", "b"]
    fifo.send("d")
    chamber.advance("30s")
    assert fifo.bodies() == ["a", "b", "c", "d"]


def test_a_batch_keeps_its_order(fifo: Box) -> None:
    entries = [
        {"Id": body, "MessageBody": body, "MessageGroupId": "g", "MessageDeduplicationId": body}
        for body in "cab"
    ]
    answer = fifo.sqs.send_message_batch(QueueUrl=fifo.url, Entries=entries)
    numbers = [int(each["SequenceNumber"]) for each in answer["Successful"]]
    assert numbers == sorted(numbers)
    assert fifo.bodies() == ["c", "a", "b"]


def test_sequence_numbers_grow_with_gaps(fifo: Box) -> None:
    numbers = [int(fifo.send(body)["SequenceNumber"]) for body in "abc"]
    assert all(len(str(number)) == 20 for number in numbers)
    assert numbers[0] + 1 < numbers[1] < numbers[2] - 1
    messages = fifo.receive(MessageSystemAttributeNames=["SequenceNumber"])
    assert [int(each["Attributes"]["SequenceNumber"]) for each in messages] == numbers


def test_what_a_fifo_message_says_of_itself(fifo: Box) -> None:
    fifo.send("m", group="g!", MessageDeduplicationId="d~")
    found = fifo.take()["Attributes"]
    assert (found["MessageGroupId"], found["MessageDeduplicationId"]) == ("g!", "d~")
    assert "DeadLetterQueueSourceArn" not in found


# Deduplication


def test_a_message_sent_twice_arrives_once(chamber: Chamber, fifo: Box) -> None:
    first = fifo.send("one", MessageDeduplicationId="d")
    again = fifo.send("two", MessageDeduplicationId="d")
    assert again["MessageId"] == first["MessageId"]
    assert again["SequenceNumber"] == first["SequenceNumber"]
    assert fifo.counts() == (1, 0, 0)
    fifo.delete(fifo.take())
    chamber.advance("299999ms")
    fifo.send("three", MessageDeduplicationId="d")
    assert fifo.counts() == (0, 0, 0)  # remembered although it was deleted
    chamber.advance("1ms")
    fifo.send("four", MessageDeduplicationId="d")
    assert fifo.bodies() == ["four"]


def test_the_interval_counts_from_the_first(chamber: Chamber, fifo: Box) -> None:
    for _ in range(2):
        fifo.send("m")
        chamber.advance("150s")
    fifo.send("m")
    assert fifo.counts() == (2, 0, 0)


def test_content_makes_an_id(make: Make) -> None:
    fifo = make("jobs.fifo", ContentBasedDeduplication="true")

    def send(body: str, **more: str) -> None:
        fifo.sqs.send_message(
            QueueUrl=fifo.url,
            MessageBody=body,
            MessageGroupId="g",
            MessageAttributes={"n": {"DataType": "String", "StringValue": more.pop("n", "x")}},
            **more,
        )

    send("same", n="1")
    send("same", n="2")  # attributes do not count
    send("other")
    digest = hashlib.sha256(b"same").hexdigest()
    send("third", MessageDeduplicationId=digest)  # the id that the first one was given
    send("same", MessageDeduplicationId="own")  # one's own id goes before
    assert fifo.bodies() == ["same", "other", "same"]


def test_without_content_or_id_there_is_no_deduplication(fifo: Box) -> None:
    assert send_refusal(fifo, MessageGroupId="g") == ("InvalidParameterValue", NO_ID, 400)


def test_ids_are_of_the_queue_or_of_the_group(make: Make) -> None:
    whole, groups = make("a.fifo"), make("b.fifo", DeduplicationScope="messageGroup")
    for fifo, kept in ((whole, 1), (groups, 2)):
        for group in "xyx":
            fifo.send("m", group=group)
        assert fifo.counts() == (kept, 0, 0)


def test_a_refused_message_is_not_remembered(fifo: Box) -> None:
    send_refusal(fifo, MessageGroupId="g", MessageDeduplicationId="d", DelaySeconds=5)
    fifo.send("m", MessageDeduplicationId="d")
    assert fifo.bodies() == ["m"]


# Parameters


def test_a_group_is_required(fifo: Box) -> None:
    assert send_refusal(fifo, MessageDeduplicationId="d") == (
        "MissingParameter",
        "The request must contain the parameter MessageGroupId.",
        400,
    )


@pytest.mark.parametrize("name", ["MessageGroupId", "MessageDeduplicationId"])
@pytest.mark.parametrize("value", ["", "a b", "ä", "x" * 129, "\t"])
def test_tokens_that_cannot_be(fifo: Box, name: str, value: str) -> None:
    given = {"MessageGroupId": "g", "MessageDeduplicationId": "d", name: value}
    assert send_refusal(fifo, **given) == invalid(value, name, f"{name} {RULES}")


def test_every_punctuation_is_a_token(fifo: Box) -> None:
    token = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    fifo.send("m", group=token + "a" * (128 - len(token)), MessageDeduplicationId=token)
    assert fifo.bodies() == ["m"]


def test_delay_is_the_queue_s_alone(fifo: Box) -> None:
    tokens = {"MessageGroupId": "g", "MessageDeduplicationId": "d"}
    assert send_refusal(fifo, DelaySeconds=5, **tokens) == invalid(5, "DelaySeconds", NOT_HERE)
    fifo.send("m", DelaySeconds=0)


def test_a_new_delay_is_for_messages_that_are_there(chamber: Chamber, make: Make) -> None:
    fifo = make("jobs.fifo", DelaySeconds=10)
    fifo.send("m")
    assert fifo.counts() == (0, 0, 1)
    fifo.set(DelaySeconds="100")
    chamber.advance("60s")
    assert fifo.counts() == (0, 0, 1)
    assert fifo.bodies() == []
    fifo.set(DelaySeconds="60")
    assert fifo.counts() == (1, 0, 0)
    fifo.set(DelaySeconds="90")
    assert fifo.bodies() == []
    chamber.advance("30s")
    assert fifo.bodies() == ["m"]


def test_a_message_that_was_received_is_not_delayed_again(chamber: Chamber, make: Make) -> None:
    fifo = make("jobs.fifo", VisibilityTimeout=1)
    fifo.send("m")
    assert fifo.bodies() == ["m"]
    fifo.set(DelaySeconds="900")
    assert fifo.counts() == (0, 1, 0)
    chamber.advance("1s")
    assert fifo.bodies() == ["m"]


def test_a_delayed_message_holds_up_its_group_alone(chamber: Chamber, make: Make) -> None:
    fifo = make("jobs.fifo", DelaySeconds=10)
    fifo.send("x0", group="x")
    chamber.advance("5s")
    fifo.send("x1", group="x")
    fifo.send("y0", group="y")
    chamber.advance("5s")
    assert fifo.counts() == (1, 0, 2)
    (first,) = fifo.receive(10)
    assert first["Body"] == "x0"
    fifo.delete(first)
    assert fifo.bodies() == []
    chamber.advance("5s")
    assert fifo.bodies() == ["x1", "y0"]


def test_a_dead_letter_makes_room_for_the_next_at_once(chamber: Chamber, make: Make) -> None:
    fifo, graves = make("jobs.fifo", DelaySeconds=10, VisibilityTimeout=1), make("graves.fifo")
    fifo.redrive_to(graves)
    for body in "ab":
        fifo.send(body)
    chamber.advance("10s")
    assert fifo.bodies(1) == ["a"]
    chamber.advance("1s")
    assert fifo.bodies(1) == ["b"]
    chamber.advance("1s")
    fifo.send("c")
    before = chamber.now
    assert fifo.bodies(WaitTimeSeconds=20) == ["c"]
    assert chamber.now != before  # for c's own delay; b had died by then
    assert graves.bodies() == ["a", "b"]


# Receives that are tried again


def test_an_attempt_tried_again_gets_the_same(chamber: Chamber, fifo: Box) -> None:
    for body in "abc":
        fifo.send(body)
    first = fifo.receive(2, ReceiveRequestAttemptId="try")
    chamber.advance("20s")
    again = fifo.receive(2, ReceiveRequestAttemptId="try")
    assert [each["ReceiptHandle"] for each in again] == [each["ReceiptHandle"] for each in first]
    assert [each["Body"] for each in again] == ["a", "b"]
    chamber.advance("20s")  # the timeout began anew
    assert fifo.counts() == (1, 2, 0)
    for message in first:
        fifo.delete(message)
    assert fifo.bodies() == ["c"]


def test_another_attempt_gets_nothing_of_it(fifo: Box) -> None:
    for body in "ab":
        fifo.send(body)
    assert len(fifo.receive(1, ReceiveRequestAttemptId="one")) == 1
    assert fifo.bodies(ReceiveRequestAttemptId="two") == []
    assert fifo.bodies() == []


def test_an_attempt_is_over_when_its_messages_were_touched(chamber: Chamber, fifo: Box) -> None:
    for group in "xy":
        fifo.send(f"{group}0", group=group)
    first = fifo.receive(1, ReceiveRequestAttemptId="try")
    fifo.delete(first[0])
    assert fifo.bodies(1, ReceiveRequestAttemptId="try") == ["y0"]
    (second,) = fifo.receive(1, ReceiveRequestAttemptId="try")
    fifo.hide(second, 100)
    assert fifo.bodies(1, ReceiveRequestAttemptId="try") == []
    chamber.advance("100s")
    (third,) = fifo.receive(1, ReceiveRequestAttemptId="try")
    assert third["ReceiptHandle"] != second["ReceiptHandle"]


def test_an_attempt_is_known_for_five_minutes(chamber: Chamber, make: Make) -> None:
    fifo = make("jobs.fifo", VisibilityTimeout=3600)
    fifo.send("m")
    assert fifo.bodies(ReceiveRequestAttemptId="try") == ["m"]
    chamber.advance("299s")
    assert fifo.bodies(ReceiveRequestAttemptId="try") == ["m"]
    chamber.advance("299s")
    assert fifo.bodies(ReceiveRequestAttemptId="try") == ["m"]
    chamber.advance("300s")
    assert fifo.bodies(ReceiveRequestAttemptId="try") == []


def test_an_attempt_that_found_nothing_is_not_remembered(fifo: Box) -> None:
    assert fifo.bodies(ReceiveRequestAttemptId="try") == []
    fifo.send("m")
    assert fifo.bodies(ReceiveRequestAttemptId="try") == ["m"]


@pytest.mark.parametrize("value", ["a b", "x" * 129])
def test_an_attempt_id_that_cannot_be(fifo: Box, value: str) -> None:
    found = refusal(fifo.sqs.receive_message, QueueUrl=fifo.url, ReceiveRequestAttemptId=value)
    name = "ReceiveRequestAttemptId"
    assert found == invalid(value, name, f"{name} {RULES}")
