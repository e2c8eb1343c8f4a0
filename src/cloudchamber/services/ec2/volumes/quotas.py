"""How much storage and how many provisioned IOPS an account has in a Region, by type of volume.

Rules of this file: a count that follows every volume that is made, changed or gone, so that no
launch looks at all volumes. The limits are AWS's defaults for an account.
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2.volumes.nouns import STORAGE, Shape, Storage

_GIB_PER_TIB: Final = 1024
TIB_MAX: Final[Mapping[str, int]] = MappingProxyType(
    {"gp2": 50, "gp3": 50, "io1": 50, "io2": 20, "st1": 50, "sc1": 50, "standard": 50}
)
IOPS_MAX: Final[Mapping[str, int]] = MappingProxyType({"io1": 300_000, "io2": 100_000})


def expect_room(call: Call, shape: Shape, before: Shape | None = None) -> None:
    """There is room for a volume, or for what it becomes. Raises AwsError."""
    used = call.rows(STORAGE).get(shape.type) or Storage()
    is_same = before is not None and before.type == shape.type
    size = shape.size - (before.size if before is not None and is_same else 0)
    iops = shape.iops - (before.iops if before is not None and is_same else 0)
    limit = TIB_MAX[shape.type]
    if size > 0 and used.size + size > limit * _GIB_PER_TIB:
        raise AwsError(
            "VolumeLimitExceeded",
            f"You have exceeded your maximum {shape.type} storage limit of {limit} TiB in this "
            "region. Please contact AWS Support to request an Elastic Block Store service limit "
            "increase.",
        )
    most = IOPS_MAX.get(shape.type)
    if most is not None and iops > 0 and used.iops + iops > most:
        raise AwsError(
            "MaxIOPSLimitExceeded",
            f"You have exceeded your maximum {shape.type} IOPS limit of {most} in this region. "
            "Please contact AWS Support to request an Elastic Block Store service limit increase.",
        )


def count(call: Call, shape: Shape, sign: int) -> None:
    """A volume of a shape is there (1), or no longer (-1)."""
    row = call.rows(STORAGE).setdefault(shape.type, Storage())
    row.size += sign * shape.size
    row.iops += sign * shape.iops
