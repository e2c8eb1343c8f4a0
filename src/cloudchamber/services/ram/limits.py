"""AWS RAM's quotas. https://docs.aws.amazon.com/general/latest/gr/ram.html"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.service import Quota

_PAGE: Final = "https://docs.aws.amazon.com/general/latest/gr/ram.html"
QUOTAS: Final = MappingProxyType(
    {
        "shares": Quota(5_000, _PAGE, adjustable=True),
        "resources": Quota(5_000, _PAGE, adjustable=True),
        "principals": Quota(5_000, _PAGE, adjustable=True),
        "permissions": Quota(20, _PAGE, adjustable=True),
        "versions": Quota(5, _PAGE),
        "tags": Quota(50, _PAGE),
    }
)
