"""Managed policies as those see them who attach them: the account's and AWS's alike.

Rules of this file: lookups and the count of uses; creating and changing is in `policies`. AWS's
own policies are data in `aws_policies/`; an account keeps only how often it uses them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.iam import refusals
from cloudchamber.services.iam.aws_policies import AwsPolicy, find_aws_policy
from cloudchamber.services.iam.documents import sourced
from cloudchamber.services.iam.kinds import SERVICE_LINKED_PATH, Kind
from cloudchamber.services.iam.nouns import (
    POLICIES,
    USAGES,
    Identity,
    Policy,
    PolicyVersion,
    Usage,
    key_of,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud
    from cloudchamber.languages.policy import SourcedPolicy

Managed: TypeAlias = Policy | AwsPolicy

_POLICY_ARN: Final = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}|aws):policy(/[\w+=,.@/-]*)?/[^/]+")
_UNUSED: Final = Usage()


def find_managed(cloud: Cloud, account: str, arn: str) -> Managed | None:
    """The policy with this ARN, of the account or of AWS, or None."""
    aws = find_aws_policy(arn)
    if aws is not None:
        return aws
    found = cloud.store.rows(POLICIES, account, "").get(key_of(arn.rpartition("/")[2]))
    return found if found is not None and found.arn == arn else None


def expect_managed(call: Call, arn: str) -> Managed:
    """The policy with this ARN. Raises InvalidInput, NoSuchEntity."""
    _check_arn(arn)
    found = find_managed(call.cloud, call.account, arn)
    if found is None:
        raise refusals.no_such_entity(f"Policy {arn} was not found.")
    return found


def expect_attachable(call: Call, arn: str, kind: Kind) -> Managed:
    """A policy that may be attached to such an identity. Raises PolicyNotAttachable and others."""
    _check_arn(arn)
    found = find_managed(call.cloud, call.account, arn)
    if found is None:
        raise refusals.no_such_entity(f"Policy {arn} does not exist or is not attachable.")
    if found.path.startswith(SERVICE_LINKED_PATH):
        raise AwsError(
            "PolicyNotAttachable",
            f"Cannot attach a Service Role Policy to a Customer {kind.title}.",
        )
    return found


def expect_boundary(call: Call, arn: str) -> Managed:
    """A policy that may be a permissions boundary. Raises InvalidInput, NoSuchEntity."""
    _check_arn(arn)
    found = find_managed(call.cloud, call.account, arn)
    if found is None:
        raise refusals.no_such_entity(f"Scope ARN: {arn} does not exist or is not attachable.")
    if found.path.startswith(SERVICE_LINKED_PATH):
        raise AwsError(
            "PolicyNotAttachable", "Cannot use a Service Role Policy as a permissions boundary."
        )
    return found


def _check_arn(arn: str) -> None:
    if not _POLICY_ARN.fullmatch(arn):
        raise refusals.invalid_input(f"ARN {arn} is not valid.")


def versions_of(policy: Managed) -> list[PolicyVersion]:
    """Its versions in order of creation; of AWS's policies only the one in force is held."""
    if isinstance(policy, AwsPolicy):
        return [PolicyVersion(policy.version, policy.document, policy.updated_ns)]
    return policy.versions


def default_of(policy: Managed) -> PolicyVersion:
    """The version in force."""
    if isinstance(policy, AwsPolicy):
        return versions_of(policy)[0]
    return next(version for version in policy.versions if version.number == policy.default)


def find_version(policy: Managed, version_id: str) -> PolicyVersion | None:
    """A version by its id (`v3`), or None."""
    for version in versions_of(policy):
        if f"v{version.number}" == version_id:
            return version
    return None


def order_of(policy: Managed) -> str:
    """What listings are sorted by: the name; the account may use a name that AWS uses too."""
    return f"{key_of(policy.name)} {int(isinstance(policy, AwsPolicy))}"


def sourced_policy(policy: Managed) -> SourcedPolicy:
    """The version in force, compiled, with where it comes from."""
    type_ = "aws-managed" if isinstance(policy, AwsPolicy) else "user-managed"
    text = policy.document if isinstance(policy, AwsPolicy) else default_of(policy).document
    return sourced(policy.name, policy.name, text, policy.arn, type_)


def compiled(cloud: Cloud, account: str, arn: str) -> SourcedPolicy | None:
    """Port `managed-policy`: the version in force of an account's or AWS's policy."""
    found = find_managed(cloud, account, arn)
    return sourced_policy(found) if found is not None else None


def warn_of_inexact(call: Call, policy: Managed) -> None:
    """Write down that a policy of AWS decides here by a document that may differ from AWS's."""
    if isinstance(policy, AwsPolicy) and not policy.exact:
        how = "is a shortened form of" if policy.approximate else "was not compared with"
        call.event(
            policy.arn,
            "iam.policy-not-exact",
            f"the document of {policy.name} held here {how} AWS's: it may allow more or less",
        )


# Uses


def usage_of(call: Call, arn: str) -> Usage:
    """How often the account uses a policy. Not to be changed: see `count`."""
    return call.rows(USAGES).get(arn, _UNUSED)


def count(call: Call, arn: str, *, attached: int = 0, boundaries: int = 0) -> None:
    """Note more or fewer uses of a policy."""
    usages = call.rows(USAGES)
    usage = usages.get(arn, _UNUSED)
    changed = Usage(usage.attached + attached, usage.boundaries + boundaries)
    if changed == _UNUSED:
        usages.pop(arn, None)
    else:
        usages[arn] = changed


def set_boundary(call: Call, row: Identity, arn: str) -> None:
    """Give an identity another boundary, or none (empty), and keep the count of uses."""
    if row.boundary:
        count(call, row.boundary, boundaries=-1)
    if arn:
        count(call, arn, boundaries=1)
        policy = find_managed(call.cloud, call.account, arn)
        if policy is not None:
            warn_of_inexact(call, policy)
    row.boundary = arn
