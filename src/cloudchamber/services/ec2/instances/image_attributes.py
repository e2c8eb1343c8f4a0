"""Attributes of images (above all: who may launch them), and what the account blocks.

Rules of this file: only the owner changes and sees attributes. While the account blocks public
access to its images, none becomes public; those that are stay so.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-explicit.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.cloud.settings import is_account
from cloudchamber.services.ec2.instances.image_lookup import expect_image, expect_own_image
from cloudchamber.services.ec2.instances.image_views import device_view, protection
from cloudchamber.services.ec2.instances.images import permitted
from cloudchamber.services.ec2.instances.nouns import Image
from cloudchamber.services.ec2.instances.settings import changing, settings_of
from cloudchamber.services.ec2.interfaces.interface_views import instant
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    missing_parameter,
)

BLOCKED: Final = "block-new-sharing"


def modify_image_attribute(call: Call, request: Input) -> Output:
    """Change the description, the metadata support or the launch permissions."""
    image = _expect_own(call, request)
    name = request.get("Attribute")
    if request.get("ImdsSupport") or name == "imdsSupport":
        value = request.get("ImdsSupport", {}).get("Value") or request.get("Value")
        if value != "v2.0":
            raise invalid_value(value, "imdsSupport", "It must be v2.0.")
        image.imds = "v2.0"
    elif "Description" in request or name == "description":
        given = request.get("Description", {}).get("Value")
        image.description = request.get("Value", "") if given is None else given
    elif name in (None, "launchPermission"):
        _change_permissions(call, image, request)
    else:
        raise invalid_value(name, "attribute", "Unknown attribute.")
    return {}


def describe_image_attribute(call: Call, request: Input) -> Output:
    """Show an attribute to the image's owner."""
    image = _expect_own(call, request)
    name = request.get("Attribute")
    plain = {
        "description": ("Description", image.description),
        "kernel": ("KernelId", ""),
        "ramdisk": ("RamdiskId", ""),
        "sriovNetSupport": ("SriovNetSupport", image.sriov),
        "bootMode": ("BootMode", image.boot_mode),
        "tpmSupport": ("TpmSupport", image.tpm),
        "imdsSupport": ("ImdsSupport", image.imds),
        "uefiData": ("UefiData", ""),
        "lastLaunchedTime": (
            "LastLaunchedTime",
            instant(image.launched_ns) if image.launched_ns else "",
        ),
        "deregistrationProtection": ("DeregistrationProtection", protection(image)),
    }
    shown: Output = {"ImageId": image.id}
    if name in plain:
        member, value = plain[name]
        shown[member] = {"Value": value} if value else {}
    elif name == "launchPermission":
        shown["LaunchPermissions"] = list(permitted(image))
    elif name == "blockDeviceMapping":
        shown["BlockDeviceMappings"] = [device_view(each) for each in image.devices]
    elif name == "productCodes":
        shown["ProductCodes"] = []
    else:
        raise invalid_value(name, "attribute", "Unknown attribute.")
    return shown


def reset_image_attribute(call: Call, request: Input) -> Output:
    """Take all launch permissions away."""
    image = _expect_own(call, request)
    if request.get("Attribute") != "launchPermission":
        raise invalid_value(request.get("Attribute"), "attribute", "It must be launchPermission.")
    image.is_public, image.users = False, []
    return {}


def cancel_image_launch_permission(call: Call, request: Input) -> Output:
    """Give up one's own permission to launch another account's image."""
    if not request.get("ImageId"):
        raise missing_parameter("ImageId")
    image = expect_image(call, request["ImageId"])
    if call.account not in image.users:
        raise AwsError(
            "InvalidParameterValue", f"The AMI {image.id} is not shared with your account."
        )
    image.users = [each for each in image.users if each != call.account]
    return {"Return": True}


def get_image_block_public_access_state(call: Call, request: Input) -> Output:
    """Whether the account's images can become public; AWS blocks it to begin with."""
    return {
        "ImageBlockPublicAccessState": settings_of(call).image_block,
        "ManagedBy": "account",
    }


def enable_image_block_public_access(call: Call, request: Input) -> Output:
    """Let no image of the account's become public."""
    if request.get("ImageBlockPublicAccessState") != BLOCKED:
        raise missing_parameter("ImageBlockPublicAccessState")
    changing(call).image_block = BLOCKED
    return {"ImageBlockPublicAccessState": BLOCKED}


def disable_image_block_public_access(call: Call, request: Input) -> Output:
    """Let images become public."""
    changing(call).image_block = "unblocked"
    return {"ImageBlockPublicAccessState": "unblocked"}


def _change_permissions(call: Call, image: Image, request: Input) -> None:
    added, removed = _asked(request)
    if any(each.get("Group") == "all" for each in added):
        if settings_of(call).image_block == BLOCKED:
            raise AwsError(
                "OperationNotPermitted",
                "You can't publicly share this image because block public access for AMIs is "
                "enabled for this account in this Region.",
            )
    for each in (*added, *removed):
        _expect_user(each)
    users = [each for each in image.users if each not in [_user(gone) for gone in removed]]
    image.users = list(dict.fromkeys([*users, *(_user(each) for each in added if _user(each))]))
    if any(each.get("Group") == "all" for each in removed):
        image.is_public = False
    if any(each.get("Group") == "all" for each in added):
        image.is_public = True


def _asked(request: Input) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
    """Permissions to add and to remove, in either of the two forms."""
    given = request.get("LaunchPermission")
    if given:
        return given.get("Add", ()), given.get("Remove", ())
    operation = request.get("OperationType")
    listed: list[Mapping[str, Any]] = [
        *({"UserId": each} for each in request.get("UserIds", ())),
        *({"Group": each} for each in request.get("UserGroups", ())),
        *({"OrganizationArn": each} for each in request.get("OrganizationArns", ())),
        *({"OrganizationalUnitArn": each} for each in request.get("OrganizationalUnitArns", ())),
    ]
    if not listed:
        raise invalid_combination("No attributes specified.")
    if operation not in ("add", "remove"):
        raise missing_parameter("OperationType")
    return (listed, ()) if operation == "add" else ((), listed)


def _user(permission: Mapping[str, Any]) -> str:
    for member in ("UserId", "OrganizationArn", "OrganizationalUnitArn"):
        if permission.get(member):
            return str(permission[member])
    return ""


def _expect_user(permission: Mapping[str, Any]) -> None:
    group, account = permission.get("Group"), permission.get("UserId")
    if group not in (None, "all"):
        raise AwsError("InvalidAMIAttributeItemValue", f'Invalid attribute item value "{group}"')
    if account is not None and not is_account(account):
        raise AwsError(
            "InvalidAMIAttributeItemValue",
            f'Invalid attribute item value "{account}" for userId item type.',
        )


def _expect_own(call: Call, request: Input) -> Image:
    if not request.get("ImageId"):
        raise missing_parameter("ImageId")
    return expect_own_image(call, request["ImageId"])
