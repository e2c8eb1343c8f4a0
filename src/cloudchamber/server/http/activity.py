"""Who is in the middle of something: what a clock that waits for clients must know of them.

Rules of this file: counts only, no clock of its own.

A request that is arriving is real activity: time stands still until it is whole. A client that was
answered a moment ago is about to speak again, in all likelihood, so a clock that moves on demand
gives it that moment before somebody else's wait carries it past.
"""

from __future__ import annotations


class Activity:
    """`receiving` requests have begun and are not whole; `thinking` clients were just answered.

    `asks_who_thinks` is false while the clock goes by the wall: then nobody wants to know.
    """

    __slots__ = ("_thinking", "arrivals", "asks_who_thinks", "receiving")

    def __init__(self) -> None:
        self.asks_who_thinks = True
        self.receiving = 0
        self.arrivals = 0  # grows with every arrival of bytes
        self._thinking: dict[object, int] = {}  # by client, oldest answer first

    def heard(self, client: object) -> None:
        """The client sent something."""
        self.arrivals += 1
        if self._thinking:
            self._thinking.pop(client, None)

    def left(self, client: object) -> None:
        """The client is gone."""
        self._thinking.pop(client, None)

    def answered(self, client: object, now_ns: int) -> None:
        """The client was answered at `now_ns` of the wall."""
        self._thinking.pop(client, None)
        self._thinking[client] = now_ns

    def thinks_until(self, now_ns: int, grace_ns: int) -> int:
        """When the client answered last stops being presumed about to speak; 0 if none is."""
        if not self._thinking:
            return 0
        last = next(reversed(self._thinking.values())) + grace_ns
        if last > now_ns:
            return last
        self._thinking.clear()
        return 0
