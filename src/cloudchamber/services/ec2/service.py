"""What EC2 answers. Everything it does not list is refused by name."""

from __future__ import annotations

from cloudchamber.cloud.service import Service, simulated
from cloudchamber.services.ec2.nouns import ZONE_GROUPS
from cloudchamber.services.ec2.regions import describe_regions
from cloudchamber.services.ec2.zones import (
    describe_availability_zones,
    modify_availability_zone_group,
)

SERVICE = Service(
    name="ec2",
    operations={
        "DescribeAvailabilityZones": simulated(describe_availability_zones),
        "DescribeRegions": simulated(describe_regions),
        "ModifyAvailabilityZoneGroup": simulated(modify_availability_zone_group),
    },
    tables=(ZONE_GROUPS,),
)
