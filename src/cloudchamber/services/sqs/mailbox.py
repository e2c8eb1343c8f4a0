"""What a queue holds: messages, who may see them when, and for how long. The part both kinds share.

Rules of this file: pure; `now` is an argument, chance is not needed. A message is in one of three
states (ready, delayed, in flight). Nothing is scheduled: a message whose time has come is promoted
when somebody looks (`settle`), and `next_due_ns` says when that would next make a difference, so
that a waiting consumer can wait for exactly that instant.

The indexes hold sequence numbers, never messages, and may hold numbers of messages that are gone:
those are skipped when they surface, and swept when the dead outnumber the living.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Final

import msgspec

READY: Final = 0
DELAYED: Final = 1
IN_FLIGHT: Final = 2
SWEEP_ABOVE: Final = 1024


class Message(msgspec.Struct, gc=False):
    """One message. Attributes are kept encoded: a million messages are a million rows of text.

    `seq` is its place in the order of arrival. `receipt` is the number of the latest receipt
    handle given out for it. `visible_ns` is when a delayed or in-flight message may be seen again.
    """

    seq: int
    id: str
    body: str
    sent_ns: int
    sender: str
    visible_ns: int = 0
    state: int = READY
    receive_count: int = 0
    receipt: int = 0
    first_received_ns: int = 0
    attributes: bytes = b""
    system: bytes = b""
    group: str = ""
    deduplication: str = ""
    sequence_number: str = ""
    source_arn: str = ""


class Counts(msgspec.Struct, frozen=True):
    """The three ApproximateNumberOf... attributes, which are exact here."""

    ready: int
    delayed: int
    in_flight: int


class MailboxData(msgspec.Struct):
    """A mailbox as plain data, for a snapshot."""

    messages: list[Message]
    ready: list[int]
    later: list[tuple[int, int]]
    last_seq: int
    receipts: int
    fifo: bool = False


class Mailbox:
    """Messages and the times at which they may be seen. Subclasses decide who is next."""

    __slots__ = ("_later", "_oldest", "counts_by_state", "last_seq", "messages", "receipts")

    def __init__(self) -> None:
        self.messages: dict[int, Message] = {}
        self.last_seq = 0
        self.receipts = 0
        self.counts_by_state = [0, 0, 0]
        self._later: list[tuple[int, int]] = []  # (visible_ns, seq) of delayed and in flight
        self._oldest: list[tuple[int, int]] = []  # (sent_ns, seq) of all

    # What the kinds differ in

    def _became_ready(self, message: Message) -> None:
        raise NotImplementedError

    def _left_flight(self, message: Message) -> None:
        """A message stopped being in flight (deleted, expired or visible again)."""

    def take(self, now: int, limit: int) -> Iterator[Message]:
        """The next messages to deliver, at most `limit`, in order."""
        raise NotImplementedError

    # Arrival

    def add(self, message: Message, now: int, delay_ns: int) -> None:
        """Put a message in; it becomes visible after its delay. Its `seq` is given here."""
        self.last_seq += 1
        message.seq = self.last_seq
        self.messages[message.seq] = message
        heappush(self._oldest, (message.sent_ns, message.seq))
        if delay_ns > 0:
            message.state = DELAYED
            message.visible_ns = now + delay_ns
            self.counts_by_state[DELAYED] += 1
            heappush(self._later, (message.visible_ns, message.seq))
        else:
            message.state = READY
            message.visible_ns = now
            self.counts_by_state[READY] += 1
            self._became_ready(message)

    # Time

    def settle(self, now: int, retention_ns: int) -> None:
        """Let the past happen: expire what is too old, show what has waited long enough."""
        horizon = now - retention_ns
        oldest = self._oldest
        while oldest and oldest[0][0] <= horizon:
            message = self.messages.get(heappop(oldest)[1])
            if message is not None:
                self.remove(message)
        later = self._later
        while later and later[0][0] <= now:
            visible_ns, seq = heappop(later)
            message = self.messages.get(seq)
            if message is None or message.visible_ns != visible_ns or message.state == READY:
                continue
            self._show(message)

    def _show(self, message: Message) -> None:
        was_in_flight = message.state == IN_FLIGHT
        self.counts_by_state[message.state] -= 1
        self.counts_by_state[READY] += 1
        message.state = READY
        if was_in_flight:
            self._left_flight(message)
        self._became_ready(message)

    def next_due_ns(self) -> int | None:
        """The next instant at which a hidden message may be seen; call `settle` first."""
        later = self._later
        while later:
            visible_ns, seq = later[0]
            message = self.messages.get(seq)
            if message is not None and message.visible_ns == visible_ns and message.state != READY:
                return visible_ns
            heappop(later)
        return None

    # Delivery

    def deliver(self, message: Message, now: int, visibility_ns: int) -> None:
        """Hand a message out: it is in flight until `visibility_ns` from now (0: at once again)."""
        message.receive_count += 1
        if not message.first_received_ns:
            message.first_received_ns = now
        self.receipts += 1
        message.receipt = self.receipts
        self.counts_by_state[READY] -= 1
        self.counts_by_state[IN_FLIGHT] += 1
        message.state = IN_FLIGHT
        message.visible_ns = now + visibility_ns
        heappush(self._later, (message.visible_ns, message.seq))

    def put_back(self, message: Message) -> None:
        """Return a message that `take` gave and nobody delivered to those that are ready."""
        self._became_ready(message)

    def hide(self, message: Message, now: int, visibility_ns: int) -> None:
        """Let an in-flight message stay hidden for `visibility_ns` from now (0: show it now)."""
        message.visible_ns = now + visibility_ns
        heappush(self._later, (message.visible_ns, message.seq))
        if len(self._later) > SWEEP_ABOVE + 4 * len(self.messages):
            self._sweep()

    def remove(self, message: Message) -> None:
        """Take a message out for good."""
        del self.messages[message.seq]
        self.counts_by_state[message.state] -= 1
        if message.state == IN_FLIGHT:
            self._left_flight(message)
        if len(self._oldest) > SWEEP_ABOVE + 2 * len(self.messages):
            self._sweep()

    def clear(self) -> None:
        """Take everything out."""
        self.messages.clear()
        self.counts_by_state[:] = [0, 0, 0]
        self._later.clear()
        self._oldest.clear()

    def counts(self) -> Counts:
        """How many are ready, delayed and in flight; call `settle` first."""
        return Counts(*self.counts_by_state)

    def oldest_sent_ns(self) -> int | None:
        """When the oldest message was sent, or None when there is none."""
        while self._oldest:
            sent_ns, seq = self._oldest[0]
            if seq in self.messages:
                return sent_ns
            heappop(self._oldest)
        return None

    def _sweep(self) -> None:
        messages = self.messages
        self._oldest = [(sent_ns, seq) for sent_ns, seq in self._oldest if seq in messages]
        heapify(self._oldest)
        self._later = [
            (message.visible_ns, message.seq)
            for message in messages.values()
            if message.state != READY
        ]
        heapify(self._later)

    # Plain data

    def dump(self) -> MailboxData:
        """Plain data, from which a subclass is made again."""
        raise NotImplementedError

    def _restore(self, data: MailboxData) -> None:
        self.messages = {message.seq: message for message in data.messages}
        self.last_seq = data.last_seq
        self.receipts = data.receipts
        for message in data.messages:
            self.counts_by_state[message.state] += 1
        self._oldest = [(message.sent_ns, message.seq) for message in data.messages]
        self._later = [
            (message.visible_ns, message.seq) for message in data.messages if message.state != READY
        ]
        heapify(self._oldest)
        heapify(self._later)
