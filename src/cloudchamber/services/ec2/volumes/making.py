"""Making, attaching, freeing and ending volumes, for this area and for those who launch instances.

Rules of this file: `plan_volume` checks and changes nothing; `make_planned` changes and cannot
fail. Who makes many things at once plans all of them first. `HELD` follows every attachment, so
that an instance's volumes are found without looking at all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.volumes import encryption, lifecycle, quotas, sharing
from cloudchamber.services.ec2.volumes.announcing import announce
from cloudchamber.services.ec2.volumes.nouns import (
    FAST_RESTORES,
    HELD,
    VOLUME,
    Held,
    Shape,
    Snapshot,
    Volume,
    VolumeAttachment,
)
from cloudchamber.services.ec2.volumes.shapes import shape_of, shaped, size_of

VOLUME_DUE: Final = "ec2.volume-due"
DEFAULT_TYPE: Final = "gp2"
# MiB/s, not published; without VolumeInitializationRate AWS promises none.
DEFAULT_RATE: Final = 100


class VolumePlan(msgspec.Struct, frozen=True, kw_only=True):
    """A volume that can be made. `key` is as it was given."""

    shape: Shape
    zone_id: str
    snapshot: str = ""
    is_encrypted: bool = False
    key: str = ""
    is_fast_restored: bool = False
    rate: int = 0
    source_volume: str = ""
    tags: Mapping[str, str] = {}


def plan_volume(
    call: Call,
    *,
    size: int | None,
    type: str,
    zone_id: str,
    snapshot: str = "",
    encrypted: bool | None = None,
    key: str = "",
    iops: int | None = None,
    throughput: int | None = None,
    tags: Mapping[str, str] | None = None,
    is_multi_attach: bool = False,
    rate: int = 0,
    snapshot_size: int | None = None,
) -> VolumePlan:
    """Check everything about a volume. Raises AwsError.

    `type` "" is AWS's default, gp2. `snapshot_size` (GiB) stands in for a snapshot that has no
    row: that of an image which AWS publishes.
    """
    row = _snapshot(call, snapshot, snapshot_size)
    came = snapshot_size if row is None else row.size
    shape = shaped(
        type or DEFAULT_TYPE,
        size_of(size, came, snapshot),
        iops,
        throughput,
        is_multi_attach=is_multi_attach,
    )
    quotas.expect_room(call, shape)
    beginnings = () if row is None else ((row.is_encrypted, row.key),)
    is_encrypted, chosen = encryption.choose(call, encrypted, key, beginnings)
    return VolumePlan(
        shape=shape,
        zone_id=zone_id,
        snapshot=snapshot,
        is_encrypted=is_encrypted,
        key=chosen,
        is_fast_restored=_is_fast(call, snapshot, zone_id),
        rate=rate,
        tags=tags or {},
    )


def make_planned(call: Call, plan: VolumePlan, *, is_launched: bool = False) -> Volume:
    """Make what was planned. `is_launched` is for an instance's own: it is there at once."""
    shape = plan.shape
    volume = Volume(
        id=kinds.new_id(call, VOLUME.prefix),
        owner=call.account,
        zone_id=plan.zone_id,
        size=shape.size,
        type=shape.type,
        iops=shape.iops,
        throughput=shape.throughput,
        snapshot=plan.snapshot,
        is_encrypted=plan.is_encrypted,
        created_ns=call.now,
        is_multi_attach=shape.is_multi_attach,
        is_fast_restored=plan.is_fast_restored,
        initialization_rate=plan.rate,
        initialized_ns=call.now + _initialization_ns(call, plan),
        source_volume=plan.source_volume,
    )
    if plan.is_encrypted:
        volume.key, volume.problem = encryption.find_key(call, plan.key)
        if not volume.problem:
            volume.problem = encryption.draw_data_key(call, volume.key, volume.id)
    kinds.add(call, VOLUME, volume)
    quotas.count(call, shape, 1)
    tags.put(call, volume.id, plan.tags)
    if is_launched and not volume.problem:
        become_available(call, volume)
    else:
        delay = lifecycle.VOLUME.delay_ns(call.cloud.settings.lifecycle, "creating")
        call.after(delay, VOLUME_DUE, volume.id, "creating")
    return volume


