"""The lives of VPCs, CIDR associations and block public access settings, as tables.

Rules of this file: data. AWS publishes no duration for any of them; those below are what its
clients wait for in practice, and the adversarial ones are well inside the clients' patience.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.durations import MINUTE_NS, SECOND_NS
from cloudchamber.cloud.lifecycle import Delay, Lifecycle

_UNPUBLISHED: Final = "AWS publishes none; Terraform's provider waits up to ten minutes"

VPC_LIFE: Final = Lifecycle(
    "ec2.vpc",
    "pending",
    {("pending", "made"): "available"},
    {"pending": Delay(1 * SECOND_NS, 30 * SECOND_NS, _UNPUBLISHED)},
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
        "associating": Delay(3 * SECOND_NS, MINUTE_NS, _UNPUBLISHED),
        "disassociating": Delay(3 * SECOND_NS, MINUTE_NS, _UNPUBLISHED),
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
        "create-in-progress": Delay(MINUTE_NS, 300 * SECOND_NS, _UNPUBLISHED),
        "update-in-progress": Delay(MINUTE_NS, 300 * SECOND_NS, _UNPUBLISHED),
        "delete-in-progress": Delay(MINUTE_NS, 300 * SECOND_NS, _UNPUBLISHED),
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
    {"update-in-progress": Delay(120 * SECOND_NS, 600 * SECOND_NS, _UNPUBLISHED)},
)
