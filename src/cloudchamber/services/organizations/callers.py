"""Who asks, and may it: managers, delegated administrators, and those the policy names.

Rules of this file: the organization's resource policy is asked by the policy language, with the
caller as the principal and the management account as the owner. Whether the caller's own account
lets it call is the pipeline's question.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.authorization import action_of
from cloudchamber.languages.policy import (
    AccessRequest,
    Policy,
    PolicyKind,
    PolicySet,
    Principal,
    SourcedPolicy,
    evaluate,
    parse_policy,
)
from cloudchamber.services.organizations import views
from cloudchamber.services.organizations.nouns import ACCOUNTS, ORGANIZATIONS, Organization
from cloudchamber.services.organizations.refusals import refusal

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

_ANYTHING: Final = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
)
_KEPT: Final = 256


def expect_organization(call: Call) -> Organization:
    """The caller's organization, whatever its part in it. Raises AWSOrganizationsNotInUse."""
    account = call.rows(ACCOUNTS).get(call.account)
    if account is None:
        raise refusal("AWSOrganizationsNotInUse")
    return call.rows(ORGANIZATIONS)[account.organization]


def expect_manager(call: Call) -> Organization:
    """The organization that the caller manages. Raises AccessDenied for members."""
    organization = expect_organization(call)
    if organization.management != call.account:
        raise refusal("AccessDenied")
    return organization


def expect_reader(call: Call) -> Organization:
    """The organization for those who may read it: its manager and delegated administrators.

    An account that the organization's resource policy lets do this may as well.
    """
    organization = expect_organization(call)
    if organization.management == call.account or call.rows(ACCOUNTS)[call.account].delegations:
        return organization
    return _delegated(call, organization)


def expect_policy_manager(call: Call) -> Organization:
    """The organization for those who may change its policies: its manager, and accounts to
    which its resource policy delegates this very action."""
    organization = expect_organization(call)
    if organization.management == call.account:
        return organization
    return _delegated(call, organization)


def _delegated(call: Call, organization: Organization) -> Organization:
    if not _allows(call, organization):
        raise refusal("AccessDenied")
    return organization


@lru_cache(maxsize=_KEPT)
def compiled(content: str, kind: PolicyKind) -> Policy:
    """A policy, compiled once per text. Raises MalformedPolicy."""
    return parse_policy(content, kind)


def _allows(call: Call, organization: Organization) -> bool:
    """Whether the resource policy lets the caller do what it is about to do."""
    policy = organization.resource_policy
    if policy is None:
        return False
    caller = call.caller
    request = AccessRequest(
        principal=Principal(
            kind=caller.kind,
            arn=caller.arn,
            account=caller.account,
            user_id=caller.user_id,
            role_arn=caller.role_arn,
            user_arn=caller.user_arn,
            service=caller.service,
        ),
        action=action_of(call),
        resource=views.arn_in_request(call, organization, call.input),
        resource_account=organization.management,
        context=views.context_of(call.input),
    )
    everything = SourcedPolicy("any", "any", compiled(_ANYTHING, PolicyKind.IDENTITY))
    asked = SourcedPolicy(
        policy.id, policy.id, compiled(policy.content, PolicyKind.RESOURCE), policy.arn
    )
    return evaluate(request, PolicySet(identity=[everything], resource=asked)).allowed
