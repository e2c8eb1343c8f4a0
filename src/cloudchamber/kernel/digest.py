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
from typing import Any, Final, NamedTuple, TypeAlias

from cloudchamber.kernel.errors import KernelError
from cloudchamber.kernel.plain import Plain, thaw_args

BATCH: Final = 256
_DIGEST_BYTES: Final = 16
NOTE_SEQ: Final = -1
_NOTE_INLINE_BYTES: Final = 1024  # longer inputs enter as their hash, so that a batch stays small
_MARSHAL_VERSION: Final = 2

RawEntry: TypeAlias = "tuple[int, int, str, tuple[Plain, ...]]"


class Entry(NamedTuple):
    """One thing that happened. `t_ns` is since the start of the world; `seq` -1 is an input."""

    t_ns: int
    seq: int
    kind: str
    args: tuple[Plain, ...]


def canonical(entries: list[RawEntry]) -> bytes:
    """The bytes that stand for these entries: equal exactly when the entries are."""
    return dumps(entries, _MARSHAL_VERSION)


def _fold(state: bytes, batch: list[RawEntry]) -> bytes:
    return blake2b(state + canonical(batch), digest_size=_DIGEST_BYTES).digest()


class Trace(NamedTuple):
    """What one run kept for comparison.

    `entries` are those numbered `skip`, `skip + 1` and so on, of `total` in all (from 0).
    `states[i]` is the digest's state after batch `base + i`; the last one belongs to the batch
    that was still open.
    """

    skip: int
    total: int
    entries: tuple[Entry, ...]
    base: int
    states: tuple[bytes, ...]

    def knows(self, index: int) -> bool:
        """Whether this trace can say what entry `index` was, or that there was none."""
        return index >= self.total or 0 <= index - self.skip < len(self.entries)

    def find_entry(self, index: int) -> Entry | None:
        """The entry of that number, None past the end of the run."""
        return self.entries[index - self.skip] if index < self.total else None


class Divergence(NamedTuple):
    """The first difference between two runs.

    `number` counts entries from 0; `left` or `right` is None where that run had ended. Both are
    None when the window does not reach: then the difference lies in `[number, number + BATCH)`, and
    a second pair of runs with that `skip` names it.
    """

    number: int
    left: Entry | None
    right: Entry | None

    def __str__(self) -> str:
        if self.left is None and self.right is None:
            last = self.number + BATCH - 1
            return f"runs part between entries {self.number} and {last}, outside the kept window"
        left = self.left or "end of the run"
        right = self.right or "end of the run"
        return f"runs part at entry {self.number}: {left} against {right}"


class Digest:
    """The rolling digest of one kernel. The run loop appends to `batch` itself, for speed."""

    __slots__ = ("_base", "_folded", "_keep", "_kept", "_skip", "_state", "_states", "batch")

    def __init__(self, keep: int = 0, skip: int = 0) -> None:
        self.batch: list[RawEntry] = []
        self._state = bytes(_DIGEST_BYTES)
        self._folded = 0  # entries already in _state
        self._keep = keep
        self._skip = skip
        self._kept: list[RawEntry] = []
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
        batch = self.batch
        self._state = _fold(self._state, batch)
        if self._keep:
            self._states.append(self._state)
            self._kept.extend(self._window())
        self._folded += len(batch)
        batch.clear()

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
        return Trace(self._skip, self.count, entries, self._base, states)

    def save(self) -> dict[str, Any]:
        return {"state": self._state, "folded": self._folded, "batch": list(self.batch)}

    def load(self, data: dict[str, Any]) -> None:
        """Continue from a save. A trace begins anew, at the batch that was open."""
        batch = [(t_ns, seq, kind, thaw_args(args)) for t_ns, seq, kind, args in data["batch"]]
        self._state = data["state"]
        self._folded = data["folded"]
        self._base = self._folded // BATCH
        self._skip = max(self._skip, self._folded)
        self.batch[:] = batch
        self._kept.clear()
        self._states.clear()

    def _window(self) -> list[RawEntry]:
        first = max(0, self._skip - self._folded)
        last = self._skip + self._keep - self._folded
        return self.batch[first:last] if first < last else []


def first_divergence(left: Trace, right: Trace) -> Divergence | None:
    """The first entry in which two runs differ, or None when they are equal throughout."""
    batch = _first_batch(left, right)
    if batch is None:
        return None
    begin = batch * BATCH
    for index in range(begin, begin + BATCH):
        if not (left.knows(index) and right.knows(index)):
            break
        mine, other = left.find_entry(index), right.find_entry(index)
        if mine is None or other is None:
            return Divergence(index, mine, other)
        if canonical([(*mine,)]) != canonical([(*other,)]):
            return Divergence(index, mine, other)
    return Divergence(begin, None, None)


def _first_batch(left: Trace, right: Trace) -> int | None:
    """The number of the first batch after which the states differ."""
    begin = max(left.base, right.base)
    mine, other = left.states[begin - left.base :], right.states[begin - right.base :]
    for offset in range(max(len(mine), len(other))):
        if mine[offset : offset + 1] != other[offset : offset + 1]:
            return begin + offset
    return None
