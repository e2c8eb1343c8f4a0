"""Symmetric encryption: AES-256-GCM, and ciphertexts that say what opens them.

Rules of this file: pure, no Call. A ciphertext is

    magic 4 | account 6 | multi-Region 1 | key id 16 | material id 32 | nonce 12 | sealed

and its head, together with the encryption context, is authenticated: a ciphertext opens with the
very context it was made with, in any order. Nonces come from the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC: Final = b"\x01\x02\x02\x00"
NONCE: Final = 12
_ACCOUNT: Final = 6
_HEAD: Final = 4 + _ACCOUNT + 1 + 16 + 32
_SHORTEST: Final = _HEAD + NONCE + 16


class Sealed(NamedTuple):
    """A ciphertext, taken apart."""

    account: str
    key_id: str
    material_id: str
    head: bytes
    nonce: bytes
    sealed: bytes


@lru_cache(maxsize=1024)
def _cipher(material: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(material)


@lru_cache(maxsize=4096)
def _head(account: str, key_id: str, material_id: str) -> bytes:
    is_multi = key_id.startswith("mrk-")
    number = bytes.fromhex(key_id.removeprefix("mrk-").replace("-", ""))
    owner = int(account).to_bytes(_ACCOUNT, "big")
    return MAGIC + owner + bytes((is_multi,)) + number + bytes.fromhex(material_id)


def _aad(head: bytes, context: Mapping[str, str]) -> bytes:
    if not context:
        return head
    parts = [head]
    for name in sorted(context):
        for text in (name.encode(), context[name].encode()):
            parts += (len(text).to_bytes(4, "big"), text)
    return b"".join(parts)


def seal(
    material: bytes,
    material_id: str,
    account: str,
    key_id: str,
    nonce: bytes,
    plain: bytes,
    context: Mapping[str, str],
) -> bytes:
    """The ciphertext of `plain` under a key's material."""
    head = _head(account, key_id, material_id)
    return head + nonce + _cipher(material).encrypt(nonce, plain, _aad(head, context))


def find_sealed(blob: bytes) -> Sealed | None:
    """A ciphertext's parts, or None when it is none of ours."""
    if len(blob) < _SHORTEST or not blob.startswith(MAGIC) or blob[10] > 1:
        return None
    account = f"{int.from_bytes(blob[4:10], 'big'):012d}"
    number = blob[11:27].hex()
    if blob[10]:
        key_id = f"mrk-{number}"
    else:
        key_id = f"{number[:8]}-{number[8:12]}-{number[12:16]}-{number[16:20]}-{number[20:]}"
    return Sealed(
        account,
        key_id,
        blob[27:_HEAD].hex(),
        blob[:_HEAD],
        blob[_HEAD : _HEAD + NONCE],
        blob[_HEAD + NONCE :],
    )


def open_sealed(material: bytes, parts: Sealed, context: Mapping[str, str]) -> bytes | None:
    """What a ciphertext holds, or None when key or context are not those it was made with."""
    from cryptography.exceptions import InvalidTag

    try:
        return _cipher(material).decrypt(parts.nonce, parts.sealed, _aad(parts.head, context))
    except InvalidTag:
        return None
