"""What Secrets Manager allows: quotas, rates, and the characters of names.

Rules of this file: numbers with their source.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.durations import DAY_NS
from cloudchamber.cloud.service import Quota, Rate

_LIMITS: Final = "secretsmanager/latest/userguide/reference_limits.html"

QUOTAS: Final = MappingProxyType(
    {
        "secrets": Quota(500_000, _LIMITS),
        "value-bytes": Quota(65_536, _LIMITS),
        "versions": Quota(100, _LIMITS),
        "stages": Quota(20, _LIMITS),
        "policy-characters": Quota(20_480, _LIMITS),
        "tags": Quota(50, _LIMITS),
    }
)

# Combined rates of several operations are kept for each of them alone.
_PER_SECOND: Final = MappingProxyType(
    {
        10_000: ("GetSecretValue",),
        40_000: ("DescribeSecret",),
        100: ("BatchGetSecretValue", "ListSecrets"),
        50: (
            "CancelRotateSecret",
            "CreateSecret",
            "DeleteResourcePolicy",
            "DeleteSecret",
            "GetRandomPassword",
            "GetResourcePolicy",
            "ListSecretVersionIds",
            "PutResourcePolicy",
            "PutSecretValue",
            "RemoveRegionsFromReplication",
            "ReplicateSecretToRegions",
            "RestoreSecret",
            "RotateSecret",
            "StopReplicationToReplica",
            "TagResource",
            "UntagResource",
            "UpdateSecret",
            "UpdateSecretVersionStage",
            "ValidateResourcePolicy",
        ),
    }
)
RATES: Final = MappingProxyType(
    {
        operation: Rate(rate, rate, _LIMITS)
        for rate, operations in _PER_SECOND.items()
        for operation in operations
    }
)

NAME: Final = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,512}")
SUFFIX_LENGTH: Final = 6
# A version without stages is let go when there are too many, "but it does not remove versions
# created less than 24 hours ago", API_UpdateSecret.html
YOUNG_NS: Final = DAY_NS
WINDOW_MIN_DAYS: Final = 7
WINDOW_MAX_DAYS: Final = 30
