"""Values, sealed under data keys of KMS.

Rules of this file: each version has a data key of its own, bound by encryption context to the
secret and the version. KMS is asked in the caller's name through Secrets Manager.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.blobs import seal as scramble
from cloudchamber.cloud.caller import Caller, root, via
from cloudchamber.cloud.errors import AccessDenied, AwsError, Refused
from cloudchamber.services.secretsmanager.nouns import Sealed, Secret

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

DEFAULT_KEY: Final = "alias/aws/secretsmanager"
_CANNOT: Final = (
    "Secrets Manager can't {} the protected secret text using the provided KMS key. Check that the "
    "KMS key is available, enabled, and not in an invalid state."
)
Value = str | bytes


def fingerprint(version_id: str, value: Value) -> bytes:
    """What equal values of one version have in common."""
    kind = b"binary " if isinstance(value, bytes) else b"string "
    data = value if isinstance(value, bytes) else value.encode()
    return blake2b(kind + data, key=version_id.encode()[:64], digest_size=16).digest()


def seal(
    call: Call, secret: Secret, version_id: str, value: Value, caller: Caller | None = None
) -> Sealed:
    """A value for one version of a secret. Raises EncryptionFailure, AccessDeniedException."""
    key_id = secret.key_id or DEFAULT_KEY
    answer = _ask(
        call,
        secret,
        caller,
        "GenerateDataKey",
        {
            "KeyId": key_id,
            "KeySpec": "AES_256",
            "EncryptionContext": _context(secret, version_id),
        },
    )
    data = value if isinstance(value, bytes) else value.encode()
    return Sealed(
        scramble(data, answer["Plaintext"]),
        answer["CiphertextBlob"],
        key_id,
        isinstance(value, bytes),
        fingerprint(version_id, value),
    )


def unseal(
    call: Call, secret: Secret, version_id: str, sealed: Sealed, caller: Caller | None = None
) -> Value:
    """The value in the clear. Raises DecryptionFailure, AccessDeniedException."""
    request = {"CiphertextBlob": sealed.key, "EncryptionContext": _context(secret, version_id)}
    answer = _ask(call, secret, caller, "Decrypt", request)
    data = scramble(sealed.data, answer["Plaintext"])
    return data if sealed.is_binary else data.decode()


def owner_of(secret: Secret) -> Caller:
    """Who keys are used for when nobody is calling: the account that has the secret."""
    return root(secret.account)


def _context(secret: Secret, version_id: str) -> dict[str, str]:
    return {"SecretARN": secret.arn, "SecretVersionId": version_id}


def _ask(
    call: Call, secret: Secret, caller: Caller | None, operation: str, request: dict[str, Any]
) -> dict[str, Any]:
    through = via(caller or call.caller, f"secretsmanager.{secret.region}.amazonaws.com")
    try:
        return call.invoke(
            "kms",
            operation,
            request,
            caller=through,
            account=secret.account,
            region=secret.region,
        )
    except Refused:
        raise
    except AccessDenied as error:
        raise AwsError("AccessDeniedException", "Access to KMS is not allowed") from error
    except AwsError as error:
        if operation == "Decrypt":
            raise AwsError("DecryptionFailure", _CANNOT.format("decrypt")) from error
        raise AwsError("EncryptionFailure", _CANNOT.format("encrypt")) from error
