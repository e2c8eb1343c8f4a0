"""How a key is shown.

Rules of this file: reads only. What does not apply to a key is absent, as in AWS's answers.
"""

from __future__ import annotations

from typing import Any

from cloudchamber.cloud.call import Call, partition_of
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.service import Output
from cloudchamber.services.kms.nouns import (
    ENABLED,
    EXTERNAL,
    KEYS,
    PENDING_DELETION,
    PENDING_REPLICAS,
    Key,
)
from cloudchamber.services.kms.specs import MEMBERS, SPECS


def seconds(t_ns: int) -> float:
    """An instant as answers have it."""
    return t_ns / SECOND_NS


def shown(call: Call, key: Key) -> Output:
    """A key's KeyMetadata."""
    output: Output = {
        "AWSAccountId": key.account,
        "KeyId": key.id,
        "Arn": key.arn,
        "CreationDate": seconds(key.created_ns),
        "Enabled": key.state == ENABLED,
        "Description": key.description,
        "KeyUsage": key.usage,
        "KeyState": key.state,
        "Origin": key.origin,
        "KeyManager": key.manager,
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        "MultiRegion": bool(key.primary_region),
        MEMBERS[key.usage]: list(SPECS[key.spec].usages[key.usage]),
    }
    if key.state == PENDING_DELETION and key.deletion_ns is not None:
        output["DeletionDate"] = seconds(key.deletion_ns)
    if key.state == PENDING_REPLICAS:
        output["PendingDeletionWindowInDays"] = key.window_days
    current = key.find_current()
    if current is not None:
        if key.is_symmetric:
            output["CurrentKeyMaterialId"] = current.id
        if key.origin == EXTERNAL and current.data:
            output.update(expiration(current.expires_ns))
    if key.primary_region:
        output["MultiRegionConfiguration"] = _regions(call, key)
    return output


def expiration(expires_ns: int | None) -> dict[str, Any]:
    """ExpirationModel, and ValidTo where there is one."""
    if expires_ns is None:
        return {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    return {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": seconds(expires_ns)}


def _regions(call: Call, key: Key) -> dict[str, Any]:
    primary = call.rows(KEYS, key.account, key.primary_region).get(key.id, key)
    return {
        "MultiRegionKeyType": "REPLICA" if key.is_replica else "PRIMARY",
        "PrimaryKey": {"Arn": arn_in(key, key.primary_region), "Region": key.primary_region},
        "ReplicaKeys": [
            {"Arn": arn_in(key, region), "Region": region} for region in primary.replicas
        ],
    }


def arn_in(key: Key, region: str) -> str:
    """The ARN of a multi-Region key in one of its Regions."""
    return f"arn:{partition_of(region)}:kms:{region}:{key.account}:key/{key.id}"
