"""CreateFleet, ModifyFleet, DeleteFleets and what describes EC2 Fleets.

Rules of this file: the operations; `filling.py` launches and replaces.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFleet.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, described, filtered
from cloudchamber.services.ec2.market import filling, listing, selecting
from cloudchamber.services.ec2.market.nouns import FLEET, Fleet, Override
from cloudchamber.services.ec2.refusals import invalid_combination, invalid_value, missing_parameter
from cloudchamber.services.ec2.vpcs import lookup

OVERRIDES_MAX: Final = 300
TARGET_MAX: Final = 10_000
_DELAY_MIN_S: Final = 120
_DELAY_MAX_S: Final = 7200
_ECHOED: Final = (
    "ClientToken", "SpotOptions", "OnDemandOptions", "Context", "LaunchTemplateConfigs",
    "ReplaceUnhealthyInstances", "ExcessCapacityTerminationPolicy",
)  # fmt: skip
_FLEET_TYPES: Final = ("instant", "request", "maintain")


def create_fleet(call: Call, request: Input) -> Output:
    """Launch instances over several pools, once or for as long as the fleet lives."""
    given = tags.specified_all(request, ("fleet", "instance"))
    kind = request.get("Type", "maintain")
    if kind != "instant" and "instance" in given:
        raise invalid_combination("Instances of a fleet are tagged by its launch template.")
    total, on_demand, spot = targets(request["TargetCapacitySpecification"])
    fleet = _fleet(call, request, kind, given.get("instance", {}))
    fleet.target_on_demand, fleet.target_spot = on_demand, spot
    if not total and kind == "instant":
        raise invalid_value(total, "totalTargetCapacity", "An instant fleet has a target.")
    _expect_minimum(request, kind)
    kinds.add(call, FLEET, fleet)
    tags.put(call, fleet.id, given.get("fleet", {}))
    filling.note(call, fleet, "fleetRequestChange", "submitted")
    output: Output = {"FleetId": fleet.id}
    if kind == "instant":
        filling.begin(call, fleet)
        _withdraw_short(call, request, fleet)
        output["Errors"] = [_error_view(fleet, each) for each in fleet.errors]
        output["Instances"] = _instances_view(call, fleet)
        return output
    listing.schedule(call, fleet)
    return output


def modify_fleet(call: Call, request: Input) -> Output:
    """Change a fleet's targets; instances are launched, or terminated by its policy."""
    fleet = expect_fleet(call, request["FleetId"])
    if fleet.type != "maintain" or fleet.state not in ("active", "submitted"):
        raise AwsError(
            "InvalidFleetState" if fleet.type == "maintain" else "UnsupportedOperation",
            f"The fleet {fleet.id} of type {fleet.type} in the state {fleet.state} cannot be "
            "modified.",
        )
    overrides = None
    if request.get("LaunchTemplateConfigs"):
        overrides = overrides_of(call, request["LaunchTemplateConfigs"], {})
    if request.get("TargetCapacitySpecification"):
        merged = {"DefaultTargetCapacityType": fleet.default_type}
        merged.update(request["TargetCapacitySpecification"])
        _, fleet.target_on_demand, fleet.target_spot = targets(merged)
    if overrides is not None:
        fleet.overrides = overrides
        fleet.shown["LaunchTemplateConfigs"] = request["LaunchTemplateConfigs"]
    policy = request.get("ExcessCapacityTerminationPolicy")
    if policy:
        fleet.ends_excess = policy == "termination"
        fleet.shown["ExcessCapacityTerminationPolicy"] = policy
    filling.note(call, fleet, "fleetRequestChange", "modify_in_progress")
    filling.shrink(call, fleet)
    filling.fill_soon(call, fleet)
    return {"Return": True}


