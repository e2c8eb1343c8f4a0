"""What AWS allows of volumes and snapshots.

Rules of this file: numbers with their source. Sizes are GiB, throughput MiB/s, ratios IOPS for each
GiB. https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

MULTI_ATTACH_MAX: Final = 16
# "Most Nitro instance types support a maximum of 28 attachments": volume_limits.html. From the
# seventh generation on volumes have slots of their own, 32 and more.
ATTACHMENTS_MAX: Final = 28
OWN_SLOTS_GENERATION: Final = 7
# "You can modify a volume up to four times within a rolling 24-hour period": API_ModifyVolume.
MODIFICATIONS_MAX: Final = 4
MODIFICATIONS_DAYS: Final = 1
# MiB/s for each IOPS of a gp3 volume.
THROUGHPUT_RATIO: Final = 0.25
GP2_IOPS_PER_GIB: Final = 3
GP2_IOPS_MIN: Final = 100
GP2_IOPS_MAX: Final = 16_000
# API_CreateVolume, VolumeInitializationRate: 100 - 300 MiB/s.
INITIALIZATION_RATE_MIN: Final = 100
INITIALIZATION_RATE_MAX: Final = 300
# "You can't copy more than 20 snapshots at a time to one Region": ebs-resource-quotas.html.
PENDING_COPIES_MAX: Final = 20
# "pending snapshots for a single volume": 5 for gp3, io1, io2, gp2, magnetic, 1 for st1 and sc1.
PENDING_SNAPSHOTS: Final[Mapping[str, int]] = MappingProxyType({"st1": 1, "sc1": 1})
PENDING_SNAPSHOTS_MAX: Final = 5
# Not published for EBS; API_ModifySnapshotAttribute is known to take a thousand accounts.
SHARED_WITH_MAX: Final = 1000
TEMPORARY_RESTORE_DAYS_MAX: Final = 180
DESCRIPTION_MAX: Final = 255


class VolumeType(msgspec.Struct, frozen=True, kw_only=True):
    """The ranges of a type. `iops_max` is 0 where IOPS cannot be asked for."""

    name: str
    size_min: int
    size_max: int
    iops_min: int = 0
    iops_max: int = 0
    iops_default: int = 0
    iops_per_gib: int = 0
    throughput_min: int = 0
    throughput_max: int = 0
    shares: bool = False


VOLUME_TYPES: Final[Mapping[str, VolumeType]] = MappingProxyType(
    {
        each.name: each
        for each in (
            VolumeType(name="gp2", size_min=1, size_max=16_384),
            VolumeType(
                name="gp3", size_min=1, size_max=65_536, iops_min=3_000, iops_max=80_000,
                iops_default=3_000, iops_per_gib=500, throughput_min=125, throughput_max=2_000,
            ),
            VolumeType(
                name="io1", size_min=4, size_max=16_384, iops_min=100, iops_max=64_000,
                iops_per_gib=50, shares=True,
            ),
            VolumeType(
                name="io2", size_min=4, size_max=65_536, iops_min=100, iops_max=256_000,
                iops_per_gib=1_000, shares=True,
            ),
            VolumeType(name="st1", size_min=125, size_max=16_384),
            VolumeType(name="sc1", size_min=125, size_max=16_384),
            VolumeType(name="standard", size_min=1, size_max=1_024),
        )
    }
)  # fmt: skip
