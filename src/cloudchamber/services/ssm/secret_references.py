"""`/aws/reference/secretsmanager/NAME`: a secret of Secrets Manager, read as a parameter.

Rules of this file: the secret is asked for in the caller's name and is never kept.
https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ssm.names import invalid
from cloudchamber.services.ssm.nouns import SECURE

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

PREFIX: Final = "/aws/reference/secretsmanager/"


def is_reference(text: str) -> bool:
    """Whether a name refers to a secret."""
    return text.startswith(PREFIX)


def resolve(call: Call, text: str, with_decryption: bool) -> dict[str, Any]:
    """The parameter as GetParameter shows it. Raises ParameterNotFound, ValidationException.

    `NAME:selector` takes a version id or a staging label.
    """
    if not with_decryption:
        raise invalid("WithDecryption flag must be True for retrieving a Secret Manager secret.")
    name, _, selector = text.removeprefix(PREFIX).partition(":")
    secret = _read(call, name, selector)
    value = secret.get("SecretString")
    if value is None:
        raise invalid(f"Secret {name} is binary; Parameter Store supports string secrets only.")
    created = datetime.fromtimestamp(secret["CreatedDate"], UTC)
    source = {
        "aRN": secret["ARN"],
        "name": secret["Name"],
        "versionId": secret["VersionId"],
        "secretString": value,
        "versionStages": secret["VersionStages"],
        "createdDate": _written(created),
    }
    shown = {
        "Name": f"{PREFIX}{name}",
        "Type": SECURE,
        "Value": value,
        "Version": 0,
        "SourceResult": msgspec.json.encode(source).decode(),
        "LastModifiedDate": secret["CreatedDate"],
        "ARN": secret["ARN"],
    }
    if selector:
        shown["Selector"] = f":{selector}"
    return shown


def _written(at: datetime) -> str:
    """An instant as SourceResult has it, `Aug 24, 2017 9:50:07 PM`."""
    return f"{at:%b} {at.day}, {at:%Y} {at.hour % 12 or 12}:{at:%M:%S %p}"


def _read(call: Call, name: str, selector: str) -> dict[str, Any]:
    request = {"SecretId": name}
    try:
        if not selector:
            return call.invoke("secretsmanager", "GetSecretValue", request)
        try:
            staged = {**request, "VersionStage": selector}
            return call.invoke("secretsmanager", "GetSecretValue", staged)
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            by_id = {**request, "VersionId": selector}
            return call.invoke("secretsmanager", "GetSecretValue", by_id)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise AwsError(
            "ParameterNotFound",
            "An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret "
            f"{name} not found.",
        ) from error
