"""CreateVolume, CopyVolumes, DeleteVolume, AttachVolume, DetachVolume and their ends.

Rules of this file: check everything, change last. What takes time goes on by the kernel event
`ec2.volume-due`.
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volumes.html
"""

from __future__ import annotations

import re
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.instances import states
from cloudchamber.services.ec2.instances.nouns import INSTANCE, Instance
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    missing_parameter,
)
from cloudchamber.services.ec2.volumes import lifecycle, making, modifying, quotas
from cloudchamber.services.ec2.volumes.announcing import announce
from cloudchamber.services.ec2.volumes.describing import attachment_view, volume_view
from cloudchamber.services.ec2.volumes.encryption import choose
from cloudchamber.services.ec2.volumes.limits import (
    ATTACHMENTS_MAX,
    INITIALIZATION_RATE_MAX,
    INITIALIZATION_RATE_MIN,
    MULTI_ATTACH_MAX,
    OWN_SLOTS_GENERATION,
)
from cloudchamber.services.ec2.volumes.making import VOLUME_DUE, VolumePlan
from cloudchamber.services.ec2.volumes.nouns import VOLUME, Volume, VolumeAttachment
from cloudchamber.services.ec2.volumes.shapes import shaped, size_of
from cloudchamber.services.ec2.vpcs import lookup
from cloudchamber.world.capacity.catalogue import find_type

# "Client.InternalError: Client error on launch": troubleshooting-launch.html, of KMS keys.
_UNUSABLE_KEY: Final = ("Client.InternalError", "Client error on launch")
_DEVICE: Final = re.compile(
    r"(/dev/)?(sd[a-z]{1,2}[0-9]*|xvd[a-z]{1,2}[0-9]*|hd[a-z][0-9]*)", re.ASCII
)


def create_volume(call: Call, request: Input) -> Output:
    """A new volume, empty or of a snapshot, in a zone."""
    given = tags.specified(request, VOLUME.type)
    zone = _zone(call, request)
    if request.get("OutpostArn"):
        raise AwsError("InvalidParameterValue", "There are no Outposts here.")
    if request.get("Size") is None and not request.get("SnapshotId"):
        raise missing_parameter("size/snapshot")
    plan = making.plan_volume(
        call,
        size=request.get("Size"),
        type=request.get("VolumeType", ""),
        zone_id=zone,
        snapshot=request.get("SnapshotId", ""),
        encrypted=request.get("Encrypted"),
        key=request.get("KmsKeyId", ""),
        iops=request.get("Iops"),
        throughput=request.get("Throughput"),
        tags=given,
        is_multi_attach=request.get("MultiAttachEnabled", False),
        rate=_rate(request),
    )
    return volume_view(call, making.make_planned(call, plan))


def copy_volumes(call: Call, request: Input) -> Output:
    """A copy of a volume in its zone."""
    given = tags.specified(request, VOLUME.type)
    source = kinds.expect_own(call, VOLUME, request["SourceVolumeId"])
    if source.state not in ("available", "in-use"):
        raise _incorrect(source)
    if not source.is_encrypted and not request.get("Encrypted"):
        # "The source volume must be encrypted", or is encrypted on the way.
        raise AwsError(
            "UnsupportedOperation", f"The volume {source.id} is not encrypted and cannot be copied."
        )
    is_encrypted, key = choose(
        call,
        request.get("Encrypted"),
        request.get("KmsKeyId", ""),
        ((source.is_encrypted, source.key),),
    )
    shape = shaped(
        request.get("VolumeType") or making.DEFAULT_TYPE,
        size_of(request.get("Size"), source.size, source.id),
        request.get("Iops"),
        request.get("Throughput"),
        is_multi_attach=request.get("MultiAttachEnabled", False),
    )
    quotas.expect_room(call, shape)
    plan = VolumePlan(
        shape=shape,
        zone_id=source.zone_id,
        is_encrypted=is_encrypted,
        key=key,
        source_volume=source.id,
        tags=given,
    )
    return {"Volumes": [volume_view(call, making.make_planned(call, plan))]}


