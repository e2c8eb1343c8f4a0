"""How often a FIFO queue may be called: so many transactions a second, for each action.

Rules of this file: only under `throttling = enforce`, and only what AWS publishes. The rates are
the queue's (with high throughput, each message group's and the queue's), so they are counted here
and not by the pipeline, which counts an account's. A transaction is paid for when the call is known
to be good, before it changes anything.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""

from __future__ import annotations

from collections.abc import Iterable

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import Throttled
from cloudchamber.cloud.throttling import Bucket
from cloudchamber.services.sqs.limits import (
    FIFO_PER_SECOND,
    HIGH_ELSEWHERE_PER_SECOND,
    HIGH_PER_SECOND,
)
from cloudchamber.services.sqs.nouns import BUCKETS, Queue


def pay(call: Call, queue: Queue, action: str, groups: Iterable[str] = ()) -> None:
    """Count one transaction on a FIFO queue. Raises RequestThrottled, and then counts nothing."""
    if not queue.fifo or call.cloud.settings.throttling == "off" or call.origin.is_nested:
        return
    if queue.attributes.get("FifoThroughputLimit") == "perMessageGroupId":
        per_second = HIGH_PER_SECOND.get(queue.region, HIGH_ELSEWHERE_PER_SECOND)
        wanted = [(f"{action} {queue.name} {group}", FIFO_PER_SECOND) for group in sorted(groups)]
        wanted.append((f"{action} {queue.name}", per_second))
    else:
        wanted = [(f"{action} {queue.name}", FIFO_PER_SECOND)]
    rows = call.rows(BUCKETS, queue.account, queue.region)
    buckets = [_filled(rows, key, per_second, call.now) for key, per_second in wanted]
    if any(bucket.level < SECOND_NS for bucket in buckets):
        raise Throttled("RequestThrottled", "Rate exceeded")
    for bucket in buckets:
        bucket.level -= SECOND_NS


def _filled(rows: dict[str, Bucket], key: str, per_second: int, now: int) -> Bucket:
    """A bucket as of now, in token-nanoseconds; it holds one second's tokens."""
    full = per_second * SECOND_NS
    bucket = rows.get(key)
    if bucket is None:
        bucket = rows[key] = Bucket(full, now)
    bucket.level = min(full, bucket.level + (now - bucket.since_ns) * per_second)
    bucket.since_ns = now
    return bucket
