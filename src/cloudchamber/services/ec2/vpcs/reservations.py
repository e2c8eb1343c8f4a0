"""Reservations of a subnet's addresses: nothing of them is given to whoever does not ask for it.

Rules of this file: rows, and what the allocation of addresses is told.
https://docs.aws.amazon.com/vpc/latest/userguide/subnet-cidr-reservation.html
"""

from __future__ import annotations

from typing import Any

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import filtered, one_page, page_size, with_token
from cloudchamber.services.ec2.interfaces.allocation import hold_back
from cloudchamber.services.ec2.refusals import invalid_value
from cloudchamber.services.ec2.vpcs.cidrs import canonical, covers, is_ipv6, overlap
from cloudchamber.services.ec2.vpcs.lookup import expect_subnet
from cloudchamber.services.ec2.vpcs.nouns import CIDR_RESERVATION, SUBNET, CidrReservation


def create_subnet_cidr_reservation(call: Call, request: Input) -> Output:
    """Keep a part of a subnet for prefixes, or for addresses that are named."""
    given = tags.specified(request, CIDR_RESERVATION.type)
    subnet = kinds.expect_own(call, SUBNET, request["SubnetId"])
    cidr = canonical(request["Cidr"], "cidr")
    blocks = (subnet.cidr, *(each.cidr for each in subnet.blocks6))
    if not any(block and covers(block, cidr) for block in blocks):
        raise invalid_value(cidr, "cidr", f"It does not lie in the subnet {subnet.id}.")
    for each in _of(call, subnet.id):
        if overlap(each.cidr, cidr):
            raise invalid_value(cidr, "cidr", f"It conflicts with the reservation {each.id}.")
    reservation = CidrReservation(
        id=kinds.new_id(call, CIDR_RESERVATION.prefix),
        owner=call.account,
        subnet=subnet.id,
        cidr=cidr,
        type=request["ReservationType"],
        description=request.get("Description", ""),
    )
    kinds.add(call, CIDR_RESERVATION, reservation)
    tags.put(call, reservation.id, given)
    _tell(call, subnet.id)
    return {"SubnetCidrReservation": _view(call, reservation)}


def delete_subnet_cidr_reservation(call: Call, request: Input) -> Output:
    """The addresses may be given again."""
    reservation = kinds.expect_own(call, CIDR_RESERVATION, request["SubnetCidrReservationId"])
    view = _view(call, reservation)
    kinds.remove(call, CIDR_RESERVATION, reservation)
    _tell(call, reservation.subnet)
    return {"DeletedSubnetCidrReservation": view}


def get_subnet_cidr_reservations(call: Call, request: Input) -> Output:
    """The reservations of one subnet, by family."""
    subnet = expect_subnet(call, request["SubnetId"])
    rows = filtered(
        call,
        _of(call, subnet.id),
        request.get("Filters", ()),
        {"reservationType": lambda _, row: (row.type,), "subnet-id": lambda _, row: (row.subnet,)},
    )
    shown, token = one_page(request, rows, lambda row: row.id, page_size(request))
    output: Output = {
        "SubnetIpv4CidrReservations": [
            _view(call, each) for each in shown if not is_ipv6(each.cidr)
        ],
        "SubnetIpv6CidrReservations": [_view(call, each) for each in shown if is_ipv6(each.cidr)],
    }
    return with_token(output, token)


def _of(call: Call, subnet_id: str) -> list[CidrReservation]:
    rows = call.rows(CIDR_RESERVATION.table).values()
    return [each for each in rows if each.subnet == subnet_id]


def _tell(call: Call, subnet_id: str) -> None:
    hold_back(call.cloud, subnet_id, [each.cidr for each in _of(call, subnet_id)])


def _view(call: Call, reservation: CidrReservation) -> dict[str, Any]:
    return {
        "SubnetCidrReservationId": reservation.id,
        "SubnetId": reservation.subnet,
        "Cidr": reservation.cidr,
        "ReservationType": reservation.type,
        "OwnerId": reservation.owner,
        "Description": reservation.description,
        "Tags": tags.shown(call, reservation.id),
    }
