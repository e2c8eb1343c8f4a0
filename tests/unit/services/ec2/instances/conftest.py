"""A chamber, a client of EC2 in it, and an image to start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber.services.ec2.instances.public_images import parameters
from cloudchamber.testing.chamber import Chamber

REGION = "eu-west-1"
ONE = "111111111111"
LINUX = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1) as opened:
        yield opened


@pytest.fixture
def ec2(chamber: Chamber) -> Any:
    return chamber.client("ec2", region_name=REGION, account=ONE)


@pytest.fixture
def ami() -> str:
    return parameters(REGION)[LINUX]
