"""What an organization imposes on each account: written when it changes, read at each call.

Rules of this file: `Guard` rows are derived and complete: whoever changes the tree, a policy, an
attachment or the types in force calls `retell` before the call ends. Reading is two look-ups: the
row, then what was compiled for an equal row (a row knows its own hash).
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.ports import Guardrails, OrganizationFacts
from cloudchamber.languages.policy import Policy as CompiledPolicy
from cloudchamber.languages.policy import PolicyKind, SourcedPolicy, parse_policy
from cloudchamber.services.organizations import lookup
from cloudchamber.services.organizations.aws_policies import RCP, SCP, find_aws_policy
from cloudchamber.services.organizations.nouns import (
    GUARDS,
    ORGANIZATIONS,
    POLICIES,
    Account,
    Guard,
    Level,
    Node,
    Organization,
    PolicyText,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud

_COMPILED_MAX: Final = 4096


def guardrails(cloud: Cloud, account: str) -> Guardrails | None:
    """The port of that name: what holds for an account, or None outside of organizations."""
    guard = cloud.store.rows(GUARDS, "", "").get(account)
    return None if guard is None else _rules(guard)


def organization_facts(cloud: Cloud, account: str) -> OrganizationFacts | None:
    """The port `organization`: which one an account is in, where in it, and whom that trusts."""
    guard = cloud.store.rows(GUARDS, "", "").get(account)
    if guard is None:
        return None
    organization = cloud.store.rows(ORGANIZATIONS, "", "")[guard.organization]
    return OrganizationFacts(
        id=organization.id,
        path=guard.path,
        management=organization.management,
        services=tuple(organization.services),
    )


def members(cloud: Cloud, account: str) -> list[str]:
    """The port `members`: all accounts of the organization that an account is in."""
    guards = cloud.store.rows(GUARDS, "", "")
    own = guards.get(account)
    if own is None:
        return []
    return sorted(id_ for id_, each in guards.items() if each.organization == own.organization)


def retell(call: Call, organization: Organization) -> None:
    """Write anew what holds for every account of an organization."""
    for account in lookup.accounts_of(call, organization):
        retell_account(call, organization, account)


def retell_account(call: Call, organization: Organization, account: Account) -> None:
    """Write anew what holds for one account."""
    line = lookup.lineage(call, account)
    bound = account.id != organization.management
    path = lookup.path_of(call, lookup.lineage(call, account)[-2])
    call.rows(GUARDS)[account.id] = Guard(
        organization.id,
        path,
        _levels(call, line, SCP) if bound and SCP in organization.types else None,
        _levels(call, line, RCP) if bound and RCP in organization.types else None,
    )


def forget(call: Call, account: str) -> None:
    """An account left: nothing of the organization holds for it."""
    call.rows(GUARDS).pop(account, None)


def _levels(call: Call, line: list[Node], type_: str) -> tuple[Level, ...]:
    return tuple(_level(call, node, type_) for node in line)


def _level(call: Call, node: Node, type_: str) -> Level:
    rows = call.rows(POLICIES)
    found = [find_aws_policy(id_) or rows[id_] for id_ in node.policies]
    return tuple(
        PolicyText(policy.id, policy.name, policy.arn, policy.content)
        for policy in found
        if policy.type == type_
    )


@lru_cache(maxsize=_COMPILED_MAX)
def _rules(guard: Guard) -> Guardrails:
    return Guardrails(
        scps=_sourced(guard.scps, PolicyKind.SCP),
        rcps=_sourced(guard.rcps, PolicyKind.RCP),
        context={
            "aws:PrincipalOrgID": (guard.organization,),
            "aws:PrincipalOrgPaths": (guard.path,),
        },
    )


def _sourced(
    levels: tuple[Level, ...] | None, kind: PolicyKind
) -> tuple[tuple[SourcedPolicy, ...], ...] | None:
    if levels is None:
        return None
    return tuple(
        tuple(
            SourcedPolicy(text.id, text.name, compiled(text.content, kind), text.arn)
            for text in level
        )
        for level in levels
    )


@lru_cache(maxsize=_COMPILED_MAX)
def compiled(content: str, kind: PolicyKind) -> CompiledPolicy:
    """A policy of an organization, compiled once per text. Raises MalformedPolicy."""
    return parse_policy(content, kind)
