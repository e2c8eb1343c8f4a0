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

__all__ = ("SHELVES", "TABLES", "Index", "KeyAttribute", "KeySchema", "Table", "schema_of")

Elements = list[dict[str, str]]
_NO_KEYS: Final = KeySchema(())


class Index(msgspec.Struct):
    """A secondary index. `projection` is ALL, KEYS_ONLY or INCLUDE (then `non_key` are the names).

    `reads` and `writes` are its provisioned units. `backfilling` is true while the items that were
    there before it are put in: it is written to and cannot be read yet.
    """

    name: str
    is_global: bool
    key_schema: Elements
    projection: str = "ALL"
    non_key: list[str] = []
    status: str = "ACTIVE"
    backfilling: bool = False
    reads: int = 0
    writes: int = 0


class Table(msgspec.Struct):
    """One table: its keys and indexes, and the state it is in.

    `attributes` are the kinds of the defined attributes by name. `reads` and `writes` are its
    provisioned units, 0 when it is on-demand. `keys` follows from the key schema.
    """

    name: str
    account: str
    region: str
    arn: str
    id: str
    created_ns: int
    status: str
    key_schema: Elements
    attributes: dict[str, str]
    on_demand: bool = False
    reads: int = 0
    writes: int = 0
    indexes: dict[str, Index] = {}
    keys: KeySchema = _NO_KEYS

    def __post_init__(self) -> None:
        self.keys = schema_of(self.key_schema, self.attributes)


def schema_of(elements: Elements, kinds: Mapping[str, str]) -> KeySchema:
    """A key schema as requests have it, with the kinds of its attributes."""
    found = [
        (each["KeyType"], KeyAttribute(each["AttributeName"], kinds[each["AttributeName"]]))
        for each in elements
    ]
    return KeySchema(
        tuple(each for role, each in found if role == "HASH"),
        tuple(each for role, each in found if role == "RANGE"),
    )


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
