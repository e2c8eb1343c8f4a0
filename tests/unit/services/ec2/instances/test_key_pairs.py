"""Key pairs: real keys, the same in every chamber of a seed."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.instances.conftest import ONE, REGION
from tests.unit.services.ec2.instances.running_world import run
from tests.unit.services.ec2.refusing import refusal


def private_of(made: dict[str, Any]) -> Any:
    text = made["KeyMaterial"].encode()
    if b"OPENSSH" in text:
        return serialization.load_ssh_private_key(text, None)
    return serialization.load_pem_private_key(text, None)


def test_an_rsa_key_signs_what_its_public_half_verifies(ec2: Any) -> None:
    made = ec2.create_key_pair(KeyName="web")
    private = private_of(made)
    assert isinstance(private, rsa.RSAPrivateKey)
    assert private.key_size == 2048
    shown = ec2.describe_key_pairs(KeyNames=["web"], IncludePublicKey=True)["KeyPairs"][0]
    assert shown["PublicKey"].endswith(" web")
    public = serialization.load_ssh_public_key(shown["PublicKey"].rsplit(" ", 1)[0].encode())
    assert isinstance(public, rsa.RSAPublicKey)
    signature = private.sign(b"hello", padding.PKCS1v15(), SHA256())
    public.verify(signature, b"hello", padding.PKCS1v15(), SHA256())
    encoded = private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    assert shown["KeyFingerprint"].replace(":", "") == hashlib.sha1(encoded).hexdigest()


def test_an_ed25519_key_is_what_openssh_reads(ec2: Any) -> None:
    made = ec2.create_key_pair(KeyName="web", KeyType="ed25519")
    private = private_of(made)
    assert isinstance(private, ed25519.Ed25519PrivateKey)
    line = private.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
    assert made["KeyFingerprint"] == base64.b64encode(digest).decode()


def test_one_seed_makes_one_key() -> None:
    made = []
    for seed in (1, 1, 2):
        with Chamber(seed=seed) as chamber:
            ec2 = chamber.client("ec2", region_name=REGION, account=ONE)
            made.append(ec2.create_key_pair(KeyName="web", KeyType="ed25519")["KeyMaterial"])
    assert made[0] == made[1]
    assert made[0] != made[2]


def test_an_imported_key_is_found_by_its_fingerprint(ec2: Any) -> None:
    public = rsa.RSAPublicNumbers(65537, (1 << 2047) + 1).public_key()
    line = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    answer = ec2.import_key_pair(KeyName="brought", PublicKeyMaterial=line + b" me@home")
    encoded = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert answer["KeyFingerprint"].replace(":", "") == hashlib.md5(encoded).hexdigest()
    found = ec2.describe_key_pairs(
        Filters=[{"Name": "fingerprint", "Values": [answer["KeyFingerprint"]]}]
    )["KeyPairs"]
    assert [each["KeyName"] for each in found] == ["brought"]


def test_an_instance_knows_its_key_and_a_deleted_one_is_gone(ec2: Any, ami: str) -> None:
    identifier = ec2.create_key_pair(KeyName="web", KeyType="ed25519")["KeyPairId"]
    assert run(ec2, ami, KeyName="web")[0]["KeyName"] == "web"
    assert ec2.delete_key_pair(KeyName="web")["KeyPairId"] == identifier
    assert ec2.describe_key_pairs()["KeyPairs"] == []
    assert ec2.delete_key_pair(KeyName="web")["Return"] is True
    assert refusal(
        ec2.run_instances, ImageId=ami, MinCount=1, MaxCount=1, InstanceType="t3.micro",
        KeyName="web",
    )[0] == "InvalidKeyPair.NotFound"  # fmt: skip


@pytest.mark.parametrize(
    ("material", "code"),
    [(b"hello", "InvalidKey.Format"), (b"ssh-rsa AAAA", "InvalidKey.Format")],
)
def test_what_is_no_key_is_refused(ec2: Any, material: bytes, code: str) -> None:
    assert refusal(ec2.import_key_pair, KeyName="x", PublicKeyMaterial=material) == (
        code, "Key is not in valid OpenSSH public key format",
    )  # fmt: skip


def test_a_name_is_used_once(ec2: Any) -> None:
    ec2.create_key_pair(KeyName="web", KeyType="ed25519")
    assert refusal(ec2.create_key_pair, KeyName="web") == (
        "InvalidKeyPair.Duplicate", "The keypair already exists",
    )  # fmt: skip
    assert refusal(ec2.describe_key_pairs, KeyNames=["app"]) == (
        "InvalidKeyPair.NotFound", "The key pair 'app' does not exist",
    )  # fmt: skip
    assert refusal(ec2.create_key_pair, KeyName="putty", KeyFormat="ppk")[0] == "NotImplemented"
