"""A chamber and an IAM client of its root user for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.iam.documents import ACCOUNT


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ACCOUNT) as chamber:
        yield chamber


@pytest.fixture
def iam(chamber: Chamber) -> Any:
    return chamber.client("iam")
