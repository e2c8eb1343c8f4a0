"""Tags on users, roles, policies and instance profiles.

Rules of this file: one rule for all four. Keys are unique without regard to case and keep their
case; https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html. A tag on a user or role is
more than a note: policies see it as aws:PrincipalTag and aws:ResourceTag.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals
from cloudchamber.services.iam.listing import listed
from cloudchamber.services.iam.nouns import Tag

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


class Tagged(Protocol):
    """A row with tags."""

    tags: list[Tag]


Find: TypeAlias = Callable[["Call", Input], Tagged]


def tags_from(call: Call, given: Sequence[Mapping[str, str]]) -> list[Tag]:
    """The request's tags, checked. Raises InvalidInput, LimitExceeded."""
    tags = [Tag(tag["Key"], tag["Value"]) for tag in given]
    keys = [tag.key.lower() for tag in tags]
    if len(set(keys)) != len(keys):
        raise refusals.invalid_input(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
    if any(key.startswith("aws:") for key in keys):
        raise refusals.invalid_input(
            "Tag keys that start with aws: are reserved for system use and cannot be changed."
        )
    _check_count(call, tags)
    return tags


def _check_count(call: Call, tags: Sequence[Tag]) -> None:
    if len(tags) > call.quota("TagsPerResource"):
        raise refusals.limit_exceeded("The number of tags has reached the maximum limit.")


def tag(find: Find, call: Call, request: Input) -> Output:
    """TagUser, TagRole, TagPolicy, TagInstanceProfile: add tags, or give them new values."""
    row = find(call, request)
    new = tags_from(call, request["Tags"])
    changed = {tag.key.lower(): tag for tag in row.tags}
    changed.update((tag.key.lower(), tag) for tag in new)
    tags = list(changed.values())
    _check_count(call, tags)
    row.tags = tags
    return {}


def untag(find: Find, call: Call, request: Input) -> Output:
    """UntagUser and its like: take tags away; keys that are not there are no error."""
    row = find(call, request)
    gone = {key.lower() for key in request["TagKeys"]}
    row.tags = [tag for tag in row.tags if tag.key.lower() not in gone]
    return {}


def list_tags(find: Find, call: Call, request: Input) -> Output:
    """ListUserTags and its like, by key."""
    tags = sorted(find(call, request).tags, key=lambda tag: tag.key)
    return listed(request, "Tags", tags, lambda tag: tag.key, view)


def view(tag: Tag) -> dict[str, str]:
    """A tag as answers show it."""
    return {"Key": tag.key, "Value": tag.value}


def with_tags(shown: dict[str, Any], row: Tagged) -> dict[str, Any]:
    """Add the tags to an answer about a row; one without tags has no member for them."""
    if row.tags:
        shown["Tags"] = [view(tag) for tag in row.tags]
    return shown
