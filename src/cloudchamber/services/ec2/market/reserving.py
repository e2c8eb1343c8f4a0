"""Launching into On-Demand Capacity Reservations, and giving the place back.

Rules of this file: a reservation holds hosts of the pool that wait. An instance that matches takes
one of them; when it stops or goes, the reservation takes a host again. An open reservation takes
any matching instance that does not say otherwise, a targeted one only those that name it.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-reservation-overview.html
"""

from __future__ import annotations

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.instances import launching, placing
from cloudchamber.services.ec2.instances.launching import Market, Plan
from cloudchamber.services.ec2.instances.nouns import Instance
from cloudchamber.services.ec2.market.nouns import RESERVATION, CapacityReservation
from cloudchamber.world.capacity.catalogue import find_type


def launch(call: Call, plan: Plan) -> list[Instance]:
    """Carry out an On-Demand launch, in a reservation if one is meant for it. Raises AwsError."""
    row = _chosen(call, plan)
    if row is None:
        return launching.carry_out(call, plan)
    count = min(plan.most, len(row.hosts))
    if count < plan.least:
        raise AwsError(
            "ReservationCapacityExceeded",
            "The requested reservation does not have sufficient compatible and available capacity "
            f"for this request: {row.id}",
            status=500,
        )
    hosts = [row.hosts.pop() for _ in range(count)]
    placing.give_back(call, plan.kind, row.zone_id, hosts)
    limited = msgspec.structs.replace(plan, most=count)
    try:
        made = launching.carry_out(call, limited, Market(capacity_reservation=row.id))
    except AwsError:
        row.hosts += placing.place(call, plan.kind, row.zone_id, count, count)
        raise
    if len(made) < count:
        short = count - len(made)
        row.hosts += placing.place(call, plan.kind, row.zone_id, short, short)
    row.instances += [each.id for each in made]
    return made


def gone(call: Call, instance: Instance) -> None:
    """An instance stands on its host no more: its reservation, if it has one, waits again."""
    row = kinds.find(call, RESERVATION, instance.capacity_reservation)
    kind = find_type(instance.type)
    if row is None or kind is None or instance.id not in row.instances:
        return
    row.instances.remove(instance.id)
    if row.state == "active":
        row.hosts += placing.place(call, kind, row.zone_id, 0, 1)


def _chosen(call: Call, plan: Plan) -> CapacityReservation | None:
    target = plan.shared.get("capacity_target", "")
    if target:
        row = kinds.expect_own(call, RESERVATION, target)
        if row.state != "active" or not _fits(row, plan):
            raise AwsError(
                "InvalidParameterValue",
                f"The capacity reservation {row.id} does not match the attributes of the launch.",
            )
        return row
    preference = plan.shared.get("capacity_preference", "open")
    if preference == "none":
        return None
    for row in call.rows(RESERVATION.table).values():
        is_open = row.match == "open" and row.state == "active" and _fits(row, plan)
        if is_open and len(row.hosts) >= plan.most:
            return row
    if preference == "capacity-reservations-only":
        raise AwsError(
            "ReservationCapacityExceeded",
            "No open capacity reservation has sufficient capacity for this request.",
            status=500,
        )
    return None


def _fits(row: CapacityReservation, plan: Plan) -> bool:
    return (
        row.type == plan.kind.name
        and row.zone_id == plan.subnet.zone_id
        and row.platform == plan.image.platform_details
        and row.tenancy == plan.shared.get("tenancy", "default")
    )
