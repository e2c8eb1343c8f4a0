"""The state of SQS: queues, what they hold, and message move tasks.

Rules of this file: plain data and its tables. Durations that AWS keeps as text attributes are
kept beside them in nanoseconds, set in one place (`attributes.apply`): the hot path never parses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cloudchamber.cloud.store import Table
from cloudchamber.services.sqs.fifo import FifoMailbox
from cloudchamber.services.sqs.mailbox import Mailbox, MailboxData
from cloudchamber.services.sqs.standard import StandardMailbox

SECOND_NS: Final = 1_000_000_000


class Redrive(msgspec.Struct, frozen=True):
    """A parsed RedrivePolicy."""

    target_arn: str
    max_receives: int


class Accepted(msgspec.Struct):
    """What a FIFO queue remembers of a message for the deduplication interval."""

    expires_ns: int
    message_id: str
    sequence_number: str


class Attempt(msgspec.Struct):
    """What a FIFO queue remembers of a ReceiveMessage call with an attempt id.

    `given` are (seq, receipt, visible_ns) of what was handed out, to see whether anything has
    happened to it since.
    """

    expires_ns: int
    given: list[tuple[int, int, int]]


class Queue(msgspec.Struct):
    """One queue: what its owner set (`attributes`, `tags`) and what follows from it."""

    name: str
    account: str
    region: str
    arn: str
    fifo: bool
    created_ns: int
    modified_ns: int
    attributes: dict[str, str] = {}
    tags: dict[str, str] = {}
    visibility_ns: int = 30 * SECOND_NS
    delay_ns: int = 0
    retention_ns: int = 345_600 * SECOND_NS
    wait_ns: int = 0
    size_max: int = 1_048_576
    redrive: Redrive | None = None
    purged_ns: int = -1
    accepted: dict[str, Accepted] = {}
    attempts: dict[str, Attempt] = {}


class MoveTask(msgspec.Struct):
    """A message move task (a redrive from a dead-letter queue). Times in ns, rate per second."""

    id: str
    source_arn: str
    destination_arn: str
    rate: int
    status: str
    started_ns: int
    to_move: int
    moved: int = 0
    failure: str = ""
    event: int = 0


class MailboxTable(Table[Mailbox]):
    """Mailboxes keep indexes beside their messages; a snapshot holds the plain data."""

    def encode(self, rows: Mapping[Any, Mailbox]) -> bytes:
        """One scope's mailboxes as bytes."""
        plain = [(name, box.dump()) for name, box in rows.items()]
        return msgspec.msgpack.encode(plain)

    def decode(self, data: bytes) -> list[tuple[Any, Mailbox]]:
        """The mailboxes that `encode` wrote."""
        pairs = msgspec.msgpack.decode(data, type=list[tuple[str, MailboxData]])
        return [
            (name, FifoMailbox(plain) if plain.fifo else StandardMailbox(plain))
            for name, plain in pairs
        ]


QUEUES: Final = Table("sqs.queues", Queue, ordered=True)
MAILBOXES: Final = MailboxTable("sqs.mailboxes", Mailbox)
MOVE_TASKS: Final = Table("sqs.move-tasks", MoveTask)
GRAVES: Final = Table("sqs.recently-deleted", int)  # queue name -> ns of its deletion
