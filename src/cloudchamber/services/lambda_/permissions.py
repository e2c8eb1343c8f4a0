"""Resource policies of functions, versions and aliases: who else may invoke them.

Rules of this file: a policy belongs to one qualifier and says nothing of the others; it is kept as
statements, and is in force in the pipeline.
https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.cloud.settings import is_account
from cloudchamber.languages.policy import (
    MalformedPolicy,
    PolicyKind,
    SourcedPolicy,
    attached_policy,
    parse_policy,
)
from cloudchamber.services.lambda_ import refusals
from cloudchamber.services.lambda_.layers import layer_policy
from cloudchamber.services.lambda_.names import (
    Target,
    expect_function,
    find_function,
    find_target,
    find_version,
    moved,
    target_of,
)
from cloudchamber.services.lambda_.nouns import LATEST, Function

_ARN_KEYS: Final = "AWS:SourceArn"


def _guarded(call: Call, target: Target) -> Function:
    """The function of a target whose qualifier may carry a policy."""
    function = expect_function(call, target)
    if target.qualifier == LATEST:
        raise refusals.invalid("We currently do not support adding policies for $LATEST.")
    if find_version(function, target.qualifier) is None:
        raise refusals.no_function(target.arn)
    return function


def add_permission(call: Call, request: Input) -> Output:
    """Let a principal use a function, under a label."""
    target = target_of(call, request)
    function = _guarded(call, target)
    _check_revision(function, target.qualifier, request)
    label = request["StatementId"]
    statements = function.policies.get(target.qualifier, [])
    if any(statement.get("Sid") == label for statement in statements):
        raise refusals.conflict(
            f"The statement id ({label}) provided already exists. Please provide a new statement "
            "id, or remove the existing statement."
        )
    statement = _statement(call, target, request)
    _write(call, function, target.qualifier, [*statements, statement])
    return {"Statement": msgspec.json.encode(statement).decode()}


def _statement(call: Call, target: Target, request: Input) -> dict[str, Any]:
    principal = request["Principal"]
    statement: dict[str, Any] = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(call, principal),
        "Action": request["Action"],
        "Resource": target.arn,
    }
    condition: dict[str, dict[str, str]] = {}

    def require(operator: str, key: str, value: str) -> None:
        condition.setdefault(operator, {})[key] = value

    if request.get("SourceAccount"):
        require("StringEquals", "AWS:SourceAccount", request["SourceAccount"])
    if request.get("SourceArn"):
        require("ArnLike", _ARN_KEYS, request["SourceArn"])
    if request.get("PrincipalOrgID"):
        require("StringEquals", "aws:PrincipalOrgID", request["PrincipalOrgID"])
    if request.get("EventSourceToken"):
        require("StringEquals", "lambda:EventSourceToken", request["EventSourceToken"])
    if request.get("FunctionUrlAuthType"):
        require("StringEquals", "lambda:FunctionUrlAuthType", request["FunctionUrlAuthType"])
    if request.get("InvokedViaFunctionUrl"):
        require("Bool", "lambda:InvokedViaFunctionUrl", "true")
    if condition:
        statement["Condition"] = condition
    return statement


def _principal(call: Call, principal: str) -> Any:
    if principal == "*":
        return "*"
    if is_account(principal):
        return {"AWS": f"arn:{call.partition}:iam::{principal}:root"}
    if principal.startswith("arn:"):
        return {"AWS": principal}
    if "." in principal:
        return {"Service": principal}
    raise refusals.invalid("The provided principal was invalid. Please check the principal and try "
                           "again.")  # fmt: skip


def remove_permission(call: Call, request: Input) -> Output:
    """Take the statement of a label out of the policy."""
    target = target_of(call, request)
    function = _guarded(call, target)
    _check_revision(function, target.qualifier, request)
    label = request["StatementId"]
    statements = function.policies.get(target.qualifier, [])
    left = [statement for statement in statements if statement.get("Sid") != label]
    if len(left) == len(statements):
        raise refusals.not_found(f"Statement {label} is not found in resource policy.")
    _write(call, function, target.qualifier, left)
    return {}


def get_policy(call: Call, request: Input) -> Output:
    """The policy of a function, a version or an alias."""
    target = target_of(call, request)
    function = expect_function(call, target)
    return _shown(function, target)


def _shown(function: Function, target: Target) -> Output:
    document = _document(function, target.qualifier)
    if document is None:
        raise refusals.not_found("The resource you requested does not exist.")
    return {"Policy": document, "RevisionId": function.policy_revisions[target.qualifier]}


# Whole policies, by ARN


def _target_by_arn(call: Call, request: Input) -> Target:
    target = find_target(call, request["ResourceArn"])
    if target is None:
        raise refusals.invalid(f"The resource {request['ResourceArn']} is not valid.")
    return target


def put_resource_policy(call: Call, request: Input) -> Output:
    """Put a whole policy in the place of what is there."""
    target = _target_by_arn(call, request)
    function = _guarded(call, target)
    _check_revision(function, target.qualifier, request)
    try:
        parse_policy(request["Policy"], PolicyKind.RESOURCE)
        document = msgspec.json.decode(request["Policy"], type=dict[str, Any])
    except (MalformedPolicy, msgspec.MsgspecError) as error:
        raise refusals.invalid(f"The policy is not valid: {error}") from error
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    _write(call, function, target.qualifier, listed)
    return _shown(function, target)


def get_resource_policy(call: Call, request: Input) -> Output:
    """The policy of an ARN."""
    target = _target_by_arn(call, request)
    return _shown(expect_function(call, target), target)


def delete_resource_policy(call: Call, request: Input) -> Output:
    """Take the whole policy away."""
    target = _target_by_arn(call, request)
    function = _guarded(call, target)
    _check_revision(function, target.qualifier, request)
    if not function.policies.get(target.qualifier):
        raise refusals.not_found("The resource you requested does not exist.")
    _write(call, function, target.qualifier, [])
    return {}


def arn_of_policy(call: Call, request: Input) -> str:
    """The ARN that a permission on a ResourceArn is asked on."""
    arn: str = request.get("ResourceArn", "*")
    return arn


def _check_revision(function: Function, qualifier: str, request: Input) -> None:
    asked = request.get("RevisionId")
    if asked and asked != function.policy_revisions.get(qualifier, function.latest.revision):
        raise refusals.stale(
            "The RevisionId provided does not match the latest RevisionId. Call the GetPolicy API "
            "to retrieve the latest RevisionId"
        )


def _write(
    call: Call, function: Function, qualifier: str, statements: list[dict[str, Any]]
) -> None:
    size = len(msgspec.json.encode(statements))
    limit = call.quota("policy-bytes")
    if size > limit:
        raise AwsError(
            "PolicyLengthExceededException",
            f"The final policy size ({size}) is bigger than the limit ({limit}).",
            400,
            Type="User",
        )
    if statements:
        function.policies[qualifier] = statements
    else:
        function.policies.pop(qualifier, None)
    function.policy_revisions[qualifier] = moved(call, function.arn)


def _document(function: Function, qualifier: str) -> str | None:
    statements = function.policies.get(qualifier)
    if not statements:
        return None
    document = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return msgspec.json.encode(document).decode()


def resource_policy(call: Call, arn: str) -> SourcedPolicy | None:
    """The policy attached to a function, a version, an alias or a layer version, or None."""
    parsed = find_arn(arn)
    if parsed is None or parsed.service != "lambda":
        return None
    if parsed.resource.startswith("layer:"):
        return layer_policy(call, arn)
    if not parsed.resource.startswith("function:"):
        return None
    target = find_target(call, arn)
    function = find_function(call, target) if target is not None else None
    if target is None or function is None:
        return None
    document = _document(function, "" if target.qualifier == LATEST else target.qualifier)
    return attached_policy(document, arn) if document is not None else None
