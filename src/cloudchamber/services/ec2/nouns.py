"""The state of EC2: what an account has chosen. Places themselves are in `world/geography`."""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud.store import Table


class ZoneGroup(msgspec.Struct):
    """A group of Local Zones or Wavelength Zones that an account has opted in to, and when."""

    opted_in_ns: int


# By group name (us-west-2-lax-1); a group without a row is not opted in.
ZONE_GROUPS: Final = Table("ec2.zone-groups", ZoneGroup)
