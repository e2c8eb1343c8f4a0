"""Deployment packages onto the disk: a zip becomes a private folder, or is refused whole.

Rules of this file: a name in an archive never leads out of the folder; links, devices and
surprises are refused; what an archive says of its size is believed only as an upper bound.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

import io
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

UNPACKED_BYTES_MAX: Final = 250 << 20  # function and layers together
FILES_MAX: Final = 100_000
KEPT_MAX: Final = 64  # archives that stay unpacked for whoever needs them next
PIECE: Final = 1 << 20
NAME_BYTES_MAX: Final = 4096


class ArchiveError(ValueError):
    """The archive is refused; the text says why. Nothing of it is left on the disk."""


def unpack(data: bytes, folder: Path, bytes_max: int = UNPACKED_BYTES_MAX) -> int:
    """Unpack a zip into a folder that does not exist yet; how many bytes that were.

    Raises ArchiveError, OSError.
    """
    half = folder.with_name(folder.name + ".part")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True, mode=0o755)
    try:
        total = _unpack(data, half, bytes_max)
        half.rename(folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ArchiveError(f"Could not unzip uploaded file: {error}") from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return total


def _unpack(data: bytes, folder: Path, bytes_max: int) -> int:
    total = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        if len(members) > FILES_MAX:
            raise ArchiveError(f"the archive has {len(members)} files, more than {FILES_MAX}")
        if sum(member.file_size for member in members) > bytes_max:
            raise ArchiveError(f"Unzipped size must be smaller than {bytes_max} bytes")
        for member in members:
            target = folder / checked_name(member)
            if member.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            total += _write(archive, member, target, bytes_max - total)
    return total


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    written = 0
    with archive.open(member) as source, target.open("xb") as file:
        while piece := source.read(PIECE):
            written += len(piece)
            if written > left:
                raise ArchiveError("the archive is larger than it says")
            file.write(piece)
    mode = (member.external_attr >> 16) & 0o777
    os.chmod(target, (mode | 0o444) & 0o755 if mode else 0o644)
    return written


def checked_name(member: zipfile.ZipInfo) -> str:
    """The name of a member, if it is one inside the folder. Raises ArchiveError."""
    name = member.filename
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveError(f"{name!r} is neither a file nor a folder")
    if member.flag_bits & 1:
        raise ArchiveError(f"{name!r} is encrypted")
    parts = name.rstrip("/").split("/")
    if (
        "\0" in name
        or "\\" in name
        or name.startswith("/")
        or any(part in ("", "..") or part == "." for part in parts)
        or len(name.encode("utf-8", "surrogateescape")) > NAME_BYTES_MAX
    ):
        raise ArchiveError(f"{name!r} leads out of its folder")
    return name


class CodeFolders:
    """Unpacked archives by their keys, each unpacked once; those used longest ago are removed."""

    def __init__(self, root: Path, in_use: Callable[[Path], bool] = lambda _: False) -> None:
        """`in_use` says which folders must stay."""
        self._root = root
        self._in_use = in_use
        self._keys: dict[str, None] = {}  # used longest ago first

    def has(self, key: str) -> bool:
        """Whether it is unpacked."""
        return key in self._keys

    def folder(self, key: str) -> Path:
        """Where it is, once it is unpacked."""
        return self._root / "".join(c if c.isalnum() else "_" for c in key)

    def put(self, key: str, read: Callable[[], bytes], bytes_max: int = UNPACKED_BYTES_MAX) -> Path:
        """Unpack it unless that is done. Raises ArchiveError, OSError."""
        folder = self.folder(key)
        if key in self._keys:
            del self._keys[key]
        else:
            unpack(read(), folder, bytes_max)
        self._keys[key] = None
        for old in tuple(self._keys)[:-KEPT_MAX]:
            if not self._in_use(self.folder(old)):
                del self._keys[old]
                shutil.rmtree(self.folder(old), ignore_errors=True)
        return folder
