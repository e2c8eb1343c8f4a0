"""Images of one's own: CreateImage, RegisterImage, CopyImage, DeregisterImage.

Rules of this file: an image is made of snapshots, which cannot be deleted while it is registered.
Nothing is in them: an instance from an image starts like any other.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/creating-an-ami-ebs.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS, MINUTE_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.instances import lifecycle
from cloudchamber.services.ec2.instances.image_lookup import (
    expect_image,
    expect_own_image,
    find_image,
    may_launch,
    no_image,
)
from cloudchamber.services.ec2.instances.lookup import expect_named, is_live
from cloudchamber.services.ec2.instances.nouns import IMAGE, IMAGES, Image, ImageDevice, Instance
from cloudchamber.services.ec2.instances.public_images import public_images
from cloudchamber.services.ec2.refusals import invalid_value, missing_parameter
from cloudchamber.services.ec2.volumes import encryption
from cloudchamber.services.ec2.volumes.making import attachment_of, volumes_of_instance
from cloudchamber.services.ec2.volumes.nouns import SNAPSHOT, Snapshot
from cloudchamber.services.ec2.volumes.sharing import expect_usable
from cloudchamber.services.ec2.volumes.snapshots import make_snapshot
from cloudchamber.world.geography.regions import find_region

_NAME: Final = re.compile(r"[A-Za-z0-9()\[\] ./\-'@_]{3,128}", re.ASCII)


def create_image(call: Call, request: Input) -> Output:
    """Make an image of an instance: a snapshot of each of its volumes."""
    instance = expect_named(call, request)
    given = tags.specified_all(request, ("image", "snapshot"))
    name = _expect_name(call, request)
    if not is_live(instance) or instance.state == "pending":
        raise AwsError(
            "IncorrectInstanceState",
            f"The instance '{instance.id}' is not in the 'running' or 'stopped' state.",
        )
    devices = _captured(call, instance, request, given.get("snapshot", {}))
    source = find_image(call, instance.image)
    image = Image(
        id=kinds.new_id(call, IMAGE.prefix),
        owner=call.account,
        name=name,
        description=request.get("Description", ""),
        architecture=instance.architecture,
        root_device=instance.root_device,
        devices=devices,
        platform=instance.platform,
        platform_details=instance.platform_details,
        usage_operation=instance.usage_operation,
        boot_mode=instance.boot_mode,
        imds=source.imds if source else "",
        ena=instance.ena,
        source_instance=instance.id,
        source_image=instance.image,
        source_region=call.region,
    )
    if not request.get("NoReboot") and instance.state == "running":
        instance.booted_ns = call.now
    _register(call, image, given.get("image", {}), is_new=True)
    return {"ImageId": image.id}


def register_image(call: Call, request: Input) -> Output:
    """Make an image of snapshots that are there."""
    name = _expect_name(call, request)
    given = tags.specified(request, IMAGE.type)
    if request.get("ImageLocation"):
        raise Refused("ec2", "RegisterImage", "instance store images are not there yet")
    root = request.get("RootDeviceName")
    mappings = request.get("BlockDeviceMappings", ())
    if not root or not mappings:
        raise missing_parameter("rootDeviceName and blockDeviceMapping")
    devices = [_mapped(call, each) for each in mappings]
    found = next((each for each in devices if each.name == root), None)
    if found is None or not found.snapshot:
        raise AwsError(
            "InvalidBlockDeviceMapping", f"The root device '{root}' needs a mapping to a snapshot."
        )
    virtualization = request.get("VirtualizationType", "paravirtual")
    image = Image(
        id=kinds.new_id(call, IMAGE.prefix),
        owner=call.account,
        name=name,
        description=request.get("Description", ""),
        architecture=request.get("Architecture", "i386"),
        root_device=root,
        devices=devices,
        virtualization=virtualization,
        boot_mode=request.get("BootMode", ""),
        imds=request.get("ImdsSupport", ""),
        tpm=request.get("TpmSupport", ""),
        ena=request.get("EnaSupport", False),
        sriov=request.get("SriovNetSupport", ""),
    )
    _register(call, image, given, is_new=False)
    return {"ImageId": image.id}


def copy_image(call: Call, request: Input) -> Output:
    """Copy an image that the account may launch, from this Region or another, into this one."""
    for member in ("SourceImageId", "SourceRegion"):
        if not request.get(member):
            raise missing_parameter(member)
    name = _expect_name(call, request)
    given = tags.specified_all(request, ("image", "snapshot"))
    region = request["SourceRegion"]
    if find_region(region) is None:
        raise AwsError("InvalidParameterValue", f"Invalid region: {region}")
    source = _source(call, request["SourceImageId"], region)
    if request.get("KmsKeyId") and not request.get("Encrypted"):
        raise AwsError(
            "InvalidParameterCombination",
            "The KmsKeyId parameter requires Encrypted to be specified.",
        )
    devices = [
        _copied_device(call, each, region, source, request, given.get("snapshot", {}))
        for each in source.devices
    ]
    image = msgspec.structs.replace(
        source,
        id=kinds.new_id(call, IMAGE.prefix),
        owner=call.account,
        name=name,
        description=request.get("Description", source.description),
        devices=devices,
        is_public=False,
        users=[],
        alias="",
        parameter="",
        deprecated_ns=0,
        launched_ns=0,
        protection="",
        source_image=source.id,
        source_region=region,
        source_instance="",
    )
    own = {}
    if request.get("CopyImageTags") and source.owner == call.account:
        rows = call.rows(tags.TAGS, region=region).get(source.id)
        own = {k: v for k, v in (rows.values if rows else {}).items() if not k.startswith("aws:")}
    _register(call, image, {**own, **given.get("image", {})}, is_new=True)
    return {"ImageId": image.id}


def deregister_image(call: Call, request: Input) -> Output:
    """Take an image away; its snapshots stay, unless they are to go and nothing else needs them."""
    if not request.get("ImageId"):
        raise missing_parameter("imageId")
    image = expect_own_image(call, request["ImageId"])
    if image.protection.startswith("enabled") or call.now < image.protected_until_ns:
        raise AwsError(
            "OperationNotPermitted",
            f"The AMI {image.id} is protected from deregistration. Disable deregistration "
            "protection and try again.",
        )
    kinds.remove(call, IMAGE, image)
    results = []
    for device in image.devices if request.get("DeleteAssociatedSnapshots") else ():
        snapshot = kinds.find(call, SNAPSHOT, device.snapshot) if device.snapshot else None
        if snapshot is not None:
            results.append(_dropped(call, snapshot))
    output: Output = {"Return": True}
    if results:
        output["DeleteSnapshotResults"] = results
    return output


def image_due(call: Call, identifier: str) -> None:
    """An image's snapshots are complete."""
    image = call.rows(IMAGES).get(identifier)
    if image is not None and image.state == "pending":
        image.state = lifecycle.IMAGE.move(image.state, "due")
        call.event(call.arn(f"image/{image.id}"), "ec2.image-available", f"{image.id} is available")


