"""On-Demand Capacity Reservations: made, changed, ended, described.

Rules of this file: a reservation takes its hosts from the pool when it is made and gives them back
when it ends; its instances run on. `reserving.py` launches into it.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-reservations.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, describe
from cloudchamber.services.ec2.instances import placing
from cloudchamber.services.ec2.instances.options import expect_type
from cloudchamber.services.ec2.market.nouns import RESERVATION, CapacityReservation
from cloudchamber.services.ec2.refusals import invalid_combination, invalid_value, missing_parameter
from cloudchamber.services.ec2.volumes.spelling import instant
from cloudchamber.services.ec2.vpcs import lookup

RESERVATION_DUE: Final = "ec2.capacity-reservation-due"
COUNT_MAX: Final = 1000


def create_capacity_reservation(call: Call, request: Input) -> Output:
    """Hold capacity of a type in a zone."""
    given = tags.specified(request, RESERVATION.type)
    kind = expect_type(request["InstanceType"])
    count = request["InstanceCount"]
    if not 1 <= count <= COUNT_MAX:
        raise invalid_value(count, "instanceCount", f"It is from 1 to {COUNT_MAX}.")
    for each in ("StartDate", "CommitmentDuration", "PlacementGroupArn", "OutpostArn"):
        if request.get(each):
            raise AwsError("UnsupportedOperation", f"{each}: capacity is reserved at once here.")
    zone = _zone(call, request)
    placing.expect_offered(call, kind, zone)
    end_type, ends = _end(call, request)
    hosts = placing.place(call, kind, zone, count, count)
    row = CapacityReservation(
        id=kinds.new_id(call, RESERVATION.prefix),
        owner=call.account,
        type=kind.name,
        platform=request["InstancePlatform"],
        zone_id=zone,
        total=count,
        tenancy=request.get("Tenancy", "default"),
        match=request.get("InstanceMatchCriteria", "open"),
        hosts=hosts,
        is_ebs_optimized=request.get("EbsOptimized", False),
        has_ephemeral=request.get("EphemeralStorage", False),
        end_type=end_type,
        ends_ns=ends,
        created_ns=call.now,
    )
    kinds.add(call, RESERVATION, row)
    tags.put(call, row.id, given)
    if ends:
        call.at(ends, RESERVATION_DUE, row.id, ends)
    return {"CapacityReservation": _view(call, row)}


def modify_capacity_reservation(call: Call, request: Input) -> Output:
    """Change how much is held, until when, and for whom."""
    row = _expect_active(call, request["CapacityReservationId"])
    count = request.get("InstanceCount", row.total)
    if not 1 <= count <= COUNT_MAX:
        raise invalid_value(count, "instanceCount", f"It is from 1 to {COUNT_MAX}.")
    if count < len(row.instances):
        raise AwsError(
            "InvalidParameterValue",
            f"{len(row.instances)} instances run in {row.id}: it cannot hold fewer.",
        )
    match = request.get("InstanceMatchCriteria", row.match)
    if match != row.match and row.instances:
        raise AwsError(
            "InvalidState",
            "The instance match criteria cannot be changed while instances run in the reservation.",
        )
    end_type, ends = row.end_type, row.ends_ns
    if "EndDateType" in request or "EndDate" in request:
        end_type, ends = _end(call, request)
    kind = expect_type(row.type)
    if count > row.total:
        more = count - row.total
        row.hosts += placing.place(call, kind, row.zone_id, more, more)
    elif count < row.total:
        freed = [row.hosts.pop() for _ in range(row.total - count)]
        placing.give_back(call, kind, row.zone_id, freed)
    row.total, row.match, row.end_type = count, match, end_type
    if ends != row.ends_ns:
        row.ends_ns = ends
        if ends:
            call.at(ends, RESERVATION_DUE, row.id, ends)
    return {"Return": True}


def cancel_capacity_reservation(call: Call, request: Input) -> Output:
    """Give back what is held. Instances that run in it run on."""
    row = _expect_active(call, request["CapacityReservationId"])
    _end_row(call, row, "cancelled")
    return {"Return": True}


def reservation_due(call: Call, identifier: str, ends_ns: int) -> None:
    """A reservation's end date has come, unless it was moved."""
    row = kinds.find(call, RESERVATION, identifier)
    if row is not None and row.state == "active" and row.ends_ns == ends_ns:
        _end_row(call, row, "expired")


def describe_capacity_reservations(call: Call, request: Input) -> Output:
    """The account's reservations, ended ones with them."""
    return describe(call, request, _RESERVATIONS)


