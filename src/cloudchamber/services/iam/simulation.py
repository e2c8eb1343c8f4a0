"""The policy simulator: the engine that decides calls, asked what it would decide.

Rules of this file: nothing here decides; questions are put together and verdicts are shown as IAM
shows them. One result for each action, in it one for each resource.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cloudchamber.cloud import ports
from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.errors import Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.cloud.settings import is_account
from cloudchamber.languages.policy import (
    AccessRequest,
    Decision,
    Layer,
    MalformedPolicy,
    PolicyKind,
    PolicySet,
    Principal,
    SourcedPolicy,
    context_keys_of,
    evaluate,
    parse_policy,
)
from cloudchamber.services.iam import refusals
from cloudchamber.services.iam.exclusions import BOUNDARY, SCP, Exclusions
from cloudchamber.services.iam.listing import listed
from cloudchamber.services.iam.simulated_principals import Simulated, expect_simulated, principal_of

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

_ACTION: Final = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+", re.IGNORECASE)
_SEVERITY: Final = ("explicitDeny", "implicitDeny", "allowed")
_LAYERS: Final = (
    (Layer.IDENTITY, "IAM Policy"),
    (Layer.RESOURCE, "Resource Policy"),
    (Layer.BOUNDARY, "Permissions Boundary"),
)


class _Setting(NamedTuple):
    """What all questions of one simulation share."""

    principal: Principal
    policies: PolicySet
    owner: str
    context: Mapping[str, Sequence[str]]


def simulate_principal_policy(call: Call, request: Input) -> Output:
    """SimulatePrincipalPolicy: what a user, group or role may do, with its boundary and SCPs."""
    source = expect_simulated(call, request["PolicySourceArn"])
    left_out = Exclusions(request.get("PolicyExclusionList", ()))
    identity = [policy for policy in source.policies if left_out.keeps(policy)]
    boundary = _boundary(request)
    if boundary is None and not left_out.names_type(BOUNDARY):
        boundary = source.boundary
    scps = None if left_out.names_type(SCP) else _scps(call, source.principal.account)
    return _simulate(call, request, source, [*identity, *_inputs(request)], boundary, scps)


def simulate_custom_policy(call: Call, request: Input) -> Output:
    """SimulateCustomPolicy: what policies given as text would allow."""
    return _simulate(call, request, None, _inputs(request), _boundary(request))


def get_context_keys_for_custom_policy(call: Call, request: Input) -> Output:
    """GetContextKeysForCustomPolicy: the condition keys that texts refer to."""
    return {"ContextKeyNames": list(_keys_of(_inputs(request)))}


def get_context_keys_for_principal_policy(call: Call, request: Input) -> Output:
    """GetContextKeysForPrincipalPolicy: those of everything attached, and of further texts."""
    source = expect_simulated(call, request["PolicySourceArn"])
    return {"ContextKeyNames": list(_keys_of([*source.policies, *_inputs(request)]))}


def _keys_of(policies: Sequence[SourcedPolicy]) -> tuple[str, ...]:
    return context_keys_of(source.policy for source in policies)


def _simulate(
    call: Call,
    request: Input,
    source: Simulated | None,
    identity: list[SourcedPolicy],
    boundary: SourcedPolicy | None,
    scps: list[list[SourcedPolicy]] | None = None,
) -> Output:
    if request.get("ResourceHandlingOption"):
        raise Refused("iam", call.operation_name, "ResourceHandlingOption is not simulated")
    actions: list[str] = request["ActionNames"]
    for action in actions:
        if not _ACTION.fullmatch(action):
            raise refusals.invalid_input(f"Invalid Action Name: {action}")
    setting = _setting(
        call, request, source, PolicySet(identity=identity, boundary=boundary, scps=scps)
    )
    resources: list[str] = request.get("ResourceArns") or ["*"]
    # Keys of a listing must be sorted: the place of an action in the request, as text.
    places = [f"{place:06d}" for place in range(len(actions))]
    return listed(
        request,
        "EvaluationResults",
        places,
        lambda place: place,
        lambda place: _result(setting, actions[int(place)], resources),
    )


def _setting(
    call: Call,
    request: Input,
    source: Simulated | None,
    policies: PolicySet,
) -> _Setting:
    caller_arn = request.get("CallerArn")
    resource_policy = _resource_policy(request)
    if caller_arn is not None:
        principal = principal_of(caller_arn)
    elif source is not None:
        principal = source.principal
    elif resource_policy is not None:
        raise refusals.invalid_input("CallerArn is required when a resource policy is simulated.")
    else:
        # Nobody in particular: the policies alone speak.
        principal = Principal(kind="user", account=call.account)
    if resource_policy is not None and principal.kind == "role-session":
        raise refusals.invalid_input(
            "Simulation of resource-based policies isn't supported for IAM roles."
        )
    policies.resource = resource_policy
    context: dict[str, Sequence[str]] = dict(source.context) if source is not None else {}
    for entry in request.get("ContextEntries", ()):
        if "ContextKeyName" in entry:
            context[entry["ContextKeyName"]] = tuple(entry.get("ContextKeyValues", ()))
    return _Setting(principal, policies, _owner(request, principal), context)


def _owner(request: Input, principal: Principal) -> str:
    owner: str = request.get("ResourceOwner", "")
    if not owner:
        return principal.account
    found = find_arn(owner)
    account = found.account if found is not None else owner
    if not is_account(account):
        raise refusals.invalid_input(f"Invalid ResourceOwner: {owner}")
    return account


def _scps(call: Call, account: str) -> list[list[SourcedPolicy]] | None:
    answer: Callable[..., ports.Guardrails | None] | None = call.port(ports.GUARDRAILS)
    found = answer(call.cloud, account) if answer is not None else None
    if found is None or found.scps is None:
        return None
    return [list(level) for level in found.scps]


# Policies given as text


def _inputs(request: Input) -> list[SourcedPolicy]:
    return [
        _parsed(text, PolicyKind.IDENTITY, f"PolicyInputList.{number}", "none")
        for number, text in enumerate(request.get("PolicyInputList", ()), 1)
    ]


def _boundary(request: Input) -> SourcedPolicy | None:
    given = request.get("PermissionsBoundaryPolicyInputList", ())
    if len(given) > 1:
        raise refusals.invalid_input("Only one permissions boundary can be simulated.")
    if not given:
        return None
    name = "PermissionsBoundaryPolicyInputList.1"
    return _parsed(given[0], PolicyKind.BOUNDARY, name, "none")


def _resource_policy(request: Input) -> SourcedPolicy | None:
    text = request.get("ResourcePolicy")
    if not text:
        return None
    return _parsed(text, PolicyKind.RESOURCE, "ResourcePolicy", "resource")


def _parsed(text: str, kind: PolicyKind, name: str, type_: str) -> SourcedPolicy:
    try:
        policy = parse_policy(text, kind)
    except MalformedPolicy as problem:
        raise refusals.invalid_input(f"Invalid policy {name}: {problem.message}") from None
    return SourcedPolicy(name, name, policy, "", type_)


# Verdicts as answers


def _result(setting: _Setting, action: str, resources: Sequence[str]) -> dict[str, Any]:
    decisions = [_decide(setting, action, resource) for resource in resources]
    effects = {decision.effect for decision in decisions}
    effect = next(word for word in _SEVERITY if word in effects)
    worst = [decision for decision in decisions if decision.effect == effect]
    shown: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": resources[0] if len(resources) == 1 else "*",
        "EvalDecision": effect,
        "MatchedStatements": _once(hit for each in worst for hit in _matched(each)),
        "MissingContextValues": _once(
            key for each in decisions for key in each.missing_context_keys
        ),
    }
    shown |= _limits(decisions)
    if list(resources) != ["*"]:
        shown["ResourceSpecificResults"] = [
            {
                "EvalResourceName": decision.request.resource,
                "EvalResourceDecision": decision.effect,
                "MatchedStatements": _matched(decision),
                "MissingContextValues": list(decision.missing_context_keys),
                **_details(decision),
                **_boundary_detail([decision]),
            }
            for decision in decisions
        ]
    return shown


def _decide(setting: _Setting, action: str, resource: str) -> Decision:
    arn = find_arn(resource)
    named = arn.account if arn is not None else ""
    question = AccessRequest(
        principal=setting.principal,
        action=action,
        resource=resource,
        resource_account=named if is_account(named) else setting.owner,
        context=setting.context,
    )
    return evaluate(question, setting.policies)


def _limits(decisions: Sequence[Decision]) -> dict[str, Any]:
    shown = _boundary_detail(decisions)
    if decisions[0].policies.scps is not None:
        allowed = all(decision.outcome(Layer.SCP) in _PASSES for decision in decisions)
        shown["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": allowed}
    return shown


_PASSES: Final = frozenset({"allowed", "silent"})


def _boundary_detail(decisions: Sequence[Decision]) -> dict[str, Any]:
    if decisions[0].policies.boundary is None:
        return {}
    allowed = all(decision.outcome(Layer.BOUNDARY) in _PASSES for decision in decisions)
    return {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": allowed}}


def _details(decision: Decision) -> dict[str, Any]:
    """What each kind of policy said: "populated for only cross-account simulations"."""
    if decision.request.same_account:
        return {}
    said = ((name, decision.outcome(layer)) for layer, name in _LAYERS)
    return {"EvalDecisionDetails": {name: word for name, word in said if word != "silent"}}


def _matched(decision: Decision) -> list[dict[str, Any]]:
    shown = []
    for source, statement in decision.matched:
        start, end = source.policy.position(statement)
        shown.append(
            {
                "SourcePolicyId": source.source_id,
                "SourcePolicyType": source.type,
                "StartPosition": {"Line": start.line, "Column": start.column},
                "EndPosition": {"Line": end.line, "Column": end.column},
            }
        )
    return shown


def _once(items: Any) -> list[Any]:
    """Items in their order, each once."""
    found: list[Any] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found