def _dropped(call: Call, snapshot: Snapshot) -> dict[str, str]:
    code = "skipped"
    is_used = any(
        device.snapshot == snapshot.id
        for image in call.rows(IMAGES).values()
        for device in image.devices
    )
    if not is_used and snapshot.owner == call.account:
        kinds.remove(call, SNAPSHOT, snapshot)
        code = "success"
    return {"SnapshotId": snapshot.id, "ReturnCode": code}


def _register(call: Call, image: Image, given: dict[str, str], *, is_new: bool) -> None:
    """Keep an image; one whose snapshots are `is_new` is pending until they are complete."""
    image.created_ns = call.now
    image.state = "pending" if is_new else "available"
    kinds.add(call, IMAGE, image)
    tags.put(call, image.id, given)
    if is_new:
        delay = lifecycle.IMAGE.delay_ns(call.cloud.settings.lifecycle, "pending")
        call.after(delay, lifecycle.IMAGE_DUE, image.id)


def _captured(
    call: Call, instance: Instance, request: Input, given: dict[str, str]
) -> list[ImageDevice]:
    asked = {each.get("DeviceName", ""): each for each in request.get("BlockDeviceMappings", ())}
    volumes = volumes_of_instance(call, instance.id)
    there = {each.device for volume in volumes for each in volume.attachments}
    added = [
        _mapped(call, each)
        for name, each in asked.items()
        if name not in there and "NoDevice" not in each
    ]
    devices: list[ImageDevice] = []
    for volume in volumes:
        attachment = attachment_of(volume, instance.id)
        if attachment is None:
            continue
        mapping = asked.get(attachment.device, {})
        if "NoDevice" in mapping:
            continue
        ebs = mapping.get("Ebs", {})
        snapshot = make_snapshot(
            call, volume, f"Created by CreateImage({instance.id}) for an image", given
        )
        devices.append(
            ImageDevice(
                name=attachment.device,
                snapshot=snapshot.id,
                size=ebs.get("VolumeSize", volume.size),
                type=ebs.get("VolumeType", volume.type),
                iops=ebs.get("Iops", volume.iops if volume.type in ("io1", "io2") else 0),
                is_encrypted=volume.is_encrypted,
                delete_on_termination=ebs.get(
                    "DeleteOnTermination", attachment.delete_on_termination
                ),
            )
        )
    return [*devices, *added]


