"""The digest: one number that two equal runs share, and the place where two unequal ones part.

Rules of this file:
- Everything that happens is an entry `(t_ns since the start, seq, kind, args)`; a noted input has
  seq -1. Times are relative to the start, so the hour at which a world began does not matter.
- The digest depends on the entries alone: not on when it is read, nor on where a save fell.
- Canonical bytes are marshal's version 2: typed, length-prefixed, no back references, in C. A test
  pins them, because Python promises them less firmly than we need.

The idea: entries collect in a batch of 256; a full batch is folded, `state = H(state + bytes)`.
Reading folds a copy. A trace, when asked for, keeps a window of entries and the state after every
batch, so that two runs of any length are compared in two steps: which batch, then which entry.
"""

from __future__ import annotations

from hashlib import blake2b
from marshal import dumps
from typing import Any, Final, NamedTuple

from cloudchamber.kernel.errors import KernelError
from cloudchamber.kernel.plain import Plain, thaw

BATCH: Final = 256
NOTE_SEQ: Final = -1
_DIGEST_BYTES: Final = 16
_NOTE_INLINE_BYTES: Final = 1024  # longer inputs enter as their hash, so that a batch stays small


class Entry(NamedTuple):
    """One thing that happened. `t_ns` is since the start of the world; `seq` -1 is an input."""

    t_ns: int
    seq: int
    kind: str
    args: tuple[Plain, ...]


Raw = tuple[int, int, str, tuple[Plain, ...]]  # an Entry before anybody looks at it


def canonical(entries: list[Raw]) -> bytes:
    """The bytes that stand for these entries: equal exactly when the entries are."""
    return dumps(entries, 2)


def _fold(state: bytes, batch: list[Raw]) -> bytes:
    return blake2b(state + canonical(batch), digest_size=_DIGEST_BYTES).digest()


class Trace(NamedTuple):
    """What one run kept for comparison.

    `entries` are those numbered `skip`, `skip + 1` and so on, of `total` in all (from 0).
    `states[i]` is the digest's state after batch `base + i`; the last is the open batch's.
    """

    skip: int
    total: int
    entries: tuple[Entry, ...]
    base: int
    states: tuple[bytes, ...]

    def knows(self, number: int) -> bool:
        """Whether this trace can say what the entry of that number was, or that there was none."""
        return number >= self.total or 0 <= number - self.skip < len(self.entries)

    def find_entry(self, number: int) -> Entry | None:
        """The entry of that number, None past the end of the run."""
        return self.entries[number - self.skip] if number < self.total else None


class Divergence(NamedTuple):
    """The first difference between two runs.

    `number` counts entries from 0; `left` or `right` is None where that run had ended. Both are
    None when the window does not reach: then the difference lies in `[number, number + BATCH)`,
    and a second pair of runs with that `trace_skip` names it.
    """

    number: int
    left: Entry | None
    right: Entry | None

    def __str__(self) -> str:
        if self.left is None and self.right is None:
            last = self.number + BATCH - 1
            return f"runs part between entries {self.number} and {last}, outside the kept window"
        left, right = self.left or "end of the run", self.right or "end of the run"
        return f"runs part at entry {self.number}: {left} against {right}"


class Digest:
    """The rolling digest of one kernel. The run loop appends to `batch` itself, for speed."""

    __slots__ = (
        "_base",
        "_first",
        "_folded",
        "_keep",
        "_kept",
        "_skip",
        "_state",
        "_states",
        "batch",
    )

    def __init__(self, keep: int = 0, skip: int = 0) -> None:
        self.batch: list[Raw] = []
        self._state = bytes(_DIGEST_BYTES)
        self._folded = 0  # entries already in _state
        self._keep = keep
        self._skip = self._first = skip
        self._kept: list[Raw] = []
        self._base = 0
        self._states: list[bytes] = []

    def note(self, t_ns: int, kind: str, data: bytes) -> None:
        """Add an input from outside, `t_ns` after the start."""
        if len(data) > _NOTE_INLINE_BYTES:
            data = blake2b(data, digest_size=_DIGEST_BYTES).digest()
        self.batch.append((t_ns, NOTE_SEQ, kind, (bytes(data),)))
        if len(self.batch) >= BATCH:
            self.fold()

    def fold(self) -> None:
        """Fold a full batch. Whoever appends calls this at exactly `BATCH` entries."""
        self._state = _fold(self._state, self.batch)
        if self._keep:
            self._states.append(self._state)
            self._kept += self._window()
        self._folded += len(self.batch)
        self.batch.clear()

    @property
    def count(self) -> int:
        """How many entries there have been."""
        return self._folded + len(self.batch)

    @property
    def hex(self) -> str:
        """The digest of everything so far, 32 hexadecimal digits."""
        return _fold(self._state, self.batch).hex()

    def trace(self) -> Trace:
        """What was kept for comparison. Raises `KernelError` when the kernel was made without."""
        if not self._keep:
            raise KernelError("this kernel keeps no trace; make it with trace=N")
        entries = tuple(Entry(*entry) for entry in self._kept + self._window())
        states = (*self._states, _fold(self._state, self.batch))
        return Trace(self._first, self.count, entries, self._base, states)

    def save(self) -> dict[str, Any]:
        return {"state": self._state, "folded": self._folded, "batch": list(self.batch)}

    def load(self, data: dict[str, Any]) -> None:
        """Continue from a save. A trace begins anew, at the batch that was open."""
        self._state = data["state"]
        self._folded = data["folded"]
        self._base = self._folded // BATCH
        self._first = max(self._skip, self._folded)
        self.batch[:] = thaw(data["batch"])
        self._kept.clear()
        self._states.clear()

    def _window(self) -> list[Raw]:
        first = max(0, self._first - self._folded)
        last = self._first + self._keep - self._folded
        return self.batch[first:last] if first < last else []


def first_divergence(left: Trace, right: Trace) -> Divergence | None:
    """The first entry in which two runs differ, or None when they are equal throughout."""
    base = max(left.base, right.base)
    mine, other = left.states[base - left.base :], right.states[base - right.base :]
    last = max(len(mine), len(other))
    parts = (i for i in range(last) if mine[i : i + 1] != other[i : i + 1])
    batch = next(parts, None)
    if batch is None:
        return None
    begin = (base + batch) * BATCH
    for number in range(begin, begin + BATCH):
        if not (left.knows(number) and right.knows(number)):
            break
        one, two = left.find_entry(number), right.find_entry(number)
        if one is None or two is None or canonical([(*one,)]) != canonical([(*two,)]):
            return Divergence(number, one, two)
    return Divergence(begin, None, None)
