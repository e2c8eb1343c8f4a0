"""Athena's limits, and those that this chamber sets so that no query holds it up.

https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.service import Quota

_SOURCE: Final = "https://docs.aws.amazon.com/athena/latest/ug/service-limits.html"

QUOTAS: Final[Mapping[str, Quota]] = MappingProxyType(
    {
        "workgroups": Quota(1000, _SOURCE, adjustable=True),
        "prepared-statements-per-workgroup": Quota(1000, _SOURCE),
        "active-ddl": Quota(20, _SOURCE, "L-3CE0BBA0", adjustable=True),
        "active-dml": Quota(200, _SOURCE, "L-FC5F6546", adjustable=True),
        "tags": Quota(50, "https://docs.aws.amazon.com/athena/latest/ug/tags.html"),
        "query-octets": Quota(262_144, _SOURCE),
    }
)

# Our own: what one query may read and how many partitions it may enumerate.
SCANNED_MAX: Final = 256 * 1024 * 1024
PARTITIONS_MAX: Final = 200_000
FILES_MAX: Final = 100_000
# https://docs.aws.amazon.com/athena/latest/APIReference/API_ListQueryExecutions.html
PAGE: Final = 50
RESULTS_PAGE: Final = 1000
ENGINE: Final = "Athena engine version 3"
