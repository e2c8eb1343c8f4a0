"""The life of an instance, and how long each step takes.

Rules of this file: tables. AWS publishes the states and hardly any durations: those below are what
its guides call "a few seconds" and "a few minutes", and are ours.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.lifecycle import Delay, Lifecycle
from cloudchamber.cloud.settings import NANOSECONDS

_SECOND: Final = NANOSECONDS
_MINUTE: Final = 60 * _SECOND
_PAGE: Final = "AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html (states; no duration)"
_CHECKS: Final = (
    "AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html (each minute)"
)
_IMAGE: Final = "AWSEC2/latest/UserGuide/creating-an-ami-ebs.html (a few minutes)"

# "A terminated instance remains visible in the console for a short while": about an hour.
TERMINATED_SEEN_NS: Final = 60 * _MINUTE

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
        "pending": Delay(20 * _SECOND, 5 * _MINUTE, _PAGE),
        "stopping": Delay(30 * _SECOND, 10 * _MINUTE, _PAGE),
        "shutting-down": Delay(30 * _SECOND, 10 * _MINUTE, _PAGE),
    },
)

CHECKS: Final = Lifecycle(
    "ec2.instance-status",
    "initializing",
    {("initializing", "due"): "ok"},
    {"initializing": Delay(2 * _MINUTE, 10 * _MINUTE, _CHECKS)},
)

IMAGE: Final = Lifecycle(
    "ec2.image",
    "pending",
    {("pending", "due"): "available"},
    {"pending": Delay(3 * _MINUTE, 30 * _MINUTE, _IMAGE)},
)

DUE: Final = "ec2.instances-due"
FORGOTTEN: Final = "ec2.instances-forgotten"
IMAGE_DUE: Final = "ec2.image-due"
