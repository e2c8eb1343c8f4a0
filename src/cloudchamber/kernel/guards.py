"""Guards: a run that would never end stops, and says what loops.

Rules of this file: a guard never bends the world; it raises before the event it objects to, which
stays pending. Signs of a loop: time stands still while events keep coming; the same strong event
follows itself at the same distance, over and over; a run goes on past all reason.
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
    """The counts of one kernel. The run loop calls `look` after every `every` events."""

    __slots__ = ("_guards", "_instant", "_last", "_now", "_same", "_strong", "_t_ns", "_taken",
                 "every")  # fmt: skip

    def __init__(self, guards: Guards) -> None:
        self._guards = guards
        self.every = max(1, min(_LOOK_EVERY, guards.events, guards.instant_events))
        self._instant = 0  # events at the instant _now, across slices
        self._now = -1
        self.begin()

    def begin(self) -> None:
        """A run begins."""
        self._last: tuple[str, tuple[Plain, ...], int] = ("", (), 0)  # kind, args, distance
        self._taken = self._t_ns = self._same = self._strong = 0

    def rest(self) -> None:
        """Everything due at this instant has happened: it is not a loop."""
        self._instant = 0

    def look(self, now: int, taken: int, kind: str, endless: bool) -> None:
        """`taken` events happened since the last look; `kind` is next."""
        self._instant = self._instant + taken if now == self._now else 0
        self._now = now
        self._taken += taken
        if self._instant >= self._guards.instant_events:
            count = self._instant
            raise KernelError(f"time stands still: {count} events at {now} ns; {kind!r} is next")
        if endless and self._taken >= self._guards.events:
            raise self.restless(f"{self._taken} events in one run; {kind!r} is next")

    def strong(self, t_ns: int, kind: str, args: tuple[Plain, ...], pending: int) -> None:
        """In a run without a stated end, a strong event is next, one of `pending`."""
        this = (kind, args, t_ns - self._t_ns)
        if this != self._last or t_ns == self._t_ns:
            self._last = this
            self._same = 0
        elif pending >= self._strong:  # what was scheduled ahead dwindles; what re-arms does not
            self._same += 1
            if self._same >= self._guards.identical_skips:
                times = f"{self._same} times, {this[2]} ns apart"
                raise self.restless(f"{kind!r} {args!r:.80} followed itself {times}")
        self._t_ns = t_ns
        self._strong = pending

    def restless(self, what: str) -> KernelError:
        """The error for a run without end."""
        advice = "make what repeats weak, or run to a stated instant"
        return KernelError(f"the world does not come to rest: {what}; {advice}")
