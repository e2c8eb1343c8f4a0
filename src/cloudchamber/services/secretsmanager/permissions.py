"""Which ARN and condition keys a permission is asked with, and the policy of a secret.

Rules of this file: gathering only. A name of a secret that is not there stands for the ARN it would
have, with AWS's own six question marks. https://docs.aws.amazon.com/service-authorization/latest/
reference/list_awssecretsmanager.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.service import Input
from cloudchamber.languages.policy import SourcedPolicy, attached_policy
from cloudchamber.services.secretsmanager.lookup import find

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

# request member -> condition key, https://docs.aws.amazon.com/service-authorization/...
_KEYS: Final = MappingProxyType(
    {
        "BlockPublicPolicy": "secretsmanager:BlockPublicPolicy",
        "Description": "secretsmanager:Description",
        "ForceDeleteWithoutRecovery": "secretsmanager:ForceDeleteWithoutRecovery",
        "ForceOverwriteReplicaSecret": "secretsmanager:ForceOverwriteReplicaSecret",
        "KmsKeyId": "secretsmanager:KmsKeyId",
        "Name": "secretsmanager:Name",
        "RecoveryWindowInDays": "secretsmanager:RecoveryWindowInDays",
        "RotateImmediately": "secretsmanager:ModifyRotationRules",
        "RotationLambdaARN": "secretsmanager:RotationLambdaARN",
        "SecretId": "secretsmanager:SecretId",
        "VersionId": "secretsmanager:VersionId",
        "VersionStage": "secretsmanager:VersionStage",
    }
)


def named(call: Call, request: Input) -> str:
    """The ARN of the secret of `SecretId`."""
    secret_id = request.get("SecretId")
    if secret_id is None:
        return "*"
    secret = find(call, secret_id)
    if secret is not None:
        return secret.arn
    return secret_id if secret_id.startswith("arn:") else call.arn(f"secret:{secret_id}-??????")


def new(call: Call, request: Input) -> str:
    """The ARN of a secret that is to be made."""
    return call.arn(f"secret:{request['Name']}-??????")


def conditions(call: Call, request: Input) -> Mapping[str, Sequence[str]]:
    """The condition keys of a request and of the secret it is about."""
    keys: dict[str, Sequence[str]] = {}
    for member, key in _KEYS.items():
        if member in request and member != "RotateImmediately":
            value = request[member]
            keys[key] = (str(value).lower() if isinstance(value, bool) else str(value),)
    if "RotationRules" in request:
        keys["secretsmanager:ModifyRotationRules"] = ("true",)
    if "AddReplicaRegions" in request:
        keys["secretsmanager:AddReplicaRegions"] = [
            each.get("Region", "") for each in request["AddReplicaRegions"]
        ]
    tags = request.get("Tags", ())
    for tag in tags:
        keys[f"aws:RequestTag/{tag.get('Key', '')}"] = (tag.get("Value", ""),)
    if tags or "TagKeys" in request:
        keys["aws:TagKeys"] = [tag.get("Key", "") for tag in tags] or list(request["TagKeys"])
    secret = find(call, call.resource)
    if secret is not None:
        keys["secretsmanager:SecretId"] = (secret.arn,)
        keys["secretsmanager:SecretPrimaryRegion"] = (secret.primary_region,)
        if secret.rotation is not None:
            keys["secretsmanager:resource/AllowRotationLambdaArn"] = (secret.rotation.function,)
        for key, value in secret.tags.items():
            keys[f"aws:ResourceTag/{key}"] = (value,)
            keys[f"secretsmanager:ResourceTag/{key}"] = (value,)
    return keys


def resource_policy(call: Call, arn: str) -> SourcedPolicy | None:
    """The policy attached to a secret, or None."""
    secret = find(call, arn)
    if secret is None or not secret.policy:
        return None
    return attached_policy(secret.policy, secret.arn)
