"""How bodies are sealed at rest, and which key opens them.

Rules of this file: keys and bytes only; what a body is has no say. Every body has a key of its own,
which seals it once (AES-256, counter mode). That key follows from, or is wrapped under, a key of
keys: the bucket's own (SSE-S3), the one that KMS encrypted for this body (SSE-KMS), or the one that
the customer brings with every request (SSE-C).

    sealed here, in a row      its key is derived from the key of keys and a salt used once
    in the blob store          its key came with it; masked with what its name derives

https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from cloudchamber.cloud.blobs import seal

KEY_BYTES: Final = 32


@lru_cache(maxsize=1)
def _ciphers() -> tuple[Any, Any, Any]:
    """The cipher, AES and the mode that begins at zero: made once, when first needed."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CTR

    return Cipher, AES, CTR(bytes(16))


def derived(key_of_keys: bytes, salt: bytes) -> bytes:
    """The key of a body that is sealed in a row."""
    return blake2b(salt, digest_size=KEY_BYTES, key=key_of_keys).digest()


def salted(number: int) -> bytes:
    """The salt that a number stands for."""
    return number.to_bytes(8, "big")


def sealed(data: bytes, key_of_keys: bytes, salt: bytes, start: int = 0) -> bytes:
    """`data` sealed, or opened again; `start` is where it begins in what was sealed."""
    key = derived(key_of_keys, salt)
    if start:
        return seal(data, key, start)
    cipher, aes, mode = _ciphers()
    done: bytes = cipher(aes(key), mode).encryptor().update(data)
    return done


def masked(key: bytes, key_of_keys: bytes, blob: str) -> bytes:
    """The key of a blob wrapped under the key of keys, or unwrapped again."""
    mask = derived(key_of_keys, blob.encode())
    whole = int.from_bytes(key, "big") ^ int.from_bytes(mask, "big")
    return whole.to_bytes(KEY_BYTES, "big")
