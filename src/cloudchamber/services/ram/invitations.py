"""Invitations of accounts outside of the organization.

Rules of this file: an invitation is open for seven days on the chamber's clock; after that it is
EXPIRED, and its principal's association FAILED.
https://docs.aws.amazon.com/ram/latest/userguide/working-with-shared-invitations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.durations import DAY_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ram import lookup, owned_resources
from cloudchamber.services.ram.associations import view as view_association
from cloudchamber.services.ram.nouns import INVITATIONS, SHARES, Invitation, Share
from cloudchamber.services.ram.refusals import unknown

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

OPEN_NS: Final = 7 * DAY_NS


def accept_resource_share_invitation(call: Call, request: Input) -> Output:
    """Take part in a share: its resources are there from now on."""
    invitation = _expect_open(call, request["resourceShareInvitationArn"])
    share = _share_of(call, invitation)
    invitation.status = "ACCEPTED"
    association = share.principals.get(invitation.principal)
    if association is not None:
        association.status, association.updated_ns = "ASSOCIATED", call.now
    call.event(share.arn, "ram.accepted", f"account {call.account} accepted the share {share.name}")
    return {"resourceShareInvitation": _view(call, invitation)}


def reject_resource_share_invitation(call: Call, request: Input) -> Output:
    """Decline a share."""
    invitation = _expect_open(call, request["resourceShareInvitationArn"])
    share = _share_of(call, invitation)
    invitation.status = "REJECTED"
    association = share.principals.get(invitation.principal)
    if association is not None:
        association.status, association.updated_ns = "FAILED", call.now
        association.message = "The invitation was rejected."
    call.event(share.arn, "ram.rejected", f"account {call.account} rejected the share {share.name}")
    return {"resourceShareInvitation": _view(call, invitation)}


def get_resource_share_invitations(call: Call, request: Input) -> Output:
    """The invitations of the account, by ARN."""
    arns = request.get("resourceShareInvitationArns")
    shares = request.get("resourceShareArns")
    for arn in arns or ():
        lookup.invitation(call, arn)
    found = [
        each
        for each in call.rows(INVITATIONS).values()
        if each.receiver == call.account
        and f":{call.region}:" in each.arn
        and (not arns or each.arn in arns)
        and (not shares or each.share in shares)
    ]
    return lookup.paged(
        request, found, lambda each: each.arn, "resourceShareInvitations",
        lambda each: _view(call, each),
    )  # fmt: skip


def list_pending_invitation_resources(call: Call, request: Input) -> Output:
    """What would be shared with the account if it accepted."""
    invitation = lookup.invitation(call, request["resourceShareInvitationArn"])
    if status_of(call, invitation) == "REJECTED":
        raise _rejected(invitation)
    share = _share_of(call, invitation)
    found = [(share, arn) for arn in sorted(share.resources)]
    if request.get("resourceRegionScope") == "GLOBAL":
        found = []
    return lookup.paged(
        request, found, lambda each: each[1], "resources",
        lambda each: owned_resources.view(each[0], each[1]),
    )  # fmt: skip


def status_of(call: Call, invitation: Invitation) -> str:
    """The state of an invitation now."""
    if invitation.status == "PENDING" and call.now - invitation.sent_ns >= OPEN_NS:
        return "EXPIRED"
    return invitation.status


def _expect_open(call: Call, arn: str) -> Invitation:
    invitation = lookup.invitation(call, arn)
    status = status_of(call, invitation)
    if status == "ACCEPTED":
        raise AwsError(
            "ResourceShareInvitationAlreadyAcceptedException",
            f"ResourceShareInvitation {arn} has already been accepted.",
        )
    if status == "REJECTED":
        raise _rejected(invitation)
    if status == "EXPIRED":
        raise AwsError(
            "ResourceShareInvitationExpiredException",
            f"ResourceShareInvitation {arn} has expired.",
        )
    return invitation


def _rejected(invitation: Invitation) -> AwsError:
    return AwsError(
        "ResourceShareInvitationAlreadyRejectedException",
        f"ResourceShareInvitation {invitation.arn} has already been rejected.",
    )


def _share_of(call: Call, invitation: Invitation) -> Share:
    share = call.rows(SHARES).get(invitation.share)
    if share is None or share.status == "DELETED":
        raise unknown(invitation.share)
    return share


def _view(call: Call, row: Invitation) -> dict[str, Any]:
    share = call.rows(SHARES).get(row.share)
    shown: dict[str, Any] = {
        "resourceShareInvitationArn": row.arn,
        "resourceShareName": share.name if share else "",
        "resourceShareArn": row.share,
        "senderAccountId": row.sender,
        "receiverAccountId": row.receiver,
        "invitationTimestamp": row.sent_ns / SECOND_NS,
        "status": status_of(call, row),
    }
    if share is not None and row.status == "ACCEPTED":
        shown["resourceShareAssociations"] = [
            view_association(share, "RESOURCE", arn) for arn in share.resources
        ]
    if row.principal != row.receiver:
        shown["receiverArn"] = row.principal
    return shown
