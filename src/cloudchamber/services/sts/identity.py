"""Who am I, whose key is this, and credentials for oneself or a federated user.

Rules of this file: GetCallerIdentity needs no permission and cannot be denied.
"""

from __future__ import annotations

from cloudchamber.cloud.authentication import find_credentials
from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.authorization_message import MessageError, decode_message
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import Caller
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.sts import limits
from cloudchamber.services.sts.roles import check_mfa
from cloudchamber.services.sts.sessions import open_session, passed_policies


def get_caller_identity(call: Call, request: Input) -> Output:
    """Account, ARN and unique id of the caller."""
    caller = call.caller
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}


def get_access_key_info(call: Call, request: Input) -> Output:
    """The account that an access key id belongs to; the key need not be active."""
    access_key = request["AccessKeyId"]
    known = find_credentials(call.cloud, access_key)
    if known is None:
        raise limits.invalid(f"Invalid access key id: {access_key}")
    return {"Account": known.caller.account}


def get_session_token(call: Call, request: Input) -> Output:
    """Temporary credentials for the caller itself, with MFA if it shows a code."""
    caller = call.caller
    if caller.session or caller.kind not in ("root", "user"):
        raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    seconds = _duration_s(caller, request)
    context = dict(caller.context)
    if request.get("SerialNumber") or request.get("TokenCode"):
        check_mfa(call, request)
        context["aws:MultiFactorAuthPresent"] = ("true",)
    else:
        context["aws:MultiFactorAuthPresent"] = ("false",)
    self_again = Caller(
        kind=caller.kind,
        account=caller.account,
        arn=caller.arn,
        user_id=caller.user_id,
        name=caller.name,
        context=context,
    )
    return {"Credentials": open_session(call, self_again, seconds)}


def get_federation_token(call: Call, request: Input) -> Output:
    """Credentials for a federated user: what the caller may, as far as the policies allow it."""
    caller = call.caller
    if caller.session or caller.kind not in ("root", "user"):
        raise AwsError(
            "AccessDenied", "Cannot call GetFederationToken with session credentials", 403
        )
    name = limits.check_name(request["Name"], "name", limits.FEDERATED_NAME)
    tags = limits.tags_of(request)
    policy, arns = passed_policies(call, request, caller.account)
    percent = limits.packed_percent(policy, arns, tags)
    seconds = _duration_s(caller, request)
    arn = federated_user(call, request)
    if tags:
        given = {f"aws:RequestTag/{key}": (value,) for key, value in tags.items()}
        require(call, "sts:TagSession", arn, extra={"aws:TagKeys": tuple(tags), **given})
    user_id = f"{caller.account}:{name}"
    federated = Caller(
        kind="federated-user",
        account=caller.account,
        arn=arn,
        user_id=user_id,
        name=name,
        user_arn=caller.arn,
        context={
            "aws:MultiFactorAuthPresent": ("false",),
            **{f"aws:PrincipalTag/{key}": (value,) for key, value in tags.items()},
        },
    )
    output: Output = {
        "Credentials": open_session(
            call, federated, seconds, policy=policy, policy_arns=arns, is_limited=True
        ),
        "FederatedUser": {"FederatedUserId": user_id, "Arn": arn},
    }
    if percent is not None:
        output["PackedPolicySize"] = percent
    return output


def federated_user(call: Call, request: Input) -> str:
    """The ARN of the federated user that a request is about to make."""
    return f"arn:{call.partition}:sts::{call.account}:federated-user/{request['Name']}"


def _duration_s(caller: Caller, request: Input) -> int:
    most = limits.ROOT_TOKEN_MAX_S if caller.kind == "root" else limits.TOKEN_MAX_S
    asked = request.get("DurationSeconds")
    if caller.kind == "root" and asked is not None:
        asked = min(asked, most)  # "defaults to one hour", however much more was asked for
    return limits.duration_s(asked, min(limits.TOKEN_DEFAULT_S, most), most)


def decode_authorization_message(call: Call, request: Input) -> Output:
    """What stands in the encoded message of a denial."""
    try:
        return {"DecodedMessage": decode_message(request["EncodedMessage"])}
    except MessageError as error:
        raise AwsError("InvalidAuthorizationMessageException", str(error)) from error
