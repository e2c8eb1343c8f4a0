"""Guards: a run that would never end stops, and says what loops.

Rules of this file: a guard never bends the world; it raises before the event it objects to, which
stays pending. Three signs of a loop: time stands still while events keep coming; the same strong
event follows itself at the same distance, over and over; a run goes on past all reason.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from cloudchamber.kernel.errors import KernelError
from cloudchamber.kernel.plain import Plain

_YEAR_NS: Final = 365 * 86_400 * 1_000_000_000
_LOOK_EVERY: Final = 4096


class Guards(NamedTuple):
    """Where a run gives up.

    `instant_events` at one instant end any run. The others end runs without a stated end:
    `horizon_ns` of virtual time, `events` in all, and `identical_skips` of one strong event that
    re-arms itself at the same distance.
    """

    horizon_ns: int = 10 * _YEAR_NS
    events: int = 10_000_000
    instant_events: int = 1_000_000
    identical_skips: int = 10_000


class Watch:
    """Counts for one kernel. The run loop calls `look` every `every` events."""

    __slots__ = ("_args", "_guards", "_instant", "_kind", "_now", "_same", "_step", "_strong",
                 "_t_ns", "_taken", "every")  # fmt: skip

    def __init__(self, guards: Guards) -> None:
        self._guards = guards
        self.every = max(1, min(_LOOK_EVERY, guards.events, guards.instant_events))
        self._instant = 0  # events seen at _now, across slices
        self._now = -1
        self.begin()

    def begin(self) -> None:
        """A run without a stated end begins."""
        self._taken = 0
        self._kind = ""
        self._args: tuple[Plain, ...] = ()
        self._t_ns = self._step = self._same = self._strong = 0

    def rest(self) -> None:
        """Everything due at this instant has happened: it is not a loop."""
        self._instant = 0

    def look(self, now: int, taken: int, kind: str, endless: bool) -> None:
        """`taken` events happened since the last look; `kind` is next."""
        self._instant = self._instant + taken if now == self._now else 0
        self._now = now
        self._taken += taken
        if self._instant >= self._guards.instant_events:
            raise KernelError(
                f"time stands still: {self._instant} events at one instant, and {kind!r} is next"
            )
        if endless and self._taken >= self._guards.events:
            raise KernelError(
                f"the world does not come to rest: {self._taken} events in one run, and {kind!r} "
                "is next; make what repeats weak, or run to a stated instant"
            )

    def strong(self, t_ns: int, kind: str, args: tuple[Plain, ...], pending: int) -> None:
        """A strong event is next, in a run without a stated end; `pending` strong ones are left."""
        step = t_ns - self._t_ns
        if kind == self._kind and step == self._step and step and args == self._args:
            # events that were scheduled ahead run out; only one that re-arms itself does not
            if pending >= self._strong:
                self._same += 1
                if self._same >= self._guards.identical_skips:
                    raise KernelError(
                        f"the world does not come to rest: {kind!r} {args!r:.80} followed itself "
                        f"{self._same} times every {step} ns; make it weak, or run to a stated "
                        "instant"
                    )
        else:
            self._kind, self._args, self._step, self._same = kind, args, step, 0
        self._t_ns = t_ns
        self._strong = pending

    def horizon(self, kind: str) -> KernelError:
        """The error for a run that has gone past its horizon."""
        return KernelError(
            f"the world does not come to rest: {kind!r} is next, more than "
            f"{self._guards.horizon_ns} ns after the run began"
        )
