"""The story of the three tiers, told as a user tells it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_network_blocks_says_why_and_remembers() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "three_tiers" / "demo.py")],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "internet -> web:443: allowed" in done.stdout
    assert "app -> database:5432: blocked (SUBNET_ACL_RESTRICTION)" in done.stdout
    assert "web -> app:443: blocked (SUBNET_ACL_RESTRICTION)" in done.stdout
    assert "web -> app:443: allowed" in done.stdout
    assert "rejected HTTPS in the flow logs: 1 record" in done.stdout
    assert "443  REJECT" in done.stdout
