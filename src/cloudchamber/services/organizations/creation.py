"""CreateAccount: a request, and in its time an account with a role for its manager.

Rules of this file: the answer is always IN_PROGRESS; in the `instant` profile the account is there
before the client asks again. A request that cannot succeed fails when its time comes, as at AWS.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_create.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from cloudchamber.services.organizations import callers, lookup, membership, tagging, views
from cloudchamber.services.organizations.lifecycle import REQUEST_LIFE
from cloudchamber.services.organizations.nouns import (
    ACCOUNTS,
    IDENTITIES,
    ORGANIZATIONS,
    REQUESTS,
    CreateRequest,
    Identity,
    Organization,
    RequestState,
)
from cloudchamber.services.organizations.refusals import constraint, invalid, refusal

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

DONE: Final = "organizations.account-created"
_ROLE: Final = "OrganizationAccountAccessRole"
_PRINCIPAL: Final = "organizations.amazonaws.com"
_LOWEST: Final = 100_000_000_000
_IDS: Final = 900_000_000_000


def create_account(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Begin to create an account. Raises ConstraintViolation, InvalidInput."""
    organization = callers.expect_manager(call)
    role = request.get("RoleName", _ROLE)
    if role.startswith("AWSServiceRoleFor"):
        raise invalid("INVALID_ROLE_NAME")
    if membership.head_count(call, organization) >= call.quota("accounts"):
        raise constraint("ACCOUNT_NUMBER_LIMIT_EXCEEDED")
    if len(_of(call, organization, ["IN_PROGRESS"])) >= call.quota("creations-at-once"):
        raise constraint("ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED")
    tags = tagging.checked(call, {}, request.get("Tags", []))
    row = CreateRequest(
        "car-" + lookup.word(call, organization.arn, "create-account", 32),
        organization.id,
        request["AccountName"],
        request["Email"],
        role,
        call.now,
        tags,
    )
    call.rows(REQUESTS)[row.id] = row
    delay_ns = REQUEST_LIFE.delay_ns(call.cloud.settings.lifecycle, row.state)
    call.after(delay_ns, DONE, row.id)
    return {"CreateAccountStatus": views.request_view(row)}


def account_created(call: Call, request_id: str) -> None:
    """The kernel event at the end of a creation: the account joins, with its role, or fails."""
    row = call.rows(REQUESTS)[request_id]
    organization = call.rows(ORGANIZATIONS)[row.organization]
    row.completed_ns = call.now
    if lookup.find_by_email(call, row.email) is not None:
        row.state = cast(RequestState, REQUEST_LIFE.move(row.state, "refused"))
        row.failure = "EMAIL_ALREADY_EXISTS"
        call.event(
            organization.arn,
            "organizations.account-failed",
            f"the account {row.name} could not be created: {row.email} is another account's",
        )
        return
    account = _new_id(call, organization)
    call.rows(IDENTITIES)[account] = Identity(row.email, row.name)
    membership.join(call, organization, account, "CREATED")
    tagging.put(call, account, row.tags)
    _give_role(call, organization, account, row.role)
    row.account = account
    row.state = cast(RequestState, REQUEST_LIFE.move(row.state, "done"))


def describe_create_account_status(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """What became of a request. Raises CreateAccountStatusNotFoundException."""
    organization = callers.expect_reader(call)
    row = call.rows(REQUESTS).get(request["CreateAccountRequestId"])
    if row is None or row.organization != organization.id:
        raise refusal("CreateAccountStatusNotFound")
    return {"CreateAccountStatus": views.request_view(row)}


def list_create_account_status(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The requests of an organization, by id, in the states asked for."""
    organization = callers.expect_reader(call)
    found = _of(call, organization, request.get("States"))
    return lookup.paged(request, "CreateAccountStatuses", found, lookup.by_id, views.request_view)


def _of(call: Call, organization: Organization, states: list[str] | None) -> list[CreateRequest]:
    return [
        row
        for row in call.rows(REQUESTS).values()
        if row.organization == organization.id and (not states or row.state in states)
    ]


def _new_id(call: Call, organization: Organization) -> str:
    stream = call.stream(organization.arn, "account")
    taken = call.rows(IDENTITIES)
    while True:
        id_ = str(_LOWEST + stream.below(_IDS))
        if id_ not in taken and id_ not in call.rows(ACCOUNTS):
            return id_


def _give_role(call: Call, organization: Organization, account: str, role: str) -> None:
    """The role by which the management account gets in, as AWS makes it."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": lookup.root_arn(call, organization.management)},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    call.invoke(
        "iam",
        "CreateRole",
        {"RoleName": role, "AssumeRolePolicyDocument": json.dumps(trust, separators=(",", ":"))},
        principal=_PRINCIPAL,
        account=account,
    )
    call.invoke(
        "iam",
        "AttachRolePolicy",
        {
            "RoleName": role,
            "PolicyArn": f"arn:{call.partition}:iam::aws:policy/AdministratorAccess",
        },
        principal=_PRINCIPAL,
        account=account,
    )
