"""The lives of what IAM does in its own time: a credential report, the end of a linked role.

Rules of this file: tables only. AWS publishes no durations for these; the figures are our model.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.durations import MINUTE_NS, SECOND_NS
from cloudchamber.cloud.lifecycle import Delay, Lifecycle

_OURS: Final = "our model; AWS says that it takes a while"

REPORT_LIFE: Final = Lifecycle(
    "credential report",
    "STARTED",
    {("STARTED", "ready"): "COMPLETE"},
    {"STARTED": Delay(2 * SECOND_NS, MINUTE_NS, _OURS)},
)
DELETION_LIFE: Final = Lifecycle(
    "deletion of a service-linked role",
    "IN_PROGRESS",
    {("IN_PROGRESS", "done"): "SUCCEEDED", ("IN_PROGRESS", "refused"): "FAILED"},
    {"IN_PROGRESS": Delay(5 * SECOND_NS, 120 * SECOND_NS, _OURS)},
)
