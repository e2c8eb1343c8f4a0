"""AssumeRole: one identity becomes another, if both sides agree.

Rules of this file: the role's trust policy must name the caller (or its account, and then the
caller's own policies must allow it too); tags and a source identity ask for permissions of their
own. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from cloudchamber.cloud import ports
from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import Caller
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.ports import RoleFacts
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.policy import PolicyKind, Principal, SourcedPolicy, parse_policy
from cloudchamber.services.sts import limits
from cloudchamber.services.sts.sessions import find_session, open_session, passed_policies


def assume_role(call: Call, request: Input) -> Output:
    """Credentials of a role for a caller whom it trusts."""
    name = limits.check_name(request["RoleSessionName"], "roleSessionName", limits.SESSION_NAME)
    arn = request["RoleArn"]
    tags = limits.tags_of(request)
    transitive = _transitive(request, tags)
    role = find_role(call, arn)
    if role is None:
        raise not_authorised(call, "sts:AssumeRole", arn)
    if call.caller.kind == "root" and call.cloud.settings.iam == "enforce":
        raise AwsError("AccessDenied", "Roles may not be assumed by root accounts.", 403)
    inherited = _inherited(call)
    _check_inherited(inherited, tags)
    source = _source(call, request)
    extra = _conditions(call, request, tags, transitive, name)
    if source:
        extra["sts:SourceIdentity"] = (source,)
    trust = trust_policy(role)
    require(call, "sts:AssumeRole", arn, extra=extra, resource_policy=trust)
    if tags:
        require(call, "sts:TagSession", arn, extra=extra, resource_policy=trust)
    if source:
        require(call, "sts:SetSourceIdentity", arn, extra=extra, resource_policy=trust)
    chained = call.caller.kind == "role-session"
    most = min(role.max_session_s, limits.CHAINED_MAX_S) if chained else role.max_session_s
    if chained and request.get("DurationSeconds", 0) > limits.CHAINED_MAX_S:
        raise limits.invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining"
        )
    seconds = limits.duration_s(request.get("DurationSeconds"), limits.CHAINED_MAX_S, most)
    facts = Assumed(role, name, {**inherited, **tags}, [*inherited, *transitive], source)
    output = issue(call, request, facts, seconds)
    if source:
        output["SourceIdentity"] = source
    return output


class Assumed:
    """Who a session will be: the role, its name, tags, which of them go on, the source."""

    __slots__ = ("context", "name", "role", "source", "tags", "transitive")

    def __init__(
        self,
        role: RoleFacts,
        name: str,
        tags: Mapping[str, str],
        transitive: Sequence[str],
        source: str = "",
        context: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.role = role
        self.name = name
        self.tags = tags
        self.transitive = transitive
        self.source = source
        self.context = dict(context or {})


def issue(call: Call, request: Input, assumed: Assumed, seconds: int) -> Output:
    """Make a role session and the part of the answer that all AssumeRole... calls share."""
    role = assumed.role
    policy, arns = passed_policies(call, request, role.account)
    percent = limits.packed_percent(policy, arns, assumed.tags)
    partition = role.arn.split(":")[1]
    session_arn = f"arn:{partition}:sts::{role.account}:assumed-role/{role.name}/{assumed.name}"
    user_id = f"{role.role_id}:{assumed.name}"
    mfa = "true" if _with_mfa(request) else "false"
    caller = Caller(
        kind="role-session",
        account=role.account,
        arn=session_arn,
        user_id=user_id,
        name=role.name,
        role_arn=role.arn,
        source_identity=assumed.source,
        context={
            "aws:MultiFactorAuthPresent": (mfa,),
            **{f"aws:PrincipalTag/{key}": (value,) for key, value in assumed.tags.items()},
            **assumed.context,
        },
    )
    output: Output = {
        "Credentials": open_session(
            call, caller, seconds, policy=policy, policy_arns=arns, transitive=assumed.transitive
        ),
        "AssumedRoleUser": {"AssumedRoleId": user_id, "Arn": session_arn},
    }
    if percent is not None:
        output["PackedPolicySize"] = percent
    return output


def find_role(call: Call, arn: str) -> RoleFacts | None:
    """The role of an ARN, or None; loads IAM, which knows."""
    parsed = find_arn(arn)
    if parsed is None or parsed.service != "iam" or not parsed.resource.startswith("role/"):
        raise limits.invalid(f"{arn} is invalid")
    call.cloud.registry.expect("iam")
    answer = call.port(ports.ROLE)
    role: RoleFacts | None = answer(call.cloud, arn) if answer else None
    return role


def not_authorised(call: Call, action: str, arn: str) -> AwsError:
    """AWS's answer for a role that is not there: it does not tell so."""
    return AwsError(
        "AccessDenied",
        f"User: {call.caller.arn} is not authorized to perform: {action} on resource: {arn}",
        403,
    )


