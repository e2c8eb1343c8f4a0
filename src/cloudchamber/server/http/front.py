"""What all connections of one front end share: the rules, the app, the time of day, the counts.

Rules of this file: no socket. The clock and the way to postpone are handed in, so that a test can
let hours pass in no time.

What is written in one turn of the event loop leaves at its end, all connections together: a client
that sleeps is woken once instead of once for each answer, which costs more than the answer does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import gmtime, strftime
from typing import Protocol

from cloudchamber.server.http.activity import Activity
from cloudchamber.server.http.admission import Admission
from cloudchamber.server.http.exchange import App
from cloudchamber.server.http.limits import Limits


class Guest(Protocol):
    """A connection, as far as the front end keeps watch over it."""

    deadline_ns: int

    def send(self) -> None: ...
    def overdue(self) -> None: ...
    def stop(self) -> None: ...
    def abort(self) -> None: ...


class Front:
    """The common ground of all connections.

    `now` reads a monotonic clock in ns, `wall_s` the time of day in seconds, `soon` calls a
    function after those that are waiting for their turn.
    """

    def __init__(
        self,
        app: App,
        admission: Admission,
        limits: Limits,
        activity: Activity,
        *,
        now: Callable[[], int],
        wall_s: Callable[[], float],
        soon: Callable[[Callable[[], None]], object],
    ) -> None:
        self.app = app
        self.admission = admission
        self.limits = limits
        self.activity = activity
        self.now = now
        self.soon = soon
        self.bodies_bytes = 0  # of bodies that are being received
        self.stopping = False
        self._senders: list[Guest] = []
        self._wall_s = wall_s
        self._guests: dict[Guest, None] = {}  # a dict for its order
        self.date = ""
        self.tick_ns = 0  # when it was swept last: deadlines are no finer than that
        self.sweep()

    def enter(self, guest: Guest) -> bool:
        """A connection was made. False when there are too many, or the house is closing."""
        if self.stopping or len(self._guests) >= self.limits.connections_max:
            return False
        self._guests[guest] = None
        return True

    def leave(self, guest: Guest) -> None:
        """A connection is gone."""
        self._guests.pop(guest, None)
        self.activity.left(guest)

    def will_send(self, guest: Guest) -> None:
        """A connection has something to send at the end of this turn."""
        if not self._senders:
            self.soon(self._send)
        self._senders.append(guest)

    def _send(self) -> None:
        senders, self._senders = self._senders, []
        for guest in senders:
            guest.send()

    def answered(self, link: object) -> None:
        """A client was answered."""
        if self.activity.asks_who_thinks:
            self.activity.answered(link, self.now())

    @property
    def guests(self) -> int:
        """How many connections there are."""
        return len(self._guests)

    def sweep(self) -> None:
        """Once a second: set the date that answers carry, and end what is overdue."""
        self.date = strftime("%a, %d %b %Y %H:%M:%S GMT", gmtime(self._wall_s()))
        self.tick_ns = now_ns = self.now()
        for guest in self._overdue(now_ns):
            guest.overdue()

    def _overdue(self, now_ns: int) -> Iterator[Guest]:
        for guest in [*self._guests]:
            if 0 < guest.deadline_ns <= now_ns:
                guest.deadline_ns = 0
                yield guest

    def stop(self) -> None:
        """Let no one in; let everyone finish what is under way."""
        self.stopping = True
        for guest in [*self._guests]:
            guest.stop()

    def abort(self) -> None:
        """Close every connection now."""
        for guest in [*self._guests]:
            guest.abort()
