"""DescribeAvailabilityZones and ModifyAvailabilityZoneGroup: the zones of a Region for an account.

Rules of this file: what a zone is and what the account calls it comes from the world's geography;
here it is filtered, checked and spelled. The one thing kept is which groups an account opted in to.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2.access import expect_open_region, stop_dry_run
from cloudchamber.services.ec2.filters import Properties, matching
from cloudchamber.services.ec2.nouns import ZONE_GROUPS, ZoneGroup
from cloudchamber.world.geography.zones import Zone, edge_zones_of, zones_of


class SeenZone(msgspec.Struct, frozen=True):
    """A zone as an account sees it, and whether the account may place anything in it."""

    zone: Zone
    opt_in_status: str

    @property
    def group_names(self) -> tuple[str, ...]:
        """What the zone's group answers to.

        The group of Availability Zones is called like its Region, and `us-east-1-zg-1` in newer
        documentation; a filter finds it by either name.
        """
        zone = self.zone
        if zone.type == "availability-zone":
            return zone.group, f"{zone.region}-zg-1"
        return (zone.group,)


_AVAILABLE: Final = "available"

_PROPERTIES: Final[Properties[SeenZone]] = MappingProxyType(
    {
        "group-long-name": lambda seen: (seen.zone.group_long_name,),
        "group-name": lambda seen: seen.group_names,
        "message": lambda seen: (),
        "opt-in-status": lambda seen: (seen.opt_in_status,),
        "parent-zone-id": lambda seen: (seen.zone.parent_id,) if seen.zone.parent_id else (),
        "parent-zone-name": lambda seen: (seen.zone.parent_name,) if seen.zone.parent_name else (),
        "region-name": lambda seen: (seen.zone.region,),
        "state": lambda seen: (_AVAILABLE,),
        "zone-id": lambda seen: (seen.zone.id,),
        "zone-name": lambda seen: (seen.zone.name,),
        "zone-type": lambda seen: (seen.zone.type,),
    }
)


def describe_availability_zones(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The zones of the Region that the account can use; `AllAvailabilityZones` adds the others.

    With both `ZoneNames` and `ZoneIds` a zone has to be in both. Raises InvalidParameterValue for
    a name or an id that is not one of those zones.
    """
    expect_open_region(call)
    stop_dry_run(request)
    seen = _seen(call, everything=request.get("AllAvailabilityZones", False))
    names = request.get("ZoneNames", ())
    ids = request.get("ZoneIds", ())
    _expect_known(names, {each.zone.name for each in seen}, "availability zone")
    _expect_known(ids, {each.zone.id for each in seen}, "availability zone-id")
    chosen = [
        each
        for each in seen
        if (not names or each.zone.name in names) and (not ids or each.zone.id in ids)
    ]
    found = matching(chosen, request.get("Filters", ()), _PROPERTIES)
    return {"AvailabilityZones": [_described(each) for each in found]}


def modify_availability_zone_group(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Opt in to a group of Local Zones or Wavelength Zones. There is no way back.

    Raises InvalidParameterValue for a group that the account is not offered, for the group of the
    Region's own zones, and for any other status than `opted-in`.
    """
    expect_open_region(call)
    stop_dry_run(request)
    group = request["GroupName"]
    offered = {each.zone.group for each in _seen(call, everything=True) if each.zone.parent_id}
    if group not in offered:
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({group}) for parameter groupName is invalid. "
            "It is not a group of Local Zones or Wavelength Zones that can be opted in to.",
        )
    if request["OptInStatus"] != "opted-in":
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({request['OptInStatus']}) for parameter optInStatus is invalid. The only "
            "valid value is opted-in. Contact AWS Support to opt out of a zone group.",
        )
    rows = call.rows(ZONE_GROUPS)
    if group not in rows:
        rows[group] = ZoneGroup(call.now)
        call.event(
            call.arn(f"availability-zone-group/{group}"),
            "ec2.zone-group-opted-in",
            f"account {call.account} opted in to {group}",
        )
    return {"Return": True}


def _seen(call: Call, *, everything: bool) -> list[SeenZone]:
    """The zones an account is shown: those it may use, or with `everything` those it could."""
    seed = call.cloud.kernel.seed
    place = (call.region, call.account, seed)
    seen = [SeenZone(zone, "opt-in-not-required") for zone in zones_of(*place)]
    groups = call.rows(ZONE_GROUPS)
    for zone in edge_zones_of(*place):
        if zone.group in groups:
            seen.append(SeenZone(zone, "opted-in"))
        elif everything and not zone.on_request:
            seen.append(SeenZone(zone, "not-opted-in"))
    return seen


def _expect_known(given: Sequence[str], known: set[str], what: str) -> None:
    for each in given:
        if each not in known:
            raise AwsError("InvalidParameterValue", f"Invalid {what}: [{each}]")


def _described(seen: SeenZone) -> dict[str, Any]:
    zone = seen.zone
    described: dict[str, Any] = {
        "OptInStatus": seen.opt_in_status,
        "Messages": [],
        "RegionName": zone.region,
        "ZoneName": zone.name,
        "ZoneId": zone.id,
        "GroupName": zone.group,
        "NetworkBorderGroup": zone.border_group,
        "ZoneType": zone.type,
        "State": _AVAILABLE,
    }
    if zone.parent_id is not None:
        described["ParentZoneId"] = zone.parent_id
        described["ParentZoneName"] = zone.parent_name
        described["GroupLongName"] = zone.group_long_name
        if zone.geography is not None:
            described["Geography"] = [{"Name": zone.geography}]
            if zone.sub_geography is not None:
                described["SubGeography"] = [{"Name": zone.sub_geography}]
    return described
