"""Waiting for virtual time and for facts, and demand: time moves only for those who wait."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cloudchamber.kernel import Kernel, KernelError, Parked

SECOND = 1_000_000_000
START = 10**18

Log = list[tuple[int, str, bool]]


def make() -> tuple[Kernel, Log, Callable[[str], Callable[[bool], None]]]:
    kernel = Kernel(1, START)
    log: Log = []

    def waiter(name: str) -> Callable[[bool], None]:
        return lambda woken: log.append((kernel.now - START, name, woken))

    kernel.on("mark", lambda name: log.append((kernel.now - START, name, True)))
    kernel.on("wake", lambda name: kernel.wake(("key", name)))
    return kernel, log, waiter


def test_a_deadline_resumes_with_false() -> None:
    kernel, log, waiter = make()
    parked = kernel.park(START + 20, ("key", "a"), waiter("poll"))
    assert list(kernel.parked) == [parked]
    assert kernel.run_until_idle()
    assert log == [(20, "poll", False)]
    assert len(kernel.parked) == 0
    assert not parked.live
    assert not parked.cancel()
    assert kernel.wake(("key", "a")) == 0


def test_wake_resumes_everybody_at_this_instant_in_order_of_parking() -> None:
    kernel, log, waiter = make()
    for name in ("one", "two", "three"):
        kernel.park(START + 20, ("key", "a"), waiter(name))
    kernel.park(START + 20, ("key", "b"), waiter("other"))
    kernel.after(5, "wake", ("a",))
    kernel.after(5, "mark", ("same instant, scheduled before the wake",))
    kernel.run_until_idle()
    assert log == [
        (5, "same instant, scheduled before the wake", True),
        (5, "one", True),
        (5, "two", True),
        (5, "three", True),
        (20, "other", False),
    ]


def test_a_wait_is_woken_once_even_by_two_wakes() -> None:
    kernel, log, waiter = make()
    kernel.park(None, (("key", "a"), ("key", "b")), waiter("both"))
    assert kernel.wake(("key", "a")) == 1
    assert kernel.wake(("key", "a")) == 0
    assert kernel.wake(("key", "b")) == 0
    kernel.settle()
    assert log == [(0, "both", True)]
    assert kernel.pending_count == 0


@pytest.mark.parametrize("name", ["a", "b"])
def test_any_of_several_keys_wakes(name: str) -> None:
    kernel, log, waiter = make()
    kernel.park(START + 9, (("key", "a"), ("key", "b")), waiter("both"))
    kernel.after(3, "wake", (name,))
    kernel.run_until_idle()
    assert log == [(3, "both", True)]
    assert not kernel._by_key


def test_a_wake_at_the_deadline_counts_when_it_comes_first() -> None:
    kernel, log, waiter = make()
    kernel.after(20, "wake", ("a",))
    kernel.park(START + 20, ("key", "a"), waiter("poll"))
    kernel.after(20, "wake", ("b",))
    kernel.park(START + 20, ("key", "b"), waiter("late"))
    kernel.run_until_idle()
    assert log == [(20, "poll", True), (20, "late", True)]


def test_a_deadline_before_the_wake_of_the_same_instant_wins() -> None:
    kernel, log, waiter = make()
    kernel.park(START + 20, ("key", "a"), waiter("poll"))
    kernel.after(20, "wake", ("a",))
    kernel.run_until_idle()
    assert log == [(20, "poll", False)]


def test_a_cancelled_wait_leaves_nothing_behind() -> None:
    kernel, log, waiter = make()
    parked = kernel.park(START + 20, ("key", "a"), waiter("gone"))
    woken = kernel.park(START + 20, ("key", "b"), waiter("gone too"))
    kernel.wake(("key", "b"))
    assert parked.cancel()
    assert woken.cancel()
    assert not parked.cancel()
    assert kernel.wake(("key", "a")) == 0
    assert kernel.pending_count == 0
    assert not kernel.busy
    assert kernel.run_until_idle()
    assert log == []


def test_a_waiter_may_park_again_when_resumed() -> None:
    """Two polls on one queue: one message arrives; who finds nothing goes on waiting, behind."""
    kernel, log, _ = make()
    queue: list[str] = []

    def poll(name: str) -> Callable[[bool], None]:
        def resume(woken: bool) -> None:
            if woken and not queue:
                kernel.park(START + 20, ("key", "queue"), resume)
            else:
                log.append((kernel.now - START, name, bool(queue and queue.pop())))

        return resume

    def send() -> None:
        queue.append("m")
        kernel.wake(("key", "queue"))

    kernel.on("send", send)
    for name in ("one", "two"):
        kernel.park(START + 20, ("key", "queue"), poll(name))
    kernel.after(5, "send")
    kernel.run_until_idle()
    assert log == [(5, "one", True), (20, "two", False)]


def test_parking_does_not_release_a_hold() -> None:
    kernel, _, waiter = make()
    with kernel.hold("request"):
        kernel.park(START + 20, None, waiter("poll"))
        assert not kernel.run_demand()
        assert kernel.now == START
        kernel.park(None, ("key", "a"), waiter("woken"))
        kernel.wake(("key", "a"))
        assert not kernel.run_demand()
        assert len(kernel.parked) == 2
        kernel.parked[1].cancel()
    assert kernel.run_demand()
    assert kernel.now == START + 20


@pytest.mark.parametrize(
    ("until_ns", "key", "text"),
    [
        (None, None, "needs a deadline or a key"),
        (START - 1, None, "no instant from"),
        (None, "queue", "a key is a tuple"),
        (None, (), "a key is a tuple"),
        (None, (("key", "a"), "b"), "a key is a tuple"),
        (None, ("key", 0.5), "not plain data"),
    ],
)
def test_what_cannot_be_waited_for(
    until_ns: int | None, key: tuple[str, ...] | None, text: str
) -> None:
    kernel, _, waiter = make()
    with pytest.raises(KernelError, match=text):
        kernel.park(until_ns, key, waiter("never"))
    assert kernel.parked == ()
    assert kernel.pending_count == 0


def test_a_resumption_that_raises_ends_the_run_and_the_wait() -> None:
    kernel, log, waiter = make()

    def broken(woken: bool) -> None:
        raise LookupError(str(woken))

    kernel.park(START + 5, None, broken)
    kernel.park(START + 6, None, waiter("next"))
    with pytest.raises(LookupError, match="False"):
        kernel.run_until_idle()
    assert len(kernel.parked) == 1
    assert kernel.run_until_idle()
    assert log == [(6, "next", False)]


# Demand


def test_demand_moves_only_while_somebody_is_parked() -> None:
    kernel, log, waiter = make()
    kernel.after(10, "mark", ("visible again",))
    assert not kernel.run_demand()
    assert (log, kernel.now) == ([], START)
    kernel.park(START + 4, None, waiter("poll"))
    assert kernel.run_demand()
    assert (log, kernel.now) == ([(4, "poll", False)], START + 4)
    assert not kernel.run_demand()
    assert kernel.now == START + 4


def test_demand_goes_no_further_than_the_first_who_waits() -> None:
    """A 30 s visibility timeout and 20 s long polls: empty at 20, and the message at 30."""
    kernel, log, waiter = make()
    kernel.after(30, "wake", ("queue",))
    kernel.park(START + 20, ("key", "queue"), waiter("first poll"))
    assert kernel.run_demand()
    assert (log, kernel.now) == ([(20, "first poll", False)], START + 20)
    kernel.park(START + 40, ("key", "queue"), waiter("second poll"))
    assert kernel.run_demand()
    assert (log[1:], kernel.now) == ([(30, "second poll", True)], START + 30)


def test_demand_resumes_one_at_a_time() -> None:
    kernel, log, waiter = make()
    kernel.park(START + 7, None, waiter("one"))
    kernel.park(START + 7, None, waiter("two"))
    assert kernel.run_demand()
    assert log == [(7, "one", False)]
    assert kernel.run_demand()
    assert log == [(7, "one", False), (7, "two", False)]
    assert not kernel.run_demand()


def test_demand_runs_what_comes_before_and_stops_when_a_handler_takes_a_hold() -> None:
    kernel, log, waiter = make()
    holds = []
    kernel.on("process", lambda: holds.append(kernel.hold("process")))
    kernel.after(3, "mark", ("weak",), weak=True)
    kernel.after(5, "process")
    kernel.park(START + 20, None, waiter("poll"))
    assert not kernel.run_demand()
    assert (log, kernel.now) == ([(3, "weak", True)], START + 5)
    assert not kernel.run_demand()
    holds[0].release()
    assert kernel.run_demand()
    assert kernel.now == START + 20


def test_demand_does_not_spin_on_weak_events() -> None:
    kernel, log, waiter = make()
    kernel.on("tick", lambda: kernel.after(SECOND, "tick", weak=True))
    kernel.after(SECOND, "tick", weak=True)
    kernel.park(None, ("key", "never"), waiter("poll"))
    assert not kernel.run_demand()
    assert (log, kernel.now) == ([], START)


def test_demand_names_a_loop_that_never_resumes_anybody() -> None:
    kernel, _, waiter = make()
    kernel.on("poll", lambda: kernel.after(SECOND, "poll"))
    kernel.after(SECOND, "poll")
    kernel.park(None, ("key", "never"), waiter("poll"))
    with pytest.raises(KernelError, match="'poll'"):
        kernel.run_demand()


# Saving


def test_saved_waits_are_described_and_adopted() -> None:
    kernel, log, waiter = make()
    kernel.park(START + 20, ("key", "a"), waiter("a"), describe=("sqs", "ReceiveMessage", 7))
    kernel.park(None, (("key", "b"), ("key", "c")), waiter("b"), describe="b")
    kernel.park(START + 30, ("key", "woken"), waiter("woken"), describe="woken")
    kernel.wake(("key", "woken"))
    saved = kernel.save()
    assert [wait["describe"] for wait in saved["parked"]] == [
        ("sqs", "ReceiveMessage", 7),
        "b",
        "woken",
    ]

    copy, copied, copy_waiter = make()
    copy.load(saved)
    with pytest.raises(KernelError, match="3 loaded waits want to be adopted or cancelled"):
        copy.run_until_idle()
    assert copy.wake(("key", "woken")) == 0
    names = {("sqs", "ReceiveMessage", 7): "a", "b": "b", "woken": "woken"}
    for parked in copy.parked:
        parked.adopt(copy_waiter(names[parked.describe]))  # type: ignore[index]
    with pytest.raises(KernelError, match="no need of a continuation"):
        copy.parked[0].adopt(copy_waiter("again"))

    for world in (kernel, copy):
        world.after(10, "wake", ("c",))
        world.run_until_idle()
    assert copied == log == [(0, "woken", True), (10, "b", True), (20, "a", False)]
    assert copy.digest == kernel.digest
    assert copy.save() == kernel.save()


def test_loaded_waits_can_be_cancelled_and_a_parked_kernel_refuses_a_load() -> None:
    kernel, _, waiter = make()
    kernel.park(START + 20, ("key", "a"), waiter("a"))
    saved = kernel.save()
    with pytest.raises(KernelError, match="1 waits are live here"):
        kernel.load(saved)
    for parked in kernel.parked:
        parked.cancel()
    kernel.load(saved)
    loaded: tuple[Parked, ...] = kernel.parked
    assert [parked.cancel() for parked in loaded] == [True]
    assert kernel.run_until_idle()
    assert kernel.now == START
    assert kernel.park(START + 1, None, waiter("b")).id == 2
