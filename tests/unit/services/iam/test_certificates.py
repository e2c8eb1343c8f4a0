"""Server and signing certificates: real ones, read and checked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.unit.services.iam.documents import arn, every, refusal

UNTIL = datetime(2034, 1, 2, 3, 4, 5, tzinfo=UTC)


def made(name: str = "example.com") -> tuple[str, str]:
    """A self-signed certificate and its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC))
        .not_valid_after(UNTIL)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return certificate.public_bytes(Encoding.PEM).decode(), secret


@pytest.fixture(scope="module")
def pair() -> tuple[str, str]:
    return made()


def upload(iam: Any, pair: tuple[str, str], name: str = "web", **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = iam.upload_server_certificate(
        ServerCertificateName=name, CertificateBody=pair[0], PrivateKey=pair[1], **more
    )
    return answer["ServerCertificateMetadata"]  # type: ignore[no-any-return]


def test_a_server_certificate_is_read(iam: Any, pair: tuple[str, str]) -> None:
    shown = upload(iam, pair, Path="/cloudfront/", Tags=[{"Key": "a", "Value": "b"}])
    assert shown["Arn"] == arn("server-certificate/cloudfront/web")
    assert shown["ServerCertificateId"].startswith("ASCA")
    assert shown["Expiration"] == UNTIL
    found = iam.get_server_certificate(ServerCertificateName="WEB")["ServerCertificate"]
    assert found["CertificateBody"].strip() == pair[0].strip()
    assert "PrivateKey" not in found
    assert found["Tags"] == [{"Key": "a", "Value": "b"}]
    assert iam.get_account_summary()["SummaryMap"]["ServerCertificates"] == 1


def test_a_key_must_be_the_certificates(iam: Any, pair: tuple[str, str]) -> None:
    answer = refusal(
        iam.upload_server_certificate,
        ServerCertificateName="web",
        CertificateBody=pair[0],
        PrivateKey=made()[1],
    )
    assert answer[:2] == ("KeyPairMismatch", 400)
    for body, key in (("x", pair[1]), (pair[0], "x")):
        answer = refusal(
            iam.upload_server_certificate,
            ServerCertificateName="web",
            CertificateBody=body,
            PrivateKey=key,
        )
        assert answer[:2] == ("MalformedCertificate", 400)
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == []


def test_certificates_are_listed_renamed_and_deleted(iam: Any, pair: tuple[str, str]) -> None:
    for name in ("c", "a", "b"):
        upload(iam, pair, name)
    listed = every(iam, "list_server_certificates", "ServerCertificateMetadataList")
    assert [each["ServerCertificateName"] for each in listed] == ["a", "b", "c"]
    assert refusal(upload, iam=iam, pair=pair, name="A")[0] == "EntityAlreadyExists"
    update = iam.update_server_certificate
    assert refusal(update, ServerCertificateName="a", NewServerCertificateName="b")[0] == (
        "EntityAlreadyExists"
    )
    update(ServerCertificateName="a", NewServerCertificateName="z", NewPath="/p/")
    found = iam.get_server_certificate(ServerCertificateName="z")["ServerCertificate"]
    assert found["ServerCertificateMetadata"]["Arn"] == arn("server-certificate/p/z")
    iam.delete_server_certificate(ServerCertificateName="z")
    gone = refusal(iam.get_server_certificate, ServerCertificateName="z")
    assert gone == ("NoSuchEntity", 404, "The Server Certificate with name z cannot be found.")


def test_a_user_has_two_signing_certificates(iam: Any, pair: tuple[str, str]) -> None:
    iam.create_user(UserName="u")
    upload_one = iam.upload_signing_certificate
    first = upload_one(UserName="u", CertificateBody=pair[0])["Certificate"]
    assert refusal(upload_one, UserName="u", CertificateBody=pair[0])[:2] == (
        "DuplicateCertificate",
        409,
    )
    assert refusal(upload_one, UserName="u", CertificateBody="x")[0] == "MalformedCertificate"
    upload_one(UserName="u", CertificateBody=made("two")[0])
    assert refusal(upload_one, UserName="u", CertificateBody=made("three")[0])[:2] == (
        "LimitExceeded",
        409,
    )
    iam.update_signing_certificate(
        UserName="u", CertificateId=first["CertificateId"], Status="Inactive"
    )
    iam.generate_credential_report()
    line = iam.get_credential_report()["Content"].decode().splitlines()[2].split(",")
    assert line[-4] == "false"
    assert line[-2] == "true"
    assert refusal(iam.delete_user, UserName="u")[0] == "DeleteConflict"
    for each in iam.list_signing_certificates(UserName="u")["Certificates"]:
        iam.delete_signing_certificate(UserName="u", CertificateId=each["CertificateId"])
    iam.delete_user(UserName="u")
