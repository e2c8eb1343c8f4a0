"""Long polls: what ends them, when, and in whose favour."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from cloudchamber import Chamber
from cloudchamber.cloud.durations import SECOND_NS
from tests.unit.services.sqs.mail import ONE, Box, Waiter

Make = Callable[..., Box]


def waited_s(chamber: Chamber, call: Callable[[], Any]) -> tuple[Any, float]:
    """What a call gives, and how long it took on the chamber's clock."""
    before = chamber.cloud.kernel.now
    answer = call()
    return answer, (chamber.cloud.kernel.now - before) / SECOND_NS


def test_an_empty_queue_is_waited_on_to_the_end(chamber: Chamber, box: Box) -> None:
    assert waited_s(chamber, lambda: box.bodies(WaitTimeSeconds=20)) == ([], 20)
    assert waited_s(chamber, lambda: box.bodies(WaitTimeSeconds=1)) == ([], 1)
    assert waited_s(chamber, box.bodies) == ([], 0)


def test_the_queue_has_a_default_which_the_request_may_change(chamber: Chamber, make: Make) -> None:
    box = make("jobs", ReceiveMessageWaitTimeSeconds=7)
    assert waited_s(chamber, box.bodies) == ([], 7)
    assert waited_s(chamber, lambda: box.bodies(WaitTimeSeconds=0)) == ([], 0)
    assert waited_s(chamber, lambda: box.bodies(WaitTimeSeconds=3)) == ([], 3)


def test_nobody_waits_for_what_is_there(chamber: Chamber, box: Box) -> None:
    box.send("m")
    assert waited_s(chamber, lambda: box.bodies(WaitTimeSeconds=20)) == (["m"], 0)


def test_a_poll_ends_with_a_delay(chamber: Chamber, box: Box) -> None:
    box.send("m", DelaySeconds=4)
    assert waited_s(chamber, lambda: box.bodies(WaitTimeSeconds=20)) == (["m"], 4)


def test_a_poll_ends_with_a_visibility_timeout(chamber: Chamber, box: Box) -> None:
    box.send("m")
    box.receive(VisibilityTimeout=6)
    assert waited_s(chamber, lambda: box.bodies(WaitTimeSeconds=20)) == (["m"], 6)


def test_a_poll_ends_with_a_send(chamber: Chamber, box: Box) -> None:
    waiter = Waiter(chamber, box.url)
    chamber.advance("5s")
    assert waiter.waits
    box.send("m")
    assert waiter.bodies == ["m"]


def test_a_delay_that_begins_while_somebody_waits(chamber: Chamber, box: Box) -> None:
    waiter = Waiter(chamber, box.url)
    box.send("m", DelaySeconds=4)
    chamber.advance("3999ms")
    assert waiter.waits
    chamber.advance("1ms")
    assert waiter.bodies == ["m"]


def test_a_poll_ends_when_a_timeout_is_cut_short(chamber: Chamber, box: Box) -> None:
    box.send("m")
    message = box.take()
    waiter = Waiter(chamber, box.url)
    chamber.advance("1s")
    box.hide(message, 3)
    chamber.advance("2s")
    assert waiter.waits
    box.hide(message, 0)
    assert waiter.bodies == ["m"]


def test_a_timeout_that_is_prolonged_is_waited_for(chamber: Chamber, box: Box) -> None:
    box.send("m")
    message = box.receive(VisibilityTimeout=5)[0]
    waiter = Waiter(chamber, box.url)
    box.hide(message, 10)
    chamber.advance("9999ms")
    assert waiter.waits
    chamber.advance("1ms")
    assert waiter.bodies == ["m"]


def test_a_poll_goes_on_when_the_message_it_waited_for_is_deleted(
    chamber: Chamber, box: Box
) -> None:
    box.send("m")
    message = box.receive(VisibilityTimeout=5)[0]
    waiter = Waiter(chamber, box.url, WaitTimeSeconds=10)
    box.delete(message)
    chamber.advance("9999ms")
    assert waiter.waits
    chamber.advance("1ms")
    assert waiter.bodies == []


def test_a_poll_goes_on_when_the_queue_is_purged(chamber: Chamber, box: Box) -> None:
    box.send("m", DelaySeconds=5)
    waiter = Waiter(chamber, box.url, WaitTimeSeconds=10)
    box.sqs.purge_queue(QueueUrl=box.url)
    chamber.advance("6s")
    assert waiter.waits
    box.send("after")
    assert waiter.bodies == ["after"]


def test_a_poll_on_a_dead_letter_queue_ends_with_the_move(chamber: Chamber, make: Make) -> None:
    box, graves = make("jobs", VisibilityTimeout=1), make("graves")
    box.redrive_to(graves)
    box.send("m")
    box.take()
    waiter = Waiter(chamber, graves.url)
    chamber.advance("2s")
    assert waiter.waits  # a message moves when somebody would receive it once more
    assert box.bodies() == []
    assert waiter.bodies == ["m"]


