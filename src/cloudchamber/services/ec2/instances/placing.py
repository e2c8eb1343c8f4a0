"""Where instances stand: quotas of vCPUs, pools of hosts, and placement groups.

Rules of this file: `place` takes hosts and `leave` gives them back; both keep the count of vCPUs
that the account runs. What `place` could not take it has not changed.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.instances.limits import SPREAD_PER_ZONE_MAX, VCPUS, bucket_of
from cloudchamber.services.ec2.instances.nouns import (
    INSTANCES,
    PLACEMENT_GROUP,
    POOLS,
    USAGE,
    Instance,
    PlacementGroup,
    Usage,
)
from cloudchamber.services.ec2.vpcs.lookup import zone_name, zones_for
from cloudchamber.world.capacity import offerings, pools
from cloudchamber.world.capacity.catalogue import InstanceType, find_type
from cloudchamber.world.capacity.pools import Pool

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud


def pool_of(cloud: Cloud, kind: InstanceType, zone_id: str) -> Pool:
    """The pool of a type in a zone."""
    rows: dict[Any, Pool] = cloud.store.rows(POOLS, "", "")
    pool = rows.get((kind.name, zone_id))
    if pool is None:
        pool = rows[kind.name, zone_id] = pools.new_pool(cloud.kernel.seed, zone_id, kind)
    return pool


def expect_offered(call: Call, kind: InstanceType, zone_id: str) -> None:
    """A zone has hosts for a type. Raises Unsupported, naming the zones that do."""
    if is_offered(call, kind, zone_id):
        return
    others = _zones_with(call, kind)
    name = zone_name(call, zone_id)
    advice = (
        " Please retry your request by not specifying an Availability Zone or choosing "
        f"{', '.join(others)}."
        if others
        else ""
    )
    raise AwsError(
        "Unsupported",
        f"Your requested instance type ({kind.name}) is not supported in your requested "
        f"Availability Zone ({name}).{advice}",
    )


def is_offered(call: Call, kind: InstanceType, zone_id: str) -> bool:
    """Whether a zone has hosts for a type."""
    return offerings.is_offered(call.cloud.kernel.seed, zone_id, kind)


def place(
    call: Call,
    kind: InstanceType,
    zone_id: str,
    least: int,
    most: int,
    group: PlacementGroup | None = None,
    partition: int = 0,
    *,
    is_spot: bool = False,
) -> list[int]:
    """Take hosts for `least` to `most` instances. Raises AwsError, then nothing is taken.

    Raises VcpuLimitExceeded (MaxSpotInstanceCountExceeded) and InsufficientInstanceCapacity.
    """
    fitting = _expect_vcpus(call, kind, least, most, is_spot=is_spot)
    pool = pool_of(call.cloud, kind, zone_id)
    allowed = _allowed(call, group, zone_id, least, partition)
    hosts: list[int] = []
    for _ in range(fitting):
        host = pools.place(pool, allowed(hosts) if allowed else None)
        if host is None:
            break
        hosts.append(host)
    if len(hosts) < least:
        for host in hosts:
            pools.give_back(pool, host)
        raise no_capacity(call, kind, zone_id)
    _count(call, kind, len(hosts), is_spot=is_spot)
    return hosts


def leave(call: Call, instance: Instance) -> None:
    """An instance stands on its host no more (it stops, or goes)."""
    kind = find_type(instance.type)
    if instance.host < 0 or kind is None:
        return
    pools.give_back(pool_of(call.cloud, kind, instance.zone_id), instance.host)
    instance.host = -1
    _count(call, kind, -1, is_spot=instance.lifecycle == "spot")


def give_back(
    call: Call, kind: InstanceType, zone_id: str, hosts: list[int], *, is_spot: bool = False
) -> None:
    """Give back hosts that `place` took, for a launch that came to nothing."""
    pool = pool_of(call.cloud, kind, zone_id)
    for host in hosts:
        pools.give_back(pool, host)
    _count(call, kind, -len(hosts), is_spot=is_spot)


def no_capacity(call: Call, kind: InstanceType, zone_id: str) -> AwsError:
    """The pool is empty; AWS says which others are not. A server's error, which SDKs retry."""
    others = [
        zone_name(call, zone.id)
        for zone in zones_for(call)
        if zone.type == "availability-zone"
        and zone.id != zone_id
        and is_offered(call, kind, zone.id)
        and pools.room(pool_of(call.cloud, kind, zone.id))
    ]
    advice = (
        f" You can currently get {kind.name} capacity by not specifying an Availability Zone in "
        f"your request or choosing {', '.join(sorted(others))}."
        if others
        else ""
    )
    return AwsError(
        "InsufficientInstanceCapacity",
        f"We currently do not have sufficient {kind.name} capacity in the Availability Zone you "
        f"requested ({zone_name(call, zone_id)}). Our system will be working on provisioning "
        f"additional capacity.{advice}",
        status=500,
    )


