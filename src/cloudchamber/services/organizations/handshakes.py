"""Invitations: an organization asks an account in, which accepts, declines or lets it run out.

Rules of this file: an open invitation counts as an account of the sender. It runs out after 15 days
and is forgotten 30 days after it was settled, both on the chamber's clock.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_invites.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.durations import DAY_NS, SECOND_NS
from cloudchamber.cloud.settings import is_account
from cloudchamber.services.organizations import callers, lookup, membership, tagging, views
from cloudchamber.services.organizations.limits import HANDSHAKE_KEPT_NS, INVITATION_NS
from cloudchamber.services.organizations.nouns import (
    ACCOUNTS,
    HANDSHAKES,
    ORGANIZATIONS,
    Handshake,
    HandshakeState,
    Organization,
)
from cloudchamber.services.organizations.refusals import (
    constraint,
    handshake_constraint,
    invalid,
    refusal,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

EXPIRED: Final = "organizations.handshake-expired"
FORGOTTEN: Final = "organizations.handshake-forgotten"


def invite_account(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Invite an account by id or by the address it was signed up with."""
    organization = callers.expect_manager(call)
    target = request["Target"]
    account = _expect_invited(target)
    if account is None:
        account = lookup.find_by_email(call, target["Id"])
        if account is None:
            raise invalid("INVALID_EMAIL_ADDRESS_TARGET")
    if lookup.find_account(call, organization, account) is not None:
        raise handshake_constraint("ALREADY_IN_AN_ORGANIZATION")
    sent = [row for row in call.rows(HANDSHAKES).values() if row.organization == organization.id]
    if any(row.account == account and row.state == "OPEN" for row in sent):
        raise refusal("DuplicateHandshake")
    if membership.head_count(call, organization) >= call.quota("accounts"):
        raise handshake_constraint("ACCOUNT_NUMBER_LIMIT_EXCEEDED")
    today = sum(call.now < row.requested_ns + DAY_NS for row in sent)
    if today >= call.quota("handshakes-per-day"):
        raise constraint("HANDSHAKE_RATE_LIMIT_EXCEEDED")
    tags = tagging.checked(call, {}, request.get("Tags", []))
    id_ = "h-" + lookup.word(call, organization.arn, "handshake", 10)
    row = Handshake(
        id_,
        views.arn_of(call, organization, f"handshake/{organization.id}/invite/{id_}"),
        organization.id,
        call.account,
        account,
        target["Type"],
        target["Id"],
        request.get("Notes", ""),
        call.now,
        call.now + INVITATION_NS,
        organization.features,
        tags=tags,
    )
    call.rows(HANDSHAKES)[id_] = row
    call.at(row.expires_ns, EXPIRED, id_, weak=True)
    return {"Handshake": _view(call, row)}


