"""Which chambers of this user run on this machine: one small file each, so that `stop` finds them.

Rules of this file: a file says who listens where; whether it is alive is asked of the system, never
believed. Files live in the user's runtime directory, which nobody else may write.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

GRACE_S: Final = 20.0
POLL_S: Final = 0.02


class Instance(msgspec.Struct, frozen=True):
    """A chamber that runs (or did): its process, where it listens, its data directory if any."""

    pid: int
    host: str
    port: int
    data: str = ""


def directory() -> Path:
    """The folder of the files, made for this user alone. Raises PermissionError if it is not."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    base = Path(runtime) if runtime and Path(runtime).is_dir() else Path(tempfile.gettempdir())
    folder = base / f"cloudchamber-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(f"{folder} is not a folder that only this user may write")
    return folder


def record(instance: Instance) -> None:
    """Say that this instance runs."""
    target = directory() / f"{instance.port}.json"
    fresh = target.with_suffix(f".{instance.pid}")
    fresh.write_bytes(msgspec.json.encode(instance))
    fresh.replace(target)


def forget(instance: Instance) -> None:
    """Say that it no longer runs; another instance's file on the same port is left alone."""
    target = directory() / f"{instance.port}.json"
    if _read(target) == instance:
        with contextlib.suppress(FileNotFoundError):
            target.unlink()


def running() -> list[Instance]:
    """The instances that are alive, by port. Files of dead ones are cleared away."""
    alive: list[Instance] = []
    for path in sorted(directory().glob("*.json")):
        instance = _read(path)
        if instance is not None and is_alive(instance.pid):
            alive.append(instance)
        else:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
    return sorted(alive, key=lambda one: one.port)


def stop(instance: Instance, grace_s: float = GRACE_S) -> bool:
    """Ask the process to end and wait for it. False when it still runs after the grace."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(instance.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while is_alive(instance.pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def is_alive(pid: int) -> bool:
    """Whether a process of that id runs and is not merely waiting to be collected."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return True
    return state != "Z"


def _read(path: Path) -> Instance | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Instance)
    except (OSError, msgspec.MsgspecError):
        return None
