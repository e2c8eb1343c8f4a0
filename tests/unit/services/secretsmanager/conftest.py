"""A chamber and a client of Secrets Manager in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.secretsmanager.vault import ONE, Functions


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, start="2026-01-01T12:30:00Z") as opened:
        yield opened


@pytest.fixture
def secrets(chamber: Chamber) -> Any:
    return chamber.client("secretsmanager")


@pytest.fixture
def functions(chamber: Chamber) -> Functions:
    """Lambda, played by a stand-in."""
    stand_in = Functions()
    registry = chamber.cloud.registry
    registry._loaded["lambda"] = stand_in.service
    registry._on_load(stand_in.service)
    return stand_in
