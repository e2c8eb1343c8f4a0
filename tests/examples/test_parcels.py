"""The story of the parcels, told as a user tells it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_parcels_survive_bad_labels_and_a_crash() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "parcels" / "demo.py")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "in the dead-letter queue: bad-1.json, bad-2.json" in done.stdout
    assert "in the table: parcel-1, parcel-2, parcel-3" in done.stdout
    assert "called s3:PutObject" in done.stdout
