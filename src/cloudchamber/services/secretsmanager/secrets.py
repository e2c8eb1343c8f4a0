"""Secrets: made, described, changed, deleted and restored.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.durations import DAY_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.secretsmanager import contents, replication, rotation
from cloudchamber.services.secretsmanager.encryption import Value
from cloudchamber.services.secretsmanager.limits import (
    NAME,
    SUFFIX_LENGTH,
    WINDOW_MAX_DAYS,
    WINDOW_MIN_DAYS,
)
from cloudchamber.services.secretsmanager.lookup import (
    expect,
    expect_primary,
    find,
    find_by_arn,
    invalid_parameter,
    invalid_request,
    not_found,
    refuse_replica,
)
from cloudchamber.services.secretsmanager.nouns import CURRENT, SECRETS, Secret
from cloudchamber.services.secretsmanager.tagging import checked_tags
from cloudchamber.services.secretsmanager.views import summary

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

PURGE: Final = "secretsmanager.purge"


def create_secret(call: Call, request: Input) -> Output:
    """Make a secret, with a first version when there is a value."""
    name = request["Name"]
    _refuse_partners(call, request)
    if not NAME.fullmatch(name):
        raise AwsError(
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the "
            "following: -/_+=.@!",
        )
    value = contents.value_in(call, request)
    token = contents.token_of(request) if value is not None else ""
    tags = checked_tags(call, {}, request.get("Tags", ()))
    regions = request.get("AddReplicaRegions", ())
    replication.check_regions(call, None, regions)
    old = call.rows(SECRETS).get(name)
    if old is not None:
        return _again(call, old, token, value)
    if len(call.rows(SECRETS)) >= call.quota("secrets"):
        raise AwsError("LimitExceededException", "You have reached the limit of secrets.")
    streams = call.arn(f"secret:{name}")
    arn = f"{streams}-{call.stream(streams, 'suffix').alnum(SUFFIX_LENGTH)}"
    if tags:
        require(call, "secretsmanager:TagResource", arn)
    if regions:
        require(call, "secretsmanager:ReplicateSecretToRegions", arn)
    secret = Secret(
        name=name,
        account=call.account,
        region=call.region,
        arn=arn,
        created_ns=call.now,
        changed_ns=call.now,
        primary_region=call.region,
        token=token,
        description=request.get("Description", ""),
        key_id=request.get("KmsKeyId", ""),
        tags=tags,
    )
    if value is not None:
        contents.add_version(call, secret, token, value, [CURRENT])
    call.rows(SECRETS)[name] = secret
    replication.add(call, secret, regions, request.get("ForceOverwriteReplicaSecret", False))
    return _made(call, secret, token)


def _again(call: Call, old: Secret, token: str, value: Value | None) -> Output:
    if old.purge_ns:
        raise invalid_request(
            "You can't create this secret because a secret with this name is already scheduled for "
            "deletion."
        )
    if value is not None and old.token == token and token in old.versions:
        if contents.find_repeated(old, token, value) is not None:
            return _made(call, old, token)
    raise AwsError(
        "ResourceExistsException", f"The operation failed because the secret {old.name} already "
        "exists."
    )  # fmt: skip


def _made(call: Call, secret: Secret, version_id: str) -> Output:
    output: Output = {"ARN": secret.arn, "Name": secret.name}
    if version_id:
        output["VersionId"] = version_id
    if secret.replicas:
        output["ReplicationStatus"] = replication.status(call, secret)
    return output


def _refuse_partners(call: Call, request: Input) -> None:
    if request.get("Type"):
        raise Refused("secretsmanager", call.operation_name, "Type: no partner holds secrets here")
    if request.get("CrossAccountPrimaryARN"):
        raise Refused(
            "secretsmanager", call.operation_name, "CrossAccountPrimaryARN: replicas are made in "
            "other Regions, not in other accounts"
        )  # fmt: skip


def update_secret(call: Call, request: Input) -> Output:
    """Change the description, the key or the value. Raises InvalidRequestException, ..."""
    secret = expect_primary(call, request["SecretId"])
    _refuse_partners(call, request)
    value = contents.value_in(call, request)
    token = contents.token_of(request) if value is not None else ""
    repeated = contents.find_repeated(secret, token, value) if value is not None else None
    if "KmsKeyId" in request and request["KmsKeyId"] != secret.key_id:
        contents.reencrypt(call, secret, request["KmsKeyId"])
    if value is not None and repeated is None:
        contents.add_version(call, secret, token, value, [CURRENT])
        rotation.restart_days(call, secret)
    if "Description" in request:
        secret.description = request["Description"]
    contents.changed(call, secret)
    output: Output = {"ARN": secret.arn, "Name": secret.name}
    return {**output, "VersionId": token} if value is not None else output


# Views


def describe_secret(call: Call, request: Input) -> Output:
    """Everything but the value. Raises ResourceNotFoundException."""
    secret = expect(call, request["SecretId"])
    shown = summary(secret)
    stages = shown.pop("SecretVersionsToStages", None)
    if stages:
        shown["VersionIdsToStages"] = stages
    if secret.replicas:
        shown["ReplicationStatus"] = replication.status(call, secret)
    return shown


# Deletion


def delete_secret(call: Call, request: Input) -> Output:
    """Schedule a secret's end, or end it now. Raises InvalidParameterException, ..."""
    days = request.get("RecoveryWindowInDays")
    force = request.get("ForceDeleteWithoutRecovery", False)
    if force and days is not None:
        raise invalid_parameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
        )
    if days is not None and not WINDOW_MIN_DAYS <= days <= WINDOW_MAX_DAYS:
        raise invalid_parameter(
            "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
        )
    secret = find(call, request["SecretId"])
    if secret is None:
        if force:
            return _never_was(call, request["SecretId"])
        raise not_found()
    if secret.purge_ns and not force:
        raise invalid_request(
            "You can't perform this operation on the secret because it was already scheduled for "
            "deletion."
        )
    if secret.is_replica:
        refuse_replica()
    if secret.replicas:
        raise invalid_request(
            f"You can't delete secret {secret.name} that still has replica regions "
            f"[{', '.join(secret.replicas)}]"
        )
    rotation.halt(call, secret)
    secret.deleted_ns = call.now
    call.cancel(secret.purge_event)
    if force:
        del call.rows(SECRETS, secret.account)[secret.name]
        return _deleted(secret, call.now)
    secret.purge_ns = call.now + (days or WINDOW_MAX_DAYS) * DAY_NS
    secret.purge_event = call.at(secret.purge_ns, PURGE, secret.arn)
    return _deleted(secret, secret.purge_ns)


def _deleted(secret: Secret, at_ns: int) -> Output:
    return {"ARN": secret.arn, "Name": secret.name, "DeletionDate": at_ns / SECOND_NS}


def _never_was(call: Call, secret_id: str) -> Output:
    """The answer to a forced deletion of a secret that is not there."""
    output: Output = {"Name": secret_id, "DeletionDate": call.now_s}
    if secret_id.startswith("arn:"):
        return {**output, "ARN": secret_id}
    return {**output, "ARN": call.arn(f"secret:{secret_id}")}


def purge(call: Call, arn: str) -> None:
    """The recovery window is over."""
    secret = find_by_arn(call, arn)
    if secret is not None and secret.purge_ns:
        del call.rows(SECRETS, secret.account)[secret.name]
        call.event(arn, "secretsmanager.secret-deleted", f"{secret.name} was deleted for good")


def restore_secret(call: Call, request: Input) -> Output:
    """Take a deletion back; a secret that is not deleted stays as it is."""
    secret = expect(call, request["SecretId"])
    call.cancel(secret.purge_event)
    secret.deleted_ns = secret.purge_ns = secret.purge_event = 0
    rotation.resume(call, secret)
    return {"ARN": secret.arn, "Name": secret.name}
