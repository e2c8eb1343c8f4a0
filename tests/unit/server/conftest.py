"""What the tests of the server share without asking for it."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _no_waiting_for_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What whole files cost does not matter here, and disks of shared machines are slow."""
    monkeypatch.setattr(os, "fsync", lambda file: None)
