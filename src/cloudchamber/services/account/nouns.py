"""The state of Account Management: what an account has done about each opt-in Region."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from cloudchamber.cloud.store import Table

OptStatus = Literal["ENABLING", "ENABLED", "DISABLING", "DISABLED"]


class RegionChoice(msgspec.Struct):
    """Where an opt-in Region stands for an account, and since when."""

    status: OptStatus
    since_ns: int


# By Region code. An opt-in Region without a row is DISABLED; the others need none.
REGION_CHOICES: Final = Table("account.regions", RegionChoice, "account")
