"""Streams of DynamoDB tables as an event source: read in order, retried, cut in half, given up.

Rules of this file: a shard is read in the order of its records, a child after its parent. What was
read and is not done lies in the shard's lanes (one for each unit of the parallelization factor;
a key always has the same lane); nothing more is read before they are empty.
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from typing import Any, Final
from zlib import crc32

import msgspec

from cloudchamber.cloud import ports
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import Caller
from cloudchamber.cloud.durations import MINUTE_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.lambda_ import destinations, invocations, limits, sources
from cloudchamber.services.lambda_.names import new_id
from cloudchamber.services.lambda_.nouns import (
    MAPPINGS,
    SHARDS,
    Batch,
    Function,
    Invocation,
    Lane,
    Mapping,
    Shard,
)

ORIGIN: Final = "stream"
FACT: Final = "dynamodb.stream-written"
RETRY: Final = "lambda.batch-retried"
READ_MAX: Final = 1000
_SERVICE: Final = "dynamodbstreams"
_FOR_EVER: Final = -1
KEPT_S: Final = 86_400  # a stream keeps its records for a day: "until the record expires"
_BACK_OFF_MAX_NS: Final = MINUTE_NS


def written(call: Call, data: Dict[str, Any]) -> None:
    """Fact: a stream has a record more."""
    for mapping in sources.mappings_of(call, data["stream"]):
        sources.poll_at(call, mapping, call.now + sources.DELAY_NS)


def begin(call: Call, mapping: Mapping) -> None:
    """A mapping starts: remember where the stream ends now, if it shall begin there."""
    if mapping.members.get("StartingPosition") != "LATEST":
        return
    find = call.port(ports.TABLE_STREAMS)
    streams = find(call.cloud, *_place_of(mapping.source)) if find is not None else ()
    for stream in streams:
        if stream.arn != mapping.source:
            continue
        for facts in stream.shards:
            row = _shard(call, mapping, facts.name)
            if facts.last is not None:
                row.is_finished = True
            elif stream.next > facts.first:
                row.position = str(stream.next - 1)


def _place_of(arn: str) -> tuple[str, str]:
    parts = arn.split(":")
    return parts[4], parts[3]


def _shard(call: Call, mapping: Mapping, name: str) -> Shard:
    rows = call.rows(SHARDS)
    key = f"{mapping.uuid}/{name}"
    row = rows.get(key)
    if row is None:
        count = mapping.members["ParallelizationFactor"]
        row = rows[key] = Shard(name, mapping.uuid, lanes=[Lane() for _ in range(count)])
    return row


def forget(call: Call, mapping: Mapping) -> None:
    """A mapping is gone, and how far it had come."""
    rows = call.rows(SHARDS)
    for key in [key for key, row in rows.items() if row.mapping == mapping.uuid]:
        for lane in rows[key].lanes:
            if lane.retry:
                call.cancel(lane.retry)
        del rows[key]


def poll(call: Call, mapping: Mapping) -> None:
    """Read every shard whose turn it is."""
    function = sources.function_of(call, mapping)
    if function is None:
        mapping.result = "PROBLEM: Function not found"
        return
    try:
        poller = sources.poller_of(call, mapping, function)
        shards = _described(call, mapping, poller)
        finished = {row.name for row in call.rows(SHARDS).values()
                    if row.mapping == mapping.uuid and row.is_finished}  # fmt: skip
        known = {shard["ShardId"] for shard in shards}
        for shard in shards:
            parent = shard.get("ParentShardId", "")
            if parent in known and parent not in finished:
                continue
            row = _shard(call, mapping, shard["ShardId"])
            if not row.is_finished:
                _read(call, mapping, function, poller, row)
            if row.is_finished:
                finished.add(row.name)
    except AwsError as error:
        sources.note_failure(call, mapping, function, error)
        if error.code != "ResourceNotFoundException":
            sources.poll_at(call, mapping, call.now + MINUTE_NS, weak=True)


def _invoke(
    call: Call, mapping: Mapping, poller: Caller, operation: str, request: dict[str, Any]
) -> dict[str, Any]:
    account, region = mapping.account, _place_of(mapping.source)[1]
    return call.invoke(_SERVICE, operation, request, caller=poller, account=account, region=region)


def _described(call: Call, mapping: Mapping, poller: Caller) -> list[dict[str, Any]]:
    shards: list[dict[str, Any]] = []
    request: dict[str, Any] = {"StreamArn": mapping.source}
    while True:
        output = _invoke(call, mapping, poller, "DescribeStream", request)["StreamDescription"]
        shards.extend(output.get("Shards", ()))
        if "LastEvaluatedShardId" not in output:
            return shards
        request["ExclusiveStartShardId"] = output["LastEvaluatedShardId"]


def _read(call: Call, mapping: Mapping, function: Function, poller: Caller, row: Shard) -> None:
    """Take the next records of a shard, once those before are done, and begin with them."""
    if any(lane.batches for lane in row.lanes):
        return
    count = mapping.members["ParallelizationFactor"]
    if len(row.lanes) != count:
        row.lanes = [Lane() for _ in range(count)]
    size = mapping.members["BatchSize"] * count
    window_ns = mapping.members["MaximumBatchingWindowInSeconds"] * SECOND_NS
    while True:
        records, is_end = _records(call, mapping, poller, row, size)
        if not records:
            row.is_finished = is_end
            return
        if window_ns and len(records) < size and not is_end:
            row.window_ns = row.window_ns or call.now + window_ns
            if call.now < row.window_ns:
                sources.poll_at(call, mapping, row.window_ns)
                return
        row.window_ns = 0
        row.position = records[-1]["dynamodb"]["SequenceNumber"]
        if _fill(call, mapping, row, records):
            for number in range(len(row.lanes)):
                run(call, mapping, function, row, number)
            return


def _records(
    call: Call, mapping: Mapping, poller: Caller, row: Shard, size: int
) -> tuple[list[dict[str, Any]], bool]:
    """Up to so many records after the position, and whether the shard has ended there."""
    iterator = _iterator(call, mapping, poller, row)
    records: list[dict[str, Any]] = []
    while len(records) < size:
        request = {"ShardIterator": iterator, "Limit": min(READ_MAX, size - len(records))}
        output = _invoke(call, mapping, poller, "GetRecords", request)
        found = output.get("Records", [])
        records.extend(found)
        iterator = output.get("NextShardIterator", "")
        if not iterator:
            return records, True
        if not found:
            break
    return records, False


def _iterator(call: Call, mapping: Mapping, poller: Caller, row: Shard) -> str:
    request = {"StreamArn": mapping.source, "ShardId": row.name}
    if row.position:
        after = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": row.position}
        try:
            output = _invoke(call, mapping, poller, "GetShardIterator", {**request, **after})
            return str(output["ShardIterator"])
        except AwsError as error:
            if error.code != "TrimmedDataAccessException":
                raise
    oldest = {**request, "ShardIteratorType": "TRIM_HORIZON"}
    return str(_invoke(call, mapping, poller, "GetShardIterator", oldest)["ShardIterator"])


def _fill(call: Call, mapping: Mapping, row: Shard, records: list[dict[str, Any]]) -> bool:
    """Deal records to the lanes; False when no filter lets any pass."""
    size = mapping.members["BatchSize"]
    lanes: list[list[bytes]] = [[] for _ in row.lanes]
    for record in records:
        shown = {**record, "eventSourceARN": mapping.source}
        if sources.passes(mapping, _plain(shown)):
            key = msgspec.json.encode(record["dynamodb"]["Keys"], order="sorted")
            lanes[crc32(key) % len(lanes)].append(msgspec.json.encode(shown))
    for lane, waiting in zip(row.lanes, lanes, strict=True):
        for start in range(0, len(waiting), size):
            id_ = new_id(call, mapping.arn, "batch")
            lane.batches.append(Batch(id_, mapping.uuid, waiting[start : start + size]))
    return any(lanes)


def _plain(record: dict[str, Any]) -> Any:
    return msgspec.json.decode(msgspec.json.encode(record))


def run(call: Call, mapping: Mapping, function: Function, row: Shard, number: int) -> None:
    """Begin with the first batch of a lane, unless that is being done."""
    lane = row.lanes[number]
    if lane.is_running or lane.retry or not lane.batches or mapping.state != "Enabled":
        return
    if _drop_old(call, mapping, function, row, lane):
        return
    batch = lane.batches[0]
    reference = f"{mapping.uuid}/{row.name}/{number}"
    try:
        sources.start(call, mapping, function, ORIGIN, reference, batch.records)
    except AwsError as error:
        mapping.result = f"PROBLEM: {error.code}: {error.message}"
        delay_ns = min(SECOND_NS << min(lane.back_off, 10), _BACK_OFF_MAX_NS)
        lane.back_off += 1
        _retry(call, mapping, row, number, delay_ns)
        return
    lane.is_running = True
    lane.back_off = 0


def _retry(call: Call, mapping: Mapping, row: Shard, number: int, delay_ns: int) -> None:
    row.lanes[number].retry = call.after(
        delay_ns, RETRY, mapping.account, mapping.region, mapping.uuid, row.name, number
    )


def retried(call: Call, account: str, region: str, uuid: str, shard: str, number: int) -> None:
    """Kernel event: a batch is tried again."""
    mapping = call.rows(MAPPINGS, account, region).get(uuid)
    row = call.rows(SHARDS).get(f"{uuid}/{shard}")
    if row is None or mapping is None:
        return
    row.lanes[number].retry = 0
    function = sources.function_of(call, mapping)
    if function is not None:
        run(call, mapping, function, row, number)
        sources.poll_at(call, mapping, call.now)


def resume(call: Call, mapping: Mapping) -> None:
    """A mapping is enabled again: go on where it stopped."""
    function = sources.function_of(call, mapping)
    for row in [row for row in call.rows(SHARDS).values() if row.mapping == mapping.uuid]:
        for number in range(len(row.lanes)):
            if function is not None:
                run(call, mapping, function, row, number)


def completed(call: Call, row: Invocation) -> None:
    """A batch is done, or not: what follows in its lane, and more from the shard."""
    invocations.forget(call, row)
    uuid, _, rest = row.reference.partition("/")
    name, _, number = rest.rpartition("/")
    shard = call.rows(SHARDS).get(f"{uuid}/{name}")
    mapping = call.rows(MAPPINGS, row.account, row.region).get(uuid)
    if shard is None or mapping is None:
        return
    lane = shard.lanes[int(number)]
    lane.is_running = False
    batch = lane.batches[0]
    numbers = [_sequence(record) for record in batch.records]
    failed = sources.failures_of(mapping, row, numbers)
    function = sources.function_of(call, mapping)
    if failed is not None and not failed:
        mapping.result = "OK"
        lane.batches.pop(0)
    elif function is not None:
        mapping.result = "PROBLEM: Function call failed"
        _failed(call, mapping, function, shard, int(number), failed, row)
    if function is not None:
        run(call, mapping, function, shard, int(number))
    if mapping.state == "Enabled" and not any(lane.batches for lane in shard.lanes):
        sources.poll_at(call, mapping, call.now)


class _Record(msgspec.Struct):
    class Change(msgspec.Struct):
        SequenceNumber: str
        ApproximateCreationDateTime: float = 0

    dynamodb: Change


_decoder: Final = msgspec.json.Decoder(_Record)


def _sequence(record: bytes) -> str:
    return _decoder.decode(record).dynamodb.SequenceNumber


def _failed(
    call: Call,
    mapping: Mapping,
    function: Function,
    shard: Shard,
    number: int,
    failed: set[str] | None,
    row: Invocation,
) -> None:
    """Try again, in halves if that is wanted, or give up."""
    lane = shard.lanes[number]
    batch = lane.batches[0]
    if failed:
        # "Lambda uses the lowest sequence number as the checkpoint": what is before it is done.
        first = next(at for at, each in enumerate(batch.records) if _sequence(each) in failed)
        batch.records = batch.records[first:]
    retries = mapping.members["MaximumRetryAttempts"]
    if mapping.members["BisectBatchOnFunctionError"] and len(batch.records) > 1:
        # "Splitting a batch ... doesn't count towards the retry quota."
        half = len(batch.records) // 2
        second = Batch(new_id(call, mapping.arn, "batch"), mapping.uuid, batch.records[half:])
        batch.records = batch.records[:half]
        lane.batches.insert(1, second)
        call.event(
            mapping.arn, "lambda.batch-split", f"a batch of {mapping.source} was split in two"
        )
        return
    batch.attempts += 1
    if retries != _FOR_EVER and batch.attempts > retries:
        lane.batches.pop(0)
        _give_up(call, mapping, function, shard, batch, "RetryAttemptsExhausted", row)
        return
    delay_ns = min(SECOND_NS << min(batch.attempts - 1, 10), _BACK_OFF_MAX_NS)
    _retry(call, mapping, shard, number, delay_ns)


def _drop_old(call: Call, mapping: Mapping, function: Function, shard: Shard, lane: Lane) -> bool:
    """Give up records that are older than the mapping allows; True when the lane is empty then."""
    age_s = mapping.members["MaximumRecordAgeInSeconds"]
    if age_s == _FOR_EVER:
        age_s = KEPT_S
    while lane.batches:
        batch = lane.batches[0]
        oldest = call.now_s - age_s
        old = [each for each in batch.records if _created_s(each) < oldest]
        if not old:
            return False
        left = batch.records[len(old) :]
        gone = Batch(batch.id, mapping.uuid, old, batch.attempts)
        _give_up(call, mapping, function, shard, gone, "RecordAgeExceeded", None)
        if left:
            batch.records = left
            return False
        lane.batches.pop(0)
    return True


def _created_s(record: bytes) -> float:
    return _decoder.decode(record).dynamodb.ApproximateCreationDateTime


def _give_up(
    call: Call,
    mapping: Mapping,
    function: Function,
    shard: Shard,
    batch: Batch,
    condition: str,
    row: Invocation | None,
) -> None:
    """Records that will not be tried again: told, and sent to the destination of failures."""
    call.event(
        mapping.arn,
        "lambda.batch-dropped",
        f"{len(batch.records)} records of {mapping.source} are given up: {condition}",
    )
    arn = mapping.members.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if not arn:
        return
    first, last = _decoder.decode(batch.records[0]), _decoder.decode(batch.records[-1])
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": row.request_id if row is not None else batch.id,
            "functionArn": function.arn,
            "condition": condition,
            "approximateInvokeCount": batch.attempts,
        },
        "version": "1.0",
        "timestamp": destinations.shown_instant(call.now),
        "DDBStreamBatchInfo": {
            "shardId": shard.name,
            "startSequenceNumber": first.dynamodb.SequenceNumber,
            "endSequenceNumber": last.dynamodb.SequenceNumber,
            "approximateArrivalOfFirstRecord": _shown_s(first),
            "approximateArrivalOfLastRecord": _shown_s(last),
            "batchSize": len(batch.records),
            "streamArn": mapping.source,
        },
    }
    if row is not None:
        record["responseContext"] = {
            "statusCode": 200,
            "executedVersion": row.version,
            "functionError": "Unhandled",
        }
    destinations.follow(call, row.trace if row is not None else "")
    destinations.send(call, function, arn, record, "Failure")


def _shown_s(record: _Record) -> str:
    at_ns = round(record.dynamodb.ApproximateCreationDateTime * 1_000) * limits.MS
    return destinations.shown_instant(at_ns)
