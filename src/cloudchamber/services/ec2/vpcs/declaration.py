"""What this area of EC2 answers."""

from __future__ import annotations

from typing import Final

from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.vpcs.nouns import (
    DHCP_OPTIONS_SET,
    EGRESS_ONLY_GATEWAY,
    INTERNET_GATEWAY,
    NETWORK_ACL,
    ROUTE_TABLE,
    SUBNET,
    VPC,
)

AREA: Final = Area(
    operations={},
    kinds=(
        VPC,
        SUBNET,
        DHCP_OPTIONS_SET,
        ROUTE_TABLE,
        INTERNET_GATEWAY,
        EGRESS_ONLY_GATEWAY,
        NETWORK_ACL,
    ),
)
