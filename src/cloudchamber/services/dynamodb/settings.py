"""What is kept of a table beside its keys, indexes and items: who watches it and what it was.

Rules of this file: plain data and its tables. Whoever reads and writes items needs nothing of it.
"""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud.store import Table as StoreTable
from cloudchamber.cloud.throttling import Bucket


class Destination(msgspec.Struct):
    """A Kinesis data stream that changes go to. `precision` is MILLISECOND or MICROSECOND."""

    arn: str
    status: str
    precision: str = ""
    description: str = ""


class Insight(msgspec.Struct):
    """Contributor insights of a table ("") or an index."""

    mode: str
    status: str
    changed_ns: int


class Replica(msgspec.Struct):
    """The replica of a table in another region, as this region's table knows it."""

    region: str
    status: str
    key: str = ""
    table_class: str = ""
    read: int | None = None


class Restored(msgspec.Struct, frozen=True):
    """Where a table was restored from, and the instant whose state it has."""

    source: str
    backup: str
    moment_ns: int


class Setting(msgspec.Struct):
    """The rest of what is known of one table.

    `latest` is the ARN of the newest stream there was, `key` the ARN of the customer's or AWS's KMS
    key ("" for the key that DynamoDB owns). `recovery_ns` is since when changes are kept for a
    restore, None while they are not. `counted` is what DescribeTable says: items and bytes of the
    table ("") and each index, as of the last count. `was_on_demand` stays true once it was so.
    `is_tied` is a replica's protection from leaving its global table.
    """

    latest: str = ""
    key: str = ""
    key_changed_ns: int | None = None
    class_changed_ns: int | None = None
    was_on_demand: bool = False
    recovery_ns: int | None = None
    recovery_days: int = 35
    counted: dict[str, tuple[int, int]] = {}
    destinations: list[Destination] = []
    insights: dict[str, Insight] = {}
    replicas: list[Replica] = []
    is_tied: bool = True
    restored: Restored | None = None


class Policy(msgspec.Struct, frozen=True):
    """A resource policy and its revision."""

    document: str
    revision: str


SETTINGS: Final = StoreTable("dynamodb.settings", Setting)  # by table name
POLICIES: Final = StoreTable("dynamodb.resource-policies", Policy)  # by ARN of a table or stream
BUCKETS: Final = StoreTable("dynamodb.throughput", Bucket)  # table, index, reads or writes
