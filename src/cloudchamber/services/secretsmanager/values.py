"""Values: put, read, listed by version, and the labels of versions.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.secretsmanager import contents, encryption, engine, rotation
from cloudchamber.services.secretsmanager.listing import bad_token, matching
from cloudchamber.services.secretsmanager.lookup import (
    expect,
    expect_live,
    expect_primary,
    find_staged,
    invalid_parameter,
    invalid_request,
    not_found,
)
from cloudchamber.services.secretsmanager.nouns import CURRENT, Secret, Version

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

BATCH_MAX: Final = 20
LIST_MAX: Final = 100


def put_secret_value(call: Call, request: Input) -> Output:
    """Add a version. Raises ResourceExistsException, InvalidRequestException, ..."""
    secret = expect_primary(call, request["SecretId"])
    value = contents.value_in(call, request)
    if value is None:
        raise invalid_request("You must provide either SecretString or SecretBinary.")
    token = contents.token_of(request)
    rotation.check_token(secret, request.get("RotationToken"))
    stages = request.get("VersionStages") or [CURRENT]
    version = contents.find_repeated(secret, token, value)
    if version is None:
        had_current = find_staged(secret, CURRENT)
        # The first version is the current one, whatever it is called.
        if had_current is None and CURRENT not in stages:
            stages = [CURRENT, *stages]
        version = contents.add_version(call, secret, token, value, stages)
        if CURRENT in stages:
            rotation.restart_days(call, secret)
    else:
        engine.move_stages(secret, token, stages)
    contents.changed(call, secret)
    return {
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": token,
        "VersionStages": list(version.stages),
    }


def get_secret_value(call: Call, request: Input) -> Output:
    """One version's value, the current one by default. Raises ResourceNotFoundException."""
    secret = expect_live(call, request["SecretId"])
    version = _expect_version(secret, request.get("VersionId"), request.get("VersionStage"))
    return _read(call, secret, version)


def _expect_version(secret: Secret, version_id: str | None, stage: str | None) -> Version:
    if version_id is not None:
        version = secret.versions.get(version_id)
        if version is None or version.sealed is None:
            raise not_found(f"secret value for VersionId: {version_id}")
        if stage is not None and stage not in version.stages:
            raise invalid_request(
                "You provided a VersionStage that is not associated to the provided VersionId."
            )
        return version
    wanted = stage or CURRENT
    version = find_staged(secret, wanted)
    if version is None or version.sealed is None:
        raise not_found(f"secret value for staging label: {wanted}")
    return version


def _read(call: Call, secret: Secret, version: Version) -> Output:
    assert version.sealed is not None
    value = encryption.unseal(call, secret, version.id, version.sealed)
    day_ns = contents.day_of(call.now)
    if secret.accessed_ns != day_ns or version.accessed_ns != day_ns:
        secret.accessed_ns = version.accessed_ns = day_ns
        # The first reading of a day changes the world, so it is an input that must be kept.
        call.cloud.touches += 1
    output: Output = {
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": version.id,
        "VersionStages": list(version.stages),
        "CreatedDate": version.created_ns / SECOND_NS,
    }
    output["SecretBinary" if isinstance(value, bytes) else "SecretString"] = value
    if not version.stages:
        del output["VersionStages"]
    return output


def batch_get_secret_value(call: Call, request: Input) -> Output:
    """The values of secrets by name or by filter; what one answers stops no other.

    Raises InvalidParameterException, InvalidNextTokenException.
    """
    asked, filters = request.get("SecretIdList"), request.get("Filters")
    if (asked is None) == (filters is None):
        raise invalid_parameter(
            "Either 'SecretIdList' or 'Filters' must be provided, but not both."
        )
    if asked is not None and "MaxResults" in request:
        raise invalid_parameter(
            "'Filters' not specified in the request. Please provide Filters to use MaxResults."
        )
    token = None
    if filters is not None:
        require(call, "secretsmanager:ListSecrets", "*")
        found, token = _page(
            matching(call, filters), request, BATCH_MAX, lambda secret: secret.name
        )
        asked = [secret.arn for secret in found]
    values: list[Output] = []
    errors: list[Output] = []
    for secret_id in asked or ():
        try:
            values.append(_read_one(call, secret_id))
        except Refused:
            raise
        except AwsError as error:
            errors.append(
                {"SecretId": secret_id, "ErrorCode": error.code, "Message": error.message}
            )
    output: Output = {"SecretValues": values, "Errors": errors}
    return {**output, "NextToken": token} if token else output


