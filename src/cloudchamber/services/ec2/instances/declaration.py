"""What this area of EC2 answers."""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.service import recorded, simulated
from cloudchamber.services.ec2 import permissions
from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.instances.console import get_console_output
from cloudchamber.services.ec2.instances.nouns import INSTANCE
from cloudchamber.services.ec2.instances.type_offerings import describe_instance_type_offerings

_OF_INSTANCE: Final = permissions.named(INSTANCE, "InstanceId")

AREA: Final = Area(
    operations={
        "DescribeInstanceTypeOfferings": simulated(describe_instance_type_offerings),
        "GetConsoleOutput": recorded(
            get_console_output, "no instance here prints anything", resource=_OF_INSTANCE
        ),
    },
    kinds=(INSTANCE,),
)
