"""Settings that every test shares.

Rules of this file: only what the whole suite needs. Fixtures live beside the tests that use them.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Shared two-core machines stall for longer than any deadline that would mean something, and the
# same examples in every run make a red run repeatable.
settings.register_profile(
    "house",
    deadline=None,
    derandomize=True,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: one worker more than processors.

    Terraform's provider sleeps for minutes in some tests, and others wait for programs they start.
    """
    return (os.cpu_count() or 1) + 1
