"""What a queue holds: messages, who may see them when, for how long. The part both kinds share.

Rules of this file: pure; `now` is an argument, chance is not needed. Nothing is scheduled: a
message whose time has come is shown when somebody looks (`settle`, before anything else, with the
present instant), and `next_due_ns` says when that would next make a difference, so that a waiting
consumer can wait for exactly that instant.

    shelves   the messages by number, and their age      shelves.py
    hiding    which are hidden, until when               hiding.py
    lines     who is next among those that can be seen   lines.py, standard.py, fifo.py
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from cloudchamber.services.sqs.hiding import Hiding
from cloudchamber.services.sqs.ledger import Remembered
from cloudchamber.services.sqs.message import Message
from cloudchamber.services.sqs.shelves import Shelves


class Counts(NamedTuple):
    """The three ApproximateNumberOf... attributes, which are exact here."""

    ready: int
    delayed: int
    in_flight: int


class Accepted(Remembered, gc=False, frozen=True):
    """What a FIFO queue remembers of a message that it accepted."""

    message_id: str
    seq: int


class Attempt(Remembered, gc=False, frozen=True):
    """What a FIFO queue remembers of a ReceiveMessage call with an attempt id.

    `given` are (seq, receipt, visible_ns) of what was handed out, to see whether anything has
    happened to it since.
    """

    given: tuple[tuple[int, int, int], ...]


class MailboxData(msgspec.Struct):
    """A mailbox as plain data, for a snapshot.

    `ready` are the lines of a standard queue, one after the other. `accepted` and `attempts` are
    what a FIFO queue remembers, oldest first.
    """

    messages: list[Message]
    in_flight: list[int]
    delayed: list[int]
    last_seq: int
    receipts: int
    fifo: bool = False
    ready: list[int] = []
    accepted: list[Accepted] = []
    attempts: list[Attempt] = []


class Mailbox(ABC):
    """Messages and the times at which they may be seen. Subclasses decide who is next."""

    __slots__ = ("_shelves", "hiding", "last_seq", "receipts")

    def __init__(self) -> None:
        self._shelves = Shelves()
        self.hiding = Hiding()
        self.last_seq = 0
        self.receipts = 0

    # What the kinds differ in

    @abstractmethod
    def _arrived(self, message: Message, now: int, delay_ns: int) -> None:
        """A message was put on its shelf: hide it for its delay, or let it join its line."""

    @abstractmethod
    def _shown(self, released: list[int]) -> None:
        """Hidden messages may be seen from now on."""

    @abstractmethod
    def _left_flight(self, message: Message) -> None:
        """A message that was in flight was taken out."""

    @abstractmethod
    def _emptied(self) -> None:
        """Every message was taken out, unread."""

    @abstractmethod
    def take(self, now: int, limit: int) -> Iterator[Message]:
        """The next messages, at most `limit`, in order.

        The caller delivers, removes or puts back each before it asks for the next.
        """

    @abstractmethod
    def put_back(self, message: Message) -> None:
        """Return a message that `take` gave and nobody delivered or removed."""

    @abstractmethod
    def counts(self, now: int) -> Counts:
        """How many are ready, delayed and in flight."""

    @abstractmethod
    def dump(self) -> MailboxData:
        """Plain data, from which a mailbox of the kind is made again."""

    # Arrival

    def add(self, message: Message, now: int, delay_ns: int) -> None:
        """Put a message in; it may be seen after its delay. Its `seq` is given here."""
        self.last_seq += 1
        message.seq = self.last_seq
        self._shelves.put(message)
        self._arrived(message, now, delay_ns)

    def find(self, seq: int) -> Message | None:
        """The message of that number, or None when it is gone."""
        return self._shelves.find(seq)

    def __len__(self) -> int:
        return len(self._shelves)

    # Time

    def settle(self, now: int, retention_ns: int, delay_ns: int) -> None:
        """Let the past happen: what is too old goes, what was hidden long enough is seen.

        `delay_ns` is the queue's delay as it is now; a FIFO queue goes by that alone.
        """
        released = self.hiding.release(now)
        if released:
            self._shown(released)
            self._shelves.give_up(*self.hiding.past)
            self.hiding.past.clear()
        shelves = self._shelves
        if shelves.expire(now - retention_ns, now, self._forget_hidden) and not shelves:
            self._emptied()
        if shelves.given_up:
            shelves.bury()

    def _forget_hidden(self, message: Message) -> None:
        """A message was taken from its shelf that somebody would have seen later."""
        in_flight = message.receive_count > message.received_elsewhere
        self.hiding.drop(message.seq, message.visible_ns, in_flight)
        if in_flight:
            self._left_flight(message)

    def next_due_ns(self, retention_ns: int) -> int | None:
        """The next instant at which there may be more to see; call `settle` first."""
        return self.hiding.next_ns()

    # Delivery

    def is_in_flight(self, message: Message, now: int) -> bool:
        """Whether a message that was received from this queue is still hidden."""
        return message.visible_ns > now

    def deliver(self, message: Message, now: int, visibility_ns: int) -> None:
        """Hand a message out. With no visibility timeout it wants to be shown, at the end."""
        if not message.receive_count:
            self._shelves.note_received(message)
        message.receive_count += 1
        message.received_ns = now
        if not message.first_received_ns:
            message.first_received_ns = now
        self.receipts += 1
        message.receipt = self.receipts
        if visibility_ns:
            message.visible_ns = now + visibility_ns
            self.hiding.put(message.seq, message.visible_ns, True)

    def hide(self, message: Message, now: int, visibility_ns: int) -> None:
        """Let an in-flight message stay hidden for a time from now, at least a second."""
        self.hiding.drop(message.seq, message.visible_ns, True)
        message.visible_ns = now + visibility_ns
        self.hiding.put(message.seq, message.visible_ns, True)

    def show(self, message: Message, now: int) -> None:
        """Let a received message be seen now."""
        if message.visible_ns > now:
            self.hiding.drop(message.seq, message.visible_ns, True)
        message.visible_ns = now
        self._shown([message.seq])

    def remove(self, message: Message, now: int) -> None:
        """Take a message out for good."""
        self._shelves.remove(message)
        if message.visible_ns > now:
            self._forget_hidden(message)

    def clear(self) -> None:
        """Take everything out."""
        self._shelves.clear()
        self.hiding = Hiding()
        self._emptied()

    def _restore(self, data: MailboxData) -> None:
        """Shelves and hiding, from plain data."""
        for message in data.messages:
            self._shelves.put(message)
        for hidden, in_flight in ((data.delayed, False), (data.in_flight, True)):
            for seq in hidden:
                message = self._shelves.expect(seq)
                self.hiding.put(seq, message.visible_ns, in_flight)
        self.last_seq = data.last_seq
        self.receipts = data.receipts
