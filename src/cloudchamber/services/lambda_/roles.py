"""Execution roles: may they be passed, can Lambda assume them, and the sessions that functions get.

Rules of this file: a session is kept and used again until its end is near, as AWS does for each
environment. With permissions switched off a role need not exist; the function then acts as root.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud import caller as callers
from cloudchamber.cloud import ports
from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.authentication import find_credentials
from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import Caller
from cloudchamber.cloud.durations import MINUTE_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.lambda_ import refusals
from cloudchamber.services.lambda_.limits import SESSION_LEFT_NS, SESSION_S
from cloudchamber.services.lambda_.nouns import SESSIONS, Configuration, Function, Session

PRINCIPAL: Final = "lambda.amazonaws.com"
MOST_NS: Final = 59 * MINUTE_NS
_NOT_ASSUMABLE: Final = "The role defined for the function cannot be assumed by Lambda."


def check_role(call: Call, role: str) -> None:
    """Raises what AWS says of a role that is not there or does not trust Lambda."""
    require(call, "iam:PassRole", role, extra={"iam:PassedToService": (PRINCIPAL,)})
    parsed = find_arn(role)
    if parsed is None or parsed.account != call.account:
        raise refusals.invalid("Cross-account pass role is not allowed.")
    if call.cloud.settings.iam == "off":
        return
    call.cloud.registry.expect("iam")
    find = call.port(ports.ROLE)
    facts = find(call.cloud, role) if find else None
    if facts is None:
        raise refusals.invalid(_NOT_ASSUMABLE)
    if call.cloud.settings.iam == "enforce" and PRINCIPAL not in facts.trust:
        raise refusals.invalid(_NOT_ASSUMABLE)


def session_of(call: Call, function: Function, version: Configuration) -> Session:
    """A session of a version's role. Raises AccessDeniedException when STS gives none."""
    role = version.members["Role"]
    sessions = call.rows(SESSIONS, function.account, function.region)
    key = f"{role} {function.name}"
    known = sessions.get(key)
    left_ns = min(version.members["Timeout"] * SECOND_NS + SESSION_LEFT_NS, MOST_NS)
    if known is not None and known.expires_ns - call.now >= left_ns:
        return known
    if call.cloud.settings.iam == "off":
        return Session(function.account, "off", "", call.now + SESSION_S * SECOND_NS)
    request = {
        "RoleArn": role,
        # The function's name, as at AWS; a session's has two characters at least.
        "RoleSessionName": function.name[:64].ljust(2, "-"),
        "DurationSeconds": SESSION_S,
    }
    try:
        output = call.invoke(
            "sts", "AssumeRole", request, principal=PRINCIPAL, account=function.account
        )
    except AwsError as error:
        call.event(
            function.arn,
            "lambda.role-not-assumed",
            f"Lambda could not assume {role} for {function.arn}: {error.message}",
        )
        raise refusals.invalid(_NOT_ASSUMABLE) from error
    given = output["Credentials"]
    session = sessions[key] = Session(
        given["AccessKeyId"],
        given["SecretAccessKey"],
        given["SessionToken"],
        call.now + SESSION_S * SECOND_NS,
    )
    return session


def as_order(session: Session) -> dict[str, Any]:
    """A session as an order has it."""
    return {
        "AccessKeyId": session.access_key,
        "SecretAccessKey": session.secret,
        "SessionToken": session.token,
    }


def caller_of(call: Call, function: Function, version: Configuration) -> Caller:
    """Whoever Lambda is when it acts with a function's role: polls, deletes, sends.

    Raises InvalidParameterValueException when the role cannot be assumed.
    """
    session = session_of(call, function, version)
    known = find_credentials(call.cloud, session.access_key)
    if known is None:
        return callers.root(function.account, call.partition)
    return known.caller
