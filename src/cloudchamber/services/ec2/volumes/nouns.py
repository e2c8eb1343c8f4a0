"""EBS volumes and snapshots: the state.

Rules of this file: plain data. Sizes are GiB, throughput is MiB/s, zones are zone ids, keys of KMS
are ARNs.
"""

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


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What a volume can be changed in."""

    size: int
    type: str
    iops: int = 0
    throughput: int = 0
    is_multi_attach: bool = False


class Modification(msgspec.Struct, kw_only=True):
    """A change of a volume: `modifying` until `applied_ns`, `optimizing` until `ended_ns`."""

    original: Shape
    target: Shape
    state: str
    started_ns: int
    applied_ns: int
    ended_ns: int


class Volume(msgspec.Struct, kw_only=True):
    """A volume of `size` GiB in a zone. Its contents are nobody's: no instance here has a disk.

    `modifications` are those of the last day and the last one, oldest first. `problem` says why a
    volume is in the state `error`. A volume made from a snapshot is read in until
    `initialized_ns`.
    """

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
    is_multi_attach: bool = False
    auto_enable_io: bool = False
    is_fast_restored: bool = False
    initialization_rate: int = 0
    initialized_ns: int = 0
    source_volume: str = ""
    modifications: list[Modification] = []
    problem: str = ""


class Lock(msgspec.Struct, kw_only=True):
    """A snapshot's lock: until `cool_off_ns` a compliance lock can still be taken away."""

    mode: str  # governance | compliance
    days: int
    created_ns: int
    begins_ns: int
    expires_ns: int
    cool_off_hours: int = 0
    cool_off_ns: int = 0


class Tiering(msgspec.Struct, kw_only=True):
    """The last archiving or restoring: `archival`, `temporary-restore`, `permanent-restore`."""

    operation: str
    started_ns: int
    ended_ns: int
    expires_ns: int = 0  # of a temporary restore


class Snapshot(msgspec.Struct, kw_only=True):
    """A snapshot of a volume as it was at `started_ns`; it is `completed` at `completed_ns`.

    `users` are accounts that may make volumes of it. `source` is the snapshot that it is a copy of.
    `alias` is the owner's (`amazon`, for what AWS publishes). `minutes` is what a time-based copy
    was asked to take.
    """

    id: str
    owner: str
    volume: str
    size: int
    description: str = ""
    state: str = "pending"
    started_ns: int = 0
    completed_ns: int = 0
    is_encrypted: bool = False
    key: str = ""
    is_public: bool = False
    users: list[str] = []
    tier: str = "standard"
    tiering: Tiering | None = None
    lock: Lock | None = None
    transfer: str = ""
    minutes: int = 0
    source: str = ""
    alias: str = ""


class FastRestore(msgspec.Struct, kw_only=True):
    """Fast snapshot restore of a snapshot in a zone: the instants at which it moves on."""

    snapshot: str
    zone_id: str
    owner: str
    enabling_ns: int
    optimizing_ns: int
    enabled_ns: int
    disabling_ns: int = 0


class EbsSettings(msgspec.Struct, kw_only=True):
    """What an account has chosen for EBS in a Region. `key` is empty for `alias/aws/ebs`."""

    encrypts: bool = False
    key: str = ""
    block: str = "unblocked"


class Storage(msgspec.Struct):
    """What an account has of a type of volume: GiB and IOPS."""

    size: int = 0
    iops: int = 0


class Held(msgspec.Struct):
    """The volumes that an instance holds, in the order in which they came."""

    volumes: list[str]


VOLUMES: Final = Table("ec2.volumes", Volume, ordered=True)
SNAPSHOTS: Final = Table("ec2.snapshots", Snapshot, ordered=True)
# By snapshot and zone id.
FAST_RESTORES: Final = Table("ec2.fast-restores", FastRestore, key_type=tuple[str, str])
# One row, "settings".
EBS_SETTINGS: Final = Table("ec2.ebs-settings", EbsSettings)
# By type of volume.
STORAGE: Final = Table("ec2.ebs-storage", Storage)
# By instance, in the account and Region of its volumes.
HELD: Final = Table("ec2.held-volumes", Held)

VOLUME: Final = Kind(
    prefix="vol", type="volume", table=VOLUMES, said="volume",
    not_found="InvalidVolume.NotFound", malformed="InvalidVolumeID.Malformed",
)  # fmt: skip
SNAPSHOT: Final = Kind(
    prefix="snap", type="snapshot", table=SNAPSHOTS, said="snapshot",
    not_found="InvalidSnapshot.NotFound", malformed="InvalidSnapshotID.Malformed",
)  # fmt: skip
