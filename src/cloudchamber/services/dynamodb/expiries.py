"""When items expire: a heap beside each table whose items do, and when somebody looks next.

Rules of this file: an entry that an item no longer says is passed over when its time comes. How
long an expired item stays is the lifecycle's: nothing (`instant`), ten minutes or two days.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""

from __future__ import annotations

from decimal import Decimal
from heapq import heapify, heappush
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.settings import NANOSECONDS
from cloudchamber.cloud.store import Table as StoreTable
from cloudchamber.services.dynamodb.lifecycle import TIME_TO_LIVE
from cloudchamber.services.dynamodb.nouns import SHELVES, Table
from cloudchamber.services.dynamodb.shelf import unpack

SWEEP: Final = "dynamodb.time-to-live-swept"
SECONDS_MAX: Final = 253_402_300_800  # the year 10000: what is later never comes


class Expiries(msgspec.Struct):
    """What expires when, as a heap of (epoch second, key), and the event that looks next."""

    heap: list[tuple[int, bytes]] = []
    event: int = 0
    due_ns: int = 0


EXPIRIES: Final = StoreTable("dynamodb.expiries", Expiries)  # by table id


def collect(call: Call, table: Table, attribute: str) -> None:
    """Look at every item once."""
    expiries = call.rows(EXPIRIES).setdefault(table.id, Expiries())
    expiries.heap = [
        (second, key)
        for key, item in call.rows(SHELVES)[table.name].items()
        if (second := expiry_of(item, attribute)) is not None
    ]
    heapify(expiries.heap)
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
    due_ns = expiries.heap[0][0] * NANOSECONDS + max(delay_ns, 1)
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
