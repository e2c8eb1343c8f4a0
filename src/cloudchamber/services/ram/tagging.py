"""Tags of shares and of customer managed permissions.

Rules of this file: keys do not begin with `aws:`; the owner's tags, nobody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ram.lookup import expect_own
from cloudchamber.services.ram.managed_permissions import expect_permission
from cloudchamber.services.ram.nouns import PERMISSIONS, SHARES, Permission, Share
from cloudchamber.services.ram.refusals import invalid, not_permitted

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud


def tag_resource(call: Call, request: Input) -> Output:
    """Add tags to a share or a permission."""
    row = _expect(call, request)
    row.tags = checked(call, row.tags, request["tags"])
    return {}


def untag_resource(call: Call, request: Input) -> Output:
    """Take tags away by key; a key that is not there is no error."""
    row = _expect(call, request)
    gone = request["tagKeys"]
    row.tags = {key: value for key, value in row.tags.items() if key not in gone}
    return {}


def checked(
    call: Call, have: Mapping[str, str], more: Iterable[Mapping[str, str]]
) -> dict[str, str]:
    """The tags after adding some. Raises InvalidParameterException, TagLimitExceededException."""
    merged = dict(have)
    for each in more:
        key = each.get("key", "")
        if not key or key.lower().startswith("aws:"):
            raise invalid(f"The tag key {key!r} is not valid.")
        merged[key] = each.get("value", "")
    if len(merged) > call.quota("tags"):
        raise AwsError("TagLimitExceededException", "There are too many tags.")
    return merged


def has(tags: Mapping[str, str], wanted: Mapping[str, Any]) -> bool:
    """Whether tags pass one tag filter: the key, and one of the values if any are given."""
    key, values = wanted.get("tagKey", ""), wanted.get("tagValues")
    return key in tags and (not values or tags[key] in values)


def shown(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the API shows them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def tagged_resources(
    cloud: Cloud, account: str, region: str
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Port `tagged-resources`: the account's shares and permissions that have tags."""
    for permission in cloud.store.rows(PERMISSIONS, account, region).values():
        if permission.tags:
            yield permission.arn, permission.tags
    for share in cloud.store.rows(SHARES, "", "").values():
        if share.tags and share.owner == account and share.region == region:
            yield share.arn, share.tags


def _expect(call: Call, request: Input) -> Share | Permission:
    share: str = request.get("resourceShareArn", "")
    other: str = request.get("resourceArn", "")
    if bool(share) == bool(other):
        raise invalid("Specify either resourceShareArn or resourceArn.")
    if share or ":resource-share/" in other:
        return expect_own(call, share or other)
    permission = expect_permission(call, other)
    if other not in call.rows(PERMISSIONS):
        raise not_permitted("AWS managed permissions cannot be tagged.")
    return permission
