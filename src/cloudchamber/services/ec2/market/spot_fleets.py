"""RequestSpotFleet, ModifySpotFleetRequest, CancelSpotFleetRequests and what describes them.

Rules of this file: the older API for the same engine (`filling.py`). A Spot Fleet is described as
its request had it.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestSpotFleet.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, described
from cloudchamber.services.ec2.market import filling, listing
from cloudchamber.services.ec2.market.fleets import TARGET_MAX, overrides_of
from cloudchamber.services.ec2.market.nouns import SPOT_FLEET, Fleet, Override
from cloudchamber.services.ec2.refusals import invalid_combination, invalid_value, missing_parameter

_CANCELLED: Final = "cancelled"


def request_spot_fleet(call: Call, request: Input) -> Output:
    """Ask for a target capacity of Spot (and On-Demand) instances over several pools."""
    config = request["SpotFleetRequestConfig"]
    given = tags.specified(config, SPOT_FLEET.type)
    target = config["TargetCapacity"]
    on_demand = config.get("OnDemandTargetCapacity", 0)
    if not 0 <= target <= TARGET_MAX or on_demand > target:
        raise invalid_value(target, "targetCapacity", "It covers OnDemandTargetCapacity.")
    if config.get("LoadBalancersConfig"):
        raise AwsError("UnsupportedOperation", "Spot Fleets do not register targets here.")
    begins, until = listing.validity(call, config)
    rebalance = config.get("SpotMaintenanceStrategies", {}).get("CapacityRebalance", {})
    kind = config.get("Type", "maintain")
    behavior = config.get("InstanceInterruptionBehavior", "terminate")
    if behavior != "terminate" and kind != "maintain":
        raise invalid_combination(
            f"InstanceInterruptionBehavior '{behavior}' is supported only for type 'maintain'."
        )
    fleet = Fleet(
        id=listing.new_id(call, SPOT_FLEET.prefix),
        owner=call.account,
        type=kind,
        state="submitted",
        overrides=_overrides(call, config),
        shown={"config": config},
        target_on_demand=on_demand,
        target_spot=target - on_demand,
        spot_strategy=config.get("AllocationStrategy", "lowestPrice"),
        on_demand_strategy=config.get("OnDemandAllocationStrategy", "lowestPrice"),
        pools_to_use=max(1, config.get("InstancePoolsToUseCount", 1)),
        behavior=behavior,
        rebalances=rebalance.get("ReplacementStrategy", "") if kind == "maintain" else "",
        rebalance_delay_ns=rebalance.get("TerminationDelay", 0) * SECOND_NS,
        ends_excess=config.get("ExcessCapacityTerminationPolicy", "default") == "default",
        ends_on_expiry=config.get("TerminateInstancesWithExpiration", False),
        replaces=config.get("ReplaceUnhealthyInstances", False),
        from_ns=begins,
        until_ns=until,
        created_ns=call.now,
    )
    kinds.add(call, SPOT_FLEET, fleet)
    tags.put(call, fleet.id, given)
    filling.note(call, fleet, "fleetRequestChange", "submitted")
    listing.schedule(call, fleet)
    return {"SpotFleetRequestId": fleet.id}


def modify_spot_fleet_request(call: Call, request: Input) -> Output:
    """Change a Spot Fleet's target."""
    fleet = _expect(call, request["SpotFleetRequestId"])
    if fleet.type != "maintain" or fleet.state not in ("active", "submitted"):
        raise AwsError(
            "FleetNotInModifiableState",
            f"The Spot Fleet request '{fleet.id}' is not in a modifiable state.",
        )
    on_demand = request.get("OnDemandTargetCapacity", fleet.target_on_demand)
    before = fleet.target_on_demand + fleet.target_spot
    target = request.get("TargetCapacity", before)
    if not 0 <= on_demand <= target <= TARGET_MAX:
        raise invalid_value(target, "targetCapacity", "It covers OnDemandTargetCapacity.")
    overrides = None
    if request.get("LaunchTemplateConfigs"):
        overrides = overrides_of(call, _versioned(request["LaunchTemplateConfigs"]), {})
    if overrides is not None:
        fleet.overrides = overrides
    fleet.target_on_demand, fleet.target_spot = on_demand, target - on_demand
    policy = request.get("ExcessCapacityTerminationPolicy")
    if policy:
        fleet.ends_excess = policy == "default"
    filling.shrink(call, fleet)
    filling.fill_soon(call, fleet)
    return {"Return": True}


def cancel_spot_fleet_requests(call: Call, request: Input) -> Output:
    """Cancel Spot Fleets, with their instances or without."""
    ends = request["TerminateInstances"]
    done: list[dict[str, Any]] = []
    not_done: list[dict[str, Any]] = []
    for identifier in request["SpotFleetRequestIds"]:
        fleet = call.rows(SPOT_FLEET.table).get(identifier)
        if fleet is None or fleet.state.startswith(_CANCELLED):
            code = "fleetRequestIdDoesNotExist" if fleet is None else "fleetRequestNotInCancellable"
            if fleet is not None:
                code += "State"
            error = {"Code": code, "Message": f"The Spot Fleet request '{identifier}': {code}"}
            not_done.append({"SpotFleetRequestId": identifier, "Error": error})
            continue
        before = fleet.state
        listing.delete(call, fleet, ends=ends, word=_CANCELLED)
        done.append(
            {
                "SpotFleetRequestId": fleet.id,
                "PreviousSpotFleetRequestState": before,
                "CurrentSpotFleetRequestState": (
                    "cancelled_terminating" if ends else "cancelled_running"
                ),
            }
        )
    return {"SuccessfulFleetRequests": done, "UnsuccessfulFleetRequests": not_done}


