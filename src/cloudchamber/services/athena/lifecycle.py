"""The life of an execution: QUEUED, RUNNING, and how it ends.

Rules of this file: data. AWS publishes no durations; these are ours: a short query on a quiet
account, and a slow one on a busy account.
https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecutionStatus.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.lifecycle import Delay, Lifecycle
from cloudchamber.services.athena.nouns import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED

_OURS: Final = "our model: AWS publishes none"
_MILLISECOND_NS: Final = SECOND_NS // 1000

EXECUTION: Final = Lifecycle(
    "execution",
    QUEUED,
    {
        (QUEUED, "begin"): RUNNING,
        (QUEUED, "stop"): CANCELLED,
        (RUNNING, "succeed"): SUCCEEDED,
        (RUNNING, "fail"): FAILED,
        (RUNNING, "stop"): CANCELLED,
    },
    {
        QUEUED: Delay(150 * _MILLISECOND_NS, 30 * SECOND_NS, _OURS),
        RUNNING: Delay(1200 * _MILLISECOND_NS, 120 * SECOND_NS, _OURS),
    },
)
