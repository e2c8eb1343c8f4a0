"""GetParameter, GetParameters, GetParameterHistory, and the two deletions.

Rules of this file: a SecureString that is not to be decrypted is shown as KMS's ciphertext.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ssm import names, policies, public_parameters, secret_references, values
from cloudchamber.services.ssm.nouns import PARAMETERS, Parameter, Version

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

HISTORY_PAGE = 50
_ABSENT = frozenset({"ParameterNotFound", "ParameterVersionNotFound"})


def get_parameter(call: Call, request: Input) -> Output:
    """One parameter. Raises ParameterNotFound, ParameterVersionNotFound, InvalidKeyId."""
    return {"Parameter": _resolve(call, request["Name"], request.get("WithDecryption", False))}


def get_parameters(call: Call, request: Input) -> Output:
    """Up to ten parameters, by name, and the names of which there is none."""
    found: list[dict[str, Any]] = []
    missing: list[str] = []
    for text in dict.fromkeys(request["Names"]):
        # "A list of parameters that aren't formatted correctly", for one.
        if not secret_references.is_reference(text.strip()) and not names.is_readable(call, text):
            missing.append(text)
            continue
        try:
            found.append(_resolve(call, text, request.get("WithDecryption", False)))
        except AwsError as error:
            if error.code not in _ABSENT:
                raise
            missing.append(text)
    found.sort(key=lambda shown: shown["Name"])
    return {"Parameters": found, "InvalidParameters": missing}


def _resolve(call: Call, text: str, decrypt: bool) -> dict[str, Any]:
    text = text.strip()
    if secret_references.is_reference(text):
        return secret_references.resolve(call, text, decrypt)
    asked = names.read(call, text)
    if public_parameters.is_public(asked.name):
        parameter: Parameter | None = public_parameters.expect(call, asked.name)
    else:
        parameter = names.find(call, asked)
    if parameter is None:
        raise names.not_found()
    version = names.expect_version(parameter, asked.selector)
    shown = view(call, parameter, version, decrypt)
    if asked.selector:
        shown["Selector"] = f":{asked.selector}"
    return shown


def view(call: Call, parameter: Parameter, version: Version, decrypt: bool) -> dict[str, Any]:
    """A version of a parameter as the reading operations show it."""
    return {
        "Name": parameter.name,
        "Type": version.type,
        "Value": _value(call, parameter, version, decrypt),
        "Version": version.number,
        "LastModifiedDate": version.modified_ns / SECOND_NS,
        "ARN": parameter.arn,
        "DataType": version.data_type,
    }


def _value(call: Call, parameter: Parameter, version: Version, decrypt: bool) -> str:
    sealed = version.sealed
    if sealed is None:
        return version.text
    if decrypt:
        return values.unseal(call, parameter.arn, sealed)
    return b64encode(sealed.key + sealed.data).decode()


def metadata(version: Version) -> dict[str, Any]:
    """What DescribeParameters and GetParameterHistory both tell of a version."""
    shown: dict[str, Any] = {
        "Type": version.type,
        "LastModifiedDate": version.modified_ns / SECOND_NS,
        "LastModifiedUser": version.user,
        "Version": version.number,
        "Tier": version.tier,
        "Policies": policies.shown(version.policies),
        "DataType": version.data_type,
    }
    if version.key_id:
        shown["KeyId"] = version.key_id
    if version.description:
        shown["Description"] = version.description
    if version.pattern:
        shown["AllowedPattern"] = version.pattern
    return shown


def get_parameter_history(call: Call, request: Input) -> Output:
    """What is left of a parameter's history, oldest first. Raises ParameterNotFound."""
    parameter = names.find(call, names.read(call, request["Name"]))
    if parameter is None:
        raise names.not_found()
    try:
        chosen, token = page(
            parameter.versions,
            lambda version: f"{version.number:020}",
            request.get("NextToken"),
            request.get("MaxResults", HISTORY_PAGE),
        )
    except BadToken:
        raise invalid_token() from None
    shown = [
        {
            "Name": parameter.name,
            **metadata(version),
            "Value": _value(call, parameter, version, request.get("WithDecryption", False)),
            "Labels": list(version.labels),
        }
        for version in chosen
    ]
    return {"Parameters": shown, **({"NextToken": token} if token else {})}


def invalid_token() -> AwsError:
    """A NextToken that is none of ours."""
    return AwsError("InvalidNextToken", "The specified token is not valid.")


# Deletion


def delete_parameter(call: Call, request: Input) -> Output:
    """Delete a parameter with its history. Raises ParameterNotFound."""
    _delete(call, names.expect(call, request["Name"]))
    return {}


def delete_parameters(call: Call, request: Input) -> Output:
    """Delete up to ten parameters; names of which there is none are told."""
    deleted: list[str] = []
    missing: list[str] = []
    for name in dict.fromkeys(request["Names"]):
        found = call.rows(PARAMETERS).get(name.strip())
        if found is None:
            missing.append(name)
        else:
            _delete(call, found)
            deleted.append(name)
    return {"DeletedParameters": deleted, "InvalidParameters": missing}


def _delete(call: Call, parameter: Parameter) -> None:
    policies.disarm(call, parameter)
    del call.rows(PARAMETERS)[parameter.name]
