"""Where messages stand: in the order of arrival, on shelves of 1024.

Rules of this file: pure. A number finds its message by position, so nothing is hashed per message
and nothing grows in one step; a shelf knows between which instants its messages were sent, so what
is too old goes by the shelf. No step here takes longer for a million messages than for a thousand,
except the last one: letting go of them. So what is given up is let go a thousand at a time, by
`bury`, which everybody calls who passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush
from typing import Any, Final

from cloudchamber.services.sqs.message import Message

BITS: Final = 10
SIZE: Final = 1 << BITS
MASK: Final = SIZE - 1
_SWEEP_ABOVE: Final = 64
_AT_ONCE: Final = 64  # shelves that a purge lets go itself: some milliseconds


class Shelf:
    """Up to 1024 messages with neighbouring numbers; `live` of them are still there.

    No message on it was sent before `oldest_ns` or after `newest_ns`. `received` of the live ones
    were ever received.
    """

    __slots__ = ("live", "newest_ns", "oldest_ns", "received", "slots")

    def __init__(self, sent_ns: int) -> None:
        self.slots: list[Message | None] = []
        self.live = 0
        self.received = 0
        self.oldest_ns = sent_ns
        self.newest_ns = sent_ns


class Shelves:
    """The messages of one queue by number. Numbers only grow."""

    __slots__ = ("_by_age", "_shelves", "count", "given_up")

    def __init__(self) -> None:
        self._shelves: dict[int, Shelf] = {}
        self._by_age: list[tuple[int, int]] = []  # (oldest_ns, shelf); may name shelves of the past
        self.given_up: list[dict[Any, Any] | list[Any]] = []
        self.count = 0

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Message]:
        for shelf in self._shelves.values():
            for message in shelf.slots:
                if message is not None:
                    yield message

    def put(self, message: Message) -> None:
        """Add a message whose number is greater than any before."""
        number = message.seq >> BITS
        sent_ns = message.sent_ns
        shelf = self._shelves.get(number)
        if shelf is None:
            shelf = self._shelves[number] = Shelf(sent_ns)
            self._note_age(sent_ns, number)
        slots = shelf.slots
        gap = (message.seq & MASK) - len(slots)
        if gap:
            slots.extend([None] * gap)
        slots.append(message)
        shelf.live += 1
        self.count += 1
        if message.receive_count:
            shelf.received += 1
        if sent_ns > shelf.newest_ns:
            shelf.newest_ns = sent_ns
        elif sent_ns < shelf.oldest_ns:  # a dead letter keeps the time at which it was sent
            shelf.oldest_ns = sent_ns
            self._note_age(sent_ns, number)

    def find(self, seq: int) -> Message | None:
        """The message of that number, or None when it is gone or never was."""
        shelf = self._shelves.get(seq >> BITS)
        if shelf is None:
            return None
        index = seq & MASK
        slots = shelf.slots
        return slots[index] if index < len(slots) else None

    def expect(self, seq: int) -> Message:
        """The message of a number that is known to be there."""
        message = self.find(seq)
        assert message is not None, f"message {seq} is not on its shelf"
        return message

    def remove(self, message: Message) -> None:
        """Take a message out."""
        number = message.seq >> BITS
        shelf = self._shelves[number]
        shelf.slots[message.seq & MASK] = None
        shelf.live -= 1
        self.count -= 1
        if message.receive_count:
            shelf.received -= 1
        if not shelf.live and len(shelf.slots) == SIZE:
            del self._shelves[number]

    def clear(self) -> None:
        """Take everything out."""
        self.given_up += [shelf.slots for shelf in self._shelves.values()]
        self._shelves = {}
        self._by_age = []
        self.count = 0
        for _ in range(_AT_ONCE):
            self.bury()

    def note_received(self, message: Message) -> None:
        """A message is about to be received for the first time."""
        self._shelves[message.seq >> BITS].received += 1

    def give_up(self, *indexes: dict[Any, Any] | list[Any]) -> None:
        """Let go, by and by, of what was kept about messages that are gone."""
        self.given_up += indexes

    def bury(self) -> None:
        """Let go of the next thousand things of those that were `given_up`."""
        if not self.given_up:
            return
        last = self.given_up[-1]
        if len(last) <= SIZE:
            self.given_up.pop()
        elif isinstance(last, list):
            del last[-SIZE:]
        else:
            for _ in range(SIZE):
                last.popitem()

    # Age

    def expire(self, horizon_ns: int, now: int, tell_hidden: Callable[[Message], None]) -> bool:
        """Take out everything that was sent at or before `horizon_ns`. False if nothing was.

        `tell_hidden` is called for each taken-out message that was hidden at `now`; the others go
        unread, a shelf at a time where the whole shelf is that old.
        """
        if not self._by_age or self._by_age[0][0] > horizon_ns:
            return False
        before = self.count
        while self._by_age and self._by_age[0][0] <= horizon_ns:
            oldest_ns, number = heappop(self._by_age)
            shelf = self._shelves.get(number)
            if shelf is None or shelf.oldest_ns != oldest_ns:
                continue
            if shelf.newest_ns <= horizon_ns:
                del self._shelves[number]
                self.count -= shelf.live
                self.given_up.append(shelf.slots)
                expired = shelf.slots
            else:
                expired = self._expire_some(shelf, number, horizon_ns)
            for message in expired:
                if message is not None and message.visible_ns > now:
                    tell_hidden(message)
        return self.count != before

    def _expire_some(self, shelf: Shelf, number: int, horizon_ns: int) -> list[Message | None]:
        """Take the old ones from a shelf that holds younger ones too."""
        there = [message for message in shelf.slots if message is not None]
        expired: list[Message | None] = []
        # An empty shelf that is still being filled: what comes next is younger than the horizon.
        oldest_ns = horizon_ns + 1 if shelf.live else shelf.newest_ns
        younger = [message.sent_ns for message in there if message.sent_ns > horizon_ns]
        oldest_ns = min(younger, default=oldest_ns)
        for message in there:
            if message.sent_ns <= horizon_ns:
                self.remove(message)
                expired.append(message)
        if number in self._shelves:
            shelf.oldest_ns = oldest_ns
            self._note_age(oldest_ns, number)
        return expired

    def oldest_ns(self) -> int | None:
        """No message was sent before this instant; None when there is none."""
        ages = self._by_age
        while ages:
            oldest_ns, number = ages[0]
            shelf = self._shelves.get(number)
            if shelf is None or shelf.oldest_ns != oldest_ns:
                heappop(ages)
            elif shelf.live:
                return oldest_ns
            else:
                return min((s.oldest_ns for s in self._shelves.values() if s.live), default=None)
        return None

    def count_fresh_since(self, since_ns: int) -> int:
        """How many were sent after `since_ns` and never received, where all arrived in order."""
        count = 0
        for shelf in reversed(self._shelves.values()):
            if shelf.newest_ns <= since_ns:
                break
            if shelf.oldest_ns > since_ns:
                count += shelf.live - shelf.received
            else:
                count += sum(
                    message is not None and message.sent_ns > since_ns and not message.receive_count
                    for message in shelf.slots
                )
        return count

    def _note_age(self, oldest_ns: int, number: int) -> None:
        heappush(self._by_age, (oldest_ns, number))
        if len(self._by_age) > _SWEEP_ABOVE + 2 * len(self._shelves):
            self._by_age = [(shelf.oldest_ns, n) for n, shelf in self._shelves.items()]
            heapify(self._by_age)
