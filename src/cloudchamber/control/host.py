"""What the control layer needs of whoever hosts a world, and where named snapshots are kept.

Rules of this file: shapes only, plus the in-memory keeper that in-process chambers use.
"""

from __future__ import annotations

import re
from typing import Any, Protocol

from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Settings

SNAPSHOT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Snapshots(Protocol):
    """Named worlds as bytes. Names match SNAPSHOT_NAME; KeyError for an unknown one."""

    def put(self, name: str, data: bytes) -> None: ...
    def get(self, name: str) -> bytes: ...
    def names(self) -> list[str]: ...


class MemorySnapshots:
    """Snapshots that live as long as their host."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def put(self, name: str, data: bytes) -> None:
        """Keep a snapshot, replacing one of the same name."""
        self._kept[name] = data

    def get(self, name: str) -> bytes:
        """The snapshot of that name. Raises KeyError."""
        return self._kept[name]

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._kept)


class Host(Protocol):
    """Whoever owns a Cloud and moves its time."""

    @property
    def cloud(self) -> Cloud: ...
    @property
    def snapshots(self) -> Snapshots: ...
    @property
    def clock_mode(self) -> str:
        """`live`, `demand`, `manual`, `auto` or a rate such as `x60`."""
        ...

    def set_clock_mode(self, mode: str) -> None:
        """Change who moves time. Raises SettingsError."""
        ...

    def reset(self, settings: Settings) -> None:
        """Open an empty world with these settings."""
        ...

    def restore(self, data: bytes) -> None:
        """Put a snapshot in the place of the world. Raises SnapshotError."""
        ...

    def describe(self) -> dict[str, Any]:
        """More of the host for `status` (data directory, endpoint), JSON-ready."""
        ...
