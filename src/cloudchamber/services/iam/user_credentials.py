"""What else a user may have: SSH keys, signing certificates, passwords of single services.

Rules of this file: recorded. They are read and checked when they come in, belong to a user, have a
state, and must go before the user can; no service here lets anybody in with one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals
from cloudchamber.services.iam.identifiers import unique_id
from cloudchamber.services.iam.kinds import expect_user, named_or_calling_user
from cloudchamber.services.iam.listing import listed
from cloudchamber.services.iam.nouns import User
from cloudchamber.services.iam.proofs import USER_CREDENTIALS, UserCredential
from cloudchamber.services.iam.server_certificates import read_certificate
from cloudchamber.services.iam.views import seconds

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from cloudchamber.cloud.call import Call

SSH: Final = "ssh"
CERTIFICATE: Final = "certificate"
SERVICE: Final = "service"
_SSH_KEYS: Final = 5
_SERVICE_CREDENTIALS: Final = 2
_BITS_MIN: Final = 2048
_PASSWORD_LENGTH: Final = 44
_SERVICES: Final = ("codecommit.amazonaws.com", "cassandra.amazonaws.com")
_API_KEY_SERVICES: Final = ("bedrock.amazonaws.com", "logs.amazonaws.com")


def credentials_of(call: Call, user: User, kind: str) -> list[UserCredential]:
    """A user's credentials of one kind, oldest first."""
    rows = call.rows(USER_CREDENTIALS).values()
    return [row for row in rows if row.user_id == user.id and row.kind == kind]


def _expect(call: Call, user: User, kind: str, id_: str, noun: str) -> UserCredential:
    row = call.rows(USER_CREDENTIALS).get(id_)
    if row is None or row.user_id != user.id or row.kind != kind:
        raise refusals.no_such_entity(f"The {noun} with id {id_} cannot be found.")
    return row


# SSH public keys


def upload_ssh_public_key(call: Call, request: Input) -> Output:
    """UploadSSHPublicKey: ssh-rsa or PEM, 2,048 bits and more."""
    user = expect_user(call, request["UserName"])
    body = request["SSHPublicKeyBody"]
    fingerprint = _fingerprint(_read_key(body))
    had = credentials_of(call, user, SSH)
    if any(row.digest == fingerprint for row in had):
        raise AwsError("DuplicateSSHPublicKey", "The SSH public key is already associated.")
    if len(had) >= _SSH_KEYS:
        raise refusals.over_quota("SSHPublicKeysPerUser", _SSH_KEYS)
    row = UserCredential(
        id=unique_id(call, "APKA", user.arn),
        kind=SSH,
        user_id=user.id,
        made_ns=call.now,
        body=body,
        digest=fingerprint,
    )
    call.rows(USER_CREDENTIALS)[row.id] = row
    return {"SSHPublicKey": {**_ssh_item(user, row), "Fingerprint": fingerprint,
                             "SSHPublicKeyBody": body}}  # fmt: skip


