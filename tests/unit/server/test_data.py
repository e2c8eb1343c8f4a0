"""The data directory: what was committed is there; what is wrong is said, and loses nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.kernel.journal import encode_frame
from cloudchamber.server.data.directory import DataDirectory
from cloudchamber.server.data.errors import DataError

SEED = 7


class Opened:
    """An open directory with what it read back and what it said."""

    def __init__(self, folder: Path, *, fsync: bool = False, repair: bool = False,
                 seed: int = SEED) -> None:  # fmt: skip
        self.said: list[str] = []
        self.records: list[bytes] = []
        self.progress: list[tuple[int, int]] = []
        self.directory = DataDirectory(folder, fsync=fsync, repair=repair, say=self.said.append)
        try:
            self.world = b"world 0"
            if self.directory.is_new:
                self.directory.begin(seed, self.world)
            else:
                self.world = self.directory.read_world()
                self.directory.replay(seed, self.records.append, self._progress)
        except DataError:
            self.directory.close()
            raise

    def _progress(self, done: int, total: int) -> None:
        self.progress.append((done, total))

    def write(self, *records: bytes) -> bool:
        for record in records:
            self.directory.append(record)
        return self.directory.commit()


def make(folder: Path, *batches: tuple[bytes, ...], fsync: bool = False) -> None:
    """A directory with these batches of records, left as a killed process leaves it."""
    opened = Opened(folder, fsync=fsync)
    for batch in batches:
        assert opened.write(*batch)
    opened.directory.close()


def journal(folder: Path) -> Path:
    """The one journal file."""
    [path] = folder.glob("journal-*")
    return path


@pytest.mark.parametrize("fsync", [False, True])
def test_what_was_committed_is_read_back(tmp_path: Path, fsync: bool) -> None:
    make(tmp_path / "a" / "b", (b"1", b"2"), (b"", b"3" * 100_000), fsync=fsync)
    again = Opened(tmp_path / "a" / "b", fsync=fsync)
    assert again.records == [b"1", b"2", b"", b"3" * 100_000]
    assert again.world == b"world 0"
    assert again.said == []
    done, total = again.progress[-1]
    assert done == total > 100_000
    again.write(b"4")
    again.directory.close()
    assert Opened(tmp_path / "a" / "b").records[-1] == b"4"


def test_what_was_not_committed_is_not_there(tmp_path: Path) -> None:
    opened = Opened(tmp_path)
    opened.write(b"1")
    opened.directory.append(b"2")
    assert (opened.directory.appended, opened.directory.committed) == (2, 1)
    opened.directory.close()
    assert Opened(tmp_path).records == [b"1"]


@pytest.mark.parametrize("fsync", [False, True])
def test_a_batch_is_one_write_and_at_most_one_flush(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fsync: bool
) -> None:
    opened = Opened(tmp_path, fsync=fsync)
    calls: list[str] = []
    write, flush = os.write, os.fdatasync

    def counted_write(file: int, data: bytes) -> int:
        calls.append("write")
        return write(file, data)

    def counted_flush(file: int) -> None:
        calls.append("flush")
        flush(file)

    monkeypatch.setattr(os, "write", counted_write)
    monkeypatch.setattr(os, "fdatasync", counted_flush)
    opened.write(*[b"record"] * 100)
    opened.directory.commit()
    assert calls == (["write", "flush"] if fsync else ["write"])


def test_a_checkpoint_forgets_the_journal(tmp_path: Path) -> None:
    opened = Opened(tmp_path)
    opened.write(b"1")
    opened.directory.append(b"2")
    opened.directory.checkpoint(b"world 1")
    assert opened.directory.committed == 2
    opened.write(b"3")
    opened.directory.close()
    again = Opened(tmp_path)
    assert (again.world, again.records) == (b"world 1", [b"3"])
    assert len([*tmp_path.glob("world-*")]) == 1


def test_long_journals_are_cut_into_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloudchamber.server.data.directory.SEGMENT_BYTES_MAX", 1000)
    records = [b"%d" % number * 100 for number in range(50)]
    make(tmp_path, *[(record,) for record in records])
    files = sorted(tmp_path.glob("journal-*"))
    assert len(files) > 3
    assert Opened(tmp_path).records == records


def test_a_missing_file_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloudchamber.server.data.directory.SEGMENT_BYTES_MAX", 1000)
    make(tmp_path, *[(b"x" * 500,) for _ in range(10)])
    middle = sorted(tmp_path.glob("journal-*"))[1]
    middle.unlink()
    with pytest.raises(DataError, match=f"{middle.name} is missing"):
        Opened(tmp_path)


# A crash between any two steps of a checkpoint


@pytest.mark.parametrize("step", ["journal", "world", "old journal"])
def test_a_crash_in_a_checkpoint(tmp_path: Path, step: str) -> None:
    opened = Opened(tmp_path)
    opened.write(b"1")
    before = journal(tmp_path).read_bytes()
    world = next(tmp_path.glob("world-*")).read_bytes()
    opened.directory.checkpoint(b"world 1")
    opened.directory.close()
    old = tmp_path / "journal-000001"
    if step == "old journal":
        old.write_bytes(before)  # not yet removed
    else:
        (tmp_path / "world-000001").write_bytes(world)
        old.write_bytes(before)
        (tmp_path / "world-000002").unlink()
        if step == "world":
            (tmp_path / "world-000002.draft").write_bytes(b"wor")
    again = Opened(tmp_path)
    if step == "old journal":
        assert (again.world, again.records) == (b"world 1", [])
    else:
        assert (again.world, again.records) == (b"world 0", [b"1"])
    again.write(b"2")
    again.directory.close()
    assert Opened(tmp_path).records[-1] == b"2"


# Damage


@given(data=st.data())
def test_a_torn_end_is_cut_off_and_said(tmp_path_factory: pytest.TempPathFactory,
                                        data: st.DataObject) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("torn")
    make(folder, (b"first",), (b"second" * 20,))
    whole = journal(folder).read_bytes()
    first_end = len(whole) - len(encode_frame(b"second" * 20))
    head_end = first_end - len(encode_frame(b"first"))
    length = data.draw(st.integers(0, len(whole) - 1))
    journal(folder).write_bytes(whole[:length])
    again = Opened(folder)
    assert again.records == ([b"first"] if length >= first_end else [])
    was_torn = length not in (0, head_end, first_end)
    assert any("cut short" in text for text in again.said) is was_torn
    again.write(b"third")
    again.directory.close()
    assert Opened(folder).records[-1] == b"third"


@given(data=st.data())
def test_a_flipped_bit_is_never_passed_over(tmp_path_factory: pytest.TempPathFactory,
                                            data: st.DataObject) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("flipped")
    make(folder, (b"first" * 3,), (b"second" * 3,), (b"third" * 3,))
    path = journal(folder)
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) * 8 - 1))
    broken = bytearray(whole)
    broken[place // 8] ^= 1 << (place % 8)
    path.write_bytes(broken)
    with pytest.raises(DataError) as caught:
        Opened(folder)
    message = str(caught.value)
    assert str(path) in message
    assert "offset" in message
    assert "--repair" in message
    assert path.read_bytes() == bytes(broken)  # nothing was changed
    repaired = Opened(folder, repair=True)
    assert repaired.records == [b"first" * 3, b"second" * 3, b"third" * 3][: len(repaired.records)]
    assert (folder / "damaged" / f"{path.name}.1").read_bytes() == bytes(broken)
    assert any("repaired" in text for text in repaired.said)
    repaired.write(b"after")
    repaired.directory.close()
    assert Opened(folder).records[-1] == b"after"


def test_a_repair_puts_later_files_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloudchamber.server.data.directory.SEGMENT_BYTES_MAX", 1000)
    make(tmp_path, *[(b"%d" % number * 300,) for number in range(12)])
    files = sorted(tmp_path.glob("journal-*"))
    second = bytearray(files[1].read_bytes())
    second[-5] ^= 1
    files[1].write_bytes(second)
    with pytest.raises(DataError, match=files[1].name):
        Opened(tmp_path)
    repaired = Opened(tmp_path, repair=True)
    assert 0 < len(repaired.records) < 12
    assert repaired.records == [b"%d" % number * 300 for number in range(len(repaired.records))]
    aside = {path.name for path in (tmp_path / "damaged").iterdir()}
    assert aside == {f"{path.name}.1" for path in files[1:]}
    repaired.directory.close()
    assert Opened(tmp_path).records == repaired.records


def test_a_repair_of_a_sound_directory_changes_nothing(tmp_path: Path) -> None:
    make(tmp_path, (b"1",))
    opened = Opened(tmp_path, repair=True)
    assert opened.records == [b"1"]
    assert opened.said == []
    assert not (tmp_path / "damaged").exists()


def test_another_worlds_journal_is_refused(tmp_path: Path) -> None:
    make(tmp_path, (b"1",))
    with pytest.raises(DataError, match="seed 7, not 8"):
        Opened(tmp_path, seed=8)


# Who may open it


def test_one_process_at_a_time(tmp_path: Path) -> None:
    first = Opened(tmp_path)
    with pytest.raises(DataError, match=f"in use by another chamber \\(process {os.getpid()}\\)"):
        Opened(tmp_path)
    first.directory.close()
    Opened(tmp_path).directory.close()


def test_a_newer_format_is_left_alone(tmp_path: Path) -> None:
    make(tmp_path, (b"1",))
    marker = tmp_path / "chamber.json"
    marker.write_bytes(orjson.dumps({"format": 2, "version": "9.1", "follows_wall": True}))
    before = journal(tmp_path).read_bytes()
    with pytest.raises(DataError, match=r"format 2, written by Cloudchamber 9\.1"):
        Opened(tmp_path, repair=True)
    assert journal(tmp_path).read_bytes() == before


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"format":"x"}', b"\xff"])
def test_a_damaged_marker_is_told(tmp_path: Path, text: bytes) -> None:
    make(tmp_path)
    (tmp_path / "chamber.json").write_bytes(text)
    with pytest.raises(DataError, match=r"chamber\.json is damaged"):
        Opened(tmp_path)
    with pytest.raises(DataError, match=r"chamber\.json is damaged"):  # and the lock was let go
        Opened(tmp_path)


def test_somebody_elses_folder_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DataError, match=r"holds other files \(thesis.txt\)"):
        Opened(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be made"):
        Opened(tmp_path / "file" / "below")


# A full disk


class FullDisk:
    """Lets the journal grow by so many bytes, then refuses as a full disk does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room: int | None = None
        self._write: Callable[[int, bytes], int] = os.write
        monkeypatch.setattr(os, "write", self.write)

    def write(self, file: int, data: bytes) -> int:
        if self.room is None:
            return self._write(file, data)
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = self._write(file, data[: self.room])
        self.room -= written
        return written


