"""DescribeRegions: which Regions there are and which the account may use.

Rules of this file: reads the table of the world and what the account has enabled; keeps nothing.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2.access import enabled_regions, expect_open_region, stop_dry_run
from cloudchamber.services.ec2.filters import Properties, matching
from cloudchamber.world.geography.regions import Region, endpoint_of, regions


class SeenRegion(msgspec.Struct, frozen=True):
    """A Region and whether an account may use it."""

    region: Region
    opt_in_status: str

    @property
    def endpoint(self) -> str:
        """The host name of EC2 in the Region."""
        return endpoint_of("ec2", self.region.name)


_PROPERTIES: Final[Properties[SeenRegion]] = MappingProxyType(
    {
        "endpoint": lambda seen: (seen.endpoint,),
        "opt-in-status": lambda seen: (seen.opt_in_status,),
        "region-name": lambda seen: (seen.region.name,),
    }
)


def describe_regions(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The Regions open to the account; `AllRegions` adds the others of the partition.

    A Region that is asked for by name is shown whether it is open or not. Raises
    InvalidParameterValue for a name that is no Region of the caller's partition.
    """
    here = expect_open_region(call)
    stop_dry_run(request)
    enabled = enabled_regions(call)
    seen = {each.name: SeenRegion(each, _status(each, enabled)) for each in regions(here.partition)}
    names = request.get("RegionNames")
    if names:
        for name in names:
            if name not in seen:
                raise AwsError("InvalidParameterValue", f"Invalid region: [{name}]")
        chosen = [seen[name] for name in sorted(set(names))]
    else:
        everything = request.get("AllRegions", False)
        chosen = [
            seen[name]
            for name in sorted(seen)
            if everything or seen[name].opt_in_status != "not-opted-in"
        ]
    return {
        "Regions": [
            {
                "OptInStatus": each.opt_in_status,
                "Geography": [{"Name": each.region.geography}],
                "RegionName": each.region.name,
                "Endpoint": each.endpoint,
            }
            for each in matching(chosen, request.get("Filters", ()), _PROPERTIES)
        ]
    }


def _status(region: Region, enabled: frozenset[str]) -> str:
    if not region.opt_in:
        return "opt-in-not-required"
    return "opted-in" if region.name in enabled else "not-opted-in"
