"""Quotas of this area, as AWS publishes them, and how many vCPUs an account may run.

Rules of this file: data. AWS gives a new account few vCPUs and raises them as it uses them; an
account here has been raised already, so that nobody notices until they run thousands.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-quotas.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cloudchamber.world.capacity.catalogue import InstanceType

USER_DATA_MAX: Final = 16 * 1024
TEMPLATES_MAX: Final = 5000
TEMPLATE_VERSIONS_MAX: Final = 10_000
PLACEMENT_GROUPS_MAX: Final = 500
SPREAD_PER_ZONE_MAX: Final = 7
PARTITIONS_MAX: Final = 7
KEY_PAIRS_MAX: Final = 5000

# On-Demand vCPUs by AWS's quotas (Service Quotas L-1216C47A and its sisters).
VCPUS: Final = MappingProxyType(
    {
        "standard": 64_000, "f": 128, "g": 768, "inf": 256, "p": 768, "x": 1024, "u": 448, "dl": 96,
        "trn": 128, "hpc": 768, "mac": 48,
    }
)  # fmt: skip
_STANDARD: Final = frozenset({"a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"})


def bucket_of(kind: InstanceType) -> str:
    """The quota that a type's vCPUs count against."""
    return "standard" if kind.letters in _STANDARD else kind.letters
