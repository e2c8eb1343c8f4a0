"""Amazon DynamoDB Streams: what it is called and what it answers. It keeps nothing.

Rules of this file: declaration only. The streams and their records are DynamoDB's; they are read
through its ports.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.service import Service, simulated
from cloudchamber.services.dynamodbstreams import iterators, streams
from cloudchamber.services.dynamodbstreams.lookup import (
    arn_of_iterator,
    arn_of_stream,
    resource_policy,
)

SERVICE: Final = Service(
    name="dynamodbstreams",
    operations={
        "DescribeStream": simulated(streams.describe_stream, resource=arn_of_stream),
        "GetRecords": simulated(iterators.get_records, resource=arn_of_iterator),
        "GetShardIterator": simulated(iterators.get_shard_iterator, resource=arn_of_stream),
        "ListStreams": simulated(streams.list_streams),
    },
    prefix="dynamodb",
    resource_policy=resource_policy,
)
