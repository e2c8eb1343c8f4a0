"""A service that listens to the flows that happen."""

from __future__ import annotations

from typing import Any

from cloudchamber import Chamber
from cloudchamber.cloud.service import Service
from cloudchamber.services.ec2.flow_logs.happened import FLOW, Sighting, Transit, read_flow


class Watched:
    """The flows that happen in a chamber from now on."""

    def __init__(self, chamber: Chamber) -> None:
        self.flows: list[Any] = []
        registry = chamber.cloud.registry
        listener = Service(
            "listener", {}, subscribes={FLOW: lambda call, data: self.flows.append(data)}
        )
        registry._subscribers[FLOW] = (*registry._subscribers.get(FLOW, ()), listener)

    def sightings(self, number: int = -1) -> list[Sighting]:
        """What interfaces saw of a flow; the last one if none is named."""
        return list(read_flow(self.flows[number]).sightings)

    def transits(self) -> list[Transit]:
        """What attachments saw of the last flow."""
        return list(read_flow(self.flows[-1]).transits)
