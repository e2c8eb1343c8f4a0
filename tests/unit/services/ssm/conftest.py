"""A chamber and a client of Systems Manager in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.ssm.store import ONE


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


@pytest.fixture
def ssm(chamber: Chamber) -> Any:
    return chamber.client("ssm")
