"""What is encrypted opens again, with the same key and context and no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from cloudchamber import Chamber
from tests.unit.services.kms.words import ONE, TWO, arn_of, refusal

Make = Callable[..., str]


def test_a_ciphertext_opens_without_naming_the_key(kms: Any, key: str) -> None:
    sealed = kms.encrypt(KeyId=key, Plaintext=b"secret")
    assert sealed["KeyId"] == arn_of(key)
    assert b"secret" not in sealed["CiphertextBlob"]
    opened = kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])
    assert opened["Plaintext"] == b"secret"
    assert opened["KeyId"] == arn_of(key)
    assert opened["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"


def test_equal_plaintexts_have_unlike_ciphertexts(kms: Any, key: str) -> None:
    blobs = {kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"] for _ in range(5)}
    assert len(blobs) == 5


def test_the_context_must_be_the_same_in_any_order(kms: Any, key: str) -> None:
    context = {"a": "1", "b": "2"}
    blob = kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=context)["CiphertextBlob"]
    turned = {"b": "2", "a": "1"}
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=turned)["Plaintext"] == b"x"
    for other in ({}, {"a": "1"}, {"a": "1", "b": "3"}, {"a1": "", "b": "2"}):
        wrong = refusal(kms.decrypt, CiphertextBlob=blob, EncryptionContext=other)
        assert wrong[0] == "InvalidCiphertextException"


def test_a_changed_byte_anywhere_opens_nothing(kms: Any, key: str) -> None:
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    for place in (0, 30, 60, 72, len(blob) - 1):
        spoilt = bytearray(blob)
        spoilt[place] ^= 1
        wrong = refusal(kms.decrypt, CiphertextBlob=bytes(spoilt), KeyId=key)
        assert wrong[0] == "InvalidCiphertextException"


def test_another_key_is_the_incorrect_key(kms: Any, make: Make) -> None:
    first, second = make(), make()
    blob = kms.encrypt(KeyId=first, Plaintext=b"x")["CiphertextBlob"]
    assert refusal(kms.decrypt, CiphertextBlob=blob, KeyId=second) == (
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
    )


def test_all_four_forms_name_a_key(kms: Any, key: str) -> None:
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key)
    alias_arn = f"arn:aws:kms:us-east-1:{ONE}:alias/mine"
    for form in (key, arn_of(key), "alias/mine", alias_arn):
        sealed = kms.encrypt(KeyId=form, Plaintext=b"x")
        assert sealed["KeyId"] == arn_of(key)
        assert kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], KeyId=form)["Plaintext"]


def test_what_is_not_there(kms: Any) -> None:
    nobody = "12345678-1234-1234-1234-123456789012"
    assert refusal(kms.encrypt, KeyId=nobody, Plaintext=b"x") == (
        "NotFoundException",
        f"Key '{arn_of(nobody)}' does not exist",
    )
    assert refusal(kms.encrypt, KeyId="alias/none", Plaintext=b"x") == (
        "NotFoundException",
        f"Alias arn:aws:kms:us-east-1:{ONE}:alias/none is not found.",
    )
    assert refusal(kms.encrypt, KeyId="nonsense", Plaintext=b"x") == (
        "NotFoundException",
        "Invalid keyId 'nonsense'",
    )
    elsewhere = arn_of(nobody, region="eu-west-1")
    assert refusal(kms.encrypt, KeyId=elsewhere, Plaintext=b"x") == (
        "NotFoundException",
        "Invalid arn eu-west-1",
    )


def test_plaintexts_end_at_4096_bytes(kms: Any, key: str) -> None:
    blob = kms.encrypt(KeyId=key, Plaintext=b"x" * 4096)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x" * 4096
    assert refusal(kms.encrypt, KeyId=key, Plaintext=b"x" * 4097)[0] == "ValidationException"


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
def test_rsa_opens_what_others_sealed_with_its_public_key(
    kms: Any, make: Make, algorithm: str
) -> None:
    key = make(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    public = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    assert isinstance(public, rsa.RSAPublicKey)
    hashed = SHA1() if algorithm.endswith("_1") else SHA256()
    blob = public.encrypt(b"outside", padding.OAEP(padding.MGF1(hashed), hashed, None))
    opened = kms.decrypt(CiphertextBlob=blob, KeyId=key, EncryptionAlgorithm=algorithm)
    assert opened["Plaintext"] == b"outside"
    assert "KeyMaterialId" not in opened
    blob = kms.encrypt(KeyId=key, Plaintext=b"in", EncryptionAlgorithm=algorithm)["CiphertextBlob"]
    opened = kms.decrypt(CiphertextBlob=blob, KeyId=key, EncryptionAlgorithm=algorithm)
    assert opened["Plaintext"] == b"in"
    limit = 214 if algorithm.endswith("_1") else 190
    kms.encrypt(KeyId=key, Plaintext=b"x" * limit, EncryptionAlgorithm=algorithm)
    long = {"KeyId": key, "Plaintext": b"x" * (limit + 1), "EncryptionAlgorithm": algorithm}
    assert refusal(kms.encrypt, **long)[0] == "ValidationException"
    assert refusal(kms.encrypt, KeyId=key, Plaintext=b"x")[0] == "InvalidKeyUsageException"


def test_another_usage_is_said_by_name(kms: Any, make: Make) -> None:
    key = make(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    assert refusal(kms.encrypt, KeyId=key, Plaintext=b"x") == (
        "InvalidKeyUsageException",
        f"{arn_of(key)} key usage is SIGN_VERIFY which is not valid for Encrypt.",
    )


def test_re_encrypting_moves_a_secret_to_another_key(kms: Any, make: Make) -> None:
    old, new = make(), make()
    blob = kms.encrypt(KeyId=old, Plaintext=b"x", EncryptionContext={"a": "1"})["CiphertextBlob"]
    moved = kms.re_encrypt(
        CiphertextBlob=blob,
        SourceEncryptionContext={"a": "1"},
        DestinationKeyId=new,
        DestinationEncryptionContext={"b": "2"},
    )
    assert (moved["SourceKeyId"], moved["KeyId"]) == (arn_of(old), arn_of(new))
    kms.schedule_key_deletion(KeyId=old, PendingWindowInDays=7)
    opened = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"b": "2"})
    assert opened["Plaintext"] == b"x"


def test_a_dry_run_says_whether_it_would_go(kms: Any, key: str) -> None:
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    would = (
        "DryRunOperationException",
        "The request would have succeeded, but the DryRun option is set.",
    )
    assert refusal(kms.encrypt, KeyId=key, Plaintext=b"x", DryRun=True) == would
    assert refusal(kms.decrypt, CiphertextBlob=blob, DryRun=True) == would
    kms.disable_key(KeyId=key)
    assert refusal(kms.encrypt, KeyId=key, Plaintext=b"x", DryRun=True)[0] == "DisabledException"


def test_another_account_uses_a_key_by_its_arn(chamber: Chamber, kms: Any, key: str) -> None:
    theirs = chamber.client("kms", account=TWO)
    blob = theirs.encrypt(KeyId=arn_of(key), Plaintext=b"x")["CiphertextBlob"]
    assert theirs.decrypt(CiphertextBlob=blob)["KeyId"] == arn_of(key)
    assert refusal(theirs.encrypt, KeyId=key, Plaintext=b"x")[0] == "NotFoundException"


def test_the_same_seed_makes_the_same_keys() -> None:
    blobs = []
    for _ in range(2):
        with Chamber(seed=7, account=ONE) as chamber:
            kms = chamber.client("kms")
            key = kms.create_key()["KeyMetadata"]["KeyId"]
            blobs.append(kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"])
    assert blobs[0] == blobs[1]


def test_the_last_use_is_remembered(kms: Any, key: str) -> None:
    assert kms.get_key_last_usage(KeyId=key)["KeyLastUsage"] == {}
    kms.generate_data_key(KeyId=key, KeySpec="AES_128")
    assert kms.get_key_last_usage(KeyId=key)["KeyLastUsage"]["Operation"] == "GenerateDataKey"
