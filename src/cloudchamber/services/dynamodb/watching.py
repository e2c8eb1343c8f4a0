"""What follows from a change of an item: streams, restores, Kinesis, replicas, time to live.

Rules of this file: told after the change has been made, once for each item of a table that is
watched, with its record before and after (None: it was not there). A write that leaves an item as
it was is no change.

The fact `dynamodb.stream-written` tells who reads streams that there is something to read:
`{"stream": arn, "account": ..., "region": ...}`.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS
from cloudchamber.services.dynamodb import destinations, expiries, replica_changes, streams
from cloudchamber.services.dynamodb.change_log import LOGS, Change, ChangeLog
from cloudchamber.services.dynamodb.lifecycle import STREAM_KEPT_NS
from cloudchamber.services.dynamodb.nouns import Table
from cloudchamber.services.dynamodb.settings import SETTINGS, Setting
from cloudchamber.services.dynamodb.shelf import size_in, unpack

WRITTEN: Final = "dynamodb.stream-written"


def is_wanted(table: Table, setting: Setting) -> bool:
    """Whether anybody wants to see the changes of a table (`Table.is_watched`)."""
    return bool(
        table.stream
        or (table.ttl and table.ttl.status in ("ENABLING", "ENABLED"))
        or setting.recovery_ns is not None
        or setting.destinations
        or setting.replicas
    )


def item_changed(
    call: Call,
    table: Table,
    key: bytes,
    before: bytes | None,
    after: bytes | None,
    *,
    by_ttl: bool = False,
    is_replicated: bool = False,
) -> None:
    """An item is not what it was. `is_replicated` says that it was changed in another region."""
    if before == after or (
        before is not None
        and after is not None
        and size_in(before) == size_in(after)
        and unpack(before) == unpack(after)
    ):
        return
    setting = call.rows(SETTINGS, table.account, table.region)[table.name]
    if table.ttl is not None and after is not None:
        expiries.note(call, table, key, after)
    if table.stream is not None or setting.recovery_ns is not None:
        _log(call, table, setting, Change(call.now, key, before, after, by_ttl))
    if setting.destinations:
        destinations.deliver(call, table, setting, before, after, by_ttl=by_ttl)
    if setting.replicas and not is_replicated:
        replica_changes.send(call, table, setting, key, after)


def _log(call: Call, table: Table, setting: Setting, change: Change) -> None:
    logs = call.rows(LOGS, table.account, table.region)
    log = logs.get(table.id)
    if log is None:
        log = logs[table.id] = ChangeLog()
    kept_ns = STREAM_KEPT_NS
    if setting.recovery_ns is not None:
        kept_ns = max(kept_ns, setting.recovery_days * DAY_NS)
    log.add(change, call.now - kept_ns)
    if table.stream is not None:
        streams.written(call, table, table.stream.arn, log)
        call.publish(
            WRITTEN,
            {"stream": table.stream.arn, "account": table.account, "region": table.region},
        )
