"""From one position to another and back: which components a packet meets, whatever its ports.

Rules of this file: a loop that moves a packet from place to place until it is at rest. Routing is
here; what gateways do is in `gateways.py` and `transit.py`; what filters say is asked later, of the
checks that the path collected (`verdict.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from cloudchamber.world.network import codes
from cloudchamber.world.network.compiled import Compiled, End, owns
from cloudchamber.world.network.gateways import (
    on_internet,
    through_egress_only,
    through_gateway_endpoint,
    through_internet_gateway,
    through_lattice,
    through_nat,
    through_peering,
    through_virtual_gateway,
)
from cloudchamber.world.network.graph import LOCAL, Subnet
from cloudchamber.world.network.packet import (
    DESTINATION,
    DESTINATION_PUBLIC,
    NOBODY,
    NOT_UP,
    SOURCE,
    Check,
    Hop,
    Journey,
    Packet,
)
from cloudchamber.world.network.transit import in_transit, through_transit_gateway

# A packet that has met this many components goes round in circles.
LONGEST: Final = 96


class Trace(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A path and its way back. `code` says why it ends early ("" if it does not).

    `checks` are those of both directions in order, each with the number of its hop; hops of the
    reply are numbered after those of the path. `values` are the slots' addresses beyond the ends'.
    """

    forward: tuple[Hop, ...]
    reply: tuple[Hop, ...]
    checks: tuple[tuple[int, Check], ...]
    code: str
    values: tuple[int, ...]


def trace_of(compiled: Compiled, source: End, destination: End, to_slot: int) -> Trace:
    """The path between two ends, remembered by their positions. `to_slot`: which of the
    destination's addresses the flow is for, its own or its public one."""
    key = (source.position, destination.position, to_slot)
    found = compiled.traces.get(key)
    if found is None:
        found = compiled.traces[key] = _find_trace(compiled, source, destination, to_slot)
    return found


def _find_trace(compiled: Compiled, source: End, destination: End, to_slot: int) -> Trace:
    journey = Journey(compiled, source, destination)
    packet = Packet(journey, SOURCE, to_slot, is_reply=False)
    _set_out(packet)
    _move(packet)
    reply: list[Hop] = []
    code = packet.code
    if packet.is_delivered and packet.reply_place:
        answer = Packet(journey, packet.destination, packet.source, is_reply=True)
        answer.ports = packet.client_ports
        answer.place = packet.reply_place
        answer.zone = packet.zone
        end = journey.holders[answer.source]
        if answer.place[0] == "subnet" and end is not None:
            answer.at_end(end, "replies")
        _move(answer)
        if answer.is_delivered and answer.source != to_slot:
            answer.reject(codes.NGW_SOURCE_ADDRESS_REASSIGN, "another address answers")
        reply = answer.hops
        code = answer.code
    hops = [*packet.hops, *reply]
    return Trace(
        forward=tuple(packet.hops),
        reply=tuple(reply),
        checks=tuple((at, hop.check) for at, hop in enumerate(hops) if hop.check is not None),
        code=code,
        values=tuple(journey.values[4:]),
    )


def _set_out(packet: Packet) -> None:
    """The first step: out of an interface, in from the internet, or in by a gateway."""
    source = packet.journey.source
    if source.interface is not None:
        packet.at_end(source, "sends")
        packet.zone = packet.compiled.network.subnets[source.subnet].zone_id
        if not owns(source.interface, source.address):
            if source.interface.source_dest_check:
                code = codes.ENI_SOURCE_DEST_CHECK_RESTRICTION
                packet.fail("interface", source.id, code, "the source is not its own address")
                return
            packet.references = codes.SG_REFERENCES_NOT_PRESERVED
        packet.groups_out(source)
        packet.place = ("subnet", source.subnet)
    elif source.kind == "address" or source.id in packet.compiled.network.internet_gateways:
        packet.hop("internet", "internet", "sends")
        packet.place = ("internet",)
    else:
        packet.entry = "gateway"
        packet.hop("gateway", source.id, "sends", vpc=source.vpc, subnet=source.subnet)
        packet.place = _entrance(packet.compiled, source, packet.journey.destination)


