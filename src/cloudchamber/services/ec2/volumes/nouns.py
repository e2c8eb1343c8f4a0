"""EBS volumes and snapshots: the state."""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud.store import Table
from cloudchamber.services.ec2.kinds import Kind


class VolumeAttachment(msgspec.Struct, kw_only=True):
    """To which instance, under which device name."""

    instance: str
    device: str
    state: str = "attached"
    delete_on_termination: bool = False
    attached_ns: int = 0


class Volume(msgspec.Struct, kw_only=True):
    """A volume of `size` GiB in a zone. Its contents are nobody's: no instance here has a disk."""

    id: str
    owner: str
    zone_id: str
    size: int
    type: str = "gp3"
    iops: int = 0
    throughput: int = 0
    snapshot: str = ""
    is_encrypted: bool = False
    key: str = ""
    state: str = "creating"
    attachments: list[VolumeAttachment] = []
    created_ns: int = 0


VOLUMES: Final = Table("ec2.volumes", Volume, ordered=True)

VOLUME: Final = Kind(
    prefix="vol", type="volume", table=VOLUMES, said="volume",
    not_found="InvalidVolume.NotFound", malformed="InvalidVolumeID.Malformed",
)  # fmt: skip
