"""What this area of EC2 answers."""

from __future__ import annotations

from typing import Final

from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.flow_logs.happened import FLOW
from cloudchamber.services.ec2.flow_logs.records import flow_happened

AREA: Final = Area(operations={}, subscribes={FLOW: flow_happened})
