"""The state of AWS RAM: shares, invitations and customer managed permissions.

Rules of this file: plain data. Shares and invitations are kept once per world, by ARN, because
they are seen by the accounts on both sides; a share's ARN says whose it is and where.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from cloudchamber.cloud.store import Table

ShareStatus = Literal["ACTIVE", "DELETED"]
InvitationStatus = Literal["PENDING", "ACCEPTED", "REJECTED", "EXPIRED"]


class Association(msgspec.Struct):
    """A principal's or a resource's part in a share, by AWS's states (ASSOCIATED ...)."""

    status: str
    created_ns: int
    updated_ns: int
    is_external: bool = False
    message: str = ""


class Attached(msgspec.Struct):
    """A managed permission in a share: its ARN and the version that was the default then."""

    permission: str
    version: int
    updated_ns: int


class Share(msgspec.Struct, kw_only=True):
    """A resource share. `permissions` are by resource type (`ec2:Subnet`)."""

    arn: str
    name: str
    owner: str
    region: str
    allows_external: bool
    status: ShareStatus = "ACTIVE"
    principals: dict[str, Association] = {}
    resources: dict[str, Association] = {}
    permissions: dict[str, Attached] = {}
    tags: dict[str, str] = {}
    created_ns: int = 0
    updated_ns: int = 0


class Invitation(msgspec.Struct, kw_only=True):
    """An invitation of an account to a share, or of a user or role of the account."""

    arn: str
    share: str
    sender: str
    receiver: str
    principal: str
    status: InvitationStatus
    sent_ns: int


class Version(msgspec.Struct):
    """One version of a customer managed permission: its policy template as JSON text."""

    number: int
    template: str
    created_ns: int


class Permission(msgspec.Struct, kw_only=True):
    """A customer managed permission. `next` is the number that the next version gets."""

    arn: str
    name: str
    type: str
    status: str
    versions: list[Version]
    default: int
    next: int
    tags: dict[str, str]
    created_ns: int
    updated_ns: int


class Replacement(msgspec.Struct, kw_only=True):
    """One work of ReplacePermissionAssociations, which is done when it is asked for."""

    id: str
    from_permission: str
    from_version: int
    to_permission: str
    to_version: int
    done_ns: int


SHARES: Final = Table("ram.shares", Share, "world", ordered=True)
INVITATIONS: Final = Table("ram.invitations", Invitation, "world", ordered=True)
PERMISSIONS: Final = Table("ram.permissions", Permission, ordered=True)
REPLACEMENTS: Final = Table("ram.replacements", Replacement, ordered=True)
TABLES: Final = (SHARES, INVITATIONS, PERMISSIONS, REPLACEMENTS)
