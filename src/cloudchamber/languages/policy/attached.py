"""A policy as it is attached to a resource: compiled once for its text and the resource's ARN.

Rules of this file: pure, and remembered, since a resource's policy is asked with every request.
"""

from __future__ import annotations

from functools import lru_cache

from cloudchamber.languages.policy.grammar import parse_policy
from cloudchamber.languages.policy.request import SourcedPolicy
from cloudchamber.languages.policy.tree import PolicyKind


@lru_cache(maxsize=4096)
def attached_policy(document: str, arn: str) -> SourcedPolicy:
    """The resource policy `document` of the resource `arn`. Raises MalformedPolicy."""
    policy = parse_policy(document, PolicyKind.RESOURCE)
    return SourcedPolicy(
        source_id=arn, name=f"the policy of {arn}", policy=policy, arn=arn, type="resource"
    )
