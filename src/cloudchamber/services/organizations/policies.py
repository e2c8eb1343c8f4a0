"""Policies of an organization: written, changed, shown, removed.

Rules of this file: an SCP or RCP is held to its grammar when it comes in, and its text is compiled
once; of the other types only the JSON is looked at.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.errors import Refused
from cloudchamber.languages.policy import MalformedPolicy, PolicyKind
from cloudchamber.services.organizations import callers, guards, lookup, tagging, views
from cloudchamber.services.organizations.aws_policies import (
    POLICY_TYPES,
    PolicyType,
    aws_policies,
    find_aws_policy,
)
from cloudchamber.services.organizations.nouns import POLICIES, Organization, Policy
from cloudchamber.services.organizations.refusals import constraint, invalid, refusal

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def create_policy(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """A new policy, attached to nothing. Raises MalformedPolicyDocument and others."""
    organization = callers.expect_policy_manager(call)
    type_ = request["Type"]
    rules = expect_type(call, type_)
    if organization.features != "ALL":
        raise refusal("PolicyTypeNotAvailableForOrganization")
    _check_content(rules, request["Content"])
    _check_name(call, organization, type_, request["Name"])
    if len(_own(call, organization, type_)) >= call.quota("policies-per-type"):
        raise constraint("POLICY_NUMBER_LIMIT_EXCEEDED")
    tags = tagging.checked(call, {}, request.get("Tags", []))
    id_ = "p-" + lookup.word(call, organization.arn, "policy", 10)
    policy = Policy(
        id_,
        views.arn_of(call, organization, f"policy/{organization.id}/{type_.lower()}/{id_}"),
        organization.id,
        request["Name"],
        request["Description"],
        type_,
        request["Content"],
    )
    call.rows(POLICIES)[id_] = policy
    tagging.put(call, id_, tags)
    return {"Policy": _view(policy)}


def describe_policy(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """A policy with its text. Raises PolicyNotFoundException."""
    organization = callers.expect_reader(call)
    return {"Policy": _view(expect_policy(call, organization, request["PolicyId"]))}


def update_policy(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Change a policy; what it is attached to is bound by the new text at once."""
    organization = callers.expect_policy_manager(call)
    policy = _expect_own(call, organization, request["PolicyId"])
    name = request.get("Name", policy.name)
    content = request.get("Content", policy.content)
    if content != policy.content:
        _check_content(POLICY_TYPES[policy.type], content)
    if name != policy.name:
        _check_name(call, organization, policy.type, name)
    policy.name = name
    policy.content = content
    policy.description = request.get("Description", policy.description)
    guards.retell(call, organization)
    return {"Policy": _view(policy)}


def delete_policy(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Remove a policy that is attached to nothing. Raises PolicyInUseException."""
    organization = callers.expect_policy_manager(call)
    policy = _expect_own(call, organization, request["PolicyId"])
    if any(policy.id in node.policies for node in lookup.nodes_of(call, organization)):
        raise refusal("PolicyInUse")
    del call.rows(POLICIES)[policy.id]
    tagging.forget(call, policy.id)
    return {}


def list_policies(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The policies of one type, AWS's own among them, by id."""
    organization = callers.expect_reader(call)
    type_ = request["Filter"]
    expect_type(call, type_)
    found = [policy for policy in aws_policies() if policy.type == type_]
    found.extend(_own(call, organization, type_))
    return lookup.paged(
        request, "Policies", sorted(found, key=lookup.by_id), lookup.by_id, views.policy_view
    )


def expect_policy(call: Call, organization: Organization, id_: str) -> Policy:
    """A policy of the organization or of AWS. Raises PolicyNotFoundException."""
    found = find_aws_policy(id_) or call.rows(POLICIES).get(id_)
    if found is None or found.organization not in ("", organization.id):
        raise refusal("PolicyNotFound")
    return found


def expect_type(call: Call, type_: str) -> PolicyType:
    """What holds for a type of policy. Refuses by name the types that nothing here keeps."""
    rules = POLICY_TYPES.get(type_)
    if rules is None:
        raise Refused("organizations", call.operation_name, f"policies of type {type_}")
    return rules


def _expect_own(call: Call, organization: Organization, id_: str) -> Policy:
    policy = expect_policy(call, organization, id_)
    if not policy.organization:
        raise invalid("IMMUTABLE_POLICY")
    return policy


def _own(call: Call, organization: Organization, type_: str) -> list[Policy]:
    return [
        row
        for row in call.rows(POLICIES).values()
        if row.organization == organization.id and row.type == type_
    ]


def _check_name(call: Call, organization: Organization, type_: str, name: str) -> None:
    """A name is used once among the policies of a type, AWS's own included."""
    taken = [row for row in aws_policies() if row.type == type_]
    taken.extend(_own(call, organization, type_))
    if any(row.name == name for row in taken):
        raise refusal("DuplicatePolicy")


def _check_content(rules: PolicyType, content: str) -> None:
    if len(content) > rules.size_max:
        raise constraint("POLICY_CONTENT_LIMIT_EXCEEDED")
    if rules.kind is None:
        _check_object(content)
        return
    try:
        policy = guards.compiled(content, rules.kind)
    except MalformedPolicy:
        raise refusal("MalformedPolicyDocument") from None
    if rules.kind is PolicyKind.RCP:
        # Only AWS's own RCP allows, and only it speaks of every action of every service.
        for statement in policy.statements:
            if statement.effect != "Deny" or "*" in statement.actions:
                raise refusal("MalformedPolicyDocument")


def _check_object(content: str) -> None:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise refusal("MalformedPolicyDocument") from None
    if not isinstance(found, dict):
        raise refusal("MalformedPolicyDocument")


def _view(policy: Policy) -> dict[str, Any]:
    return {"PolicySummary": views.policy_view(policy), "Content": policy.content}
