"""A standard queue's order: best effort, which here is the order of becoming visible, and fair.

Rules of this file: pure. AWS promises at-least-once delivery and best-effort ordering; this gives
the best that is promised, each message once per visibility timeout.

Fair queues: messages with a MessageGroupId stand in a line of their tenant's, those without in a
line of their own. The next line is the one whose first message arrived first. A tenant with at
least 30 messages in flight, and more than a tenth of all that are in flight, is noisy: its line is
set aside and served when no other has a message, the one with the fewest in flight first. AWS also
looks at shares of processing time, whose window it does not publish; that measure is not here. See
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Final

from cloudchamber.services.sqs.lines import Line
from cloudchamber.services.sqs.mailbox import Counts, Mailbox, MailboxData
from cloudchamber.services.sqs.message import Message

NOISY_MIN: Final = 30
NOISY_SHARE: Final = 10  # one in ten


class StandardMailbox(Mailbox):
    """Visible messages in lines; a received one leaves its line, a returned one joins its end.

    Before a message comes with a group (`_has_groups`) there is one line, `_plain`, and nothing to
    choose. `_heads` holds (first message, group) of the lines to look at, `_aside` the lines found
    noisy.
    """

    __slots__ = ("_aside", "_has_groups", "_heads", "_plain", "_tenants")

    def __init__(self, data: MailboxData | None = None) -> None:
        super().__init__()
        self._begin()
        if data is None:
            return
        self._restore(data)
        self._has_groups = any(message.group for message in data.messages)
        for seq in data.in_flight:
            self._count_in_flight(self._shelves.expect(seq).group, 1)
        for seq in data.ready:
            message = self._shelves.expect(seq)
            line = self._line(message.group)
            line.join(message.seq)
            if self._has_groups:
                self._list(message.group, line)

    def _begin(self) -> None:
        self._plain = Line.of()
        self._tenants: dict[str, Line] = {}
        self._heads: list[tuple[int, str]] = []
        self._aside: dict[str, Line] = {}
        self._has_groups = False

    # Joining and leaving

    def _arrived(self, message: Message, now: int, delay_ns: int) -> None:
        if message.group and not self._has_groups:
            self._has_groups = True
            self._list("", self._plain)
        if delay_ns:
            message.visible_ns = now + delay_ns
            self.hiding.put(message.seq, message.visible_ns, False)
            return
        message.visible_ns = now
        if self._has_groups:
            self._join(message)
        else:
            self._plain.join(message.seq)

    def _shown(self, released: list[int]) -> None:
        if not self._has_groups:
            self._plain.join_all(released)
            return
        expect = self._shelves.expect
        shown: dict[str, list[int]] = {}
        landed: dict[str, int] = {}
        for seq in released:
            message = expect(seq)
            group = message.group
            if group in shown:
                shown[group].append(seq)
            else:
                shown[group] = [seq]
            if message.receive_count > message.received_elsewhere:
                landed[group] = landed.get(group, 0) + 1
        for group, numbers in shown.items():
            self._count_in_flight(group, -landed.get(group, 0))
            line = self._line(group)
            line.join_all(numbers)
            self._list(group, line)

    def _join(self, message: Message) -> None:
        line = self._line(message.group)
        line.join(message.seq)
        self._list(message.group, line)

    def _line(self, group: str) -> Line:
        if not group:
            return self._plain
        line = self._tenants.get(group)
        if line is None:
            line = self._tenants[group] = Line.of()
        return line

    def _list(self, group: str, line: Line) -> None:
        """Look at a line from now on, by its first message. A line that is empty is forgotten."""
        if line.is_listed:
            return
        first = line.first(self._shelves)
        if first is not None:
            line.is_listed = True
            heappush(self._heads, (first.seq, group))
        elif group and not line.in_flight:
            del self._tenants[group]

    def _count_in_flight(self, group: str, more: int) -> None:
        if group:
            self._line(group).in_flight += more

    def _left_flight(self, message: Message) -> None:
        self._count_in_flight(message.group, -1)
        if message.group:
            self._list(message.group, self._tenants[message.group])

    def _emptied(self) -> None:
        self._shelves.give_up(self._tenants, self._heads)
        self._begin()

    # Who is next

    def take(self, now: int, limit: int) -> Iterator[Message]:
        """The longest-visible messages of quiet tenants, then those of noisy ones."""
        while limit:
            message = self._next_of_many() if self._has_groups else self._pop(self._plain)
            if message is None:
                return
            limit -= 1
            yield message

    def _pop(self, line: Line) -> Message | None:
        first = line.first(self._shelves)
        if first is not None:
            line.leave()
        return first

    def _next_of_many(self) -> Message | None:
        for group, line in list(self._aside.items()):
            if not self._is_noisy(line):
                del self._aside[group]
                line.is_listed = False
                self._list(group, line)
        while self._heads:
            seq, group = heappop(self._heads)
            line = self._tenants[group] if group else self._plain
            if group and self._is_noisy(line):
                self._aside[group] = line
                continue
            line.is_listed = False
            first = line.first(self._shelves)
            is_its_turn = first is not None and first.seq == seq
            if is_its_turn:
                line.leave()
            self._list(group, line)
            if is_its_turn:
                return first
        return self._next_of_noisy()

    def _next_of_noisy(self) -> Message | None:
        best: tuple[int, int, str] | None = None
        for group, line in list(self._aside.items()):
            first = line.first(self._shelves)
            if first is None:
                del self._aside[group]
                line.is_listed = False
            elif best is None or (line.in_flight, first.seq) < best[:2]:
                best = (line.in_flight, first.seq, group)
        return self._pop(self._aside[best[2]]) if best is not None else None

    def _is_noisy(self, line: Line) -> bool:
        in_flight = line.in_flight
        return in_flight >= NOISY_MIN and in_flight * NOISY_SHARE > self.hiding.in_flight

    def put_back(self, message: Message) -> None:
        """Let a message that was taken join its line again."""
        self._join(message)

    def deliver(self, message: Message, now: int, visibility_ns: int) -> None:
        """Hand a message out, and count it for its tenant."""
        super().deliver(message, now, visibility_ns)
        if message.group:
            self._count_in_flight(message.group, 1)

    def counts(self, now: int) -> Counts:
        """How many are ready, delayed and in flight."""
        delayed, in_flight = self.hiding.delayed, self.hiding.in_flight
        return Counts(len(self._shelves) - delayed - in_flight, delayed, in_flight)

    def dump(self) -> MailboxData:
        """Plain data."""
        delayed, in_flight = self.hiding.members()
        lines = [self._plain, *self._tenants.values()]
        return MailboxData(
            messages=list(self._shelves),
            in_flight=in_flight,
            delayed=delayed,
            last_seq=self.last_seq,
            receipts=self.receipts,
            ready=[each.seq for line in lines for each in line.those_there(self._shelves)],
        )
