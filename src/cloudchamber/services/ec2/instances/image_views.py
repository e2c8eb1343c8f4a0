"""DescribeImages: what an image looks like, and by what it is found.

Rules of this file: reads only. An image is shown to whoever may launch it; a deprecated one only to
its owner, unless it is asked for; a disabled one only to its owner, if asked for.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import tags
from cloudchamber.services.ec2.describing import Description, described, filtered
from cloudchamber.services.ec2.instances.image_criteria import is_allowed
from cloudchamber.services.ec2.instances.image_lookup import expect_image, shared_images
from cloudchamber.services.ec2.instances.nouns import IMAGE, Image, ImageDevice
from cloudchamber.services.ec2.instances.settings import settings_of
from cloudchamber.services.ec2.interfaces.interface_views import instant, truth

_ACCOUNT_DIGITS: Final = 12
_Filters = Mapping[str, Callable[[Call, Image], Sequence[str]]]


def describe_images(call: Call, request: Input) -> Output:
    """Images that the account may launch, by owner, by permission, by id, by filters."""
    ids = request.get("ImageIds", ())
    if ids:
        rows = sorted(
            (expect_image(call, each) for each in dict.fromkeys(ids)), key=lambda row: row.id
        )
    else:
        rows = [each for each in shared_images(call) if _is_listed(call, each, request)]
    owners = request.get("Owners", ())
    if owners:
        rows = [each for each in rows if any(_is_of(call, each, owner) for owner in owners)]
    users = request.get("ExecutableUsers", ())
    if users:
        rows = [each for each in rows if any(_may(call, each, user) for user in users)]
    rows = filtered(call, rows, request.get("Filters", ()), _FILTERS)
    return described(call, request, _DESCRIPTION, rows)


def image_view(call: Call, image: Image) -> dict[str, Any]:
    """An image as AWS describes it."""
    location = f"{image.alias or image.owner}/{image.name}"
    shown: dict[str, Any] = {
        "Architecture": image.architecture,
        "BlockDeviceMappings": [device_view(each) for each in image.devices],
        "CreationDate": instant(image.created_ns),
        "EnaSupport": image.ena,
        "Hypervisor": "xen",
        "ImageId": image.id,
        "ImageLocation": location,
        "ImageType": "machine",
        "Name": image.name,
        "OwnerId": image.owner,
        "PlatformDetails": image.platform_details,
        "Public": image.is_public,
        "RootDeviceName": image.root_device,
        "RootDeviceType": "ebs",
        "SriovNetSupport": image.sriov,
        "State": image.state,
        "Tags": tags.shown(call, image.id),
        "UsageOperation": image.usage_operation,
        "VirtualizationType": image.virtualization,
    }
    if settings_of(call).allowed_images == "audit-mode":
        shown["ImageAllowed"] = is_allowed(call, image)
    own = image.owner == call.account
    for member, value in (
        ("BootMode", image.boot_mode),
        ("DeprecationTime", instant(image.deprecated_ns) if image.deprecated_ns else ""),
        ("DeregistrationProtection", protection(image) if own else ""),
        ("Description", image.description),
        ("ImageOwnerAlias", image.alias),
        ("ImdsSupport", image.imds),
        ("LastLaunchedTime", instant(image.launched_ns) if own and image.launched_ns else ""),
        ("Platform", image.platform),
        ("PublicSsmParameterName", image.parameter),
        ("SourceImageId", image.source_image),
        ("SourceImageRegion", image.source_region),
        ("SourceInstanceId", image.source_instance),
        ("TpmSupport", image.tpm),
    ):
        if value:
            shown[member] = value
    return shown


def device_view(device: ImageDevice) -> dict[str, Any]:
    """A block device of an image."""
    if device.virtual:
        return {"DeviceName": device.name, "VirtualName": device.virtual}
    ebs: dict[str, Any] = {
        "DeleteOnTermination": device.delete_on_termination,
        "VolumeSize": device.size,
        "VolumeType": device.type,
        "Encrypted": device.is_encrypted,
    }
    for member, value in (
        ("SnapshotId", device.snapshot),
        ("Iops", device.iops),
        ("Throughput", device.throughput),
    ):
        if value:
            ebs[member] = value
    return {"DeviceName": device.name, "Ebs": ebs}


def protection(image: Image) -> str:
    """The state of the protection from deregistering."""
    return image.protection or "disabled"


def _is_listed(call: Call, image: Image, request: Input) -> bool:
    if image.state == "disabled" and not request.get("IncludeDisabled"):
        return False
    if image.owner == call.account or request.get("IncludeDeprecated"):
        return True
    return not image.deprecated_ns or call.now < image.deprecated_ns


def _is_of(call: Call, image: Image, owner: str) -> bool:
    if owner == "self":
        return image.owner == call.account
    return owner in (image.owner, image.alias)


def _may(call: Call, image: Image, user: str) -> bool:
    """Whether a user has an explicit permission (`self`, an account, or `all`)."""
    if user == "all":
        return image.is_public
    account = call.account if user == "self" else user
    return len(account) == _ACCOUNT_DIGITS and account in image.users


def _some(text: str) -> Sequence[str]:
    return (text,) if text else ()


def _none(call: Call, image: Image) -> Sequence[str]:
    return ()


_NOTHING: Final = """
image-watermark.source-image-creation-time image-watermark.source-image-id
image-watermark.source-image-region image-watermark.watermark-creation-time
image-watermark.watermark-key kernel-id product-code product-code.type ramdisk-id
scan-result.critical-fix-available-since scan-result.finding-scan-date
scan-result.high-fix-available-since scan-result.highest-finding-severity-label
scan-result.informational-fix-available-since scan-result.low-fix-available-since
scan-result.medium-fix-available-since state-reason-code state-reason-message
"""
_EMPTY: Final[_Filters] = MappingProxyType(dict.fromkeys(_NOTHING.split(), _none))
_FILTERS: Final[_Filters] = MappingProxyType(
    {
        **_EMPTY,
        "architecture": lambda call, row: (row.architecture,),
        "block-device-mapping.delete-on-termination": lambda call, row: [
            truth(each.delete_on_termination) for each in row.devices
        ],
        "block-device-mapping.device-name": lambda call, row: [each.name for each in row.devices],
        "block-device-mapping.encrypted": lambda call, row: [
            truth(each.is_encrypted) for each in row.devices
        ],
        "block-device-mapping.snapshot-id": lambda call, row: [
            each.snapshot for each in row.devices
        ],
        "block-device-mapping.volume-size": lambda call, row: [
            str(each.size) for each in row.devices
        ],
        "block-device-mapping.volume-type": lambda call, row: [each.type for each in row.devices],
        "creation-date": lambda call, row: (instant(row.created_ns),),
        "description": lambda call, row: _some(row.description),
        "ena-support": lambda call, row: (truth(row.ena),),
        "free-tier-eligible": lambda call, row: ("false",),
        "hypervisor": lambda call, row: ("xen",),
        "image-allowed": lambda call, row: (truth(is_allowed(call, row)),),
        "image-id": lambda call, row: (row.id,),
        "image-type": lambda call, row: ("machine",),
        "is-public": lambda call, row: (truth(row.is_public),),
        "manifest-location": lambda call, row: (f"{row.alias or row.owner}/{row.name}",),
        "name": lambda call, row: (row.name,),
        "owner-alias": lambda call, row: _some(row.alias),
        "owner-id": lambda call, row: (row.owner,),
        "platform": lambda call, row: _some(row.platform),
        "public-ssm-parameter-name": lambda call, row: _some(row.parameter),
        "root-device-name": lambda call, row: (row.root_device,),
        "root-device-type": lambda call, row: ("ebs",),
        "source-image-id": lambda call, row: _some(row.source_image),
        "source-image-region": lambda call, row: _some(row.source_region),
        "source-instance-id": lambda call, row: _some(row.source_instance),
        "sriov-net-support": lambda call, row: _some(row.sriov),
        "state": lambda call, row: (row.state,),
        "virtualization-type": lambda call, row: (row.virtualization,),
    }
)
_DESCRIPTION: Final[Description[Image]] = Description(
    kind=IMAGE, ids="ImageIds", answer="Images", view=image_view, filters=_FILTERS, page_min=1
)
