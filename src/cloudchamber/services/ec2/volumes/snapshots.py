"""CreateSnapshot, CreateSnapshots, CopySnapshot, DeleteSnapshot and their end.

Rules of this file: a snapshot is pending until an instant that follows from its volume's size, and
its progress is where the clock stands in between. What was in the volume is nobody's, so that a
snapshot holds a size, a lineage and a key.
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshots.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import MINUTE_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.instances.nouns import IMAGES, INSTANCE
from cloudchamber.services.ec2.refusals import invalid_value
from cloudchamber.services.ec2.volumes import encryption, lifecycle, locking, making, sharing
from cloudchamber.services.ec2.volumes.announcing import announce_snapshot
from cloudchamber.services.ec2.volumes.limits import (
    DESCRIPTION_MAX,
    PENDING_COPIES_MAX,
    PENDING_SNAPSHOTS,
    PENDING_SNAPSHOTS_MAX,
)
from cloudchamber.services.ec2.volumes.nouns import SNAPSHOT, VOLUME, Snapshot, Volume
from cloudchamber.services.ec2.volumes.views import snapshot_view, summary_view
from cloudchamber.world.geography.regions import find_region

SNAPSHOT_DUE: Final = "ec2.snapshot-due"
# A copy has no volume that one could describe.
NO_VOLUME: Final = "vol-ffffffff"


def create_snapshot(call: Call, request: Input) -> Output:
    """A snapshot of one volume."""
    given = tags.specified(request, SNAPSHOT.type)
    _expect_regional(request)
    volume = kinds.expect_own(call, VOLUME, request["VolumeId"])
    _expect_capturable(call, volume)
    snapshot = make_snapshot(call, volume, _description(request), given)
    return snapshot_view(call, snapshot)


def create_snapshots(call: Call, request: Input) -> Output:
    """Snapshots of an instance's volumes, all of one instant."""
    given = tags.specified(request, SNAPSHOT.type)
    _expect_regional(request)
    wanted = request["InstanceSpecification"]
    instance = kinds.expect_own(call, INSTANCE, wanted["InstanceId"])
    root = instance.root_device
    left_out = set(wanted.get("ExcludeDataVolumeIds", ()))
    chosen = []
    for volume in making.volumes_of_instance(call, instance.id):
        attachment: Any = making.attachment_of(volume, instance.id)
        is_root = bool(root) and attachment.device == root
        if is_root and volume.id in left_out:
            raise AwsError(
                "InvalidParameterValue",
                f"{volume.id} is the root volume: it is excluded by ExcludeBootVolume.",
            )
        if volume.id in left_out or (is_root and wanted.get("ExcludeBootVolume")):
            left_out.discard(volume.id)
            continue
        _expect_capturable(call, volume)
        chosen.append(volume)
    if left_out:
        raise AwsError(
            "InvalidParameterValue",
            f"{', '.join(sorted(left_out))} is not attached to {instance.id}.",
        )
    copies = request.get("CopyTagsFromSource") == "volume"
    shown = []
    for volume in chosen:
        own = {**tags.tags_of(call, volume.id), **given} if copies else given
        own = {key: value for key, value in own.items() if not key.startswith("aws:")}
        shown.append(summary_view(call, make_snapshot(call, volume, _description(request), own)))
    return {"Snapshots": shown}


def make_snapshot(call: Call, volume: Volume, description: str, given: dict[str, str]) -> Snapshot:
    """A snapshot of a volume that can be captured; also for those who make images."""
    snapshot = Snapshot(
        id=kinds.new_id(call, SNAPSHOT.prefix),
        owner=call.account,
        volume=volume.id,
        size=volume.size,
        description=description,
        started_ns=call.now,
        completed_ns=call.now + lifecycle.snapshot_ns(call.cloud.settings.lifecycle, volume.size),
        is_encrypted=volume.is_encrypted,
        key=volume.key,
    )
    _begin(call, snapshot, given)
    return snapshot


