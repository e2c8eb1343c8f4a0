"""What Account Management answers. Everything it does not list is refused by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.service import Quota, Rate, Service, simulated
from cloudchamber.services.account.nouns import REGION_CHOICES
from cloudchamber.services.account.regions import (
    REGION_DONE,
    disable_region,
    enable_region,
    enabled_regions,
    get_region_opt_status,
    list_regions,
    region_done,
)

_LIMITS: Final = "https://docs.aws.amazon.com/accounts/latest/reference/quotas.html"

SERVICE = Service(
    name="account",
    operations={
        "DisableRegion": simulated(disable_region),
        "EnableRegion": simulated(enable_region),
        "GetRegionOptStatus": simulated(get_region_opt_status),
        "ListRegions": simulated(list_regions),
    },
    tables=(REGION_CHOICES,),
    quotas={"region-opt-requests": Quota(6, _LIMITS)},
    rates=MappingProxyType(
        {
            "DisableRegion": Rate(1, 1, _LIMITS),
            "EnableRegion": Rate(1, 1, _LIMITS),
            "GetRegionOptStatus": Rate(5, 5, _LIMITS),
            "ListRegions": Rate(5, 5, _LIMITS),
        }
    ),
    kernel_events={REGION_DONE: region_done},
    ports={ports.ENABLED_REGIONS: enabled_regions},
)
