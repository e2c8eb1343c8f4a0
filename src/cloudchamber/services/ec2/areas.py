"""The areas of EC2, and what they know of together.

Rules of this file: the one list of areas. An area is added here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.connections.declaration import AREA as CONNECTIONS
from cloudchamber.services.ec2.flow_logs.declaration import AREA as FLOW_LOGS
from cloudchamber.services.ec2.instances.declaration import AREA as INSTANCES
from cloudchamber.services.ec2.interfaces.declaration import AREA as INTERFACES
from cloudchamber.services.ec2.kinds import Kind
from cloudchamber.services.ec2.market.declaration import AREA as MARKET
from cloudchamber.services.ec2.reachability.declaration import AREA as REACHABILITY
from cloudchamber.services.ec2.volumes.declaration import AREA as VOLUMES
from cloudchamber.services.ec2.vpcs.declaration import AREA as VPCS

AREAS: Final[tuple[Area, ...]] = (
    VPCS,
    INTERFACES,
    CONNECTIONS,
    INSTANCES,
    VOLUMES,
    MARKET,
    REACHABILITY,
    FLOW_LOGS,
)


@cache
def kinds_by_prefix() -> Mapping[str, Kind[Any]]:
    """Every kind of thing, by the prefix of its ids. It follows from the list above."""
    return MappingProxyType({kind.prefix: kind for area in AREAS for kind in area.kinds})
