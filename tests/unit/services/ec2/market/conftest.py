"""A chamber with an EC2 client, an image, and ways to launch in the market."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber.testing.chamber import Chamber

ONE = "111111111111"
TWO = "222222222222"
REGION = "eu-west-1"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, region=REGION) as opened:
        yield opened


@pytest.fixture
def ec2(chamber: Chamber) -> Any:
    return chamber.client("ec2")


@pytest.fixture
def image(ec2: Any) -> str:
    """An image of Amazon Linux for x86_64."""
    return image_of(ec2)


def image_of(ec2: Any) -> str:
    """The id of an image of Amazon Linux for x86_64, in the client's Region."""
    wanted = [
        {"Name": "architecture", "Values": ["x86_64"]},
        {"Name": "name", "Values": ["al2023*"]},
    ]
    identifier: str = ec2.describe_images(Owners=["amazon"], Filters=wanted)["Images"][0]["ImageId"]
    return identifier
