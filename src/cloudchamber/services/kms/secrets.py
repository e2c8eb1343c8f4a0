"""Secrets that two parties come to share: ECDH, and ML-KEM's encapsulation.

Rules of this file: the private half never leaves; what is answered is the raw secret.
"""

from __future__ import annotations

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.kms import pairs
from cloudchamber.services.kms.encrypting import current_of, invalid_ciphertext, no_enclave
from cloudchamber.services.kms.lookup import (
    check_dry_run,
    check_tokens,
    expect_key,
    invalid,
    note_use,
)
from cloudchamber.services.kms.nouns import Key
from cloudchamber.services.kms.signing import check_algorithm
from cloudchamber.services.kms.specs import AGREE, ENCAPSULATE


def derive_shared_secret(call: Call, request: Input) -> Output:
    """ECDH with somebody's public key."""
    if "Recipient" in request:
        raise no_enclave(call)
    key = _usable(call, request, AGREE, request["KeyAgreementAlgorithm"])
    try:
        secret = pairs.agree(current_of(key).data, request["PublicKey"])
    except pairs.Unfit as error:
        raise invalid(f"The public key is not valid for key spec {key.spec}: {error}.") from error
    note_use(call, key)
    return {
        "KeyId": key.arn,
        "SharedSecret": secret,
        "KeyAgreementAlgorithm": request["KeyAgreementAlgorithm"],
        "KeyOrigin": key.origin,
    }


def encapsulate(call: Call, request: Input) -> Output:
    """A new secret, and its ciphertext for the holder of the private half."""
    key = _usable(call, request, ENCAPSULATE, request["EncapsulationAlgorithm"])
    secret, blob = pairs.encapsulate(current_of(key).data)
    note_use(call, key)
    return {
        "KeyId": key.arn,
        "SharedSecret": secret,
        "SharedSecretCiphertextBlob": blob,
        "EncapsulationAlgorithm": request["EncapsulationAlgorithm"],
    }


def decapsulate(call: Call, request: Input) -> Output:
    """The secret in what was encapsulated for the key."""
    key = _usable(call, request, ENCAPSULATE, request["EncapsulationAlgorithm"])
    try:
        secret = pairs.decapsulate(current_of(key).data, request["SharedSecretCiphertextBlob"])
    except pairs.Unfit as error:
        raise invalid_ciphertext() from error
    note_use(call, key)
    return {
        "KeyId": key.arn,
        "SharedSecret": secret,
        "EncapsulationAlgorithm": request["EncapsulationAlgorithm"],
    }


def _usable(call: Call, request: Input, usage: str, algorithm: str) -> Key:
    key = expect_key(call, request["KeyId"])
    check_algorithm(call, key, usage, algorithm)
    check_tokens(call, request)
    check_dry_run(request)
    return key
