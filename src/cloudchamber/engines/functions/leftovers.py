"""Folders of engines, and what is left of engines that were killed.

Rules of this file: a folder belongs to whoever holds the lock on its `owner` file. A folder whose
lock nobody holds is what a killed chamber left: the containers that it notes are removed and the
processes that have it in their environment are ended (frozen ones would stay for ever), then it is
removed.
"""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Final

from cloudchamber.engines.child import PROC
from cloudchamber.engines.containers.commands import NAMES, Engine
from cloudchamber.engines.containers.container import remove as remove_containers

PREFIX: Final = "cloudchamber-functions-"
OWNER: Final = "owner"
NOTE: Final = "container"  # the file of an environment that says what its container is called
DEATH_S: Final = 5  # a killed process may be writing to a slow disk
SCANS_MAX: Final = 10


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
            end_containers(folder)
            end_processes(folder)
            remove(folder)
        finally:
            os.close(lock)


def end_containers(folder: Path) -> None:
    """Remove the containers that the environments below this folder noted, whatever they do."""
    notes = [note.read_text().split() for note in folder.glob(f"environments/*/{NOTE}")]
    for name in NAMES:
        path = shutil.which(name)
        if path is not None:
            mine = tuple(words[1] for words in notes if words[:1] == [name] and len(words) == 2)
            remove_containers(Engine(name, path), mine)


def end_processes(folder: Path) -> None:
    """End every process that has a place below this folder in its environment, and see it gone.

    One that dies may write until it is dead, and one that was just being started shows its place
    only once it has begun: so all are looked at again until none is found.
    """
    mark = bytes(folder) + b"/"
    for _ in range(SCANS_MAX):
        ending = [fd for number in _processes() if (fd := _end(number, mark)) is not None]
        if not ending:
            return
        for fd in ending:
            # A descriptor of a process can be read once the process is dead.
            select.select([fd], [], [], DEATH_S)
            os.close(fd)


def _processes() -> list[int]:
    try:
        return [int(name) for name in os.listdir(PROC) if name.isdigit()]
    except OSError:
        return []


def _end(number: int, mark: bytes) -> int | None:
    """Kill a process that has the mark in its environment: what tells of its death, or None."""
    try:
        fd = os.pidfd_open(number)
    except OSError:
        return None
    try:
        if mark in (PROC / str(number) / "environ").read_bytes():
            signal.pidfd_send_signal(fd, signal.SIGKILL)
            return fd
    except OSError:
        pass  # it went by itself, or is not ours
    os.close(fd)
    return None


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
