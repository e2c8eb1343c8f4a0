"""A FIFO queue's order: strict within a message group, and one consumer at a time for each group.

Rules of this file: pure. While a message of a group is in flight no other of that group is given
out, except together in one answer. Groups take turns by the age of their first message. See
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from heapq import heappop, heappush

from cloudchamber.services.sqs.mailbox import IN_FLIGHT, READY, Mailbox, MailboxData, Message


class Group:
    """One message group: its messages by age, and how many of them are in flight."""

    __slots__ = ("in_flight", "members", "queued")

    def __init__(self) -> None:
        self.members: deque[int] = deque()
        self.in_flight = 0
        self.queued = False  # whether the line of groups holds this one


class FifoMailbox(Mailbox):
    """Messages by group. The line holds (seq of a group's first message, group), oldest first."""

    __slots__ = ("_groups", "_line")

    def __init__(self, data: MailboxData | None = None) -> None:
        super().__init__()
        self._groups: dict[str, Group] = {}
        self._line: list[tuple[int, str]] = []
        if data is not None:
            self._restore(data)
            for message in sorted(data.messages, key=lambda each: each.seq):
                group = self._groups.setdefault(message.group, Group())
                group.members.append(message.seq)
                group.in_flight += message.state == IN_FLIGHT
            for name, group in self._groups.items():
                self._queue(name, group)

    def add(self, message: Message, now: int, delay_ns: int) -> None:
        """Put a message at the end of its group."""
        self._groups.setdefault(message.group, Group()).members.append(self.last_seq + 1)
        super().add(message, now, delay_ns)

    def _became_ready(self, message: Message) -> None:
        self._queue(message.group, self._groups[message.group])

    def _left_flight(self, message: Message) -> None:
        group = self._groups.get(message.group)
        if group is not None:
            group.in_flight -= 1
            self._queue(message.group, group)

    def _queue(self, name: str, group: Group) -> None:
        """Put a group in the line if its first message can be given out."""
        if group.queued or group.in_flight:
            return
        first = self._first(name, group)
        if first is not None and first.state == READY:
            group.queued = True
            heappush(self._line, (first.seq, name))

    def _first(self, name: str, group: Group) -> Message | None:
        members = group.members
        while members:
            message = self.messages.get(members[0])
            if message is not None:
                return message
            members.popleft()
        del self._groups[name]
        return None

    def take(self, now: int, limit: int) -> Iterator[Message]:
        """Messages of the group whose turn it is, in order; then of the next group."""
        while limit and self._line:
            seq, name = heappop(self._line)
            group = self._groups.get(name)
            if group is None:
                continue
            group.queued = False
            first = self._first(name, group)
            if first is None or group.in_flight or first.state != READY or first.seq != seq:
                if first is not None:
                    self._queue(name, group)
                continue
            chosen = self._lead(group, limit)
            limit -= len(chosen)
            yield from chosen
            if name in self._groups:
                self._queue(name, group)

    def _lead(self, group: Group, limit: int) -> list[Message]:
        """The first ready messages of a group, up to one that is not ready."""
        chosen: list[Message] = []
        for member in group.members:
            message = self.messages.get(member)
            if message is None:
                continue
            if message.state != READY or len(chosen) == limit:
                break
            chosen.append(message)
        return chosen

    def deliver(self, message: Message, now: int, visibility_ns: int) -> None:
        """Hand a message out and lock its group."""
        super().deliver(message, now, visibility_ns)
        self._groups[message.group].in_flight += 1

    def remove(self, message: Message) -> None:
        """Take a message out; its group goes on with the next."""
        super().remove(message)
        group = self._groups.get(message.group)
        if group is not None:
            self._queue(message.group, group)

    def clear(self) -> None:
        """Take everything out."""
        super().clear()
        self._groups.clear()
        self._line.clear()

    def dump(self) -> MailboxData:
        """Plain data."""
        return MailboxData(
            list(self.messages.values()), [], [], self.last_seq, self.receipts, fifo=True
        )
