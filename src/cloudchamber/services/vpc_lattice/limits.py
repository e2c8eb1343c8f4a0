"""VPC Lattice's quotas. https://docs.aws.amazon.com/vpc-lattice/latest/ug/quotas.html"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.service import Quota

_PAGE: Final = "https://docs.aws.amazon.com/vpc-lattice/latest/ug/quotas.html"
AUTH_POLICY_BYTES: Final = 10_240
QUOTAS: Final = MappingProxyType(
    {
        "service-networks": Quota(10, _PAGE, adjustable=True),
        "services": Quota(500, _PAGE, adjustable=True),
        "services-in-network": Quota(500, _PAGE, adjustable=True),
        "vpcs-in-network": Quota(500, _PAGE, adjustable=True),
        "target-groups": Quota(500, _PAGE, adjustable=True),
        "targets": Quota(1_000, _PAGE, adjustable=True),
        "listeners": Quota(2, _PAGE, adjustable=True),
        "rules": Quota(100, _PAGE, adjustable=True),
        "security-groups": Quota(5, _PAGE),
    }
)
