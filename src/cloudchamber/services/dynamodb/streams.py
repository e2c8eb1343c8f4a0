"""Streams of tables: begun, ended, and read by the service whose job that is.

Rules of this file: a stream is a view of a part of its table's change log, and keeps nothing but
where it begins and ends. A table has one open shard at a time (one partition's worth); the first
change that is four hours after a shard was opened closes it and opens its child, as AWS does. What
is a day old is no longer shown. A stream without changes in a day stays while it is switched on.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import HOUR_NS, SECOND_NS
from cloudchamber.cloud.ports import ShardFacts, StreamFacts
from cloudchamber.cloud.store import Table as StoreTable
from cloudchamber.languages.dynamodb.values import item_size
from cloudchamber.services.dynamodb.change_log import LOGS, Change, ChangeLog
from cloudchamber.services.dynamodb.keys import Item, KeySchema
from cloudchamber.services.dynamodb.lifecycle import STREAM_KEPT_NS
from cloudchamber.services.dynamodb.nouns import TABLES, StreamSettings, Table
from cloudchamber.services.dynamodb.settings import POLICIES, Setting
from cloudchamber.services.dynamodb.shelf import size_in, unpack
from cloudchamber.services.dynamodb.table_views import show_keys

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

SHARD_NS: Final = 4 * HOUR_NS  # not published; about as long as AWS's shards live
# Sequence numbers have at least 21 digits.
FIRST_NUMBER: Final = 10**20
FORGET: Final = "dynamodb.stream-forgotten"
TTL_IDENTITY: Final = (("PrincipalId", "dynamodb.amazonaws.com"), ("Type", "Service"))
_NEW: Final = ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")
_OLD: Final = ("OLD_IMAGE", "NEW_AND_OLD_IMAGES")
_MILLISECOND_NS: Final = 1_000_000
_OPENED_DIGITS: Final = 20


class Shard(msgspec.Struct):
    """A part of a stream: changes `first` to `last` of the log (None: it takes changes)."""

    name: str
    parent: str
    first: int
    opened_ns: int
    last: int | None = None
    closed_ns: int = 0


class Stream(msgspec.Struct):
    """A stream of a table. `log` is the id of the table whose change log it shows."""

    arn: str
    label: str
    table: str
    log: str
    keys: KeySchema
    view: str
    created_ns: int
    shards: list[Shard]
    ended_ns: int | None = None


STREAMS: Final = StoreTable("dynamodb.streams", Stream, ordered=True)  # by ARN


def begin_stream(call: Call, table: Table, setting: Setting, view: str) -> None:
    """Switch a table's stream on."""
    label = datetime.fromtimestamp(call.now // SECOND_NS, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    streams = call.rows(STREAMS, table.account, table.region)
    millisecond = call.now % SECOND_NS // _MILLISECOND_NS
    # Two streams of one table in one millisecond would have one label.
    while (arn := f"{table.arn}/stream/{label}.{millisecond:03}") in streams:
        millisecond += 1
    log = call.rows(LOGS, table.account, table.region).setdefault(table.id, ChangeLog())
    shard = _opened(arn, "", log.next, call.now)
    stream = Stream(
        arn, arn.rpartition("/")[2], table.name, table.id, table.keys, view, call.now, [shard]
    )
    streams[arn] = stream
    table.stream = StreamSettings(stream.label, arn, view)
    setting.latest = arn


def end_stream(call: Call, table: Table) -> None:
    """Switch a table's stream off; it can be read for another day."""
    if table.stream is None:
        return
    stream = call.rows(STREAMS, table.account, table.region)[table.stream.arn]
    log = call.rows(LOGS, table.account, table.region)[stream.log]
    stream.ended_ns = call.now
    _close(stream.shards[-1], log.next, call.now)
    table.stream = None
    call.after(STREAM_KEPT_NS, FORGET, stream.arn, weak=True)


def forget(call: Call, arn: str) -> None:
    """A stream that was switched off a day ago is gone, with its policy."""
    parts = find_arn(arn)
    assert parts is not None  # it is the ARN of a stream
    stream = call.rows(STREAMS, parts.account, parts.region).pop(arn, None)
    call.rows(POLICIES, parts.account, parts.region).pop(arn, None)
    if stream is None:
        return
    table = call.rows(TABLES, parts.account, parts.region).get(stream.table)
    if table is None or table.id != stream.log:
        drop_log(call, parts.account, parts.region, stream.log)
    call.event(arn, "dynamodb.stream-forgotten", f"the stream {arn} is a day past its end")


def drop_log(call: Call, account: str, region: str, log: str) -> None:
    """The table of a change log is gone: so is the log, once no stream shows it."""
    if all(stream.log != log for stream in call.rows(STREAMS, account, region).values()):
        call.rows(LOGS, account, region).pop(log, None)


def written(call: Call, table: Table, arn: str, log: ChangeLog) -> None:
    """A change was written to a log that an open stream shows: roll its shard over when due."""
    stream = call.rows(STREAMS, table.account, table.region)[arn]
    open_shard = stream.shards[-1]
    number = log.next - 1
    if call.now - open_shard.opened_ns < SHARD_NS:
        return
    _close(open_shard, number, call.now)
    stream.shards.append(_opened(arn, open_shard.name, number, call.now))
    oldest = call.now - STREAM_KEPT_NS
    stream.shards = [
        shard for shard in stream.shards if shard.last is None or shard.closed_ns >= oldest
    ]


def _close(shard: Shard, following: int, now: int) -> None:
    shard.last = following - 1
    shard.closed_ns = now


def _opened(arn: str, parent: str, first: int, now: int) -> Shard:
    opened = f"{now // _MILLISECOND_NS:0{_OPENED_DIGITS}}"
    mark = blake2b(f"{arn} {first} {opened}".encode(), digest_size=4).hexdigest()
    return Shard(f"shardId-{opened}-{mark}", parent, first, now)


# What the ports answer


def streams_of(cloud: Cloud, account: str, region: str) -> Sequence[StreamFacts]:
    """The streams of a place, by ARN."""
    rows = cloud.store.rows(STREAMS, account, region)
    return [_facts(cloud, account, region, stream) for stream in rows.values()]


def _facts(cloud: Cloud, account: str, region: str, stream: Stream) -> StreamFacts:
    log = cloud.store.rows(LOGS, account, region)[stream.log]
    now = cloud.kernel.now
    oldest = log.position(now - STREAM_KEPT_NS)
    shown_shards = [
        ShardFacts(
            name=shard.name,
            parent=shard.parent,
            first=shard.first + FIRST_NUMBER,
            last=None if shard.last is None else shard.last + FIRST_NUMBER,
        )
        for shard in stream.shards
        if shard.last is None or shard.closed_ns >= now - STREAM_KEPT_NS
    ]
    last = stream.shards[-1].last
    return StreamFacts(
        arn=stream.arn,
        label=stream.label,
        table=stream.table,
        key_schema=show_keys(stream.keys),
        view=stream.view,
        status="ENABLED" if stream.ended_ns is None else "DISABLED",
        created_ns=stream.created_ns,
        shards=shown_shards,
        oldest=oldest + FIRST_NUMBER,
        next=(log.next if last is None else last + 1) + FIRST_NUMBER,
    )


def find_stream(cloud: Cloud, arn: str) -> StreamFacts | None:
    """One stream by its ARN, or None."""
    parts = find_arn(arn)
    if parts is None:
        return None
    stream = cloud.store.rows(STREAMS, parts.account, parts.region).get(arn)
    return None if stream is None else _facts(cloud, parts.account, parts.region, stream)


def position(cloud: Cloud, arn: str, t_ns: int) -> int:
    """The sequence number of a stream's first record at or after an instant."""
    _, log, _ = _found(cloud, arn)
    return log.position(t_ns) + FIRST_NUMBER


def records(
    cloud: Cloud, arn: str, sequence: int, limit: int, size: int
) -> Sequence[tuple[int, dict[str, Any]]]:
    """A stream's records from a sequence number on: at most `limit`, and `size` bytes."""
    stream, log, region = _found(cloud, arn)
    found: list[tuple[int, dict[str, Any]]] = []
    left = size
    for number, change in log.since(sequence - FIRST_NUMBER, limit):
        record, weight = _record(stream, region, number, change)
        if weight > left and found:
            break
        left -= weight
        found.append((number + FIRST_NUMBER, record))
    return found


def _found(cloud: Cloud, arn: str) -> tuple[Stream, ChangeLog, str]:
    parts = find_arn(arn)
    assert parts is not None  # whoever asks has it from `streams_of`
    stream = cloud.store.rows(STREAMS, parts.account, parts.region)[arn]
    log = cloud.store.rows(LOGS, parts.account, parts.region)[stream.log]
    return stream, log, parts.region


def _record(stream: Stream, region: str, number: int, change: Change) -> tuple[dict[str, Any], int]:
    """A change as GetRecords shows it, and its size."""
    after = None if change.after is None else unpack(change.after)
    before = None if change.before is None else unpack(change.before)
    item = after or before
    assert item is not None  # what comes of nothing is no change
    keys: Item = {name: item[name] for name in stream.keys.names}
    weight = item_size(keys)
    body: dict[str, Any] = {
        # "rounded down to the closest second", API_streams_StreamRecord.html
        "ApproximateCreationDateTime": float(change.t_ns // SECOND_NS),
        "Keys": keys,
        "SequenceNumber": str(number + FIRST_NUMBER),
        "StreamViewType": stream.view,
    }
    if change.after is not None and stream.view in _NEW:
        body["NewImage"] = after
        weight += size_in(change.after)
    if change.before is not None and stream.view in _OLD:
        body["OldImage"] = before
        weight += size_in(change.before)
    body["SizeBytes"] = weight
    record: dict[str, Any] = {
        "eventID": blake2b(f"{stream.arn} {number}".encode(), digest_size=16).hexdigest(),
        "eventName": change.name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": region,
        "dynamodb": body,
    }
    if change.by_ttl:
        record["userIdentity"] = dict(TTL_IDENTITY)
    return record, weight