def _mapped(call: Call, mapping: Mapping[str, Any]) -> ImageDevice:
    name = mapping.get("DeviceName")
    if not name:
        raise missing_parameter("deviceName")
    if mapping.get("VirtualName"):
        return ImageDevice(name=name, virtual=mapping["VirtualName"])
    ebs = mapping.get("Ebs", {})
    snapshot = expect_usable(call, ebs["SnapshotId"]) if ebs.get("SnapshotId") else None
    size = ebs.get("VolumeSize") or (snapshot.size if snapshot else 0)
    if not size:
        raise missing_parameter("size or the snapshotId")
    if snapshot is not None and size < snapshot.size:
        raise AwsError(
            "InvalidBlockDeviceMapping",
            f"Volume of size {size}GB is smaller than snapshot '{snapshot.id}', expect size >= "
            f"{snapshot.size}GB",
        )
    return ImageDevice(
        name=name,
        snapshot=snapshot.id if snapshot else "",
        size=size,
        type=ebs.get("VolumeType", "gp2"),
        iops=ebs.get("Iops", 0),
        throughput=ebs.get("Throughput", 0),
        is_encrypted=snapshot.is_encrypted if snapshot else bool(ebs.get("Encrypted")),
        delete_on_termination=ebs.get("DeleteOnTermination", True),
    )


def _source(call: Call, identifier: str, region: str) -> Image:
    """The image to copy, in its Region."""
    public = public_images(region).get(identifier)
    if public is not None:
        return public
    place = kinds.place_of(call.cloud, identifier)
    row = kinds.find_anywhere(call.cloud, IMAGE, identifier)
    if place is None or row is None or place.region != region or not may_launch(call, row):
        raise no_image(identifier)
    if row.state != "available":
        raise AwsError("InvalidAMIID.Unavailable", f"The image ID '{identifier}' is {row.state}.")
    return row


def _copied_device(
    call: Call,
    device: ImageDevice,
    region: str,
    source: Image,
    request: Input,
    given: dict[str, str],
) -> ImageDevice:
    """A device with a snapshot of the account's own, here."""
    if device.virtual or not device.snapshot:
        return device
    snapshot = Snapshot(
        id=kinds.new_id(call, SNAPSHOT.prefix),
        owner=call.account,
        volume="vol-ffffffff",
        size=device.size,
        description=f"Copied for DestinationAmi from SourceAmi {source.id}",
        state="completed",
        started_ns=call.now,
        completed_ns=call.now,
        source=device.snapshot,
    )
    encrypted = bool(request.get("Encrypted"))
    if device.is_encrypted or encrypted:
        snapshot.is_encrypted = True
        before = kinds.find_anywhere(call.cloud, SNAPSHOT, device.snapshot)
        is_same = before is not None and region == call.region and not encrypted
        kept = before.key if before and is_same else ""
        key = request.get("KmsKeyId") or kept or encryption.settings_of(call).key
        snapshot.key = encryption.expect_key(call, key or encryption.AWS_KEY)
    kinds.add(call, SNAPSHOT, snapshot)
    tags.put(call, snapshot.id, given)
    return msgspec.structs.replace(device, snapshot=snapshot.id, is_encrypted=snapshot.is_encrypted)


