"""Garbage collection without long pauses.

Rules of this file: reference counting frees nearly everything here at once; what is left are
cycles. A full collection looks at every object of the world, which takes a second when there are
millions of them, so the world is kept out of its sight.

The idea: `gc.freeze` moves everything that is alive out of the collector's reach at no cost. Once a
second, if there was work, the few objects of that second are collected and then frozen with the
rest. A cycle that dies after it was frozen stays as garbage; so now and then, when nobody is
waiting, everything is thawed and looked at: as long as the process is small enough for that to be
short, or when a world was thrown away and there is much to be had.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from resource import RUSAGE_SELF, getrusage
from typing import Final

YOUNG: Final = 5_000  # new objects before the youngest are looked at: about half a millisecond
MIDDLE: Final = 10  # of those before the next generation is: a few milliseconds
NEVER: Final = 1_000_000_000
SMALL_KB: Final = 100_000  # a process that never held more is looked at in some 20 ms
QUIET_S: Final = 2  # seconds without work before a full look


class Collector:
    """Takes over garbage collection of the process. `tick` wants to be called every second."""

    def __init__(self, work: Callable[[], int], peak_kb: Callable[[], int] | None = None) -> None:
        """`work` is a count that grows with every request, `peak_kb` the most memory there was."""
        self._work = work
        self._seen = 0
        self._quiet_s = 0
        self._peak_kb = peak_kb or _peak_kb
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
        if self._owed and self._quiet_s == QUIET_S and (self._must or self._peak_kb() < SMALL_KB):
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self._owed = self._must = False


def _peak_kb() -> int:
    peak = getrusage(RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak
