"""Garbage collection without long pauses.

Rules of this file: reference counting frees nearly everything here at once; what is left are
cycles. A full collection looks at every object of the world, which takes a second when there are
millions of them, so the world is kept out of its sight.

The idea: `gc.freeze` moves everything that is alive out of the collector's reach at no cost. Once a
second, if there was work, the few objects of that second are collected and then frozen with the
rest. A cycle that dies after it was frozen stays as garbage; so now and then, when nobody is
waiting and the last full look was short (or a world was thrown away), everything is thawed and
looked at.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import perf_counter_ns
from typing import Final

YOUNG: Final = 5_000  # new objects before the youngest are looked at: about half a millisecond
MIDDLE: Final = 10  # of those before the next generation is: a few milliseconds
NEVER: Final = 1_000_000_000
SHORT_NS: Final = 20_000_000  # a full look may take this long when nobody is waiting
QUIET_S: Final = 2  # seconds without work before a full look


class Collector:
    """Takes over garbage collection of the process. `tick` wants to be called every second."""

    def __init__(self, work: Callable[[], int]) -> None:
        """`work` is a count that grows with every request."""
        self._work = work
        self._seen = 0
        self._quiet_s = 0
        self._full_ns = 0  # how long the last full look took
        self._owed = False  # there was work since the last full look
        self._must = False

    def start(self) -> None:
        """Freeze what the program itself is made of, and take over."""
        gc.set_threshold(YOUNG, MIDDLE, NEVER)
        gc.collect()
        gc.freeze()

    def discarded(self) -> None:
        """A whole world was thrown away: look for it at the next quiet moment, however long."""
        self._must = self._owed = True

    def tick(self) -> None:
        """Once a second."""
        work = self._work()
        if work != self._seen:
            self._seen = work
            self._quiet_s = 0
            self._owed = True
            gc.collect()
            gc.freeze()
            return
        self._quiet_s += 1
        if self._owed and self._quiet_s == QUIET_S and (self._must or self._full_ns < SHORT_NS):
            self._look_at_everything()

    def _look_at_everything(self) -> None:
        began = perf_counter_ns()
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        self._full_ns = perf_counter_ns() - began
        self._owed = self._must = False
