"""The organization's resource policy: what it lets member accounts do in the manager's stead.

Rules of this file: keeping it. Asking it is in `callers`.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudchamber.languages.policy import MalformedPolicy, PolicyKind
from cloudchamber.services.organizations import callers, lookup, tagging, views
from cloudchamber.services.organizations.nouns import Organization, ResourcePolicy
from cloudchamber.services.organizations.refusals import invalid, refusal

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def put_resource_policy(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Set the organization's policy. Raises InvalidInputException for what is none."""
    organization = callers.expect_manager(call)
    try:
        callers.compiled(request["Content"], PolicyKind.RESOURCE)
    except MalformedPolicy:
        raise invalid("INVALID_RESOURCE_POLICY_JSON") from None
    tags = tagging.checked(call, {}, request.get("Tags", []))
    policy = organization.resource_policy
    if policy is None:
        id_ = "rp-" + lookup.word(call, organization.arn, "resource-policy", 8)
        arn = views.arn_of(call, organization, f"resourcepolicy/{organization.id}/{id_}")
        policy = ResourcePolicy(id_, arn, "")
    organization.resource_policy = ResourcePolicy(policy.id, policy.arn, request["Content"])
    if tags:
        tagging.put(call, policy.id, tags)
    return {"ResourcePolicy": _view(organization.resource_policy)}


def describe_resource_policy(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The organization's policy. Raises ResourcePolicyNotFoundException."""
    return {"ResourcePolicy": _view(_expect(callers.expect_reader(call)))}


def delete_resource_policy(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Take the organization's policy away. Raises ResourcePolicyNotFoundException."""
    organization = callers.expect_manager(call)
    tagging.forget(call, _expect(organization).id)
    organization.resource_policy = None
    return {}


def _expect(organization: Organization) -> ResourcePolicy:
    if organization.resource_policy is None:
        raise refusal("ResourcePolicyNotFound")
    return organization.resource_policy


def _view(policy: ResourcePolicy) -> dict[str, Any]:
    return {
        "ResourcePolicySummary": {"Id": policy.id, "Arn": policy.arn},
        "Content": policy.content,
    }
