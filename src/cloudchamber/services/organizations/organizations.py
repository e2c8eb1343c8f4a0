"""CreateOrganization, DescribeOrganization, DeleteOrganization, ListRoots, and trusted services.

Rules of this file: one organization per account, one root per organization.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_org.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.services.organizations import (
    callers,
    guards,
    handshakes,
    lookup,
    membership,
    tagging,
    views,
)
from cloudchamber.services.organizations.aws_policies import FULL_ACCESS, SCP
from cloudchamber.services.organizations.nouns import (
    ACCOUNTS,
    CONTAINERS,
    ORGANIZATIONS,
    POLICIES,
    REQUESTS,
    Container,
    Organization,
)
from cloudchamber.services.organizations.refusals import constraint, invalid, refusal

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

_PRINCIPAL: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com)")


def create_organization(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Make the caller's account the manager of a new organization. With all features, SCPs are
    enabled in its root. Raises AlreadyInOrganizationException."""
    if call.account in call.rows(ACCOUNTS):
        raise refusal("AlreadyInOrganization")
    features = request.get("FeatureSet", "ALL")
    about = lookup.root_arn(call, call.account)
    id_ = "o-" + lookup.word(call, about, "organization", 10)
    root_id = "r-" + lookup.word(call, about, "organization-root", 4)
    while root_id in call.rows(CONTAINERS):
        root_id = "r-" + lookup.word(call, about, "organization-root", 4)
    prefix = f"arn:{call.partition}:organizations::{call.account}"
    organization = Organization(
        id_,
        f"{prefix}:organization/{id_}",
        call.account,
        features,
        root_id,
        types=[SCP] if features == "ALL" else [],
    )
    call.rows(ORGANIZATIONS)[id_] = organization
    call.rows(CONTAINERS)[root_id] = Container(
        root_id,
        f"{prefix}:root/{id_}/{root_id}",
        id_,
        "ROOT",
        "Root",
        "",
        [FULL_ACCESS] if features == "ALL" else [],
    )
    membership.join(call, organization, call.account, "INVITED")
    return {"Organization": views.organization_view(call, organization)}


def describe_organization(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The caller's organization; any of its accounts may ask."""
    return {"Organization": views.organization_view(call, callers.expect_organization(call))}


def delete_organization(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """End an organization that has no member left, with its OUs and policies.

    Raises OrganizationNotEmptyException.
    """
    organization = callers.expect_manager(call)
    under_way = any(
        row.organization == organization.id and row.state == "IN_PROGRESS"
        for row in call.rows(REQUESTS).values()
    )
    if under_way or len(lookup.accounts_of(call, organization)) > 1:
        raise refusal("OrganizationNotEmpty")
    handshakes.cancel_all(call, organization)
    for container in lookup.containers_of(call, organization):
        tagging.forget(call, container.id)
        del call.rows(CONTAINERS)[container.id]
    policies = call.rows(POLICIES)
    for policy in [row for row in policies.values() if row.organization == organization.id]:
        tagging.forget(call, policy.id)
        del policies[policy.id]
    if organization.resource_policy is not None:
        tagging.forget(call, organization.resource_policy.id)
    tagging.forget(call, organization.management)
    guards.forget(call, organization.management)
    del call.rows(ACCOUNTS)[organization.management]
    del call.rows(ORGANIZATIONS)[organization.id]
    call.event(
        organization.arn,
        "organizations.organization-deleted",
        f"the organization {organization.id} was deleted by account {call.account}",
    )
    return {}


def list_roots(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The one root, with the policy types in force."""
    organization = callers.expect_reader(call)
    root = call.rows(CONTAINERS)[organization.root]
    return lookup.paged(
        request, "Roots", [root], lookup.by_id, lambda row: views.root_view(organization, row)
    )


# Trusted services


def enable_aws_service_access(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Trust an AWS service with the organization. Twice is once."""
    organization = _expect_all_features(call)
    principal = _expect_principal(request)
    organization.services = {principal: call.now, **organization.services}
    return {}


def disable_aws_service_access(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Trust an AWS service no longer; one that was not trusted is no error."""
    organization = _expect_all_features(call)
    organization.services.pop(_expect_principal(request), None)
    return {}


def list_aws_service_access(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The trusted services, by name."""
    organization = callers.expect_reader(call)
    return lookup.paged(
        request,
        "EnabledServicePrincipals",
        sorted(organization.services.items()),
        lambda item: item[0],
        lambda item: {"ServicePrincipal": item[0], "DateEnabled": item[1] / SECOND_NS},
    )


def register_delegated_administrator(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Let a member administer a trusted service; from then on it may read the organization."""
    organization = _expect_all_features(call)
    principal = _expect_principal(request)
    account = lookup.expect_account(call, organization, request["AccountId"])
    if account.id == organization.management:
        raise constraint("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
    if account.state != "ACTIVE":
        raise constraint("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR")
    if principal in account.delegations:
        raise refusal("AccountAlreadyRegistered")
    if principal not in organization.services:
        raise constraint("SERVICE_ACCESS_NOT_ENABLED")
    account.delegations = {**account.delegations, principal: call.now}
    return {}


def deregister_delegated_administrator(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Take a service's administration from a member. Raises AccountNotRegisteredException."""
    organization = _expect_all_features(call)
    account = lookup.expect_account(call, organization, request["AccountId"])
    principal = _expect_principal(request)
    if principal not in account.delegations:
        raise refusal("AccountNotRegistered")
    del account.delegations[principal]
    return {}


def list_delegated_administrators(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The members that administer any service, or the one asked for, by id."""
    organization = callers.expect_reader(call)
    wanted = request.get("ServicePrincipal")
    found = [
        row
        for row in lookup.accounts_of(call, organization)
        if (wanted in row.delegations if wanted else row.delegations)
    ]
    return lookup.paged(
        request,
        "DelegatedAdministrators",
        found,
        lookup.by_id,
        lambda row: {
            **{k: v for k, v in views.account_view(call, row).items() if k != "Paths"},
            "DelegationEnabledDate": (
                row.delegations[wanted] if wanted else min(row.delegations.values())
            )
            / SECOND_NS,
        },
    )


def list_delegated_services(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The services that a member administers, by name. Raises AccountNotRegisteredException."""
    organization = callers.expect_reader(call)
    account = lookup.expect_account(call, organization, request["AccountId"])
    if not account.delegations:
        raise refusal("AccountNotRegistered")
    return lookup.paged(
        request,
        "DelegatedServices",
        sorted(account.delegations.items()),
        lambda item: item[0],
        lambda item: {
            "ServicePrincipal": item[0],
            "DelegationEnabledDate": item[1] / SECOND_NS,
        },
    )


def _expect_all_features(call: Call) -> Organization:
    organization = callers.expect_manager(call)
    if organization.features != "ALL":
        raise constraint("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")
    return organization


def _expect_principal(request: dict[str, Any]) -> str:
    principal: str = request["ServicePrincipal"]
    if not _PRINCIPAL.fullmatch(principal):
        raise invalid("UNRECOGNIZED_SERVICE_PRINCIPAL")
    return principal
