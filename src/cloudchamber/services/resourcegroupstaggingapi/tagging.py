"""TagResources and UntagResources: each resource by its own service, and who failed.

Rules of this file: what one resource answers is said of that one and does not stop the others. The
caller needs tag:TagResources and the permission of the service that the resource belongs to.
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_TagResources.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.arns import Arn, find_arn
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.resourcegroupstaggingapi import ways
from cloudchamber.services.resourcegroupstaggingapi.refusals import invalid

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def tag_resources(call: Call, request: Input) -> Output:
    """Add tags to resources. Raises InvalidParameterException for keys that are AWS's own."""
    tags = request["Tags"]
    _check_keys(tags)
    return _each(call, request, lambda arn: ways.tag(call, arn, tags))


def untag_resources(call: Call, request: Input) -> Output:
    """Take tags from resources."""
    keys = request["TagKeys"]
    _check_keys(keys)
    return _each(call, request, lambda arn: ways.untag(call, arn, keys))


def _check_keys(keys: Any) -> None:
    if any(key.lower().startswith("aws:") for key in keys):
        raise invalid("Tag keys that start with aws: are reserved for AWS use.")


def _each(call: Call, request: Input, change: Callable[[Arn], None]) -> Output:
    failed: dict[str, dict[str, Any]] = {}
    for text in request["ResourceARNList"]:
        try:
            change(_expect(call, text))
        except AwsError as error:
            failed[text] = {
                "StatusCode": error.status,
                "ErrorCode": error.code,
                "ErrorMessage": error.message,
            }
    return {"FailedResourcesMap": failed}


def _expect(call: Call, text: str) -> Arn:
    arn = find_arn(text)
    if arn is None:
        raise invalid(f"{text} is not a valid ARN.")
    if arn.region not in ("", call.region):
        raise invalid(f"{text} is not in the Region {call.region}.")
    if arn.account not in ("", call.account):
        raise invalid(f"{text} does not belong to the account {call.account}.")
    return arn
