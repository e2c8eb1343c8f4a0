"""The change log of a table: every change with what was before and after, by number.

Rules of this file: append at the end, forget at the front, count from 0 for ever. Streams, restores
to a point in time and incremental exports are read from it; nothing is written twice.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

import msgspec

from cloudchamber.cloud.store import Table as StoreTable

SPARE: Final = 1024


class Change(msgspec.Struct, array_like=True, gc=False):
    """One change of the item of one key: its records before and after (None: it was not there)."""

    t_ns: int
    key: bytes
    before: bytes | None
    after: bytes | None
    by_ttl: bool = False

    @property
    def name(self) -> str:
        """INSERT, MODIFY or REMOVE."""
        if self.before is None:
            return "INSERT"
        return "REMOVE" if self.after is None else "MODIFY"


class ChangeLog(msgspec.Struct):
    """`first` is the number of `changes[0]`."""

    first: int = 0
    changes: list[Change] = []

    @property
    def next(self) -> int:
        """The number of the change that comes next."""
        return self.first + len(self.changes)

    def add(self, change: Change, oldest_ns: int) -> None:
        """Write a change; changes before `oldest_ns` are forgotten, many at a time."""
        self.changes.append(change)
        if len(self.changes) % SPARE == 0:
            gone = bisect_left(self.changes, oldest_ns, key=_time)
            del self.changes[:gone]
            self.first += gone

    def position(self, t_ns: int) -> int:
        """The number of the first change at or after an instant."""
        return self.first + bisect_left(self.changes, t_ns, key=_time)

    def since(self, number: int, limit: int | None = None) -> Iterator[tuple[int, Change]]:
        """Changes from a number on, oldest first."""
        start = max(number - self.first, 0)
        stop = len(self.changes) if limit is None else min(start + limit, len(self.changes))
        for index in range(start, stop):
            yield self.first + index, self.changes[index]


def _time(change: Change) -> int:
    return change.t_ns


LOGS: Final = StoreTable("dynamodb.change-logs", ChangeLog)  # by table id
