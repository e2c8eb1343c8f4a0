"""Deployment packages: what is in them is laid out, what is wrong with them stays outside."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.engines.functions.archives import (
    KEPT_MAX,
    ArchiveError,
    CodeFolders,
    checked_name,
    unpack,
)
from tests.unit.engines.functions.benches import package


def test_files_lie_where_they_are_named_with_their_rights(tmp_path: Path) -> None:
    data = package({"app.py": "x", "lib/deep/one.txt": "1", "bootstrap": "#!"}, ("bootstrap",))
    assert unpack(data, tmp_path / "code") == 4
    assert (tmp_path / "code/lib/deep/one.txt").read_text() == "1"
    assert os.access(tmp_path / "code/bootstrap", os.X_OK)
    assert not (tmp_path / "code/app.py").stat().st_mode & 0o111
    assert sorted(path.name for path in tmp_path.iterdir()) == ["code"]


@pytest.mark.parametrize(
    "name",
    ["../out", "a/../../out", "/etc/out", "a//b", "..", ".", "a/./b", "..\\out", "C:\\out", "a/.."],
)
def test_tricks_with_paths_lead_nowhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArchiveError):
        unpack(package({"fine.py": "", name: "evil"}), tmp_path / "in" / "code")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@given(st.text(max_size=40))
def test_no_name_leads_out_of_its_folder(name: str) -> None:
    try:
        member = zipfile.ZipInfo(name)
        kept = checked_name(member)
    except (ArchiveError, ValueError):
        return
    folder = Path("/some/folder")
    assert folder in Path(os.path.normpath(folder / kept)).parents


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_are_refused(tmp_path: Path, kind: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        member = zipfile.ZipInfo("link")
        member.external_attr = (kind | 0o777) << 16
        archive.writestr(member, "/etc/passwd")
    with pytest.raises(ArchiveError, match="neither a file nor a folder"):
        unpack(buffer.getvalue(), tmp_path / "code")
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_is_too_large_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 5_000_000)
    with pytest.raises(ArchiveError, match="Unzipped size must be smaller than 1000000 bytes"):
        unpack(buffer.getvalue(), tmp_path / "code", 1_000_000)


def test_an_archive_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 3_000_000)
    data = buffer.getvalue().replace((3_000_000).to_bytes(4, "little"), b"\x10\0\0\0")
    with pytest.raises(ArchiveError):
        unpack(data, tmp_path / "code", 1_000_000)
    assert list(tmp_path.iterdir()) == []


@given(st.binary(max_size=300))
def test_what_is_no_archive_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    with pytest.raises(ArchiveError):
        unpack(data, tmp_path_factory.mktemp("x") / "code")


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("app.py", "2")
    with pytest.raises((ArchiveError, FileExistsError)):
        unpack(buffer.getvalue(), tmp_path / "code")


def test_an_archive_is_unpacked_once(tmp_path: Path) -> None:
    folders = CodeFolders(tmp_path)
    first = folders.put("key/with+signs=", lambda: package({"a": "1"}))
    assert folders.has("key/with+signs=")
    assert folders.put("key/with+signs=", lambda: b"not read again") == first
    assert first.parent == tmp_path


def test_archives_that_nobody_uses_are_put_away(tmp_path: Path) -> None:
    used = CodeFolders(tmp_path).folder("0")
    folders = CodeFolders(tmp_path, lambda folder: folder == used)
    for number in range(KEPT_MAX + 5):
        folders.put(str(number), lambda: package({"a": "1"}))
        folders.put("1", lambda: package({"a": "1"}))  # used again and again
    kept = {path.name for path in tmp_path.iterdir()}
    assert len(kept) == KEPT_MAX + 1
    assert {"0", "1", str(KEPT_MAX + 4)} <= kept
    assert not folders.has("2")
