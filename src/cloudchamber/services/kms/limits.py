"""What KMS allows: quotas, the spelling of names, spans of time.

Rules of this file: numbers with their source.
https://docs.aws.amazon.com/kms/latest/developerguide/limits.html
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.durations import DAY_NS
from cloudchamber.cloud.service import Quota

_DOCS: Final = "https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html"

QUOTAS: Final = MappingProxyType(
    {
        "keys": Quota(100_000, _DOCS, adjustable=True),
        "aliases-of-key": Quota(50, _DOCS, adjustable=True),
        "grants-of-key": Quota(50_000, _DOCS, adjustable=True),
        "policy-bytes": Quota(32_768, _DOCS),
        "on-demand-rotations": Quota(25, "API_RotateKeyOnDemand.html"),
        "tags": Quota(50, "API_TagResource.html"),
    }
)

PLAINTEXT_MAX: Final = 4096
MESSAGE_MAX: Final = 4096
WINDOW_DAYS_MIN: Final = 7
WINDOW_DAYS_MAX: Final = 30
ROTATION_DAYS: Final = 365
IMPORT_NS: Final = DAY_NS  # parameters for import are valid for 24 hours
IMPORT_KEPT_DAYS: Final = 365  # imported material expires within a year, if it does

KEY_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")
ALIAS: Final = re.compile(r"alias/[a-zA-Z0-9/_-]+")
AWS_ALIAS: Final = "alias/aws/"