def copy_snapshot(call: Call, request: Input) -> Output:
    """A copy of a snapshot, from this Region or another, into this one; encrypted anew if asked."""
    given = tags.specified(request, SNAPSHOT.type)
    region = request["SourceRegion"]
    if find_region(region) is None:
        raise AwsError("InvalidParameterValue", f"Invalid region: [{region}]")
    source = sharing.expect_usable(call, request["SourceSnapshotId"], region)
    if source.state != "completed":
        raise AwsError("IncorrectState", f"Snapshot is in invalid state - {source.state}")
    if request.get("DestinationRegion") not in (None, call.region):
        raise invalid_value(
            request["DestinationRegion"], "destinationRegion", "It is the Region of the request."
        )
    for each in ("DestinationOutpostArn", "DestinationAvailabilityZone"):
        if request.get(each):
            raise AwsError("InvalidParameterValue", f"{each}: snapshots here are regional.")
    _expect_few_copies(call)
    beginnings = ((source.is_encrypted, _key_there(call, source, region)),)
    is_encrypted, key = encryption.choose(
        call, request.get("Encrypted"), request.get("KmsKeyId", ""), beginnings
    )
    arn = encryption.expect_key(call, key) if is_encrypted else ""
    minutes = request.get("CompletionDurationMinutes") or 0
    profile = call.cloud.settings.lifecycle
    duration = minutes * MINUTE_NS if minutes else None
    if duration is None or profile == "instant":
        duration = lifecycle.snapshot_ns(profile, source.size)
    snapshot = Snapshot(
        id=kinds.new_id(call, SNAPSHOT.prefix),
        owner=call.account,
        volume=NO_VOLUME,
        size=source.size,
        description=_description(request) or f"[Copied {source.id} from {region}]",
        started_ns=call.now,
        completed_ns=call.now + duration,
        is_encrypted=is_encrypted,
        key=arn,
        transfer="time-based" if minutes else "standard",
        minutes=minutes,
        source=source.id,
    )
    _begin(call, snapshot, given)
    output: Output = {"SnapshotId": snapshot.id}
    if given:
        output["Tags"] = tags.shown(call, snapshot.id)
    return output


def delete_snapshot(call: Call, request: Input) -> Output:
    """Delete a snapshot that is neither locked nor used by an image."""
    snapshot = kinds.expect_own(call, SNAPSHOT, request["SnapshotId"])
    if locking.is_locked(call, snapshot):
        raise AwsError(
            "SnapshotLocked",
            f"The snapshot '{snapshot.id}' is locked and cannot be deleted.",
        )
    user = _image_of(call, snapshot)
    if user:
        raise AwsError(
            "InvalidSnapshot.InUse", f"The snapshot {snapshot.id} is currently in use by {user}"
        )
    kinds.remove(call, SNAPSHOT, snapshot)
    return {}


def snapshot_due(call: Call, identifier: str) -> None:
    """A snapshot is complete."""
    snapshot = kinds.find(call, SNAPSHOT, identifier)
    if snapshot is None or snapshot.state != "pending":
        return
    snapshot.state = lifecycle.SNAPSHOT.move(snapshot.state, "done")
    what = "copySnapshot" if snapshot.source else "createSnapshot"
    announce_snapshot(call, what, "succeeded", snapshot)


def _begin(call: Call, snapshot: Snapshot, given: dict[str, str]) -> None:
    kinds.add(call, SNAPSHOT, snapshot)
    tags.put(call, snapshot.id, given)
    call.at(snapshot.completed_ns, SNAPSHOT_DUE, snapshot.id)


def _description(request: Input) -> str:
    text: str = request.get("Description", "")
    if len(text) > DESCRIPTION_MAX:
        raise invalid_value(text, "description", f"It has more than {DESCRIPTION_MAX} characters.")
    return text


def _expect_regional(request: Input) -> None:
    if request.get("OutpostArn"):
        raise AwsError("InvalidParameterValue", "There are no Outposts here.")
    if request.get("Location") == "local":
        raise AwsError(
            "InvalidParameterValue", "Snapshots in Local Zones are not kept: use 'regional'."
        )


def _expect_capturable(call: Call, volume: Volume) -> None:
    if volume.state not in ("available", "in-use"):
        raise AwsError("IncorrectState", f"The volume '{volume.id}' is '{volume.state}'")
    most = PENDING_SNAPSHOTS.get(volume.type, PENDING_SNAPSHOTS_MAX)
    if call.cloud.settings.lifecycle == "instant":
        return
    pending = sum(
        each.state == "pending" and each.volume == volume.id
        for each in call.rows(SNAPSHOT.table).values()
    )
    if pending >= most:
        raise AwsError(
            "ConcurrentSnapshotLimitExceeded",
            f"Maximum allowed in-progress snapshots for a single volume exceeded: {most}.",
        )


def _expect_few_copies(call: Call) -> None:
    pending = sum(
        each.state == "pending" and bool(each.source) for each in call.rows(SNAPSHOT.table).values()
    )
    if pending >= PENDING_COPIES_MAX:
        raise AwsError(
            "ResourceLimitExceeded",
            f"Too many snapshot copies in progress. The limit is {PENDING_COPIES_MAX} for this "
            "destination region.",
        )


def _key_there(call: Call, source: Snapshot, region: str) -> str:
    """The key that a copy keeps: the snapshot's within its account and Region, else the default."""
    if region == call.region and source.owner == call.account:
        return source.key
    return encryption.settings_of(call).key or encryption.AWS_KEY


def _image_of(call: Call, snapshot: Snapshot) -> str:
    """The account's image that is made of a snapshot, or ""."""
    for image in call.rows(IMAGES).values():
        if any(device.snapshot == snapshot.id for device in image.devices):
            return image.id
    return ""
