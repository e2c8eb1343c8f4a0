"""The opening story, told as `make demo` tells it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_opening_story_ends_in_the_same_world_twice() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "opening" / "demo.py")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "with an explicit deny in an identity-based policy" in done.stdout
    assert "NeverDeleteOne" in done.stdout
    assert "2027-01-01T00:00:20Z -> 2027-01-01T00:00:30Z" in done.stdout
    assert "equal: seed and inputs make the world" in done.stdout
