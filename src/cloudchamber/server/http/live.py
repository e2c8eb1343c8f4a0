"""A body that is sent while it is made: its pieces, from whoever makes them to an engine.

Rules of this file: no socket and no clock. What lies here is bounded: a maker that is told to wait
goes on when the client has taken what there is. A client that has left takes everything at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cloudchamber.server.http.exchange import Exchange
from cloudchamber.wire.bodies import Streamed
from cloudchamber.wire.http import Response

HELD_BYTES_MAX: Final = 256 << 10
ERROR: Final = 400


class Live(Streamed):
    """One body. `is_ended` says that nothing more will come, `is_whole` that this was all of it;
    a body that is not whole is broken off, so that nobody takes it for one that is."""

    __slots__ = ("_bytes", "_cut", "_held", "_more", "_room", "_waits", "is_ended", "is_whole")

    def __init__(self, room: Callable[[], None]) -> None:
        """`room` is called when a maker that was told to wait may go on."""
        super().__init__((), is_open=True)
        self._room = room
        self._more: Callable[[], None] | None = None
        self._held: list[bytes] = []
        self._bytes = 0
        self._waits = False
        self._cut = False
        self.is_ended = False
        self.is_whole = False

    # For whoever makes it

    def write(self, data: bytes) -> bool:
        """One more piece. False when the next must wait for `room`."""
        if not data or self._cut or self.is_ended:
            return True
        self._held.append(data)
        self._bytes += len(data)
        if self._more is not None:
            self._more()
        self._waits = self._bytes >= HELD_BYTES_MAX
        return not self._waits

    def finish(self, _: Exchange, response: Response) -> None:
        """The answer proper: its body is the last piece, and an error breaks the body off."""
        self.is_whole = response.status < ERROR
        if self.is_whole and response.body and not self._cut:
            self._held.append(response.body)
        self.is_ended = True
        if self._more is not None:
            self._more()

    # For the engine that sends it

    def attach(self, more: Callable[[], None]) -> None:
        """`more` is called when there is something to take."""
        self._more = more

    def take(self) -> list[bytes]:
        """All pieces that are here."""
        held, self._held = self._held, []
        self._bytes = 0
        self._let_go()
        return held

    def cut(self) -> None:
        """The client has left: what is here, and what comes, is thrown away."""
        self._cut = True
        self._more = None
        self._held.clear()
        self._let_go()

    def _let_go(self) -> None:
        if self._waits:
            self._waits = False
            self._room()
