"""DescribeRegions: which Regions there are and which the account may use.

Rules of this file: reads the table of the world and what the account has enabled; keeps nothing.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
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

    @property
    def described(self) -> dict[str, Any]:
        """The Region as EC2 describes it."""
        return {
            "OptInStatus": self.opt_in_status,
            "Geography": [{"Name": self.region.geography}],
            "RegionName": self.region.name,
            "Endpoint": self.endpoint,
        }


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
    chosen: Sequence[SeenRegion]
    names = request.get("RegionNames")
    if names:
        seen = {each.region.name: each for each in _seen(here.partition, enabled, True)}
        for name in names:
            if name not in seen:
                raise AwsError("InvalidParameterValue", f"Invalid region: [{name}]")
        chosen = [seen[name] for name in sorted(set(names))]
    else:
        chosen = _seen(here.partition, enabled, request.get("AllRegions", False))
    filters = request.get("Filters")
    if filters:
        chosen = matching(chosen, filters, _PROPERTIES)
    return {"Regions": [each.described for each in chosen]}


@lru_cache(maxsize=64)
def _seen(partition: str, enabled: frozenset[str], everything: bool) -> tuple[SeenRegion, ...]:
    """The Regions that an account with these enabled is shown, by name; they follow from a table
    that never changes."""
    found = (SeenRegion(each, _status(each, enabled)) for each in regions(partition))
    return tuple(
        sorted(
            (each for each in found if everything or each.opt_in_status != "not-opted-in"),
            key=lambda each: each.region.name,
        )
    )


def _status(region: Region, enabled: frozenset[str]) -> str:
    if not region.opt_in:
        return "opt-in-not-required"
    return "opted-in" if region.name in enabled else "not-opted-in"