def delete_volume(call: Call, request: Input) -> Output:
    """Delete a volume that is attached to nothing."""
    volume = kinds.expect_own(call, VOLUME, request["VolumeId"])
    if volume.attachments:
        holder = volume.attachments[0].instance
        raise AwsError("VolumeInUse", f"Volume {volume.id} is currently attached to {holder}")
    if volume.state not in ("available", "error"):
        raise _incorrect(volume)
    making.begin_deletion(call, volume)
    return {}


def attach_volume(call: Call, request: Input) -> Output:
    """Attach a volume to an instance in its zone, under a device name."""
    volume = kinds.expect_own(call, VOLUME, request["VolumeId"])
    instance = kinds.expect_own(call, INSTANCE, request["InstanceId"])
    device = request["Device"]
    _expect_attachable(call, volume, instance, device)
    attachment = making.attach_volume(call, volume, instance.id, device, state="attaching")
    delay = lifecycle.ATTACHMENT.delay_ns(call.cloud.settings.lifecycle, "attaching")
    call.after(delay, VOLUME_DUE, volume.id, "attaching", instance.id)
    return attachment_view(volume, attachment)


def detach_volume(call: Call, request: Input) -> Output:
    """Detach a volume. Nothing here has the volume mounted, so it is never `busy`."""
    volume = kinds.expect_own(call, VOLUME, request["VolumeId"])
    attachment = _expect_attachment(volume, request)
    instance = kinds.find(call, INSTANCE, attachment.instance)
    if instance is not None and _is_root(instance, attachment.device):
        if instance.state not in ("stopped", "terminated"):
            raise AwsError(
                "OperationNotPermitted",
                f"Unable to detach root volume '{volume.id}' from instance '{instance.id}'",
            )
    if attachment.state == "detaching" and not request.get("Force"):
        raise AwsError(
            "IncorrectState",
            f"The attachment of {volume.id} to {attachment.instance} is in the state 'detaching'.",
        )
    attachment.state = "detaching"
    shown = attachment_view(volume, attachment)
    delay = lifecycle.ATTACHMENT.delay_ns(call.cloud.settings.lifecycle, "detaching")
    if request.get("Force"):
        delay = 0
    call.after(delay, VOLUME_DUE, volume.id, "detaching", attachment.instance)
    return shown


def volume_due(call: Call, identifier: str, what: str, instance: str = "") -> None:
    """A volume has been long enough in a state; what was meant is done if it still is in it."""
    volume = kinds.find(call, VOLUME, identifier)
    if volume is None:
        return
    if what == "creating" and volume.state == "creating":
        making.become_available(call, volume)
    elif what == "creating" and volume.problem:
        _fail_launch(call, volume)
    elif what == "deleting" and volume.state == "deleting":
        making.end_deletion(call, volume)
    elif what in ("attaching", "detaching"):
        _attachment_due(call, volume, what, instance)
    elif what in ("modifying", "optimizing"):
        modifying.modification_due(call, volume, what)


def _fail_launch(call: Call, volume: Volume) -> None:
    """An instance was launched with a volume whose key cannot be used: it does not come up."""
    holders = [kinds.find(call, INSTANCE, each.instance) for each in volume.attachments]
    call.event(
        making.volume_arn(call, volume.id),
        "ec2.volume-failed",
        f"{volume.id} could not be created for its instance: {volume.problem}",
    )
    announce(call, "attachVolume", "failed", volume, cause=volume.problem)
    states.terminate(call, [each for each in holders if each is not None], _UNUSABLE_KEY)


def _attachment_due(call: Call, volume: Volume, what: str, instance: str) -> None:
    attachment = making.attachment_of(volume, instance)
    if attachment is None or attachment.state != what:
        return
    if what == "attaching":
        attachment.state = "attached"
        announce(call, "attachVolume", "attached", volume)
        return
    making.free_volume(call, volume, instance)
    call.event(
        making.volume_arn(call, volume.id),
        "ec2.volume-detached",
        f"{volume.id} is detached from {instance}",
    )


