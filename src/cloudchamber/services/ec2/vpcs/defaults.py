"""The default VPC of an account in a Region, with what belongs to it."""

from __future__ import annotations

from cloudchamber.cloud.call import Call


def make_default_vpc(call: Call) -> None:
    """Nothing yet."""
