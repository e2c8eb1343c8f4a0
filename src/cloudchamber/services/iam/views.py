"""Rows as IAM's answers show them.

Rules of this file: no lookups, no changes. "IAM resource-listing operations return a subset of
the available attributes": `*_item` is that subset, `*_view` is everything. Documents go out
URL-encoded after RFC 3986. Dates are whole seconds.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from cloudchamber.cloud.durations import DAY_NS, SECOND_NS
from cloudchamber.services.iam.nouns import (
    AccessKey,
    Group,
    Identity,
    InstanceProfile,
    PasswordPolicy,
    Role,
    User,
)
from cloudchamber.services.iam.tags import with_tags


def seconds(t_ns: int) -> float:
    """An instant as IAM tells it: epoch seconds without a fraction."""
    return float(t_ns // SECOND_NS)


def encoded(document: str) -> str:
    """A policy document as answers carry it, percent-encoded but for unreserved characters."""
    return quote(document, safe="")


def _identity(row: Identity, title: str) -> dict[str, Any]:
    return {
        "Path": row.path,
        f"{title}Name": row.name,
        f"{title}Id": row.id,
        "Arn": row.arn,
        "CreateDate": seconds(row.created_ns),
    }


def _with_boundary(shown: dict[str, Any], row: Identity) -> dict[str, Any]:
    if row.boundary:
        shown["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": row.boundary,
        }
    return shown


def user_item(row: User) -> dict[str, Any]:
    """A user in a listing."""
    return _identity(row, "User")


def user_view(row: User) -> dict[str, Any]:
    """A user in full."""
    return with_tags(_with_boundary(user_item(row), row), row)


def group_view(row: Group) -> dict[str, Any]:
    """A group; it has no more than what listings show."""
    return _identity(row, "Group")


def role_item(row: Role) -> dict[str, Any]:
    """A role in a listing."""
    shown = _identity(row, "Role")
    shown["AssumeRolePolicyDocument"] = encoded(row.trust)
    if row.description is not None:
        shown["Description"] = row.description
    shown["MaxSessionDuration"] = row.max_session_s
    return shown


def role_view(row: Role) -> dict[str, Any]:
    """A role in full, but for its last use, which only GetRole tells."""
    return with_tags(_with_boundary(role_item(row), row), row)


def role_last_used(row: Role, now_ns: int) -> dict[str, Any]:
    """When and where a role was last used, within the 400 days that IAM looks back."""
    if row.used_ns is None or now_ns - row.used_ns > _TRACKING_NS:
        return {}
    return {"LastUsedDate": seconds(row.used_ns), "Region": row.used_region}


_TRACKING_NS = 400 * DAY_NS


def profile_item(row: InstanceProfile, role: Role | None) -> dict[str, Any]:
    """An instance profile in a listing, with the role in it."""
    return {
        "Path": row.path,
        "InstanceProfileName": row.name,
        "InstanceProfileId": row.id,
        "Arn": row.arn,
        "CreateDate": seconds(row.created_ns),
        "Roles": [role_item(role)] if role is not None else [],
    }


def profile_view(row: InstanceProfile, role: Role | None) -> dict[str, Any]:
    """An instance profile in full."""
    return with_tags(profile_item(row, role), row)


def access_key_item(row: AccessKey, user_name: str) -> dict[str, Any]:
    """An access key without its secret, which is shown once, when it is made."""
    shown: dict[str, Any] = {
        "AccessKeyId": row.id,
        "Status": "Active" if row.is_active else "Inactive",
        "CreateDate": seconds(row.created_ns),
    }
    if user_name:
        shown["UserName"] = user_name
    return shown


def password_policy_view(row: PasswordPolicy) -> dict[str, Any]:
    """The account's password policy."""
    shown: dict[str, Any] = {
        "MinimumPasswordLength": row.minimum_length,
        "RequireSymbols": row.symbols,
        "RequireNumbers": row.numbers,
        "RequireUppercaseCharacters": row.uppercase,
        "RequireLowercaseCharacters": row.lowercase,
        "AllowUsersToChangePassword": row.users_may_change,
        "ExpirePasswords": row.max_age_days > 0,
    }
    if row.max_age_days:
        shown["MaxPasswordAge"] = row.max_age_days
    if row.reuse_prevention:
        shown["PasswordReusePrevention"] = row.reuse_prevention
    if row.hard_expiry is not None:
        shown["HardExpiry"] = row.hard_expiry
    return shown
