"""How these tests ask: what a call refuses, and instances and requests as they are described."""

from __future__ import annotations

from typing import Any

from cloudchamber.services.ec2.market.nouns import SPOT_POOLS
from cloudchamber.services.ec2.market.pools import SHOCK
from cloudchamber.testing.chamber import Chamber


def request_of(ec2: Any, identifier: str) -> dict[str, Any]:
    """A Spot request as it is described."""
    found: dict[str, Any] = ec2.describe_spot_instance_requests(
        SpotInstanceRequestIds=[identifier]
    )["SpotInstanceRequests"][0]
    return found


def status_of(ec2: Any, identifier: str) -> tuple[str, str]:
    """A Spot request's state and status code."""
    row = request_of(ec2, identifier)
    return row["State"], row["Status"]["Code"]


def state_of(ec2: Any, identifier: str) -> str:
    """An instance's state."""
    answer = ec2.describe_instances(InstanceIds=[identifier])
    name: str = answer["Reservations"][0]["Instances"][0]["State"]["Name"]
    return name


def shock(chamber: Chamber, account: str, region: str) -> None:
    """Have every pool that holds an instance reclaimed now, as its scheduled shock would."""
    for type_name, zone in list(chamber.cloud.store.rows(SPOT_POOLS, "", "")):
        chamber.cloud.kernel.at(
            chamber.cloud.kernel.now, SHOCK, (account, region, 0, type_name, zone)
        )


def whats(chamber: Chamber, about: str) -> list[str]:
    """What the event log tells of something, the oldest first."""
    return [each["what"] for each in chamber.events() if each["about"].endswith(about)]
