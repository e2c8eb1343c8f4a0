"""Answers that wait for the disk: no answer leaves before what it tells of is written.

Rules of this file: answers leave in the order in which they were given. All records of one turn of
the event loop are written in one go, before any answer of that turn; without a data directory
answers leave at once.

When the disk takes nothing more, whoever changed the world in this turn is told so instead of being
told yes. Their records are kept and go first when there is space again, so that the world on disk
stays the world in memory; until then the host lets nobody change anything.
"""

from __future__ import annotations

from collections.abc import Callable

from cloudchamber.server.data.directory import DataDirectory
from cloudchamber.server.http.exchange import Exchange
from cloudchamber.wire.http import Response


class Outbox:
    """The way out. `position` of an exchange is the record that must be on disk first."""

    __slots__ = ("_before", "_directory", "_refuse", "_scheduled", "_soon", "_waiting")

    def __init__(
        self,
        directory: DataDirectory | None,
        soon: Callable[[Callable[[], None]], object],
        before: Callable[[], None],
        refuse: Callable[[Exchange, str], Response],
    ) -> None:
        """`before` is called ahead of each write; `refuse` makes the answer of a full disk."""
        self._directory = directory
        self._soon = soon
        self._before = before
        self._refuse = refuse
        self._waiting: list[tuple[Exchange, Response]] = []
        self._scheduled = False

    def put(self, exchange: Exchange, response: Response) -> None:
        """Let an answer leave as soon as it may."""
        if self._directory is None:
            exchange.answer(response)
            return
        self._waiting.append((exchange, response))
        self.schedule()

    def has_written(self, exchange: Exchange) -> bool:
        """Write what there is to write; whether what the exchange has changed is on the disk."""
        self.flush()
        return self._directory is None or exchange.position <= self._directory.committed

    def schedule(self) -> None:
        """There is something to write."""
        if not self._scheduled and self._directory is not None:
            self._scheduled = True
            self._soon(self.flush)

    def flush(self) -> None:
        """Write what there is to write, and let go what waited for it."""
        self._scheduled = False
        directory = self._directory
        if directory is None:
            return
        self._before()
        directory.commit()
        waiting, self._waiting = self._waiting, []
        for exchange, response in waiting:
            if exchange.position > directory.committed:
                exchange.answer(self._refuse(exchange, directory.full))
            else:
                exchange.answer(response)
