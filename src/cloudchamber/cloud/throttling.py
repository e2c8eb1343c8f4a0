"""Request rates as AWS documents them: one token bucket per caller's account, region, operation.

Rules of this file: the rates are data in each service's declaration; time is the chamber's. Off
unless asked for, because under a clock that stands still every burst would be over its rate.
Integer arithmetic in token-nanoseconds: nothing rounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import Throttled
from cloudchamber.cloud.store import Table

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


class Bucket(msgspec.Struct):
    """`level` is in token-nanoseconds (a token is 10^9 of them), as of `since_ns`."""

    level: int
    since_ns: int


BUCKETS = Table("cloud.throttles", Bucket)


def throttle(call: Call) -> None:
    """The pipeline's stage. Raises Throttled when the caller's bucket is empty."""
    cloud = call.cloud
    if cloud.settings.throttling == "off" or call.origin.is_nested:
        return
    rate = call.service.rates.get(call.operation_name)
    if rate is None:
        return
    rows = cloud.store.rows(BUCKETS, call.caller.account, call.region)
    key = f"{call.service.name}.{call.operation_name}"
    full = rate.burst * SECOND_NS
    bucket = rows.setdefault(key, Bucket(full, call.now))
    bucket.level = min(full, bucket.level + (call.now - bucket.since_ns) * rate.per_second)
    bucket.since_ns = call.now
    if bucket.level < SECOND_NS:
        code = "ThrottlingException" if call.origin.protocol == "json" else "Throttling"
        raise Throttled(code)
    bucket.level -= SECOND_NS
