"""Joining an organization, leaving it, and closing an account within it.

Rules of this file: an account is in one organization at a time. What was attached to it there
(policies, tags, delegations) goes when it leaves.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_remove.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_close.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, cast

from cloudchamber.services.organizations import callers, guards, lookup, tagging, views
from cloudchamber.services.organizations.aws_policies import POLICY_TYPES
from cloudchamber.services.organizations.lifecycle import ACCOUNT_LIFE
from cloudchamber.services.organizations.limits import CLOSE_WINDOW_NS, WAIT_PERIOD_NS
from cloudchamber.services.organizations.nouns import (
    ACCOUNTS,
    HANDSHAKES,
    IDENTITIES,
    REQUESTS,
    Account,
    AccountState,
    Organization,
)
from cloudchamber.services.organizations.refusals import constraint, refusal

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

CLOSED: Final = "organizations.account-closed"
GONE: Final = "organizations.account-gone"


def default_policies(organization: Organization) -> list[str]:
    """What AWS attaches to everything new: the full-access policy of each type in force."""
    found = [POLICY_TYPES[name].default for name in organization.types]
    return [id_ for id_ in found if id_]


def join(
    call: Call, organization: Organization, account: str, method: Literal["INVITED", "CREATED"]
) -> Account:
    """Put an account under the organization's root."""
    identity = lookup.identity_of(call, account)
    row = Account(
        account,
        views.arn_of_account(call, organization, account),
        organization.id,
        identity.email,
        identity.name,
        organization.root,
        method,
        call.now,
        policies=default_policies(organization),
    )
    call.rows(IDENTITIES).setdefault(account, identity)
    call.rows(ACCOUNTS)[account] = row
    guards.retell_account(call, organization, row)
    call.event(
        row.arn,
        "organizations.account-joined",
        f"account {account} joined the organization {organization.id} ({method.lower()})",
        {"organization": organization.id, "method": method},
    )
    return row


def head_count(call: Call, organization: Organization) -> int:
    """The accounts that count: members, those being created, and open invitations."""
    creating = sum(
        row.organization == organization.id and row.state == "IN_PROGRESS"
        for row in call.rows(REQUESTS).values()
    )
    invited = sum(
        row.organization == organization.id and row.state == "OPEN"
        for row in call.rows(HANDSHAKES).values()
    )
    return len(lookup.accounts_of(call, organization)) + creating + invited


def _leave(call: Call, account: Account, how: str) -> None:
    del call.rows(ACCOUNTS)[account.id]
    tagging.forget(call, account.id)
    guards.forget(call, account.id)
    call.event(
        account.arn,
        "organizations.account-departed",
        f"account {account.id} {how} the organization {account.organization}",
        {"organization": account.organization},
    )


def remove_account(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Send a member away. Raises MasterCannotLeaveOrganization, ConstraintViolation."""
    organization = callers.expect_manager(call)
    account = lookup.expect_account(call, organization, request["AccountId"])
    _check_leaving(call, organization, account)
    _leave(call, account, "was removed from")
    return {}


def leave_organization(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The calling member leaves. Raises MasterCannotLeaveOrganization, ConstraintViolation."""
    organization = callers.expect_organization(call)
    account = call.rows(ACCOUNTS)[call.account]
    _check_leaving(call, organization, account)
    _leave(call, account, "left")
    return {}


def _check_leaving(call: Call, organization: Organization, account: Account) -> None:
    if account.id == organization.management:
        raise refusal("MasterCannotLeaveOrganization")
    if account.delegations:
        raise constraint("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")
    if account.joined_method == "CREATED" and call.now < account.joined_ns + WAIT_PERIOD_NS:
        raise constraint("WAIT_PERIOD_ACTIVE")


def close_account(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Begin to close a member. It is suspended, and gone from the organization in 90 days."""
    organization = callers.expect_manager(call)
    account = lookup.expect_account(call, organization, request["AccountId"])
    if organization.features != "ALL":
        raise constraint("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")
    if account.id == organization.management:
        raise constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
    if account.state == "SUSPENDED":
        raise refusal("AccountAlreadyClosed")
    if account.state == "PENDING_CLOSURE":
        raise refusal("Conflict")
    _check_closures(call, organization)
    account.state = cast(AccountState, ACCOUNT_LIFE.move(account.state, "close"))
    account.closed_ns = call.now
    delay_ns = ACCOUNT_LIFE.delay_ns(call.cloud.settings.lifecycle, account.state)
    if delay_ns:
        call.after(delay_ns, CLOSED, account.id, account.organization)
    else:
        account_closed(call, account.id, account.organization)
    return {}


def _check_closures(call: Call, organization: Organization) -> None:
    members = lookup.accounts_of(call, organization)
    if sum(row.state == "PENDING_CLOSURE" for row in members) >= call.quota("closures-at-once"):
        raise constraint("CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED")
    recent = sum(
        bool(row.closed_ns) and call.now < row.closed_ns + CLOSE_WINDOW_NS for row in members
    )
    share = len(members) * call.quota("closures-percent") // 100
    if recent >= min(max(call.quota("closures-least"), share), call.quota("closures-most")):
        raise constraint("CLOSE_ACCOUNT_QUOTA_EXCEEDED")


def account_closed(call: Call, account: str, organization: str) -> None:
    """The kernel event at the end of closing: the account is suspended."""
    row = call.rows(ACCOUNTS).get(account)
    if row is None or row.organization != organization or row.state != "PENDING_CLOSURE":
        return
    row.state = cast(AccountState, ACCOUNT_LIFE.move(row.state, "done"))
    call.event(row.arn, CLOSED, f"account {account} is closed and suspended")
    left_ns = ACCOUNT_LIFE.delays["SUSPENDED"].realistic_ns
    call.after(left_ns, GONE, account, organization, weak=True)


def account_gone(call: Call, account: str, organization: str) -> None:
    """The kernel event 90 days after: the account is closed for good and no member any more."""
    row = call.rows(ACCOUNTS).get(account)
    if row is None or row.organization != organization or row.state != "SUSPENDED":
        return
    _leave(call, row, "was closed for good and is gone from")
