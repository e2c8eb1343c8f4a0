"""A fleet's instances: launched towards its targets, replaced, and ended when there are too many.

Rules of this file: one engine for EC2 Fleets and Spot Fleets. What cannot be launched is written
down as an error and tried elsewhere; a fleet that maintains its target tries again by a weak event.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import MINUTE_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.instances import launching as instances
from cloudchamber.services.ec2.instances import states
from cloudchamber.services.ec2.instances.nouns import INSTANCE, Instance
from cloudchamber.services.ec2.market import launching, pools, reserving
from cloudchamber.services.ec2.market.allocating import Candidate, allocate
from cloudchamber.services.ec2.market.launching import Terms
from cloudchamber.services.ec2.market.nouns import (
    FLEETS,
    SPOT_FLEETS,
    Fleet,
    FleetMember,
    FleetNote,
    Override,
)
from cloudchamber.world.capacity.catalogue import InstanceType, find_type

FLEET_DUE: Final = "ec2.fleet-due"
FLEET_TAG: Final = "aws:ec2:fleet-id"
SPOT_FLEET_TAG: Final = "aws:ec2spot:fleet-request-id"
AGAIN_NS: Final = 10 * MINUTE_NS
HISTORY_MAX: Final = 1000
_REASON: Final = ("Client.UserInitiatedShutdown", "User initiated shutdown")


def find_fleet(call: Call, identifier: str) -> Fleet | None:
    """A fleet of either kind."""
    return call.rows(FLEETS).get(identifier) or call.rows(SPOT_FLEETS).get(identifier)


def fill(call: Call, fleet: Fleet) -> None:
    """Launch what is missing of the On-Demand target, and then of the Spot target."""
    fleet.errors = []
    for is_spot in (False, True):
        target = fleet.target_spot if is_spot else fleet.target_on_demand
        _fill_market(call, fleet, target, is_spot=is_spot)
    settle_activity(call, fleet)


def fulfilled(fleet: Fleet, *, is_spot: bool) -> float:
    """The units that a fleet has of a market, without those that are being replaced."""
    return sum(
        each.weight
        for each in fleet.members.values()
        if each.is_spot == is_spot and not each.replaced
    )


def settle_activity(call: Call, fleet: Fleet) -> None:
    """Whether the fleet has what it is meant to have; if it keeps it up, look again later."""
    is_met = (
        fulfilled(fleet, is_spot=False) >= fleet.target_on_demand
        and fulfilled(fleet, is_spot=True) >= fleet.target_spot
    )
    fleet.activity = "fulfilled" if is_met else "pending_fulfillment"
    if not is_met and fleet.errors:
        fleet.activity = "error"
    if not is_met and fleet.type == "maintain" and fleet.state in ("active", "modifying"):
        if fleet.look_ns <= call.now:
            fleet.look_ns = call.now + AGAIN_NS
            call.at(fleet.look_ns, FLEET_DUE, fleet.id, "fill", weak=True)


def shrink(call: Call, fleet: Fleet) -> None:
    """Terminate what is above the targets, the newest first, if the fleet's policy says so."""
    if not fleet.ends_excess:
        return
    ending: list[str] = []
    for is_spot in (False, True):
        target = fleet.target_spot if is_spot else fleet.target_on_demand
        have = fulfilled(fleet, is_spot=is_spot)
        for each in reversed(fleet.members.values()):
            if each.is_spot == is_spot and have - each.weight >= target:
                have -= each.weight
                ending.append(each.instance)
    _terminate(call, ending)


def end_all(call: Call, fleet: Fleet) -> None:
    """Terminate every instance of a fleet."""
    _terminate(call, list(fleet.members))


def lost(call: Call, instance: Instance) -> None:
    """An instance goes: the fleet that it belongs to has it no more."""
    own = tags.tags_of(call, instance.id)
    fleet = find_fleet(call, own.get(FLEET_TAG) or own.get(SPOT_FLEET_TAG) or "")
    if fleet is None or fleet.members.pop(instance.id, None) is None:
        return
    note(call, fleet, "instanceChange", "terminated", "", instance.id)
    if fleet.state in ("deleted_terminating", "cancelled_terminating") and not fleet.members:
        fleet.state = fleet.state.partition("_")[0]
    if fleet.type == "maintain" and fleet.state == "active":
        fill_soon(call, fleet)


def fill_soon(call: Call, fleet: Fleet) -> None:
    """Fill a fleet when what happens now is over, once for all that it lost."""
    if not fleet.is_fill_due:
        fleet.is_fill_due = True
        call.after(0, FLEET_DUE, fleet.id, "fill")


def rebalance(call: Call, instance: Instance) -> None:
    """An instance is at risk: a fleet with capacity rebalancing launches another for it."""
    own = tags.tags_of(call, instance.id)
    fleet = find_fleet(call, own.get(FLEET_TAG) or own.get(SPOT_FLEET_TAG) or "")
    if fleet is None or not fleet.rebalances or fleet.state != "active":
        return
    member = fleet.members.get(instance.id)
    if member is None or member.replaced:
        return
    member.replaced = True
    fill(call, fleet)
    if fulfilled(fleet, is_spot=True) < fleet.target_spot:
        member.replaced = False
        return
    if fleet.rebalances == "launch-before-terminate":
        call.after(fleet.rebalance_delay_ns, FLEET_DUE, fleet.id, instance.id)


