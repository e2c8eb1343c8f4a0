"""What EC2 answers, from the declarations of its areas. What none lists is refused by name."""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.service import Service, simulated
from cloudchamber.services.ec2 import area, sharing, tagging
from cloudchamber.services.ec2.areas import AREAS
from cloudchamber.services.ec2.default_networks import BEGUN
from cloudchamber.services.ec2.generation import GENERATIONS
from cloudchamber.services.ec2.idempotency import TOKENS
from cloudchamber.services.ec2.kinds import WHEREABOUTS
from cloudchamber.services.ec2.nouns import ZONE_GROUPS
from cloudchamber.services.ec2.regions import describe_regions
from cloudchamber.services.ec2.tags import TAGS
from cloudchamber.services.ec2.zones import (
    describe_availability_zones,
    modify_availability_zone_group,
)

_TAGGING: Final = area.Area(
    operations={
        "CreateTags": simulated(
            tagging.create_tags, resource=tagging.arns_of_things, context=tagging.context_of_tags
        ),
        "DeleteTags": simulated(
            tagging.delete_tags, resource=tagging.arns_of_things, context=tagging.context_of_tags
        ),
        "DescribeTags": simulated(tagging.describe_tags),
    }
)

SERVICE: Final = Service(
    name="ec2",
    operations={
        "DescribeAvailabilityZones": simulated(describe_availability_zones),
        "DescribeRegions": simulated(describe_regions),
        "ModifyAvailabilityZoneGroup": simulated(modify_availability_zone_group),
        **area.operations((*AREAS, _TAGGING)),
    },
    tables=(ZONE_GROUPS, BEGUN, GENERATIONS, TAGS, TOKENS, WHEREABOUTS, *area.tables(AREAS)),
    kernel_events=area.kernel_events(AREAS),
    ports={
        ports.SHAREABLE: sharing.shareable,
        ports.TAGGED_RESOURCES: tagging.tagged_resources,
        **area.ports(AREAS),
    },
    resource_policy=sharing.resource_policy,
    subscribes=area.subscriptions(AREAS),
    inner=area.inner(AREAS),
    access_denied="UnauthorizedOperation",
)
