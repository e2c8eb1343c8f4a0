"""How long volumes and snapshots take to become what they are asked to be.

Rules of this file: durations with their source. EBS publishes few; where it does not, the figure is
ours, of the size that is seen. A snapshot's time follows from its volume's size, since nobody
knows here how much of a volume was written.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.durations import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS
from cloudchamber.cloud.lifecycle import Delay, Lifecycle
from cloudchamber.cloud.settings import Lifecycle as Profile

_OURS: Final = "not published; of the size that is seen"

VOLUME: Final = Lifecycle(
    "ec2.volume",
    "creating",
    {
        ("creating", "made"): "available",
        ("creating", "failed"): "error",
        ("available", "attach"): "in-use",
        ("in-use", "free"): "available",
        ("available", "delete"): "deleting",
        ("error", "delete"): "deleting",
        ("deleting", "gone"): "deleted",
    },
    {
        "creating": Delay(2 * SECOND_NS, 5 * MINUTE_NS, _OURS),
        # "The volume can remain in the deleting state for several minutes."
        "deleting": Delay(10 * SECOND_NS, 5 * MINUTE_NS, "API_DeleteVolume.html"),
    },
)

ATTACHMENT: Final = Lifecycle(
    "ec2.volume-attachment",
    "attaching",
    {
        ("attaching", "done"): "attached",
        ("attached", "detach"): "detaching",
        ("busy", "detach"): "detaching",
        ("detaching", "done"): "detached",
    },
    {
        "attaching": Delay(2 * SECOND_NS, 2 * MINUTE_NS, _OURS),
        "detaching": Delay(5 * SECOND_NS, 5 * MINUTE_NS, _OURS),
    },
)

MODIFICATION: Final = Lifecycle(
    "ec2.volume-modification",
    "modifying",
    {("modifying", "applied"): "optimizing", ("optimizing", "done"): "completed"},
    {
        # "Size changes usually take a few seconds to complete": monitoring-volume-modifications.
        "modifying": Delay(5 * SECOND_NS, 5 * MINUTE_NS, "monitoring-volume-modifications.html"),
        # For each TiB: "a fully used 1-TiB volume can typically take about 6 hours".
        "optimizing": Delay(6 * HOUR_NS, DAY_NS, "monitoring-volume-modifications.html"),
    },
)

# For each GiB, after a beginning of ten seconds.
SNAPSHOT: Final = Lifecycle(
    "ec2.snapshot",
    "pending",
    {("pending", "done"): "completed"},
    {"pending": Delay(2 * SECOND_NS, MINUTE_NS, _OURS)},
)
_SNAPSHOT_BEGINS_NS: Final = 10 * SECOND_NS

TIERING: Final = Lifecycle(
    "ec2.snapshot-tier",
    "standard",
    {("standard", "archive"): "archive", ("archive", "restore"): "standard"},
    {
        # "Restoring can take 24 to 72 hours, depending on the size": snapshot-archive.html.
        "standard": Delay(24 * HOUR_NS, 72 * HOUR_NS, "snapshot-archive.html"),
        "archive": Delay(24 * HOUR_NS, 72 * HOUR_NS, "snapshot-archive.html"),
    },
)

# "60 minutes per TiB to optimize a snapshot": ebs-fast-snapshot-restore.html.
FAST_RESTORE: Final = Lifecycle(
    "ec2.fast-restore",
    "enabling",
    {("enabling", "begun"): "optimizing", ("optimizing", "done"): "enabled"},
    {
        "enabling": Delay(MINUTE_NS, 10 * MINUTE_NS, _OURS),
        "optimizing": Delay(HOUR_NS, HOUR_NS, "ebs-fast-snapshot-restore.html"),
    },
)

_GIB_PER_TIB: Final = 1024


def snapshot_ns(profile: Profile, size: int) -> int:
    """How long a snapshot of a volume of so many GiB is pending; 0 under `instant`."""
    each = SNAPSHOT.delay_ns(profile, "pending")
    return _SNAPSHOT_BEGINS_NS + size * each if each else 0


def per_tib_ns(life: Lifecycle, profile: Profile, state: str, size: int) -> int:
    """A duration that AWS gives for a TiB, for so many GiB."""
    return life.delay_ns(profile, state) * size // _GIB_PER_TIB
