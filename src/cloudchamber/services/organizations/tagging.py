"""Tags on accounts, roots, OUs, policies and the organization's resource policy.

Rules of this file: a resource without tags has no row.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_tagging.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cloudchamber.services.organizations import callers, lookup
from cloudchamber.services.organizations.nouns import POLICIES, TAGS, Organization, Tags
from cloudchamber.services.organizations.refusals import constraint, invalid, refusal

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def tag_resource(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Add or replace tags. Raises TargetNotFound, InvalidInput, ConstraintViolation."""
    organization = callers.expect_policy_manager(call)
    id_ = _expect(call, organization, request["ResourceId"])
    old = call.rows(TAGS).get(id_)
    put(call, id_, checked(call, old.values if old else {}, request["Tags"]))
    return {}


def untag_resource(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Take tags away; those that are not there are no error."""
    organization = callers.expect_policy_manager(call)
    id_ = _expect(call, organization, request["ResourceId"])
    if any(key.lower().startswith("aws:") for key in request["TagKeys"]):
        raise invalid("INVALID_SYSTEM_TAGS_PARAMETER")
    old = call.rows(TAGS).get(id_)
    gone = frozenset(request["TagKeys"])
    put(
        call,
        id_,
        {key: value for key, value in (old.values if old else {}).items() if key not in gone},
    )
    return {}


def list_tags_for_resource(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """A page of a resource's tags, by key."""
    organization = callers.expect_reader(call)
    row = call.rows(TAGS).get(_expect(call, organization, request["ResourceId"]))
    values = row.values if row else {}
    listed = [{"Key": key, "Value": values[key]} for key in sorted(values)]
    return lookup.paged(request, "Tags", listed, lambda tag: tag["Key"], dict)


def checked(
    call: Call, old: Mapping[str, str], tags: Sequence[Mapping[str, str]]
) -> dict[str, str]:
    """The tags of a resource once `tags` are added. Raises InvalidInput, ConstraintViolation."""
    keys = [tag["Key"] for tag in tags]
    if len(frozenset(keys)) != len(keys):
        raise invalid("DUPLICATE_TAG_KEY")
    if any(key.lower().startswith("aws:") for key in keys):
        raise invalid("INVALID_SYSTEM_TAGS_PARAMETER")
    values = {**old, **{tag["Key"]: tag["Value"] for tag in tags}}
    if len(values) > call.quota("tags"):
        raise constraint("MAX_TAG_LIMIT_EXCEEDED")
    return values


def put(call: Call, id_: str, values: dict[str, str]) -> None:
    """Give a resource these tags and no others."""
    if values:
        call.rows(TAGS)[id_] = Tags(values)
    else:
        forget(call, id_)


def forget(call: Call, id_: str) -> None:
    """A resource is gone, and its tags with it."""
    call.rows(TAGS).pop(id_, None)


def _expect(call: Call, organization: Organization, id_: str) -> str:
    policy = call.rows(POLICIES).get(id_)
    own = organization.resource_policy
    if (
        lookup.find_node(call, organization, id_) is not None
        or (policy is not None and policy.organization == organization.id)
        or (own is not None and own.id == id_)
    ):
        return id_
    raise refusal("TargetNotFound")
