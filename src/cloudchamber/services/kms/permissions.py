"""Which key a permission is asked on, what conditions may ask, and which policy has the last word.

Rules of this file: a key's policy must allow before IAM counts (`policy_must_allow` in the
declaration), and its grants are further statements of it, for as long as they are there.
https://docs.aws.amazon.com/kms/latest/developerguide/control-access-overview.html
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.authorization import decide
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.languages.policy import PolicyKind, SourcedPolicy, parse_policy
from cloudchamber.services.kms import policies
from cloudchamber.services.kms.lookup import expect_key, not_found
from cloudchamber.services.kms.nouns import ALIASES, KEYS, Grant, Key
from cloudchamber.services.kms.symmetric import find_sealed

# "Cross-account use: Yes", in the API reference of each; all others are the owner's alone.
SHARED: Final = frozenset(
    "CreateGrant Decapsulate Decrypt DeriveSharedSecret DescribeKey Encapsulate Encrypt "
    "GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext "
    "GenerateDataKeyWithoutPlaintext GenerateMac GetKeyRotationStatus GetPublicKey ListGrants "
    "ReEncrypt RetireGrant RevokeGrant Sign Verify VerifyMac".split()
)
WITH_CONTEXT: Final = frozenset(
    "Decrypt Encrypt GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext "
    "GenerateDataKeyWithoutPlaintext ReEncryptFrom ReEncryptTo".split()
)
# Members of requests that conditions may ask for, under the condition's name.
_ASKED: Final = MappingProxyType(
    {
        "BypassPolicyLockoutSafetyCheck": "kms:BypassPolicyLockoutSafetyCheck",
        "DestinationEncryptionAlgorithm": "kms:EncryptionAlgorithm",
        "EncryptionAlgorithm": "kms:EncryptionAlgorithm",
        "ExpirationModel": "kms:ExpirationModel",
        "GranteePrincipal": "kms:GranteePrincipal",
        "KeyAgreementAlgorithm": "kms:KeyAgreementAlgorithm",
        "KeyPairSpec": "kms:DataKeyPairSpec",
        "MacAlgorithm": "kms:MacAlgorithm",
        "MessageType": "kms:MessageType",
        "Operations": "kms:GrantOperations",
        "PendingWindowInDays": "kms:ScheduleKeyDeletionPendingWindowInDays",
        "PrimaryRegion": "kms:PrimaryRegion",
        "ReplicaRegion": "kms:ReplicaRegion",
        "RetiringPrincipal": "kms:RetiringPrincipal",
        "RotationPeriodInDays": "kms:RotationPeriodInDays",
        "SigningAlgorithm": "kms:SigningAlgorithm",
        "ValidTo": "kms:ValidTo",
        "WrappingAlgorithm": "kms:WrappingAlgorithm",
        "WrappingKeySpec": "kms:WrappingKeySpec",
    }
)
Conditions = dict[str, Sequence[str]]


def of_key(call: Call, request: Input) -> str:
    """The ARN of the key that a request names."""
    return expect_key(call, request["KeyId"]).arn


def of_ciphertext(call: Call, request: Input) -> str:
    """The ARN of the key that a ciphertext was made with, or that the request names."""
    return key_of_ciphertext(call, request, "KeyId").arn


def of_destination(call: Call, request: Input) -> str:
    """The ARN of the key that is to encrypt anew."""
    return expect_key(call, request["DestinationKeyId"]).arn


def of_alias_and_target(call: Call, request: Input) -> tuple[str, ...]:
    """An alias and the key it is to name; a change of alias concerns the former key too."""
    name: str = request["AliasName"]
    alias = call.rows(ALIASES).get(name)
    keys = [expect_key(call, request["TargetKeyId"], alias=False).arn]
    if call.operation_name == "UpdateAlias" and alias is not None:
        former = call.rows(KEYS).get(alias.key_id)
        if former is not None and former.arn not in keys:
            keys.append(former.arn)
    return (call.arn(name), *keys)


def of_alias(call: Call, request: Input) -> tuple[str, ...]:
    """An alias that is to go, and its key."""
    name: str = request["AliasName"]
    alias = call.rows(ALIASES).get(name)
    key = call.rows(KEYS).get(alias.key_id) if alias is not None else None
    return (call.arn(name),) if key is None else (call.arn(name), key.arn)


def key_of_ciphertext(call: Call, request: Input, member: str) -> Key:
    """The key that opens a request's ciphertext. Raises InvalidCiphertextException, IncorrectKey.

    `member` is the one that may name the key; it must, for asymmetric keys.
    """
    named = request.get(member)
    blob: bytes | None = request.get("CiphertextBlob")
    if named is not None:
        return expect_key(call, named)
    parts = find_sealed(blob) if blob is not None else None
    if parts is None:
        raise AwsError("InvalidCiphertextException", "")
    key = call.rows(KEYS, parts.account).get(parts.key_id)
    if key is None:
        arn = f"arn:{call.partition}:kms:{call.region}:{parts.account}:key/{parts.key_id}"
        raise not_found(f"Key '{arn}' does not exist")
    return key


def conditions(call: Call, request: Input) -> Conditions:
    """The condition keys of a request."""
    found = _of_caller(call)
    for member, name in _ASKED.items():
        value = request.get(member)
        if value is not None:
            found[name] = _texts(value)
    context = request.get("EncryptionContext") or request.get("DestinationEncryptionContext")
    if context:
        found.update(of_context(context))
    if "Constraints" in request:
        constraints = request["Constraints"]
        found["kms:GrantConstraintType"] = tuple(sorted(constraints))
    if call.operation_name == "CreateGrant":
        is_for_service = "kms:ViaService" in found or call.caller.kind == "service"
        found["kms:GrantIsForAWSResource"] = ("true" if is_for_service else "false",)
    tags = request.get("Tags")
    if tags:
        for tag in tags:
            found[f"aws:RequestTag/{tag['TagKey']}"] = (tag["TagValue"],)
        found["aws:TagKeys"] = tuple(tag["TagKey"] for tag in tags)
    elif "TagKeys" in request:
        found["aws:TagKeys"] = tuple(request["TagKeys"])
    if call.operation_name == "CreateKey":
        found["kms:KeySpec"] = (request.get("KeySpec", "SYMMETRIC_DEFAULT"),)
        found["kms:KeyUsage"] = (request.get("KeyUsage", "ENCRYPT_DECRYPT"),)
        found["kms:KeyOrigin"] = (request.get("Origin", "AWS_KMS"),)
        found["kms:MultiRegion"] = (_flag(request.get("MultiRegion", False)),)
        return found
    _of_resource(call, request, found)
    return found


def _of_caller(call: Call) -> Conditions:
    caller = call.caller
    if caller.kind == "service":
        service = caller.service.partition(".")[0]
        return {
            "kms:CallerAccount": (call.account,),
            "kms:ViaService": (f"{service}.{call.region}.amazonaws.com",),
        }
    found: Conditions = {"kms:CallerAccount": (caller.account,)}
    if call.origin.is_nested and "kms:ViaService" not in caller.context:
        found["kms:ViaService"] = (f"{call.origin.through}.{call.region}.amazonaws.com",)
    return found


def of_context(context: Mapping[str, str]) -> Conditions:
    """The condition keys of an encryption context."""
    found: Conditions = {f"kms:EncryptionContext:{name}": (context[name],) for name in context}
    found["kms:EncryptionContextKeys"] = tuple(sorted(context))
    return found


def of_row(call: Call, key: Key) -> Conditions:
    """The condition keys of a key itself."""
    found: Conditions = {
        "kms:KeyOrigin": (key.origin,),
        "kms:KeySpec": (key.spec,),
        "kms:CustomerMasterKeySpec": (key.spec,),
        "kms:KeyUsage": (key.usage,),
        "kms:CustomerMasterKeyUsage": (key.usage,),
        "kms:MultiRegion": (_flag(bool(key.primary_region)),),
    }
    if key.primary_region:
        found["kms:MultiRegionKeyType"] = ("REPLICA" if key.is_replica else "PRIMARY",)
    names = tuple(
        alias.name
        for alias in call.rows(ALIASES, key.account, key.region).values()
        if alias.key_id == key.id
    )
    if names:
        found["kms:ResourceAliases"] = names
    for name, value in key.tags.items():
        found[f"aws:ResourceTag/{name}"] = (value,)
    return found


def _of_resource(call: Call, request: Input, found: Conditions) -> None:
    name = request.get("DestinationKeyId") or request.get("TargetKeyId") or request.get("KeyId")
    if name is None and "CiphertextBlob" not in request:
        return
    key = expect_key(call, name) if name else key_of_ciphertext(call, request, "KeyId")
    found.update(of_row(call, key))
    if name and "alias/" in name:
        found["kms:RequestAlias"] = (name.rpartition(":")[2],)
    if call.operation_name == "ReEncrypt":
        source = key_of_ciphertext(call, request, "SourceKeyId")
        found["kms:ReEncryptOnSameKey"] = (_flag(source.arn == key.arn),)
    elif key.is_symmetric and call.operation_name in WITH_CONTEXT:
        found["kms:EncryptionAlgorithm"] = ("SYMMETRIC_DEFAULT",)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(value)
    return (_flag(value) if isinstance(value, bool) else str(value),)


def _flag(value: bool) -> str:
    return "true" if value else "false"


def resource_policy(call: Call, arn: str) -> SourcedPolicy | None:
    """The policy of a key, with the grants that the caller has on it; None for what is no key."""
    key = _key_at(call, arn)
    if key is None:
        return None
    if key.account != call.caller.account and call.operation_name not in SHARED:
        return None
    if not key.grantees and _leaves_it_to_iam(call, key):
        return None
    if key.grantees:
        grants = _grants_for(call, key)
        if grants:
            return _compiled(key.policy, key.arn, json.dumps(grants))
    return _compiled(key.policy, key.arn, "")


def _leaves_it_to_iam(call: Call, key: Key) -> bool:
    """Whether IAM alone decides: the default policy says so to the account's own principals.

    No policy at all gives the same verdict in a tenth of the time.
    """
    caller = call.caller
    return (
        caller.account == key.account
        and caller.kind not in ("service", "anonymous")
        and _is_default(key.policy, key.account, call.partition)
    )


@lru_cache(maxsize=4096)
def _is_default(document: str, account: str, partition: str) -> bool:
    return document == policies.default(account, partition)


def _key_at(call: Call, arn: str) -> Key | None:
    parts = find_arn(arn)
    if parts is None or not parts.resource.startswith("key/"):
        return None
    return call.rows(KEYS, parts.account, parts.region).get(parts.resource[4:])


@lru_cache(maxsize=4096)
def _compiled(document: str, arn: str, grants: str) -> SourcedPolicy:
    if grants:
        whole = json.loads(document)
        statements = whole["Statement"]
        if isinstance(statements, dict):
            statements = [statements]
        whole["Statement"] = [*statements, *json.loads(grants)]
        document = json.dumps(whole)
    return SourcedPolicy(
        source_id=arn,
        name=f"the key policy of {arn}",
        policy=parse_policy(document, PolicyKind.RESOURCE),
        arn=arn,
        type="resource",
    )


def _grants_for(call: Call, key: Key) -> list[dict[str, Any]]:
    """Statements that say what the caller's grants on a key allow in this request."""
    caller = call.caller
    account_root = f"arn:{call.partition}:iam::{caller.account}:root"
    statements: list[dict[str, Any]] = []
    names = (caller.arn, caller.role_arn, caller.user_arn, account_root, caller.service)
    for name in dict.fromkeys(names):  # the root user is its account
        for id_ in key.grantees.get(name, ()):
            statement = _statement(call, key.grants[id_])
            if statement is not None:
                statements.append(statement)
    return statements


