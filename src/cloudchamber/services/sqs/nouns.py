"""The state of SQS: queues, what they hold, and message move tasks.

Rules of this file: plain data and its tables. Durations that AWS keeps as text attributes are
kept beside them in nanoseconds, set in one place (`attributes.apply`): the hot path never parses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.store import Table
from cloudchamber.cloud.throttling import Bucket
from cloudchamber.services.sqs.fifo import FifoMailbox
from cloudchamber.services.sqs.mailbox import Mailbox, MailboxData
from cloudchamber.services.sqs.standard import StandardMailbox


class Redrive(msgspec.Struct, frozen=True):
    """A parsed RedrivePolicy."""

    target_arn: str
    max_receives: int


class DataKey(msgspec.Struct, frozen=True):
    """Until when a principal need not ask KMS again."""

    until_ns: int


class Queue(msgspec.Struct):
    """One queue: what its owner set (`attributes`, `tags`) and what follows from it.

    `token` is drawn when a queue is made, so that receipts of a queue of the same name that was
    deleted are not taken for its own. `kms_key` is what KmsMasterKeyId says, `data_keys` are those
    who asked KMS of late, and `sealed_key` is the newest data key, as KMS sealed it.
    """

    name: str
    account: str
    region: str
    arn: str
    fifo: bool
    token: str
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
    deduplicates_by_content: bool = False
    deduplicates_by_group: bool = False
    purged_ns: int | None = None
    kms_key: str = ""
    data_keys: dict[str, DataKey] = {}
    sealed_key: bytes = b""


class MoveTask(msgspec.Struct):
    """A message move task (a redrive from a dead-letter queue). Times in ns, rate per second."""

    id: str
    source_arn: str
    destination_arn: str
    rate: int
    status: str
    started_ns: int
    to_move: int
    source_token: str
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
# The table makes the rows of either kind itself.
MAILBOXES: Final = MailboxTable("sqs.mailboxes", Mailbox)  # type: ignore[type-abstract]
MOVE_TASKS: Final = Table("sqs.move-tasks", MoveTask)
GRAVES: Final = Table("sqs.recently-deleted", int)  # queue name -> ns of its deletion
BUCKETS: Final = Table("sqs.fifo-rates", Bucket)  # action, queue and group -> tokens left
