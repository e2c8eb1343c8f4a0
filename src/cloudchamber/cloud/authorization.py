"""May this caller do this? Gathers every policy that applies and asks the policy language.

Rules of this file: gathering only; the verdict is `languages.policy.evaluate`'s. In `warn` a
denial is written to the event log and the call goes on; in `enforce` it is the answer. The root
user of an account without guardrails, on its own resources without a policy, is allowed without
asking: that is AWS's rule too, and the hot path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud import ports
from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.authorization_message import encode_message
from cloudchamber.cloud.caller import Caller
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AccessDenied, AwsError
from cloudchamber.cloud.settings import is_account
from cloudchamber.languages.policy import (
    AccessRequest,
    Decision,
    PolicySet,
    Principal,
    SourcedPolicy,
    evaluate,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def authorise(call: Call) -> None:
    """The pipeline's stage: decide, log, and in `enforce` raise AccessDenied."""
    operation = call.operation
    resources = _resources(call)
    if resources:
        call.resource = resources[0]
    mode = call.cloud.settings.iam
    if call.caller.kind == "anonymous" and operation.open and not operation.anonymous:
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    if mode == "off" or operation.open:
        return
    for resource in resources or ("*",):
        decision = decide(call, action_of(call), resource)
        if decision is None:
            continue
        call.decision = decision
        if decision.effect != "allowed":
            _deny(call, decision, action_of(call), resource)
            return


def require(
    call: Call,
    action: str,
    resource: str,
    *,
    extra: Mapping[str, Sequence[str]] | None = None,
    resource_policy: SourcedPolicy | None = None,
    principal: Principal | None = None,
) -> None:
    """Ask for one more permission in the midst of a handler (iam:PassRole and its like).

    `extra` are condition keys of this question alone, `resource_policy` and `principal` stand in
    for the service's own and the caller (STS asks a role's trust policy, and does so for somebody
    who has only a token). Logs a denial, and raises AccessDenied in `enforce`; call it before
    anything is changed.
    """
    if call.cloud.settings.iam == "off":
        return
    decision = decide(
        call, action, resource, resource_policy=resource_policy, extra=extra, principal=principal
    )
    if decision is not None and decision.effect != "allowed":
        call.decision = decision
        _deny(call, decision, action, resource)


def action_of(call: Call) -> str:
    """The IAM action of a call, with its prefix."""
    varying = call.operation.action_of
    if varying is not None:
        return f"{call.service.prefix}:{varying(call, call.input)}"
    return call.service.action(call.operation_name)


def decide(
    call: Call,
    action: str,
    resource: str,
    *,
    resource_policy: SourcedPolicy | None = None,
    extra: Mapping[str, Sequence[str]] | None = None,
    principal: Principal | None = None,
) -> Decision | None:
    """The verdict on one action and resource, or None where no policy has a say (own root).

    `resource_policy` overrides what the service has attached (a role's trust policy, for STS).
    """
    caller = call.caller
    if resource_policy is None and call.service.resource_policy is not None:
        resource_policy = call.service.resource_policy(call, resource)
    guardrails = _guardrails(call, caller.account)
    owner = _owner(call, resource)
    if (
        resource_policy is None
        and guardrails is None
        and caller.kind == "root"
        and owner == caller.account
    ):
        return None
    if caller.kind == "service" and resource_policy is None and not call.service.guarded:
        # A service acting in its own right where nobody has to let it in.
        return None
    known = _policies(call, caller)
    if known is None and not caller.session and caller.kind == "user":
        known = ports.CallerPolicies(identity=())
    resource_guardrails = _guardrails(call, owner) if owner != caller.account else guardrails
    session_of = call.port(ports.SESSION_POLICIES)
    policies = PolicySet(
        identity=list(known.identity) if known else [],
        boundary=known.boundary if known else None,
        session=session_of(call.cloud, caller) if session_of and caller.session else None,
        resource=resource_policy,
        # "SCPs do not affect any service-linked role", Organizations user guide.
        scps=_levels(guardrails.scps if guardrails and not _is_linked(caller) else None),
        rcps=_levels(resource_guardrails.rcps if resource_guardrails else None),
        resource_must_allow=resource_policy is not None and call.service.policy_must_allow,
    )
    request = AccessRequest(
        principal=principal or _principal(caller),
        action=action,
        resource=resource,
        resource_account=owner,
        context=_context(call, known, guardrails, resource_guardrails, extra),
    )
    return evaluate(request, policies)


