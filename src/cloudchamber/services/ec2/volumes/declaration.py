"""What this area of EC2 answers: EBS volumes and snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.service import Operation, recorded, refused, simulated
from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.idempotency import once
from cloudchamber.services.ec2.permissions import requested, tagged
from cloudchamber.services.ec2.volumes import (
    describing,
    granting,
    locking,
    modifying,
    permissions,
    snapshots,
    tiers,
    views,
    volumes,
)
from cloudchamber.services.ec2.volumes.making import VOLUME_DUE
from cloudchamber.services.ec2.volumes.nouns import (
    EBS_SETTINGS,
    FAST_RESTORES,
    HELD,
    SNAPSHOT,
    STORAGE,
    VOLUME,
)
from cloudchamber.services.ec2.volumes.snapshots import SNAPSHOT_DUE

_of_volume = tagged(VOLUME, "VolumeId")
_of_snapshot = tagged(SNAPSHOT, "SnapshotId")
_NO_CONTENTS: Final = "volumes have no contents here, so that none can come from outside"
_NO_BIN: Final = "Recycle Bin has no retention rules here, so that its bin is empty"
_LOCAL: Final = "what is kept is shown; nothing is read faster, since nothing is read"

_VOLUMES: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "CreateVolume": simulated(
            once(volumes.create_volume), resource=permissions.new_volume, context=requested
        ),
        "CopyVolumes": simulated(
            once(volumes.copy_volumes), resource=permissions.volume_copy, context=requested
        ),
        "DeleteVolume": simulated(
            volumes.delete_volume, resource=permissions.volume, context=_of_volume
        ),
        "AttachVolume": simulated(
            volumes.attach_volume, resource=permissions.volume_and_instance, context=_of_volume
        ),
        "DetachVolume": simulated(
            volumes.detach_volume, resource=permissions.volume_and_instance, context=_of_volume
        ),
        "DescribeVolumes": simulated(describing.describe_volumes),
        "DescribeVolumeStatus": simulated(describing.describe_volume_status),
        "DescribeVolumeAttribute": simulated(describing.describe_volume_attribute),
        "ModifyVolumeAttribute": recorded(
            describing.modify_volume_attribute,
            "AutoEnableIO is kept and shown; I/O is never disabled here",
            resource=permissions.volume,
        ),
        "EnableVolumeIO": recorded(
            describing.enable_volume_io,
            "I/O is never disabled here, so that there is none to enable",
            resource=permissions.volume,
        ),
        "ModifyVolume": simulated(
            modifying.modify_volume, resource=permissions.volume, context=_of_volume
        ),
        "DescribeVolumesModifications": simulated(modifying.describe_volumes_modifications),
        "ImportVolume": refused(_NO_CONTENTS),
        "ListVolumesInRecycleBin": refused(_NO_BIN),
        "RestoreVolumeFromRecycleBin": refused(_NO_BIN),
        "CreateReplaceRootVolumeTask": refused(
            "a root volume has no contents here that a replacement could bring back"
        ),
        "DescribeReplaceRootVolumeTasks": refused(
            "a root volume has no contents here that a replacement could bring back"
        ),
        "CreateDelegateMacVolumeOwnershipTask": refused("there are no Mac hosts here"),
    }
)

_SNAPSHOTS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "CreateSnapshot": simulated(
            snapshots.create_snapshot, resource=permissions.new_snapshot, context=requested
        ),
        "CreateSnapshots": simulated(
            snapshots.create_snapshots, resource=permissions.new_snapshots, context=requested
        ),
        "CopySnapshot": simulated(
            snapshots.copy_snapshot, resource=permissions.new_snapshots, context=requested
        ),
        "DeleteSnapshot": simulated(
            snapshots.delete_snapshot, resource=permissions.snapshot, context=_of_snapshot
        ),
        "DescribeSnapshots": simulated(views.describe_snapshots),
        "DescribeSnapshotAttribute": simulated(
            granting.describe_snapshot_attribute, resource=permissions.snapshot
        ),
        "ModifySnapshotAttribute": simulated(
            granting.modify_snapshot_attribute, resource=permissions.snapshot, context=_of_snapshot
        ),
        "ResetSnapshotAttribute": simulated(
            granting.reset_snapshot_attribute, resource=permissions.snapshot, context=_of_snapshot
        ),
        "LockSnapshot": simulated(
            locking.lock_snapshot, resource=permissions.snapshot, context=_of_snapshot
        ),
        "UnlockSnapshot": simulated(
            locking.unlock_snapshot, resource=permissions.snapshot, context=_of_snapshot
        ),
        "DescribeLockedSnapshots": simulated(locking.describe_locked_snapshots),
        "ModifySnapshotTier": simulated(
            tiers.modify_snapshot_tier, resource=permissions.snapshot, context=_of_snapshot
        ),
        "RestoreSnapshotTier": simulated(
            tiers.restore_snapshot_tier, resource=permissions.snapshot, context=_of_snapshot
        ),
        "DescribeSnapshotTierStatus": simulated(tiers.describe_snapshot_tier_status),
        "EnableFastSnapshotRestores": recorded(tiers.enable_fast_snapshot_restores, _LOCAL),
        "DisableFastSnapshotRestores": recorded(tiers.disable_fast_snapshot_restores, _LOCAL),
        "DescribeFastSnapshotRestores": recorded(tiers.describe_fast_snapshot_restores, _LOCAL),
        "ListSnapshotsInRecycleBin": recorded(tiers.list_snapshots_in_recycle_bin, _NO_BIN),
        "RestoreSnapshotFromRecycleBin": refused(_NO_BIN),
        "ImportSnapshot": refused(_NO_CONTENTS),
        "DescribeImportSnapshotTasks": refused(_NO_CONTENTS),
    }
)

_ACCOUNT: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "EnableEbsEncryptionByDefault": simulated(granting.enable_ebs_encryption_by_default),
        "DisableEbsEncryptionByDefault": simulated(granting.disable_ebs_encryption_by_default),
        "GetEbsEncryptionByDefault": simulated(granting.get_ebs_encryption_by_default),
        "GetEbsDefaultKmsKeyId": simulated(granting.get_ebs_default_kms_key_id),
        "ModifyEbsDefaultKmsKeyId": simulated(granting.modify_ebs_default_kms_key_id),
        "ResetEbsDefaultKmsKeyId": simulated(granting.reset_ebs_default_kms_key_id),
        "EnableSnapshotBlockPublicAccess": simulated(granting.enable_snapshot_block_public_access),
        "DisableSnapshotBlockPublicAccess": simulated(
            granting.disable_snapshot_block_public_access
        ),
        "GetSnapshotBlockPublicAccessState": simulated(
            granting.get_snapshot_block_public_access_state
        ),
    }
)

AREA: Final = Area(
    operations={**_VOLUMES, **_SNAPSHOTS, **_ACCOUNT},
    kinds=(VOLUME, SNAPSHOT),
    tables=(EBS_SETTINGS, FAST_RESTORES, HELD, STORAGE),
    kernel_events={VOLUME_DUE: volumes.volume_due, SNAPSHOT_DUE: snapshots.snapshot_due},
)
