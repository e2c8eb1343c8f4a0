"""The kernel by examples: order, weak and strong, cancelling, ways of moving time."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.kernel import Guards, Kernel, KernelError

SECOND = 1_000_000_000
START = 1_800_000_000 * SECOND

Log = list[tuple[int, str]]


def make(guards: Guards | None = None) -> tuple[Kernel, Log]:
    kernel = Kernel(1, START, guards=guards or Guards())
    log: Log = []
    kernel.on("mark", lambda name: log.append((kernel.now - START, name)))
    return kernel, log


def test_events_happen_by_time_and_then_in_the_order_of_scheduling() -> None:
    kernel, log = make()
    kernel.after(20, "mark", ("late",))
    kernel.after(10, "mark", ("first",))
    kernel.after(10, "mark", ("second",), weak=True)
    kernel.after(10, "mark", ("third",))
    assert kernel.run_until(START + 15)
    assert log == [(10, "first"), (10, "second"), (10, "third")]
    assert kernel.now == START + 15
    assert [event.args for event in kernel.pending] == [("late",)]


def test_a_handler_schedules_at_its_own_instant() -> None:
    kernel, log = make()
    kernel.on("chain", lambda: kernel.after(0, "mark", ("chained",)))
    kernel.after(5, "chain")
    kernel.after(5, "mark", ("before",))
    kernel.run_until_idle()
    assert log == [(5, "before"), (5, "chained")]
    assert kernel.now == START + 5


def test_cancelling_is_exact() -> None:
    kernel, log = make()
    keep = kernel.after(10, "mark", ("keep",))
    drop = kernel.after(10, "mark", ("drop",))
    assert kernel.cancel(drop)
    assert not kernel.cancel(drop)
    kernel.run_until_idle()
    assert log == [(10, "keep")]
    assert not kernel.cancel(keep)
    assert not kernel.cancel(99)


def test_dead_numbers_are_swept_from_the_heap() -> None:
    kernel, log = make()
    numbers = [kernel.after(i + 1, "mark", (str(i),)) for i in range(10_000)]
    for number in numbers[:-1]:
        kernel.cancel(number)
    assert len(kernel._heap) < 200
    kernel.run_until_idle()
    assert log == [(10_000, "9999")]


def test_weak_events_happen_but_keep_nothing_busy() -> None:
    kernel, log = make()

    def tick() -> None:
        log.append((kernel.now - START, "tick"))
        kernel.after(10, "tick", weak=True)

    kernel.on("tick", tick)
    kernel.after(10, "tick", weak=True)
    assert kernel.run_until_idle()
    assert (log, kernel.now) == ([], START)
    kernel.after(25, "mark", ("work",))
    assert kernel.busy
    assert kernel.run_until_idle()
    assert log == [(10, "tick"), (20, "tick"), (25, "work")]
    assert kernel.pending_count == 1
    kernel.advance(5)
    assert log[-1] == (30, "tick")


def test_weak_events_of_the_last_instant_still_happen() -> None:
    kernel, log = make()
    kernel.after(10, "mark", ("work",))
    kernel.after(10, "mark", ("sweep",), weak=True)
    kernel.run_until_idle()
    assert log == [(10, "work"), (10, "sweep")]


def test_settle_does_what_is_due_and_moves_nothing() -> None:
    kernel, log = make()
    kernel.after(0, "mark", ("now",))
    kernel.after(1, "mark", ("later",))
    assert kernel.settle()
    assert (log, kernel.now) == ([(0, "now")], START)


def test_run_until_in_slices() -> None:
    kernel, log = make()
    for i in range(10):
        kernel.after(i + 1, "mark", (str(i),))
    assert not kernel.run_until(START + 100, budget=4)
    assert kernel.now == START + 4
    assert not kernel.run_until(START + 100, budget=4)
    assert kernel.run_until(START + 100, budget=4)
    assert (len(log), kernel.now) == (10, START + 100)


def test_run_skip_goes_to_the_next_strong_instant() -> None:
    kernel, log = make()
    kernel.after(5, "mark", ("sweep",), weak=True)
    kernel.after(10, "mark", ("a",))
    kernel.after(10, "mark", ("b",), weak=True)
    kernel.after(11, "mark", ("c",))
    assert kernel.run_skip()
    assert log == [(5, "sweep"), (10, "a"), (10, "b")]
    assert kernel.now == START + 10
    with kernel.hold("work"):
        assert not kernel.run_skip()
    assert kernel.run_skip()
    assert not kernel.run_skip()
    assert kernel.now == START + 11


def test_a_handler_that_raises_ends_the_run_and_the_kernel_goes_on() -> None:
    kernel, log = make()

    def broken() -> None:
        raise ZeroDivisionError("of the handler")

    kernel.on("broken", broken)
    kernel.after(5, "broken")
    kernel.after(10, "mark", ("after",))
    with pytest.raises(ZeroDivisionError, match="of the handler"):
        kernel.run_until(START + 20)
    assert kernel.now == START + 5
    assert kernel.pending_count == 1
    assert kernel.run_until(START + 20)
    assert log == [(10, "after")]


def test_a_handler_may_not_run_save_or_load_the_kernel() -> None:
    kernel, _ = make()
    saved = kernel.save()
    calls: list[Callable[[], object]] = [
        kernel.run_until_idle,
        kernel.settle,
        kernel.save,
        lambda: kernel.load(saved),
    ]
    kernel.on("call", lambda number: calls[number]())
    for number in range(len(calls)):
        kernel.after(1, "call", (number,))
        with pytest.raises(KernelError, match="a handler may not"):
            kernel.run_until_idle()


@pytest.mark.parametrize(
    ("t_ns", "kind", "args", "text"),
    [
        (START - 1, "mark", (), "is no instant from"),
        (START + 1.5, "mark", (), "is no instant from"),
        (True, "mark", (), "is no instant from"),
        (START, "nobody", (), "no handler"),
        (START, "mark", ["x"], "args is a tuple, not list"),
        (START, "mark", (["x"],), "list is not plain data"),
        (START, "mark", (("x", 0.5),), "float is not plain data"),
        (START, "mark", ({"x"},), "set is not plain data"),
    ],
)
def test_what_cannot_be_scheduled(t_ns: int, kind: str, args: tuple[str], text: str) -> None:
    kernel, _ = make()
    with pytest.raises(KernelError, match=text):
        kernel.at(t_ns, kind, args)
    assert kernel.pending_count == 0
    assert not kernel.busy
    assert kernel.run_until_idle()


def test_time_does_not_go_back() -> None:
    kernel, _ = make()
    kernel.advance(10)
    with pytest.raises(KernelError, match="does not go back: 1 ns"):
        kernel.run_until(START + 9)


def test_a_kind_has_one_handler() -> None:
    kernel, _ = make()
    with pytest.raises(KernelError, match="already have a handler"):
        kernel.on("mark", print)


def test_an_endless_strong_loop_is_named() -> None:
    kernel, _ = make()
    kernel.on("poll", lambda name: kernel.after(SECOND, "poll", (name,)))
    kernel.after(SECOND, "poll", ("queue-7",))
    with pytest.raises(KernelError, match=r"'poll' \('queue-7',\) followed itself 10000 times"):
        kernel.run_until_idle()
    assert kernel.pending_count == 1  # the kernel is whole, and can still be run to an instant
    assert kernel.advance(10 * SECOND)


def test_a_loop_under_weak_ticks_is_named_too() -> None:
    kernel, _ = make(guards=Guards(identical_skips=50))
    kernel.on("poll", lambda: kernel.after(SECOND, "poll"))
    kernel.on("tick", lambda: kernel.after(3 * SECOND, "tick", weak=True))
    kernel.after(0, "poll")
    kernel.after(0, "tick", weak=True)
    with pytest.raises(KernelError, match="'poll'"):
        kernel.run_until_idle()


def test_events_scheduled_ahead_at_equal_distances_are_no_loop() -> None:
    kernel, log = make(guards=Guards(identical_skips=50))
    for i in range(500):
        kernel.after(i * SECOND, "mark", ("same",))
    assert kernel.run_until_idle()
    assert len(log) == 500


def test_a_loop_of_two_is_stopped_by_its_length() -> None:
    kernel, _ = make(guards=Guards(events=1000))
    kernel.on("ping", lambda: kernel.after(1, "pong"))
    kernel.on("pong", lambda: kernel.after(2, "ping"))
    kernel.after(0, "ping")
    with pytest.raises(KernelError, match=r"does not come to rest: 1000 events .*'p[io]ng'"):
        kernel.run_until_idle()


def test_the_horizon_is_far_but_there() -> None:
    kernel, _ = make(guards=Guards(horizon_ns=1000 * SECOND))
    kernel.on("double", lambda n: kernel.after(n, "double", (2 * n,)))
    kernel.after(1, "double", (SECOND,))
    with pytest.raises(KernelError, match="'double' is next, beyond the horizon"):
        kernel.run_until_idle()


@pytest.mark.parametrize("budget", [None, 10])
def test_a_loop_at_one_instant_is_stopped_in_every_run(budget: int | None) -> None:
    kernel, _ = make(guards=Guards(instant_events=1000))
    kernel.on("spin", lambda: kernel.after(0, "spin", weak=True))
    kernel.after(5, "spin", weak=True)

    def run() -> None:
        while not kernel.run_until(START + 10, budget=budget):
            pass

    with pytest.raises(KernelError, match=r"time stands still: .*'spin'"):
        run()
    assert kernel.now == START + 5


def test_many_events_at_many_instants_are_no_loop() -> None:
    kernel, log = make(guards=Guards(instant_events=1000))
    for i in range(3000):
        kernel.after(i // 20, "mark", (str(i),))
    assert kernel.advance(1000)
    assert len(log) == 3000


def test_many_runs_at_one_instant_are_no_loop() -> None:
    """A frozen clock and a busy client: each request settles, slice by slice."""
    kernel, log = make(guards=Guards(instant_events=1000))
    for _ in range(100):
        for i in range(25):
            kernel.after(0, "mark", (str(i),))
        while not kernel.run_until(START, budget=10):
            pass
    assert len(log) == 2500


def test_a_drain_at_one_instant_is_no_endless_skip() -> None:
    kernel, _ = make(guards=Guards(identical_skips=50))
    left = 500

    def drain() -> None:
        nonlocal left
        left -= 1
        if left:
            kernel.after(0, "drain")

    kernel.on("drain", drain)
    kernel.after(7, "drain")
    assert kernel.run_until_idle()
    assert left == 0


@given(
    st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=100, max_size=400),
    st.randoms(use_true_random=False),
)
def test_the_order_survives_sweeping(events: list[tuple[int, bool]], random: Random) -> None:
    kernel, log = make()
    numbers = []
    for i, (delay, _) in enumerate(events):
        numbers.append(kernel.after(delay, "mark", (str(i),)))
    dropped = random.sample(range(len(events)), len(events) * 4 // 5)
    for i in dropped:
        kernel.cancel(numbers[i])
    for i, (delay, _) in enumerate(events):
        kernel.after(delay, "mark", (str(len(events) + i),))
    kernel.run_until_idle()
    kept = [i for i in range(len(events)) if i not in dropped]
    both = [(events[i][0], i) for i in kept]
    both += [(delay, len(events) + i) for i, (delay, _) in enumerate(events)]
    assert log == [(delay, str(i)) for delay, i in sorted(both)]
