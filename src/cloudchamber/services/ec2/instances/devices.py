"""Block devices of a launch: the image's, as the request changes them, as volumes to be made.

Rules of this file: plans only; nothing is made here. A device of the request takes the place of the
image's of that name member by member, `NoDevice` takes it away, others are added.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-device-mapping-concepts.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2.instances.nouns import Image, ImageDevice
from cloudchamber.services.ec2.refusals import missing_parameter
from cloudchamber.services.ec2.volumes.making import VolumePlan, plan_volume


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A volume to be made and attached under a device name."""

    name: str
    plan: VolumePlan
    delete_on_termination: bool


def planned(
    call: Call,
    image: Image,
    mappings: Sequence[Mapping[str, Any]],
    zone_id: str,
    tags: Mapping[str, str],
) -> list[Device]:
    """The volumes of one instance, the root first. Raises AwsError, as `plan_volume` does."""
    asked = _by_name(mappings)
    of_image = {each.name: each for each in image.devices}
    names = [*of_image, *(name for name in asked if name not in of_image)]
    devices: list[Device] = []
    for name in names:
        mapping = asked.get(name, {})
        device = of_image.get(name)
        if "NoDevice" in mapping:
            if name == image.root_device:
                raise AwsError(
                    "InvalidBlockDeviceMapping",
                    f"The device '{name}' is the root device and cannot be left out.",
                )
            continue
        if _is_local(mapping, device):
            continue
        devices.append(_device(call, name, device, mapping.get("Ebs", {}), zone_id, tags))
    return devices


def _by_name(mappings: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for mapping in mappings:
        name = mapping.get("DeviceName")
        if not name:
            raise missing_parameter("deviceName")
        if name in found:
            raise AwsError(
                "InvalidBlockDeviceMapping", f"The device '{name}' is used in more than one mapping"
            )
        found[name] = mapping
    return found


def _is_local(mapping: Mapping[str, Any], device: ImageDevice | None) -> bool:
    """Whether a device is a local disk (`ephemeral0`), which is no volume."""
    if "Ebs" in mapping:
        return False
    virtual = mapping.get("VirtualName", "")
    if virtual:
        if not virtual.startswith("ephemeral"):
            raise AwsError("InvalidBlockDeviceMapping", f"Invalid virtual name: {virtual}")
        return True
    return device is not None and bool(device.virtual)


def _device(
    call: Call,
    name: str,
    device: ImageDevice | None,
    ebs: Mapping[str, Any],
    zone_id: str,
    tags: Mapping[str, str],
) -> Device:
    snapshot = ebs.get("SnapshotId") or (device.snapshot if device else "")
    if device is not None and device.snapshot and snapshot != device.snapshot:
        raise AwsError(
            "InvalidBlockDeviceMapping",
            f"snapshotId can not be modified on the device '{name}' of the image",
        )
    size = ebs.get("VolumeSize")
    if device is None and not snapshot and size is None:
        raise missing_parameter("size or the snapshotId")
    if device is not None and size is not None and size < device.size:
        raise AwsError(
            "InvalidBlockDeviceMapping",
            f"Volume of size {size}GB is smaller than snapshot '{device.snapshot}', "
            f"expect size >= {device.size}GB",
        )
    kind = ebs.get("VolumeType") or (device.type if device else "")
    # The image's figures are those of its own type.
    is_same = device is not None and kind == device.type
    iops = ebs.get("Iops") or (device.iops if device and is_same else 0) or None
    throughput = ebs.get("Throughput") or (device.throughput if device and is_same else 0) or None
    encrypted = ebs.get("Encrypted")
    if encrypted is None and device is not None and device.is_encrypted:
        encrypted = True
    plan = plan_volume(
        call,
        size=size if size is not None else (device.size if device else None),
        type=kind,
        zone_id=zone_id,
        snapshot=snapshot,
        encrypted=encrypted,
        key=ebs.get("KmsKeyId", ""),
        iops=iops,
        throughput=throughput,
        tags=tags,
        rate=ebs.get("VolumeInitializationRate", 0),
        snapshot_size=device.size if device and device.snapshot else None,
    )
    default = device.delete_on_termination if device is not None else True
    return Device(
        name=name, plan=plan, delete_on_termination=ebs.get("DeleteOnTermination", default)
    )
