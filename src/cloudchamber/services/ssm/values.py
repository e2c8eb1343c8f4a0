"""Secure values: sealed and opened with the caller's own permission to use the key.

Rules of this file: KMS is called in the caller's name through Parameter Store, with the parameter's
ARN as encryption context, so that what was sealed for one parameter opens for no other.
https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.blobs import seal as scramble
from cloudchamber.cloud.caller import via
from cloudchamber.cloud.errors import AccessDenied, AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ssm.nouns import ADVANCED, Sealed

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

DEFAULT_KEY: Final = "alias/aws/ssm"


def seal(call: Call, arn: str, tier: str, key_id: str, value: str) -> Sealed:
    """A value encrypted under a key. Raises InvalidKeyId."""
    about = {"KeyId": key_id, "EncryptionContext": {"PARAMETER_ARN": arn}}
    if tier != ADVANCED:
        answer = _ask(call, "Encrypt", {**about, "Plaintext": value.encode()})
        return Sealed(answer["CiphertextBlob"])
    answer = _ask(call, "GenerateDataKey", {**about, "KeySpec": "AES_256"})
    return Sealed(scramble(value.encode(), answer["Plaintext"]), answer["CiphertextBlob"])


def unseal(call: Call, arn: str, sealed: Sealed) -> str:
    """The value in the clear. Raises InvalidKeyId."""
    answer = _ask(
        call,
        "Decrypt",
        {
            "CiphertextBlob": sealed.key or sealed.data,
            "EncryptionContext": {"PARAMETER_ARN": arn},
        },
    )
    plain: bytes = answer["Plaintext"]
    return (scramble(sealed.data, plain) if sealed.key else plain).decode()


def _ask(call: Call, operation: str, request: Input) -> Output:
    host = f"ssm.{call.region}.amazonaws.com"
    try:
        return call.invoke("kms", operation, request, caller=via(call.caller, host))
    except (AccessDenied, Refused):
        raise
    except AwsError as error:
        raise AwsError("InvalidKeyId", error.message) from error
