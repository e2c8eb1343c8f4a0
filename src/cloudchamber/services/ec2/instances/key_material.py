"""Keys of key pairs: made from a stream, and written as AWS writes them.

Rules of this file: real keys, but drawn from the chamber's own chance, so that the same world makes
the same ones: nothing may be guarded with them outside. Primes are found as everybody finds them:
a random odd number, then the next ones that no small prime divides, until Miller and Rabin agree.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html
"""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import Final, Protocol

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

_BITS: Final = 2048
_EXPONENT: Final = 65537
# Enough for random numbers of this size (FIPS 186-5, table B.1).
_ROUNDS: Final = 4
_SIEVE: Final = tuple(
    number
    for number in range(3, 8000, 2)
    if all(number % divisor for divisor in range(3, int(number**0.5) + 1, 2))
)
_LINE: Final = 70
_BLOCK: Final = 8
IMPORTED_BITS: Final = (1024, 2048, 4096)


class Stream(Protocol):
    """Where chance comes from: a stream of the call's."""

    def bytes(self, n: int) -> bytes:
        """So many random bytes."""

    def below(self, n: int) -> int:
        """A random number below `n`."""


class NotAKey(ValueError):
    """The text is no public key that EC2 takes."""


class Made(msgspec.Struct, frozen=True):
    """A new pair: the private half as PEM, the public one as OpenSSH writes it."""

    private: str
    public: str
    fingerprint: str


def new_pair(stream: Stream, kind: str) -> Made:
    """A key pair of a kind: `rsa` (2048 bits) or `ed25519`."""
    if kind == "ed25519":
        seed = stream.bytes(32)
        own = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        blob = _ssh_text(b"ssh-ed25519") + _ssh_text(own.public_key().public_bytes_raw())
        private = _openssh(seed + own.public_key().public_bytes_raw(), blob, stream.bytes(4))
        return Made(private, _ssh_line("ssh-ed25519", blob), _sha256(blob))
    key = _rsa_key(stream)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()
    encoded = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return Made(private.rstrip("\n"), public.decode(), _colons(hashlib.sha1(encoded).digest()))


def imported(text: bytes) -> tuple[str, str, str]:
    """(kind, public key, fingerprint) of a public key that was sent. Raises NotAKey."""
    words = text.strip().split()
    line = b" ".join(words[:2]) if words[:1] in ([b"ssh-rsa"], [b"ssh-ed25519"]) else None
    try:
        key = (
            serialization.load_ssh_public_key(line)
            if line
            else serialization.load_der_public_key(base64.b64decode(text, validate=True))
        )
    except (ValueError, UnsupportedAlgorithm) as error:
        raise NotAKey(str(error)) from error
    public = key.public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    ).decode()
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "ed25519", public, _sha256(base64.b64decode(public.split()[1]))
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size not in IMPORTED_BITS:
        raise NotAKey("neither RSA of 1024, 2048 or 4096 bits nor ED25519")
    encoded = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return "rsa", public, _colons(hashlib.md5(encoded).digest())


def _rsa_key(stream: Stream) -> rsa.RSAPrivateKey:
    p, q = _prime(stream), _prime(stream)
    while q == p:
        q = _prime(stream)
    n = p * q
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(
        p,
        q,
        d,
        rsa.rsa_crt_dmp1(d, p),
        rsa.rsa_crt_dmq1(d, q),
        rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(_EXPONENT, n),
    ).private_key()


def _prime(stream: Stream) -> int:
    """A prime of half the key's bits, the two highest set, fit for the exponent."""
    bits = _BITS // 2
    number = int.from_bytes(stream.bytes(bits // 8)) | 3 << (bits - 2) | 1
    while True:
        if all(number % small for small in _SIEVE) and number % _EXPONENT != 1:
            if pow(2, number - 1, number) == 1 and _is_prime(number, stream):
                return number
        number += 2


def _is_prime(number: int, stream: Stream) -> bool:
    odd, twos = number - 1, 0
    while not odd & 1:
        odd, twos = odd >> 1, twos + 1
    for _ in range(_ROUNDS):
        x = pow(2 + stream.below(1 << 62), odd, number)
        if x in (1, number - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % number
            if x == number - 1:
                break
        else:
            return False
    return True


def _openssh(pair: bytes, public: bytes, check: bytes) -> str:
    """An ED25519 key as OpenSSH writes it, without a passphrase (PROTOCOL.key)."""
    secret = check * 2 + public + _ssh_text(pair) + _ssh_text(b"")
    secret += bytes(range(1, 1 + -len(secret) % _BLOCK))
    body = b"openssh-key-v1\0" + _ssh_text(b"none") * 2 + _ssh_text(b"")
    body += struct.pack(">I", 1) + _ssh_text(public) + _ssh_text(secret)
    text = base64.b64encode(body).decode()
    lines = [text[place : place + _LINE] for place in range(0, len(text), _LINE)]
    return "\n".join(
        ("-----BEGIN OPENSSH PRIVATE KEY-----", *lines, "-----END OPENSSH PRIVATE KEY-----")
    )


def _ssh_text(raw: bytes) -> bytes:
    return struct.pack(">I", len(raw)) + raw


def _ssh_line(kind: str, blob: bytes) -> str:
    return f"{kind} {base64.b64encode(blob).decode()}"


def _sha256(blob: bytes) -> str:
    return base64.b64encode(hashlib.sha256(blob).digest()).decode()


def _colons(digest: bytes) -> str:
    return digest.hex(":")
