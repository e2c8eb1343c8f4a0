"""How long a window's records are on their way.

"The flow log service typically delivers logs ... to Amazon S3 in about 10 minutes": that is from
the capture to the bucket, so half of it after a window of ten minutes; best effort, so that it may
be much later.
https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.durations import MINUTE_NS
from cloudchamber.cloud.lifecycle import Delay, Lifecycle

DELIVERY: Final = Lifecycle(
    "ec2.flow-delivery",
    "collected",
    {("collected", "deliver"): "delivered"},
    {"collected": Delay(5 * MINUTE_NS, 30 * MINUTE_NS, "flow-log-records.html")},
)