@pytest.mark.parametrize("room", [0, 1, 20, 40])
def test_a_full_disk_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    disk = FullDisk(monkeypatch)
    opened = Opened(tmp_path)
    opened.write(b"1")
    disk.room = room
    assert not opened.write(b"2" * 100)
    assert "No space left" in opened.directory.full
    assert not opened.write(b"3")
    assert opened.directory.committed == 1
    assert len([text for text in opened.said if "No space left" in text]) == 1
    on_disk = journal(tmp_path).read_bytes()
    disk.room = None
    assert opened.directory.commit()
    assert opened.directory.full == ""
    assert opened.directory.committed == 3
    assert "can be written again" in opened.said[-1]
    opened.directory.close()
    assert Opened(tmp_path).records == [b"1", b"2" * 100, b"3"]
    other = tmp_path / "killed meanwhile"
    make(other)
    journal(other).write_bytes(on_disk)
    assert Opened(other).records == [b"1"]


def test_a_checkpoint_on_a_full_disk_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Opened(tmp_path)
    opened.write(b"1")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            opened.directory.checkpoint(b"world 1")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    opened.write(b"2")
    opened.directory.close()
    assert Opened(tmp_path).records == [b"1", b"2"]


# Names


def test_snapshots_have_names(tmp_path: Path) -> None:
    snapshots = Opened(tmp_path).directory.snapshots
    assert snapshots.names() == []
    snapshots.put("before", b"1")
    snapshots.put("after-2.0", b"2")
    snapshots.put("before", b"3")
    assert snapshots.names() == ["after-2.0", "before"]
    assert snapshots.get("before") == b"3"
    with pytest.raises(KeyError):
        snapshots.get("never")


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/etc/passwd", "a\0b", ".x", "a\n",
                                  "x" * 101])  # fmt: skip
def test_names_lead_nowhere(tmp_path: Path, name: str) -> None:
    snapshots = Opened(tmp_path / "data").directory.snapshots
    with pytest.raises(KeyError):
        snapshots.put(name, b"")
    with pytest.raises(KeyError):
        snapshots.get(name)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
