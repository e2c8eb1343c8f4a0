"""The life of an instance, and how long each step takes.

Rules of this file: tables. AWS publishes the states and hardly any durations: those below are what
its guides call "a few seconds" and "a few minutes", and are ours.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.durations import MINUTE_NS, SECOND_NS
from cloudchamber.cloud.lifecycle import Delay, Lifecycle

_PAGE: Final = "AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html (states; no duration)"
_CHECKS: Final = (
    "AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html (each minute)"
)
_IMAGE: Final = "AWSEC2/latest/UserGuide/creating-an-ami-ebs.html (a few minutes)"

# "A terminated instance remains visible in the console for a short while": about an hour.
TERMINATED_SEEN_NS: Final = 60 * MINUTE_NS

INSTANCE: Final = Lifecycle(
    "ec2.instance",
    "pending",
    {
        ("pending", "due"): "running",
        ("pending", "terminate"): "shutting-down",
        ("running", "stop"): "stopping",
        ("running", "terminate"): "shutting-down",
        ("running", "reboot"): "running",
        ("stopping", "due"): "stopped",
        ("stopping", "stop"): "stopping",
        ("stopping", "terminate"): "shutting-down",
        ("stopped", "start"): "pending",
        ("stopped", "stop"): "stopped",
        ("stopped", "terminate"): "terminated",
        ("shutting-down", "due"): "terminated",
        ("shutting-down", "terminate"): "shutting-down",
        ("terminated", "terminate"): "terminated",
        ("pending", "start"): "pending",
        ("running", "start"): "running",
        ("pending", "reboot"): "pending",
    },
    {
        "pending": Delay(20 * SECOND_NS, 5 * MINUTE_NS, _PAGE),
        "stopping": Delay(30 * SECOND_NS, 10 * MINUTE_NS, _PAGE),
        "shutting-down": Delay(30 * SECOND_NS, 10 * MINUTE_NS, _PAGE),
    },
)

CHECKS: Final = Lifecycle(
    "ec2.instance-status",
    "initializing",
    {("initializing", "due"): "ok"},
    {"initializing": Delay(2 * MINUTE_NS, 10 * MINUTE_NS, _CHECKS)},
)

IMAGE: Final = Lifecycle(
    "ec2.image",
    "pending",
    {("pending", "due"): "available"},
    {"pending": Delay(3 * MINUTE_NS, 30 * MINUTE_NS, _IMAGE)},
)

DUE: Final = "ec2.instances-due"
FORGOTTEN: Final = "ec2.instances-forgotten"
IMAGE_DUE: Final = "ec2.image-due"