def delete_fleets(call: Call, request: Input) -> Output:
    """Delete fleets, with their instances or without."""
    ends = request["TerminateInstances"]
    done: list[dict[str, Any]] = []
    not_done: list[dict[str, Any]] = []
    for identifier in request["FleetIds"]:
        fleet = call.rows(FLEET.table).get(identifier)
        if fleet is None:
            error = {
                "Code": "fleetIdDoesNotExist",
                "Message": f"The fleet ID '{identifier}' does not exist",
            }
            not_done.append({"FleetId": identifier, "Error": error})
            continue
        if fleet.type == "instant" and not ends:
            error = {
                "Code": "unexpectedError",
                "Message": "NoTerminateInstances option is not supported for instant fleet",
            }
            not_done.append({"FleetId": identifier, "Error": error})
            continue
        if fleet.state.startswith("deleted"):
            error = {
                "Code": "fleetNotInDeletableState",
                "Message": f"Fleet '{identifier}' is in {fleet.state} state",
            }
            not_done.append({"FleetId": identifier, "Error": error})
            continue
        before = fleet.state
        listing.delete(call, fleet, ends=ends, word="deleted")
        done.append(
            {
                "FleetId": fleet.id,
                "PreviousFleetState": before,
                "CurrentFleetState": "deleted_terminating" if ends else "deleted_running",
            }
        )
    return {"SuccessfulFleetDeletions": done, "UnsuccessfulFleetDeletions": not_done}


def describe_fleets(call: Call, request: Input) -> Output:
    """The account's fleets; instant ones only when they are named."""
    ids = dict.fromkeys(request.get("FleetIds", ()))
    rows = [expect_fleet(call, each) for each in ids]
    if not ids:
        rows = [each for each in call.rows(FLEET.table).values() if each.type != "instant"]
    rows = filtered(call, rows, request.get("Filters", ()), _FLEETS.filters)
    return described(call, request, _FLEETS, sorted(rows, key=lambda row: row.id))


def describe_fleet_instances(call: Call, request: Input) -> Output:
    """A fleet's instances."""
    fleet = expect_fleet(call, request["FleetId"])
    if fleet.type == "instant":
        raise AwsError(
            "UnsupportedOperation", "DescribeFleetInstances is not supported for instant fleets."
        )
    return {"FleetId": fleet.id, **listing.active_instances(call, fleet, request)}


def describe_fleet_history(call: Call, request: Input) -> Output:
    """What has happened to a fleet since an instant."""
    fleet = expect_fleet(call, request["FleetId"])
    kind = {
        "instance-change": "instanceChange",
        "fleet-change": "fleetRequestChange",
        "service-error": "error",
    }.get(request.get("EventType", ""), "")
    records = listing.history(fleet, request["StartTime"], kind)
    names = {"instanceChange": "instance-change", "fleetRequestChange": "fleet-change"}
    for each in records:
        each["EventType"] = names.get(each["EventType"], "service-error")
    return {
        "FleetId": fleet.id,
        "StartTime": request["StartTime"],
        "HistoryRecords": records,
        "LastEvaluatedTime": call.now_s,
    }


def expect_fleet(call: Call, identifier: str) -> Fleet:
    """One of the account's fleets. Raises InvalidFleetId.NotFound."""
    fleet = call.rows(FLEET.table).get(identifier)
    if fleet is None:
        raise AwsError("InvalidFleetId.NotFound", f"The fleet ID '{identifier}' does not exist")
    return fleet


def targets(given: Mapping[str, Any]) -> tuple[int, int, int]:
    """Total, On-Demand and Spot targets. Raises AwsError."""
    total: int = given["TotalTargetCapacity"]
    if not 0 <= total <= TARGET_MAX:
        raise invalid_value(total, "totalTargetCapacity", f"It is from 0 to {TARGET_MAX}.")
    default = given.get("DefaultTargetCapacityType", "on-demand")
    on_demand, spot = given.get("OnDemandTargetCapacity"), given.get("SpotTargetCapacity")
    if default not in ("spot", "on-demand"):
        raise AwsError("InvalidParameterValue", f"Capacity of type '{default}' is not offered.")
    if on_demand is None and spot is None:
        return (total, 0, total) if default == "spot" else (total, total, 0)
    if on_demand is None:
        on_demand = total - (spot or 0)
    if spot is None:
        spot = total - on_demand
    if on_demand + spot > total:
        raise invalid_combination(
            "OnDemandTargetCapacity and SpotTargetCapacity exceed TotalTargetCapacity."
        )
    if default == "spot":
        spot = total - on_demand
    else:
        on_demand = total - spot
    return total, on_demand, spot


