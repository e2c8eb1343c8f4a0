"""Streams: listed and described."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.ports import ShardFacts
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.dynamodbstreams.lookup import expect_shard, expect_stream, streams_of

PAGE: Final = 100


def list_streams(call: Call, request: Input) -> Output:
    """The streams of a table or of a whole region, by ARN."""
    wanted = request.get("TableName", "")
    table = wanted.rpartition("/")[2]
    streams = [
        stream
        for stream in streams_of(call, call.account, call.region)
        if not table or stream.table == table
    ]
    start = request.get("ExclusiveStartStreamArn")
    first = bisect_right(streams, start, key=lambda stream: stream.arn) if start else 0
    size = _size(request)
    chosen = streams[first : first + size]
    output: Output = {
        "Streams": [
            {"StreamArn": stream.arn, "TableName": stream.table, "StreamLabel": stream.label}
            for stream in chosen
        ]
    }
    if first + size < len(streams):
        output["LastEvaluatedStreamArn"] = chosen[-1].arn
    return output


def describe_stream(call: Call, request: Input) -> Output:
    """A stream and a page of its shards; with a filter, the children of one shard."""
    stream = expect_stream(call, request["StreamArn"])
    shards = list(stream.shards)
    chosen_by = request.get("ShardFilter")
    if chosen_by is not None:
        if "ShardId" not in chosen_by or "Type" not in chosen_by:
            raise AwsError("ValidationException", "ShardFilter requires Type and ShardId")
        parent = expect_shard(stream, chosen_by["ShardId"])
        shards = [shard for shard in shards if shard.parent == parent.name]
    start = request.get("ExclusiveStartShardId")
    if start is not None:
        shards = [shard for shard in shards if shard.name > start]
    size = _size(request)
    description: Output = {
        "StreamArn": stream.arn,
        "StreamLabel": stream.label,
        "StreamStatus": stream.status,
        "StreamViewType": stream.view,
        "CreationRequestDateTime": stream.created_ns / SECOND_NS,
        "TableName": stream.table,
        "KeySchema": [dict(key) for key in stream.key_schema],
        "Shards": [_shown(shard) for shard in shards[:size]],
    }
    if len(shards) > size:
        description["LastEvaluatedShardId"] = shards[size - 1].name
    return {"StreamDescription": description}


def _size(request: Input) -> int:
    size: int = request.get("Limit", PAGE)
    if size > PAGE:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{size}' at 'limit' failed to satisfy "
            f"constraint: Member must have value less than or equal to {PAGE}",
        )
    return size


def _shown(shard: ShardFacts) -> Output:
    numbers = {"StartingSequenceNumber": str(shard.first)}
    if shard.last is not None:
        numbers["EndingSequenceNumber"] = str(shard.last)
    output: Output = {"ShardId": shard.name, "SequenceNumberRange": numbers}
    if shard.parent:
        output["ParentShardId"] = shard.parent
    return output