def _entrance(compiled: Compiled, source: End, destination: End) -> tuple[str, ...]:
    """Where a packet stands that comes out of a gateway."""
    if source.subnet:
        return ("subnet", source.subnet)
    attachment = compiled.network.attachments.get(source.id)
    if attachment is not None:
        return ("transit", attachment.transit_gateway, attachment.table, attachment.id)
    gateway = compiled.network.virtual_gateways.get(source.id)
    table = gateway.route_table if gateway is not None else ""
    return ("edge", source.vpc or destination.vpc, source.id, table)


def _move(packet: Packet) -> None:
    while packet.place:
        place = packet.place
        if len(packet.hops) > LONGEST:
            turned = next(hop for hop in reversed(packet.hops) if hop.action == "routes")
            packet.fail(turned.kind, turned.id, codes.NO_PATH, "the packet goes round in circles")
        elif place[0] == "subnet":
            _route(packet, place[1])
        elif place[0] == "edge":
            _from_edge(packet, place[1], place[2], place[3])
        elif place[0] == "transit":
            in_transit(packet, place[1], place[2], place[3])
        else:
            on_internet(packet)


def _route(packet: Packet, subnet_id: str) -> None:
    """Out of a subnet: straight to a neighbour, or where the route table leads."""
    compiled = packet.compiled
    subnet = compiled.network.subnets[subnet_id]
    end = packet.holder(packet.destination, subnet.vpc)
    if end is not None and end.subnet == subnet_id:
        packet.know_peer(end)
        _deliver(packet, end)
        return
    table = subnet.route_table
    route = compiled.find_route(table, packet.address(packet.destination))
    if route is None:
        note = "no route matches"
        packet.fail("route-table", table, codes.NO_ROUTE_TO_DESTINATION, note, vpc=subnet.vpc)
        return
    kind = compiled.kind_of(route.target)
    rule = route.destination
    if route.state == "blackhole" or not kind:
        note = "the route is a black hole"
        packet.fail("route-table", table, codes.BAD_STATE_ROUTE, note, rule=rule,
                    target=route.target, vpc=subnet.vpc)  # fmt: skip
        return
    if _next_subnet(compiled, kind, route.target, end) != subnet_id:
        packet.cross_out(subnet)
    packet.hop("route-table", table, "routes", vpc=subnet.vpc, subnet=subnet_id, rule=rule,
               target=route.target)  # fmt: skip
    wanted = packet.journey.destination
    if kind in ONE_WAY and wanted.id == route.target and not packet.is_reply:
        packet.hop(kind, route.target, "delivers", vpc=subnet.vpc)
        packet.finish()
        return
    HANDLERS[kind](packet, route.target, subnet)
    if packet.egress_hop >= 0 and kind != "local":
        packet.egress_hop = -1


def _next_subnet(compiled: Compiled, kind: str, target: str, end: End | None) -> str:
    """The subnet a route leads into, "" if it leads out of the VPC."""
    network = compiled.network
    if kind == "local":
        return end.subnet if end is not None else ""
    if kind == "nat-gateway":
        return network.nat_gateways[target].subnet
    if kind == "interface":
        return network.interfaces[target].subnet
    if kind == "interface-endpoint":
        inside = _endpoint_end(compiled, target)
        return inside.subnet if inside is not None else ""
    return ""


def _endpoint_end(compiled: Compiled, endpoint_id: str) -> End | None:
    interfaces = compiled.network.interface_endpoints[endpoint_id].interfaces
    return compiled.find_end(interfaces[0]) if interfaces else None