def become_available(call: Call, volume: Volume) -> None:
    """The volume has been created, or has failed to be."""
    if volume.problem:
        volume.state = lifecycle.VOLUME.move(volume.state, "failed")
        call.event(
            volume_arn(call, volume.id),
            "ec2.volume-failed",
            f"{volume.id} could not be created: {volume.problem}",
        )
        announce(call, "createVolume", "failed", volume, cause=volume.problem)
        return
    volume.state = lifecycle.VOLUME.move(volume.state, "made")
    announce(call, "createVolume", "available", volume)


def attach_volume(
    call: Call,
    volume: Volume,
    instance_id: str,
    device: str,
    delete_on_termination: bool = False,
    *,
    state: str = "attached",
) -> VolumeAttachment:
    """Attach a volume; the caller has checked that it can be."""
    attachment = VolumeAttachment(
        instance=instance_id,
        device=device,
        state=state,
        delete_on_termination=delete_on_termination,
        attached_ns=call.now,
    )
    volume.attachments.append(attachment)
    volume.state = "in-use"
    held = call.rows(HELD).setdefault(instance_id, Held([]))
    held.volumes.append(volume.id)
    return attachment


def free_volume(call: Call, volume: Volume, instance_id: str) -> None:
    """Take away the attachment to an instance; without any the volume is available."""
    volume.attachments = [each for each in volume.attachments if each.instance != instance_id]
    held = call.rows(HELD).get(instance_id)
    if held is not None:
        held.volumes = [each for each in held.volumes if each != volume.id]
        if not held.volumes:
            del call.rows(HELD)[instance_id]
    if not volume.attachments and volume.state == "in-use":
        volume.state = lifecycle.VOLUME.move(volume.state, "free")


def volumes_of_instance(call: Call, instance_id: str) -> list[Volume]:
    """An instance's volumes, in the order in which they came to it."""
    held = call.rows(HELD).get(instance_id)
    if held is None:
        return []
    rows = call.rows(VOLUME.table)
    return [rows[each] for each in held.volumes if each in rows]


def attachment_of(volume: Volume, instance_id: str) -> VolumeAttachment | None:
    """How a volume is attached to an instance."""
    return next((each for each in volume.attachments if each.instance == instance_id), None)


def release_of_instance(call: Call, instance_id: str) -> None:
    """The instance is terminated: its volumes are deleted, or left available, as each says."""
    for volume in volumes_of_instance(call, instance_id):
        attachment = attachment_of(volume, instance_id)
        ends = attachment is not None and attachment.delete_on_termination
        free_volume(call, volume, instance_id)
        if ends and not volume.attachments:
            call.event(
                volume_arn(call, volume.id),
                "ec2.volume-deleted-with-instance",
                f"{volume.id} is deleted with {instance_id}: DeleteOnTermination",
            )
            begin_deletion(call, volume)


def begin_deletion(call: Call, volume: Volume) -> None:
    """The volume, which is attached to nothing, goes; it is gone when its time is over."""
    volume.state = lifecycle.VOLUME.move(volume.state, "delete")
    delay = lifecycle.VOLUME.delay_ns(call.cloud.settings.lifecycle, "deleting")
    if delay:
        call.after(delay, VOLUME_DUE, volume.id, "deleting")
    else:
        end_deletion(call, volume)


def end_deletion(call: Call, volume: Volume) -> None:
    """The volume is gone."""
    quotas.count(call, shape_of(volume), -1)
    kinds.remove(call, VOLUME, volume)
    announce(call, "deleteVolume", "deleted", volume)


def volume_arn(call: Call, identifier: str) -> str:
    """The ARN of one of the account's volumes."""
    return kinds.arn_of(VOLUME, call.account, call.region, identifier)


def _snapshot(call: Call, identifier: str, stand_in: int | None) -> Snapshot | None:
    if not identifier:
        return None
    if stand_in is not None and sharing.find_usable(call, identifier) is None:
        return None
    return sharing.expect_restorable(call, identifier)


def _is_fast(call: Call, snapshot: str, zone_id: str) -> bool:
    if not snapshot:
        return False
    row: Any = call.rows(FAST_RESTORES).get((snapshot, zone_id))
    return row is not None and not row.disabling_ns and row.enabled_ns <= call.now


def _initialization_ns(call: Call, plan: VolumePlan) -> int:
    """How long the blocks of a snapshot take to be read in; at the asked rate, or at ours."""
    if call.cloud.settings.lifecycle == "instant" or plan.is_fast_restored:
        return 0
    if not (plan.snapshot or plan.source_volume):
        return 0
    rate = plan.rate or DEFAULT_RATE
    return plan.shape.size * 1024 * SECOND_NS // rate
