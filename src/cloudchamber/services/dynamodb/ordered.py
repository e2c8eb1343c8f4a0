"""Bytes in order: a sorted map from bytes to bytes that grows without ever pausing.

Rules of this file: pure. Keys lie in leaves of at most `LEAF` keys, found by bisection, so there is
no table that must be made anew as it grows and nothing is hashed; a million keys are a few thousand
leaves. A step costs the same wherever it begins, and as much for a million keys as for a thousand.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Final, Generic, TypeVar

Value = TypeVar("Value")
LEAF: Final = 512
FIRST_RUN: Final = 32


class Ordered(Generic[Value]):
    """A sorted map. `firsts[i]` is not after the first key of leaf i, and after all before it."""

    __slots__ = ("count", "firsts", "leaves")

    def __init__(self) -> None:
        self.firsts: list[bytes] = [b""]
        self.leaves: list[tuple[list[bytes], list[Value]]] = [([], [])]
        self.count = 0

    def __len__(self) -> int:
        return self.count

    def get(self, key: bytes) -> Value | None:
        """The value of a key."""
        keys, values = self.leaves[bisect_right(self.firsts, key) - 1]
        place = bisect_left(keys, key)
        if place < len(keys) and keys[place] == key:
            return values[place]
        return None

    def expect(self, key: bytes) -> Value:
        """The value of a key that is there."""
        keys, values = self.leaves[bisect_right(self.firsts, key) - 1]
        return values[bisect_left(keys, key)]

    def put(self, key: bytes, value: Value) -> None:
        """Set the value of a key."""
        self._put(key, value, replaces=True)

    def add(self, key: bytes, value: Value) -> bool:
        """Set the value of a key that is not there; False when it is."""
        return self._put(key, value, replaces=False)

    def _put(self, key: bytes, value: Value, *, replaces: bool) -> bool:
        leaf = bisect_right(self.firsts, key) - 1
        keys, values = self.leaves[leaf]
        place = bisect_left(keys, key)
        if place < len(keys) and keys[place] == key:
            if replaces:
                values[place] = value
            return False
        keys.insert(place, key)
        values.insert(place, value)
        self.count += 1
        if len(keys) > LEAF:
            self._split(leaf, keys, values)
        return True

    def _split(self, leaf: int, keys: list[bytes], values: list[Value]) -> None:
        # Keys that come in order fill their leaves: only the last leaf is cut near its end.
        is_last = leaf == len(self.leaves) - 1
        middle = LEAF - LEAF // 8 if is_last else LEAF // 2
        self.leaves[leaf] = (keys[:middle], values[:middle])
        self.leaves.insert(leaf + 1, (keys[middle:], values[middle:]))
        self.firsts.insert(leaf + 1, keys[middle])

    def remove(self, key: bytes) -> bool:
        """Take a key out; False when it is not there."""
        leaf = bisect_right(self.firsts, key) - 1
        keys, values = self.leaves[leaf]
        place = bisect_left(keys, key)
        if place == len(keys) or keys[place] != key:
            return False
        del keys[place], values[place]
        self.count -= 1
        if not keys and len(self.leaves) > 1:
            del self.leaves[leaf], self.firsts[leaf]
            self.firsts[0] = b""
        return True

    def forward(self, low: bytes, high: bytes | None = None) -> Iterator[tuple[bytes, Value]]:
        """Pairs from `low` up to but without `high`. Nothing may change meanwhile."""
        for keys, values in self._runs(low, high, forward=True):
            yield from zip(keys, values, strict=True)

    def backward(self, low: bytes, high: bytes | None = None) -> Iterator[tuple[bytes, Value]]:
        """The same pairs as `forward`, from the end."""
        for keys, values in self._runs(low, high, forward=False):
            yield from zip(keys, values, strict=True)

    def keys(self, low: bytes, high: bytes | None, *, forward: bool) -> Iterator[list[bytes]]:
        """The keys from `low` up to but without `high`, or from the end, a run at a time."""
        return (keys for keys, _ in self._runs(low, high, forward=forward))

    def values(self, low: bytes, high: bytes | None, *, forward: bool) -> Iterator[list[Value]]:
        """The values of the same keys."""
        return (values for _, values in self._runs(low, high, forward=forward))

    def _runs(
        self, low: bytes, high: bytes | None, *, forward: bool
    ) -> Iterator[tuple[list[bytes], list[Value]]]:
        """What lies between two keys, the part of one leaf at a time, short runs first."""
        first = bisect_right(self.firsts, low) - 1
        last = len(self.leaves) - 1 if high is None else bisect_right(self.firsts, high) - 1
        leaves = range(first, last + 1) if forward else range(last, first - 1, -1)
        run = FIRST_RUN
        for leaf in leaves:
            keys, values = self.leaves[leaf]
            start = bisect_left(keys, low) if leaf == first else 0
            stop = bisect_left(keys, high) if leaf == last and high is not None else len(keys)
            # Most readers want few: what they do not reach need not be copied.
            while start < stop:
                if forward:
                    cut = min(start + run, stop)
                    yield keys[start:cut], values[start:cut]
                    start = cut
                else:
                    cut = max(stop - run, start)
                    yield keys[cut:stop][::-1], values[cut:stop][::-1]
                    stop = cut
                run = LEAF

    def dump(self) -> tuple[list[bytes], list[Value]]:
        """All keys and all values, in order."""
        keys: list[bytes] = []
        values: list[Value] = []
        for some, others in self.leaves:
            keys += some
            values += others
        return keys, values

    @classmethod
    def of(cls, keys: list[bytes], values: list[Value]) -> Ordered[Value]:
        """The map that `dump` gave; leaves are filled to three quarters."""
        made: Ordered[Value] = cls()
        size = LEAF * 3 // 4
        if keys:
            starts = range(0, len(keys), size)
            made.leaves = [(keys[at : at + size], values[at : at + size]) for at in starts]
            made.firsts = [b"", *(keys[at] for at in starts[1:])]
            made.count = len(keys)
        return made
