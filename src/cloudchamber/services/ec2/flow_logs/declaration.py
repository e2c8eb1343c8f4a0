"""What this area of EC2 answers."""

from __future__ import annotations

from typing import Final

from cloudchamber.services.ec2.area import Area

AREA: Final = Area(operations={})
