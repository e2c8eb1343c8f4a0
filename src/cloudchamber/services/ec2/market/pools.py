"""Which Spot instances stand in which pool, and the shocks that reclaim them.

Rules of this file: a pool has a shock scheduled for as long as it holds an instance, as a weak
event, so that an idle world stays idle. A shock draws whom it takes; each of those then goes its
way by events of its own account (`reclaiming.py`). The model is in `world/capacity/spot.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import MINUTE_NS
from cloudchamber.services.ec2.instances.nouns import Instance
from cloudchamber.services.ec2.market.nouns import SPOT_POOLS, Member, SpotPool
from cloudchamber.world.capacity import prices, spot
from cloudchamber.world.capacity.catalogue import InstanceType, find_type
from cloudchamber.world.geography.zones import region_of_zone

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

SHOCK: Final = "ec2.spot-shock"
RECLAIM: Final = "ec2.spot-reclaim"


def enter(call: Call, instance: Instance) -> None:
    """A Spot instance has been launched in its pool."""
    pool = _pool(call.cloud, instance.type, instance.zone_id)
    pool.members[instance.id] = Member(
        instance=instance.id, account=call.account, region=call.region
    )
    if not pool.event:
        _schedule(call, pool, instance.type, instance.zone_id)


def leave(call: Call, instance: Instance) -> None:
    """A Spot instance stands in its pool no more; the last one takes the shock with it."""
    pool = _pool(call.cloud, instance.type, instance.zone_id)
    pool.members.pop(instance.id, None)
    if not pool.members and pool.event:
        call.cancel(pool.event)
        pool.event = 0


def is_dry(cloud: Cloud, type_name: str, zone_id: str) -> bool:
    """Whether nothing can be launched in a pool at the moment."""
    pool = cloud.store.rows(SPOT_POOLS, "", "").get((type_name, zone_id))
    return pool is not None and pool.dry_from_ns <= cloud.kernel.now < pool.dry_until_ns


def on_demand_price(kind: InstanceType, zone_id: str, product: str = "Linux/UNIX") -> int:
    """An hour On-Demand, in millionths of a dollar."""
    return prices.on_demand(kind, region_of_zone(zone_id) or "", product)


def spot_price(cloud: Cloud, kind: InstanceType, zone_id: str, product: str = "Linux/UNIX") -> int:
    """An hour in the pool at the moment, in millionths of a dollar."""
    full = on_demand_price(kind, zone_id, product)
    return spot.price(cloud.kernel.seed, zone_id, kind, full, cloud.kernel.now)


def next_price_ns(cloud: Cloud) -> int:
    """When prices can change next."""
    seed = cloud.kernel.seed
    return spot.slot_begins_ns(seed, spot.price_slot(seed, cloud.kernel.now) + 1)


def depth(cloud: Cloud, kind: InstanceType, zone_id: str) -> float:
    """How deep a pool is at the moment, from 0 to 1; a dry one is at 0."""
    if is_dry(cloud, kind.name, zone_id):
        return 0.0
    return spot.depth(cloud.kernel.seed, zone_id, kind, cloud.kernel.now)


def shock_due(call: Call, type_name: str, zone_id: str) -> None:
    """The pool is reclaimed: draw whom the shock takes, and when each hears of it."""
    pool = _pool(call.cloud, type_name, zone_id)
    pool.event = 0
    if not pool.members:
        return
    stream = call.stream(f"spot/{zone_id}/{type_name}", "shocks")
    shock = spot.shock(stream)
    begins = call.now + shock.lead_ns
    pool.dry_from_ns, pool.dry_until_ns = begins, begins + shock.dry_ns
    taken = [each for each in pool.members.values() if spot.is_taken(stream, shock.part)]
    call.event(
        f"arn:aws:ec2:::spot-pool/{zone_id}/{type_name}",
        "ec2.spot-shock",
        f"the Spot pool of {type_name} in {zone_id} is short: it takes back {len(taken)} of "
        f"{len(pool.members)} instances and is dry for {shock.dry_ns // MINUTE_NS} minutes",
    )
    for member in taken:
        notice = begins + spot.offset_ns(stream)
        recommended = call.now if shock.lead_ns else notice
        _tell(call, member, recommended, "recommend")
        _tell(call, member, notice, "notice")
        _tell(call, member, notice + spot.NOTICE_NS, "interrupt")
    _schedule(call, pool, type_name, zone_id)


def _schedule(call: Call, pool: SpotPool, type_name: str, zone_id: str) -> None:
    kind = find_type(type_name)
    if kind is None:
        return
    risk = spot.risk(call.cloud.kernel.seed, zone_id, kind)
    stream = call.stream(f"spot/{zone_id}/{type_name}", "gaps")
    gap = spot.next_gap_ns(stream, risk)
    pool.event = call.after(gap, SHOCK, type_name, zone_id, weak=True)


def _tell(call: Call, member: Member, t_ns: int, step: str) -> None:
    """Schedule a step in the account that has the instance."""
    call.cloud.touches += 1
    everything: tuple[Any, ...] = (
        member.account, member.region, call.cause, member.instance, step,
    )  # fmt: skip
    call.cloud.kernel.at(t_ns, RECLAIM, everything)


def _pool(cloud: Cloud, type_name: str, zone_id: str) -> SpotPool:
    rows: dict[Any, SpotPool] = cloud.store.rows(SPOT_POOLS, "", "")
    pool = rows.get((type_name, zone_id))
    if pool is None:
        pool = rows[type_name, zone_id] = SpotPool()
    return pool
