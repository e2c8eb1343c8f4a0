"""SSH public keys and the credentials of single services."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.unit.services.iam.documents import ACCOUNT, refusal

SSH = (Encoding.OpenSSH, PublicFormat.OpenSSH)
PEM = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPublicKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()


@pytest.fixture(autouse=True)
def user(iam: Any) -> None:
    iam.create_user(UserName="u")


def test_an_ssh_key_is_shown_in_both_encodings(iam: Any, key: rsa.RSAPublicKey) -> None:
    line = key.public_bytes(*SSH).decode()
    made = iam.upload_ssh_public_key(UserName="u", SSHPublicKeyBody=f"{line} me@here")
    shown = made["SSHPublicKey"]
    assert shown["SSHPublicKeyId"].startswith("APKA")
    blob = base64.b64decode(line.split()[1])
    assert shown["Fingerprint"].replace(":", "") == hashlib.md5(blob).hexdigest()
    get = iam.get_ssh_public_key
    identifier = shown["SSHPublicKeyId"]
    for encoding, form in (("SSH", SSH), ("PEM", PEM)):
        found = get(UserName="u", SSHPublicKeyId=identifier, Encoding=encoding)["SSHPublicKey"]
        assert found["SSHPublicKeyBody"].strip() == key.public_bytes(*form).decode().strip()
    again = refusal(
        iam.upload_ssh_public_key, UserName="u", SSHPublicKeyBody=key.public_bytes(*PEM).decode()
    )
    assert again[:2] == ("DuplicateSSHPublicKey", 400)


def test_weak_and_other_keys_are_refused(iam: Any) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()
    other = ed25519.Ed25519PrivateKey.generate().public_key()
    for body in (
        weak.public_bytes(*SSH).decode(),
        other.public_bytes(*SSH).decode(),
        "ssh-rsa AAAA",
        "-----BEGIN PUBLIC KEY-----",
    ):
        answer = refusal(iam.upload_ssh_public_key, UserName="u", SSHPublicKeyBody=body)
        assert answer[:2] == ("InvalidPublicKey", 400)


def test_the_state_and_the_end_of_a_key(iam: Any, key: rsa.RSAPublicKey) -> None:
    made = iam.upload_ssh_public_key(UserName="u", SSHPublicKeyBody=key.public_bytes(*SSH).decode())
    named = {"UserName": "u", "SSHPublicKeyId": made["SSHPublicKey"]["SSHPublicKeyId"]}
    iam.update_ssh_public_key(**named, Status="Inactive")
    (listed,) = iam.list_ssh_public_keys(UserName="u")["SSHPublicKeys"]
    assert listed["Status"] == "Inactive"
    assert refusal(iam.delete_user, UserName="u")[0] == "DeleteConflict"
    iam.create_user(UserName="v")
    assert refusal(iam.delete_ssh_public_key, **{**named, "UserName": "v"})[0] == "NoSuchEntity"
    iam.delete_ssh_public_key(**named)
    iam.delete_user(UserName="u")


def test_credentials_of_a_service(iam: Any) -> None:
    create = iam.create_service_specific_credential
    service = "codecommit.amazonaws.com"
    made = [
        create(UserName="u", ServiceName=service)["ServiceSpecificCredential"] for _ in range(2)
    ]
    names = [each["ServiceUserName"] for each in made]
    assert names == [f"u-at-{ACCOUNT}", f"u+1-at-{ACCOUNT}"]
    assert made[0]["ServicePassword"] != made[1]["ServicePassword"]
    assert refusal(create, UserName="u", ServiceName=service)[:2] == ("LimitExceeded", 409)
    assert refusal(create, UserName="u", ServiceName="s3.amazonaws.com")[:2] == (
        "NotSupportedService",
        404,
    )
    assert refusal(create, UserName="u", ServiceName="bedrock.amazonaws.com")[1] == 501
    named = {
        "UserName": "u",
        "ServiceSpecificCredentialId": made[0]["ServiceSpecificCredentialId"],
    }
    again = iam.reset_service_specific_credential(**named)["ServiceSpecificCredential"]
    assert again["ServicePassword"] not in [each["ServicePassword"] for each in made]
    iam.update_service_specific_credential(**named, Status="Inactive")
    listed = iam.list_service_specific_credentials(UserName="u", ServiceName=service)
    states = [each["Status"] for each in listed["ServiceSpecificCredentials"]]
    assert states == ["Inactive", "Active"]
    assert all("ServicePassword" not in each for each in listed["ServiceSpecificCredentials"])
    iam.delete_service_specific_credential(**named)
    assert refusal(iam.reset_service_specific_credential, **named)[0] == "NoSuchEntity"
