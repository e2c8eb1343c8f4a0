"""What this area of EC2 answers: EBS volumes and snapshots."""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.service import recorded, refused, simulated
from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.idempotency import once
from cloudchamber.services.ec2.permissions import created, named, requested, tagged
from cloudchamber.services.ec2.volumes import describing, modifying, volumes
from cloudchamber.services.ec2.volumes.making import VOLUME_DUE
from cloudchamber.services.ec2.volumes.nouns import (
    EBS_SETTINGS,
    FAST_RESTORES,
    HELD,
    SNAPSHOT,
    VOLUME,
)

_volume = named(VOLUME, "VolumeId")
_of_volume = tagged(VOLUME, "VolumeId")

AREA: Final = Area(
    operations={
        "CreateVolume": simulated(
            once(volumes.create_volume),
            resource=created(VOLUME),
            context=requested,
        ),
        "CopyVolumes": simulated(
            once(volumes.copy_volumes),
            resource=created(VOLUME, named(VOLUME, "SourceVolumeId")),
            context=requested,
        ),
        "DeleteVolume": simulated(volumes.delete_volume, resource=_volume, context=_of_volume),
        "AttachVolume": simulated(
            volumes.attach_volume, resource=named(VOLUME, "VolumeId"), context=_of_volume
        ),
        "DetachVolume": simulated(
            volumes.detach_volume, resource=named(VOLUME, "VolumeId"), context=_of_volume
        ),
        "DescribeVolumes": simulated(describing.describe_volumes),
        "DescribeVolumeStatus": simulated(describing.describe_volume_status),
        "DescribeVolumeAttribute": simulated(describing.describe_volume_attribute),
        "ModifyVolumeAttribute": recorded(
            describing.modify_volume_attribute,
            "AutoEnableIO is kept and shown; I/O is never disabled here",
        ),
        "EnableVolumeIO": recorded(
            describing.enable_volume_io, "I/O is never disabled here, so that none is enabled"
        ),
        "ModifyVolume": simulated(modifying.modify_volume, resource=_volume, context=_of_volume),
        "DescribeVolumesModifications": simulated(modifying.describe_volumes_modifications),
        "ImportVolume": refused("disk images from outside have no place here: volumes are empty"),
    },
    kinds=(VOLUME, SNAPSHOT),
    tables=(EBS_SETTINGS, FAST_RESTORES, HELD),
    kernel_events={VOLUME_DUE: volumes.volume_due},
)
