"""Material that the test wraps is unwrapped, opens what it sealed, and expires."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)

from cloudchamber import Chamber
from tests.unit.services.kms.words import DAY_S, arn_of, refusal

Make = Callable[..., str]
MATERIAL = bytes(range(32))


def wrapped(kms: Any, key: str, material: bytes, algorithm: str) -> dict[str, Any]:
    given = kms.get_parameters_for_import(
        KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec="RSA_2048"
    )
    public: Any = load_der_public_key(given["PublicKey"])
    hashed = hashes.SHA1() if algorithm.endswith("_1") else hashes.SHA256()
    oaep = padding.OAEP(padding.MGF1(hashed), hashed, None)
    if algorithm.startswith("RSA_AES"):
        inner = b"k" * 32
        sealed = public.encrypt(inner, oaep)
        sealed += keywrap.aes_key_wrap_with_padding(inner, material)
    else:
        sealed = public.encrypt(material, oaep)
    return {
        "KeyId": key,
        "ImportToken": given["ImportToken"],
        "EncryptedKeyMaterial": sealed,
        "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }


def put(kms: Any, key: str, material: bytes = MATERIAL, **more: Any) -> Any:
    return kms.import_key_material(**{**wrapped(kms, key, material, "RSAES_OAEP_SHA_256"), **more})


@pytest.mark.parametrize(
    "algorithm",
    [
        "RSAES_OAEP_SHA_1",
        "RSAES_OAEP_SHA_256",
        "RSA_AES_KEY_WRAP_SHA_1",
        "RSA_AES_KEY_WRAP_SHA_256",
    ],
)
def test_what_was_wrapped_outside_is_unwrapped(kms: Any, make: Make, algorithm: str) -> None:
    key = make(Origin="EXTERNAL", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    kms.import_key_material(**wrapped(kms, key, MATERIAL, algorithm))
    mac = kms.generate_mac(KeyId=key, Message=b"m", MacAlgorithm="HMAC_SHA_256")["Mac"]
    assert mac == hmac.digest(MATERIAL, b"m", hashlib.sha256)


def test_a_key_without_material_waits_for_it(kms: Any, make: Make) -> None:
    key = make(Origin="EXTERNAL")
    assert refusal(kms.encrypt, KeyId=key, Plaintext=b"x") == (
        "KMSInvalidStateException",
        f"{arn_of(key)} is pending import.",
    )
    put(kms, key)
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.delete_imported_key_material(KeyId=key)
    assert refusal(kms.decrypt, CiphertextBlob=blob)[0] == "KMSInvalidStateException"
    other = refusal(put, kms=kms, key=key, material=b"z" * 32)
    assert other[0] == "IncorrectKeyMaterialException"
    put(kms, key)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_material_expires(chamber: Chamber, kms: Any, make: Make) -> None:
    key = make(Origin="EXTERNAL")
    now = kms.describe_key(KeyId=key)["KeyMetadata"]["CreationDate"].timestamp()
    put(kms, key, ExpirationModel="KEY_MATERIAL_EXPIRES", ValidTo=now + DAY_S)
    about = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert about["ExpirationModel"] == "KEY_MATERIAL_EXPIRES"
    assert about["KeyState"] == "Enabled"
    chamber.advance(DAY_S)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingImport"


def test_tokens_are_for_one_key_and_a_day(chamber: Chamber, kms: Any, make: Make) -> None:
    first, second = make(Origin="EXTERNAL"), make(Origin="EXTERNAL")
    request = wrapped(kms, first, MATERIAL, "RSAES_OAEP_SHA_256")
    stolen = {**request, "KeyId": second}
    assert refusal(kms.import_key_material, **stolen)[0] == "InvalidImportTokenException"
    spoilt = {**request, "EncryptedKeyMaterial": b"x" * 256}
    assert refusal(kms.import_key_material, **spoilt)[0] == "InvalidCiphertextException"
    chamber.advance(DAY_S)
    assert refusal(kms.import_key_material, **request)[0] == "ExpiredImportTokenException"


def test_material_of_the_wrong_kind_is_not_taken(kms: Any, make: Make, key: str) -> None:
    imported = make(Origin="EXTERNAL")
    short = refusal(put, kms=kms, key=imported, material=b"short")
    assert short[0] == "IncorrectKeyMaterialException"
    about = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    assert refusal(kms.get_parameters_for_import, KeyId=key, **about)[0] == (
        "UnsupportedOperationException"
    )
    assert refusal(kms.enable_key_rotation, KeyId=imported)[0] == "UnsupportedOperationException"


def test_a_private_key_is_imported(kms: Any, make: Make) -> None:
    key = make(Origin="EXTERNAL", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    mine = ec.generate_private_key(ec.SECP256R1())
    der = mine.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    kms.import_key_material(**wrapped(kms, key, der, "RSA_AES_KEY_WRAP_SHA_256"))
    signed = kms.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    mine.public_key().verify(signed, b"m", ec.ECDSA(hashes.SHA256()))


def test_new_material_waits_for_a_rotation(kms: Any, make: Make) -> None:
    key = make(Origin="EXTERNAL")
    put(kms, key)
    assert refusal(kms.rotate_key_on_demand, KeyId=key)[0] == "KMSInvalidStateException"
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    fresh = put(kms, key, b"n" * 32, ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"] != fresh
    kms.rotate_key_on_demand(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"] == fresh
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_multi_region_material_is_imported_into_each_region(
    chamber: Chamber, kms: Any, make: Make
) -> None:
    key = make(Origin="EXTERNAL", MultiRegion=True)
    there = chamber.client("kms", region_name="eu-west-1")
    put(kms, key)
    kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert refusal(there.decrypt, CiphertextBlob=blob)[0] == "KMSInvalidStateException"
    put(there, key)
    assert there.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    put(kms, key, b"n" * 32, ImportType="NEW_KEY_MATERIAL")
    assert refusal(kms.rotate_key_on_demand, KeyId=key)[0] == "KMSInvalidStateException"
    put(there, key, b"n" * 32, ImportType="EXISTING_KEY_MATERIAL")
    kms.rotate_key_on_demand(KeyId=key)
    blob = there.encrypt(KeyId=key, Plaintext=b"y")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"y"
