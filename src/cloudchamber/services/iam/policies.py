"""Customer managed policies: their documents, up to five versions, and the listing of all policies.

Rules of this file: AWS's own policies can be read here and never changed. Version numbers are not
used twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals, tags
from cloudchamber.services.iam.aws_policies import AwsPolicy, aws_policies
from cloudchamber.services.iam.documents import check_managed
from cloudchamber.services.iam.identifiers import POLICY, arn_of, unique_id
from cloudchamber.services.iam.kinds import handler_of
from cloudchamber.services.iam.listing import has_prefix, listed
from cloudchamber.services.iam.managed import (
    Managed,
    default_of,
    expect_managed,
    find_version,
    order_of,
    usage_of,
    versions_of,
)
from cloudchamber.services.iam.nouns import POLICIES, Policy, PolicyVersion, Tag, key_of
from cloudchamber.services.iam.views import encoded, seconds

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

_ORDER_MAX = 10**9


def create_policy(call: Call, request: Input) -> Output:
    """CreatePolicy: the document becomes v1."""
    name, path = request["PolicyName"], request.get("Path", "/")
    rows = call.rows(POLICIES)
    if key_of(name) in rows:
        raise refusals.already_exists(
            f"A policy called {name} already exists. Duplicate names are not allowed."
        )
    if len(rows) >= call.quota("PoliciesPerAccount"):
        raise refusals.over_quota("PoliciesPerAccount", call.quota("PoliciesPerAccount"))
    check_managed(call, request["PolicyDocument"])
    new_tags = tags.tags_from(call, request.get("Tags", ()))
    arn = arn_of(call, "policy", path, name)
    policy = Policy(
        name=name,
        path=path,
        id=unique_id(call, POLICY, arn),
        arn=arn,
        created_ns=call.now,
        updated_ns=call.now,
        default=1,
        last=1,
        versions=[PolicyVersion(1, request["PolicyDocument"], call.now)],
        description=request.get("Description", ""),
        tags=new_tags,
    )
    rows[key_of(name)] = policy
    return {"Policy": tags.with_tags(policy_item(call, policy), policy)}


def get_policy(call: Call, request: Input) -> Output:
    """GetPolicy, with description and tags."""
    policy = expect_managed(call, request["PolicyArn"])
    shown = policy_item(call, policy)
    if policy.description:
        shown["Description"] = policy.description
    if isinstance(policy, Policy):
        tags.with_tags(shown, policy)
    return {"Policy": shown}


def delete_policy(call: Call, request: Input) -> Output:
    """DeletePolicy: only one that nobody has and that has no version but its default."""
    policy = _expect_own(call, request)
    usage = usage_of(call, policy.arn)
    if usage.attached or usage.boundaries:
        raise refusals.delete_conflict("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise refusals.delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete "
            "the policy's versions. The default version is deleted with the policy."
        )
    del call.rows(POLICIES)[key_of(policy.name)]
    return {}


def list_policies(call: Call, request: Input) -> Output:
    """ListPolicies: AWS's and the account's, by name, filtered by scope, path and use."""
    scope = request.get("Scope", "All")
    usage_filter = request.get("PolicyUsageFilter")
    found: list[Managed] = []
    if scope != "Local":
        found.extend(aws_policies(call.partition).values())
    if scope != "AWS":
        found.extend(call.rows(POLICIES).values())
    shown = []
    for policy in found:
        usage = usage_of(call, policy.arn)
        if usage_filter == "PermissionsBoundary":
            wanted = usage.boundaries > 0
        elif usage_filter == "PermissionsPolicy" or request.get("OnlyAttached"):
            wanted = usage.attached > 0
        else:
            wanted = True
        if wanted and has_prefix(request, policy.path):
            shown.append(policy)
    shown.sort(key=order_of)
    return listed(request, "Policies", shown, order_of, lambda policy: policy_item(call, policy))


def policy_item(call: Call, policy: Managed) -> dict[str, Any]:
    """A policy in a listing."""
    usage = usage_of(call, policy.arn)
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": f"v{policy.default}",
        "AttachmentCount": usage.attached,
        "PermissionsBoundaryUsageCount": usage.boundaries,
        "IsAttachable": True,
        "CreateDate": seconds(policy.created_ns),
        "UpdateDate": seconds(policy.updated_ns),
    }


# Versions


def create_policy_version(call: Call, request: Input) -> Output:
    """CreatePolicyVersion, the new default if the request says so."""
    policy = _expect_own(call, request)
    limit = call.quota("VersionsPerPolicy")
    if len(policy.versions) >= limit:
        raise refusals.limit_exceeded(
            f"A managed policy can have up to {limit} versions. Before you create a new version, "
            "you must delete an existing version."
        )
    check_managed(call, request["PolicyDocument"])
    policy.last += 1
    version = PolicyVersion(policy.last, request["PolicyDocument"], call.now)
    policy.versions.append(version)
    policy.updated_ns = call.now
    if request.get("SetAsDefault"):
        policy.default = version.number
    return {"PolicyVersion": version_item(policy, version)}


def get_policy_version(call: Call, request: Input) -> Output:
    """GetPolicyVersion, with the document."""
    policy = expect_managed(call, request["PolicyArn"])
    version = _expect_version(policy, request["VersionId"])
    return {"PolicyVersion": version_view(policy, version)}


def list_policy_versions(call: Call, request: Input) -> Output:
    """ListPolicyVersions, newest first."""
    policy = expect_managed(call, request["PolicyArn"])
    versions = versions_of(policy)[::-1]
    return listed(
        request,
        "Versions",
        versions,
        lambda version: str(_ORDER_MAX - version.number),
        lambda version: version_item(policy, version),
    )


def set_default_policy_version(call: Call, request: Input) -> Output:
    """SetDefaultPolicyVersion: holds at once for everybody who has the policy."""
    policy = _expect_own(call, request)
    policy.default = _expect_version(policy, request["VersionId"]).number
    policy.updated_ns = call.now
    return {}


def delete_policy_version(call: Call, request: Input) -> Output:
    """DeletePolicyVersion: any but the default."""
    policy = _expect_own(call, request)
    version = _expect_version(policy, request["VersionId"])
    if version.number == policy.default:
        raise refusals.delete_conflict("Cannot delete the default version of a policy.")
    policy.versions.remove(version)
    return {}


def version_item(policy: Managed, version: PolicyVersion) -> dict[str, Any]:
    """A version in a listing."""
    return {
        "VersionId": f"v{version.number}",
        "IsDefaultVersion": version.number == default_of(policy).number,
        "CreateDate": seconds(version.created_ns),
    }


def version_view(policy: Managed, version: PolicyVersion) -> dict[str, Any]:
    """A version with its document."""
    return {"Document": encoded(version.document), **version_item(policy, version)}


def _expect_own(call: Call, request: Input) -> Policy:
    policy = expect_managed(call, request["PolicyArn"])
    if isinstance(policy, AwsPolicy):
        raise AwsError("AccessDenied", "Policy is outside your own account.", 403)
    return policy


def _expect_version(policy: Managed, version_id: str) -> PolicyVersion:
    found = find_version(policy, version_id)
    if found is None:
        raise refusals.no_such_entity(
            f"Policy {policy.arn} version {version_id} does not exist or is not attachable."
        )
    return found


class _NoTags:
    """AWS's policies carry no tags."""

    def __init__(self) -> None:
        self.tags: list[Tag] = []


def _find_tags(call: Call, request: Input) -> tags.Tagged:
    policy = expect_managed(call, request["PolicyArn"])
    return policy if isinstance(policy, Policy) else _NoTags()


tag_policy = handler_of(tags.tag, _expect_own)
untag_policy = handler_of(tags.untag, _expect_own)
list_policy_tags = handler_of(tags.list_tags, _find_tags)
