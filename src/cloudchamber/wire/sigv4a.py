"""Signature Version 4A: the asymmetric signature that holds in several Regions at once.

Rules of this file: the key pair is derived from the secret, as clients do it; nothing is random.
Needed by multi-Region access points and by EventBridge's global endpoints.

Derivation: NIST SP 800-108 in counter mode with HMAC-SHA256, until a number below the order of
P-256 less two comes out; one more than it is the private key.
"""

from __future__ import annotations

import hmac
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from cloudchamber.wire.errors import WireError

LABEL: Final = b"AWS4-ECDSA-P256-SHA256"
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SIGNATURE_LIMIT: Final = 160


def public_key(access_key: str, secret: str) -> ec.EllipticCurvePublicKey:
    """The public half of the key pair of an access key."""
    return private_key(access_key, secret).public_key()


def private_key(access_key: str, secret: str) -> ec.EllipticCurvePrivateKey:
    """The private half of the key pair of an access key. Raises WireError if there is none."""
    key = b"AWS4A" + secret.encode("utf-8", "replace")
    for counter in range(1, 255):
        context = access_key.encode("utf-8", "replace") + bytes((counter,))
        fixed = b"\x00\x00\x00\x01" + LABEL + b"\x00" + context + b"\x00\x00\x01\x00"
        candidate = int.from_bytes(hmac.digest(key, fixed, "sha256"), "big")
        if candidate <= ORDER - 2:
            return ec.derive_private_key(candidate + 1, ec.SECP256R1())
    raise WireError("InvalidAccessKeyId", "No signing key can be derived from this access key.")


def is_signed(key: ec.EllipticCurvePublicKey, signature: str, text: str) -> bool:
    """Whether `signature` (DER in hex) is this key's over `text`."""
    if len(signature) > SIGNATURE_LIMIT:
        return False
    try:
        key.verify(bytes.fromhex(signature), text.encode("utf-8", "replace"), ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True
