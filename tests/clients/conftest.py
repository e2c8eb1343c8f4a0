"""Real clients and the chamber they drive.

Rules of this file: `tools/clients.py` brings the clients and says what could not be had; a test
of a client that is not there is skipped by that reason. Every file of tests has a chamber of its
own, started as a user starts one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOUND = ROOT / ".clients" / "found.json"
ACCOUNT = "111111111111"
REGION = "eu-west-1"
Find = Callable[[str], dict[str, str]]


@pytest.fixture(scope="session")
def find() -> Find:
    """Where a client is; skips the test, saying why, when it is absent."""
    found: dict[str, Any] = json.loads(FOUND.read_text()) if FOUND.exists() else {}

    def look(name: str) -> dict[str, str]:
        entry: dict[str, str] | None = found.get(name)
        if entry is None:
            reason = found.get("missing", {}).get(name, "run `python -m tools.clients` first")
            pytest.skip(f"{name}: {reason}")
        return entry

    return look


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of a chamber whose clock moves on demand."""
    command = [sys.executable, "-m", "cloudchamber", "start", "--port", "0", "--clock", "demand",
               "--seed", "3", "--json"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["endpoint"]
        process.terminate()


@pytest.fixture(scope="module")
def environment(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What an AWS client reads from its environment, and nothing of this machine's own settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "TF_", "CLOUDCHAMBER_"))
    }
    return {
        **kept,
        "HOME": str(tmp_path_factory.mktemp("home")),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "chamber",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "CHECKPOINT_DISABLE": "1",
    }
