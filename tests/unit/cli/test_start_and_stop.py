"""Starting and stopping: what is said and refused, and `stop` finds what `start` began."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.cli.conftest import PROGRAM, Run


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--clock", "fast"], "--clock"),
        (["--iam", "on"], "--iam"),
        (["--account", "123"], "12 digits"),
        (["--lifecycle", "slow"], "--lifecycle"),
        (["--seed", "-1"], "--seed"),
        (["--start", "yesterday"], "--start"),
        (["--port", "70000"], "--port"),
        (["--fsync"], "--data"),
        (["--colour", "red"], "No such option"),
    ],
)
def test_an_unknown_or_impossible_setting_is_refused(run: Run, words: list[str], says: str) -> None:
    done = run("start", "--port", "0", *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_setting_in_the_environment_is_refused_by_name(run: Run) -> None:
    done = run("status", env={"CLOUDCHAMBER_STRAT_PORT": "1"})
    assert done.returncode == 2
    assert "CLOUDCHAMBER_STRAT_PORT" in done.stderr


def test_a_port_that_is_taken_is_said_so(run: Run, endpoint: str) -> None:
    done = run("start", "--port", endpoint.rpartition(":")[2])
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert endpoint.rpartition(":")[2] in done.stderr


def test_stop_ends_what_start_began_and_says_so(run: Run, tmp_path: Path) -> None:
    environment = {"XDG_RUNTIME_DIR": str(tmp_path)}
    command = [*PROGRAM, "start", "--port", "0", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    ) as process:
        assert process.stdout is not None
        port = str(json.loads(process.stdout.readline())["port"])
        done = run("stop", "--port", port, env=environment)
        assert done.returncode == 0, done.stderr
        assert port in done.stdout
        assert process.wait(timeout=20) == 0
    again = run("stop", "--port", port, env=environment)
    assert again.returncode == 3
    assert "no chamber of yours" in again.stderr


def test_the_banner_states_every_mode(run: Run, tmp_path: Path) -> None:
    command = [*PROGRAM, "start", "--port", "0", "--iam", "enforce", "--seed", "5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        banner = [process.stdout.readline() for _ in range(8)]
        process.terminate()
    text = "".join(banner)
    for part in ("answers at http://localhost:", "clock", "live", "enforce", "seed", "5", "data"):
        assert part in text
