"""The pytest plugin: a `chamber` fixture, one world per test, and plain boto3 led into it.

Rules of this file: importing it loads nothing of the chamber (pytest imports it in every run of
every project that has it installed); the chamber is loaded when a fixture is first used.

    def test_queue(chamber):
        sqs = chamber.client("sqs")

    @pytest.mark.chamber(seed=7, iam="enforce")
    def test_with_settings(chamber): ...

    def test_plain_boto3(chamber_boto3):
        boto3.client("sqs").create_queue(QueueName="q")  # answered by the chamber
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cloudchamber.testing.chamber import Chamber


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, so that --strict-markers knows it."""
    config.addinivalue_line(
        "markers",
        "chamber(seed=1, clock='demand', account=..., region=..., lifecycle='instant', "
        "iam='warn', throttling='off', start=...): settings of this test's `chamber` fixture",
    )


@pytest.fixture
def chamber(request: pytest.FixtureRequest) -> Iterator[Chamber]:
    """A world of its own for this test, discarded afterwards. Settings come from the marker."""
    from cloudchamber.testing.chamber import Chamber

    marker = request.node.get_closest_marker("chamber")
    settings: dict[str, Any] = dict(marker.kwargs) if marker else {}
    with Chamber(**settings) as opened:
        yield opened


@pytest.fixture
def chamber_boto3(chamber: Chamber, monkeypatch: pytest.MonkeyPatch) -> Chamber:
    """The `chamber`, with every botocore client of this process led into it for this test.

    Clients made before the fixture are led there too. The region and credentials of the
    environment are replaced by the chamber's, so nothing can reach AWS.
    """
    from cloudchamber.testing.transport import lead_botocore

    lead_botocore(chamber.host.handle, chamber.cloud.settings, monkeypatch)
    return chamber
