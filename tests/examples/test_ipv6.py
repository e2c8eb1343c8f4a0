"""The story of IPv6, told as a user tells it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_each_step_to_ipv6_does_what_it_is_for() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "ipv6" / "demo.py")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("internet -> public: allowed") == 3
    assert "private -> 2001:db8::9: allowed" in done.stdout
    assert "internet -> private: blocked" in done.stdout
