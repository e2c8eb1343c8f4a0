"""What Parameter Store allows: quotas, rates, and the characters of names.

Rules of this file: numbers with their source, and pure checks on text.
https://docs.aws.amazon.com/general/latest/gr/ssm.html
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.service import Quota, Rate

_QUOTAS: Final = "https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm"

QUOTAS: Final = MappingProxyType(
    {
        "standard-parameters": Quota(10_000, _QUOTAS),
        "advanced-parameters": Quota(100_000, _QUOTAS),
        "standard-bytes": Quota(4096, _QUOTAS),
        "advanced-bytes": Quota(8192, _QUOTAS),
        "versions": Quota(100, _QUOTAS),
        "labels": Quota(10, _QUOTAS),
        "policies": Quota(10, _QUOTAS),
        "levels": Quota(15, "API_PutParameter.html"),
        "arn-characters": Quota(1011, "API_PutParameter.html"),
        "tags": Quota(50, "API_AddTagsToResource.html"),
    }
)

RATES: Final = MappingProxyType(
    {
        "GetParameter": Rate(40, 40, _QUOTAS),
        "GetParameters": Rate(40, 40, _QUOTAS),
        "PutParameter": Rate(3, 3, _QUOTAS),
    }
)

NAME: Final = re.compile(r"/?[A-Za-z0-9_.-]+|(?:/[A-Za-z0-9_.-]+)+")
# "awsTestParameter or SSM-testparameter": the prefix counts, not the whole first level.
RESERVED_FOR_AWS: Final = re.compile(r"/?aws", re.IGNORECASE)
RESERVED_FOR_SSM: Final = re.compile(r"/?ssm", re.IGNORECASE)
# "Labels can contain letters, numbers, periods, hyphens, or underscores. Labels can't begin with
# a number, aws or ssm (not case sensitive)", API_LabelParameterVersion.html
LABEL: Final = re.compile(r"(?!aws|ssm|[0-9])[A-Za-z0-9_.-]{1,100}", re.IGNORECASE)
