"""The tags of EC2's things: one table for all of them, in the account that gave them.

Rules of this file: what is stored, nothing about what has tags. A participant's tags on a shared
subnet are its own; the owner does not see them, nor the participant the owner's.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.cloud.store import Table

TAGS_MAX: Final = 50
KEY_MAX: Final = 128
VALUE_MAX: Final = 256
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class Tags(msgspec.Struct):
    """The tags of one thing, by key."""

    values: dict[str, str]


TAGS: Final = Table("ec2.tags", Tags)


def tags_of(call: Call, identifier: str) -> Mapping[str, str]:
    """The tags that the call's account gave a thing."""
    row = call.rows(TAGS).get(identifier)
    return row.values if row else _NONE


def shown(call: Call, identifier: str) -> list[dict[str, str]]:
    """The member `Tags` (or `TagSet`) of a description."""
    row = call.rows(TAGS).get(identifier)
    return [{"Key": key, "Value": row.values[key]} for key in row.values] if row else []


def specified(request: Input, kind: str, member: str = "TagSpecifications") -> dict[str, str]:
    """The tags that a request gives to things of a type, checked. Raises AwsError.

    Every specification has to be for `kind`; an operation that makes several kinds of things reads
    `specified_all`.
    """
    by_kind = specified_all(request, (kind,), member)
    return by_kind.get(kind, {})


def specified_all(
    request: Input, kinds: Iterable[str], member: str = "TagSpecifications"
) -> dict[str, dict[str, str]]:
    """The tags that a request gives, by type of thing. Raises AwsError."""
    known = tuple(kinds)
    by_kind: dict[str, dict[str, str]] = {}
    for each in request.get(member, ()):
        kind = each.get("ResourceType")
        if kind is None:
            raise AwsError("MissingParameter", "Tag specification resource type must have a value")
        if kind not in known:
            raise AwsError(
                "InvalidParameterValue",
                f"'{kind}' is not a valid taggable resource type for this operation.",
            )
        if kind in by_kind:
            raise AwsError(
                "InvalidParameterValue",
                f"Tag specifications for '{kind}' are given more than once.",
            )
        by_kind[kind] = checked(_NONE, each.get("Tags", ()))
    return by_kind


def checked(have: Mapping[str, str], more: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The tags after adding some. Raises InvalidParameterValue or TagLimitExceeded."""
    added: dict[str, str] = {}
    for tag in more:
        key, value = tag.get("Key"), tag.get("Value", "")
        if not key:
            raise AwsError("InvalidParameterValue", "Tag key cannot be null or empty.")
        if len(key) > KEY_MAX:
            raise AwsError(
                "InvalidParameterValue", f"Tag key exceeds the maximum length of {KEY_MAX}"
            )
        if len(value) > VALUE_MAX:
            raise AwsError(
                "InvalidParameterValue", f"Tag value exceeds the maximum length of {VALUE_MAX}"
            )
        if key.lower().startswith("aws:"):
            raise AwsError(
                "InvalidParameterValue",
                f"Tag keys starting with 'aws:' are reserved for internal use: {key}",
            )
        if key in added:
            raise AwsError("InvalidParameterValue", f"Duplicate tag key '{key}' specified.")
        added[key] = value
    merged = {**have, **added}
    if sum(not key.startswith("aws:") for key in merged) > TAGS_MAX:
        raise AwsError(
            "TagLimitExceeded", f"The maximum number of Tags is {TAGS_MAX} for a resource."
        )
    return merged


def put(call: Call, identifier: str, tags: Mapping[str, str]) -> None:
    """Set all tags of a thing; none takes the row away."""
    if tags:
        call.rows(TAGS)[identifier] = Tags(dict(tags))
    else:
        call.rows(TAGS).pop(identifier, None)


def forget(call: Call, identifier: str, account: str, region: str) -> None:
    """The thing is gone, and what its owner called it."""
    call.rows(TAGS, account, region).pop(identifier, None)
