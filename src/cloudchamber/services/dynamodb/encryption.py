"""The key that a table lies under: DynamoDB's own, AWS's for the account, or the customer's.

Rules of this file: which key, and whether it can be used, is asked of KMS; items themselves are
kept as they are (the README says so).
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/EncryptionAtRest.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.dynamodb.definitions import invalid, validation

AWS_KEY: Final = "alias/aws/dynamodb"


def chosen_key(call: Call, specification: Mapping[str, Any] | None) -> str:
    """The ARN of the KMS key of an SSESpecification; "" for the key that DynamoDB owns."""
    if specification is None:
        return ""
    key = specification.get("KMSMasterKeyId")
    if not specification.get("Enabled", False):
        if "SSEType" in specification or key is not None:
            raise invalid("SSEType and KMSMasterKeyId can only be specified when Enabled is true")
        return ""
    if specification.get("SSEType", "KMS") != "KMS":
        raise invalid("SSEType AES256 is not supported")
    return usable_key(call, key or AWS_KEY)


def usable_key(call: Call, key: str, region: str | None = None) -> str:
    """The ARN of a symmetric key that can encrypt. Raises ValidationException."""
    try:
        found = call.invoke("kms", "DescribeKey", {"KeyId": key}, region=region)["KeyMetadata"]
    except AwsError as error:
        if error.status == 501:
            raise
        raise validation(f"KMS validation error: {error.message}") from error
    if not found.get("Enabled", True) or found.get("KeyState", "Enabled") != "Enabled":
        raise validation(f"KMS key is not enabled: {found['Arn']}")
    if found.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
        raise validation(f"KMS key is not symmetric: {found['Arn']}")
    arn: str = found["Arn"]
    return arn
