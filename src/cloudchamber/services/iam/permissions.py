"""What each operation asks permission on: resource ARNs and condition keys.

Rules of this file: after AWS's service authorization reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html.
These run before the handler: they look, they never raise for what is not there (a caller who may
not look must not learn whether it exists).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

from cloudchamber.cloud.service import Input
from cloudchamber.services.iam.identifiers import arn_of
from cloudchamber.services.iam.kinds import GROUP, ROLE, USER, Kind, find_identity
from cloudchamber.services.iam.nouns import ACCESS_KEYS, POLICIES, PROFILES, USERS, Tag, key_of

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


class _Row(Protocol):
    tags: list[Tag]


def _named(kind: Kind, call: Call, request: Input) -> str:
    """The ARN of the identity that the request names; a user not named is the caller."""
    if kind.member not in request:
        return call.caller.arn
    name: str = request[kind.member]
    found = find_identity(call, kind, name)
    return found.arn if found is not None else arn_of(call, kind.noun, "/", name)


def _new(noun: str, member: str, call: Call, request: Input) -> str:
    return arn_of(call, noun, request.get("Path", "/"), request[member])


def _renamed(kind: Kind, call: Call, request: Input) -> Sequence[str]:
    """A rename needs permission on the old and on the new."""
    old = _named(kind, call, request)
    found = find_identity(call, kind, request[kind.member])
    new_member = f"New{kind.member}"
    new_name: str = request[new_member if new_member in request else kind.member]
    path = request.get("NewPath", found.path if found is not None else "/")
    new = arn_of(call, kind.noun, path, new_name)
    return (old,) if new == old else (old, new)


def _below(noun: str, call: Call, request: Input) -> str:
    """A listing asks on the path: `arn:aws:iam::123456789012:user/`."""
    return arn_of(call, noun, request.get("PathPrefix", "/"), "")


user = partial(_named, USER)
group = partial(_named, GROUP)
role = partial(_named, ROLE)
new_user = partial(_new, "user", "UserName")
new_group = partial(_new, "group", "GroupName")
new_role = partial(_new, "role", "RoleName")
new_policy = partial(_new, "policy", "PolicyName")
new_profile = partial(_new, "instance-profile", "InstanceProfileName")
renamed_user = partial(_renamed, USER)
renamed_group = partial(_renamed, GROUP)
users = partial(_below, "user")
groups = partial(_below, "group")
roles = partial(_below, "role")
profiles = partial(_below, "instance-profile")


def policy(call: Call, request: Input) -> str:
    """The managed policy that the request names."""
    arn: str = request["PolicyArn"]
    return arn


def policy_source(call: Call, request: Input) -> str:
    """The identity that the policy simulator is asked about."""
    arn: str = request["PolicySourceArn"]
    return arn


def profile(call: Call, request: Input) -> str:
    """The instance profile that the request names."""
    name = request["InstanceProfileName"]
    found = call.rows(PROFILES).get(key_of(name))
    return found.arn if found is not None else arn_of(call, "instance-profile", "/", name)


def user_of_key(call: Call, request: Input) -> str:
    """The user that an access key belongs to."""
    found = call.rows(ACCESS_KEYS).get(request["AccessKeyId"])
    if found is None or not found.user or found.account != call.account:
        return arn_of(call, "user", "/", "*")
    return call.rows(USERS)[found.user].arn


# Condition keys


def conditions(call: Call, request: Input) -> Mapping[str, Sequence[str]]:
    """The condition keys of a call on a user, group or role, policy or instance profile."""
    keys: dict[str, Sequence[str]] = {}
    given = request.get("Tags", ())
    for new in given:
        keys[f"aws:RequestTag/{new['Key']}"] = (new["Value"],)
    tag_keys = [new["Key"] for new in given] or request.get("TagKeys", ())
    if tag_keys:
        keys["aws:TagKeys"] = tuple(tag_keys)
    boundary = request.get("PermissionsBoundary", "")
    row: _Row | None = None
    for kind in (USER, GROUP, ROLE):
        if kind.member in request:
            found = find_identity(call, kind, request[kind.member])
            if found is not None:
                row = found
                boundary = boundary or found.boundary
    if "InstanceProfileName" in request:
        row = call.rows(PROFILES).get(key_of(request["InstanceProfileName"])) or row
    if "PolicyArn" in request:
        if request.keys() & _IDENTITY_MEMBERS:
            keys["iam:PolicyARN"] = (request["PolicyArn"],)
        else:
            row = call.rows(POLICIES).get(key_of(request["PolicyArn"].rpartition("/")[2]))
    if boundary:
        keys["iam:PermissionsBoundary"] = (boundary,)
    for tag in row.tags if row is not None else ():
        keys[f"iam:ResourceTag/{tag.key}"] = (tag.value,)
        keys[f"aws:ResourceTag/{tag.key}"] = (tag.value,)
    return keys


_IDENTITY_MEMBERS = frozenset({"UserName", "GroupName", "RoleName"})
