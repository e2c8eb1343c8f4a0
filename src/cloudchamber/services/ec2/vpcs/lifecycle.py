"""The lives of VPCs, CIDR associations and block public access settings, as tables.

Rules of this file: data. AWS publishes no duration for any of them; those below are what its
clients wait for in practice, and the adversarial ones are well inside the clients' patience.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.lifecycle import Delay, Lifecycle
from cloudchamber.cloud.settings import NANOSECONDS

_UNPUBLISHED: Final = "AWS publishes none; Terraform's provider waits up to ten minutes"

VPC_LIFE: Final = Lifecycle(
    "ec2.vpc",
    "pending",
    {("pending", "made"): "available"},
    {"pending": Delay(1 * NANOSECONDS, 30 * NANOSECONDS, _UNPUBLISHED)},
)
BLOCK_LIFE: Final = Lifecycle(
    "ec2.cidr-association",
    "associating",
    {
        ("associating", "done"): "associated",
        ("associated", "disassociate"): "disassociating",
        ("disassociating", "done"): "disassociated",
    },
    {
        "associating": Delay(3 * NANOSECONDS, 60 * NANOSECONDS, _UNPUBLISHED),
        "disassociating": Delay(3 * NANOSECONDS, 60 * NANOSECONDS, _UNPUBLISHED),
    },
)
EXCLUSION_LIFE: Final = Lifecycle(
    "ec2.block-public-access-exclusion",
    "create-in-progress",
    {
        ("create-in-progress", "done"): "create-complete",
        ("create-complete", "modify"): "update-in-progress",
        ("update-complete", "modify"): "update-in-progress",
        ("update-in-progress", "done"): "update-complete",
        ("create-complete", "delete"): "delete-in-progress",
        ("update-complete", "delete"): "delete-in-progress",
        ("delete-in-progress", "done"): "delete-complete",
    },
    {
        "create-in-progress": Delay(60 * NANOSECONDS, 300 * NANOSECONDS, _UNPUBLISHED),
        "update-in-progress": Delay(60 * NANOSECONDS, 300 * NANOSECONDS, _UNPUBLISHED),
        "delete-in-progress": Delay(60 * NANOSECONDS, 300 * NANOSECONDS, _UNPUBLISHED),
    },
)
OPTIONS_LIFE: Final = Lifecycle(
    "ec2.block-public-access-options",
    "default-state",
    {
        ("default-state", "modify"): "update-in-progress",
        ("update-complete", "modify"): "update-in-progress",
        ("update-in-progress", "done"): "update-complete",
    },
    {"update-in-progress": Delay(120 * NANOSECONDS, 600 * NANOSECONDS, _UNPUBLISHED)},
)
