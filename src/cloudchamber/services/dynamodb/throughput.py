"""Capacity in force: buckets of read and write units, for tables, indexes and on-demand limits.

Rules of this file: asked only under `throttling = enforce` (`Table.is_limited`), before anything is
changed; a call pays for all of its parts or for none. A provisioned table or index saves up what
it does not use for five minutes. An on-demand one takes its warm throughput, or less when its owner
set a limit. Units count in billionths, so that half a unit is exact.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.throttling import Bucket
from cloudchamber.services.dynamodb.nouns import Index, Table
from cloudchamber.services.dynamodb.settings import BUCKETS
from cloudchamber.services.dynamodb.table_views import warm_of

BURST_S: Final = 300
READ: Final = "read"
WRITE: Final = "write"


def pay(call: Call, table: Table, reads: Mapping[str, float], writes: Mapping[str, float]) -> None:
    """Take capacity units from the table ("") and its indexes, by name.

    Raises ProvisionedThroughputExceededException or ThrottlingException, and then takes nothing.
    """
    if not table.is_limited:
        return
    rows = call.rows(BUCKETS, table.account, table.region)
    taken: list[tuple[Bucket, int]] = []
    for kind, wanted in ((READ, reads), (WRITE, writes)):
        for name, units in _shared(table, wanted).items():
            part = table.indexes[name] if name else table
            rate = _rate(part, kind)
            bucket = _filled(rows, f"{table.id} {name} {kind}", rate, table, call.now)
            need = round(units * SECOND_NS)
            # An item larger than all that can be saved up passes when the bucket is full.
            if bucket.level < min(need, _full(rate, table)):
                raise _exceeded(table, part, kind)
            taken.append((bucket, need))
    # Taking is a change of the world, so a read that is charged is an input like any write.
    call.cloud.touches += 1
    for bucket, need in taken:
        bucket.level -= need


def _shared(table: Table, wanted: Mapping[str, float]) -> dict[str, float]:
    """Units by who has a bucket: what a local index needs is taken from its table."""
    shared: dict[str, float] = {}
    for name, units in wanted.items():
        owner = name if name and table.indexes[name].is_global else ""
        shared[owner] = shared.get(owner, 0.0) + units
    return shared


def _rate(part: Table | Index, kind: str) -> int:
    """Units a second."""
    if part.throughput is not None:
        return part.throughput.read if kind == READ else part.throughput.write
    limit = part.on_demand_read if kind == READ else part.on_demand_write
    warm = warm_of(part)[0 if kind == READ else 1]
    return warm if limit is None else min(limit, warm)


def _full(rate: int, table: Table) -> int:
    return rate * SECOND_NS * (BURST_S if table.billing == "PROVISIONED" else 1)


def _filled(rows: dict[str, Bucket], key: str, rate: int, table: Table, now: int) -> Bucket:
    full = _full(rate, table)
    bucket = rows.get(key)
    if bucket is None:
        bucket = rows[key] = Bucket(full, now)
    bucket.level = min(full, bucket.level + (now - bucket.since_ns) * rate)
    bucket.since_ns = now
    return bucket


def _exceeded(table: Table, part: Table | Index, kind: str) -> AwsError:
    is_index = isinstance(part, Index)
    subject = "Index" if is_index else "Table"
    arn = f"{table.arn}/index/{part.name}" if is_index else table.arn
    if part.throughput is not None:
        reason = f"{subject}{kind.title()}ProvisionedThroughputExceeded"
        return AwsError(
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for "
            + ("one or more global secondary indexes of the table" if is_index else "the table")
            + " was exceeded. Consider increasing your provisioning level with the UpdateTable "
            "API.",
            ThrottlingReasons=[{"reason": reason, "resource": arn}],
        )
    limit = part.on_demand_read if kind == READ else part.on_demand_write
    if limit is not None:
        return AwsError(
            "ThrottlingException",
            "Throughput exceeds the maximum OnDemandThroughput configured on table or index",
            throttlingReasons=[
                {"reason": f"{subject}{kind.title()}MaxOnDemandThroughputExceeded",
                 "resource": arn}
            ],
        )  # fmt: skip
    return AwsError(
        "ThrottlingException",
        "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically "
        "scaling your table or index so please try again shortly.",
        throttlingReasons=[
            {"reason": f"{subject}{kind.title()}KeyRangeThroughputExceeded", "resource": arn}
        ],
    )
