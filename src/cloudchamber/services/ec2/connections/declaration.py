"""What this area of EC2 answers."""

from __future__ import annotations

from typing import Final

from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.connections.nouns import (
    ENDPOINT,
    ENDPOINT_SERVICE,
    PEERING,
    TRANSIT_ATTACHMENT,
    TRANSIT_GATEWAY,
    TRANSIT_ROUTE_TABLE,
)

AREA: Final = Area(
    operations={},
    kinds=(
        PEERING,
        TRANSIT_GATEWAY,
        TRANSIT_ATTACHMENT,
        TRANSIT_ROUTE_TABLE,
        ENDPOINT,
        ENDPOINT_SERVICE,
    ),
)
