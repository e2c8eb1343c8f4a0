"""The lives of accounts and of requests for new ones.

AWS publishes 90 days for the time between closing and the end; for the rest it says "a few
minutes", which is five here, and an hour at the slowest.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.durations import DAY_NS, MINUTE_NS
from cloudchamber.cloud.lifecycle import Delay, Lifecycle

_CLOSING: Final = (
    "https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html"
)
_CREATING: Final = (
    "https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html"
)
_CLOSED_DAYS: Final = 90

ACCOUNT_LIFE: Final = Lifecycle(
    "account",
    "ACTIVE",
    {
        ("ACTIVE", "close"): "PENDING_CLOSURE",
        ("PENDING_CLOSURE", "done"): "SUSPENDED",
    },
    {
        "PENDING_CLOSURE": Delay(5 * MINUTE_NS, 60 * MINUTE_NS, _CLOSING),
        # A promise, not a delay: it holds in every profile.
        "SUSPENDED": Delay(_CLOSED_DAYS * DAY_NS, _CLOSED_DAYS * DAY_NS, _CLOSING),
    },
)

REQUEST_LIFE: Final = Lifecycle(
    "request for an account",
    "IN_PROGRESS",
    {
        ("IN_PROGRESS", "done"): "SUCCEEDED",
        ("IN_PROGRESS", "refused"): "FAILED",
    },
    {"IN_PROGRESS": Delay(5 * MINUTE_NS, 60 * MINUTE_NS, _CREATING)},
)
