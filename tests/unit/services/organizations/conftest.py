"""A chamber that enforces permissions, and the manager of a new organization."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.organizations.story import MANAGER, Story


@pytest.fixture
def story() -> Iterator[Story]:
    with Chamber(seed=1, account=MANAGER, iam="enforce") as chamber:
        yield Story(chamber)
