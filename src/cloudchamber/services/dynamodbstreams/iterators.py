"""Reading a shard: where to begin, and the records from there.

Rules of this file: a read changes nothing, so that any number may read the same. An iterator is
good for 15 minutes; an answer holds at most 1,000 records or 1 MB.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import MINUTE_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.ports import ShardFacts, StreamFacts
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.dynamodbstreams.lookup import expect_shard, expect_stream
from cloudchamber.services.dynamodbstreams.tokens import Token, read_token, write_token

RECORDS_MAX: Final = 1000
BYTES_MAX: Final = 1024 * 1024
LIFE_NS: Final = 15 * MINUTE_NS
_BY_NUMBER: Final = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


def get_shard_iterator(call: Call, request: Input) -> Output:
    """An iterator at a place in a shard."""
    stream = expect_stream(call, request["StreamArn"])
    shard = expect_shard(stream, request["ShardId"])
    kind = request["ShardIteratorType"]
    if (kind in _BY_NUMBER) != ("SequenceNumber" in request):
        verb = "is required" if kind in _BY_NUMBER else "is not allowed"
        raise AwsError("ValidationException", f"SequenceNumber {verb} for ShardIteratorType {kind}")
    if (kind == "AT_TIMESTAMP") != ("Timestamp" in request):
        verb = "is required" if kind == "AT_TIMESTAMP" else "is not allowed"
        raise AwsError("ValidationException", f"Timestamp {verb} for ShardIteratorType {kind}")
    sequence = _place(call, stream, shard, kind, request)
    return {"ShardIterator": write_token(Token(stream.arn, shard.name, sequence, call.now))}


def _place(call: Call, stream: StreamFacts, shard: ShardFacts, kind: str, request: Input) -> int:
    end = stream.next if shard.last is None else shard.last + 1
    first = max(shard.first, stream.oldest)
    if kind == "TRIM_HORIZON":
        return first
    if kind == "LATEST":
        return end
    if kind == "AT_TIMESTAMP":
        find = call.port(ports.TABLE_STREAM_POSITION)
        found: int = find(call.cloud, stream.arn, round(request["Timestamp"] * SECOND_NS))
        return min(max(found, first), end)
    text = request["SequenceNumber"]
    number = int(text) if text.isascii() and text.isdigit() else -1
    if number < shard.first or (shard.last is not None and number > shard.last):
        raise AwsError(
            "ValidationException",
            f"Invalid SequenceNumber {text}: it is not in the range of shard {shard.name}",
        )
    if number < stream.oldest:
        raise _trimmed()
    return number + (kind == "AFTER_SEQUENCE_NUMBER")


def get_records(call: Call, request: Input) -> Output:
    """The records from an iterator on, and the iterator that continues."""
    token = read_token(request["ShardIterator"])
    if token is None:
        raise AwsError("ValidationException", "Invalid ShardIterator")
    limit = request.get("Limit", RECORDS_MAX)
    if limit > RECORDS_MAX:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy "
            f"constraint: Member must have value less than or equal to {RECORDS_MAX}",
        )
    stream = expect_stream(call, token.arn)
    if call.now - token.made_ns > LIFE_NS:
        raise AwsError(
            "ExpiredIteratorException",
            "Iterator expired. The iterator was created at time "
            f"{token.made_ns // SECOND_NS} while right now it is {call.now // SECOND_NS} "
            "which is further in the future than the tolerated delay of 900 seconds",
        )
    shard = expect_shard(stream, token.shard)
    if token.sequence < stream.oldest:
        raise _trimmed()
    end = stream.next if shard.last is None else shard.last + 1
    read = call.port(ports.TABLE_STREAM_RECORDS)
    found = read(call.cloud, stream.arn, token.sequence, min(limit, end - token.sequence),
                 BYTES_MAX)  # fmt: skip
    reached = found[-1][0] + 1 if found else token.sequence
    output: Output = {"Records": [record for _, record in found]}
    is_open = shard.last is None and stream.status == "ENABLED"
    if is_open or reached < end:
        output["NextShardIterator"] = write_token(Token(stream.arn, shard.name, reached, call.now))
    # An empty answer costs as much as one of a kilobyte: half a read request unit each.
    call.meter("StreamReadRequestUnits", 1, stream.arn)
    return output


def _trimmed() -> AwsError:
    return AwsError(
        "TrimmedDataAccessException",
        "The operation attempted to read past the oldest stream record in a shard.",
    )
