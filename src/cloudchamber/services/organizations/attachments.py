"""Where policies hold: types enabled in the root, policies attached to roots, OUs and accounts.

Rules of this file: while SCPs are in force each target keeps at least one, five at most. A type
that is disabled loses every attachment; enabled again, everything starts with full access.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_policies_attach.html
https://docs.aws.amazon.com/organizations/latest/userguide/disable-policy-type.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudchamber.services.organizations import callers, guards, lookup, views
from cloudchamber.services.organizations.aws_policies import (
    POLICY_TYPES,
    RCP_FULL_ACCESS,
    SCP,
    find_aws_policy,
)
from cloudchamber.services.organizations.nouns import (
    CONTAINERS,
    POLICIES,
    Container,
    Node,
    Organization,
    Policy,
)
from cloudchamber.services.organizations.policies import expect_policy, expect_type
from cloudchamber.services.organizations.refusals import constraint, invalid, refusal

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def enable_policy_type(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Put a type of policy in force in the root. Raises PolicyTypeAlreadyEnabledException."""
    organization = callers.expect_policy_manager(call)
    root = _expect_root(call, organization, request["RootId"])
    type_ = request["PolicyType"]
    rules = expect_type(call, type_)
    if organization.features != "ALL":
        raise refusal("PolicyTypeNotAvailableForOrganization")
    if type_ in organization.types:
        raise refusal("PolicyTypeAlreadyEnabled")
    organization.types = [*organization.types, type_]
    if rules.default:
        for node in lookup.nodes_of(call, organization):
            node.policies = [*node.policies, rules.default]
    guards.retell(call, organization)
    return {"Root": views.root_view(organization, root)}


def disable_policy_type(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Take a type out of force, and off everything it was attached to."""
    organization = callers.expect_policy_manager(call)
    root = _expect_root(call, organization, request["RootId"])
    type_ = request["PolicyType"]
    expect_type(call, type_)
    if type_ not in organization.types:
        raise refusal("PolicyTypeNotEnabled")
    organization.types = [name for name in organization.types if name != type_]
    for node in lookup.nodes_of(call, organization):
        gone = frozenset(row.id for row in _attached(call, node, type_))
        node.policies = [id_ for id_ in node.policies if id_ not in gone]
    guards.retell(call, organization)
    return {"Root": views.root_view(organization, root)}


def attach_policy(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Attach a policy to a root, OU or account; it holds from this instant."""
    organization = callers.expect_policy_manager(call)
    policy = expect_policy(call, organization, request["PolicyId"])
    node = lookup.expect_target(call, organization, request["TargetId"])
    if policy.type not in organization.types:
        raise refusal("PolicyTypeNotEnabled")
    if policy.id in node.policies:
        raise refusal("DuplicatePolicyAttachment")
    if len(_attached(call, node, policy.type)) >= POLICY_TYPES[policy.type].attached_max:
        raise constraint("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    node.policies = [*node.policies, policy.id]
    guards.retell(call, organization)
    _tell(call, policy, node, "attached to")
    return {}


def detach_policy(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Take a policy off; the last SCP stays. Raises PolicyNotAttachedException."""
    organization = callers.expect_policy_manager(call)
    policy = expect_policy(call, organization, request["PolicyId"])
    node = lookup.expect_target(call, organization, request["TargetId"])
    if policy.id not in node.policies:
        raise refusal("PolicyNotAttached")
    if policy.id == RCP_FULL_ACCESS:
        raise invalid("NON_DETACHABLE_POLICY")
    if policy.type == SCP and len(_attached(call, node, SCP)) == 1:
        raise constraint("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    node.policies = [id_ for id_ in node.policies if id_ != policy.id]
    guards.retell(call, organization)
    _tell(call, policy, node, "detached from")
    return {}


def list_policies_for_target(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The policies of one type that are attached to a target itself, by id."""
    organization = callers.expect_reader(call)
    node = lookup.expect_target(call, organization, request["TargetId"])
    expect_type(call, request["Filter"])
    found = sorted(_attached(call, node, request["Filter"]), key=lookup.by_id)
    return lookup.paged(request, "Policies", found, lookup.by_id, views.policy_view)


def list_targets_for_policy(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """What a policy is attached to, by id."""
    organization = callers.expect_reader(call)
    policy = expect_policy(call, organization, request["PolicyId"])
    found = sorted(
        (node for node in lookup.nodes_of(call, organization) if policy.id in node.policies),
        key=lookup.by_id,
    )
    return lookup.paged(request, "Targets", found, lookup.by_id, _target_view)


def _expect_root(call: Call, organization: Organization, id_: str) -> Container:
    if id_ != organization.root:
        raise refusal("RootNotFound")
    return call.rows(CONTAINERS)[id_]


def _attached(call: Call, node: Node, type_: str) -> list[Policy]:
    rows = call.rows(POLICIES)
    found = [find_aws_policy(id_) or rows[id_] for id_ in node.policies]
    return [policy for policy in found if policy.type == type_]


def _target_view(node: Node) -> dict[str, Any]:
    return {
        "TargetId": node.id,
        "Arn": node.arn,
        "Name": node.name,
        "Type": node.kind if isinstance(node, Container) else "ACCOUNT",
    }


def _tell(call: Call, policy: Policy, node: Node, verb: str) -> None:
    call.event(
        node.arn,
        f"organizations.policy-{verb.split(maxsplit=1)[0]}",
        f"the policy {policy.name} was {verb} {node.name} ({node.id})",
        {"policy": policy.id},
    )