def test_a_poll_ends_with_a_move_task(chamber: Chamber, make: Make) -> None:
    box, graves = make("jobs", VisibilityTimeout=1), make("graves")
    box.redrive_to(graves)
    box.send("m")
    box.take()
    chamber.advance("1s")
    assert box.bodies() == []
    waiter = Waiter(chamber, box.url)
    box.sqs.start_message_move_task(SourceArn=graves.arn)
    assert waiter.bodies == ["m"]


def test_a_fifo_group_that_is_unlocked_ends_a_poll(chamber: Chamber, fifo: Box) -> None:
    for body in "abc":
        fifo.send(body)
    first = fifo.take()
    waiter = Waiter(chamber, fifo.url, MaxNumberOfMessages=1)
    assert waiter.waits
    fifo.delete(first)
    assert waiter.bodies == ["b"]


def test_a_fifo_group_whose_lock_expires_ends_a_poll(chamber: Chamber, make: Make) -> None:
    fifo = make("jobs.fifo", MessageRetentionPeriod=60, VisibilityTimeout=600)
    fifo.send("old")
    fifo.take()
    chamber.advance("50s")
    fifo.send("young")
    waiter = Waiter(chamber, fifo.url)
    chamber.advance("9999ms")
    assert waiter.waits
    chamber.advance("1ms")
    assert waiter.bodies == ["young"]


def test_a_fifo_delay_ends_a_poll_even_when_it_is_changed(chamber: Chamber, make: Make) -> None:
    fifo = make("jobs.fifo", DelaySeconds=10)
    fifo.send("m")
    waiter = Waiter(chamber, fifo.url)
    chamber.advance("4s")
    fifo.set(DelaySeconds="6")
    chamber.advance("1999ms")
    assert waiter.waits
    chamber.advance("1ms")
    assert waiter.bodies == ["m"]


def test_those_who_wait_longest_are_served_first(chamber: Chamber, box: Box) -> None:
    waiters = [Waiter(chamber, box.url, MaxNumberOfMessages=2) for _ in range(3)]
    box.send("a")
    assert [waiter.waits for waiter in waiters] == [False, True, True]
    assert waiters[0].bodies == ["a"]
    entries = [{"Id": body, "MessageBody": body} for body in "bcd"]
    box.sqs.send_message_batch(QueueUrl=box.url, Entries=entries)
    assert waiters[1].bodies == ["b", "c"]
    assert waiters[2].bodies == ["d"]


def test_the_order_holds_after_idle_wakes(chamber: Chamber, box: Box) -> None:
    first = Waiter(chamber, box.url)
    chamber.advance("1s")
    second = Waiter(chamber, box.url)
    box.send("later", DelaySeconds=5)  # wakes both, and both wait on
    third = Waiter(chamber, box.url)
    chamber.advance("5s")
    assert first.bodies == ["later"]
    assert second.waits
    assert third.waits
    box.send("m")
    assert second.bodies == ["m"]
    assert third.waits


def test_one_instant_ends_several_polls_in_order(chamber: Chamber, box: Box) -> None:
    for body in "ab":
        box.send(body, DelaySeconds=5)
    waiters = [Waiter(chamber, box.url, MaxNumberOfMessages=1) for _ in range(3)]
    chamber.advance("5s")
    assert [waiter.bodies for waiter in waiters[:2]] == [["a"], ["b"]]
    assert waiters[2].waits


def test_a_client_that_goes_away_takes_nothing(chamber: Chamber, box: Box) -> None:
    gone, there = Waiter(chamber, box.url), Waiter(chamber, box.url)
    chamber.cloud.drop(gone.number)
    box.send("m")
    assert there.bodies == ["m"]
    assert gone.waits


def test_queues_do_not_wake_each_other_s_consumers(chamber: Chamber, make: Make) -> None:
    box, other = make("jobs"), make("other")
    waiter = Waiter(chamber, box.url)
    other.send("m")
    assert waiter.waits


def test_a_thread_that_waits_is_woken_by_a_thread_that_sends() -> None:
    with Chamber(seed=1, account=ONE, clock="manual") as chamber:
        box = Box.make(chamber.client("sqs"), "jobs")
        got: list[str] = []
        ready = threading.Event()
        consumer = box.seen_by(chamber.client("sqs"))

        def consume() -> None:
            ready.set()
            got.extend(consumer.bodies(WaitTimeSeconds=20))

        thread = threading.Thread(target=consume)
        thread.start()
        ready.wait()
        box.send("m")
        thread.join(timeout=30)
        assert got == ["m"]
