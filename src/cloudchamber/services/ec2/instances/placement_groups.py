"""Placement groups: create, describe, delete.

Rules of this file: a group says on which hosts its instances may stand; `placing.py` heeds it.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-groups.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import filtered
from cloudchamber.services.ec2.instances.limits import PARTITIONS_MAX, PLACEMENT_GROUPS_MAX
from cloudchamber.services.ec2.instances.nouns import (
    INSTANCES,
    PLACEMENT_GROUP,
    PLACEMENT_GROUPS,
    PlacementGroup,
)
from cloudchamber.services.ec2.instances.options import find_group
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    limit_exceeded,
    missing_parameter,
)

_DEFAULT_PARTITIONS: Final = 2
_NAME_MAX: Final = 255


def create_placement_group(call: Call, request: Input) -> Output:
    """Make a group: cluster (the default), spread or partition."""
    name: str = request.get("GroupName", "")
    if not name:
        raise missing_parameter("groupName")
    if len(name) > _NAME_MAX:
        raise invalid_value(name, "groupName", "It is longer than 255 characters.")
    given = tags.specified(request, PLACEMENT_GROUP.type)
    strategy: str = request.get("Strategy", "cluster")
    if strategy not in ("cluster", "spread", "partition"):
        raise Refused("ec2", "CreatePlacementGroup", f"the strategy {strategy} is not there yet")
    rows = call.rows(PLACEMENT_GROUPS)
    if any(each.name == name for each in rows.values()):
        raise AwsError(
            "InvalidPlacementGroup.Duplicate", f"The Placement Group '{name}' already exists."
        )
    if len(rows) >= PLACEMENT_GROUPS_MAX:
        raise limit_exceeded(
            "PlacementGroupLimitExceeded",
            f"The maximum number of placement groups is {PLACEMENT_GROUPS_MAX}.",
        )
    row = PlacementGroup(
        id=kinds.new_id(call, PLACEMENT_GROUP.prefix),
        owner=call.account,
        name=name,
        strategy=strategy,
        level=_level(request, strategy),
        partitions=_partitions(request, strategy),
    )
    kinds.add(call, PLACEMENT_GROUP, row)
    tags.put(call, row.id, given)
    return {"PlacementGroup": _view(call, row)}


def describe_placement_groups(call: Call, request: Input) -> Output:
    """The account's groups by name."""
    rows = list(call.rows(PLACEMENT_GROUPS).values())
    names, ids = request.get("GroupNames", ()), request.get("GroupIds", ())
    if names or ids:
        chosen = [find_group(call, each, None) for each in names]
        chosen += [find_group(call, None, each) for each in ids]
        rows = list({each.id: each for each in chosen}.values())
    rows = filtered(
        call,
        rows,
        request.get("Filters", ()),
        MappingProxyType(
            {
                "group-name": lambda call, row: (row.name,),
                "group-arn": lambda call, row: (_arn(call, row),),
                "spread-level": lambda call, row: (row.level,) if row.level else (),
                "state": lambda call, row: (row.state,),
                "strategy": lambda call, row: (row.strategy,),
            }
        ),
    )
    rows.sort(key=lambda each: each.name)
    return {"PlacementGroups": [_view(call, each) for each in rows]}


def delete_placement_group(call: Call, request: Input) -> Output:
    """Delete a group that has no instances any more."""
    name = request.get("GroupName")
    if not name:
        raise missing_parameter("groupName")
    row = find_group(call, name, name)
    if any(
        each.group == row.id and each.state != "terminated"
        for each in call.rows(INSTANCES).values()
    ):
        raise AwsError(
            "InvalidPlacementGroup.InUse",
            f"The placement group {row.name} is in use and may not be deleted.",
        )
    kinds.remove(call, PLACEMENT_GROUP, row)
    return {}


def _level(request: Input, strategy: str) -> str:
    level = request.get("SpreadLevel")
    if level and strategy != "spread":
        raise invalid_combination("The spread level is for the spread strategy only.")
    if level == "host":
        raise AwsError(
            "InvalidParameterValue",
            "Host level spread placement groups are available only on Outposts.",
        )
    return "rack" if strategy == "spread" else ""


def _partitions(request: Input, strategy: str) -> int:
    count: int | None = request.get("PartitionCount")
    if count is not None and strategy != "partition":
        raise invalid_combination("The partition count is for the partition strategy only.")
    if strategy != "partition":
        return 0
    count = _DEFAULT_PARTITIONS if count is None else count
    if not 1 <= count <= PARTITIONS_MAX:
        raise invalid_value(count, "partitionCount", f"It must be from 1 to {PARTITIONS_MAX}.")
    return count


def _arn(call: Call, row: PlacementGroup) -> str:
    return call.arn(f"placement-group/{row.name}")


def _view(call: Call, row: PlacementGroup) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "GroupName": row.name,
        "State": row.state,
        "Strategy": row.strategy,
        "GroupId": row.id,
        "GroupArn": _arn(call, row),
        "Tags": tags.shown(call, row.id),
    }
    if row.level:
        shown["SpreadLevel"] = row.level
    if row.partitions:
        shown["PartitionCount"] = row.partitions
    return shown
