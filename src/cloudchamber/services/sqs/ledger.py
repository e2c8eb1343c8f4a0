"""A memory of fixed length: what it is told it knows for so long, and then no more.

Rules of this file: pure. What is stale is not found, whether or not it was thrown away already; it
is thrown away a few at a time, in the order of its end.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Generic, TypeVar

Value = TypeVar("Value")
_AT_A_TIME: Final = 4


class Ledger(Generic[Value]):
    """Values by key, each until an instant. Instants are told in order."""

    __slots__ = ("_kept", "_order")

    def __init__(self, kept: list[tuple[str, int, Value]] | None = None) -> None:
        self._kept: dict[str, tuple[int, Value]] = {}
        self._order: deque[tuple[int, str]] = deque()
        for key, until_ns, value in kept or ():
            self.remember(key, value, until_ns)

    def __len__(self) -> int:
        return len(self._kept)

    def remember(self, key: str, value: Value, until_ns: int) -> None:
        """Know a value until just before an instant."""
        self._kept[key] = (until_ns, value)
        self._order.append((until_ns, key))

    def find(self, key: str, now: int) -> Value | None:
        """What is known under a key, or None."""
        self._throw_away(now)
        kept = self._kept.get(key)
        return kept[1] if kept is not None and kept[0] > now else None

    def _throw_away(self, now: int) -> None:
        order = self._order
        for _ in range(_AT_A_TIME):
            if not order or order[0][0] > now:
                return
            until_ns, key = order.popleft()
            kept = self._kept.get(key)
            if kept is not None and kept[0] == until_ns:
                del self._kept[key]

    def dump(self) -> list[tuple[str, int, Value]]:
        """Everything that is kept, in order."""
        return [
            (key, until_ns, self._kept[key][1])
            for until_ns, key in self._order
            if self._kept.get(key, (0,))[0] == until_ns
        ]
