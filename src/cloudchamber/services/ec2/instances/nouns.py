"""Instances and what they start from: the state."""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud.store import Table
from cloudchamber.services.ec2.kinds import Kind


class Instance(msgspec.Struct, kw_only=True):
    """An instance; `interfaces` in order of their device index, the primary one first.

    `state` is AWS's name (pending, running, stopping, stopped, shutting-down, terminated).
    `host` is the place that the capacity gave it. Volumes are known by their own attachments.
    """

    id: str
    owner: str
    type: str
    image: str
    vpc: str
    subnet: str
    zone_id: str
    reservation: str
    state: str = "pending"
    interfaces: list[str] = []
    launched_ns: int = 0


INSTANCES: Final = Table("ec2.instances", Instance, ordered=True)

INSTANCE: Final = Kind(
    prefix="i", type="instance", table=INSTANCES, said="instance ID",
    not_found="InvalidInstanceID.NotFound", malformed="InvalidInstanceID.Malformed",
)  # fmt: skip
