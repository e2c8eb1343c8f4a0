"""A chamber and a desk in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cloudchamber import Chamber
from tests.unit.services.athena.desk import ONE, Desk


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, region="eu-west-1") as opened:
        yield opened


@pytest.fixture
def desk(chamber: Chamber) -> Desk:
    return Desk(chamber)
