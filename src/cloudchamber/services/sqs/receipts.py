"""Receipt handles: which message, given out for the how manieth time.

Rules of this file: pure. A handle is opaque to clients; here it carries the queue's name, the
message's seq and the receipt's number, with a checksum so that a made-up one is told from an old
one. Nothing is stored for it.
"""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple
from zlib import crc32

MARK = b"AQEB"


class Receipt(NamedTuple):
    """What a handle says."""

    queue: str
    seq: int
    number: int


def write_receipt(queue: str, seq: int, number: int) -> str:
    """The handle of a receipt."""
    body = f"{seq}.{number}.{queue}".encode()
    return base64.b64encode(MARK + crc32(body).to_bytes(4, "big") + body).decode()


def read_receipt(handle: str) -> Receipt | None:
    """What a handle says, or None when nobody gave it out."""
    try:
        raw = base64.b64decode(handle.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeError):
        return None
    head, check, body = raw[:4], raw[4:8], raw[8:]
    if head != MARK or crc32(body).to_bytes(4, "big") != check:
        return None
    seq, number, queue = body.decode().split(".", 2)
    return Receipt(queue, int(seq), int(number))
