"""The IAM policy language: parse a document, match statements, decide requests, tell why.

Rules of this package: pure text to tree to verdict; no clock (the time of a request is its
aws:CurrentTime), no state, nothing of the rest of the house. `parse_policy` raises MalformedPolicy
and nothing else; `evaluate` raises nothing. Compile once, ask often: a Policy is shared.

    json_text   JSON with positions           patterns    wildcards without backtracking
    variables   ${aws:username}               principals  callers, Principal elements, grants
    conditions  operators and their logic     elements    what each kind of policy may hold
    grammar     document to tree              tree        Policy, Statement
    request     the question, the policies    evaluate    AWS's evaluation logic
    decision    verdict, messages, trace      analysis    context keys, least privilege
    attached    a resource's own policy
"""

from __future__ import annotations

from cloudchamber.languages.policy.analysis import context_keys_of, least_privilege
from cloudchamber.languages.policy.attached import attached_policy
from cloudchamber.languages.policy.decision import (
    Decision,
    Layer,
    LayerStep,
    Matched,
    StatementStep,
)
from cloudchamber.languages.policy.errors import MalformedPolicy
from cloudchamber.languages.policy.evaluate import evaluate
from cloudchamber.languages.policy.grammar import parse_policy
from cloudchamber.languages.policy.principals import Grant, Principal, PrincipalKind
from cloudchamber.languages.policy.request import AccessRequest, PolicySet, SourcedPolicy
from cloudchamber.languages.policy.tree import Failure, Policy, PolicyKind, Position, Statement

__all__ = (
    "AccessRequest",
    "Decision",
    "Failure",
    "Grant",
    "Layer",
    "LayerStep",
    "MalformedPolicy",
    "Matched",
    "Policy",
    "PolicyKind",
    "PolicySet",
    "Position",
    "Principal",
    "PrincipalKind",
    "SourcedPolicy",
    "Statement",
    "StatementStep",
    "attached_policy",
    "context_keys_of",
    "evaluate",
    "least_privilege",
    "parse_policy",
)