def overrides_of(
    call: Call,
    configs: list[dict[str, Any]],
    instance_tags: Mapping[str, str],
    unit: str = "units",
) -> list[Override]:
    """Every launch that a fleet's templates and overrides give. Raises AwsError."""
    found: list[Override] = []
    for config in configs:
        template = config.get("LaunchTemplateSpecification")
        if not template:
            raise missing_parameter("LaunchTemplateSpecification")
        if not template.get("Version"):
            raise missing_parameter("LaunchTemplateSpecification.Version")
        listed: list[dict[str, Any]] = config.get("Overrides") or [{}]
        for given in listed:
            spec = _spec(template, given, instance_tags)
            if given.get("InstanceRequirements"):
                found += _by_requirements(call, spec, template, given, unit)
                continue
            found.append(filling.resolve(call, spec, {"template": template}, dict(given)))
    listed_count = sum(len(each.get("Overrides", ())) for each in configs)
    if listed_count > OVERRIDES_MAX:
        raise invalid_value(listed_count, "Overrides", f"There are at most {OVERRIDES_MAX}.")
    return found


def _by_requirements(
    call: Call,
    spec: dict[str, Any],
    template: Mapping[str, Any],
    given: Mapping[str, Any],
    unit: str,
) -> list[Override]:
    """A launch for each type that meets an override's requirements and can start its image."""
    if given.get("InstanceType"):
        raise invalid_combination(
            "InstanceType and InstanceRequirements cannot be specified together."
        )
    found: list[Override] = []
    for kind in selecting.types_for(call, given["InstanceRequirements"]):
        own = {**given, "WeightedCapacity": selecting.weight_of(kind, unit)}
        try:
            launch = filling.resolve(
                call, {**spec, "InstanceType": kind.name}, {"template": template}, own
            )
        except AwsError as error:
            # Of another architecture than the image, or not in the zone.
            if error.code in (
                "InvalidParameterValue",
                "Unsupported",
                "InvalidParameterCombination",
            ):
                continue
            raise
        launch.given = dict(given)
        found.append(launch)
    return selecting.protected(call, found, given["InstanceRequirements"])


def _spec(
    template: Mapping[str, Any], given: Mapping[str, Any], instance_tags: Mapping[str, str]
) -> dict[str, Any]:
    spec: dict[str, Any] = {"LaunchTemplate": dict(template)}
    for name in (
        "InstanceType", "SubnetId", "ImageId", "KeyName", "BlockDeviceMappings",
        "IamInstanceProfile", "MetadataOptions",
    ):  # fmt: skip
        if given.get(name):
            spec[name] = given[name]
    placement = {
        name: given[name] for name in ("AvailabilityZone", "AvailabilityZoneId") if given.get(name)
    }
    placement.update(given.get("Placement", {}))
    if placement:
        spec["Placement"] = placement
    if instance_tags:
        listed = [{"Key": key, "Value": value} for key, value in instance_tags.items()]
        spec["TagSpecifications"] = [{"ResourceType": "instance", "Tags": listed}]
    return spec


