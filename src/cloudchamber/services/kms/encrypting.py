"""Encrypt, Decrypt, ReEncrypt.

Rules of this file: a ciphertext opens with the material it was sealed with, whatever the key has
rotated to; what does not open is InvalidCiphertextException, without a word why, as at AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.kms import pairs, symmetric
from cloudchamber.services.kms.lookup import (
    check_dry_run,
    check_enabled,
    check_tokens,
    check_usage,
    expect_key,
    invalid,
    note_use,
)
from cloudchamber.services.kms.nouns import Key, Material
from cloudchamber.services.kms.permissions import key_of_ciphertext, of_context, of_row
from cloudchamber.services.kms.specs import ENCRYPT, SPECS, SYMMETRIC

NO_CONTEXT: Final[Mapping[str, str]] = MappingProxyType({})


def encrypt(call: Call, request: Input) -> Output:
    """Seal up to 4096 bytes."""
    key = expect_key(call, request["KeyId"])
    algorithm = request.get("EncryptionAlgorithm", SYMMETRIC)
    check_usable(call, key, algorithm)
    context = request.get("EncryptionContext", NO_CONTEXT)
    _check_plaintext(key, algorithm, request["Plaintext"], context)
    check_tokens(call, request)
    check_dry_run(request)
    blob = sealed(call, key, algorithm, request["Plaintext"], context)
    note_use(call, key)
    return {"CiphertextBlob": blob, "KeyId": key.arn, "EncryptionAlgorithm": algorithm}


def check_usable(call: Call, key: Key, algorithm: str) -> None:
    """Raises what AWS answers for a key that cannot encrypt, or not so, or not now."""
    check_usage(call, key, ENCRYPT)
    if algorithm not in SPECS[key.spec].usages[ENCRYPT]:
        raise AwsError(
            "InvalidKeyUsageException",
            f"Algorithm {algorithm} and key spec {key.spec} are incompatible for key {key.arn}.",
        )
    check_enabled(key)


def _check_plaintext(key: Key, algorithm: str, plain: bytes, context: Mapping[str, str]) -> None:
    if key.is_symmetric:
        return
    if context:
        raise invalid("EncryptionContext is not supported with asymmetric KMS keys.")
    limit = pairs.plaintext_max(key.spec, algorithm)
    if len(plain) > limit:
        raise invalid(
            f"Algorithm {algorithm} and key spec {key.spec} cannot encrypt data larger than "
            f"{limit} bytes."
        )


def current_of(key: Key) -> Material:
    """The material that encrypts; an enabled key has one."""
    current = key.find_current()
    assert current is not None, key.arn
    return current


def sealed(call: Call, key: Key, algorithm: str, plain: bytes, context: Mapping[str, str]) -> bytes:
    """A ciphertext under a key's current material."""
    current = current_of(key)
    if algorithm != SYMMETRIC:
        return pairs.encrypt(current.data, algorithm, plain)
    nonce = call.stream(key.arn, "nonce").bytes(symmetric.NONCE)
    return symmetric.seal(current.data, current.id, key.account, key.id, nonce, plain, context)


def decrypt(call: Call, request: Input) -> Output:
    """Open a ciphertext."""
    if "Recipient" in request:
        raise no_enclave(call)
    key, algorithm, context = _source(call, request, "")
    check_tokens(call, request)
    if request.get("DryRun") and "CiphertextBlob" not in request:
        check_dry_run(request)
    plain, material = _opened(key, algorithm, request, context)
    check_dry_run(request)
    note_use(call, key)
    output: Output = {"KeyId": key.arn, "Plaintext": plain, "EncryptionAlgorithm": algorithm}
    if key.is_symmetric:
        output["KeyMaterialId"] = material.id
    return output


def _source(call: Call, request: Input, prefix: str) -> tuple[Key, str, Mapping[str, str]]:
    """Which key opens a request's ciphertext, how, and bound to what."""
    if "CiphertextBlob" not in request and "IGNORE_CIPHERTEXT" not in request.get(
        "DryRunModifiers", ()
    ):
        raise invalid("The request must contain the parameter CiphertextBlob.")
    algorithm = request.get(f"{prefix}EncryptionAlgorithm", SYMMETRIC)
    name = f"{prefix}KeyId"
    if algorithm != SYMMETRIC and name not in request:
        raise invalid(f"{name} is required when the ciphertext was encrypted under an asymmetric "
                      "KMS key.")  # fmt: skip
    key = key_of_ciphertext(call, request, name)
    check_usable(call, key, algorithm)
    return key, algorithm, request.get(f"{prefix}EncryptionContext", NO_CONTEXT)


def _opened(
    key: Key, algorithm: str, request: Input, context: Mapping[str, str]
) -> tuple[bytes, Material]:
    blob: bytes = request["CiphertextBlob"]
    if algorithm != SYMMETRIC:
        current = current_of(key)
        try:
            return pairs.decrypt(current.data, algorithm, blob), current
        except pairs.Unfit as error:
            raise invalid_ciphertext() from error
    parts = symmetric.find_sealed(blob)
    if parts is None:
        raise invalid_ciphertext()
    if (parts.key_id, parts.account) != (key.id, key.account):
        raise AwsError(
            "IncorrectKeyException",
            "The key ID in the request does not identify a CMK that can perform this operation.",
        )
    material = key.find_material(parts.material_id)
    if material is None or not material.data:
        raise invalid_ciphertext()
    plain = symmetric.open_sealed(material.data, parts, context)
    if plain is None:
        raise invalid_ciphertext()
    return plain, material


def invalid_ciphertext() -> AwsError:
    """AWS's answer for what does not open; it has no text."""
    return AwsError("InvalidCiphertextException", "")


def no_enclave(call: Call) -> Refused:
    """For requests with an attestation document."""
    return Refused("kms", call.operation_name, "there are no Nitro enclaves to answer to")


def re_encrypt(call: Call, request: Input) -> Output:
    """Open a ciphertext and seal it under another key, or another context."""
    source, old, context = _source(call, request, "Source")
    require(
        call, "kms:ReEncryptFrom", source.arn, extra={**of_row(call, source), **of_context(context)}
    )
    key = expect_key(call, request["DestinationKeyId"])
    new = request.get("DestinationEncryptionAlgorithm", SYMMETRIC)
    check_usable(call, key, new)
    check_tokens(call, request)
    if request.get("DryRun") and "CiphertextBlob" not in request:
        check_dry_run(request)
    plain, material = _opened(source, old, request, context)
    onto = request.get("DestinationEncryptionContext", NO_CONTEXT)
    _check_plaintext(key, new, plain, onto)
    check_dry_run(request)
    blob = sealed(call, key, new, plain, onto)
    note_use(call, source)
    note_use(call, key)
    output: Output = {
        "CiphertextBlob": blob,
        "SourceKeyId": source.arn,
        "KeyId": key.arn,
        "SourceEncryptionAlgorithm": old,
        "DestinationEncryptionAlgorithm": new,
    }
    if source.is_symmetric:
        output["SourceKeyMaterialId"] = material.id
    if key.is_symmetric:
        output["DestinationKeyMaterialId"] = current_of(key).id
    return output