def _expect_attachable(call: Call, volume: Volume, instance: Instance, device: str) -> None:
    if instance.state not in ("running", "stopped", "pending", "stopping"):
        raise AwsError("IncorrectState", f"Instance '{instance.id}' is not 'running'.")
    if any(each.instance == instance.id for each in volume.attachments) or (
        volume.attachments and not volume.is_multi_attach
    ):
        raise AwsError("VolumeInUse", f"{volume.id} is already attached to an instance")
    if volume.state not in ("available", "in-use"):
        raise AwsError("IncorrectState", f"{volume.id} is not 'available'.")
    if len(volume.attachments) >= MULTI_ATTACH_MAX:
        raise AwsError(
            "AttachmentLimitExceeded",
            f"{volume.id} is attached to {MULTI_ATTACH_MAX} instances, which is the maximum.",
        )
    _expect_room(call, instance)
    if volume.zone_id != instance.zone_id:
        raise AwsError(
            "InvalidVolume.ZoneMismatch",
            f"The volume '{volume.id}' is not in the same availability zone as instance "
            f"'{instance.id}'",
        )
    if not _DEVICE.fullmatch(device):
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({device}) for parameter device is invalid. {device} is not a valid EBS "
            "device name.",
        )
    for other in making.volumes_of_instance(call, instance.id):
        if any(
            each.instance == instance.id and each.device == device for each in other.attachments
        ):
            raise AwsError(
                "InvalidParameterValue",
                f"Invalid value '{device}' for unixDevice. Attachment point {device} is already "
                "in use",
            )


def _expect_attachment(volume: Volume, request: Input) -> VolumeAttachment:
    instance, device = request.get("InstanceId"), request.get("Device")
    if not volume.attachments:
        raise AwsError("IncorrectState", f"Volume '{volume.id}' is in the '{volume.state}' state.")
    if instance is None and len(volume.attachments) > 1:
        raise missing_parameter("InstanceId")
    found = volume.attachments[0] if instance is None else making.attachment_of(volume, instance)
    if found is None or device not in (None, found.device):
        where = instance or volume.attachments[0].instance
        as_device = f" as device {device}" if device else ""
        raise AwsError(
            "InvalidAttachment.NotFound",
            f"The volume '{volume.id}' is not attached to instance '{where}'{as_device}.",
        )
    return found


def _is_root(instance: Instance, device: str) -> bool:
    return bool(device) and instance.root_device == device


def _expect_room(call: Call, instance: Instance) -> None:
    """Raises AttachmentLimitExceeded: interfaces and volumes share a Nitro instance's slots."""
    kind = find_type(instance.type)
    if kind is None or not kind.is_nitro or kind.generation >= OWN_SLOTS_GENERATION:
        return
    disks = kind.disks.count if kind.disks else 0
    taken = len(making.volumes_of_instance(call, instance.id)) + len(instance.interfaces) + disks
    if taken >= ATTACHMENTS_MAX:
        raise AwsError(
            "AttachmentLimitExceeded",
            f"Instance {instance.id} has {taken} attachments: its type {kind.name} supports at "
            f"most {ATTACHMENTS_MAX} of volumes, network interfaces and instance store volumes.",
        )


def _zone(call: Call, request: Input) -> str:
    name, identifier = request.get("AvailabilityZone"), request.get("AvailabilityZoneId")
    if name and identifier:
        raise invalid_combination(
            "AvailabilityZone and AvailabilityZoneId cannot be specified together."
        )
    if not name and not identifier:
        raise missing_parameter("AvailabilityZone")
    return lookup.zone_id(call, name or identifier or "")


def _rate(request: Input) -> int:
    rate: int | None = request.get("VolumeInitializationRate")
    if rate is None:
        return 0
    if not request.get("SnapshotId"):
        raise invalid_combination(
            "The parameter VolumeInitializationRate is supported only for volumes created from "
            "snapshots."
        )
    if not INITIALIZATION_RATE_MIN <= rate <= INITIALIZATION_RATE_MAX:
        raise invalid_value(
            rate,
            "volumeInitializationRate",
            f"It must be from {INITIALIZATION_RATE_MIN} to {INITIALIZATION_RATE_MAX} MiB/s.",
        )
    return rate


def _incorrect(volume: Volume) -> AwsError:
    return AwsError("IncorrectState", f"The volume '{volume.id}' is '{volume.state}'")
