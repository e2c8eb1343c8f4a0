"""Tags of keys.

Rules of this file: https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.kms.lookup import alive_key, check_customers, owned_key
from cloudchamber.services.kms.nouns import KEYS
from cloudchamber.services.kms.paging import listed

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud


def checked(
    call: Call, present: Mapping[str, str], tags: Sequence[Mapping[str, str]]
) -> dict[str, str]:
    """The tags of a key once these are added. Raises TagException, LimitExceededException."""
    wanted = dict(present)
    seen: list[str] = []
    for tag in tags:
        name = tag["TagKey"]
        if name in seen:
            raise AwsError("TagException", f"Duplicate tag key: {name}")
        if name.lower().startswith("aws:"):
            raise AwsError("TagException", "aws: prefixed tag key names are not allowed.")
        seen.append(name)
        wanted[name] = tag["TagValue"]
    if len(wanted) > call.quota("tags"):
        raise AwsError("LimitExceededException", "Too many tags")
    return wanted


def tag_resource(call: Call, request: Input) -> Output:
    """Put tags on a key."""
    key = alive_key(call, request)
    check_customers(key)
    key.tags = checked(call, key.tags, request["Tags"])
    return {}


def untag_resource(call: Call, request: Input) -> Output:
    """Take tags off a key."""
    key = alive_key(call, request)
    check_customers(key)
    key.tags = {name: value for name, value in key.tags.items() if name not in request["TagKeys"]}
    return {}


def list_resource_tags(call: Call, request: Input) -> Output:
    """The tags of a key, by key."""
    key = owned_key(call, request)
    return listed(
        request,
        "Tags",
        sorted(key.tags.items()),
        lambda tag: tag[0],
        lambda tag: {"TagKey": tag[0], "TagValue": tag[1]},
        size=50,
    )


def tagged_resources(
    cloud: Cloud, account: str, region: str
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Port `tagged-resources`: the keys of an account and Region that have tags."""
    for key in cloud.store.rows(KEYS, account, region).values():
        if key.tags:
            yield key.arn, key.tags