def fleet_due(call: Call, identifier: str, what: str) -> None:
    """A fleet looks at itself again, expires, or ends an instance that was replaced."""
    fleet = find_fleet(call, identifier)
    if fleet is None:
        return
    if what == "fill":
        fleet.is_fill_due = False
        if fleet.state in ("active", "modifying"):
            fill(call, fleet)
            fleet.state = "active"
    elif what == "expire":
        _expire(call, fleet)
    elif what == "begin":
        begin(call, fleet)
    else:
        _terminate(call, [what])


def begin(call: Call, fleet: Fleet) -> None:
    """A submitted fleet becomes active and launches."""
    if fleet.state != "submitted":
        return
    fleet.state = "active"
    note(call, fleet, "fleetRequestChange", "active")
    fill(call, fleet)


def note(
    call: Call, fleet: Fleet, kind: str, subtype: str, text: str = "", instance: str = ""
) -> None:
    """Write a line of the fleet's history."""
    line = FleetNote(at_ns=call.now, type=kind, subtype=subtype, text=text, instance=instance)
    fleet.history = [*fleet.history[1 - HISTORY_MAX :], line]


def resolve(
    call: Call, spec: dict[str, Any], config: dict[str, Any], given: dict[str, Any]
) -> Override:
    """One launch of a fleet: checked, with the pool that it goes to. Raises AwsError."""
    plan = instances.plan(call, spec, 1, 1)
    return Override(
        spec=spec,
        config=config,
        given=given,
        type=plan.kind.name,
        zone_id=plan.subnet.zone_id,
        subnet=plan.subnet.id,
        weight=float(given.get("WeightedCapacity", 1)),
        priority=float(given.get("Priority", 1_000_000)),
        max_price=launching.price_of(given.get("MaxPrice") or given.get("SpotPrice"), "maxPrice"),
    )


def _fill_market(call: Call, fleet: Fleet, target: float, *, is_spot: bool) -> None:
    left = {
        number: _candidate(call, fleet, number, is_spot=is_spot)
        for number, override in enumerate(fleet.overrides)
        if not (override.is_dear_spot if is_spot else override.is_dear)
    }
    strategy = fleet.spot_strategy if is_spot else fleet.on_demand_strategy
    while left:
        missing = target - fulfilled(fleet, is_spot=is_spot)
        if missing <= 0:
            return
        chosen = allocate(list(left.values()), missing, strategy, fleet.pools_to_use)
        for candidate, count in chosen:
            made = _launch(call, fleet, candidate.number, count, is_spot=is_spot)
            if made < count:
                del left[candidate.number]


def _candidate(call: Call, fleet: Fleet, number: int, *, is_spot: bool) -> Candidate:
    override = fleet.overrides[number]
    kind = _kind(override)
    zone = override.zone_id
    price = (pools.spot_price if is_spot else _full_price)(call.cloud, kind, zone)
    return Candidate(
        number=number,
        price=price,
        weight=override.weight,
        depth=pools.depth(call.cloud, kind, zone),
        priority=override.priority,
    )


def _full_price(cloud: Any, kind: InstanceType, zone_id: str) -> int:
    return pools.on_demand_price(kind, zone_id)


def _kind(override: Override) -> InstanceType:
    kind = find_type(override.type)
    if kind is None:
        raise LookupError(f"a fleet wants {override.type}, which is not there")
    return kind


def _launch(call: Call, fleet: Fleet, number: int, count: int, *, is_spot: bool) -> int:
    """Launch up to so many instances of an override; how many came."""
    override = fleet.overrides[number]
    try:
        if is_spot:
            terms = Terms(
                type="persistent" if fleet.behavior != "terminate" else "one-time",
                behavior=fleet.behavior,
                max_price=override.max_price,
                fleet=fleet.id,
            )
            made = launching.launch_spot(call, override.spec, 1, count, terms)
        else:
            made = reserving.launch(call, instances.plan(call, override.spec, 1, count))
    except AwsError as error:
        market = "spot" if is_spot else "on-demand"
        fleet.errors = [
            *fleet.errors,
            {
                "override": number,
                "lifecycle": market,
                "code": error.code,
                "message": error.message,
            },
        ]
        note(call, fleet, "error", error.code, error.message)
        return 0
    for instance in made:
        tag = SPOT_FLEET_TAG if fleet.id.startswith("sfr-") else FLEET_TAG
        tags.put(call, instance.id, {**tags.tags_of(call, instance.id), tag: fleet.id})
        fleet.members[instance.id] = FleetMember(
            instance=instance.id,
            override=number,
            weight=override.weight,
            is_spot=is_spot,
            request=instance.spot_request,
        )
        note(call, fleet, "instanceChange", "launched", override.type, instance.id)
    return len(made)


def _terminate(call: Call, ids: list[str]) -> None:
    found = [kinds.find(call, INSTANCE, each) for each in ids]
    states.terminate(call, [each for each in found if each is not None], _REASON)


def _expire(call: Call, fleet: Fleet) -> None:
    if fleet.state not in ("active", "submitted"):
        return
    note(call, fleet, "fleetRequestChange", "expired")
    is_spot_fleet = fleet.id.startswith("sfr-")
    word = "cancelled" if is_spot_fleet else "deleted"
    if fleet.ends_on_expiry:
        fleet.state = f"{word}_terminating"
        end_all(call, fleet)
    else:
        fleet.state = f"{word}_running"
