"""What an account has chosen for all its instances in a Region, with AWS's values where it has not.

Rules of this file: reads, and the one way to change a row.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.services.ec2.instances.nouns import SETTINGS, Settings

_KEY: Final = "settings"
_UNCHANGED: Final = Settings()


def settings_of(call: Call) -> Settings:
    """The account's settings; not to be changed through this."""
    return call.rows(SETTINGS).get(_KEY) or _UNCHANGED


def changing(call: Call) -> Settings:
    """The account's settings, to be changed."""
    rows = call.rows(SETTINGS)
    row = rows.get(_KEY)
    if row is None:
        row = rows[_KEY] = Settings()
    return row
