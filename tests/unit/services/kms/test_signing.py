"""Signatures, MACs and shared secrets, checked from outside with the public keys."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from cloudchamber import Chamber
from tests.unit.services.kms.words import ONE, arn_of, refusal

Make = Callable[..., str]
MESSAGE = b"a message"


def public_of(kms: Any, key: str) -> Any:
    return load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])


def hash_of(algorithm: str) -> hashes.HashAlgorithm:
    bits = algorithm[-3:]
    return {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[bits]


@pytest.mark.parametrize(
    ("spec", "algorithm"),
    [
        ("ECC_NIST_P256", "ECDSA_SHA_256"),
        ("ECC_NIST_P384", "ECDSA_SHA_384"),
        ("ECC_NIST_P521", "ECDSA_SHA_512"),
        ("ECC_SECG_P256K1", "ECDSA_SHA_256"),
    ],
)
def test_elliptic_signatures_verify_outside(
    kms: Any, make: Make, spec: str, algorithm: str
) -> None:
    key = make(KeySpec=spec, KeyUsage="SIGN_VERIFY")
    public = public_of(kms, key)
    about = {"KeyId": key, "SigningAlgorithm": algorithm}
    raw = kms.sign(Message=MESSAGE, **about)["Signature"]
    public.verify(raw, MESSAGE, ec.ECDSA(hash_of(algorithm)))
    digest = hashlib.new(f"sha{algorithm[-3:]}", MESSAGE).digest()
    signed = kms.sign(Message=digest, MessageType="DIGEST", **about)["Signature"]
    public.verify(signed, digest, ec.ECDSA(utils.Prehashed(hash_of(algorithm))))
    assert kms.verify(Message=MESSAGE, Signature=signed, **about)["SignatureValid"] is True
    wrong = refusal(kms.verify, Message=b"another", Signature=raw, **about)
    assert wrong[0] == "KMSInvalidSignatureException"


@pytest.mark.parametrize("form", ["PKCS1_V1_5", "PSS"])
@pytest.mark.parametrize("bits", ["256", "512"])
def test_rsa_signatures_verify_outside(kms: Any, make: Make, form: str, bits: str) -> None:
    key = make(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    algorithm = f"RSASSA_{form}_SHA_{bits}"
    hashed = hash_of(algorithm)
    padded: Any = padding.PKCS1v15()
    if form == "PSS":
        padded = padding.PSS(padding.MGF1(hashed), hashed.digest_size)
    signature = kms.sign(KeyId=key, Message=MESSAGE, SigningAlgorithm=algorithm)["Signature"]
    public_of(kms, key).verify(signature, MESSAGE, padded, hashed)
    with pytest.raises(InvalidSignature):
        public_of(kms, key).verify(signature, b"another", padded, hashed)
    assert kms.verify(KeyId=key, Message=MESSAGE, SigningAlgorithm=algorithm, Signature=signature)[
        "SignatureValid"
    ]


@pytest.mark.parametrize("bits", [3072, 4096])
def test_large_rsa_keys_are_keys(kms: Any, make: Make, bits: int) -> None:
    key = make(KeySpec=f"RSA_{bits}", KeyUsage="SIGN_VERIFY")
    public = public_of(kms, key)
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == bits


@pytest.mark.parametrize("spec", ["ML_DSA_44", "ML_DSA_65", "ML_DSA_87"])
def test_ml_dsa(kms: Any, make: Make, spec: str) -> None:
    key = make(KeySpec=spec, KeyUsage="SIGN_VERIFY")
    about = {"KeyId": key, "SigningAlgorithm": "ML_DSA_SHAKE_256", "Message": MESSAGE}
    signature = kms.sign(**about)["Signature"]
    public_of(kms, key).verify(signature, MESSAGE)
    assert kms.verify(Signature=signature, **about)["SignatureValid"]
    about |= {"Message": bytes(range(64)), "MessageType": "EXTERNAL_MU"}
    signature = kms.sign(**about)["Signature"]
    public_of(kms, key).verify_mu(signature, bytes(range(64)))
    assert kms.verify(Signature=signature, **about)["SignatureValid"]


def test_ed25519(kms: Any, make: Make) -> None:
    key = make(KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")
    about = {"KeyId": key, "SigningAlgorithm": "ED25519_SHA_512", "Message": MESSAGE}
    public_of(kms, key).verify(kms.sign(**about)["Signature"], MESSAGE)
    about |= {"SigningAlgorithm": "ED25519_PH_SHA_512", "MessageType": "DIGEST"}
    assert refusal(kms.sign, **about)[0] == "NotImplemented"


def test_what_does_not_fit_is_said(kms: Any, make: Make, key: str) -> None:
    signer = make(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    about = {"KeyId": signer, "SigningAlgorithm": "ECDSA_SHA_256"}
    assert refusal(kms.sign, Message=b"x" * 32, MessageType="EXTERNAL_MU", **about)[0] == (
        "ValidationException"
    )
    short = refusal(kms.sign, Message=b"short", MessageType="DIGEST", **about)
    assert short == (
        "ValidationException",
        "Digest is invalid length for algorithm ECDSA_SHA_256.",
    )
    other = refusal(kms.sign, KeyId=signer, SigningAlgorithm="ECDSA_SHA_384", Message=b"x")
    assert other[0] == "InvalidKeyUsageException"
    assert refusal(kms.sign, KeyId=key, SigningAlgorithm="ECDSA_SHA_256", Message=b"x") == (
        "InvalidKeyUsageException",
        f"{arn_of(key)} key usage is ENCRYPT_DECRYPT which is not valid for Sign.",
    )
    assert refusal(kms.get_public_key, KeyId=key)[0] == "UnsupportedOperationException"
    wanted = {"KeySpec": "RSA_2048", "KeyUsage": "GENERATE_VERIFY_MAC"}
    assert refusal(kms.create_key, **wanted) == (
        "ValidationException",
        "KeyUsage GENERATE_VERIFY_MAC is not compatible with KeySpec RSA_2048",
    )
    sm2 = refusal(kms.create_key, KeySpec="SM2", KeyUsage="SIGN_VERIFY")
    assert sm2[0] == "UnsupportedOperationException"


@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_macs(kms: Any, make: Make, bits: int) -> None:
    key = make(KeySpec=f"HMAC_{bits}", KeyUsage="GENERATE_VERIFY_MAC")
    about = {"KeyId": key, "Message": MESSAGE, "MacAlgorithm": f"HMAC_SHA_{bits}"}
    mac = kms.generate_mac(**about)["Mac"]
    assert len(mac) == bits // 8
    assert kms.verify_mac(Mac=mac, **about)["MacValid"] is True
    about["Message"] = b"another"
    assert refusal(kms.verify_mac, Mac=mac, **about)[0] == "KMSInvalidMacException"


def test_two_keys_agree_on_a_secret(kms: Any, make: Make) -> None:
    key = make(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
    mine = ec.generate_private_key(ec.SECP256R1())
    ours = mine.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    about = {"KeyId": key, "KeyAgreementAlgorithm": "ECDH"}
    theirs = kms.derive_shared_secret(PublicKey=ours, **about)["SharedSecret"]
    assert mine.exchange(ec.ECDH(), public_of(kms, key)) == theirs
    other = ec.generate_private_key(ec.SECP384R1()).public_key()
    alien = other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert refusal(kms.derive_shared_secret, PublicKey=alien, **about)[0] == "ValidationException"


def test_a_secret_is_encapsulated(kms: Any, make: Make) -> None:
    key = make(KeySpec="ML_KEM_768", KeyUsage="ENCAPSULATE_DECAPSULATE")
    about = {"KeyId": key, "EncapsulationAlgorithm": "ML_KEM"}
    secret, sealed = public_of(kms, key).encapsulate()
    opened = kms.decapsulate(SharedSecretCiphertextBlob=sealed, **about)
    assert opened["SharedSecret"] == secret
    made = kms.encapsulate(**about)
    blob = made["SharedSecretCiphertextBlob"]
    opened = kms.decapsulate(SharedSecretCiphertextBlob=blob, **about)
    assert opened["SharedSecret"] == made["SharedSecret"]


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P384"])
def test_data_key_pairs_open_and_fit(kms: Any, key: str, spec: str) -> None:
    made = kms.generate_data_key_pair(KeyId=key, KeyPairSpec=spec, EncryptionContext={"a": "b"})
    blob = made["PrivateKeyCiphertextBlob"]
    opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})["Plaintext"]
    assert opened == made["PrivateKeyPlaintext"]
    private = load_der_private_key(opened, None)  # the library checks that it is a sound key
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert public == made["PublicKey"]
    sealed = kms.generate_data_key_pair_without_plaintext(KeyId=key, KeyPairSpec=spec)
    assert "PrivateKeyPlaintext" not in sealed


def test_data_keys(kms: Any, key: str) -> None:
    made = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert len(made["Plaintext"]) == 32
    assert kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"] == made["Plaintext"]
    sealed = kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=24)
    assert len(kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"]) == 24
    assert refusal(kms.generate_data_key, KeyId=key) == (
        "ValidationException",
        "Please specify either number of bytes or key spec.",
    )
    assert len(kms.generate_random(NumberOfBytes=20)["Plaintext"]) == 20


def test_the_same_seed_makes_the_same_pairs() -> None:
    publics = []
    for _ in range(2):
        with Chamber(seed=3, account=ONE) as chamber:
            kms = chamber.client("kms")
            key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
            publics.append(kms.get_public_key(KeyId=key["KeyId"])["PublicKey"])
    assert publics[0] == publics[1]
