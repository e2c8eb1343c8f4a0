"""What transit gateways do: zones, associations, tables, peerings between gateways.

Rules of this file: as in `gateways.py`. A VPC's attachment serves only the zones it has a subnet
in; its subnet's ACL judges what enters it even from instances of that same subnet, and nothing is
judged when the gateway hands a packet to an instance there.
https://docs.aws.amazon.com/vpc/latest/tgw/tgw-nacls.html
"""

from __future__ import annotations

from cloudchamber.world.network import codes
from cloudchamber.world.network.addresses import is_v6
from cloudchamber.world.network.gateways import leave_graph
from cloudchamber.world.network.graph import Attachment, Subnet, TransitGateway, TransitPeering
from cloudchamber.world.network.packet import Packet


def through_transit_gateway(packet: Packet, gateway_id: str, subnet: Subnet) -> None:
    """From a subnet into a transit gateway, by the attachment's subnet in the same zone."""
    network = packet.compiled.network
    attachment = packet.compiled.find_attachment(gateway_id, subnet.vpc)
    if attachment is None:
        note = f"{subnet.vpc} has no available attachment"
        packet.fail("transit-gateway", gateway_id, codes.BAD_STATE_ATTACHMENT, note)
        return
    kind = "transit-attachment"
    zones = {network.subnets[each].zone_id: each for each in _subnets(packet, attachment)}
    entered = zones.get(subnet.zone_id)
    if entered is None:
        note = f"it has no subnet in {subnet.zone_id}"
        packet.fail(kind, attachment.id, codes.TGW_ROUTE_AZ_RESTRICTION, note)
        return
    if is_v6(packet.address(packet.destination)) and not attachment.v6_support:
        packet.fail(kind, attachment.id, codes.PROTOCOL_RESTRICTION, "IPv6 support is off")
        return
    packet.cross_in(entered)
    packet.hop(kind, attachment.id, "enters", vpc=subnet.vpc, subnet=entered)
    gateway = network.transit_gateways[gateway_id]
    _forget_groups(packet, gateway, attachment)
    packet.zone = subnet.zone_id
    packet.place = ("transit", gateway_id, attachment.table, attachment.id)


def _forget_groups(packet: Packet, gateway: TransitGateway, attachment: Attachment) -> None:
    if not packet.references and not (gateway.references_groups and attachment.references_groups):
        packet.references = codes.SG_REFERENCING_SUPPORT


def in_transit(packet: Packet, gateway_id: str, table_id: str, came_by: str) -> None:
    """Inside a transit gateway: the table of the attachment it came by chooses the next one."""
    network = packet.compiled.network
    if not table_id:
        packet.fail("transit-attachment", came_by, codes.TGW_NO_ASSOCIATION, "no association")
        return
    kind = "transit-table"
    route = packet.compiled.find_transit_route(table_id, packet.address(packet.destination))
    if route is None:
        packet.fail(kind, table_id, codes.TGW_RTB_NO_ROUTE, "no route matches")
        return
    rule = route.destination
    attachment = network.attachments.get(route.attachment)
    peering = network.transit_peerings.get(route.attachment)
    if route.state == "blackhole" or (attachment is None and peering is None):
        note = "the route is a black hole"
        packet.fail(kind, table_id, codes.TGW_RTB_BAD_STATE_ROUTE, note, rule=rule)
        return
    packet.hop(kind, table_id, "routes", rule=rule, target=route.attachment)
    wanted = packet.journey.destination
    if not packet.is_reply and wanted.kind == "gateway" and wanted.id == route.attachment:
        packet.hop("transit-attachment", wanted.id, "delivers")
        packet.finish()
    elif attachment is not None:
        _by_attachment(packet, network.transit_gateways[gateway_id], attachment, table_id, rule)
    elif peering is not None:
        _by_peering(packet, gateway_id, peering, table_id, rule)


def _by_attachment(
    packet: Packet, gateway: TransitGateway, attachment: Attachment, table_id: str, rule: str
) -> None:
    network = packet.compiled.network
    kind = "transit-attachment"
    if not attachment.is_available or attachment.transit_gateway != gateway.id:
        note = f"{attachment.id} is not available"
        packet.fail("transit-table", table_id, codes.TGW_RTB_BAD_STATE_ROUTE, note, rule=rule)
        return
    if attachment.kind != "vpc":
        back = ("transit", gateway.id, attachment.table, attachment.id)
        leave_graph(packet, kind, attachment.id, back)
        return
    if is_v6(packet.address(packet.destination)) and not attachment.v6_support:
        packet.fail(kind, attachment.id, codes.PROTOCOL_RESTRICTION, "IPv6 support is off")
        return
    if attachment.vpc not in network.vpcs or not _subnets(packet, attachment):
        packet.fail(kind, attachment.id, codes.UNKNOWN_DESTINATION, "its VPC is not known")
        return
    _forget_groups(packet, gateway, attachment)
    subnet = _landing(packet, attachment)
    packet.hop(kind, attachment.id, "leaves", vpc=attachment.vpc, subnet=subnet)
    packet.entry = "transit"
    packet.zone = network.subnets[subnet].zone_id
    packet.place = ("subnet", subnet)


def _subnets(packet: Packet, attachment: Attachment) -> list[str]:
    """The subnets of an attachment that the graph has."""
    known = packet.compiled.network.subnets
    return [each for each in attachment.subnets if each in known]


def _landing(packet: Packet, attachment: Attachment) -> str:
    """The subnet in which a packet comes out: of its own zone, if it can, and otherwise the first.

    In appliance mode one zone serves both directions of a flow; which, AWS decides by the flow. We
    take the first.
    """
    subnets = packet.compiled.network.subnets
    ordered = sorted((subnets[each].zone_id, each) for each in _subnets(packet, attachment))
    if not attachment.appliance_mode:
        for zone, subnet in ordered:
            if zone == packet.zone:
                return subnet
    return ordered[0][1]


def _by_peering(
    packet: Packet, gateway_id: str, peering: TransitPeering, table_id: str, rule: str
) -> None:
    kind = "transit-peering"
    sides = (peering.requester_gateway, peering.accepter_gateway)
    if not peering.is_available or gateway_id not in sides:
        note = f"{peering.id} is not available"
        packet.fail("transit-table", table_id, codes.TGW_RTB_BAD_STATE_ROUTE, note, rule=rule)
        return
    at_requester = gateway_id == peering.requester_gateway
    other = sides[1] if at_requester else sides[0]
    table = peering.accepter_table if at_requester else peering.requester_table
    packet.hop(kind, peering.id, "passes", target=other)
    if not packet.references:
        packet.references = codes.SG_REFERENCING_SUPPORT
    if other not in packet.compiled.network.transit_gateways:
        packet.fail(kind, peering.id, codes.UNKNOWN_DESTINATION, f"{other} is not known")
        return
    packet.place = ("transit", other, table, peering.id)
