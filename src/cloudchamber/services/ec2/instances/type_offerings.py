"""DescribeInstanceTypeOfferings: which instance types there are in a Region or a zone.

Rules of this file: reads only; `world/capacity` knows what is where.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypeOfferings.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2.describing import paged
from cloudchamber.services.ec2.filters import matching
from cloudchamber.services.ec2.vpcs.lookup import zones_for
from cloudchamber.world.capacity import offerings

LOCATION_TYPES: Final = ("region", "availability-zone", "availability-zone-id", "outpost")


def describe_instance_type_offerings(call: Call, request: Input) -> Output:
    """Types by location; a Region has what any of its Availability Zones has."""
    kind = request.get("LocationType", "region")
    if kind not in LOCATION_TYPES:
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({kind}) for parameter locationType is invalid. "
            f"The location type must be one of {', '.join(LOCATION_TYPES)}.",
        )
    rows = matching(
        _offered(call, kind),
        request.get("Filters", ()),
        {
            "instance-type": lambda row: (row["InstanceType"],),
            "location": lambda row: (row["Location"],),
        },
    )
    rows.sort(key=_place_of)
    return paged(request, "InstanceTypeOfferings", rows, _place_of, dict)


def _offered(call: Call, kind: str) -> list[dict[str, Any]]:
    seed = call.cloud.kernel.seed
    zones = zones_for(call)
    if kind == "region":
        names = {
            each.name: None
            for zone in zones
            if zone.type == "availability-zone"
            for each in offerings.offered(seed, zone.id)
        }
        return [_row(name, kind, call.region) for name in names]
    if kind == "outpost":
        return []
    return [
        _row(each.name, kind, zone.id if kind.endswith("-id") else zone.name)
        for zone in zones
        for each in offerings.offered(seed, zone.id)
    ]


def _row(name: str, kind: str, location: str) -> dict[str, Any]:
    return {"InstanceType": name, "LocationType": kind, "Location": location}


def _place_of(row: dict[str, Any]) -> str:
    return f"{row['InstanceType']}\n{row['Location']}"
