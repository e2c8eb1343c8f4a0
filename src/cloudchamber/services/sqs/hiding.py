"""Messages that nobody may see for a while, by the instant at which they may be seen again.

Rules of this file: pure. AWS counts these times in whole seconds, so the hidden are kept by second:
there are never more seconds than the longest timeout has, taking one out leaves nothing behind, and
a second that is over is given back as one list, however many messages it held. Only inside the
present second is it looked at who is due at which nanosecond.

A message is hidden here for at least a second; for less there is nothing to hide.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import Final

from cloudchamber.cloud.durations import SECOND_NS

LARGE: Final = 1024


class Second:
    """The messages that become visible within one second: number -> instant.

    None of them before `first_ns` (`is_exact`: one of them then) or after `last_ns`. `opened` holds
    those of a present second in order, the taken-out ones too. `is_ordered` while each number that
    was put in was greater than `last_seq`, the one before.
    """

    __slots__ = (
        "delayed",
        "first_ns",
        "in_flight",
        "is_exact",
        "is_ordered",
        "last_ns",
        "last_seq",
        "opened",
    )

    def __init__(self, visible_ns: int) -> None:
        self.delayed: dict[int, int] = {}
        self.in_flight: dict[int, int] = {}
        self.first_ns = visible_ns
        self.last_ns = visible_ns
        self.is_exact = True
        self.is_ordered = True
        self.last_seq = 0
        self.opened: deque[tuple[int, int]] | None = None

    def in_order(self) -> list[int]:
        """The numbers by instant, then by arrival."""
        if self.first_ns == self.last_ns:
            if self.is_ordered and not (self.delayed and self.in_flight):
                return list(self.delayed or self.in_flight)
            return sorted([*self.delayed, *self.in_flight])
        return [seq for _, seq in self.pairs()]

    def pairs(self) -> list[tuple[int, int]]:
        """(instant, number), sorted."""
        both = (self.delayed, self.in_flight)
        return sorted((visible_ns, seq) for part in both for seq, visible_ns in part.items())


class Hiding:
    """The hidden messages of one queue; `delayed` and `in_flight` are how many.

    `past` are the large indexes of seconds that are over: whoever owns this lets go of them.
    """

    __slots__ = ("_order", "_seconds", "delayed", "in_flight", "past")

    def __init__(self) -> None:
        self._seconds: dict[int, Second] = {}
        self._order: list[int] = []  # a heap of the keys of _seconds
        self.delayed = 0
        self.in_flight = 0
        self.past: list[dict[int, int]] = []

    def __bool__(self) -> bool:
        return bool(self.delayed or self.in_flight)

    def put(self, seq: int, visible_ns: int, in_flight: bool) -> None:
        """Hide a message until an instant at least a second away."""
        number = visible_ns // SECOND_NS
        second = self._seconds.get(number)
        if second is None:
            second = self._seconds[number] = Second(visible_ns)
            heappush(self._order, number)
        elif visible_ns > second.last_ns:
            second.last_ns = visible_ns
        elif visible_ns < second.first_ns:
            second.first_ns = visible_ns
            second.is_exact = True
        if seq <= second.last_seq:
            second.is_ordered = False
        second.last_seq = seq
        if in_flight:
            second.in_flight[seq] = visible_ns
            self.in_flight += 1
        else:
            second.delayed[seq] = visible_ns
            self.delayed += 1

    def drop(self, seq: int, visible_ns: int, in_flight: bool) -> None:
        """Take a hidden message out. A second without messages stays until it is over."""
        second = self._seconds[visible_ns // SECOND_NS]
        if in_flight:
            del second.in_flight[seq]
            self.in_flight -= 1
        else:
            del second.delayed[seq]
            self.delayed -= 1
        if visible_ns == second.first_ns:
            second.is_exact = False

    def release(self, now: int) -> list[int]:
        """Give back, in order, those whose time has come."""
        order = self._order
        if not order or order[0] * SECOND_NS > now:
            return []
        released: list[int] = []
        while order and order[0] * SECOND_NS <= now:
            second = self._seconds[order[0]]
            if second.last_ns > now:
                if second.first_ns <= now:
                    self._release_some(second, now, released)
                break
            del self._seconds[heappop(order)]
            self.delayed -= len(second.delayed)
            self.in_flight -= len(second.in_flight)
            released = released + second.in_order() if released else second.in_order()
            self.past += [part for part in (second.delayed, second.in_flight) if len(part) > LARGE]
        return released

    def _release_some(self, second: Second, now: int, released: list[int]) -> None:
        if second.opened is None:
            second.opened = deque(second.pairs())
        opened = second.opened
        while opened and opened[0][0] <= now:
            _, seq = opened.popleft()
            if second.in_flight.pop(seq, None) is not None:
                self.in_flight -= 1
            elif second.delayed.pop(seq, None) is not None:
                self.delayed -= 1
            else:
                continue
            released.append(seq)
        second.is_exact = False

    def next_ns(self) -> int | None:
        """The first instant at which one of them becomes visible, or None."""
        order = self._order
        while order:
            second = self._seconds[order[0]]
            if second.in_flight or second.delayed:
                if not second.is_exact:
                    second.first_ns = min(
                        min(part.values()) for part in (second.in_flight, second.delayed) if part
                    )
                    second.is_exact = True
                return second.first_ns
            del self._seconds[heappop(order)]
        return None

    def members(self) -> tuple[list[int], list[int]]:
        """The numbers of the delayed and of those in flight, in no promised order."""
        delayed = [seq for second in self._seconds.values() for seq in second.delayed]
        in_flight = [seq for second in self._seconds.values() for seq in second.in_flight]
        return delayed, in_flight
