"""Temporary credentials: made, known again, limited by session policies, and expired on the clock.

Rules of this file: the only place that makes a session. Its end is a weak event, so that a world
with nothing else to do is at rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from cloudchamber.cloud import ports
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import Caller, Credentials
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Output
from cloudchamber.languages.policy import (
    MalformedPolicy,
    PolicyKind,
    SourcedPolicy,
    parse_policy,
)
from cloudchamber.services.sts.limits import POLICY_ARNS_MAX, invalid
from cloudchamber.services.sts.nouns import EXPIRED, SESSIONS, Session

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud


def open_session(
    call: Call,
    caller: Caller,
    seconds: int,
    *,
    policy: str = "",
    policy_arns: Sequence[str] = (),
    is_limited: bool = False,
    transitive: Sequence[str] = (),
) -> Output:
    """Make credentials for `caller` and return them as STS shows them."""
    stream = call.stream(caller.arn, "sts-session")
    access_key = "ASIA" + stream.base32(16)
    secret = stream.alnum(40)
    token = "IQoJb3JpZ2luX2Vj" + stream.alnum(320)
    expires_ns = call.now + seconds * SECOND_NS
    context = {
        **caller.context,
        "aws:TokenIssueTime": (_iso_seconds(call.now),),
    }
    known = Caller(
        kind=caller.kind,
        account=caller.account,
        arn=caller.arn,
        user_id=caller.user_id,
        name=caller.name,
        access_key=access_key,
        session=access_key,
        role_arn=caller.role_arn,
        user_arn=caller.user_arn,
        source_identity=caller.source_identity,
        context=context,
    )
    call.rows(SESSIONS)[access_key] = Session(
        access_key,
        secret,
        token,
        known,
        call.now,
        expires_ns,
        policy,
        list(policy_arns),
        is_limited or bool(policy or policy_arns),
        list(transitive),
    )
    call.at(expires_ns, EXPIRED, access_key, weak=True)
    return {
        "AccessKeyId": access_key,
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": expires_ns / SECOND_NS,
    }


def expired(call: Call, access_key: str) -> None:
    """A session ends: from now on its credentials are refused."""
    session = call.rows(SESSIONS).get(access_key)
    if session is not None:
        call.event(
            session.caller.arn,
            EXPIRED,
            f"the session {session.caller.arn} ({access_key}) has expired",
            {"access_key": access_key},
        )


def find_session(cloud: Cloud, access_key: str) -> Session | None:
    """The session of an access key id, expired or not, or None."""
    return cloud.store.rows(SESSIONS, "", "").get(access_key)


def credentials(cloud: Cloud, access_key: str) -> Credentials | None:
    """Port `credentials`: whose temporary key is it?"""
    session = find_session(cloud, access_key)
    if session is None:
        return None
    return Credentials(
        caller=_with_mfa_age(session, cloud.kernel.now),
        secret=session.secret,
        token=session.token,
        expires_ns=session.expires_ns,
    )


def _with_mfa_age(session: Session, now_ns: int) -> Caller:
    """A session's caller; one made with MFA knows how many seconds ago that was."""
    caller = session.caller
    if caller.context.get("aws:MultiFactorAuthPresent") != ("true",):
        return caller
    age_s = (now_ns - session.issued_ns) // SECOND_NS
    context = {**caller.context, "aws:MultiFactorAuthAge": (str(age_s),)}
    return msgspec.structs.replace(caller, context=context)


def session_policies(cloud: Cloud, caller: Caller) -> list[SourcedPolicy] | None:
    """Port `session-policies`: None when none were passed."""
    session = find_session(cloud, caller.session)
    if session is None or not session.is_limited:
        return None
    found = [_compiled(session.policy, caller.arn)] if session.policy else []
    managed = cloud.registry.port(ports.MANAGED_POLICY)
    for arn in session.policy_arns:
        policy = managed(cloud, caller.account, arn) if managed else None
        if policy is not None:
            found.append(policy)
    return found


@lru_cache(maxsize=1024)
def _compiled(text: str, arn: str) -> SourcedPolicy:
    policy = parse_policy(text, PolicyKind.SESSION)
    return SourcedPolicy(source_id=arn, name="the session policy", policy=policy)


def passed_policies(call: Call, request: dict[str, Any], account: str) -> tuple[str, list[str]]:
    """The session policies of a request, checked. Raises MalformedPolicyDocument and others.

    Managed ones are AWS's or of `account`, which is the role's.
    """
    text = request.get("Policy", "")
    if text:
        try:
            _compiled(text, "")
        except MalformedPolicy as error:
            raise AwsError("MalformedPolicyDocument", str(error)) from error
    arns = [entry.get("arn", "") for entry in request.get("PolicyArns", ())]
    if len(arns) > POLICY_ARNS_MAX:
        raise invalid(f"At most {POLICY_ARNS_MAX} managed session policies can be passed.")
    if arns:
        call.cloud.registry.expect("iam")
    managed = call.port(ports.MANAGED_POLICY)
    for arn in arns:
        if managed is None or managed(call.cloud, account, arn) is None:
            raise invalid(f"PolicyArn {arn} does not exist or is not attachable.")
    return text, arns


def _iso_seconds(t_ns: int) -> str:
    return datetime.fromtimestamp(t_ns // SECOND_NS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
