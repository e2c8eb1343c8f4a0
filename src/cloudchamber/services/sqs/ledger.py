"""A memory of fixed length: what it is told it knows for so long, and then no more.

Rules of this file: pure. What is stale is not found, whether or not it was thrown away already; it
is thrown away a few at a time, in the order in which it was told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final, Generic, TypeVar

import msgspec

_AT_A_TIME: Final = 4


class Remembered(msgspec.Struct, gc=False, frozen=True, array_like=True):
    """Something that is known under a key until just before an instant."""

    key: str
    until_ns: int


Value = TypeVar("Value", bound=Remembered)


class Ledger(Generic[Value]):
    """Values by key. What is told later ends later."""

    __slots__ = ("_kept", "_order")

    def __init__(self, kept: Iterable[Value] = ()) -> None:
        self._kept: dict[str, Value] = {}
        self._order: deque[Value] = deque()
        for value in kept:
            self.remember(value)

    def __len__(self) -> int:
        return len(self._kept)

    def remember(self, value: Value) -> None:
        """Know a value until its end, in place of what was known under its key."""
        self._kept[value.key] = value
        self._order.append(value)

    def find(self, key: str, now: int) -> Value | None:
        """What is known under a key, or None."""
        order = self._order
        for _ in range(_AT_A_TIME):
            if not order or order[0].until_ns > now:
                break
            stale = order.popleft()
            if self._kept.get(stale.key) is stale:
                del self._kept[stale.key]
        value = self._kept.get(key)
        return value if value is not None and value.until_ns > now else None

    def dump(self) -> list[Value]:
        """Everything that is kept, in order."""
        return [value for value in self._order if self._kept.get(value.key) is value]
