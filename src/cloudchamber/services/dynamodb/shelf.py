"""Where the items of one table stand, and the entries of its indexes.

Rules of this file: pure, bytes only. An item is a record: three bytes of its size as DynamoDB
counts it, then the item in msgpack. An index holds keys only; each ends with the key of its item,
so nothing is stored twice. Items go in and out in one place only, `changes.write`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from cloudchamber.services.dynamodb.keys import Item
from cloudchamber.services.dynamodb.ordered import Ordered

SIZE_BYTES: Final = 3
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(dict[str, dict[str, Any]]).decode


def pack(item: Item, size: int) -> bytes:
    """An item of that many bytes (as DynamoDB counts) as a record."""
    return size.to_bytes(SIZE_BYTES, "big") + _encode(item)


def unpack(record: bytes) -> Item:
    """The item of a record: a fresh one that may be changed."""
    return _decode(memoryview(record)[SIZE_BYTES:])


def unpack_all(records: Iterable[bytes]) -> list[Item]:
    """The items of records, in their order."""
    return [_decode(memoryview(record)[SIZE_BYTES:]) for record in records]


def size_in(record: bytes) -> int:
    """The size of a record's item, as DynamoDB counts it."""
    return int.from_bytes(record[:SIZE_BYTES], "big")


class Entries(msgspec.Struct):
    """The entries of one index as plain data; `size` is the size of what is projected."""

    keys: list[bytes]
    size: int = 0


class ShelfData(msgspec.Struct):
    """A shelf as plain data, for a snapshot."""

    keys: list[bytes]
    records: list[bytes]
    size: int
    indexes: dict[str, Entries]


class Side:
    """The entries of one index: keys in order, and how many bytes are projected."""

    __slots__ = ("bytes", "entries")

    def __init__(self) -> None:
        self.entries: Ordered[None] = Ordered()
        self.bytes = 0


class Shelf:
    """The items of one table. `bytes` is their size as DynamoDB counts it."""

    __slots__ = ("bytes", "indexes", "rows")

    def __init__(self) -> None:
        self.rows: Ordered[bytes] = Ordered()
        self.bytes = 0
        self.indexes: dict[str, Side] = {}

    @property
    def count(self) -> int:
        """How many items there are."""
        return self.rows.count

    def find(self, key: bytes) -> Item | None:
        """The item of a key."""
        record = self.rows.get(key)
        return None if record is None else unpack(record)

    def items(self, after: bytes = b"", limit: int | None = None) -> Iterator[tuple[bytes, Item]]:
        """Keys and items in the order of a scan, from behind a key on."""
        start = after + b"\x00" if after else b""
        for number, (key, record) in enumerate(self.rows.forward(start)):
            if number == limit:
                return
            yield key, unpack(record)

    def side(self, name: str) -> Side:
        """The entries of an index, made when first asked for."""
        found = self.indexes.get(name)
        if found is None:
            found = self.indexes[name] = Side()
        return found

    def copy(self) -> Shelf:
        """The same items and entries on a shelf of its own."""
        return Shelf.of(self.dump())

    def dump(self) -> ShelfData:
        """Plain data, from which a shelf is made again."""
        keys, records = self.rows.dump()
        indexes = {
            name: Entries(side.entries.dump()[0], side.bytes) for name, side in self.indexes.items()
        }
        return ShelfData(keys, records, self.bytes, indexes)

    @classmethod
    def of(cls, data: ShelfData) -> Shelf:
        """The shelf that `dump` gave."""
        made = cls()
        made.rows = Ordered.of(data.keys, data.records)
        made.bytes = data.size
        for name, entries in data.indexes.items():
            side = made.side(name)
            side.entries = Ordered.of(entries.keys, [None] * len(entries.keys))
            side.bytes = entries.size
        return made
