"""With which key of KMS a volume or a snapshot is encrypted, if it is.

Rules of this file: KMS is asked in the caller's name, through EC2. "AWS authenticates the KMS key
asynchronously": a key that cannot be used is no error of the call; what was asked for ends in the
state `error`, and the event log says what KMS answered.
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import via
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.services.ec2.refusals import invalid_combination
from cloudchamber.services.ec2.volumes.nouns import EBS_SETTINGS, EbsSettings

AWS_KEY: Final = "alias/aws/ebs"
_NO_SETTINGS: Final = EbsSettings()


def settings_of(call: Call) -> EbsSettings:
    """What the account has chosen in the Region; not to be changed."""
    return call.rows(EBS_SETTINGS).get("settings", _NO_SETTINGS)


def choose(
    call: Call, encrypted: bool | None, key: str, beginnings: Iterable[tuple[bool, str]] = ()
) -> tuple[bool, str]:
    """Whether something is to be encrypted, and with which key (as given, "" for none).

    `beginnings` are what it is made from: (is encrypted, its key). Raises
    InvalidParameterCombination, or InvalidParameter where a key is given and encryption refused.
    """
    if key and not encrypted:
        raise AwsError(
            "InvalidParameterDependency",
            "The parameter KmsKeyId requires the parameter Encrypted to be set.",
        )
    settings = settings_of(call)
    came = [each for each in beginnings if each[0]]
    if encrypted is False and came:
        raise invalid_combination(
            "Encrypted flag cannot be set to false when creating a volume from an encrypted "
            "snapshot."
        )
    if not (encrypted or came or settings.encrypts):
        return False, ""
    if key:
        return True, key
    if came and came[0][1]:
        return True, came[0][1]
    return True, settings.key or AWS_KEY


def find_key(call: Call, key: str) -> tuple[str, str]:
    """The ARN of a key, and what is wrong with it ("" if it can be used)."""
    try:
        found = call.invoke(
            "kms", "DescribeKey", {"KeyId": key}, caller=via(call.caller, _host(call))
        )["KeyMetadata"]
    except Refused:
        raise
    except AwsError as error:
        return key, f"{error.code}: {error.message}"
    arn: str = found["Arn"]
    if found.get("KeyState", "Enabled") != "Enabled":
        return arn, f"the key is {found['KeyState']}"
    spec = found.get("KeySpec", "SYMMETRIC_DEFAULT")
    if spec != "SYMMETRIC_DEFAULT" or found.get("KeyUsage") != "ENCRYPT_DECRYPT":
        return arn, "the key is not a symmetric encryption key"
    return arn, ""


def expect_key(call: Call, key: str) -> str:
    """The ARN of a key that can be used. Raises what EC2 says of others."""
    arn, problem = find_key(call, key)
    if problem:
        raise AwsError("InvalidParameterValue", f"The KMS key '{key}' cannot be used: {problem}")
    return arn


def draw_data_key(call: Call, key: str, volume: str) -> str:
    """Ask KMS for the volume's data key; what was wrong, or "". The key itself is kept by nobody:
    there is nothing to encrypt."""
    try:
        call.invoke(
            "kms",
            "GenerateDataKeyWithoutPlaintext",
            {
                "KeyId": key,
                "KeySpec": "AES_256",
                "EncryptionContext": {"aws:ebs:id": volume},
            },
            caller=via(call.caller, _host(call)),
        )
    except Refused:
        raise
    except AwsError as error:
        return f"{error.code}: {error.message}"
    return ""


def _host(call: Call) -> str:
    return f"ec2.{call.region}.amazonaws.com"
