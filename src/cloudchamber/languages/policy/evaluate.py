"""The verdict: AWS's evaluation logic over all types of policies.

Rules of this file: one pass over the layers. A Deny that applies anywhere ends it. Then every
ceiling (RCP, SCP, VPC endpoint) must allow; then the resource's policy and the caller's own
policies are weighed against each other:

- within an account either suffices, except for trust and key policies, which must always allow;
  a grant to the very caller passes by boundary and session policy, a grant to its role does not,
  and a grant to the account only opens the door to the caller's identity policies;
- across accounts both must allow;
- services, identity providers and anonymous callers have nothing but the resource's policy;
- the root user needs no identity policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cloudchamber.languages.policy.decision import Decision, Layer, Matched
from cloudchamber.languages.policy.principals import Grant
from cloudchamber.languages.policy.request import AccessRequest, PolicySet, SourcedPolicy
from cloudchamber.languages.policy.tree import PolicyKind

# Members of an enum are slow to reach through their class, and every request needs several.
_RCP: Final = Layer.RCP
_SCP: Final = Layer.SCP
_VPC_ENDPOINT: Final = Layer.VPC_ENDPOINT
_RESOURCE: Final = Layer.RESOURCE
_IDENTITY: Final = Layer.IDENTITY
_BOUNDARY: Final = Layer.BOUNDARY
_SESSION: Final = Layer.SESSION
_NONE: Final = Grant.NONE
_ENTITY: Final = Grant.ENTITY
_DIRECT: Final = Grant.DIRECT
_TRUST: Final = PolicyKind.TRUST


def evaluate(request: AccessRequest, policies: PolicySet) -> Decision:
    """Decide one request. Raises nothing for policies that `parse_policy` made."""
    outside = request.principal.outside
    short: Layer | None = None  # the first ceiling that does not allow
    for layer, levels in ((_RCP, policies.rcps), (_SCP, None if outside else policies.scps)):
        if levels is None:
            continue
        for sources in levels:
            deny, allow = _scan(sources, request)
            if deny is not None:
                return Decision("explicitDeny", layer, (deny,), "", request, policies)
            if allow is None and short is None:
                short = layer
    if policies.vpc_endpoint is not None:
        deny, allow = _scan((policies.vpc_endpoint,), request)
        if deny is not None:
            return Decision("explicitDeny", _VPC_ENDPOINT, (deny,), "", request, policies)
        if allow is None and short is None:
            short = _VPC_ENDPOINT
    resource: Matched | None = None
    grant = _NONE
    if policies.resource is not None:
        deny, resource, grant = _scan_resource(policies.resource, request)
        if deny is not None:
            return Decision("explicitDeny", _RESOURCE, (deny,), "", request, policies)
    if outside:
        return _outside(request, policies, short, resource)
    deny, identity = _scan(policies.identity, request)
    if deny is not None:
        return Decision("explicitDeny", _IDENTITY, (deny,), "", request, policies)
    boundary = session = None
    if policies.boundary is not None:
        deny, boundary = _scan((policies.boundary,), request)
        if deny is not None:
            return Decision("explicitDeny", _BOUNDARY, (deny,), "", request, policies)
    if policies.session is not None:
        deny, session = _scan(policies.session, request)
        if deny is not None:
            return Decision("explicitDeny", _SESSION, (deny,), "", request, policies)
    if short is not None:
        return _short(request, policies, short)
    limit = _limit(request, policies, boundary, session)
    return _weigh(request, policies, resource, grant, identity, limit)


def _short(request: AccessRequest, policies: PolicySet, layer: Layer) -> Decision:
    """A ceiling does not allow."""
    note = "" if layer is _VPC_ENDPOINT else "each level down to the account must allow"
    return Decision("implicitDeny", layer, (), note, request, policies)


def _outside(
    request: AccessRequest, policies: PolicySet, short: Layer | None, resource: Matched | None
) -> Decision:
    """A caller who has nothing but what the resource's policy grants."""
    if short is not None:
        return _short(request, policies, short)
    if resource is not None:
        return Decision("allowed", _RESOURCE, (resource,), "", request, policies)
    note = f"a {request.principal.kind} principal has nothing else"
    return Decision("implicitDeny", _RESOURCE, (), note, request, policies)


def _limit(
    request: AccessRequest,
    policies: PolicySet,
    boundary: Matched | None,
    session: Matched | None,
) -> tuple[Layer, str] | None:
    """The layer that keeps the caller's own permissions (and grants to its role) from counting."""
    if policies.boundary is not None and boundary is None:
        return _BOUNDARY, "a boundary limits what other policies allow"
    if policies.session is not None:
        if session is None:
            return _SESSION, "a session policy limits what other policies allow"
    elif request.principal.kind == "federated-user":
        return _SESSION, "a federated user needs a session policy"
    return None


def _weigh(
    request: AccessRequest,
    policies: PolicySet,
    resource: Matched | None,
    grant: Grant,
    identity: Matched | None,
    limit: tuple[Layer, str] | None,
) -> Decision:
    """The resource's policy against the caller's own, once nothing denies."""
    caller = request.principal
    same = request.same_account
    if resource is None:
        if not same:
            note = "across accounts both sides must allow"
            return Decision("implicitDeny", _RESOURCE, (), note, request, policies)
        if _must_allow(policies):
            note = "without it no identity policy counts"
            return Decision("implicitDeny", _RESOURCE, (), note, request, policies)
    elif same and grant is _DIRECT:
        return Decision("allowed", _RESOURCE, (resource,), "", request, policies)
    entity = same and grant is _ENTITY
    if identity is None and not entity and caller.kind != "root":
        note = "" if resource is None else "the resource's policy leaves it to the caller's account"
        return Decision("implicitDeny", _IDENTITY, (), note, request, policies)
    if limit is not None:
        return Decision("implicitDeny", limit[0], (), limit[1], request, policies)
    granted = () if resource is None else (resource,)
    if identity is not None:
        return Decision("allowed", _IDENTITY, (*granted, identity), "", request, policies)
    if entity:
        return Decision("allowed", _RESOURCE, granted, "", request, policies)
    note = "the root user needs no identity policy"
    return Decision("allowed", _IDENTITY, granted, note, request, policies)


def _must_allow(policies: PolicySet) -> bool:
    resource = policies.resource
    return policies.resource_must_allow or (resource is not None and resource.policy.kind is _TRUST)


def _scan(
    sources: Sequence[SourcedPolicy], request: AccessRequest
) -> tuple[Matched | None, Matched | None]:
    """The first Deny that applies, else the first Allow."""
    action = request.action
    allowing: Matched | None = None
    for source in sources:
        denies, allows = source.policy.select(action)
        for statement in denies:
            if statement.applies(request):
                return Matched(source, statement), None
        if allowing is None:
            for statement in allows:
                if statement.applies(request):
                    allowing = Matched(source, statement)
                    break
    return None, allowing


def _scan_resource(
    source: SourcedPolicy, request: AccessRequest
) -> tuple[Matched | None, Matched | None, Grant]:
    """The first Deny that applies, else the Allow that names the caller most directly."""
    denies, allows = source.policy.select(request.action)
    for statement in denies:
        if statement.applies(request):
            return Matched(source, statement), None, _NONE
    allowing: Matched | None = None
    best = _NONE
    for statement in allows:
        if statement.applies(request) and statement.grant(request) > best:
            best = statement.grant(request)
            allowing = Matched(source, statement)
            if best is _DIRECT:
                break
    return None, allowing, best
