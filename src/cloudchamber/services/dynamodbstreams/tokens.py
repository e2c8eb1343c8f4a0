"""Shard iterators as text: the stream's ARN, and a place in it that was true at an instant.

Rules of this file: text only. An iterator that was not made here is no iterator.
"""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2b
from typing import NamedTuple

_VERSION = "1"
_SIZE = 8


class Token(NamedTuple):
    """What a shard iterator says: read `shard` of `arn` from `sequence` on."""

    arn: str
    shard: str
    sequence: int
    made_ns: int


def write_token(token: Token) -> str:
    """The iterator's text."""
    inside = f"{token.shard} {token.sequence} {token.made_ns}"
    data = _sum(token.arn, inside) + inside.encode()
    return f"{token.arn}|{_VERSION}|{base64.b64encode(data).decode()}"


def read_token(text: str) -> Token | None:
    """What a text says, or None when it is no iterator of ours."""
    arn, _, rest = text.partition("|")
    version, _, encoded = rest.partition("|")
    if version != _VERSION:
        return None
    try:
        data = base64.b64decode(encoded, validate=True)
        inside = data[_SIZE:].decode()
    except (binascii.Error, UnicodeError, ValueError):
        return None
    if data[:_SIZE] != _sum(arn, inside):
        return None
    shard, sequence, made_ns = inside.split(" ")
    return Token(arn, shard, int(sequence), int(made_ns))


def _sum(arn: str, inside: str) -> bytes:
    return blake2b(f"{arn} {inside}".encode(), digest_size=_SIZE).digest()
