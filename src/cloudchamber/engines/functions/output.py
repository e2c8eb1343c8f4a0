"""What a function prints: all of it is read, a bounded part of it is kept.

Rules of this file: bytes, never text. The beginning and the end are kept; what lies between is
counted, and said to be missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

HEAD_BYTES: Final = 1 << 20
TAIL_BYTES: Final = 1 << 18


class Output:
    """One invocation's output."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._lost = 0

    def write(self, data: bytes) -> None:
        """More was printed."""
        room = HEAD_BYTES - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            self._tail += data
            over = len(self._tail) - TAIL_BYTES
            if over > TAIL_BYTES:
                self._lost += over
                del self._tail[:over]

    def pull(self, read: Callable[[], bytes | None], reads_max: int) -> bool:
        """Write what can be read now, in at most so many reads. False at the end of it all."""
        for _ in range(reads_max):
            data = read()
            if not data:
                return data is None
            self.write(data)
        return True

    def take(self) -> bytes:
        """Everything kept; a new beginning."""
        over = max(0, len(self._tail) - TAIL_BYTES)
        if over:
            self._lost += over
            del self._tail[:over]
        text = bytes(self._head)
        if self._lost:
            text += b"\n[cloudchamber: %d bytes of output are left out here]\n" % self._lost
        text += bytes(self._tail)
        self._head.clear()
        self._tail.clear()
        self._lost = 0
        return text
