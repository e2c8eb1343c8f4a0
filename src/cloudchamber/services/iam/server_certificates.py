"""Server certificates: read, checked against their key, kept and given back.

Rules of this file: recorded, until a load balancer asks for one. A private key is held and never
shown. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals, tags
from cloudchamber.services.iam.identifiers import arn_of, unique_id
from cloudchamber.services.iam.kinds import handler_of
from cloudchamber.services.iam.listing import listed_rows
from cloudchamber.services.iam.nouns import key_of
from cloudchamber.services.iam.proofs import CERTIFICATES, ServerCertificate
from cloudchamber.services.iam.views import seconds

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from cloudchamber.cloud.call import Call

_ID: Final = "ASCA"
_NOUN: Final = "Server Certificate"


def upload_server_certificate(call: Call, request: Input) -> Output:
    """UploadServerCertificate. Raises MalformedCertificate, KeyPairMismatch."""
    name, path = request["ServerCertificateName"], request.get("Path", "/")
    rows = call.rows(CERTIFICATES)
    if key_of(name) in rows:
        raise refusals.already_exists(f"The {_NOUN} with name {name} already exists.")
    limit = call.quota("ServerCertificatesPerAccount")
    if len(rows) >= limit:
        raise refusals.over_quota("ServerCertificatesPerAccount", limit)
    certificate = read_certificate(request["CertificateBody"])
    if "CertificateChain" in request:
        read_certificate(request["CertificateChain"])
    _check_pair(certificate, request["PrivateKey"])
    new_tags = tags.tags_from(call, request.get("Tags", ()))
    arn = arn_of(call, "server-certificate", path, name)
    row = ServerCertificate(
        name=name,
        path=path,
        id=unique_id(call, _ID, arn),
        arn=arn,
        uploaded_ns=call.now,
        expires_ns=int(certificate.not_valid_after_utc.astimezone(UTC).timestamp()) * SECOND_NS,
        body=request["CertificateBody"],
        chain=request.get("CertificateChain", ""),
        key=request["PrivateKey"],
        tags=new_tags,
    )
    rows[key_of(name)] = row
    return tags.with_tags({"ServerCertificateMetadata": _metadata(row)}, row)


def get_server_certificate(call: Call, request: Input) -> Output:
    """GetServerCertificate, without its private key."""
    row = _expect(call, request)
    shown: dict[str, Any] = {
        "ServerCertificateMetadata": _metadata(row),
        "CertificateBody": row.body,
    }
    if row.chain:
        shown["CertificateChain"] = row.chain
    return {"ServerCertificate": tags.with_tags(shown, row)}


def list_server_certificates(call: Call, request: Input) -> Output:
    """ListServerCertificates, by name."""
    rows = call.rows(CERTIFICATES)
    return listed_rows(request, "ServerCertificateMetadataList", rows, _metadata)


def update_server_certificate(call: Call, request: Input) -> Output:
    """UpdateServerCertificate: another name or path, the same certificate."""
    row = _expect(call, request)
    rows = call.rows(CERTIFICATES)
    name = request.get("NewServerCertificateName", row.name)
    if key_of(name) != key_of(row.name) and key_of(name) in rows:
        raise refusals.already_exists(f"The {_NOUN} with name {name} already exists.")
    del rows[key_of(row.name)]
    row.name, row.path = name, request.get("NewPath", row.path)
    row.arn = arn_of(call, "server-certificate", row.path, name)
    rows[key_of(name)] = row
    return {}


def delete_server_certificate(call: Call, request: Input) -> Output:
    """DeleteServerCertificate."""
    row = _expect(call, request)
    del call.rows(CERTIFICATES)[key_of(row.name)]
    return {}


def resource(call: Call, request: Input) -> str:
    """What permission is asked on."""
    name = request["ServerCertificateName"]
    found = call.rows(CERTIFICATES).get(key_of(name))
    if found is not None:
        return found.arn
    return arn_of(call, "server-certificate", request.get("Path", "/"), name)


def resources(call: Call, request: Input) -> str:
    """What permission a listing is asked on."""
    return arn_of(call, "server-certificate", request.get("PathPrefix", "/"), "")


def read_certificate(text: str) -> Certificate:
    """The first certificate of a PEM text. Raises MalformedCertificate."""
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(text.encode())
    except ValueError:
        raise AwsError(
            "MalformedCertificate", "Unable to parse certificate. Please ensure the certificate is "
            "in PEM format.",
        ) from None  # fmt: skip


def _check_pair(certificate: Certificate, key_text: str) -> None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(key_text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise AwsError(
            "MalformedCertificate", "Unable to parse private key. Please ensure the key is in PEM "
            "format and not encrypted.",
        ) from None  # fmt: skip
    if key.public_key() != certificate.public_key():
        raise AwsError("KeyPairMismatch", "Private key doesn't match the certificate's public key.")


def _metadata(row: ServerCertificate) -> dict[str, Any]:
    return {
        "Path": row.path,
        "ServerCertificateName": row.name,
        "ServerCertificateId": row.id,
        "Arn": row.arn,
        "UploadDate": seconds(row.uploaded_ns),
        "Expiration": seconds(row.expires_ns),
    }


def _expect(call: Call, request: Input) -> ServerCertificate:
    name = request["ServerCertificateName"]
    found = call.rows(CERTIFICATES).get(key_of(name))
    if found is None:
        raise refusals.not_found(_NOUN, name)
    return found


tag_certificate = handler_of(tags.tag, _expect)
untag_certificate = handler_of(tags.untag, _expect)
list_certificate_tags = handler_of(tags.list_tags, _expect)
