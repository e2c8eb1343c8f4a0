"""Sign, Verify, and the public halves of key pairs.

Rules of this file: RAW messages are hashed by KMS, digests are signed as they are, and must be as
long as the algorithm's.
"""

from __future__ import annotations

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.kms import pairs
from cloudchamber.services.kms.encrypting import current_of
from cloudchamber.services.kms.limits import MESSAGE_MAX
from cloudchamber.services.kms.lookup import (
    check_dry_run,
    check_enabled,
    check_tokens,
    check_usage,
    expect_key,
    invalid,
    note_use,
    unsupported,
)
from cloudchamber.services.kms.nouns import Key
from cloudchamber.services.kms.specs import MEMBERS, SIGN, SPECS


def sign(call: Call, request: Input) -> Output:
    """A signature of a message or of its digest."""
    key, algorithm, kind = _asked(call, request)
    check_dry_run(request)
    signature = pairs.sign(current_of(key).data, algorithm, request["Message"], kind)
    note_use(call, key)
    return {"KeyId": key.arn, "Signature": signature, "SigningAlgorithm": algorithm}


def verify(call: Call, request: Input) -> Output:
    """Whether a signature is the key's. Raises KMSInvalidSignatureException when it is not."""
    key, algorithm, kind = _asked(call, request)
    check_dry_run(request)
    data, signature = current_of(key).data, request["Signature"]
    if not pairs.is_valid(data, algorithm, request["Message"], kind, signature):
        raise AwsError("KMSInvalidSignatureException", "")
    note_use(call, key)
    return {"KeyId": key.arn, "SignatureValid": True, "SigningAlgorithm": algorithm}


def _asked(call: Call, request: Input) -> tuple[Key, str, str]:
    key = expect_key(call, request["KeyId"])
    algorithm: str = request["SigningAlgorithm"]
    check_algorithm(call, key, SIGN, algorithm)
    kind: str = request.get("MessageType", "RAW")
    message: bytes = request["Message"]
    if algorithm == "ED25519_PH_SHA_512":
        raise Refused("kms", call.operation_name, "the cryptography library has no Ed25519ph")
    is_ml = algorithm == "ML_DSA_SHAKE_256"
    if kind == "EXTERNAL_MU" and not is_ml:
        raise invalid(f"MessageType EXTERNAL_MU is not valid for {algorithm}.")
    if kind == "DIGEST" and (is_ml or algorithm.startswith("ED25519")):
        raise invalid(f"MessageType DIGEST is not valid for {algorithm}.")
    if kind == "RAW":
        if len(message) > MESSAGE_MAX:
            raise invalid(f"The message is longer than {MESSAGE_MAX} bytes.")
    elif len(message) != pairs.digest_bytes(algorithm):
        raise invalid(f"Digest is invalid length for algorithm {algorithm}.")
    check_tokens(call, request)
    return key, algorithm, kind


def check_algorithm(call: Call, key: Key, usage: str, algorithm: str) -> None:
    """Raises what AWS answers for a key of another usage, spec or state."""
    check_usage(call, key, usage)
    if algorithm not in SPECS[key.spec].usages[usage]:
        raise AwsError(
            "InvalidKeyUsageException",
            f"Algorithm {algorithm} and key spec {key.spec} are incompatible for key {key.arn}.",
        )
    check_enabled(key)


def get_public_key(call: Call, request: Input) -> Output:
    """The public half of a key pair, as SubjectPublicKeyInfo."""
    key = expect_key(call, request["KeyId"])
    family = SPECS[key.spec].family
    if family in ("symmetric", "hmac"):
        raise unsupported(f"{key.arn} key spec is {key.spec} which is not valid for GetPublicKey.")
    check_enabled(key)
    check_tokens(call, request)
    return {
        "KeyId": key.arn,
        "PublicKey": pairs.public_der(current_of(key).data),
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        "KeyUsage": key.usage,
        MEMBERS[key.usage]: list(SPECS[key.spec].usages[key.usage]),
    }
