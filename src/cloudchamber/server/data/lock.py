"""One process per directory.

Rules of this file: the kernel's own lock, which dies with its process however that ends; the
number written into the file is for the message only.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from cloudchamber.server.data.errors import DataError


class DirectoryLock:
    """A lock on a directory, held until `release` or the end of the process."""

    def __init__(self, folder: Path) -> None:
        """Take the lock. Raises DataError, naming the process that has it."""
        path = folder / "lock"
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise DataError(f"{folder} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.read(self._file, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise DataError(
                f"{folder} is in use by another chamber (process {owner}): stop it, or choose "
                "another --data directory"
            ) from None
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            pass  # a full disk: the lock holds all the same

    def release(self) -> None:
        """Let others in."""
        os.close(self._file)