def _fleet(call: Call, request: Input, kind: str, instance_tags: Mapping[str, str]) -> Fleet:
    if kind not in _FLEET_TYPES:
        raise invalid_value(kind, "type", "It is instant, request or maintain.")
    spot, on_demand = request.get("SpotOptions", {}), request.get("OnDemandOptions", {})
    if request.get("ReservedCapacityOptions"):
        raise AwsError("UnsupportedOperation", "Fleets do not launch into reserved capacity here.")
    if not request["LaunchTemplateConfigs"]:
        raise missing_parameter("LaunchTemplateConfigs")
    strategy = spot.get("AllocationStrategy", "lowest-price")
    rebalance = spot.get("MaintenanceStrategies", {}).get("CapacityRebalance", {})
    begins, until = listing.validity(call, request)
    return Fleet(
        id=listing.new_id(call, FLEET.prefix),
        owner=call.account,
        type=kind,
        state="submitted",
        overrides=overrides_of(
            call, request["LaunchTemplateConfigs"], instance_tags, _unit(request)
        ),
        shown={name: request[name] for name in _ECHOED if name in request},
        default_type=request["TargetCapacitySpecification"].get(
            "DefaultTargetCapacityType", "on-demand"
        ),
        spot_strategy=strategy,
        on_demand_strategy=on_demand.get("AllocationStrategy", "lowest-price"),
        pools_to_use=_pools_to_use(spot, strategy),
        behavior=_behavior(spot, kind),
        rebalances=_rebalances(rebalance, kind),
        rebalance_delay_ns=_delay_s(rebalance) * SECOND_NS,
        ends_excess=request.get("ExcessCapacityTerminationPolicy", "termination") == "termination",
        ends_on_expiry=request.get("TerminateInstancesWithExpiration", False),
        replaces=request.get("ReplaceUnhealthyInstances", False),
        from_ns=begins,
        until_ns=until,
        created_ns=call.now,
    )


def _unit(request: Input) -> str:
    """The unit of the targets. Raises InvalidParameterCombination."""
    unit: str = request["TargetCapacitySpecification"].get("TargetCapacityUnitType", "units")
    listed = [
        each
        for config in request["LaunchTemplateConfigs"]
        for each in config.get("Overrides") or [{}]
    ]
    if unit != "units" and not all(each.get("InstanceRequirements") for each in listed):
        raise invalid_combination(
            "TargetCapacityUnitType is supported only with instance requirements."
        )
    return unit


def _pools_to_use(spot: Mapping[str, Any], strategy: str) -> int:
    count: int | None = spot.get("InstancePoolsToUseCount")
    if count is None:
        return 1
    if strategy != "lowest-price":
        raise invalid_combination(
            "InstancePoolsToUseCount is supported only with the strategy lowest-price."
        )
    return max(1, count)


def _behavior(spot: Mapping[str, Any], kind: str) -> str:
    behavior: str = spot.get("InstanceInterruptionBehavior", "terminate")
    if behavior != "terminate" and kind != "maintain":
        raise invalid_combination(
            f"InstanceInterruptionBehavior '{behavior}' is supported only for fleets of type "
            "'maintain'."
        )
    return behavior


def _rebalances(rebalance: Mapping[str, Any], kind: str) -> str:
    strategy: str = rebalance.get("ReplacementStrategy", "")
    if strategy and kind != "maintain":
        raise invalid_combination("CapacityRebalance is supported only for fleets of type maintain")
    return strategy


def _delay_s(rebalance: Mapping[str, Any]) -> int:
    delay: int | None = rebalance.get("TerminationDelay")
    if rebalance.get("ReplacementStrategy") != "launch-before-terminate":
        return 0
    if delay is None:
        raise missing_parameter("TerminationDelay")
    if not _DELAY_MIN_S <= delay <= _DELAY_MAX_S:
        raise invalid_value(
            delay, "TerminationDelay", f"It is from {_DELAY_MIN_S} to {_DELAY_MAX_S} seconds."
        )
    return delay


def _expect_minimum(request: Input, kind: str) -> None:
    for member in ("SpotOptions", "OnDemandOptions"):
        options = request.get(member, {})
        if options.get("MinTargetCapacity") is None:
            continue
        if kind != "instant":
            raise invalid_combination("MinTargetCapacity is supported only for instant fleets.")
        if not (options.get("SingleInstanceType") or options.get("SingleAvailabilityZone")):
            raise invalid_combination(
                "MinTargetCapacity requires SingleAvailabilityZone or SingleInstanceType."
            )


def _withdraw_short(call: Call, request: Input, fleet: Fleet) -> None:
    """An instant fleet that does not reach its minimum launches nothing."""
    for member, is_spot in (("SpotOptions", True), ("OnDemandOptions", False)):
        least = request.get(member, {}).get("MinTargetCapacity")
        if least is not None and filling.fulfilled(fleet, is_spot=is_spot) < least:
            filling.end_all(call, fleet)
            fleet.members = {}


