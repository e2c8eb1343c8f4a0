"""AWS Glue's limits on the Data Catalog.

https://docs.aws.amazon.com/general/latest/gr/glue.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.service import Quota

_SOURCE: Final = "https://docs.aws.amazon.com/general/latest/gr/glue.html"

QUOTAS: Final[Mapping[str, Quota]] = MappingProxyType(
    {
        "databases": Quota(10_000, _SOURCE, "L-F953935E", adjustable=True),
        "tables-per-database": Quota(200_000, _SOURCE, "L-5A51BF6A", adjustable=True),
        "table-versions": Quota(100_000, _SOURCE, "L-AEA5A1DA", adjustable=True),
        "partitions-per-table": Quota(10_000_000, _SOURCE, "L-8BF7E1F7", adjustable=True),
        "functions-per-database": Quota(100, _SOURCE, "L-4CF9D7F4", adjustable=True),
        "tags": Quota(50, "https://docs.aws.amazon.com/glue/latest/dg/monitor-tags.html"),
    }
)
# https://docs.aws.amazon.com/glue/latest/dg/partition-indexes.html
INDEXES_MAX: Final = 3
PAGE: Final = 100
PARTITIONS_PAGE: Final = 1000
