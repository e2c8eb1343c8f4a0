"""Time to live: items that say when they end are deleted some time after.

Rules of this file: an expired item is there, and is read like any other, until it is deleted. An
expiry more than five years ago does not count. Deletions cost no write units, and streams say who
did them.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""

from __future__ import annotations

from heapq import heappop
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.dynamodb import changes, replication, watching
from cloudchamber.services.dynamodb.definitions import validation
from cloudchamber.services.dynamodb.expiries import (
    EXPIRIES,
    collect,
    expiry_of,
    look_next,
    stop,
)
from cloudchamber.services.dynamodb.lifecycle import TIME_TO_LIVE
from cloudchamber.services.dynamodb.lookup import expect_table, setting_of
from cloudchamber.services.dynamodb.nouns import SHELVES, TABLES, TimeToLive

SETTLED: Final = "dynamodb.time-to-live-settled"
OLDEST_NS: Final = 5 * 365 * DAY_NS
SLICE: Final = 500
PAUSE_NS: Final = 1_000_000
STALE_MIN: Final = 1024


def update_time_to_live(call: Call, request: Input) -> Output:
    """Switch expiry on or off."""
    table = expect_table(call, request["TableName"])
    wanted = request["TimeToLiveSpecification"]
    setting = setting_of(call, table)
    status = table.ttl.status if table.ttl is not None else "DISABLED"
    if status in ("ENABLING", "DISABLING"):
        raise validation("Time to live has been modified multiple times within a fixed interval")
    have = table.ttl.attribute if table.ttl is not None and status == "ENABLED" else ""
    if have and have != wanted["AttributeName"]:
        raise _other(have)
    if wanted["Enabled"] == bool(have):
        raise validation(f"TimeToLive is already {'enabled' if have else 'disabled'}")
    replication.check_elsewhere(call, table, setting, request)
    replication.change_elsewhere(call, table, setting, request)
    table.ttl = TimeToLive(
        wanted["AttributeName"],
        TIME_TO_LIVE.move(status, "enable" if wanted["Enabled"] else "disable"),
        call.now,
    )
    if not wanted["Enabled"]:
        stop(call, table)
    delay_ns = TIME_TO_LIVE.delay_ns(call.cloud.settings.lifecycle, table.ttl.status)
    call.after(delay_ns, SETTLED, table.name, table.id)
    return {"TimeToLiveSpecification": dict(wanted)}


def _other(attribute: str) -> AwsError:
    return validation(
        f"TimeToLive is active on a different AttributeName: current AttributeName is {attribute}"
    )


def describe_time_to_live(call: Call, request: Input) -> Output:
    """Whether items expire, and by which attribute."""
    table = expect_table(call, request["TableName"])
    if table.ttl is None or table.ttl.status == "DISABLED":
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    return {
        "TimeToLiveDescription": {
            "TimeToLiveStatus": table.ttl.status,
            "AttributeName": table.ttl.attribute,
        }
    }


def settled(call: Call, name: str, id_: str) -> None:
    """A switch has been turned: items begin to expire, or no longer do."""
    table = call.rows(TABLES).get(name)
    if table is None or table.id != id_ or table.ttl is None:
        return
    table.ttl.status = TIME_TO_LIVE.move(table.ttl.status, "made")
    if table.ttl.status == "DISABLED":
        table.ttl = None
    else:
        collect(call, table)
    table.is_watched = watching.is_wanted(table, setting_of(call, table))


def sweep(call: Call, account: str, region: str, name: str, id_: str) -> None:
    """Delete what is due, a slice at a time."""
    expiries = call.rows(EXPIRIES, account, region).get(id_)
    table = call.rows(TABLES, account, region).get(name)
    if expiries is None or table is None or table.id != id_ or table.ttl is None:
        return
    expiries.event = 0
    delay_ns = TIME_TO_LIVE.delay_ns(call.cloud.settings.lifecycle, "expired")
    shelf = call.rows(SHELVES, account, region)[name]
    deleted = 0
    heap = expiries.heap
    while heap and deleted < SLICE and heap[0][0] * SECOND_NS + delay_ns < call.now:
        second, key = heappop(heap)
        item = shelf.find(key)
        if item is None or expiry_of(item, table.ttl.attribute) != second:
            continue
        if second * SECOND_NS < call.now - OLDEST_NS:
            continue
        changes.write(call, table, key, None, by_ttl=True)
        deleted += 1
    if deleted:
        call.meter("TimeToLiveDeletedItemCount", deleted, table.arn)
        call.event(table.arn, "dynamodb.items-expired", f"{deleted} items of {name} have expired")
    if len(heap) > STALE_MIN + 4 * shelf.count:
        collect(call, table)
    else:
        look_next(call, table, expiries, PAUSE_NS)
