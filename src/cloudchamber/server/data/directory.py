"""The data directory: the last whole world, the journal since then, and the named snapshots.

Rules of this file: files are only ever added, cut at a torn end, or removed after what replaces
them is on the disk. Nothing is skipped in silence.

    chamber.json        which format this directory has
    lock                who uses it
    world-000007        the world before everything in journal-000007
    journal-000007 ...  what happened since, oldest first
    snapshots/NAME      worlds kept by name
    blobs/              large bodies, sealed (see blobs.py)
    damaged/            what a repair has put aside

To open: load the newest world, then replay the journals from its number on. To save: write the next
world, begin the journal of that number, remove what is older.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from cloudchamber import __version__
from cloudchamber.kernel.errors import JournalError
from cloudchamber.kernel.journal import Problem, encode_frame
from cloudchamber.server.data.blobs import FileBlobs
from cloudchamber.server.data.errors import DataError
from cloudchamber.server.data.lock import DirectoryLock
from cloudchamber.server.data.named import NamedSnapshots
from cloudchamber.server.data.segment import (
    SegmentWriter,
    cut,
    intact_prefix,
    read_segment,
    write_whole,
)

FORMAT = 1
SEGMENT_BYTES_MAX = 64 << 20
NUMBERED = re.compile(r"(world|journal)-([0-9]{6,})")
Say = Callable[[str], None]
Progress = Callable[[int, int], None]


class Replayed(NamedTuple):
    """What was read back: records applied, bytes read."""

    records: int
    bytes_read: int


class DataDirectory:
    """One open directory.

    `appended` and `committed` count records; the answer to whatever wrote record n may leave once
    `committed` is n. `full` says why the disk takes no more, or is empty.
    """

    def __init__(self, folder: Path, *, fsync: bool = False, repair: bool = False,
                 say: Say = lambda _: None) -> None:  # fmt: skip
        """Open or make the directory. Raises DataError when it cannot be used."""
        self.folder = folder
        self._fsync = fsync
        self._repair = repair
        self._say = say
        self._pending: list[bytes] = []
        self._writer: SegmentWriter | None = None
        self._number = 0
        self._seed = 0
        self.appended = 0
        self.committed = 0
        self.full = ""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"{folder} cannot be made: {error.strerror}") from error
        self._lock = DirectoryLock(folder)
        try:
            self.follows_wall = True
            self._check_format()
            self.snapshots = NamedSnapshots(folder / "snapshots")
            self.blobs = FileBlobs(folder / "blobs", fsync=fsync)
        except BaseException:
            self._lock.release()
            raise

    # Opening

    @property
    def is_new(self) -> bool:
        """Whether there is no world here yet."""
        return not self._numbers("world")

    def read_world(self) -> bytes:
        """The newest whole world. Raises DataError when it is not to be read."""
        self._number = self._numbers("world")[-1]
        try:
            return self.world_path.read_bytes()
        except OSError as error:
            raise DataError(f"{self.world_path} cannot be read: {error.strerror}") from error

    @property
    def world_path(self) -> Path:
        """The file of the newest whole world."""
        return self._path("world", self._number)

    def replay(self, seed: int, take: Callable[[bytes], None], progress: Progress) -> Replayed:
        """Hand every record since the newest world to `take`, then stand ready to write.

        A record that was cut short at the very end was never acknowledged: it is removed, and
        said so. Raises DataError for any other damage, unless this is a repair.
        """
        self._seed = seed
        if self._repair:
            self._repair_journal()
        numbers = self._journals()
        if numbers and numbers != [*range(self._number, numbers[-1] + 1)]:
            missing = min(set(range(self._number, numbers[-1] + 1)) - set(numbers))
            raise DataError(f"{self._path('journal', missing)} is missing")
        total = sum(self._path("journal", number).stat().st_size for number in numbers)
        done = records = 0

        def tell(size: int) -> None:
            nonlocal done
            done += size
            progress(done, total)

        for number in numbers:
            path = self._path("journal", number)
            try:
                contents = read_segment(path, seed, take, tell)
            except JournalError as error:
                raise self._damage(path, error.offset, str(error)) from error
            records += contents.records
            if contents.problem is not None:
                self._cut_tail(path, contents.problem, is_last=number == numbers[-1])
            self._number = number
        try:
            self._writer = self._open_journal(self._number)
        except OSError as error:
            raise DataError(f"{self.folder} cannot be written: {error.strerror}") from error
        return Replayed(records, done)

    def _journals(self) -> list[int]:
        return [number for number in self._numbers("journal") if number >= self._number]

    def _cut_tail(self, path: Path, problem: Problem, *, is_last: bool) -> None:
        if problem.damaged or not is_last:
            raise self._damage(path, problem.offset, problem.message)
        if not problem.lost:
            return  # it was made and never written to
        cut(path, problem.offset)
        self._say(
            f"the last write to {path} was cut short ({problem.lost} bytes at offset "
            f"{problem.offset}): it was never acknowledged, and is removed"
        )

    def _damage(self, path: Path, offset: int, message: str) -> DataError:
        records, _ = intact_prefix(path)
        return DataError(
            f"{path} is damaged at offset {offset}: {message}. Nothing was changed. Put back a "
            f"good copy of the file, or start with --repair to go on from the {records} intact "
            "records before the damage (the damaged file is kept under damaged/)"
        )

    def _repair_journal(self) -> None:
        """Keep what stands before the first damage, and put everything from there on aside."""
        numbers = self._journals()
        for index, number in enumerate(numbers):
            path = self._path("journal", number)
            records, length = intact_prefix(path)
            if length == path.stat().st_size:
                continue
            aside = self._aside(path)
            write_whole(aside, path.read_bytes())
            cut(path, length)
            self._say(f"repaired {path}: {records} records kept; as it was, it is {aside}")
            for later in numbers[index + 1 :]:
                moved = self._aside(self._path("journal", later))
                self._path("journal", later).rename(moved)
                self._say(f"what came after the damage is now {moved}")
            return

    def _aside(self, path: Path) -> Path:
        folder = self.folder / "damaged"
        folder.mkdir(exist_ok=True)
        count = 1
        while (target := folder / f"{path.name}.{count}").exists():
            count += 1
        return target

    # Writing

    def append(self, record: bytes) -> None:
        """Take a record for the next `commit`."""
        self._pending.append(encode_frame(record))
        self.appended += 1

    def commit(self) -> bool:
        """Write everything appended. False when the disk would not: `full` says why.

        What could not be written is kept and goes first next time.
        """
        if not self._pending:
            return True
        writer = self._expect_writer()
        data = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
        try:
            writer.write(data)
        except OSError as error:
            if not self.full:
                self._say(f"cannot write to {writer.path}: {error.strerror}")
            self.full = error.strerror or str(error)
            return False
        self._pending.clear()
        self.committed = self.appended
        if self.full:
            self.full = ""
            self._say(f"{writer.path} can be written again")
        if writer.length > SEGMENT_BYTES_MAX:
            self._rotate()
        return True

    def checkpoint(self, world: bytes) -> None:
        """Make `world` what the next opening starts from, and forget the journal before it.

        Raises OSError, with everything as it was, when the disk will not have it.
        """
        number = self._number + 1
        writer = self._open_journal(number)
        try:
            write_whole(self._path("world", number), world)
        except OSError:
            writer.close()
            writer.path.unlink()
            raise
        old, self._writer = self._writer, writer
        if old is not None:
            old.close()
        self._number = number
        self._pending.clear()  # the world holds what they did
        self.committed = self.appended
        self.full = ""
        for kind in ("journal", "world"):
            for older in self._numbers(kind):
                if older < number:
                    self._path(kind, older).unlink()

    def begin(self, seed: int, world: bytes) -> None:
        """Put the first world into a new directory. Raises DataError."""
        self._seed = seed
        try:
            self.checkpoint(world)
        except OSError as error:
            raise DataError(f"{self.folder} cannot be written: {error.strerror}") from error

    def set_seed(self, seed: int) -> None:
        """Of the worlds written from now on (a reset may choose another)."""
        self._seed = seed

    def close(self) -> None:
        """Leave the directory to others."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._lock.release()

    def _rotate(self) -> None:
        old = self._expect_writer()
        try:
            self._writer = self._open_journal(self._number + 1)
        except OSError:
            return  # the long file serves as well
        self._number += 1
        old.close()

    def _open_journal(self, number: int) -> SegmentWriter:
        return SegmentWriter(self._path("journal", number), self._fsync, self._seed, __version__)

    def _expect_writer(self) -> SegmentWriter:
        if self._writer is None:
            raise DataError(f"{self.folder} is not open for writing")
        return self._writer

    # Files

    def _path(self, kind: str, number: int) -> Path:
        return self.folder / f"{kind}-{number:06d}"

    def _numbers(self, kind: str) -> list[int]:
        found = []
        for path in self.folder.iterdir():
            match = NUMBERED.fullmatch(path.name)
            if match and match[1] == kind:
                found.append(int(match[2]))
        return sorted(found)

    def _check_format(self) -> None:
        path = self.folder / "chamber.json"
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            strangers = [p.name for p in self.folder.iterdir() if p.name != "lock"]
            if strangers:
                raise DataError(
                    f"{self.folder} holds other files ({', '.join(sorted(strangers)[:3])}) and no "
                    "chamber: choose an empty or a new --data directory"
                ) from None
            self._write_format(follows_wall=True)
            return
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}") from error
        try:
            told: Any = orjson.loads(data)
            form = int(told["format"])
            version = str(told["version"])
            self.follows_wall = bool(told["follows_wall"])
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(f"{path} is damaged: {error}") from error
        if form > FORMAT:
            raise DataError(
                f"{self.folder} has format {form}, written by Cloudchamber {version}; this version "
                f"({__version__}) reads up to format {FORMAT}: use the newer version"
            )

    def _write_format(self, *, follows_wall: bool) -> None:
        self.follows_wall = follows_wall
        told = {"format": FORMAT, "version": __version__, "follows_wall": follows_wall}
        try:
            write_whole(self.folder / "chamber.json", orjson.dumps(told) + b"\n")
        except OSError as error:
            raise DataError(f"{self.folder} cannot be written: {error.strerror}") from error

    def note_start(self, *, follows_wall: bool) -> None:
        """Remember whether this world's clock began at the wall's (then it keeps up with it)."""
        self._write_format(follows_wall=follows_wall)
