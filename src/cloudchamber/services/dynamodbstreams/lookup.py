"""Finding streams: by ARN, through the ports of the service whose they are.

Rules of this file: reading only. While no table was ever made, there are no streams.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudchamber.cloud import ports
from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.ports import ShardFacts, StreamFacts
from cloudchamber.cloud.service import Input
from cloudchamber.services.dynamodbstreams.tokens import read_token


def streams_of(call: Call, account: str, region: str) -> Sequence[StreamFacts]:
    """The streams of a place, by ARN."""
    ask = call.port(ports.TABLE_STREAMS)
    found: Sequence[StreamFacts] = ask(call.cloud, account, region) if ask else ()
    return found


def expect_stream(call: Call, arn: str) -> StreamFacts:
    """The stream of an ARN. Raises ResourceNotFoundException, ValidationException."""
    parts = find_arn(arn)
    if parts is None or parts.service != "dynamodb" or "/stream/" not in parts.resource:
        raise AwsError("ValidationException", f"Invalid StreamArn: {arn}")
    find = call.port(ports.TABLE_STREAM)
    if find is not None and parts.region == call.region:
        stream: StreamFacts | None = find(call.cloud, arn)
        if stream is not None:
            return stream
    raise AwsError(
        "ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found"
    )


def expect_shard(stream: StreamFacts, name: str) -> ShardFacts:
    """A shard of a stream by its id. Raises ResourceNotFoundException."""
    for shard in stream.shards:
        if shard.name == name:
            return shard
    raise AwsError(
        "ResourceNotFoundException",
        f"Requested resource not found: Shard: {name} in Stream: {stream.arn} not found",
    )


def arn_of_stream(call: Call, request: Input) -> str:
    """The ARN that a permission on a stream is asked on."""
    arn: str = request["StreamArn"]
    return arn


def arn_of_iterator(call: Call, request: Input) -> str:
    """The ARN that a permission on an iterator is asked on: its stream's."""
    token = read_token(request["ShardIterator"])
    return token.arn if token is not None else "*"


def resource_policy(call: Call, arn: str) -> Any:
    """The policy attached to a stream, or None."""
    ask = call.port(ports.TABLE_STREAM_POLICY)
    return ask(call, arn) if ask else None
