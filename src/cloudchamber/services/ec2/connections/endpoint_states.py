"""The life of an endpoint: asked for, agreed to, served by interfaces, counted by the hour, gone.

Rules of this file: an endpoint moves here and nowhere else. It gets its interfaces and names when
it is agreed, and costs from the moment it is available.
https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.lifecycle import IllegalMove
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections import billing
from cloudchamber.services.ec2.connections import endpoint_parts as parts
from cloudchamber.services.ec2.connections.acting import acting_in
from cloudchamber.services.ec2.connections.aws_services import types_of
from cloudchamber.services.ec2.connections.endpoint_names import names_for, zone_of
from cloudchamber.services.ec2.connections.endpoint_parts import Wanted
from cloudchamber.services.ec2.connections.endpoint_targets import Target
from cloudchamber.services.ec2.connections.lifecycle import ENDPOINT as LIFE
from cloudchamber.services.ec2.connections.nouns import ENDPOINT, Endpoint
from cloudchamber.services.ec2.vpcs.nouns import SUBNET, Subnet

DUE: Final = "ec2.endpoint-due"
_SERVED: Final = ("pending", "available")


def begin(call: Call, endpoint: Endpoint, target: Target | None, wanted: Sequence[Wanted]) -> None:
    """The first state of a new endpoint: served at once, or waiting for the service's owner."""
    if target is not None and target.service_id:
        endpoint.service_id = target.service_id
        endpoint.connection = kinds.new_id(call, "vpce-con")
    if target is not None and target.must_accept:
        endpoint.state = "pendingAcceptance"
        _tell(call, endpoint, "asked", f"{endpoint.id} asks to be let in to {endpoint.service}")
        return
    endpoint.state = LIFE.initial
    serve(call, endpoint, wanted)
    _later(call, endpoint)


def agree(call: Call, endpoint: Endpoint) -> None:
    """The service's owner lets it in. Raises as `next_state`, or when a subnet is full."""
    next_state(endpoint, "accept")
    wanted = []
    if not endpoint.interfaces:
        wanted = [Wanted(subnet_of(call, each)) for each in endpoint.subnets]
        for each in wanted:
            parts.expect_room(call, each.subnet)
    move(call, endpoint, "accept")
    serve(call, endpoint, wanted)
    _tell(call, endpoint, "accepted", f"{call.account} let {endpoint.id} in")


def turn_down(call: Call, endpoint: Endpoint) -> None:
    """The service's owner keeps it out, now or from now on."""
    move(call, endpoint, "reject")
    billing.end(call, endpoint)
    _tell(call, endpoint, "rejected", f"{call.account} kept {endpoint.id} out")


def serve(call: Call, endpoint: Endpoint, wanted: Sequence[Wanted]) -> None:
    """Interfaces in more subnets, and the names that follow from all of them."""
    if endpoint.state not in _SERVED:
        return
    parts.make_interfaces(call, endpoint, wanted)
    name(call, endpoint)


def name(call: Call, endpoint: Endpoint) -> None:
    """The DNS names of an endpoint as it is."""
    if endpoint.type != "Interface" or endpoint.state not in _SERVED:
        return
    place = kinds.place_of(call.cloud, endpoint.id)
    acting = acting_in(call, place.account, place.region) if place else call
    zones = [subnet_of(call, each).zone_id for each in endpoint.subnets]
    names = names_for(acting, endpoint, _base_name(endpoint), zones)
    if endpoint.private_dns:
        hosted = zone_of(acting, "private")
        names += [(each, hosted) for each in endpoint.private_names]
    endpoint.dns_names = names


def move(call: Call, endpoint: Endpoint, event: str) -> None:
    """Begin what a caller asked for. Raises as `next_state` and changes nothing."""
    endpoint.state = next_state(endpoint, event)
    _later(call, endpoint)


def next_state(endpoint: Endpoint, event: str) -> str:
    """The state after an event. Raises InvalidVpcEndpoint's state error."""
    try:
        return LIFE.move(endpoint.state, event)
    except IllegalMove:
        raise AwsError("InvalidState", f"{endpoint.id} is in the state {endpoint.state}.") from None


def endpoint_due(call: Call, identifier: str) -> None:
    """Kernel event: the next state of an endpoint, or its end."""
    endpoint = kinds.find_anywhere(call.cloud, ENDPOINT, identifier)
    if endpoint is None:
        return
    try:
        state = LIFE.move(endpoint.state, "due")
    except IllegalMove:
        return
    if state == "deleted":
        billing.end(call, endpoint)
        parts.drop_interfaces(call, endpoint, endpoint.subnets)
        _tell(call, endpoint, "deleted", f"{endpoint.id} is gone")
        kinds.remove(call, ENDPOINT, endpoint)
        return
    endpoint.state = state
    billing.begin(call, endpoint)


def subnet_of(call: Call, identifier: str) -> Subnet:
    """A subnet of an endpoint's, whosever it is."""
    subnet = kinds.find_anywhere(call.cloud, SUBNET, identifier)
    if subnet is None:
        raise LookupError(f"{identifier} has an endpoint and is not there")
    return subnet


def _base_name(endpoint: Endpoint) -> str:
    known = types_of(endpoint.service, endpoint.service_region).get(endpoint.type)
    if known is not None:
        return known.base_name
    return f"{endpoint.service_id}.{endpoint.service_region}.vpce.amazonaws.com"


def _later(call: Call, endpoint: Endpoint) -> None:
    if endpoint.state in LIFE.delays:
        delay_ns = LIFE.delay_ns(call.cloud.settings.lifecycle, endpoint.state)
        place = kinds.place_of(call.cloud, endpoint.id)
        acting = acting_in(call, place.account, place.region) if place else call
        acting.after(delay_ns, DUE, endpoint.id)


def _arn(call: Call, endpoint: Endpoint) -> str:
    place = kinds.place_of(call.cloud, endpoint.id)
    region = place.region if place else call.region
    return kinds.arn_of(ENDPOINT, endpoint.owner, region, endpoint.id)


def _tell(call: Call, endpoint: Endpoint, what: str, sentence: str) -> None:
    call.event(_arn(call, endpoint), f"ec2.endpoint-{what}", sentence)
