"""A chamber and a client of SQS in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.sqs.mail import ONE, Box


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


@pytest.fixture
def sqs(chamber: Chamber) -> Any:
    return chamber.client("sqs")


@pytest.fixture
def make(sqs: Any) -> Callable[..., Box]:
    """Make a queue: `make("jobs", DelaySeconds=5)`."""

    def make_box(name: str = "jobs", **attributes: Any) -> Box:
        return Box.make(sqs, name, **attributes)

    return make_box


@pytest.fixture
def box(make: Callable[..., Box]) -> Box:
    """A standard queue."""
    return make("jobs")


@pytest.fixture
def fifo(make: Callable[..., Box]) -> Box:
    """A FIFO queue."""
    return make("jobs.fifo")