def _deny(call: Call, decision: Decision, action: str, resource: str) -> None:
    enforced = call.cloud.settings.iam == "enforce"
    verb = "was denied" if enforced else "would be denied"
    call.cloud.events.add(
        call.now,
        resource,
        "iam.denied" if enforced else "iam.would-deny",
        f"{call.caller.arn} {verb} {action} on {resource}: {decision.sentence()}",
        call.cause,
        {"decision": decision_data(decision)},
        call.request_id,
    )
    if enforced:
        raise AccessDenied(_code(call), _message(call, decision), decision, _status(call))


def _message(call: Call, decision: Decision) -> str:
    message = decision.access_denied_message()
    if call.origin.protocol != "ec2":
        return message
    # EC2 alone adds the details in a form that sts:DecodeAuthorizationMessage reads.
    return (
        f"You are not authorized to perform this operation. {message}. "
        f"Encoded authorization failure message: {encode_message(decision)}"
    )


def decision_data(decision: Decision) -> dict[str, Any]:
    """A decision as plain data, for the event log and `why`."""
    return {
        "effect": decision.effect,
        "layer": decision.layer,
        "sentence": decision.sentence(),
        "trace": [str(step) for step in decision.trace()],
    }


def _code(call: Call) -> str:
    if call.service.access_denied:
        return call.service.access_denied
    protocol = call.origin.protocol
    if protocol == "ec2":
        return "UnauthorizedOperation"
    return "AccessDenied" if protocol in ("query", "rest-xml") else "AccessDeniedException"


def _status(call: Call) -> int:
    return 400 if call.origin.protocol == "json" else 403


def _resources(call: Call) -> tuple[str, ...]:
    find = call.operation.resource
    if find is None:
        return ()
    found = find(call, call.input)
    return (found,) if type(found) is str else tuple(found)


def _owner(call: Call, resource: str) -> str:
    if call.service.owner_of is not None:
        owner = call.service.owner_of(call, resource)
        if owner is not None:
            return owner
    arn = find_arn(resource)
    if arn is not None and arn.account == call.account:
        return call.account
    # Things that AWS itself owns (arn:aws:iam::aws:policy/...) are like the caller's own.
    return arn.account if arn is not None and is_account(arn.account) else call.account


def _guardrails(call: Call, account: str) -> ports.Guardrails | None:
    answer = call.cloud.registry.port(ports.GUARDRAILS)
    found: ports.Guardrails | None = answer(call.cloud, account) if answer else None
    return found


def _policies(call: Call, caller: Caller) -> ports.CallerPolicies | None:
    answer = call.port(ports.POLICIES)
    found: ports.CallerPolicies | None = answer(call.cloud, caller) if answer else None
    return found


def _is_linked(caller: Caller) -> bool:
    return ":role/aws-service-role/" in caller.role_arn


def _levels(levels: Any) -> list[list[SourcedPolicy]] | None:
    return None if levels is None else [list(level) for level in levels]


def _principal(caller: Caller) -> Principal:
    return Principal(
        kind=caller.kind,
        arn=caller.arn,
        account=caller.account,
        user_id=caller.user_id,
        role_arn=caller.role_arn,
        user_arn=caller.user_arn,
        service=caller.service,
    )


def _context(
    call: Call,
    known: ports.CallerPolicies | None,
    guardrails: ports.Guardrails | None,
    of_resource: ports.Guardrails | None,
    extra: Mapping[str, Sequence[str]] | None,
) -> dict[str, Sequence[str]]:
    """The global condition keys of a call; those that follow from the principal are its own.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    caller = call.caller
    context: dict[str, Sequence[str]] = {
        "aws:CurrentTime": (_iso(call.now),),
        "aws:EpochTime": (str(call.now // SECOND_NS),),
        "aws:RequestedRegion": (call.region,),
        "aws:SecureTransport": ("true" if call.origin.scheme == "https" else "false",),
        "aws:SourceIp": (call.origin.source_ip,),
        "aws:UserAgent": (call.origin.user_agent,),
        "aws:ViaAWSService": (
            "true" if call.origin.is_nested and caller.kind != "service" else "false",
        ),
    }
    if caller.source_identity:
        context["aws:SourceIdentity"] = (caller.source_identity,)
    if of_resource is not None:
        for name, values in of_resource.context.items():
            context[name.replace("aws:Principal", "aws:Resource")] = values
    for more in (
        known.context if known else None,
        guardrails.context if guardrails else None,
        caller.context,
        call.operation.context(call, call.input) if call.operation.context else None,
        extra,
    ):
        if more:
            context.update(more)
    return context


def _iso(t_ns: int) -> str:
    return datetime.fromtimestamp(t_ns // SECOND_NS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
