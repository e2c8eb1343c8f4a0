"""Holds: a live one freezes the clock, whoever asks for time."""

from __future__ import annotations

import pytest

from cloudchamber.kernel import Kernel, KernelError

START = 10**18


def make() -> tuple[Kernel, list[str]]:
    kernel = Kernel(1, START)
    log: list[str] = []
    kernel.on("mark", log.append)
    return kernel, log


def test_a_hold_freezes_the_clock_and_lets_the_present_happen() -> None:
    kernel, log = make()
    kernel.after(0, "mark", ("due",))
    kernel.after(1, "mark", ("later",))
    with kernel.hold("a process") as hold:
        assert kernel.frozen()
        assert list(kernel.holds) == [hold]
        assert (hold.why, hold.since_ns) == ("a process", START)
        assert not kernel.run_until(START + 10)
        assert not kernel.run_until_idle()
        assert not kernel.run_skip()
        assert (log, kernel.now) == (["due"], START)
    assert not kernel.holds
    assert kernel.run_until(START + 10)
    assert log == ["due", "later"]


def test_a_hold_freezes_even_an_empty_world() -> None:
    kernel, _ = make()
    with kernel.hold("x"):
        assert not kernel.advance(5)
        assert kernel.now == START
        assert kernel.advance(0)
        assert kernel.run_until_idle()
    assert kernel.advance(5)


def test_holds_are_counted() -> None:
    kernel, _ = make()
    kernel.after(1, "mark", ("later",))
    first = kernel.hold("first")
    second = kernel.hold("second")
    first.release()
    assert kernel.frozen()
    assert [hold.why for hold in kernel.holds] == ["second"]
    assert not kernel.run_until_idle()
    second.release()
    assert kernel.run_until_idle()


def test_a_hold_ends_once() -> None:
    kernel, _ = make()
    with kernel.hold("early") as hold:
        hold.release()
    assert not kernel.frozen()
    with pytest.raises(KernelError, match="'early' was released twice"):
        hold.release()
    assert not kernel.frozen()


def test_a_strict_hold_stops_the_present_too() -> None:
    kernel, log = make()
    kernel.after(0, "mark", ("due",))
    with kernel.hold("mild"), kernel.hold("serial", strict=True):
        assert not kernel.settle()
        assert log == []
    assert kernel.settle()
    assert log == ["due"]


def test_a_pace_hold_stops_skips_and_lets_the_paced_clock_by() -> None:
    kernel, log = make()
    kernel.after(1, "mark", ("later",))
    with kernel.hold("interactive", pace=True):
        assert kernel.frozen()
        assert not kernel.frozen(paced=True)
        assert not kernel.run_until(START + 1)
        assert not kernel.run_until_idle()
        with kernel.hold("real"):
            assert not kernel.run_until(START + 1, paced=True)
        assert kernel.run_until(START + 1, paced=True)
    assert log == ["later"]


def test_a_hold_taken_by_a_handler_freezes_its_instant() -> None:
    """Several processes start at one instant; none sees a later event before all have ended."""
    kernel, log = make()
    holds = []
    kernel.on("start", lambda name: holds.append(kernel.hold(name)))
    kernel.after(5, "start", ("one",))
    kernel.after(5, "start", ("two",))
    kernel.after(6, "mark", ("later",))
    assert not kernel.run_until(START + 10)
    assert [hold.why for hold in kernel.holds] == ["one", "two"]
    assert (log, kernel.now) == ([], START + 5)
    for hold in holds:
        hold.release()
    assert kernel.run_until(START + 10)
    assert log == ["later"]
