"""Allowed AMIs: which images an account lets itself launch.

Rules of this file: while the setting is `enabled`, only images of the account's own and those that
meet a criterion are seen and launched; in `audit-mode` they are only marked. Of the criteria,
providers, names and dates are heeded; product codes and watermarks match nothing, as no image here
has any.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-allowed-amis.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2.filters import pattern
from cloudchamber.services.ec2.instances.nouns import Image
from cloudchamber.services.ec2.instances.settings import changing, settings_of
from cloudchamber.services.ec2.refusals import missing_parameter

_CRITERIA_MAX: Final = 10


def get_allowed_images_settings(call: Call, request: Input) -> Output:
    """The setting and its criteria."""
    row = settings_of(call)
    return {
        "State": row.allowed_images,
        "ImageCriteria": list(row.image_criteria),
        "ManagedBy": "account",
    }


def enable_allowed_images_settings(call: Call, request: Input) -> Output:
    """Turn the setting on: `enabled` or `audit-mode`."""
    state = request.get("AllowedImagesSettingsState")
    if not state:
        raise missing_parameter("AllowedImagesSettingsState")
    changing(call).allowed_images = state
    return {"AllowedImagesSettingsState": state}


def disable_allowed_images_settings(call: Call, request: Input) -> Output:
    """Turn the setting off; the criteria stay."""
    changing(call).allowed_images = "disabled"
    return {"AllowedImagesSettingsState": "disabled"}


def replace_image_criteria_in_allowed_images_settings(call: Call, request: Input) -> Output:
    """Set the criteria, up to ten."""
    criteria = request.get("ImageCriteria", ())
    if len(criteria) > _CRITERIA_MAX:
        raise AwsError("InvalidParameterValue", f"At most {_CRITERIA_MAX} criteria can be given.")
    changing(call).image_criteria = [dict(each) for each in criteria]
    return {"ReturnValue": True}


def is_allowed(call: Call, image: Image) -> bool:
    """Whether the criteria let the account launch an image, whatever the setting's state."""
    row = settings_of(call)
    if image.owner == call.account or not row.image_criteria:
        return image.owner == call.account or row.allowed_images == "disabled"
    return any(_meets(call, image, each) for each in row.image_criteria)


def is_shut_out(call: Call, image: Image) -> bool:
    """Whether the setting is enabled and keeps an image from the account."""
    return settings_of(call).allowed_images == "enabled" and not is_allowed(call, image)


def _meets(call: Call, image: Image, criterion: Mapping[str, Any]) -> bool:
    providers = criterion.get("ImageProviders")
    if providers and "none" not in providers:
        if image.owner not in providers and (image.alias or "?") not in providers:
            return False
    names = criterion.get("ImageNames")
    if names and not any(pattern(each).fullmatch(image.name) for each in names):
        return False
    if criterion.get("MarketplaceProductCodes") or criterion.get("ImageWatermarks"):
        return False
    age = criterion.get("CreationDateCondition", {}).get("MaximumDaysSinceCreated")
    if age is not None and call.now - image.created_ns > age * DAY_NS:
        return False
    since = criterion.get("DeprecationTimeCondition", {}).get("MaximumDaysSinceDeprecated")
    is_late = since is not None and call.now - image.deprecated_ns > since * DAY_NS
    return not (is_late and image.deprecated_ns)
