"""Quotas of interfaces and what belongs to them: AWS's default values, with their sources.

Rules of this file: numbers. How many interfaces a Region may have (5,000, which AWS raises on
demand) is not held: a chamber may have tens of thousands.
"""

from __future__ import annotations

from typing import Final

# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
GROUPS_MAX: Final = 2500
RULES_MAX: Final = 60
VPCS_PER_GROUP_MAX: Final = 10
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-prefix-lists
PREFIX_LISTS_MAX: Final = 100
PREFIX_VERSIONS_MAX: Final = 1000
PREFIX_ENTRIES_MAX: Final = 1000
PREFIX_ENTRIES_AT_ONCE_MAX: Final = 100
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-eips
ADDRESSES_MAX: Final = 5
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-gateways
NAT_GATEWAYS_PER_ZONE_MAX: Final = 5
NAT_PUBLIC_ADDRESSES_MAX: Final = 2
NAT_PRIVATE_ADDRESSES_MAX: Final = 8
