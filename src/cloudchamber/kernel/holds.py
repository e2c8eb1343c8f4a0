"""Holds: real activity keeps the clock still, by name.

Rules of this file: a hold has a reason a person can read; holds are counted, so overlapping ones
need no order; a hold ends once. While any is live the clock stays at `now`; events due at `now`
still run, so that several activities may start at one instant.

Why not detect idleness instead: a process, a socket or a client's think time is invisible to a
queue of timers, and every clock that skips when its queue looks idle fires timeouts while the
answer is on its way. So whoever does real work says so.
"""

from __future__ import annotations

from cloudchamber.kernel.errors import KernelError


class Hold:
    """One live reason for the clock to stand still. A context manager.

    `strict` also stops events due at the present instant. `pace` is the mild kind: it stops every
    skip of time, but a clock paced by the wall (`live` mode) walks on under it.
    """

    __slots__ = ("_holds", "live", "pace", "since_ns", "strict", "why")

    def __init__(self, holds: Holds, why: str, since_ns: int, strict: bool, pace: bool) -> None:
        self._holds = holds
        self.why = why
        self.since_ns = since_ns
        self.strict = strict
        self.pace = pace
        self.live = True
        holds.live[self] = None
        holds.count += 1
        holds.strict_count += strict
        holds.pace_count += pace

    def release(self) -> None:
        """End the hold. Raises `KernelError` when it has ended before."""
        if not self.live:
            raise KernelError(f"hold {self.why!r} was released twice")
        self.live = False
        holds = self._holds
        del holds.live[self]
        holds.count -= 1
        holds.strict_count -= self.strict
        holds.pace_count -= self.pace

    def __enter__(self) -> Hold:
        return self

    def __exit__(self, *_: object) -> None:
        if self.live:
            self.release()


class Holds:
    """The live holds, oldest first, and how many of each sort; the run loop reads the counts."""

    __slots__ = ("count", "live", "pace_count", "strict_count")

    def __init__(self) -> None:
        self.live: dict[Hold, None] = {}  # a dict for its order
        self.count = self.pace_count = self.strict_count = 0
