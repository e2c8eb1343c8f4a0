"""A standard queue's order: best effort, which here is the order of becoming visible.

Rules of this file: pure. AWS promises at-least-once delivery and best-effort ordering; this gives
the best that is promised, each message once per visibility period.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from cloudchamber.services.sqs.mailbox import READY, SWEEP_ABOVE, Mailbox, MailboxData, Message


class StandardMailbox(Mailbox):
    """Ready messages in a line; a delivered one leaves it, a returned one joins its end."""

    __slots__ = ("_ready",)

    def __init__(self, data: MailboxData | None = None) -> None:
        super().__init__()
        self._ready: deque[int] = deque()
        if data is not None:
            self._restore(data)
            self._ready.extend(data.ready)

    def _became_ready(self, message: Message) -> None:
        self._ready.append(message.seq)
        if len(self._ready) > SWEEP_ABOVE + 2 * len(self.messages):
            self._ready = deque(seq for seq in self._ready if self._is_ready(seq))

    def _is_ready(self, seq: int) -> bool:
        message = self.messages.get(seq)
        return message is not None and message.state == READY

    def take(self, now: int, limit: int) -> Iterator[Message]:
        """The longest-visible messages. The caller delivers or removes each before the next."""
        ready = self._ready
        while limit and ready:
            message = self.messages.get(ready.popleft())
            if message is None or message.state != READY:
                continue
            limit -= 1
            yield message

    def clear(self) -> None:
        """Take everything out."""
        super().clear()
        self._ready.clear()

    def dump(self) -> MailboxData:
        """Plain data."""
        return MailboxData(
            list(self.messages.values()),
            [seq for seq in self._ready if self._is_ready(seq)],
            [],
            self.last_seq,
            self.receipts,
        )
