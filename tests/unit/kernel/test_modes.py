"""Who moves time: spellings, the exact mapping from the wall, and one driver for all modes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.kernel import Kernel, KernelError
from cloudchamber.kernel.modes import Driver, Mode, Pace, parse_mode

SECOND = 1_000_000_000
START = 1_800_000_000 * SECOND
WALL = 5_000 * SECOND


@pytest.mark.parametrize(
    ("text", "name", "num", "den"),
    [
        ("live", "live", 1, 1),
        ("demand", "demand", 1, 1),
        ("manual", "manual", 1, 1),
        ("auto", "auto", 1, 1),
        ("x1", "live", 1, 1),
        ("x60", "live", 60, 1),
        ("x0.5", "live", 5, 10),
        ("x1.25", "live", 125, 100),
    ],
)
def test_spellings(text: str, name: str, num: int, den: int) -> None:
    mode = parse_mode(text)
    assert (mode.name, mode.num, mode.den, str(mode)) == (name, num, den, text)


@pytest.mark.parametrize(
    "text",
    ["", "x", "x0", "x0.0", "x-1", "60", "Live", "x1.", "x.5", "x1e3", "x1.2.3", "x٣", "x 6"],
)
def test_other_spellings_are_refused_with_the_list(text: str) -> None:
    with pytest.raises(KernelError, match="not a clock mode: live, demand, manual, auto or a rate"):
        parse_mode(text)


def test_a_pace_follows_the_wall_and_changes_without_a_jump() -> None:
    pace = Pace(WALL, START, 60)
    assert pace.virtual(WALL + SECOND) == START + 60 * SECOND
    assert pace.virtual(WALL - SECOND) == START
    pace.set_rate(WALL + SECOND, 1, 2)
    assert pace.virtual(WALL + SECOND) == START + 60 * SECOND
    assert pace.virtual(WALL + 3 * SECOND) == START + 61 * SECOND
    pace.set_rate(WALL + 3 * SECOND, 0)
    assert pace.virtual(WALL + 900 * SECOND) == START + 61 * SECOND
    assert pace.find_wall(START + 62 * SECOND) is None
    pace.set_rate(WALL + 900 * SECOND, 1)
    assert pace.virtual(WALL + 901 * SECOND) == START + 62 * SECOND


@given(st.integers(0, 10**15), st.integers(1, 10**6), st.integers(1, 10**6))
def test_the_named_wall_instant_is_the_first_that_reaches(ahead: int, num: int, den: int) -> None:
    pace = Pace(WALL, START, num, den)
    wall = pace.find_wall(START + ahead)
    assert wall is not None
    assert pace.virtual(wall) >= START + ahead
    assert wall == WALL or pace.virtual(wall - 1) < START + ahead


def make(mode: str) -> tuple[Driver, list[tuple[int, str]]]:
    kernel = Kernel(1, START)
    log: list[tuple[int, str]] = []
    kernel.on("mark", lambda name: log.append((kernel.now - START, name)))
    return Driver(kernel, parse_mode(mode), WALL), log


def test_live_follows_the_wall() -> None:
    driver, log = make("x60")
    kernel = driver.kernel
    kernel.after(60 * SECOND, "mark", ("minute",))
    assert driver.find_due() == WALL + SECOND
    assert not driver.turn(WALL + SECOND - 1)
    assert log == []
    assert not driver.turn(WALL + SECOND)
    assert log == [(60 * SECOND, "minute")]
    assert driver.find_due() is None


def test_live_stands_still_under_a_hold_and_catches_up() -> None:
    driver, log = make("live")
    kernel = driver.kernel
    kernel.after(SECOND, "mark", ("second",))
    with kernel.hold("process"):
        assert not driver.turn(WALL + 5 * SECOND)
        assert driver.find_due() is None
        assert kernel.now == START
    assert not driver.turn(WALL + 6 * SECOND)
    assert (log, kernel.now) == ([(SECOND, "second")], START + 6 * SECOND)
    with kernel.hold("interactive process", pace=True):
        assert not driver.turn(WALL + 7 * SECOND)
    assert kernel.now == START + 7 * SECOND


def test_live_goes_on_from_where_an_order_took_the_clock() -> None:
    driver, _ = make("live")
    driver.kernel.advance(3600 * SECOND)
    driver.turn(WALL + SECOND)
    assert driver.kernel.now == START + 3600 * SECOND
    driver.turn(WALL + 3 * SECOND)
    assert driver.kernel.now == START + 3602 * SECOND


def test_live_in_slices() -> None:
    driver, log = make("live")
    for i in range(10):
        driver.kernel.after(i, "mark", (str(i),))
    turns = 1
    while driver.turn(WALL + SECOND, budget=3):
        turns += 1
    assert (turns, len(log), driver.kernel.now) == (4, 10, START + SECOND)


def test_manual_moves_by_order_only() -> None:
    driver, log = make("manual")
    driver.kernel.after(0, "mark", ("due",))
    driver.kernel.after(1, "mark", ("later",))
    driver.kernel.park(START + 1, None, log.clear)  # type: ignore[arg-type]
    assert not driver.turn(WALL + 100 * SECOND)
    assert (log, driver.kernel.now) == ([(0, "due")], START)
    assert driver.find_due() is None


def test_auto_skips_idle_time_but_not_under_a_hold() -> None:
    driver, log = make("auto")
    driver.kernel.after(30 * SECOND, "mark", ("visible again",))
    with driver.kernel.hold("request"):
        assert not driver.turn(WALL)
    assert driver.turn(WALL)
    assert log == [(30 * SECOND, "visible again")]
    assert not driver.turn(WALL)


def test_demand_settles_the_present_and_moves_for_waiters_alone() -> None:
    driver, log = make("demand")
    kernel = driver.kernel
    kernel.after(0, "mark", ("due",))
    kernel.after(30 * SECOND, "mark", ("visible again",))
    assert not driver.turn(WALL)
    assert (log, kernel.now) == ([(0, "due")], START)
    kernel.park(START + 20 * SECOND, None, lambda woken: log.append((-1, "poll")))
    assert driver.turn(WALL)
    assert not driver.turn(WALL)
    assert (log[1:], kernel.now) == ([(-1, "poll")], START + 20 * SECOND)


def test_the_mode_changes_without_a_jump() -> None:
    driver, _ = make("manual")
    driver.kernel.advance(SECOND)
    driver.set_mode(Mode("live"), WALL + 100 * SECOND)
    driver.turn(WALL + 101 * SECOND)
    assert driver.kernel.now == START + 2 * SECOND


def run_a_real_process(mode: str, *, hold: bool) -> tuple[list[str], int, int]:
    """A client waits for a process of 60 ms of wall time, under a virtual timeout of 1 s.

    The process is modelled to take 40 ms. Returns what happened, when it ended, and how many
    turns the driver had while the process ran.
    """
    kernel = Kernel(1, START)
    log: list[str] = []
    timeout = 0

    def done() -> None:
        kernel.cancel(timeout)
        log.append("reply")
        kernel.wake(("invocation", 1))

    def expire() -> None:
        log.append("timeout")
        kernel.wake(("invocation", 1))

    kernel.on("done", done)
    kernel.on("expire", expire)
    driver = Driver(kernel, parse_mode(mode), WALL)
    timeout = kernel.after(SECOND, "expire")
    kernel.park(None, ("invocation", 1), lambda woken: log.append("answered"))
    held = kernel.hold("process") if hold else None
    turns = 0
    with subprocess.Popen(["sleep", "0.06"]) as process:
        while process.poll() is None:
            driver.turn(WALL)
            turns += 1
    if kernel.now == START:
        kernel.at(START + 40_000_000, "done")
    if held is not None:
        held.release()
    while driver.turn(WALL):
        pass
    return log, kernel.now - START, turns


@pytest.mark.parametrize("mode", ["demand", "auto"])
def test_a_real_process_of_60_ms_holds_the_clock_against_a_timeout_of_1_s(mode: str) -> None:
    for _ in range(5):
        log, ended, turns = run_a_real_process(mode, hold=True)
        assert log == ["reply", "answered"]
        assert ended == 40_000_000
        assert turns > 1, "the clock was offered its chance to skip"


@pytest.mark.parametrize("mode", ["demand", "auto"])
def test_without_the_hold_the_same_world_times_out(mode: str) -> None:
    """The counter-proof: what the hold prevents does happen without it."""
    log, ended, _ = run_a_real_process(mode, hold=False)
    assert (log, ended) == (["timeout", "answered"], SECOND)


def test_a_driver_needs_no_clock_of_its_own() -> None:
    """Two drivers given the same wall instants do the same, whenever the test runs."""

    def run() -> str:
        driver, _ = make("x60")
        on: Callable[[int], object] = driver.turn
        for i in range(50):
            driver.kernel.after(i * SECOND, "mark", (str(i),))
        for i in range(10):
            on(WALL + i * 77_000_000)
        return driver.kernel.digest

    assert run() == run()
