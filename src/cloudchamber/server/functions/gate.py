"""Turns: in which order the world hears of what several processes do at once.

Rules of this file: no processes, no world; jobs that run or do not, and actions that wait.

    free        every action at once, as it comes: the fastest, and no two runs alike.
    lock-step   processes run side by side; what they ask of the world is heard when none runs any
                more: each is blocked on a question, waits for the clock, or has ended. Then all is
                heard, the oldest job first.
    serial      as lock-step, but one thing is heard at a time, so that one process runs at a time.

So the same seed tells the same story however fast each process happens to be. A process that asks
from several threads at once is known by its first question; the order of its own questions is its
own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

MODES: Final = ("lock-step", "serial", "free")
Action = Callable[[], None]


class Job:
    """One piece of work. `number` is its place: older jobs are heard first. `is_current` says
    whether its world is still the one there is, and `abandon` gives up the calls that it leaves
    unanswered behind."""

    __slots__ = ("abandon", "is_current", "number", "started_ns", "ticket")

    def __init__(
        self,
        number: int,
        ticket: str,
        started_ns: int,
        is_current: Callable[[], bool] = lambda: True,
    ) -> None:
        self.number = number
        self.ticket = ticket
        self.started_ns = started_ns
        self.is_current = is_current
        self.abandon: Action | None = None


class Gate:
    """Decides when actions are heard. All calls from one thread."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self._running: set[Job] = set()
        self._waiting: list[tuple[int, int, Action]] = []
        self._arrivals = 0
        self._hearing = False

    @property
    def jobs(self) -> frozenset[Job]:
        """The jobs that run."""
        return frozenset(self._running)

    def ask(self, job: Job, action: Action) -> None:
        """The job is blocked until this has been heard; `action` says what it is then."""
        self.block(job)
        self._arrivals += 1
        self._waiting.append((job.number, self._arrivals, action))
        self.turn()

    def run(self, job: Job) -> None:
        """The job runs (on)."""
        self._running.add(job)

    def block(self, job: Job) -> None:
        """The job does not run: it is blocked, waits for the clock, or has ended."""
        self._running.discard(job)

    def clear(self) -> None:
        """Forget every job."""
        self._running.clear()
        self._waiting.clear()

    def turn(self) -> None:
        """Let be heard what may be heard now."""
        if self._hearing:
            return
        self._hearing = True
        try:
            while self._waiting and (self.mode == "free" or not self._running):
                for action in self._batch():
                    action()
        finally:
            self._hearing = False

    def _batch(self) -> list[Action]:
        if self.mode == "free":
            batch, self._waiting = self._waiting, []
        else:
            ordered = sorted(self._waiting, key=lambda one: one[:2])
            count = 1 if self.mode == "serial" else len(ordered)
            batch, self._waiting = ordered[:count], ordered[count:]
        return [action for _, _, action in batch]
