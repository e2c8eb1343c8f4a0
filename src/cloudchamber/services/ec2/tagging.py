"""CreateTags, DeleteTags and DescribeTags, for everything of EC2 that has an id.

Rules of this file: an id is known by its prefix; what it names has to be visible to the account.
The tags themselves are kept by `tags.py`.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import areas, kinds, tags
from cloudchamber.services.ec2.describing import paged
from cloudchamber.services.ec2.filters import matching
from cloudchamber.services.ec2.kinds import Kind
from cloudchamber.services.ec2.refusals import missing_parameter
from cloudchamber.services.ec2.tags import TAGS

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

RESOURCES_MAX: Final = 1000


class Tag(msgspec.Struct, frozen=True):
    """One tag of one thing, as DescribeTags lists it."""

    id: str
    type: str
    key: str
    value: str

    @property
    def place(self) -> str:
        """Where it stands in the listing."""
        return f"{self.key}\n{self.type}\n{self.id}"


def create_tags(call: Call, request: Input) -> Output:
    """Add tags to things; a key that is there gets the new value. All or none."""
    more = request.get("Tags", ())
    if not more:
        raise missing_parameter("Tag")
    ids = _expect_things(call, request)
    after = {each: tags.checked(tags.tags_of(call, each), more) for each in ids}
    for each, values in after.items():
        tags.put(call, each, values)
    return {}


def delete_tags(call: Call, request: Input) -> Output:
    """Take tags away: those named (with a value: only if it is that one), or all."""
    ids = _expect_things(call, request)
    gone = request.get("Tags")
    for identifier in ids:
        have = tags.tags_of(call, identifier)
        if gone is None:
            left = {key: value for key, value in have.items() if key.startswith("aws:")}
        else:
            left = {key: value for key, value in have.items() if not _is_gone(key, value, gone)}
        tags.put(call, identifier, left)
    return {}


def describe_tags(call: Call, request: Input) -> Output:
    """The account's tags in the Region, by key."""
    found = [
        Tag(identifier, kind.type, key, value)
        for identifier, row in call.rows(TAGS).items()
        if (kind := _kind_of(identifier)) is not None
        for key, value in row.values.items()
    ]
    filters: list[Mapping[str, Any]] = []
    for each in request.get("Filters", ()):
        name = each.get("Name") or ""
        if name.startswith("tag:"):
            filters.append({"Name": "key", "Values": [name[4:]]})
            filters.append({"Name": "value", "Values": each.get("Values", ())})
        else:
            filters.append(each)
    chosen = matching(
        found,
        filters,
        {
            "key": lambda tag: (tag.key,),
            "resource-id": lambda tag: (tag.id,),
            "resource-type": lambda tag: (tag.type,),
            "tag-key": lambda tag: (tag.key,),
            "tag-value": lambda tag: (tag.value,),
            "value": lambda tag: (tag.value,),
        },
    )
    chosen.sort(key=_place_of)
    return paged(request, "Tags", chosen, _place_of, _view)


def tagged_resources(
    cloud: Cloud, account: str, region: str
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Port `tagged-resources`: EC2's things that have tags, by ARN."""
    found: list[tuple[str, Mapping[str, str]]] = []
    for identifier, row in cloud.store.rows(TAGS, account, region).items():
        kind = _kind_of(identifier)
        if kind is not None:
            place = kinds.place_of(cloud, identifier)
            owner = place.account if place else account
            found.append((kinds.arn_of(kind, owner, region, identifier), row.values))
    yield from sorted(found, key=lambda each: each[0])


def arns_of_things(call: Call, request: Input) -> Sequence[str]:
    """What the permission to tag is asked on."""
    return [
        kinds.arn_of(kind, call.account, call.region, each)
        for each in request.get("Resources", ())
        if (kind := _kind_of(each)) is not None
    ] or ["*"]


def context_of_tags(call: Call, request: Input) -> Mapping[str, Sequence[str]]:
    """The condition keys of CreateTags and DeleteTags."""
    given = request.get("Tags", ())
    keys: dict[str, Sequence[str]] = {
        f"aws:RequestTag/{each['Key']}": (each.get("Value", ""),)
        for each in given
        if each.get("Key")
    }
    keys["aws:TagKeys"] = tuple(each["Key"] for each in given if each.get("Key"))
    return keys


def _view(tag: Tag) -> dict[str, str]:
    return {"Key": tag.key, "Value": tag.value, "ResourceId": tag.id, "ResourceType": tag.type}


def _place_of(tag: Tag) -> str:
    return tag.place


def _kind_of(identifier: str) -> Kind[Any] | None:
    """The kind that an id's prefix says; a fleet's id goes on with a UUID."""
    known = areas.kinds_by_prefix()
    return known.get(identifier.rpartition("-")[0]) or known.get(identifier.partition("-")[0])


def _expect_things(call: Call, request: Input) -> list[str]:
    ids = list(dict.fromkeys(request.get("Resources", ())))
    if not ids:
        raise missing_parameter("resourceIdSet")
    if len(ids) > RESOURCES_MAX:
        raise AwsError(
            "InvalidParameterValue", f"No more than {RESOURCES_MAX} resources can be tagged at once"
        )
    for each in ids:
        kind = _kind_of(each)
        if kind is None:
            raise AwsError("InvalidID", f"The ID '{each}' is not valid")
        kinds.expect(call, kind, each)
    return ids


def _is_gone(key: str, value: str, gone: Sequence[Mapping[str, Any]]) -> bool:
    return any(each.get("Key") == key and each.get("Value", value) == value for each in gone)
