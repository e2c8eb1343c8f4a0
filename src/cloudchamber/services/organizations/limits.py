"""AWS's quotas of Organizations, and where each is documented."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.durations import DAY_NS
from cloudchamber.cloud.service import Quota

_SOURCE: Final = (
    "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"
)
INVITATION_NS: Final = 15 * DAY_NS
HANDSHAKE_KEPT_NS: Final = 30 * DAY_NS
CLOSE_WINDOW_NS: Final = 30 * DAY_NS
WAIT_PERIOD_NS: Final = 4 * DAY_NS

QUOTAS: Final[Mapping[str, Quota]] = MappingProxyType(
    {
        "accounts": Quota(10, _SOURCE, "L-E619E033", adjustable=True),
        "units": Quota(1000, _SOURCE),
        "unit-depth": Quota(5, _SOURCE),
        "policies-per-type": Quota(1000, _SOURCE),
        "creations-at-once": Quota(5, _SOURCE),
        "handshakes-per-day": Quota(20, _SOURCE),
        "closures-at-once": Quota(3, _SOURCE),
        # "The higher of either 250 or 20% of the member accounts, up to a maximum of 1,000."
        "closures-least": Quota(250, _SOURCE),
        "closures-percent": Quota(20, _SOURCE),
        "closures-most": Quota(1000, _SOURCE),
        "tags": Quota(50, _SOURCE),
    }
)
