"""Keys are part of the world: they are forked with it, and equal seeds give equal worlds."""

from __future__ import annotations

from typing import Any

from cloudchamber import Chamber
from tests.unit.services.kms.words import DAY_S, ONE, refusal


def story(chamber: Chamber) -> list[bytes]:
    """Uses of every kind of chance: the world's own and the library's."""
    kms = chamber.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    rsa = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
    oaep = kms.encrypt(KeyId=rsa, Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_256")
    blob = kms.generate_data_key(KeyId=key, KeySpec="AES_256")["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=blob)
    kms.enable_key_rotation(KeyId=key)
    chamber.advance(400 * DAY_S)
    return [blob, oaep["CiphertextBlob"]]


def test_the_digest_covers_no_chance_but_the_seeds() -> None:
    with Chamber(seed=5, account=ONE) as first, Chamber(seed=5, account=ONE) as second:
        one, two = story(first), story(second)
        assert one[0] == two[0]
        assert one[1] != two[1]  # the library's own padding
        assert first.digest == second.digest


def test_a_fork_has_the_keys_and_goes_its_own_way(chamber: Chamber, kms: Any, key: str) -> None:
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with chamber.fork() as other:
        theirs = other.client("kms")
        theirs.cancel_key_deletion(KeyId=key)
        theirs.enable_key(KeyId=key)
        assert theirs.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        other.advance(8 * DAY_S)
        assert theirs.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    chamber.advance(8 * DAY_S)
    assert refusal(kms.decrypt, CiphertextBlob=blob)[0] == "NotFoundException"
