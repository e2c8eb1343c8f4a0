"""The one place through which every change of an item goes.

Rules of this file: rows, index entries and sizes change together, here and nowhere else; whoever
watches the table is told afterwards, once for each change. Everything has been checked before.
"""

from __future__ import annotations

from typing import NamedTuple

from cloudchamber.cloud.call import Call
from cloudchamber.languages.dynamodb.values import item_size, read_item
from cloudchamber.services.dynamodb import watching
from cloudchamber.services.dynamodb.keys import Item, find_entry, key_of
from cloudchamber.services.dynamodb.nouns import SHELVES, Index, Table
from cloudchamber.services.dynamodb.shelf import Shelf, pack, size_in, unpack


class Written(NamedTuple):
    """What a change did to one index: sizes of what is projected before and after.

    None: no entry. `moved` says that the entry's key changed.
    """

    name: str
    before: int | None
    after: int | None
    moved: bool
    changed: bool


def shelf_of(call: Call, table: Table) -> Shelf:
    """The items of a table."""
    return call.rows(SHELVES, table.account, table.region)[table.name]


def write(
    call: Call,
    table: Table,
    key: bytes,
    item: Item | None,
    size: int = 0,
    *,
    by_ttl: bool = False,
    is_replicated: bool = False,
) -> list[Written]:
    """Put an item (sound, canonical, of that size) under its key, or with None remove it.

    Gives what it did to the indexes.
    """
    shelf = call.rows(SHELVES, table.account, table.region)[table.name]
    rows = shelf.rows
    before = rows.get(key)
    after = None if item is None else pack(item, size)
    written: list[Written] = []
    if table.indexes:
        old = None if before is None else unpack(before)
        written = [_keep(shelf, table, each, key, old, item) for each in table.indexes.values()]
    if before is not None:
        shelf.bytes -= size_in(before)
    if after is not None:
        rows.put(key, after)
        shelf.bytes += size
    elif before is not None:
        rows.remove(key)
    if table.is_watched and before != after:
        watching.item_changed(
            call, table, key, before, after, by_ttl=by_ttl, is_replicated=is_replicated
        )
    return written


def put_item(
    call: Call, table: Table, item: Item, *, by_ttl: bool = False, is_replicated: bool = False
) -> None:
    """Put an item that nobody has checked yet. Raises DynamoError for an unsound value."""
    kept, size = read_item(item)
    write(
        call, table, key_of(table.keys, kept), kept, size,
        by_ttl=by_ttl, is_replicated=is_replicated,
    )  # fmt: skip


def foresee(table: Table, key: bytes, old: Item | None, new: Item | None) -> list[Written]:
    """What a change of an item will do to the indexes."""
    return [_effect(table, each, key, old, new)[2] for each in table.indexes.values()]


def _effect(
    table: Table, index: Index, key: bytes, old: Item | None, new: Item | None
) -> tuple[bytes | None, bytes | None, Written]:
    """The entries before and after, and what that means."""
    gone = None if old is None else find_entry(index.keys, old, key)
    come = None if new is None else find_entry(index.keys, new, key)
    was = None if gone is None or old is None else projected(table, index, old)
    now = None if come is None or new is None else projected(table, index, new)
    before = None if was is None else item_size(was)
    after = None if now is None else item_size(now)
    return gone, come, Written(index.name, before, after, gone != come, was != now)


def _keep(
    shelf: Shelf, table: Table, index: Index, key: bytes, old: Item | None, new: Item | None
) -> Written:
    """Let an index follow a change of an item."""
    gone, come, written = _effect(table, index, key, old, new)
    if gone is None and come is None:
        return written
    side = shelf.side(index.name)
    # While an index is being filled, the entry of the old item may not be there yet.
    had = False
    if gone is not None:
        had = not side.entries.add(gone, None) if gone == come else side.entries.remove(gone)
    if come is not None and gone != come:
        side.entries.put(come, None)
    side.bytes += (written.after or 0) - ((written.before or 0) if had else 0)
    return written


def put_entry(shelf: Shelf, table: Table, index: Index, key: bytes, item: Item) -> None:
    """Put an item that was there before an index into the index."""
    entry = find_entry(index.keys, item, key)
    side = shelf.side(index.name)
    if entry is None or not side.entries.add(entry, None):
        return
    side.bytes += item_size(projected(table, index, item))


def projected(table: Table, index: Index, item: Item) -> Item:
    """The part of an item that an index holds."""
    if index.projection == "ALL":
        return item
    names = dict.fromkeys((*table.keys.names, *index.keys.names, *index.included))
    return {name: item[name] for name in names if name in item}
