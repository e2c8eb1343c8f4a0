"""Data keys: drawn, handed out in the clear, and sealed under a KMS key.

Rules of this file: data keys and pairs come from the key's own streams. Only symmetric keys seal
them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.kms import pairs
from cloudchamber.services.kms.encrypting import NO_CONTEXT, current_of, no_enclave, sealed
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
from cloudchamber.services.kms.making import draw
from cloudchamber.services.kms.nouns import Key
from cloudchamber.services.kms.specs import ENCRYPT, SYMMETRIC, WITHOUT

_SIZES: Final = MappingProxyType({"AES_256": 32, "AES_128": 16})


def generate_data_key(call: Call, request: Input) -> Output:
    """A data key, in the clear and sealed."""
    if "Recipient" in request:
        raise no_enclave(call)
    key, size = _asked(call, request)
    return {"Plaintext": (plain := _draw(call, key, size)), **_answer(call, request, key, plain)}


def generate_data_key_without_plaintext(call: Call, request: Input) -> Output:
    """A data key, sealed."""
    key, size = _asked(call, request)
    return _answer(call, request, key, _draw(call, key, size))


def _asked(call: Call, request: Input) -> tuple[Key, int]:
    spec, size = request.get("KeySpec"), request.get("NumberOfBytes")
    if (spec is None) == (size is None):
        raise invalid("Please specify either number of bytes or key spec.")
    key = _usable(call, request)
    return key, size if size is not None else _SIZES[spec or ""]


def _usable(call: Call, request: Input) -> Key:
    key = expect_key(call, request["KeyId"])
    check_usage(call, key, ENCRYPT)
    if not key.is_symmetric:
        raise AwsError(
            "InvalidKeyUsageException",
            f"{key.arn} key spec is {key.spec} which is not valid for {call.operation_name}.",
        )
    check_enabled(key)
    check_tokens(call, request)
    check_dry_run(request)
    return key


def _draw(call: Call, key: Key, size: int) -> bytes:
    return call.stream(key.arn, "data-key").bytes(size)


def _answer(call: Call, request: Input, key: Key, plain: bytes) -> Output:
    context = request.get("EncryptionContext", NO_CONTEXT)
    blob = sealed(call, key, SYMMETRIC, plain, context)
    note_use(call, key)
    return {"CiphertextBlob": blob, "KeyId": key.arn, "KeyMaterialId": current_of(key).id}


def generate_data_key_pair(call: Call, request: Input) -> Output:
    """A key pair, its private half in the clear and sealed."""
    if "Recipient" in request:
        raise no_enclave(call)
    output, private = _pair(call, request)
    output["PrivateKeyPlaintext"] = private
    return output


def generate_data_key_pair_without_plaintext(call: Call, request: Input) -> Output:
    """A key pair, its private half sealed."""
    return _pair(call, request)[0]


def _pair(call: Call, request: Input) -> tuple[Output, bytes]:
    spec = request["KeyPairSpec"]
    if spec == "SM2" and call.partition != "aws-cn":
        raise unsupported("KeyPairSpec SM2 is not supported in this Region.")
    if spec in WITHOUT:
        raise Refused("kms", call.operation_name, WITHOUT[spec])
    key = _usable(call, request)
    private = draw(call, key.arn, spec, "data-key-pair")
    context = request.get("EncryptionContext", NO_CONTEXT)
    blob = sealed(call, key, SYMMETRIC, private, context)
    note_use(call, key)
    output: Output = {
        "PrivateKeyCiphertextBlob": blob,
        "PublicKey": pairs.public_der(private),
        "KeyId": key.arn,
        "KeyPairSpec": spec,
        "KeyMaterialId": current_of(key).id,
    }
    return output, private


def generate_random(call: Call, request: Input) -> Output:
    """Random bytes."""
    if "Recipient" in request:
        raise no_enclave(call)
    if "CustomKeyStoreId" in request:
        raise Refused("kms", "GenerateRandom", "there are no custom key stores")
    size = request.get("NumberOfBytes")
    if size is None:
        raise invalid("NumberOfBytes is required.")
    return {"Plaintext": call.stream(call.arn("random"), "bytes").bytes(size)}
