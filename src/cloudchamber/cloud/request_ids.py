"""Names for requests: the n-th of every world of one seed has the same.

Rules of this file: pure. A digest of 64 bytes names four requests, as most are asked for in turn.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

DIGITS: Final = 32  # of an id
A_BLOCK: Final = 4  # ids of one digest


class RequestIds:
    """The ids of one world."""

    __slots__ = ("_block", "_key", "_text")

    def __init__(self, seed: int) -> None:
        self._key = blake2b(b"requests", key=seed.to_bytes(8, "big")).digest()
        self._block = -1  # the one that is at hand
        self._text = ""

    def of(self, number: int) -> str:
        """The id of the n-th request, in the form of a UUID."""
        block, place = divmod(number, A_BLOCK)
        if block != self._block:
            self._block = block
            self._text = blake2b(block.to_bytes(8, "big"), key=self._key).hexdigest()
        at = place * DIGITS
        text = self._text[at : at + DIGITS]
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
