"""How long NAT gateways and prefix lists take to become what they are asked to be.

Rules of this file: durations with their sources.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.durations import MINUTE_NS, SECOND_NS
from cloudchamber.cloud.lifecycle import Delay, Lifecycle

_TROUBLE: Final = (
    "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html"
)
_OURS: Final = "not published; of the size that is seen"

# "A failed NAT gateway is automatically deleted after a short period; usually about an hour", and
# "the NAT gateway entry can still be visible for about one hour" after a deletion.
VISIBLE_NS: Final = 60 * MINUTE_NS

NAT: Final = Lifecycle(
    "ec2.nat-gateway",
    "pending",
    {
        ("pending", "made"): "available",
        ("pending", "failed"): "failed",
        ("pending", "delete"): "deleting",
        ("available", "delete"): "deleting",
        ("failed", "delete"): "deleting",
        ("deleting", "gone"): "deleted",
    },
    {
        "pending": Delay(90 * SECOND_NS, 5 * MINUTE_NS, _TROUBLE),
        "deleting": Delay(45 * SECOND_NS, 5 * MINUTE_NS, _OURS),
    },
)

LIST: Final = Lifecycle(
    "ec2.prefix-list",
    "create-in-progress",
    {
        ("create-in-progress", "done"): "create-complete",
        ("modify-in-progress", "done"): "modify-complete",
        ("modify-in-progress", "failed"): "modify-failed",
        ("restore-in-progress", "done"): "restore-complete",
        ("delete-in-progress", "done"): "delete-complete",
        ("delete-in-progress", "failed"): "delete-failed",
    },
    {
        "create-in-progress": Delay(3 * SECOND_NS, 30 * SECOND_NS, _OURS),
        "modify-in-progress": Delay(3 * SECOND_NS, MINUTE_NS, _OURS),
        "restore-in-progress": Delay(3 * SECOND_NS, MINUTE_NS, _OURS),
        "delete-in-progress": Delay(3 * SECOND_NS, 30 * SECOND_NS, _OURS),
    },
)
