"""The life of an opt-in Region in an account: off, on, and the time in between."""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.durations import HOUR_NS, MINUTE_NS
from cloudchamber.cloud.lifecycle import Delay, Lifecycle

# "Enabling a Region takes a few minutes to several hours in some cases", and disabling likewise.
# The two figures are our reading of "a few" and "several".
_SOURCE: Final = "https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html"
_PREPARING: Final = Delay(5 * MINUTE_NS, 4 * HOUR_NS, _SOURCE)

REGION_LIFE: Final = Lifecycle(
    "Region of an account",
    "DISABLED",
    {
        ("DISABLED", "enable"): "ENABLING",
        ("ENABLING", "done"): "ENABLED",
        ("ENABLED", "disable"): "DISABLING",
        ("DISABLING", "done"): "DISABLED",
        # Asking for what is already so changes nothing.
        ("ENABLED", "enable"): "ENABLED",
        ("DISABLED", "disable"): "DISABLED",
    },
    {"ENABLING": _PREPARING, "DISABLING": _PREPARING},
)
