"""The policy attached to a secret: kept, checked, and looked at for public access.

Rules of this file: one policy for a secret, called `default`. Public is what allows everybody
something with no condition that narrows it down; AWS reasons more deeply.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from cloudchamber.cloud.authorization import decide
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.policy import MalformedPolicy, PolicyKind, attached_policy, parse_policy
from cloudchamber.services.secretsmanager import replication
from cloudchamber.services.secretsmanager.lookup import (
    expect_live,
    expect_primary,
    invalid_parameter,
    not_found,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

DEFAULT: Final = "default"
_NARROWING: Final = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "secretsmanager:resource/allowrotationlambdaarn",
    }
)


def put_resource_policy(call: Call, request: Input) -> Output:
    """Attach a policy. Raises MalformedPolicyDocumentException, PublicPolicyException."""
    secret = expect_primary(call, request["SecretId"])
    _check_name(request)
    text = request["ResourcePolicy"]
    problem = _problem(text)
    if problem is not None:
        raise AwsError("MalformedPolicyDocumentException", problem)
    if request.get("BlockPublicPolicy", False) and _is_public(text):
        raise AwsError(
            "PublicPolicyException",
            "The BlockPublicPolicy parameter is set to true, and the resource policy did not "
            "prevent broad access to the secret.",
        )
    secret.policy = text
    replication.spread(call, secret)
    return {"ARN": secret.arn, "Name": secret.name, **_named(request)}


def get_resource_policy(call: Call, request: Input) -> Output:
    """The policy, if there is one."""
    secret = expect_live(call, request["SecretId"])
    if request.get("PolicyName", DEFAULT) != DEFAULT:
        raise not_found("resource policy.")
    output: Output = {"ARN": secret.arn, "Name": secret.name, **_named(request)}
    return {**output, "ResourcePolicy": secret.policy} if secret.policy else output


def delete_resource_policy(call: Call, request: Input) -> Output:
    """Detach the policy."""
    secret = expect_primary(call, request["SecretId"])
    _check_name(request)
    secret.policy = ""
    replication.spread(call, secret)
    return {"ARN": secret.arn, "Name": secret.name, **_named(request)}


def list_resource_policies(call: Call, request: Input) -> Output:
    """The names of the policies: none, or `default`."""
    secret = expect_live(call, request["SecretId"])
    return {"ResourcePolicies": [{"PolicyName": DEFAULT}] if secret.policy else []}


def validate_resource_policy(call: Call, request: Input) -> Output:
    """Whether a policy is one, is not public, and leaves the caller in."""
    text = request["ResourcePolicy"]
    secret = expect_live(call, request["SecretId"]) if "SecretId" in request else None
    errors: list[dict[str, str]] = []
    problem = _problem(text)
    if problem is not None:
        errors.append({"CheckName": "SYNTAX_CHECK", "ErrorMessage": problem})
    else:
        if _is_public(text):
            errors.append(
                {
                    "CheckName": "PUBLIC_ACCESS_CHECK",
                    "ErrorMessage": "The policy allows broad access to the secret.",
                }
            )
        arn = secret.arn if secret is not None else "*"
        verdict = decide(
            call,
            "secretsmanager:PutResourcePolicy",
            arn,
            resource_policy=attached_policy(text, arn),
        )
        if verdict is not None and verdict.effect == "explicitDeny":
            errors.append(
                {
                    "CheckName": "LOCKOUT_CHECK",
                    "ErrorMessage": "The policy would lock out the caller.",
                }
            )
    return {"PolicyValidationPassed": not errors, "ValidationErrors": errors}


def _named(request: Input) -> Output:
    return {"PolicyName": request["PolicyName"]} if "PolicyName" in request else {}


def _check_name(request: Input) -> None:
    if request.get("PolicyName", DEFAULT) != DEFAULT:
        raise invalid_parameter(f"You can only change the {DEFAULT} policy.")


def _problem(text: str) -> str | None:
    try:
        parse_policy(text, PolicyKind.RESOURCE)
    except MalformedPolicy as error:
        return str(error)
    return None


def _is_public(text: str) -> bool:
    statements = msgspec.json.decode(text)["Statement"]
    if not isinstance(statements, list):
        statements = [statements]
    return any(_opens(each) for each in statements)


def _opens(statement: dict[str, Any]) -> bool:
    if statement["Effect"] != "Allow":
        return False
    if "NotPrincipal" in statement:
        return True
    principal = statement.get("Principal")
    named = principal.get("AWS", ()) if isinstance(principal, dict) else principal
    if "*" not in ([named] if isinstance(named, str) else named or ()):
        return False
    for operator, keys in statement.get("Condition", {}).items():
        if "not" in operator.lower():
            continue
        for key, values in keys.items():
            listed = values if isinstance(values, list) else [values]
            if key.lower() in _NARROWING and not any(each in ("*", "0.0.0.0/0") for each in listed):
                return False
    return True