def find_parent(call: Call, key: Key) -> Grant | None:
    """The grant by which alone the caller may make another one, or None."""
    decision = call.decision
    if not key.grantees or decision is None or decision.effect != "allowed":
        return None
    named = [each.statement.sid for each in decision.deciding if each.source.arn == key.arn]
    found = [key.grants[sid[5:]] for sid in named if sid[5:] in key.grants]
    if not found:
        return None
    plain = decide(
        call, "kms:CreateGrant", key.arn, resource_policy=_compiled(key.policy, key.arn, "")
    )
    return None if plain is None or plain.effect == "allowed" else found[0]


def _statement(call: Call, grant: Grant) -> dict[str, Any] | None:
    allowed = [f"kms:{name}" for name in grant.operations if _meets(call, grant, name)]
    if not allowed:
        return None
    who = {"Service": grant.grantee_service} if grant.grantee_service else {"AWS": grant.grantee}
    statement: dict[str, Any] = {
        "Sid": f"grant{grant.id}",
        "Effect": "Allow",
        "Principal": who,
        "Action": allowed,
        "Resource": "*",
    }
    if grant.source_arn:
        statement["Condition"] = {"StringEquals": {"aws:SourceArn": grant.source_arn}}
    return statement


def _meets(call: Call, grant: Grant, operation: str) -> bool:
    """Whether the request's encryption context is one that the grant is for."""
    if operation not in WITH_CONTEXT or (grant.equals is None and grant.subset is None):
        return True
    member = "EncryptionContext"
    if operation == "ReEncryptFrom":
        member = "SourceEncryptionContext"
    elif operation == "ReEncryptTo":
        member = "DestinationEncryptionContext"
    context: dict[str, str] = call.input.get(member, {})
    if grant.equals is not None and context != grant.equals:
        return False
    return grant.subset is None or grant.subset.items() <= context.items()
