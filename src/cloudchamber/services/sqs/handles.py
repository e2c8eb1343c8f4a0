"""Receipt handles: which message, given out for the how manieth time.

Rules of this file: pure. A handle is opaque to clients; here it carries the queue's token, the
message's seq and the receipt's number, with a checksum so that a made-up one is told from an old
one. Nothing is stored for it.
"""

from __future__ import annotations

import base64
import binascii
from binascii import b2a_base64
from typing import Final, NamedTuple
from zlib import crc32

MARK: Final = b"AQEB"
_PARTS: Final = 3


class Receipt(NamedTuple):
    """What a handle says."""

    queue: str
    seq: int
    number: int


def write_receipt(queue: str, seq: int, number: int) -> str:
    """The handle of a receipt, from the token of its queue."""
    body = f"{queue}.{seq}.{number}".encode()
    return b2a_base64(MARK + crc32(body).to_bytes(4, "big") + body, newline=False).decode()


def read_receipt(handle: str) -> Receipt | None:
    """What a handle says, or None when nobody gave it out."""
    try:
        raw = base64.b64decode(handle.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeError):
        return None
    head, check, body = raw[:4], raw[4:8], raw[8:]
    if head != MARK or crc32(body).to_bytes(4, "big") != check:
        return None
    parts = body.split(b".")
    if len(parts) != _PARTS or not (parts[1].isdigit() and parts[2].isdigit()):
        return None
    try:
        return Receipt(parts[0].decode("ascii"), int(parts[1]), int(parts[2]))
    except ValueError:
        return None
