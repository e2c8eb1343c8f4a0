"""Parking: somebody waits for virtual time, or for a fact, and says for which.

Rules of this file:
- A wait has a deadline, keys, or both. `wake(key)` resumes every waiter on the key at the present
  instant, in the order in which they parked; the deadline resumes the one whose it is.
- Resuming is a strong event like any other (`kernel.resume`), so it has its place in the order, in
  the digest and in a saved world. A wait resumes once.
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

    __slots__ = ("_event", "_waits", "describe", "id", "keys", "live", "resume", "until_ns")

    def __init__(
        self, waits: Waits, number: int, until_ns: int | None, keys: tuple[Key, ...], about: Plain
    ) -> None:
        self._waits = waits
        self._event: int | None = None  # the event that will resume this wait, if there is one
        self.id = number
        self.until_ns = until_ns
        self.keys = keys
        self.describe = about
        self.resume: Resume | None = None
        self.live = True

    def cancel(self) -> bool:
        """Give up the wait without resuming it (its client went away). False when it has ended."""
        if self.live:
            self._waits._end(self)
            if self._event is not None:
                self._waits.cancel(self._event)
            return True
        return False

    def adopt(self, resume: Resume) -> None:
        """Give a wait that was loaded from a saved world the continuation it needs."""
        if self.resume is not None or not self.live:
            raise KernelError(f"wait {self.id} ({self.describe!r}) has no need of a continuation")
        self.resume = resume
        self._waits._unclaimed -= 1


def _as_keys(key: Key | tuple[Key, ...] | None) -> tuple[Key, ...]:
    """One key is a tuple that begins with a name; several keys are a tuple of such tuples."""
    if key is None:
        return ()
    keys: Any = key if type(key) is tuple and key and type(key[0]) is tuple else (key,)
    for one in keys:
        if type(one) is not tuple or not one or type(one[0]) is tuple:
            raise KernelError(f"a key is a tuple such as ('sqs', queue_arn), not {one!r:.80}")
        check_plain("park", one)
    return tuple(keys)


class Waits(Timeline):
    """A timeline on which others can wait."""

    __slots__ = ("_by_key", "_parked", "_parked_last", "_resumed", "_unclaimed")

    def __init__(self, start_ns: int) -> None:
        super().__init__(start_ns)
        self._by_key: dict[Key, dict[int, Parked]] = {}  # inner dicts in the order of parking
        self._parked: dict[int, Parked] = {}
        self._parked_last = 0
        self._resumed = 0  # how many waits have been resumed; the run loop watches it
        self._unclaimed = 0
        self.on(RESUME, self._resume)

    def park(
        self,
        until_ns: int | None,
        key: Key | tuple[Key, ...] | None,
        resume: Resume,
        describe: Plain = None,
    ) -> Parked:
        """Wait for an instant, for a key (or any of several keys), or for whichever comes first.

        `resume(True)` is called when a key was woken, `resume(False)` at the deadline, inside the
        run that reaches it. `describe` is what a saved world says about this wait.
        """
        keys = _as_keys(key)
        if until_ns is None and not keys:
            raise KernelError("a wait needs a deadline or a key, or it would never end")
        check_plain("park", describe)
        parked = Parked(self, self._parked_last + 1, until_ns, keys, describe)
        parked.resume = resume
        if until_ns is not None:
            parked._event = self.at(until_ns, RESUME, (parked.id, False))
        self._parked_last += 1
        self._begin(parked)
        return parked

    def wake(self, key: Key) -> int:
        """Resume every waiter on `key` at the present instant, oldest first; how many those are."""
        woken = tuple(self._by_key[key].values()) if key in self._by_key else ()
        for parked in woken:
            self._unlist(parked)
            if parked._event is not None:
                self.cancel(parked._event)
            parked._event = self.at(self.now, RESUME, (parked.id, True))
        return len(woken)

    @property
    def parked(self) -> tuple[Parked, ...]:
        """Every live wait, oldest first."""
        return tuple(self._parked.values())

    def _save_waits(self) -> list[dict[str, Any]]:
        names = ("id", "until_ns", "keys", "describe", "_event")
        return [{name: getattr(parked, name) for name in names} for parked in self.parked]

    def _load_waits(self, data: dict[str, Any]) -> None:
        """Restore every wait, each without its continuation. After the events are loaded."""
        self._parked_last = data["parked_last"]
        for saved in data["parked"]:
            keys, about = thaw(saved["keys"]), thaw(saved["describe"])
            parked = Parked(self, saved["id"], saved["until_ns"], keys, about)
            parked._event = saved["_event"]
            self._begin(parked)
            self._unclaimed += 1
            if parked._event is not None and self._pending[parked._event][2][1]:
                self._unlist(parked)  # woken before the save, and about to resume

    def _begin(self, parked: Parked) -> None:
        self._parked[parked.id] = parked
        for key in parked.keys:
            self._by_key.setdefault(key, {})[parked.id] = parked

    def _unlist(self, parked: Parked) -> None:
        for key in parked.keys:
            waiters = self._by_key.get(key, {})
            if waiters.pop(parked.id, None) and not waiters:
                del self._by_key[key]

    def _end(self, parked: Parked) -> None:
        parked.live = False
        del self._parked[parked.id]
        self._unlist(parked)
        self._unclaimed -= parked.resume is None

    def _resume(self, number: int, woken: bool) -> None:
        parked = self._parked[number]
        self._end(parked)
        self._resumed += 1
        if parked.resume is not None:  # no run begins while a wait is unclaimed
            parked.resume(woken)
