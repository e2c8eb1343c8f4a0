"""Which ARN a permission of AWS RAM is asked on: what the request names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudchamber.cloud.service import Input
from cloudchamber.services.ram.lookup import receives
from cloudchamber.services.ram.nouns import INVITATIONS, SHARES

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def arn_of_share(call: Call, request: Input) -> str:
    """The share."""
    arn: str = request["resourceShareArn"]
    return arn


def arn_of_invitation(call: Call, request: Input) -> str:
    """The invitation."""
    arn: str = request["resourceShareInvitationArn"]
    return arn


def arn_of_permission(call: Call, request: Input) -> str:
    """The managed permission."""
    arn: str = request["permissionArn"]
    return arn


def arn_of_tagged(call: Call, request: Input) -> str:
    """The share or the permission that is tagged."""
    arn: str = request.get("resourceShareArn") or request.get("resourceArn") or "*"
    return arn


def owner_of(call: Call, arn: str) -> str | None:
    """Whose permission it is: an invitation is its receiver's, a share that of whoever is in it."""
    invitation = call.rows(INVITATIONS).get(arn)
    if invitation is not None:
        return invitation.receiver
    share = call.rows(SHARES).get(arn)
    if share is not None and receives(call.cloud, share, call.account):
        return call.account
    return None
