"""A chamber with an EC2 client, and instances that are simply there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cloudchamber.services.ec2.instances.nouns import INSTANCES, Instance
from cloudchamber.services.ec2.kinds import WHEREABOUTS, Place
from cloudchamber.testing.chamber import Chamber
from cloudchamber.world.geography.zones import zone_id

ONE = "111111111111"
TWO = "222222222222"
REGION = "eu-west-1"
ZONE = "eu-west-1a"

Standing = Callable[..., str]


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, region=REGION) as opened:
        yield opened


@pytest.fixture
def slow() -> Iterator[Chamber]:
    with Chamber(
        seed=1, account=ONE, region=REGION, lifecycle="realistic", clock="manual"
    ) as opened:
        yield opened


@pytest.fixture
def ec2(chamber: Chamber) -> Any:
    return chamber.client("ec2")


def stand(chamber: Chamber, number: int = 1, zone: str = ZONE, **members: Any) -> str:
    """Put an instance that runs into the account, with no disk and no network."""
    identifier = f"i-{number:017x}"
    row = Instance(
        id=identifier,
        owner=ONE,
        type=members.pop("type", "m5.large"),
        image="ami-1",
        vpc="vpc-1",
        subnet="subnet-1",
        zone_id=zone_id(ONE, REGION, zone, 1),
        reservation="r-1",
        state=members.pop("state", "running"),
        **members,
    )
    store = chamber.cloud.store
    store.rows(INSTANCES, ONE, REGION)[identifier] = row
    store.rows(WHEREABOUTS, "", "")[identifier] = Place(ONE, REGION)
    return identifier
