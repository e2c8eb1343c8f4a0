"""A chamber that really listens, for tests of the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
PROGRAM = [sys.executable, "-m", "cloudchamber"]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a chamber started as a user would start it, for the tests of one file."""
    runtime = tmp_path_factory.mktemp("runtime")
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(runtime)}
    command = [*PROGRAM, "start", "--port", "0", "--clock", "manual", "--json",
               "--start", "2027-01-01T00:00:00Z"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["endpoint"]
        process.terminate()


@pytest.fixture
def run() -> Run:
    """Run `cloudchamber` with some words, in an environment with no settings of ours."""

    def call(
        *words: str, cwd: Path | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if "CLOUDCHAMBER" not in name}
        return subprocess.run(
            [*PROGRAM, *words], capture_output=True, text=True, timeout=60, check=False, cwd=cwd,
            env={**kept, **(env or {})},
        )  # fmt: skip

    return call
