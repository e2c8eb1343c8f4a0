"""Attribute-based instance type selection for fleets: requirements become the types that meet them.

Rules of this file: reads only. A launch by requirements is as many launches as there are types,
each with the weight of the fleet's unit. Types that cost too much are left out, as AWS's price
protection does: a Spot price is measured against the lowest Spot price of the types found, an
On-Demand price against the lowest On-Demand price of the current C, M and R types among them.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet-attribute-based-instance-type-selection.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2.instances.instance_types import types_of
from cloudchamber.services.ec2.instances.requirements import meets
from cloudchamber.services.ec2.market import pools
from cloudchamber.services.ec2.market.nouns import Override
from cloudchamber.services.ec2.refusals import invalid_combination, missing_parameter
from cloudchamber.world.capacity.catalogue import InstanceType, find_type

# "The default is 100" for Spot, "the default is 20" for On-Demand: API_InstanceRequirementsRequest.
SPOT_PERCENT: Final = 100
ON_DEMAND_PERCENT: Final = 20
_GENERAL: Final = frozenset({"c", "m", "r"})


def types_for(call: Call, requirements: Mapping[str, Any]) -> list[InstanceType]:
    """The Region's types that meet requirements. Raises AwsError where a range is missing."""
    for member in ("VCpuCount", "MemoryMiB"):
        if requirements.get(member, {}).get("Min") is None:
            raise missing_parameter(f"InstanceRequirements.{member}.Min")
    if requirements.get("AllowedInstanceTypes") and requirements.get("ExcludedInstanceTypes"):
        raise invalid_combination(
            "AllowedInstanceTypes and ExcludedInstanceTypes cannot be specified together."
        )
    return [each for each in types_of(call) if meets(each, requirements)]


def protected(call: Call, found: list[Override], requirements: Mapping[str, Any]) -> list[Override]:
    """Those of the launches whose price is not far above the lowest. Raises AwsError for none."""
    if not found:
        raise AwsError(
            "InvalidFleetConfiguration",
            "No instance type that can be launched meets the instance requirements.",
        )
    spot = {id_of(each): _spot_price(call, each) for each in found}
    full = {id_of(each): _full_price(each) for each in found}
    general = [full[id_of(each)] for each in found if _is_general(each)]
    spot_limit = _limit(
        min(spot.values()),
        requirements.get("SpotMaxPricePercentageOverLowestPrice", SPOT_PERCENT),
    )
    full_limit = _limit(
        min(general or full.values()),
        requirements.get("OnDemandMaxPricePercentageOverLowestPrice", ON_DEMAND_PERCENT),
    )
    for each in found:
        each.is_dear_spot = spot[id_of(each)] > spot_limit
        each.is_dear = full[id_of(each)] > full_limit
    return [each for each in found if not (each.is_dear and each.is_dear_spot)]


def weight_of(kind: InstanceType, unit: str) -> float:
    """What an instance counts for, in the fleet's unit of capacity."""
    if unit == "vcpu":
        return float(kind.vcpus)
    return float(kind.memory_mib) if unit == "memory-mib" else 1.0


def id_of(each: Override) -> tuple[str, str]:
    """The pool of a launch."""
    return each.type, each.zone_id


def _kind(each: Override) -> InstanceType:
    kind = find_type(each.type)
    if kind is None:
        raise LookupError(f"a fleet wants {each.type}, which is not there")
    return kind


def _spot_price(call: Call, each: Override) -> float:
    return pools.spot_price(call.cloud, _kind(each), each.zone_id) / each.weight


def _full_price(each: Override) -> float:
    return pools.on_demand_price(_kind(each), each.zone_id) / each.weight


def _is_general(each: Override) -> bool:
    kind = _kind(each)
    return kind.letters in _GENERAL and kind.is_current


def _limit(lowest: float, percent: int) -> float:
    return lowest * (100 + percent) / 100