def _zones_with(call: Call, kind: InstanceType) -> list[str]:
    return sorted(
        zone.name
        for zone in zones_for(call)
        if zone.type == "availability-zone" and is_offered(call, kind, zone.id)
    )


def _expect_vcpus(call: Call, kind: InstanceType, least: int, most: int, *, is_spot: bool) -> int:
    """How many of the instances the account's quota lets run."""
    bucket = bucket_of(kind)
    limit = VCPUS[bucket]
    row = call.rows(USAGE).get("vcpus")
    used = row.vcpus.get(_line(bucket, is_spot), 0) if row else 0
    fitting = min(most, (limit - used) // kind.vcpus)
    if fitting >= least:
        return fitting
    if is_spot:
        raise AwsError("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded")
    raise AwsError(
        "VcpuLimitExceeded",
        f"You have requested more vCPU capacity than your current vCPU limit of {limit} allows for "
        "the instance bucket that the specified instance type belongs to. Please visit "
        "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.",
    )


def _count(call: Call, kind: InstanceType, instances: int, *, is_spot: bool) -> None:
    rows = call.rows(USAGE)
    row = rows.get("vcpus")
    if row is None:
        row = rows["vcpus"] = Usage({})
    line = _line(bucket_of(kind), is_spot)
    row.vcpus[line] = row.vcpus.get(line, 0) + instances * kind.vcpus


def _line(bucket: str, is_spot: bool) -> str:
    return f"spot-{bucket}" if is_spot else bucket


Allowed = Callable[[list[int]], Callable[[int], bool]]


def _allowed(
    call: Call, group: PlacementGroup | None, zone_id: str, least: int, partition: int
) -> Allowed | None:
    """Which hosts a placement group lets an instance stand on, given those just taken."""
    if group is None or group.strategy == "cluster":
        return None
    there = standing(call, group, zone_id)
    if group.strategy == "partition":
        chosen = max(0, partition - 1)
        return lambda taken: lambda host: pools.rack_of(host) % group.partitions == chosen
    if group.level == "rack" and len(there) + least > SPREAD_PER_ZONE_MAX:
        raise AwsError(
            "InstanceLimitExceeded",
            f"You've reached the limit of {SPREAD_PER_ZONE_MAX} running instances per Availability "
            f"Zone for the spread placement group '{group.name}'.",
        )
    place_of = pools.rack_of if group.level == "rack" else int
    used = {place_of(each.host) for each in there}

    def beside(taken: list[int]) -> Callable[[int], bool]:
        also = {place_of(each) for each in taken}
        return lambda host: place_of(host) not in used and place_of(host) not in also

    return beside


def standing(call: Call, group: PlacementGroup, zone_id: str = "") -> list[Instance]:
    """The instances of a group that have a host (in a zone)."""
    return [
        instance
        for instance in call.rows(INSTANCES).values()
        if instance.group == group.id and instance.host >= 0 and zone_id in ("", instance.zone_id)
    ]


def group_of(call: Call, instance: Instance) -> PlacementGroup | None:
    """The placement group that an instance is in."""
    return kinds.find(call, PLACEMENT_GROUP, instance.group) if instance.group else None
