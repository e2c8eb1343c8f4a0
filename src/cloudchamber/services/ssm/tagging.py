"""Tags of parameters; other things of Systems Manager that have tags are refused by name.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AddTagsToResource.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import chain
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ssm.names import invalid
from cloudchamber.services.ssm.nouns import PARAMETERS, Parameter

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud


def add_tags_to_resource(call: Call, request: Input) -> Output:
    """Add tags, or give them new values. Raises InvalidResourceId, TooManyTagsError."""
    parameter = _expect(call, request)
    parameter.tags = checked_tags(call, parameter.tags, request["Tags"])
    return {}


def remove_tags_from_resource(call: Call, request: Input) -> Output:
    """Take tags away; those that are not there are no error. Raises InvalidResourceId."""
    parameter = _expect(call, request)
    gone = request["TagKeys"]
    parameter.tags = {key: value for key, value in parameter.tags.items() if key not in gone}
    return {}


def list_tags_for_resource(call: Call, request: Input) -> Output:
    """The tags of a parameter, by key. Raises InvalidResourceId."""
    tags = _expect(call, request).tags
    return {"TagList": [{"Key": key, "Value": tags[key]} for key in sorted(tags)]}


def checked_tags(
    call: Call, old: Mapping[str, str], new: Sequence[Mapping[str, str]]
) -> dict[str, str]:
    """The tags once `new` are added. Raises ValidationException, TooManyTagsError."""
    if any(tag["Key"].lower().startswith("aws:") for tag in new):
        raise invalid("Tag keys that start with aws: are reserved for AWS use.")
    tags = {**old, **{tag["Key"]: tag["Value"] for tag in new}}
    if len(tags) > call.quota("tags"):
        raise AwsError("TooManyTagsError", "")
    return tags


def _expect(call: Call, request: Input) -> Parameter:
    if request["ResourceType"] != "Parameter":
        raise Refused("ssm", call.operation_name, f"there is no {request['ResourceType']} here")
    found = call.rows(PARAMETERS).get(request["ResourceId"].strip())
    if found is None:
        raise AwsError("InvalidResourceId", "")
    return found


def tagged_resources(
    cloud: Cloud, account: str, region: str
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Port `tagged-resources`: the parameters of an account and Region."""
    rows: Any = cloud.store.rows(PARAMETERS, account, region)
    # An ARN leaves out the slash that begins a name: two orders, each of which is that of ARNs.
    slashed = rows.irange("/", "0", (True, False))
    plain = chain(rows.irange(None, "/", (True, False)), rows.irange("0"))
    for name in merge(slashed, plain, key=lambda name: name.removeprefix("/")):
        parameter = rows[name]
        if parameter.tags:
            yield parameter.arn, parameter.tags