def describe_spot_fleet_requests(call: Call, request: Input) -> Output:
    """The account's Spot Fleets."""
    ids = dict.fromkeys(request.get("SpotFleetRequestIds", ()))
    rows = [_expect(call, each) for each in ids] or list(call.rows(SPOT_FLEET.table).values())
    return described(call, request, _SPOT_FLEETS, sorted(rows, key=lambda row: row.id))


def describe_spot_fleet_instances(call: Call, request: Input) -> Output:
    """A Spot Fleet's instances."""
    fleet = _expect(call, request["SpotFleetRequestId"])
    return {
        "SpotFleetRequestId": fleet.id,
        **listing.active_instances(call, fleet, request),
    }


def describe_spot_fleet_request_history(call: Call, request: Input) -> Output:
    """What has happened to a Spot Fleet since an instant."""
    fleet = _expect(call, request["SpotFleetRequestId"])
    return {
        "SpotFleetRequestId": fleet.id,
        "StartTime": request["StartTime"],
        "HistoryRecords": listing.history(
            fleet, request["StartTime"], request.get("EventType", "")
        ),
        "LastEvaluatedTime": call.now_s,
    }


def _expect(call: Call, identifier: str) -> Fleet:
    fleet = call.rows(SPOT_FLEET.table).get(identifier)
    if fleet is None:
        raise AwsError(
            "InvalidSpotFleetRequestId.NotFound",
            f"The spot fleet request ID '{identifier}' does not exist",
        )
    return fleet


def _overrides(call: Call, config: Mapping[str, Any]) -> list[Override]:
    specs, templates = config.get("LaunchSpecifications"), config.get("LaunchTemplateConfigs")
    if bool(specs) == bool(templates):
        if specs:
            raise invalid_combination(
                "LaunchSpecifications and LaunchTemplateConfigs cannot be specified together."
            )
        raise missing_parameter("LaunchSpecifications/LaunchTemplateConfigs")
    if templates:
        unit = config.get("TargetCapacityUnitType", "units")
        return overrides_of(call, _versioned(templates), {}, unit)
    found: list[Override] = []
    for given in specs or ():
        if given.get("InstanceRequirements"):
            raise AwsError(
                "UnsupportedOperation",
                "Fleets choose among instance types here, not by instance requirements.",
            )
        shared = {"SpotPrice": config["SpotPrice"]} if "SpotPrice" in config else {}
        found.append(filling.resolve(call, _spec(given), {}, {**shared, **given}))
    return found


def _versioned(templates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            **each,
            "LaunchTemplateSpecification": {
                "Version": "$Default",
                **each.get("LaunchTemplateSpecification", {}),
            },
        }
        for each in templates
    ]


def _spec(given: Mapping[str, Any]) -> dict[str, Any]:
    """A launch specification as RunInstances would have it."""
    spec = {
        name: value
        for name, value in given.items()
        if name not in ("SpotPrice", "WeightedCapacity", "SecurityGroups", "TagSpecifications")
    }
    groups = [each["GroupId"] for each in given.get("SecurityGroups", ()) if "GroupId" in each]
    if groups:
        spec["SecurityGroupIds"] = groups
    if given.get("TagSpecifications"):
        spec["TagSpecifications"] = given["TagSpecifications"]
    return spec


def _view(call: Call, fleet: Fleet) -> Output:
    config = {
        **fleet.shown["config"],
        "TargetCapacity": fleet.target_on_demand + fleet.target_spot,
        "OnDemandTargetCapacity": fleet.target_on_demand,
        "FulfilledCapacity": filling.fulfilled(fleet, is_spot=True)
        + filling.fulfilled(fleet, is_spot=False),
        "OnDemandFulfilledCapacity": filling.fulfilled(fleet, is_spot=False),
        "AllocationStrategy": fleet.spot_strategy,
        "OnDemandAllocationStrategy": fleet.on_demand_strategy,
        "ExcessCapacityTerminationPolicy": "default" if fleet.ends_excess else "noTermination",
        "InstanceInterruptionBehavior": fleet.behavior,
        "Type": fleet.type,
        "ReplaceUnhealthyInstances": fleet.replaces,
        "TerminateInstancesWithExpiration": fleet.ends_on_expiry,
    }
    view: Output = {
        "SpotFleetRequestId": fleet.id,
        "SpotFleetRequestState": fleet.state,
        "SpotFleetRequestConfig": config,
        "CreateTime": fleet.created_ns / SECOND_NS,
        "Tags": tags.shown(call, fleet.id),
    }
    if fleet.activity:
        view["ActivityStatus"] = fleet.activity
    return view


_SPOT_FLEETS: Final[Description[Fleet]] = Description(
    kind=SPOT_FLEET, ids="SpotFleetRequestIds", answer="SpotFleetRequestConfigs", view=_view
)