def accept_handshake(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The invited account joins. Raises HandshakeConstraintViolationException."""
    row = _expect(call, request, "ACCEPTED", by_sender=False)
    if call.account in call.rows(ACCOUNTS):
        raise handshake_constraint("ALREADY_IN_AN_ORGANIZATION")
    organization = call.rows(ORGANIZATIONS)[row.organization]
    _settle(call, row, "ACCEPTED")
    membership.join(call, organization, row.account, "INVITED")
    tagging.put(call, row.account, row.tags)
    return {"Handshake": _view(call, row)}


def decline_handshake(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The invited account says no."""
    row = _expect(call, request, "DECLINED", by_sender=False)
    _settle(call, row, "DECLINED")
    return {"Handshake": _view(call, row)}


def cancel_handshake(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The sender takes an invitation back."""
    row = _expect(call, request, "CANCELED", by_sender=True)
    _settle(call, row, "CANCELED")
    return {"Handshake": _view(call, row)}


def cancel_all(call: Call, organization: Organization) -> None:
    """The organization ends: nobody can be invited into it any more."""
    for row in call.rows(HANDSHAKES).values():
        if row.organization == organization.id and row.state == "OPEN":
            _settle(call, row, "CANCELED")


def describe_handshake(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """One handshake, for its two parties. Raises HandshakeNotFoundException."""
    row = call.rows(HANDSHAKES).get(request["HandshakeId"])
    if row is None or call.account not in (row.sender, row.account):
        raise refusal("HandshakeNotFound")
    return {"Handshake": _view(call, row)}


def list_handshakes_for_account(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """What the calling account was asked, by id."""
    found = [row for row in call.rows(HANDSHAKES).values() if row.account == call.account]
    return _listed(call, request, found)


def list_handshakes_for_organization(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """What the organization has asked, by id."""
    organization = callers.expect_reader(call)
    found = [row for row in call.rows(HANDSHAKES).values() if row.organization == organization.id]
    return _listed(call, request, found)


def handshake_expired(call: Call, id_: str) -> None:
    """The kernel event at the end of 15 days."""
    row = call.rows(HANDSHAKES).get(id_)
    if row is not None and row.state == "OPEN":
        _settle(call, row, "EXPIRED")


def handshake_forgotten(call: Call, id_: str) -> None:
    """The kernel event 30 days after a handshake was settled."""
    call.rows(HANDSHAKES).pop(id_, None)


def _expect_invited(target: dict[str, Any]) -> str | None:
    """The account that a target names, or None when it is an address."""
    if target["Type"] == "EMAIL":
        return None
    if target["Type"] != "ACCOUNT":
        raise invalid("INVALID_PARTY_TYPE_TARGET")
    account: str = target["Id"]
    if not is_account(account):
        raise invalid("INVALID_PATTERN_TARGET_ID")
    return account


def _expect(
    call: Call, request: dict[str, Any], state: HandshakeState, *, by_sender: bool
) -> Handshake:
    """An open handshake that the caller may bring into `state`."""
    row = call.rows(HANDSHAKES).get(request["HandshakeId"])
    if row is None or call.account not in (row.sender, row.account):
        raise refusal("HandshakeNotFound")
    if call.account != (row.sender if by_sender else row.account):
        raise refusal("AccessDenied")
    if row.state == state:
        raise refusal("HandshakeAlreadyInState")
    if row.state != "OPEN":
        raise refusal("InvalidHandshakeTransition")
    return row


def _settle(call: Call, row: Handshake, state: HandshakeState) -> None:
    row.state = state
    row.settled_ns = call.now
    call.after(HANDSHAKE_KEPT_NS, FORGOTTEN, row.id, weak=True)
    call.event(
        row.arn,
        f"organizations.handshake-{state.lower()}",
        f"the invitation of account {row.account} into {row.organization} is {state.lower()}",
    )


def _listed(call: Call, request: dict[str, Any], found: list[Handshake]) -> dict[str, Any]:
    wanted = request.get("Filter", {}).get("ActionType", "INVITE")
    shown = found if wanted == "INVITE" else []
    return lookup.paged(request, "Handshakes", shown, lookup.by_id, lambda row: _view(call, row))


def _view(call: Call, row: Handshake) -> dict[str, Any]:
    identity = lookup.identity_of(call, row.sender)
    resources: list[dict[str, Any]] = [
        {
            "Type": "ORGANIZATION",
            "Value": row.organization,
            "Resources": [
                {"Type": "MASTER_EMAIL", "Value": identity.email},
                {"Type": "MASTER_NAME", "Value": identity.name},
                {
                    "Type": "ORGANIZATION_FEATURE_SET",
                    "Value": "FULL" if row.features == "ALL" else row.features,
                },
            ],
        },
        {"Type": row.target_type, "Value": row.target},
    ]
    if row.notes:
        resources.append({"Type": "NOTES", "Value": row.notes})
    return {
        "Id": row.id,
        "Arn": row.arn,
        "Parties": [
            {"Id": row.organization.removeprefix("o-"), "Type": "ORGANIZATION"},
            {"Id": row.target, "Type": row.target_type},
        ],
        "State": row.state,
        "RequestedTimestamp": row.requested_ns / SECOND_NS,
        "ExpirationTimestamp": row.expires_ns / SECOND_NS,
        "Action": "INVITE",
        "Resources": resources,
    }
