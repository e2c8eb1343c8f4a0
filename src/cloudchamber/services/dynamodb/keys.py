"""Keys as bytes that sort as DynamoDB sorts: partitions apart, range keys in order.

Rules of this file: pure. A key is the checksum of its hash attributes (so that a scan meets
partitions in an order of its own, and a segment of a parallel scan is a range), the hash attributes
themselves, and the range attributes in an encoding that compares byte by byte: text as UTF-8,
binary as it is, numbers by size. The key of an index entry ends with the key of its item.
"""

from __future__ import annotations

from typing import Any, Final
from zlib import crc32

import msgspec

from cloudchamber.languages.dynamodb.numbers import order_bytes

Item = dict[str, dict[str, Any]]
_END: Final = b"\x00\x01"
AFTER_ALL: Final = b"\xff"
CHECKSUMS: Final = 1 << 32


class KeyAttribute(msgspec.Struct, frozen=True):
    """An attribute that is part of a key: its name and its kind, `S`, `N` or `B`."""

    name: str
    kind: str


class KeySchema(msgspec.Struct, frozen=True):
    """The attributes of a key. Only keys of global indexes have more than one of a kind."""

    hash: tuple[KeyAttribute, ...]
    range: tuple[KeyAttribute, ...] = ()

    @property
    def attributes(self) -> tuple[KeyAttribute, ...]:
        """All of them, hash attributes first."""
        return self.hash + self.range

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, hash attributes first."""
        return tuple(each.name for each in self.hash + self.range)


def raw(value: dict[str, Any]) -> bytes:
    """A key value as bytes that sort: `{"S": text}`, `{"N": canonical}` or `{"B": bytes}`."""
    text = value.get("S")
    if text is not None:
        encoded: bytes = text.encode("utf-8", "surrogatepass")
        return encoded
    number = value.get("N")
    return bytes(value["B"]) if number is None else order_bytes(number)


def partition_prefix(values: list[bytes]) -> bytes:
    """What all keys of one partition begin with, from its hash values as `raw` gives them."""
    if len(values) == 1:
        only = values[0]
        body = len(only).to_bytes(2, "big") + only
    else:
        body = b"".join(len(each).to_bytes(2, "big") + each for each in values)
    return crc32(body).to_bytes(4, "big") + body


def escaped(value: bytes) -> bytes:
    """A range value without its end: the beginning of all range values that begin so."""
    return value.replace(b"\x00", b"\x00\xff")


def range_piece(value: bytes) -> bytes:
    """A range value with its end: no other value's piece begins with it."""
    return value.replace(b"\x00", b"\x00\xff") + _END


def after(prefix: bytes) -> bytes | None:
    """The first key behind all that begin with `prefix`; None when there is none."""
    trimmed = prefix.rstrip(b"\xff")
    return trimmed[:-1] + bytes((trimmed[-1] + 1,)) if trimmed else None


def key_of(schema: KeySchema, item: Item) -> bytes:
    """The key of an item that has all key attributes, checked and canonical."""
    hashes = schema.hash
    if len(hashes) == 1:
        only = raw(item[hashes[0].name])
        body = len(only).to_bytes(2, "big") + only
        key = crc32(body).to_bytes(4, "big") + body
    else:
        key = partition_prefix([raw(item[each.name]) for each in hashes])
    for each in schema.range:
        key += range_piece(raw(item[each.name]))
    return key


def find_entry(schema: KeySchema, item: Item, key: bytes) -> bytes | None:
    """The key of an item's entry in an index; None when it has not all of the key attributes.

    `key` is the item's own key: entries end with it.
    """
    for each in schema.attributes:
        value = item.get(each.name)
        if value is None or each.kind not in value:
            return None
    return key_of(schema, item) + key


def item_key_in(schema: KeySchema, entry: bytes) -> bytes:
    """The item's key that an index entry ends with."""
    place = 4
    for _ in schema.hash:
        place += 2 + int.from_bytes(entry[place : place + 2], "big")
    for _ in schema.range:
        place = entry.index(_END, place) + 2
    return entry[place:]


def segment_bounds(segment: int, total: int) -> tuple[bytes, bytes | None]:
    """Where a segment of a parallel scan begins and ends (None: at the end of all)."""
    low = (segment * CHECKSUMS // total).to_bytes(4, "big")
    end = (segment + 1) * CHECKSUMS // total
    return low, end.to_bytes(4, "big") if end < CHECKSUMS else None
