"""Garbage is found, and never by looking at everything while somebody waits."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from cloudchamber.server.collecting import QUIET_S, SMALL_KB, Collector


class Knot:
    """Something that refers to itself."""

    def __init__(self) -> None:
        self.myself = self


@pytest.fixture(autouse=True)
def _usual_collection() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


class Process:
    """A process with a collector."""

    def __init__(self, peak_kb: int = 0) -> None:
        self.work = 0
        self.collector = Collector(lambda: self.work, lambda: peak_kb)
        self.collector.start()

    def second(self, work: int = 0) -> None:
        self.work += work
        self.collector.tick()


def test_the_garbage_of_a_second_is_found_at_its_end() -> None:
    process = Process()
    knot = Knot()
    seen = weakref.ref(knot)
    del knot
    process.second(work=1)
    assert seen() is None


def test_what_lives_is_out_of_sight() -> None:
    process = Process()
    knot = Knot()
    process.second(work=1)
    assert not any(one is knot for one in gc.get_objects())


@pytest.mark.parametrize(("peak_kb", "found"), [(0, True), (SMALL_KB, False)])
def test_old_garbage_is_found_in_a_quiet_moment_of_a_small_process(
    peak_kb: int, found: bool
) -> None:
    process = Process(peak_kb)
    knot = Knot()
    seen = weakref.ref(knot)
    process.second(work=1)
    del knot
    process.second(work=1)
    assert seen() is not None  # busy
    for _ in range(QUIET_S):
        process.second()
    assert (seen() is None) is found


def test_a_discarded_world_is_found_whatever_its_size() -> None:
    process = Process(peak_kb=SMALL_KB * 100)
    knot = Knot()
    seen = weakref.ref(knot)
    process.second(work=1)
    del knot
    process.collector.discarded()
    for _ in range(QUIET_S + 1):
        process.second()
    assert seen() is None
