"""What connections cost: hours while they are there, bytes of the flows that happened.

Rules of this file: counts, in the units of AWS's bill. An endpoint costs for each begun hour and
zone, an attachment of a Transit Gateway for each begun hour; a peering attachment costs both sides.
Bytes are counted where a flow was seen: at an endpoint's interface, or coming into a gateway by an
attachment. Gateway endpoints and VPC peerings cost nothing.
https://aws.amazon.com/privatelink/pricing/ https://aws.amazon.com/transit-gateway/pricing/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import HOUR_NS
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections.acting import acting_in
from cloudchamber.services.ec2.connections.endpoint_parts import MADE_FOR
from cloudchamber.services.ec2.connections.nouns import (
    ENDPOINT,
    TRANSIT_ATTACHMENT,
    Endpoint,
    TransitAttachment,
)
from cloudchamber.services.ec2.connections.profiles import TRANSIT_BYTES, TRANSIT_HOURS, profile_of
from cloudchamber.services.ec2.connections.routing import CARRYING
from cloudchamber.services.ec2.flow_logs.happened import read_flow
from cloudchamber.services.ec2.interfaces.nouns import INTERFACE
from cloudchamber.services.ec2.kinds import Kind

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

HOUR: Final = "ec2.connection-hour"
_ANSWERS: Final = "vpc_endpoint"
# What comes in at such an interface goes on from it, and would count twice.
_PASSES_ON: Final = "gateway_load_balancer_endpoint"
Costly = Endpoint | TransitAttachment


class Cost(NamedTuple):
    """Who pays for an hour, and how much of which usage."""

    account: str
    region: str
    usage: str
    amount: int


def begin(call: Call, row: Costly) -> None:
    """From now on each begun hour counts; the first one does."""
    if costs_of(call.cloud, row):
        row.metered_ns = call.now
        settle(call, row, is_begun=True)
        call.after(HOUR_NS, HOUR, row.id, weak=True)


def hour_over(call: Call, identifier: str) -> None:
    """Kernel event: another hour begins."""
    row: Costly | None = kinds.find_anywhere(call.cloud, _kind(identifier), identifier)
    if row is not None and row.metered_ns and row.state in CARRYING:
        settle(call, row, is_begun=True)
        call.after(HOUR_NS, HOUR, row.id, weak=True)


def end(call: Call, row: Costly) -> None:
    """No hour counts that has not begun."""
    settle(call, row)
    row.metered_ns = 0


def settle(call: Call, row: Costly, *, is_begun: bool = False) -> None:
    """Count the hours begun until now; `is_begun` counts the one that begins now too."""
    until_ns = call.now + 1 if is_begun else call.now
    while row.metered_ns and row.metered_ns < until_ns:
        for each in costs_of(call.cloud, row):
            _meter(call, row, each)
        row.metered_ns += HOUR_NS


def costs_of(cloud: Cloud, row: Costly) -> list[Cost]:
    """What an hour of an endpoint or an attachment costs, and whom."""
    place = kinds.place_of(cloud, row.id)
    if place is None:
        return []
    if isinstance(row, Endpoint):
        usage = profile_of(row.type).hours
        return [Cost(row.owner, place.region, usage, len(row.interfaces))] if usage else []
    costs = [Cost(row.owner, place.region, TRANSIT_HOURS, 1)]
    if row.peer:
        costs.append(Cost(row.peer_account, row.peer_region, TRANSIT_HOURS, 1))
    return costs


def count_flow(call: Call, data: Mapping[str, Any]) -> None:
    """A flow happened: the bytes that went through endpoints and into Transit Gateways."""
    flow = read_flow(data)
    for seen in flow.sightings:
        interface = kinds.find_anywhere(call.cloud, INTERFACE, seen.interface)
        if interface is None or seen.action != "ACCEPT":
            continue
        if interface.kind != _ANSWERS and (
            interface.kind != _PASSES_ON or seen.direction != "ingress"
        ):
            continue
        endpoint = kinds.find_anywhere(
            call.cloud, ENDPOINT, interface.description.removeprefix(MADE_FOR)
        )
        if endpoint is not None:
            usage = profile_of(endpoint.type).bytes
            _meter(call, endpoint, Cost(endpoint.owner, seen.region, usage, seen.octets))
    for passed in flow.transits:
        attachment = kinds.find_anywhere(call.cloud, TRANSIT_ATTACHMENT, passed.attachment)
        if attachment is not None and passed.direction == "ingress":
            _meter(
                call,
                attachment,
                Cost(attachment.owner, passed.region, TRANSIT_BYTES, passed.octets),
            )


def _meter(call: Call, row: Costly, cost: Cost) -> None:
    place = kinds.place_of(call.cloud, row.id)
    arn = kinds.arn_of(_kind(row.id), row.owner, place.region if place else cost.region, row.id)
    acting_in(call, cost.account, cost.region).meter(cost.usage, cost.amount, arn)


def _kind(identifier: str) -> Kind[Any]:
    return ENDPOINT if identifier.startswith(f"{ENDPOINT.prefix}-") else TRANSIT_ATTACHMENT
