"""The chambers that run on this machine for this user, so that `stop` finds them.

Rules of this file: a note per chamber, locked by it for as long as it lives. A note that nobody
locks is left over from a chamber that was killed: it is removed by whoever sees it. Process numbers
are never trusted without the lock.
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from pathlib import Path

import msgspec

STOP_PATIENCE_S = 30.0
LOOK_EVERY_S = 0.02


class Instance(msgspec.Struct, frozen=True):
    """A running chamber."""

    port: int
    pid: int
    host: str
    data: str
    scheme: str


def folder() -> Path:
    """Where this user's notes are. Raises OSError when it cannot be ours alone."""
    base = os.environ.get("XDG_RUNTIME_DIR") or os.environ.get("TMPDIR") or "/tmp"
    path = Path(base) / f"cloudchamber-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.stat().st_uid != os.getuid():
        raise OSError(f"{path} belongs to another user")
    return path


class Note:
    """This process's note, from `Note(instance)` to `remove`."""

    def __init__(self, instance: Instance) -> None:
        """Write the note. Raises OSError."""
        self._path = folder() / f"{instance.pid}-{instance.port}.json"
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, msgspec.json.encode(instance), 0)

    def remove(self) -> None:
        """The chamber has ended."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)


def running() -> list[Instance]:
    """Every running chamber of this user, by port."""
    found = []
    try:
        paths = sorted(folder().glob("*.json"))
    except OSError:
        return []
    for path in paths:
        try:
            file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            if _is_locked(file):
                found.append(msgspec.json.decode(os.read(file, 65536), type=Instance))
            else:
                path.unlink(missing_ok=True)
        except (OSError, msgspec.MsgspecError):
            continue
        finally:
            os.close(file)
    return sorted(found, key=lambda one: (one.port, one.pid))


def stop(instance: Instance, patience_s: float = STOP_PATIENCE_S) -> bool:
    """Ask a chamber to end and wait until it has. False when it has not within the patience."""
    end = time.monotonic() + patience_s
    try:
        os.kill(instance.pid, signal.SIGTERM)
    except ProcessLookupError:
        return True
    while instance in running():
        if time.monotonic() > end:
            return False
        time.sleep(LOOK_EVERY_S)
    return True


def _is_locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(file, fcntl.LOCK_UN)
    return False
