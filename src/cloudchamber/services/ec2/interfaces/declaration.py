"""What this area of EC2 answers."""

from __future__ import annotations

from typing import Final

from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.interfaces.nouns import (
    ADDRESS,
    INTERFACE,
    NAT_GATEWAY,
    PREFIX_LIST,
    SECURITY_GROUP,
)

AREA: Final = Area(
    operations={},
    kinds=(
        INTERFACE,
        SECURITY_GROUP,
        PREFIX_LIST,
        ADDRESS,
        NAT_GATEWAY,
    ),
)
