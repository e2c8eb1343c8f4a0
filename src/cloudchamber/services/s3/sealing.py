"""How bodies are sealed at rest, and which key opens them.

Rules of this file: keys and bytes only; what a body is has no say. Every body has a key of its own,
which seals it once: AES-256 in counter mode, so that any byte opens by itself. That key follows
from, or is wrapped under, a key of keys: the bucket's own (SSE-S3), the one that KMS encrypted for
this body (SSE-KMS), or the one that the customer brings with every request (SSE-C).

    sealed here, in a row      its key is derived from the key of keys and a salt used once
    in the blob store          its key came with it; masked with what its name derives

What lies in a row is counted from block 2, as GCM counts: its one call for short bodies takes 4 µs
where a cipher's objects take 11. The tag that it adds is left out: what was stored is checked by
its MD5 and checksum.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from cloudchamber.cloud.blobs import BLOCK_BYTES, seal

KEY_BYTES: Final = 32


_NONCE: Final = bytes(12)  # a key seals one body
_TAG_BYTES: Final = 16
_FIRST: Final = 2 * BLOCK_BYTES  # where in the key stream a body in a row begins


@lru_cache(maxsize=1)
def _gcm() -> Any:
    """AES-GCM, imported when first needed."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM


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
        return seal(data, key, _FIRST + start)
    done: bytes = _gcm()(key).encrypt(_NONCE, data, None)
    return done[:-_TAG_BYTES]


def masked(key: bytes, key_of_keys: bytes, blob: str) -> bytes:
    """The key of a blob wrapped under the key of keys, or unwrapped again."""
    mask = derived(key_of_keys, blob.encode())
    whole = int.from_bytes(key, "big") ^ int.from_bytes(mask, "big")
    return whole.to_bytes(KEY_BYTES, "big")