def _locally(packet: Packet, _target: str, subnet: Subnet) -> None:
    """By a local route: to whichever interface of the VPC has the address."""
    end = packet.holder(packet.destination, subnet.vpc)
    if end is None:
        _nobody(packet, subnet.vpc, "")
        return
    packet.know_peer(end)
    packet.cross_in(end.subnet)
    _deliver(packet, end)


def _nobody(packet: Packet, vpc: str, gateway_id: str) -> None:
    """Nothing in the VPC has the address (or what has it is not what was meant)."""
    if gateway_id in packet.compiled.network.virtual_gateways:
        note = "no interface here has the address"
        packet.fail("virtual-gateway", gateway_id, codes.VGW_NO_INTERFACE_INGRESS, note)
        return
    packet.fail("vpc", vpc, codes.NO_POSSIBLE_DESTINATION, NOBODY)


def _from_edge(packet: Packet, vpc: str, gateway_id: str, table: str) -> None:
    """Into a VPC by a gateway: the route table of its edge, if it has one, or straight on."""
    compiled = packet.compiled
    route = compiled.find_route(table, packet.address(packet.destination)) if table else None
    if route is not None:
        packet.hop("route-table", table, "routes", vpc=vpc, rule=route.destination,
                   target=route.target)  # fmt: skip
        if route.state == "blackhole" or not compiled.kind_of(route.target):
            packet.hops.pop()
            note = "the route is a black hole"
            packet.fail("route-table", table, codes.BAD_STATE_ROUTE, note, vpc=vpc,
                        rule=route.destination, target=route.target)  # fmt: skip
            return
        if route.target != LOCAL:
            _by_appliance(packet, route.target, vpc, gateway_id)
            return
    end = packet.holder(packet.destination, vpc)
    if end is None:
        _nobody(packet, vpc, gateway_id)
        return
    packet.cross_in(end.subnet)
    _deliver(packet, end)


def _by_appliance(packet: Packet, target: str, vpc: str, gateway_id: str) -> None:
    """From the edge to an appliance, which needs a public address if the internet is behind."""
    compiled = packet.compiled
    box = compiled.find_end(target)
    if compiled.kind_of(target) == "interface-endpoint":
        _through_endpoint(packet, target, "")
    elif box is None:
        note = "such a target is not for an edge"
        packet.fail("vpc", vpc, codes.BAD_STATE_ROUTE, note, target=target)
    elif gateway_id in compiled.network.internet_gateways and box.public < 0:
        note = "it has no public address"
        packet.fail("interface", target, codes.INGRESS_RTB_NO_PUBLIC_IP, note)
    else:
        _through_interface(packet, target, "")


def _by_interface(packet: Packet, target: str, subnet: Subnet) -> None:
    interface = packet.compiled.network.interfaces[target]
    if interface.vpc != subnet.vpc:
        note = f"{target} is not in {subnet.vpc}"
        packet.fail("route-table", subnet.route_table, codes.BAD_STATE_ROUTE, note, target=target)
        return
    _through_interface(packet, target, subnet.id)


def _through_interface(packet: Packet, target: str, origin: str) -> None:
    """By an appliance, in and out of one and the same interface."""
    box = packet.compiled.find_end(target)
    if box is None or box.interface is None or not box.interface.is_up:
        packet.fail("interface", target, codes.BAD_STATE, NOT_UP)
        return
    if box.subnet != origin:
        packet.cross_in(box.subnet)
    meant = packet.holder(packet.destination, box.vpc)
    if meant is not None and meant.id == target:
        _deliver(packet, meant)
        return
    if box.interface.source_dest_check:
        code = codes.ENI_SOURCE_DEST_CHECK_RESTRICTION
        packet.fail("interface", target, code, "neither source nor destination is its own")
        return
    tracked = packet.is_reply and target in packet.journey.tracked
    if not tracked:
        packet.groups_in(box)
    packet.hop("interface", target, "forwards", vpc=box.vpc, subnet=box.subnet)
    packet.references = codes.SG_REFERENCES_NOT_PRESERVED
    if not tracked:
        packet.groups_out(box)
        packet.egress_hop = -1
    packet.journey.tracked.add(target)
    packet.last_box = target
    packet.entry = "interface"
    packet.zone = packet.compiled.network.subnets[box.subnet].zone_id
    packet.place = ("subnet", box.subnet)


