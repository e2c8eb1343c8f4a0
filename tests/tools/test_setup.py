"""Setting up does nothing twice, never takes away, and says what to do when it cannot go on."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tools import setup


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """An environment in `tmp_path` that only looks like one; what pip was asked to install."""
    asked: list[list[str]] = []

    def make_venv(venv: Path) -> None:
        setup.python_of(venv).parent.mkdir(parents=True, exist_ok=True)
        setup.python_of(venv).touch()

    monkeypatch.setattr(setup, "VENV", tmp_path / "venv")
    monkeypatch.setattr(setup, "STAMP", tmp_path / "venv" / "installed.json")
    monkeypatch.setattr(setup, "make_venv", make_venv)
    monkeypatch.setattr(setup, "pip_install", lambda venv, what, purpose: asked.append(what))
    return asked


def test_a_second_run_has_nothing_to_do(installed: list[list[str]]) -> None:
    setup.install("test")
    setup.install("test")
    setup.install("run")
    assert installed == [["--editable", f"{setup.ROOT}[test]"]]


def test_a_larger_profile_is_added_and_a_smaller_one_takes_nothing_away(
    installed: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.install("run")
    setup.install("dev")
    monkeypatch.setattr(setup, "wanted_hash", lambda: "after pyproject.toml has changed")
    setup.install("run")
    root = str(setup.ROOT)
    assert [what[-1] for what in installed] == [root, f"{root}[dev]", f"{root}[dev]"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"hash": "x", "profile": "none"}', "null"])
def test_a_stamp_that_makes_no_sense_is_no_stamp(installed: list[list[str]], text: str) -> None:
    setup.install("run")
    setup.STAMP.write_text(text)
    assert setup.read_stamp() == ("", -1)
    setup.install("run")
    assert len(installed) == 2


def test_an_environment_whose_python_is_gone_is_made_anew(installed: list[list[str]]) -> None:
    setup.install("run")
    setup.python_of(setup.VENV).unlink()
    setup.install("run")
    assert len(installed) == 2


def test_without_ensurepip_and_pip_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(setup, "_has_module", lambda python, module: False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(setup.SetupError, match="apt-get install python3-venv"):
        setup.make_venv(tmp_path / "venv")


def test_a_failing_command_is_quoted() -> None:
    code = "import sys; print('one'); print('two', file=sys.stderr); sys.exit(3)"
    with pytest.raises(setup.SetupError) as caught:
        setup.run_quietly([sys.executable, "-c", code], "trying")
    assert "trying failed (exit code 3)" in str(caught.value)
    assert "one" in str(caught.value)
    assert "two" in str(caught.value)


def test_a_command_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(setup.SetupError, match="is not on this machine"):
        setup.run_quietly([str(tmp_path / "nothing")], "trying")


def test_a_command_that_hangs_is_ended() -> None:
    with pytest.raises(setup.SetupError, match="still not done after 0"):
        setup.run_quietly([sys.executable, "-c", "input()"], "trying", timeout_s=0)


@pytest.mark.parametrize("arguments", [["all"], ["run", "test"]])
def test_wrong_arguments_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert setup.main(arguments) == 2
    assert "usage" in capsys.readouterr().err


def test_an_old_python_is_refused_by_its_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "OLDEST", (99, 0))
    assert setup.main(["run"]) == 1
    assert ".".join(map(str, sys.version_info[:3])) in capsys.readouterr().err