def _read_one(call: Call, secret_id: str) -> Output:
    secret = expect_live(call, secret_id)
    require(call, "secretsmanager:GetSecretValue", secret.arn)
    return _read(call, secret, _expect_version(secret, None, None))


def list_secret_version_ids(call: Call, request: Input) -> Output:
    """The versions that hold a value. Raises InvalidNextTokenException."""
    secret = expect(call, request["SecretId"])
    everything = request.get("IncludeDeprecated", False)
    found = [
        version
        for version in secret.versions.values()
        if version.sealed is not None and (version.stages or everything)
    ]
    chosen, token = _page(found, request, LIST_MAX, lambda each: f"{each.created_ns:020} {each.id}")
    output: Output = {
        "ARN": secret.arn,
        "Name": secret.name,
        "Versions": [_version_view(version) for version in chosen],
    }
    return {**output, "NextToken": token} if token else output


def _version_view(version: Version) -> dict[str, Any]:
    assert version.sealed is not None
    shown: dict[str, Any] = {
        "VersionId": version.id,
        "CreatedDate": version.created_ns / SECOND_NS,
        "KmsKeyIds": [
            "DefaultEncryptionKey"
            if version.sealed.key_id == encryption.DEFAULT_KEY
            else version.sealed.key_id
        ],
    }
    if version.stages:
        shown["VersionStages"] = list(version.stages)
    if version.accessed_ns:
        shown["LastAccessedDate"] = version.accessed_ns / SECOND_NS
    return shown


def _page(items: list[Any], request: Input, size: int, key: Any) -> tuple[Any, str | None]:
    items.sort(key=key)
    try:
        return page(items, key, request.get("NextToken"), request.get("MaxResults", size))
    except BadToken:
        raise bad_token() from None


def update_secret_version_stage(call: Call, request: Input) -> Output:
    """Move a label, or take it away. Raises InvalidParameterException."""
    secret = expect_primary(call, request["SecretId"])
    stage = request["VersionStage"]
    source, target = request.get("RemoveFromVersionId"), request.get("MoveToVersionId")
    holder = find_staged(secret, stage)
    for version_id in (source, target):
        if version_id is not None and version_id not in secret.versions:
            raise not_found(f"secret value for VersionId: {version_id}")
    if source is not None and (holder is None or holder.id != source):
        raise invalid_parameter(
            f"The parameter RemoveFromVersionId can't be {source}. Staging label {stage} is "
            f"{'not attached to a version' if holder is None else f'attached to {holder.id}'}."
        )
    if target is None:
        if source is None:
            raise invalid_parameter("You must specify MoveToVersionId or RemoveFromVersionId.")
        if stage == CURRENT:
            raise invalid_parameter(
                f"You can only move staging label {CURRENT} to a different secret version. It "
                "can’t be completely removed."  # noqa: RUF001
            )
        assert holder is not None
        holder.stages = [each for each in holder.stages if each != stage]
    else:
        if holder is not None and holder.id != target and source is None:
            raise invalid_parameter(
                "The parameter RemoveFromVersionId can't be empty. Staging label "
                f"{stage} is currently attached to version {holder.id}, so you must explicitly "
                "reference that version in RemoveFromVersionId."
            )
        _check_room(call, secret.versions[target], stage)
        engine.move_stages(secret, target, [stage])
    contents.changed(call, secret)
    return {"ARN": secret.arn, "Name": secret.name}


def _check_room(call: Call, version: Version, stage: str) -> None:
    limit = call.quota("stages")
    if stage not in version.stages and len(version.stages) >= limit:
        raise AwsError(
            "LimitExceededException", f"A version can have at most {limit} staging labels."
        )
