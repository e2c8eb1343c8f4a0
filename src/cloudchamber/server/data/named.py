"""Worlds kept by name, one file each.

Rules of this file: a name is a file name and nothing more; whatever could lead elsewhere is not a
name. A snapshot is replaced whole or not at all.
"""

from __future__ import annotations

from pathlib import Path

from cloudchamber.control.host import SNAPSHOT_NAME
from cloudchamber.server.data.segment import write_whole


class NamedSnapshots:
    """The snapshots in one folder, which is made when the first is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, data: bytes) -> None:
        """Keep a snapshot, replacing one of the same name. Raises OSError (a full disk)."""
        self._folder.mkdir(exist_ok=True)
        write_whole(self._path(name), data)

    def get(self, name: str) -> bytes:
        """The snapshot of that name. Raises KeyError."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            raise KeyError(name) from None

    def names(self) -> list[str]:
        """All names, sorted."""
        if not self._folder.is_dir():
            return []
        return sorted(
            path.name.removesuffix(SUFFIX)
            for path in self._folder.iterdir()
            if path.name.endswith(SUFFIX)
        )

    def _path(self, name: str) -> Path:
        if not SNAPSHOT_NAME.fullmatch(name):
            raise KeyError(name)
        return self._folder / (name + SUFFIX)


SUFFIX = ".world"
