"""How often EC2 has changed: what was computed from its rows is good until the number moves.

Rules of this file: one number for the whole world, since a network crosses accounts and Regions.
Every call that may change EC2 moves it, and so does every kernel event of EC2's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from cloudchamber.cloud.store import Table

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud


class Generation(msgspec.Struct):
    """The number."""

    number: int = 0


GENERATIONS: Final = Table("ec2.generations", Generation, "world")


def generation(cloud: Cloud) -> int:
    """The number now."""
    row = cloud.store.rows(GENERATIONS, "", "").get("ec2")
    return row.number if row else 0


def changed(cloud: Cloud) -> None:
    """Move the number."""
    rows = cloud.store.rows(GENERATIONS, "", "")
    row = rows.get("ec2")
    if row is None:
        row = rows["ec2"] = Generation()
    row.number += 1
