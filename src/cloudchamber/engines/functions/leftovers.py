"""Folders of engines, and what is left of engines that were killed.

Rules of this file: a folder belongs to whoever holds the lock on its `owner` file. A folder whose
lock nobody holds is what a killed chamber left: the processes that have it in their environment
are ended (frozen ones would stay for ever), then it is removed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Final

PREFIX: Final = "cloudchamber-functions-"
OWNER: Final = "owner"
PROC: Final = Path("/proc")


class OwnFolder:
    """A new folder of ours, until `remove`."""

    def __init__(self, parent: Path | None = None) -> None:
        """Raises OSError."""
        parent = parent or Path(tempfile.gettempdir())
        sweep(parent)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent)).resolve()
        young = self.path / "young"
        self._lock = os.open(young, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        young.rename(self.path / OWNER)

    def remove(self) -> None:
        """Remove it and everything in it."""
        remove(self.path)
        os.close(self._lock)


def sweep(parent: Path) -> None:
    """Remove what killed chambers of this user left here, processes first."""
    for folder in parent.glob(PREFIX + "*"):
        try:
            if folder.stat().st_uid != os.getuid():
                continue
            lock = os.open(folder / OWNER, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue  # its chamber lives
        else:
            end_processes(folder)
            remove(folder)
        finally:
            os.close(lock)


def end_processes(folder: Path) -> None:
    """End every process that has a place below this folder in its environment."""
    mark = bytes(folder) + b"/"
    try:
        names = [name for name in os.listdir(PROC) if name.isdigit()]
    except OSError:
        return
    for name in names:
        try:
            if mark in (PROC / name / "environ").read_bytes():
                os.kill(int(name), signal.SIGKILL)
        except OSError:
            continue


def remove(folder: Path) -> None:
    """Remove a folder, whatever a function did to its permissions."""

    def open_up(_function: object, path: str, _error: object) -> None:
        try:
            os.chmod(os.path.dirname(path), 0o700)
            os.chmod(path, 0o700)
            if os.path.isdir(path):
                shutil.rmtree(path, ignore_errors=True)
            else:
                os.unlink(path)
        except OSError:
            pass  # what cannot be removed is left to whoever cleans the temporary folder

    shutil.rmtree(folder, onerror=open_up)
