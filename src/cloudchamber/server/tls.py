"""TLS for the front end: somebody's certificate, or one made for this machine.

Rules of this file: `cryptography` is loaded only to make a certificate, `ssl` only with TLS on.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from cloudchamber.server.http.admission import DEFAULT_NAMES
from cloudchamber.server.settings import StartError, TlsSettings

if TYPE_CHECKING:
    from ssl import SSLContext

DAYS = 397  # the longest life that browsers accept
# OpenSSL takes no wildcard right below a top-level name, so `*.localhost` serves others only.
NAMES = ("localhost", "*.localhost", "s3.localhost", "*.s3.localhost", *DEFAULT_NAMES)


def make_context(settings: TlsSettings, folder: Path, host: str) -> tuple[SSLContext, Path]:
    """A server context, and the certificate that clients are to trust (`AWS_CA_BUNDLE`).

    A certificate that is made is kept in `folder` and used again. Raises StartError.
    """
    import ssl

    if bool(settings.certificate) != bool(settings.key):
        raise StartError("TLS needs both a certificate and its key, or neither")
    if settings.certificate:
        certificate, key = Path(settings.certificate), Path(settings.key)
    else:
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        if not (certificate.exists() and key.exists()) or not _is_good(certificate, host):
            _make(certificate, key, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2", "http/1.1"])
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise StartError(f"the certificate {certificate} cannot be used: {error}") from error
    return context, certificate


def _is_good(certificate: Path, host: str) -> bool:
    """Whether a certificate made earlier still serves: a day or more left, this host in it."""
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    addresses = extension.value.get_values_for_type(x509.IPAddress)
    address = _address(host)
    fits = address is None or address in addresses
    return fits and found.not_valid_after_utc > datetime.now(UTC) + timedelta(days=1)


def _make(certificate: Path, key: Path, host: str) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Cloudchamber on localhost")])
    addresses = [ip_address("127.0.0.1"), ip_address("::1")]
    address = _address(host)
    if address is not None and address not in addresses:
        addresses.append(address)
    names: list[x509.GeneralName] = [x509.DNSName(text) for text in NAMES]
    names += [x509.IPAddress(one) for one in addresses]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(secret, hashes.SHA256())
    )
    pem = secret.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        certificate.parent.mkdir(parents=True, exist_ok=True)
        _write(key, pem, 0o600)
        _write(certificate, made.public_bytes(serialization.Encoding.PEM), 0o644)
    except OSError as error:
        raise StartError(f"the certificate cannot be kept in {key.parent}: {error}") from error


def _write(path: Path, data: bytes, mode: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        os.write(file, data)
    finally:
        os.close(file)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
