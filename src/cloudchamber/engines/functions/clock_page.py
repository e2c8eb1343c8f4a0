"""The page of memory that tells a process what the chamber's clock shows.

Rules of this file: 64 bytes in a file of the environment's own: format, mode, instant, the instant
at which the process began, offset to the wall. Words of eight bytes, so that no reader sees half.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path
from time import time_ns
from typing import Final

BYTES: Final = 64
FORMAT: Final = 1
WORD: Final = struct.Struct("=q")


class ClockPage:
    """One process's view of the time."""

    def __init__(self, path: Path, now_ns: int, walking: bool) -> None:
        """`walking` is for a clock that goes at the wall's own pace."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        os.ftruncate(self._file, BYTES)
        self._page = mmap.mmap(self._file, BYTES)
        self._put(0, FORMAT)
        self._put(3, now_ns)
        self.set(now_ns, walking)

    def set(self, now_ns: int, walking: bool) -> None:
        """The chamber's clock shows this now."""
        self._put(1, int(walking))
        self._put(2, now_ns)
        self._put(4, now_ns - time_ns())

    def close(self) -> None:
        """No longer kept; the process may still read what it has."""
        self._page.close()
        os.close(self._file)

    def _put(self, word: int, value: int) -> None:
        WORD.pack_into(self._page, word * WORD.size, value)