def _template_view(fleet: Fleet, number: int) -> dict[str, Any]:
    override = fleet.overrides[number]
    return {
        "LaunchTemplateSpecification": override.config.get("template", {}),
        "Overrides": {
            "InstanceType": override.type,
            "SubnetId": override.subnet,
            "AvailabilityZoneId": override.zone_id,
            **override.given,
        },
    }


def _error_view(fleet: Fleet, error: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "LaunchTemplateAndOverrides": _template_view(fleet, error["override"]),
        "Lifecycle": error["lifecycle"],
        "ErrorCode": error["code"],
        "ErrorMessage": error["message"],
    }


def _instances_view(call: Call, fleet: Fleet) -> list[dict[str, Any]]:
    groups: dict[tuple[int, bool], list[str]] = {}
    for each in fleet.members.values():
        groups.setdefault((each.override, each.is_spot), []).append(each.instance)
    return [
        {
            "LaunchTemplateAndOverrides": _template_view(fleet, number),
            "Lifecycle": "spot" if is_spot else "on-demand",
            "InstanceIds": ids,
            "InstanceType": fleet.overrides[number].type,
            "AvailabilityZoneId": fleet.overrides[number].zone_id,
            "AvailabilityZone": lookup.zone_name(call, fleet.overrides[number].zone_id),
            "SubnetId": fleet.overrides[number].subnet,
        }
        for (number, is_spot), ids in groups.items()
    ]


def _view(call: Call, fleet: Fleet) -> Output:
    total = fleet.target_on_demand + fleet.target_spot
    have = filling.fulfilled(fleet, is_spot=False)
    view: Output = {
        "FleetId": fleet.id,
        "FleetState": fleet.state,
        "CreateTime": fleet.created_ns / SECOND_NS,
        "FulfilledCapacity": have + filling.fulfilled(fleet, is_spot=True),
        "FulfilledOnDemandCapacity": have,
        "TargetCapacitySpecification": {
            "TotalTargetCapacity": total,
            "OnDemandTargetCapacity": fleet.target_on_demand,
            "SpotTargetCapacity": fleet.target_spot,
            "DefaultTargetCapacityType": fleet.default_type,
        },
        "Type": fleet.type,
        "TerminateInstancesWithExpiration": fleet.ends_on_expiry,
        "ReplaceUnhealthyInstances": fleet.replaces,
        "ExcessCapacityTerminationPolicy": (
            "termination" if fleet.ends_excess else "no-termination"
        ),
        "Tags": tags.shown(call, fleet.id),
        **fleet.shown,
    }
    view["SpotOptions"] = {
        "AllocationStrategy": fleet.spot_strategy,
        "InstanceInterruptionBehavior": fleet.behavior,
        **fleet.shown.get("SpotOptions", {}),
    }
    view["OnDemandOptions"] = {
        "AllocationStrategy": fleet.on_demand_strategy,
        **fleet.shown.get("OnDemandOptions", {}),
    }
    if fleet.activity:
        view["ActivityStatus"] = fleet.activity
    if fleet.until_ns:
        view["ValidUntil"] = fleet.until_ns / SECOND_NS
    if fleet.from_ns:
        view["ValidFrom"] = fleet.from_ns / SECOND_NS
    if fleet.type == "instant":
        view["Errors"] = [_error_view(fleet, each) for each in fleet.errors]
        view["Instances"] = _instances_view(call, fleet)
    return view


_FLEETS: Final[Description[Fleet]] = Description(
    kind=FLEET,
    ids="FleetIds",
    answer="Fleets",
    view=_view,
    filters=MappingProxyType(
        {
            "activity-status": lambda call, row: (row.activity, row.activity.replace("_", "-")),
            "excess-capacity-termination-policy": lambda call, row: (
                ("true",) if row.ends_excess else ("false",)
            ),
            "fleet-state": lambda call, row: (row.state, row.state.replace("_", "-")),
            "replace-unhealthy-instances": lambda call, row: (
                ("true",) if row.replaces else ("false",)
            ),
            "type": lambda call, row: (row.type,),
        }
    ),
)