def get_ssh_public_key(call: Call, request: Input) -> Output:
    """GetSSHPublicKey, in either encoding."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if request["Encoding"] not in ("SSH", "PEM"):
        raise AwsError("UnrecognizedPublicKeyEncoding", "The encoding is neither SSH nor PEM.")
    user = expect_user(call, request["UserName"])
    row = _expect(call, user, SSH, request["SSHPublicKeyId"], "Public Key")
    key = _read_key(row.body)
    form = (
        (Encoding.OpenSSH, PublicFormat.OpenSSH)
        if request["Encoding"] == "SSH"
        else (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    shown = {"Fingerprint": row.digest, "SSHPublicKeyBody": key.public_bytes(*form).decode()}
    return {"SSHPublicKey": {**_ssh_item(user, row), **shown}}


def list_ssh_public_keys(call: Call, request: Input) -> Output:
    """ListSSHPublicKeys."""
    user = named_or_calling_user(call, request)
    rows = sorted(credentials_of(call, user, SSH), key=lambda row: row.id)
    return listed(
        request, "SSHPublicKeys", rows, lambda row: row.id, lambda row: _ssh_item(user, row)
    )


def update_ssh_public_key(call: Call, request: Input) -> Output:
    """UpdateSSHPublicKey: its state."""
    user = expect_user(call, request["UserName"])
    row = _expect(call, user, SSH, request["SSHPublicKeyId"], "Public Key")
    row.status = request["Status"]
    return {}


def delete_ssh_public_key(call: Call, request: Input) -> Output:
    """DeleteSSHPublicKey."""
    user = expect_user(call, request["UserName"])
    row = _expect(call, user, SSH, request["SSHPublicKeyId"], "Public Key")
    del call.rows(USER_CREDENTIALS)[row.id]
    return {}


def _ssh_item(user: User, row: UserCredential) -> dict[str, Any]:
    return {
        "UserName": user.name,
        "SSHPublicKeyId": row.id,
        "Status": row.status,
        "UploadDate": seconds(row.made_ns),
    }


def _read_key(text: str) -> RSAPublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import (
        load_pem_public_key,
        load_ssh_public_key,
    )

    load = load_pem_public_key if text.lstrip().startswith("-----BEGIN") else load_ssh_public_key
    try:
        key = load(text.strip().encode())
    except (ValueError, TypeError, UnsupportedAlgorithm, binascii.Error):
        key = None
    if not isinstance(key, RSAPublicKey) or key.key_size < _BITS_MIN:
        raise AwsError("InvalidPublicKey", "The public key is malformed or otherwise invalid.")
    return key


def _fingerprint(key: RSAPublicKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    line = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1]
    digest = hashlib.md5(base64.b64decode(line), usedforsecurity=False).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


# Signing certificates


def upload_signing_certificate(call: Call, request: Input) -> Output:
    """UploadSigningCertificate: two per user at most."""
    user = named_or_calling_user(call, request)
    body = request["CertificateBody"]
    read_certificate(body)
    had = credentials_of(call, user, CERTIFICATE)
    if any(row.body == body for row in had):
        raise AwsError(
            "DuplicateCertificate", "The certificate is already associated.", refusals.CONFLICT
        )
    limit = call.quota("SigningCertificatesPerUser")
    if len(had) >= limit:
        raise refusals.over_quota("SigningCertificatesPerUser", limit)
    row = UserCredential(
        id=call.stream(user.arn, "signing-certificate").base32(32),
        kind=CERTIFICATE,
        user_id=user.id,
        made_ns=call.now,
        body=body,
    )
    call.rows(USER_CREDENTIALS)[row.id] = row
    return {"Certificate": _certificate_item(user, row)}


def list_signing_certificates(call: Call, request: Input) -> Output:
    """ListSigningCertificates."""
    user = named_or_calling_user(call, request)
    rows = sorted(credentials_of(call, user, CERTIFICATE), key=lambda row: row.id)
    return listed(
        request, "Certificates", rows, lambda row: row.id, lambda row: _certificate_item(user, row)
    )


def update_signing_certificate(call: Call, request: Input) -> Output:
    """UpdateSigningCertificate: its state."""
    user = named_or_calling_user(call, request)
    row = _expect(call, user, CERTIFICATE, request["CertificateId"], "Certificate")
    row.status = request["Status"]
    return {}


def delete_signing_certificate(call: Call, request: Input) -> Output:
    """DeleteSigningCertificate."""
    user = named_or_calling_user(call, request)
    row = _expect(call, user, CERTIFICATE, request["CertificateId"], "Certificate")
    del call.rows(USER_CREDENTIALS)[row.id]
    return {}


def _certificate_item(user: User, row: UserCredential) -> dict[str, Any]:
    return {
        "UserName": user.name,
        "CertificateId": row.id,
        "CertificateBody": row.body,
        "Status": row.status,
        "UploadDate": seconds(row.made_ns),
    }


# Service-specific credentials


def create_service_specific_credential(call: Call, request: Input) -> Output:
    """CreateServiceSpecificCredential: a user name and a password that is shown this once."""
    user, service = expect_user(call, request["UserName"]), request["ServiceName"]
    _check_service(call, service)
    had = [row for row in credentials_of(call, user, SERVICE) if row.service == service]
    if len(had) >= _SERVICE_CREDENTIALS:
        raise refusals.over_quota("ServiceSpecificCredentialsPerUser", _SERVICE_CREDENTIALS)
    taken = {row.service_user for row in had}
    names = (f"{user.name}{more}-at-{call.account}" for more in ("", "+1"))
    password = _new_password(call, user)
    row = UserCredential(
        id=unique_id(call, "ACCA", user.arn),
        kind=SERVICE,
        user_id=user.id,
        made_ns=call.now,
        digest=_digest(password),
        service=service,
        service_user=next(name for name in names if name not in taken),
    )
    call.rows(USER_CREDENTIALS)[row.id] = row
    return {"ServiceSpecificCredential": {**_service_item(user, row), "ServicePassword": password}}


def list_service_specific_credentials(call: Call, request: Input) -> Output:
    """ListServiceSpecificCredentials of a user."""
    if request.get("AllUsers"):
        raise Refused("iam", call.operation_name, "AllUsers is not simulated")
    user = named_or_calling_user(call, request)
    service = request.get("ServiceName")
    if service is not None:
        _check_service(call, service)
    rows = [
        _service_item(user, row)
        for row in credentials_of(call, user, SERVICE)
        if service in (None, row.service)
    ]
    return {"ServiceSpecificCredentials": rows}


def update_service_specific_credential(call: Call, request: Input) -> Output:
    """UpdateServiceSpecificCredential: its state."""
    _, row = _service_row(call, request)
    row.status = request["Status"]
    return {}


def reset_service_specific_credential(call: Call, request: Input) -> Output:
    """ResetServiceSpecificCredential: a new password, shown this once."""
    user, row = _service_row(call, request)
    password = _new_password(call, user)
    row.digest = _digest(password)
    return {"ServiceSpecificCredential": {**_service_item(user, row), "ServicePassword": password}}


def delete_service_specific_credential(call: Call, request: Input) -> Output:
    """DeleteServiceSpecificCredential."""
    _, row = _service_row(call, request)
    del call.rows(USER_CREDENTIALS)[row.id]
    return {}


def _service_row(call: Call, request: Input) -> tuple[User, UserCredential]:
    user = named_or_calling_user(call, request)
    id_ = request["ServiceSpecificCredentialId"]
    return user, _expect(call, user, SERVICE, id_, "Service Specific Credential")


def _check_service(call: Call, service: str) -> None:
    if service in _API_KEY_SERVICES:
        raise Refused("iam", call.operation_name, f"API keys of {service} are not simulated")
    if service not in _SERVICES:
        raise AwsError("NotSupportedService", f"No such service {service} is supported", 404)


def _new_password(call: Call, user: User) -> str:
    return call.stream(user.arn, "service-password").alnum(_PASSWORD_LENGTH)


def _digest(password: str) -> str:
    return hashlib.blake2b(password.encode(), digest_size=32).hexdigest()


def _service_item(user: User, row: UserCredential) -> dict[str, Any]:
    return {
        "UserName": user.name,
        "ServiceSpecificCredentialId": row.id,
        "ServiceName": row.service,
        "ServiceUserName": row.service_user,
        "Status": row.status,
        "CreateDate": seconds(row.made_ns),
    }