def _expect_name(call: Call, request: Input) -> str:
    name: str = request.get("Name", "")
    if not name:
        raise missing_parameter("name")
    if not _NAME.fullmatch(name):
        raise AwsError(
            "InvalidAMIName.Malformed",
            "AMI names must be between 3 and 128 characters long, and may contain letters, "
            "numbers, '(', ')', '.', '-', '/' and '_'",
        )
    for each in call.rows(IMAGES).values():
        if each.name == name:
            raise AwsError(
                "InvalidAMIName.Duplicate",
                f"AMI name {name} is already in use by AMI {each.id}",
            )
    return name


# Deprecation, disabling, protection


def enable_image_deprecation(call: Call, request: Input) -> Output:
    """Say when an image stops being shown to others: up to ten years from now, to the minute."""
    image = _expect_own(call, request)
    when = request.get("DeprecateAt")
    if when is None:
        raise missing_parameter("DeprecateAt")
    when_ns = round(when) // 60 * MINUTE_NS
    if when_ns < call.now:
        raise invalid_value(when, "DeprecateAt", "You can't specify a date in the past.")
    if when_ns > call.now + 3653 * DAY_NS:
        raise invalid_value(when, "DeprecateAt", "The upper limit is 10 years from now.")
    image.deprecated_ns = when_ns
    return {"Return": True}


def disable_image_deprecation(call: Call, request: Input) -> Output:
    """Let an image be shown without end."""
    _expect_own(call, request).deprecated_ns = 0
    return {"Return": True}


def disable_image(call: Call, request: Input) -> Output:
    """Let nobody launch an image, and share it with nobody any more."""
    image = _expect_own(call, request)
    if image.state != "available":
        raise AwsError("InvalidAMIID.Unavailable", f"The image ID '{image.id}' is {image.state}.")
    image.state = "disabled"
    image.is_public, image.users = False, []
    return {"Return": True}


def enable_image(call: Call, request: Input) -> Output:
    """Let a disabled image be launched again."""
    image = _expect_own(call, request)
    if image.state == "disabled":
        image.state = "available"
    return {"Return": True}


def enable_image_deregistration_protection(call: Call, request: Input) -> Output:
    """Keep an image from being deregistered; with a cooldown, for a day after it is disabled."""
    image = _expect_own(call, request)
    has_cooldown = bool(request.get("WithCooldown"))
    image.protection = "enabled-with-cooldown" if has_cooldown else "enabled-without-cooldown"
    return {"Return": "true"}


def disable_image_deregistration_protection(call: Call, request: Input) -> Output:
    """End the protection, at once or after its cooldown."""
    image = _expect_own(call, request)
    if image.protection == "enabled-with-cooldown":
        image.protected_until_ns = call.now + DAY_NS
    image.protection = ""
    return {"Return": "true"}


def get_image_ancestry(call: Call, request: Input) -> Output:
    """An image and those that it was made of, back to the first that can be seen."""
    if not request.get("ImageId"):
        raise missing_parameter("ImageId")
    image: Image | None = expect_image(call, request["ImageId"])
    entries: list[dict[str, Any]] = []
    seen: list[str] = []
    while image is not None and image.id not in seen:
        seen.append(image.id)
        entry: dict[str, Any] = {
            "ImageId": image.id,
            "CreationDate": image.created_ns / SECOND_NS,
            "ImageOwnerAlias": image.alias or image.owner,
        }
        if image.source_image:
            entry["SourceImageId"] = image.source_image
            entry["SourceImageRegion"] = image.source_region
        entries.append(entry)
        image = _ancestor(call, image)
    return {"ImageAncestryEntries": entries}


def _ancestor(call: Call, image: Image) -> Image | None:
    if not image.source_image:
        return None
    public = public_images(image.source_region).get(image.source_image)
    if public is not None:
        return public
    row = kinds.find_anywhere(call.cloud, IMAGE, image.source_image)
    return row if row is not None and may_launch(call, row) else None


def _expect_own(call: Call, request: Input) -> Image:
    if not request.get("ImageId"):
        raise missing_parameter("ImageId")
    return expect_own_image(call, request["ImageId"])


def permitted(image: Image) -> Sequence[dict[str, str]]:
    """Who may launch an image, as LaunchPermission lists it."""
    everybody = [{"Group": "all"}] if image.is_public else []
    return [*everybody, *(_permission(each) for each in image.users)]


def _permission(user: str) -> dict[str, str]:
    if ":ou/" in user:
        return {"OrganizationalUnitArn": user}
    return {"OrganizationArn": user} if user.startswith("arn:") else {"UserId": user}
