"""One journal file: records at its end, written together, and read back.

Rules of this file: a record counts as written only when the whole batch it came in is in the file
(and on the disk, with fsync). A batch that fails leaves no trace: the file is cut back to where it
was, so that the same batch can be tried again when there is space.

The idea: without fsync a record survives the end of the process, because the kernel has it; with
fsync it survives the loss of power. A batch costs one write and at most one flush, whatever the
number of records.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cloudchamber.kernel.errors import JournalError
from cloudchamber.kernel.journal import Problem, Reader, encode_header
from cloudchamber.server.data.errors import DataError

PIECE = 1 << 20  # bytes read at a time
Progress = Callable[[int], None]


class SegmentWriter:
    """The end of one journal file. `length` is where it ends, every batch there being whole."""

    __slots__ = ("_file", "_fsync", "length", "path")

    def __init__(self, path: Path, fsync: bool, seed: int, build: str) -> None:
        """Open the file, making it (with its header) when it is not there. Raises OSError."""
        self.path = path
        self._fsync = fsync
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(path, flags, 0o644)
        self.length = os.fstat(self._file).st_size
        if not self.length:
            try:
                self.write(encode_header(seed, build))
                if fsync:
                    sync_folder(path.parent)
            except OSError:
                self.close()
                path.unlink()
                raise

    def write(self, data: bytes) -> None:
        """Append a batch, whole or not at all. Raises OSError when the disk will not have it."""
        written = 0
        try:
            while written < len(data):
                written += os.write(self._file, data[written:] if written else data)
            if self._fsync:
                os.fdatasync(self._file)
        except OSError:
            os.ftruncate(self._file, self.length)
            raise
        self.length += written

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class Contents(NamedTuple):
    """What reading a journal file found: its records were handed out one by one."""

    records: int
    good_length: int
    problem: Problem | None
    build: str


def read_segment(path: Path, seed: int, take: Callable[[bytes], None], tell: Progress) -> Contents:
    """Hand every record of a journal file to `take`, in order; `tell` hears of bytes read.

    Raises JournalError when the file is corrupt, and DataError when it is another world's.
    """
    reader = Reader()
    records = 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            reader.feed(piece)
            while (record := reader.find_frame()) is not None:
                if not records and reader.header is not None and reader.header.seed != seed:
                    raise DataError(
                        f"{path} belongs to a world of seed {reader.header.seed}, not {seed}"
                    )
                take(record)
                records += 1
            tell(len(piece))
    problem = reader.close()
    build = reader.header.build if reader.header else ""
    return Contents(records, reader.good_length, problem, build)


def intact_prefix(path: Path) -> tuple[int, int]:
    """How many records at the beginning of a file are good, and where the last of them ends."""
    reader = Reader()
    records = 0
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                reader.feed(piece)
                while reader.find_frame() is not None:
                    records += 1
    except JournalError:
        pass  # what was good before it is what was asked for
    return records, reader.good_length


def cut(path: Path, length: int) -> None:
    """Shorten a file, on the disk too."""
    with path.open("r+b") as file:
        file.truncate(length)
        os.fsync(file.fileno())


def write_whole(path: Path, data: bytes) -> None:
    """Put a file in place, whole or not at all, whatever happens meanwhile. Raises OSError."""
    draft = path.with_name(path.name + ".draft")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make what a folder lists survive a power loss."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
