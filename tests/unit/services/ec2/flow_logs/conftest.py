"""A chamber and an estate in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cloudchamber import Chamber
from tests.unit.services.ec2.flow_logs.estate import ONE, REGION, Estate


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, region=REGION) as opened:
        yield opened


@pytest.fixture
def estate(chamber: Chamber) -> Estate:
    return Estate(chamber)