def trust_policy(role: RoleFacts) -> SourcedPolicy:
    """A role's trust policy, compiled."""
    return _compiled(role.trust, role.arn)


@lru_cache(maxsize=1024)
def _compiled(text: str, arn: str) -> SourcedPolicy:
    policy = parse_policy(text, PolicyKind.TRUST)
    return SourcedPolicy(source_id=arn, name=f"the trust policy of {arn}", policy=policy, arn=arn)


def _transitive(request: Input, tags: Mapping[str, str]) -> list[str]:
    """The keys of tags that the next role inherits, as the tags spell them."""
    keys: list[str] = request.get("TransitiveTagKeys", [])
    known = {key.lower(): key for key in tags}
    for key in keys:
        if key.lower() not in known:
            raise AwsError(
                "InvalidParameterValue",
                "The specified transitive tag key must be included in the requested tags.",
            )
    return list(dict.fromkeys(known[key.lower()] for key in keys))


def _check_inherited(inherited: Mapping[str, str], tags: Mapping[str, str]) -> None:
    """Raises InvalidParameterValue: what a chain passes on cannot be set anew."""
    taken = {key.lower() for key in inherited}
    if any(key.lower() in taken for key in tags):
        raise AwsError(
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with a "
            "transitive tag key from the calling session.",
        )


def _source(call: Call, request: Input) -> str:
    """The source identity, which a chain of sessions keeps. Raises ValidationError."""
    kept, asked = call.caller.source_identity, request.get("SourceIdentity", "")
    if kept and asked and asked != kept:
        raise limits.invalid("The source identity of a session cannot be changed.")
    source: str = kept or asked
    return source


def _inherited(call: Call) -> dict[str, str]:
    """Tags that the caller's own session passes on."""
    session = find_session(call.cloud, call.caller.session) if call.caller.session else None
    if session is None:
        return {}
    context = session.caller.context
    return {key: context[f"aws:PrincipalTag/{key}"][0] for key in session.transitive}


def _conditions(
    call: Call, request: Input, tags: Mapping[str, str], transitive: Sequence[str], name: str
) -> dict[str, tuple[str, ...]]:
    """The condition keys of an AssumeRole request.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    """
    extra: dict[str, tuple[str, ...]] = {"sts:RoleSessionName": (name,)}
    if request.get("ExternalId"):
        extra["sts:ExternalId"] = (request["ExternalId"],)
    if tags:
        extra["aws:TagKeys"] = tuple(tags)
        extra.update({f"aws:RequestTag/{key}": (value,) for key, value in tags.items()})
    if transitive:
        extra["sts:TransitiveTagKeys"] = tuple(transitive)
    if _with_mfa(request):
        check_mfa(call, request)
        extra["aws:MultiFactorAuthPresent"] = ("true",)
        extra["aws:MultiFactorAuthAge"] = ("0",)
    return extra


def _with_mfa(request: Mapping[str, Any]) -> bool:
    return bool(request.get("SerialNumber") or request.get("TokenCode"))


def check_mfa(call: Call, request: Input) -> None:
    """Raises AccessDenied unless the code is what the caller's device shows now."""
    serial, code = request.get("SerialNumber"), request.get("TokenCode")
    if not serial or not code:
        raise limits.invalid("SerialNumber and TokenCode go together.")
    answer = call.port(ports.MFA_CODE)
    if answer is None or not answer(call.cloud, call.caller, serial, code):
        raise AwsError(
            "AccessDenied",
            "MultiFactorAuthentication failed with invalid MFA one time pass code.",
            403,
        )


def provider_principal(arn: str) -> Principal:
    """Somebody who has no AWS identity yet, only a token of this provider."""
    return Principal(kind="provider", provider=arn)
