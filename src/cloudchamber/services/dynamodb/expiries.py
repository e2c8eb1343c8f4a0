"""When items expire: a heap beside each table whose items do, and when somebody looks next.

Rules of this file: an entry that an item no longer says is passed over when its time comes. How
long an expired item stays is the lifecycle's: nothing (`instant`), ten minutes or two days.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""

from __future__ import annotations

from decimal import Decimal
from heapq import heappush
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.store import Table as StoreTable
from cloudchamber.services.dynamodb.lifecycle import TIME_TO_LIVE
from cloudchamber.services.dynamodb.nouns import SHELVES, TABLES, Table
from cloudchamber.services.dynamodb.shelf import unpack

COLLECT: Final = "dynamodb.time-to-live-collected"
SWEEP: Final = "dynamodb.time-to-live-swept"
COLLECTED: Final = 5_000  # items looked at in one go
PAUSE_NS: Final = 5_000_000
SECONDS_MAX: Final = 253_402_300_800  # the year 10000: what is later never comes


class Expiries(msgspec.Struct):
    """What expires when, as a heap of (epoch second, key), and the event that looks next."""

    heap: list[tuple[int, bytes]] = []
    event: int = 0
    due_ns: int = 0


EXPIRIES: Final = StoreTable("dynamodb.expiries", Expiries)  # by table id


def collect(call: Call, table: Table) -> None:
    """Look at every item once, from now on, a slice at a time."""
    stop(call, table)
    call.rows(EXPIRIES, table.account, table.region)[table.id] = Expiries()
    call.after(0, COLLECT, table.account, table.region, table.name, table.id, b"")


def collected(call: Call, account: str, region: str, name: str, id_: str, after: bytes) -> None:
    """Look at the next slice of items."""
    table = call.rows(TABLES, account, region).get(name)
    expiries = call.rows(EXPIRIES, account, region).get(id_)
    if table is None or table.id != id_ or table.ttl is None or expiries is None:
        return
    last = b""
    shelf = call.rows(SHELVES, account, region)[name]
    for number, (key, item) in enumerate(shelf.items(after, COLLECTED), 1):
        second = expiry_of(item, table.ttl.attribute)
        if second is not None:
            heappush(expiries.heap, (second, key))
        if number == COLLECTED:
            last = key
    if last:
        pause_ns = 0 if call.cloud.settings.lifecycle == "instant" else PAUSE_NS
        call.after(pause_ns, COLLECT, account, region, name, id_, last)
    else:
        look_next(call, table, expiries)


def expiry_of(item: dict[str, dict[str, Any]], attribute: str) -> int | None:
    """The epoch second that an item says it ends at, or None."""
    value = item.get(attribute, {}).get("N")
    if value is None:
        return None
    second = int(value) if value.isdigit() else int(Decimal(value))
    return second if 0 < second < SECONDS_MAX else None


def note(call: Call, table: Table, key: bytes, record: bytes) -> None:
    """An item was written: remember when it says that it ends."""
    if table.ttl is None or table.ttl.status != "ENABLED":
        return
    second = expiry_of(unpack(record), table.ttl.attribute)
    if second is None:
        return
    rows = call.rows(EXPIRIES, table.account, table.region)
    expiries = rows.setdefault(table.id, Expiries())
    heappush(expiries.heap, (second, key))
    if expiries.heap[0] == (second, key):
        look_next(call, table, expiries)


def look_next(call: Call, table: Table, expiries: Expiries, pause_ns: int = 0) -> None:
    """Have somebody look when the next item is due to be deleted."""
    if not expiries.heap:
        return
    delay_ns = TIME_TO_LIVE.delay_ns(call.cloud.settings.lifecycle, "expired")
    # An item has expired when the clock is past the second that it says.
    due_ns = expiries.heap[0][0] * SECOND_NS + max(delay_ns, 1)
    due_ns = max(due_ns, call.now + pause_ns)
    if expiries.event:
        if expiries.due_ns <= due_ns:
            return
        call.cancel(expiries.event)
    expiries.due_ns = due_ns
    expiries.event = call.at(due_ns, SWEEP, table.account, table.region, table.name, table.id,
                             weak=True)  # fmt: skip


def stop(call: Call, table: Table) -> None:
    """A table's items no longer expire, or are gone."""
    expiries = call.rows(EXPIRIES, table.account, table.region).pop(table.id, None)
    if expiries is not None and expiries.event:
        call.cancel(expiries.event)
