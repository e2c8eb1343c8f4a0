"""Large bodies as files, one each, sealed by whoever hands them in.

Rules of this file: names are ours (letters and digits), so no name can lead out of the folder. A
body becomes visible when it is whole: it is written beside its place and renamed into it.

    blobs/3f/r3f6c...     the body
    blobs/new/r3f6c...    on its way in; whatever lies here at a start was cut short
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from secrets import token_bytes, token_hex
from tempfile import mkdtemp
from typing import Final

from cloudchamber.cloud.blobs import KEY_BYTES

NAME: Final = re.compile("[a-z][0-9a-f]{8,64}")
INCOMING: Final = "new"


class FileBlobs:
    """A store of bodies in a folder. With no folder it makes one of its own, removed by `close`."""

    def __init__(self, folder: Path | None = None, *, fsync: bool = False) -> None:
        """Nothing is made on the disk before there is a body."""
        self._given = folder
        self._fsync = fsync
        self._is_ready = False

    def invent(self) -> tuple[str, bytes]:
        """A name and a key from the system's entropy: which body is which never matters."""
        return "r" + token_hex(16), token_bytes(KEY_BYTES)

    def create(self, name: str) -> FileWriter:
        """Begin a body. Raises OSError."""
        incoming = self._folder / INCOMING
        if not self._is_ready:
            shutil.rmtree(incoming, ignore_errors=True)
            incoming.mkdir(parents=True)
            self._is_ready = True
        return FileWriter(incoming / name, self._path(name), self._fsync)

    def find_length(self, name: str) -> int | None:
        """Its size in bytes, None when it is not here."""
        try:
            return self._path(name).stat().st_size
        except FileNotFoundError:
            return None

    def pieces(self, name: str, start: int, stop: int, size: int) -> Iterator[bytes]:
        """The bytes from `start` to `stop`. Raises KeyError when it is not here, OSError."""
        try:
            file = self._path(name).open("rb", buffering=0)
        except FileNotFoundError:
            raise KeyError(name) from None
        with file:
            file.seek(start)
            left = stop - start
            while left > 0:
                piece = file.read(min(size, left))
                if not piece:
                    return
                left -= len(piece)
                yield piece

    def delete(self, name: str) -> None:
        """Remove it if it is here."""
        self._path(name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """Every whole body, sorted."""
        if self._given is None and not self._is_ready:
            return []
        return sorted(path.name for path in self._folder.glob("??/*") if NAME.fullmatch(path.name))

    def close(self) -> None:
        """Remove a folder that was made for this process."""
        if self._given is None and self._is_ready:
            shutil.rmtree(self._folder, ignore_errors=True)

    @cached_property
    def _folder(self) -> Path:
        return self._given or Path(mkdtemp(prefix="cloudchamber-"))

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise KeyError(name)
        return self._folder / name[1:3] / name


class FileWriter:
    """A body on its way into the folder."""

    __slots__ = ("_file", "_fsync", "_path", "_target")

    def __init__(self, path: Path, target: Path, fsync: bool) -> None:
        self._path = path
        self._target = target
        self._fsync = fsync
        self._file = path.open("wb", buffering=0)

    def write(self, data: bytes) -> None:
        """Append. Raises OSError."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def close(self) -> None:
        """Put it in its place. Raises OSError."""
        if self._fsync:
            os.fsync(self._file.fileno())
        self._file.close()
        self._target.parent.mkdir(exist_ok=True)
        self._path.replace(self._target)

    def abandon(self) -> None:
        """Remove what was written."""
        self._file.close()
        self._path.unlink(missing_ok=True)
