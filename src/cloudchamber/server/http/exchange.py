"""An exchange: one request, its client, and the one answer it gets.

Rules of this file: the seam between HTTP and whoever answers. An `App` is given exchanges and
answers each at most once, at once or later; a client that leaves first is told of by `gone`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from cloudchamber.wire.http import Request, Response


class Exchange(msgspec.Struct, eq=False):
    """One request on its way. `number` and `position` belong to whoever answers it.

    A call that a process of the chamber's own makes, by the chamber's clock, has an `inside_name`
    (what the chamber is called in URLs that are answered) and is made `because` of an event.
    `settled` is called when such a call that waited has its answer, at that very instant.
    """

    request: Request
    source_ip: str
    scheme: str
    _send: Callable[[Exchange, Response], None]
    answered: bool = False
    number: int = 0
    position: int = 0
    because: int = 0
    inside_name: str | None = None
    settled: Callable[[], None] | None = None

    def answer(self, response: Response) -> None:
        """Send the answer. The first one counts; a client that has left gets none."""
        if not self.answered:
            self.answered = True
            self._send(self, response)

    def begin_answer(
        self, response: Response, finish: Callable[[Exchange, Response], None]
    ) -> None:
        """Send the head of an answer whose body is still being made. The answer itself, when there
        is one, goes to `finish`; until then the exchange counts as unanswered."""
        send, self._send = self._send, finish
        send(self, response)


class Spool(Protocol):
    """A body being put aside. Its methods raise OSError when there is no more place."""

    @property
    def length(self) -> int:
        """The bytes written so far."""
        ...

    def write(self, data: bytes) -> None: ...

    def finish(self) -> Request:
        """The request, whole."""
        ...

    def abandon(self) -> None:
        """The rest will not come."""
        ...


class App(Protocol):
    """Whoever answers."""

    def begin(self, exchange: Exchange) -> None:
        """Answer the exchange, now or later. Must not raise."""
        ...

    def spool(self, head: Request) -> Spool | None:
        """Where the body that follows this head goes while it comes; None to hold it whole.

        Raises OSError when there is no place for it.
        """
        ...

    def gone(self, exchange: Exchange) -> bool:
        """The client of an unanswered exchange has left. False when it is answered already and
        the answer is about to be sent."""
        ...


class Engine(Protocol):
    """One version of HTTP on one connection, fed with what arrives."""

    def feed(self, data: bytes) -> None:
        """Bytes arrived."""
        ...

    def ended(self) -> bool:
        """The client will send no more. True when the connection stays open for an answer."""
        ...

    def lost(self) -> None:
        """The connection is gone."""
        ...

    def writable(self) -> None:
        """The client reads again after it had not."""
        ...

    def overdue(self) -> None:
        """The deadline that the engine set has passed."""
        ...

    def stop(self) -> None:
        """Take no new request; close when what is running has been answered."""
        ...


class Link(Protocol):
    """A connection, as an engine sees it."""

    @property
    def write_paused(self) -> bool:
        """Whether the client reads too slowly to be sent more."""
        ...

    @property
    def peer(self) -> str:
        """The client's IP address."""
        ...

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        ...

    def write(self, data: bytes) -> None: ...

    def pause(self) -> None:
        """Read no more until `resume`."""
        ...

    def resume(self) -> None: ...

    def close(self) -> None:
        """Close once everything written is sent."""
        ...

    def abort(self) -> None:
        """Close now, whatever is unsent."""
        ...

    def linger(self) -> None:
        """Close, but read and forget what still arrives, so that the last answer gets through."""
        ...

    def expect_within(self, delay_ns: int) -> None:
        """Call `overdue` unless the engine says otherwise within this time; 0 for no deadline."""
        ...
