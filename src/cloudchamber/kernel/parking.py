"""Parking: somebody waits for virtual time, or for a fact, and says for which.

Rules of this file:
- A wait has a deadline, keys, or both. `wake(key)` resumes every waiter on the key at the present
  instant, in the order in which they parked; the deadline resumes the one whose it is.
- Resuming is an event like any other (`kernel.resume`), so it has its place in the order, in the
  digest and in a saved world. A wait resumes once.
- A continuation cannot be saved. What is saved is the wait (deadline, keys, a descriptor from its
  parker); after a load the layer above adopts each wait with a new continuation, or cancels it.
- Parking releases no hold: whoever parks while holding the clock releases the hold himself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from cloudchamber.kernel.errors import KernelError
from cloudchamber.kernel.events import Timeline
from cloudchamber.kernel.plain import Plain, check_plain, thaw

RESUME: Final = "kernel.resume"

Key = tuple[Plain, ...]
Resume = Callable[[bool], object]


class Parked:
    """One wait. `resume` is None between a load and its adoption."""

    __slots__ = ("_event", "_parking", "describe", "id", "keys", "resume", "until_ns", "woken")

    def __init__(
        self,
        parking: Parking,
        number: int,
        until_ns: int | None,
        keys: tuple[Key, ...],
        describe: Plain,
    ) -> None:
        self._parking = parking
        self._event: int | None = None  # the event that will resume this wait, when there is one
        self.id = number
        self.until_ns = until_ns
        self.keys = keys
        self.describe = describe
        self.resume: Resume | None = None
        self.woken = False

    @property
    def live(self) -> bool:
        """Whether the wait has neither resumed nor been cancelled."""
        return self._parking.waits.get(self.id) is self

    def cancel(self) -> bool:
        """Give up the wait without resuming it (its client went away). False when it has ended."""
        return self._parking.cancel(self)

    def adopt(self, resume: Resume) -> None:
        """Give a wait that was loaded from a saved world the continuation it needs."""
        if self.resume is not None or not self.live:
            raise KernelError(f"wait {self.id} ({self.describe!r}) has no need of a continuation")
        self.resume = resume
        self._parking.unclaimed -= 1


def _as_keys(key: Key | tuple[Key, ...] | None) -> tuple[Key, ...]:
    """One key is a tuple that begins with a name; several keys are a tuple of such tuples."""
    if key is None:
        return ()
    if type(key) is not tuple or not key:
        raise KernelError(f"a key is a tuple such as ('sqs', queue_arn), not {key!r}")
    several: tuple[Any, ...] = key if isinstance(key[0], tuple) else (key,)
    for one in several:
        if type(one) is not tuple or not one or isinstance(one[0], tuple):
            raise KernelError(f"a key is a tuple such as ('sqs', queue_arn), not {one!r}")
        check_plain("park", one)
    return tuple(dict.fromkeys(several))


class Parking:
    """Every wait of one kernel."""

    __slots__ = ("_by_key", "_next", "_timeline", "resumed", "unclaimed", "waits")

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._by_key: dict[Key, dict[int, Parked]] = {}
        self._next = 0
        self.waits: dict[int, Parked] = {}  # by id, and so in the order of parking
        self.resumed = 0
        self.unclaimed = 0
        timeline.on(RESUME, self._resume)

    def park(
        self,
        until_ns: int | None,
        key: Key | tuple[Key, ...] | None,
        resume: Resume,
        describe: Plain,
    ) -> Parked:
        keys = _as_keys(key)
        if until_ns is None and not keys:
            raise KernelError("a wait needs a deadline or a key, or it would never end")
        check_plain("park", describe)
        parked = Parked(self, self._next + 1, until_ns, keys, describe)
        parked.resume = resume
        if until_ns is not None:
            parked._event = self._timeline.at(until_ns, RESUME, (parked.id, False))
        self._next += 1
        self._attach(parked)
        return parked

    def wake(self, key: Key) -> int:
        waiters = self._by_key.get(key)
        if not waiters:
            return 0
        timeline = self._timeline
        woken = tuple(waiters.values())
        for parked in woken:
            self._detach(parked)
            if parked._event is not None:
                timeline.cancel(parked._event)
            parked.woken = True
            parked._event = timeline.at(timeline.now, RESUME, (parked.id, True))
        return len(woken)

    def cancel(self, parked: Parked) -> bool:
        if not parked.live:
            return False
        del self.waits[parked.id]
        self._detach(parked)
        if parked.resume is None:
            self.unclaimed -= 1
        if parked._event is not None:
            self._timeline.cancel(parked._event)
        return True

    def save(self) -> list[dict[str, Any]]:
        return [
            {
                "id": parked.id,
                "until_ns": parked.until_ns,
                "keys": parked.keys,
                "describe": parked.describe,
                "woken": parked.woken,
                "event": parked._event,
            }
            for parked in self.waits.values()
        ]

    def load(self, waits: list[dict[str, Any]], last: int) -> None:
        self.waits.clear()
        self._by_key.clear()
        self._next = last
        for saved in sorted(waits, key=lambda wait: int(wait["id"])):
            keys = _as_keys(thaw(saved["keys"]) or None)  # type: ignore[arg-type]
            parked = Parked(self, saved["id"], saved["until_ns"], keys, thaw(saved["describe"]))
            parked.woken = saved["woken"]
            parked._event = saved["event"]
            self.waits[parked.id] = parked
            if not parked.woken:
                self._attach(parked)
        self.unclaimed = len(self.waits)

    @property
    def last(self) -> int:
        """The id given last; saved, so that a loaded world continues the count."""
        return self._next

    def _attach(self, parked: Parked) -> None:
        self.waits[parked.id] = parked
        for key in parked.keys:
            self._by_key.setdefault(key, {})[parked.id] = parked

    def _detach(self, parked: Parked) -> None:
        for key in parked.keys:
            waiters = self._by_key.get(key)
            if waiters is not None:
                waiters.pop(parked.id, None)
                if not waiters:
                    del self._by_key[key]

    def _resume(self, number: int, woken: bool) -> None:
        parked = self.waits.pop(number)
        self._detach(parked)
        self.resumed += 1
        if parked.resume is None:  # the run loop refuses to start while a wait is unclaimed
            raise KernelError(f"wait {number} ({parked.describe!r}) has no continuation")
        parked.resume(woken)
