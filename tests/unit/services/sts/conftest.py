"""A chamber with enforced permissions, and clients of its root user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.sts.identities import ACCOUNT


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ACCOUNT, iam="enforce") as chamber:
        yield chamber


@pytest.fixture
def iam(chamber: Chamber) -> Any:
    return chamber.client("iam")