def get_capacity_reservation_usage(call: Call, request: Input) -> Output:
    """How much of a reservation is used, by which account."""
    row = kinds.expect_own(call, RESERVATION, request["CapacityReservationId"])
    usage: list[dict[str, Any]] = []
    if row.instances:
        usage.append({"AccountId": row.owner, "UsedInstanceCount": len(row.instances)})
    return {
        "CapacityReservationId": row.id,
        "InstanceType": row.type,
        "TotalInstanceCount": row.total,
        "AvailableInstanceCount": len(row.hosts),
        "State": row.state,
        "InstanceUsages": usage,
    }


def _end_row(call: Call, row: CapacityReservation, state: str) -> None:
    kind = expect_type(row.type)
    placing.give_back(call, kind, row.zone_id, row.hosts)
    row.hosts = []
    row.instances = []
    row.state = state
    row.ended_ns = call.now
    call.event(
        kinds.arn_of(RESERVATION, row.owner, call.region, row.id),
        f"ec2.capacity-reservation-{state}",
        f"{row.id} is {state}: {row.total} {row.type} in {row.zone_id} are free for others",
    )


def _expect_active(call: Call, identifier: str) -> CapacityReservation:
    row = kinds.expect_own(call, RESERVATION, identifier)
    if row.state != "active":
        raise AwsError(
            "InvalidCapacityReservationState",
            f"The capacity reservation '{row.id}' is in the state '{row.state}'.",
        )
    return row


def _end(call: Call, request: Input) -> tuple[str, int]:
    date = request.get("EndDate")
    kind = request.get("EndDateType", "limited" if date is not None else "unlimited")
    if kind == "unlimited":
        if date is not None:
            raise invalid_combination("EndDate cannot be specified when EndDateType is unlimited.")
        return kind, 0
    if date is None:
        raise missing_parameter("endDate")
    ends = int(date) * SECOND_NS
    if ends <= call.now:
        raise invalid_value(date, "endDate", "It has to be in the future.")
    return kind, ends


def _zone(call: Call, request: Input) -> str:
    name, identifier = request.get("AvailabilityZone"), request.get("AvailabilityZoneId")
    if not (name or identifier):
        raise missing_parameter("availabilityZone")
    zone = lookup.zone_id(call, name or identifier or "")
    if name and identifier and identifier != zone:
        raise invalid_combination("AvailabilityZone and AvailabilityZoneId are different zones.")
    return zone


def _view(call: Call, row: CapacityReservation) -> Output:
    view: Output = {
        "CapacityReservationId": row.id,
        "CapacityReservationArn": kinds.arn_of(RESERVATION, row.owner, call.region, row.id),
        "OwnerId": row.owner,
        "InstanceType": row.type,
        "InstancePlatform": row.platform,
        "AvailabilityZone": lookup.zone_name(call, row.zone_id),
        "AvailabilityZoneId": row.zone_id,
        "Tenancy": row.tenancy,
        "TotalInstanceCount": row.total,
        "AvailableInstanceCount": len(row.hosts),
        "EbsOptimized": row.is_ebs_optimized,
        "EphemeralStorage": row.has_ephemeral,
        "State": row.state,
        "StartDate": row.created_ns / SECOND_NS,
        "CreateDate": row.created_ns / SECOND_NS,
        "EndDateType": row.end_type,
        "InstanceMatchCriteria": row.match,
        "ReservationType": "default",
        "Tags": tags.shown(call, row.id),
        "CapacityAllocations": [{"AllocationType": "used", "Count": len(row.instances)}],
    }
    if row.ends_ns or row.ended_ns:
        view["EndDate"] = (row.ended_ns or row.ends_ns) / SECOND_NS
    return view


_RESERVATIONS: Final[Description[CapacityReservation]] = Description(
    kind=RESERVATION,
    ids="CapacityReservationIds",
    answer="CapacityReservations",
    view=_view,
    page_min=1,
    filters=MappingProxyType(
        {
            "instance-type": lambda call, row: (row.type,),
            "owner-id": lambda call, row: (row.owner,),
            "instance-platform": lambda call, row: (row.platform,),
            "availability-zone": lambda call, row: (lookup.zone_name(call, row.zone_id),),
            "availability-zone-id": lambda call, row: (row.zone_id,),
            "tenancy": lambda call, row: (row.tenancy,),
            "outpost-arn": lambda call, row: (),
            "state": lambda call, row: (row.state,),
            "start-date": lambda call, row: (instant(row.created_ns),),
            "end-date": lambda call, row: (instant(row.ends_ns),) if row.ends_ns else (),
            "end-date-type": lambda call, row: (row.end_type,),
            "instance-match-criteria": lambda call, row: (row.match,),
            "placement-group-arn": lambda call, row: (),
        }
    ),
)