def _by_endpoint(packet: Packet, target: str, subnet: Subnet) -> None:
    _through_endpoint(packet, target, subnet.id)


def _through_endpoint(packet: Packet, target: str, origin: str) -> None:
    """By a Gateway Load Balancer endpoint; whatever inspects behind it is taken to agree."""
    endpoint = packet.compiled.network.interface_endpoints[target]
    box = _endpoint_end(packet.compiled, target)
    if box is None or not endpoint.is_available or not endpoint.inspects:
        packet.fail("interface-endpoint", target, codes.BAD_STATE, "it forwards nothing")
        return
    if box.subnet != origin:
        packet.cross_in(box.subnet)
    packet.hop("interface-endpoint", target, "forwards", vpc=box.vpc, subnet=box.subnet,
               note=codes.PATH_THROUGH_GWLB_NOT_CHECKED)  # fmt: skip
    packet.references = codes.SG_REFERENCES_NOT_PRESERVED
    packet.last_box = target
    packet.zone = packet.compiled.network.subnets[box.subnet].zone_id
    packet.place = ("subnet", box.subnet)


def _deliver(packet: Packet, end: End) -> None:
    """At the interface that has the address: arrived, or at a NAT gateway on the way back."""
    journey = packet.journey
    if packet.is_reply:
        known = journey.translations.get(end.id)
        if known is not None and packet.destination > DESTINATION_PUBLIC:
            packet.hop("nat-gateway", known[2], "restores", vpc=end.vpc, subnet=end.subnet)
            packet.destination, packet.ports = known[:2]
            packet.place = ("subnet", end.subnet)
            return
        if journey.source.interface is not None and end.id != journey.source.id:
            note = "the reply comes to somebody else"
            packet.fail("interface", end.id, codes.NO_POSSIBLE_DESTINATION, note)
            return
        packet.at_end(end, "delivers")
        packet.finish()
        return
    interface = end.interface
    if interface is not None and not interface.is_up:
        packet.fail("interface", end.id, codes.BAD_STATE, NOT_UP)
        return
    if interface is not None and interface.kind == "nat_gateway":
        note = "a NAT gateway takes no flow meant for itself"
        packet.fail("interface", end.id, codes.NO_POSSIBLE_DESTINATION, note)
        return
    journey.holders[DESTINATION] = end
    packet.groups_in(end)
    packet.at_end(end, "delivers")
    answers = journey.source.kind != "gateway" or _is_internet(packet.compiled, journey.source)
    packet.finish(("subnet", end.subnet) if answers else ())


def _is_internet(compiled: Compiled, source: End) -> bool:
    return source.id in compiled.network.internet_gateways


# Gateways that can be asked for as destinations: the flow ends there, and nothing answers.
ONE_WAY: Final = ("peering", "transit-gateway", "nat-gateway", "egress-only-gateway",
                  "virtual-gateway")  # fmt: skip

HANDLERS: Final[Mapping[str, Callable[[Packet, str, Subnet], None]]] = MappingProxyType(
    {
        "local": _locally,
        "internet-gateway": through_internet_gateway,
        "egress-only-gateway": through_egress_only,
        "nat-gateway": through_nat,
        "virtual-gateway": through_virtual_gateway,
        "peering": through_peering,
        "transit-gateway": through_transit_gateway,
        "interface": _by_interface,
        "interface-endpoint": _by_endpoint,
        "gateway-endpoint": through_gateway_endpoint,
        "lattice": through_lattice,
    }
)
