"""A FIFO queue's order: strict within a message group, and one consumer at a time for each group.

Rules of this file: pure. While a message of a group is in flight no other of that group is given
out, except together in one answer. Groups take turns by the age of their first message. The delay
is the queue's alone and holds for what is in the queue already, so it is not kept with a message: a
message that was never received may be seen when its delay, as it is now, has passed. See
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from cloudchamber.services.sqs.ledger import Ledger
from cloudchamber.services.sqs.lines import Line
from cloudchamber.services.sqs.mailbox import Accepted, Attempt, Counts, Mailbox, MailboxData
from cloudchamber.services.sqs.message import Message


class FifoMailbox(Mailbox):
    """Messages by group; a group's line holds all its messages, those in flight too.

    `_open` holds (first message, group) of the groups that may be served, `_asleep` (sent, first
    message, group) of those whose first message is delayed. Either may be out of date and is
    looked at again when it is taken. `accepted` and `attempts` are what the queue remembers of
    messages and of receives, for deduplication. `_now` and `_delay_ns` are as last settled.
    """

    __slots__ = ("_asleep", "_delay_ns", "_groups", "_now", "_open", "accepted", "attempts")

    def __init__(self, data: MailboxData | None = None) -> None:
        super().__init__()
        self._now = self._delay_ns = 0
        self._begin()
        self.accepted: Ledger[Accepted] = Ledger(data.accepted if data else ())
        self.attempts: Ledger[Attempt] = Ledger(data.attempts if data else ())
        if data is None:
            return
        self._restore(data)
        for message in data.messages:
            self._line(message.group).join(message.seq)
        for seq in data.in_flight:
            self._groups[self._shelves.expect(seq).group].in_flight += 1
        for group in list(self._groups):
            self._list(group)

    def _emptied(self) -> None:
        self._shelves.give_up(self._groups, self._open, self._asleep)
        self._begin()

    def _begin(self) -> None:
        self._groups: dict[str, Line] = {}
        self._open: list[tuple[int, str]] = []
        self._asleep: list[tuple[int, int, str]] = []

    def _line(self, group: str) -> Line:
        line = self._groups.get(group)
        if line is None:
            line = self._groups[group] = Line.of()
        return line

    def _arrived(self, message: Message, now: int, delay_ns: int) -> None:
        message.visible_ns = now
        self._line(message.group).join(message.seq)
        self._list(message.group)

    def _shown(self, released: list[int]) -> None:
        freed: dict[str, int] = {}
        for seq in released:
            group = self._shelves.expect(seq).group
            freed[group] = freed.get(group, 0) + 1
        for group, count in freed.items():
            self._groups[group].in_flight -= count
            self._list(group)

    def _left_flight(self, message: Message) -> None:
        self._groups[message.group].in_flight -= 1
        self._list(message.group)

    def _list(self, group: str) -> None:
        """Let a group have its turn, unless it is locked; forget it when it is empty."""
        line = self._groups[group]
        if line.is_listed or line.in_flight:
            return
        first = line.first(self._shelves)
        if first is None:
            del self._groups[group]
            return
        line.is_listed = True
        if self._is_delayed(first, self._now):
            heappush(self._asleep, (first.sent_ns, first.seq, group))
        else:
            heappush(self._open, (first.seq, group))

    def settle(self, now: int, retention_ns: int, delay_ns: int) -> None:
        """Let the past happen; groups whose first message was delayed long enough are served."""
        self._now, self._delay_ns = now, delay_ns
        super().settle(now, retention_ns, delay_ns)
        asleep = self._asleep
        while asleep and asleep[0][0] + delay_ns <= now:
            _, seq, group = heappop(asleep)
            heappush(self._open, (seq, group))

    def _is_delayed(self, message: Message, now: int) -> bool:
        return not message.receive_count and message.sent_ns + self._delay_ns > now

    # Who is next

    def take(self, now: int, limit: int) -> Iterator[Message]:
        """Messages of the group whose turn it is, in order; then of the next group."""
        while limit and self._open:
            seq, group = heappop(self._open)
            line = self._groups[group]
            line.is_listed = False
            first = line.first(self._shelves)
            if first is None or first.seq != seq or line.in_flight:
                self._list(group)
                continue
            # None, when the delay was made longer; then the group goes to sleep.
            chosen = self._lead(line, now, limit)
            limit -= len(chosen)
            try:
                yield from chosen
            finally:
                self._list(group)

    def _lead(self, line: Line, now: int, limit: int) -> list[Message]:
        """The first messages of a group, up to one that is delayed."""
        chosen: list[Message] = []
        for message in line.those_there(self._shelves):
            if len(chosen) == limit or self._is_delayed(message, now):
                break
            chosen.append(message)
        return chosen

    def put_back(self, message: Message) -> None:
        """A message that was taken never left its place."""

    def deliver(self, message: Message, now: int, visibility_ns: int) -> None:
        """Hand a message out and lock its group."""
        super().deliver(message, now, visibility_ns)
        self._groups[message.group].in_flight += 1

    def next_due_ns(self, retention_ns: int) -> int | None:
        """The next instant at which there may be more to see; call `settle` first.

        Besides a timeout that is a delay that ends, or the end of a message that locks its group.
        """
        due = [self.hiding.next_ns()]
        if self._asleep:
            due.append(self._asleep[0][0] + self._delay_ns)
        if self.hiding:
            oldest_ns = self._shelves.oldest_ns()
            due.append(None if oldest_ns is None else oldest_ns + retention_ns)
        return min((instant for instant in due if instant is not None), default=None)

    def counts(self, now: int) -> Counts:
        """How many are ready, delayed and in flight."""
        in_flight = self.hiding.in_flight
        delayed = 0
        if self._delay_ns:
            since_ns = now - self._delay_ns
            delayed = self._shelves.count_fresh_since(since_ns)
        return Counts(len(self._shelves) - delayed - in_flight, delayed, in_flight)

    def dump(self) -> MailboxData:
        """Plain data."""
        return MailboxData(
            messages=list(self._shelves),
            in_flight=self.hiding.members()[1],
            delayed=[],
            last_seq=self.last_seq,
            receipts=self.receipts,
            fifo=True,
            accepted=self.accepted.dump(),
            attempts=self.attempts.dump(),
        )
