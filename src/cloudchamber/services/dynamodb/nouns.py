"""The state of DynamoDB: tables, their indexes and settings, their items.

Rules of this file: plain data and its tables. A table's items stand on its shelf, under the table's
name, in the same account and Region. Times are ns since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cloudchamber.cloud.store import Table as StoreTable
from cloudchamber.services.dynamodb.keys import KeyAttribute, KeySchema
from cloudchamber.services.dynamodb.shelf import Shelf, ShelfData

__all__ = (
    "SHELVES",
    "TABLES",
    "Index",
    "KeyAttribute",
    "KeySchema",
    "StreamSettings",
    "Table",
    "Throughput",
    "TimeToLive",
)


class Throughput(msgspec.Struct):
    """What a provisioned table or index has, in capacity units a second, and how it changed."""

    read: int
    write: int
    increased_ns: int | None = None
    decreased_ns: int | None = None
    decreases_today: int = 0


class Index(msgspec.Struct):
    """A secondary index. `projection` is `ALL`, `KEYS_ONLY` or `INCLUDE` (then `included`).

    `backfilling` is true while items that were there before it are put in: it is written to, and
    not yet read from. Local indexes are always ACTIVE.
    """

    name: str
    is_global: bool
    keys: KeySchema
    projection: str = "ALL"
    included: tuple[str, ...] = ()
    status: str = "ACTIVE"
    backfilling: bool = False
    throughput: Throughput | None = None
    on_demand_read: int | None = None
    on_demand_write: int | None = None
    warm_read: int | None = None
    warm_write: int | None = None


class TimeToLive(msgspec.Struct):
    """Expiry by an attribute: `status` is ENABLING, ENABLED, DISABLING or DISABLED."""

    attribute: str
    status: str
    changed_ns: int


class StreamSettings(msgspec.Struct):
    """The stream that a table writes to at present."""

    label: str
    arn: str
    view: str


class Table(msgspec.Struct):
    """One table: what its owner set, and the state it is in.

    `kinds` are the attribute definitions by name. `is_watched` is true when somebody wants to see
    every change of an item: only then does `changes.write` call `watching.item_changed`.
    `is_limited` is true when capacity is enforced: only then is `throughput` asked.
    """

    name: str
    account: str
    region: str
    id: str
    arn: str
    created_ns: int
    keys: KeySchema
    kinds: dict[str, str]
    status: str = "ACTIVE"
    billing: str = "PAY_PER_REQUEST"
    billing_changed_ns: int | None = None
    throughput: Throughput | None = None
    on_demand_read: int | None = None
    on_demand_write: int | None = None
    warm_read: int | None = None
    warm_write: int | None = None
    indexes: dict[str, Index] = {}
    stream: StreamSettings | None = None
    ttl: TimeToLive | None = None
    table_class: str = "STANDARD"
    is_protected: bool = False
    tags: dict[str, str] = {}
    is_watched: bool = False
    is_limited: bool = False


class ShelfTable(StoreTable[Shelf]):
    """Shelves keep their items in leaves; a snapshot holds the plain data."""

    def encode(self, rows: Mapping[Any, Shelf]) -> bytes:
        """One scope's shelves as bytes."""
        return msgspec.msgpack.encode([(name, shelf.dump()) for name, shelf in rows.items()])

    def decode(self, data: bytes) -> list[tuple[Any, Shelf]]:
        """The shelves that `encode` wrote."""
        pairs = msgspec.msgpack.decode(data, type=list[tuple[str, ShelfData]])
        return [(name, Shelf.of(plain)) for name, plain in pairs]


TABLES: Final = StoreTable("dynamodb.tables", Table, ordered=True)
SHELVES: Final = ShelfTable("dynamodb.shelves", Shelf)  # table name -> its items
