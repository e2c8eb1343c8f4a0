"""What gateways do to a packet: internet, egress-only, NAT, peering, endpoints, Lattice, VPN.

Rules of this file: each function takes a packet whose route leads to the gateway, and leaves it in
a new place, at rest, or dropped with AWS's code. Nothing here reads a port: a path has none.
"""

from __future__ import annotations

from cloudchamber.world.network import codes
from cloudchamber.world.network.addresses import (
    is_rfc1918,
    is_rfc4193,
    is_rfc6598,
    is_v6,
)
from cloudchamber.world.network.compiled import End, find_lattice, is_inside
from cloudchamber.world.network.graph import LOCAL, Subnet, Vpc
from cloudchamber.world.network.packet import (
    REMAPPED,
    GroupCheck,
    Packet,
    ProtocolCheck,
)
from cloudchamber.world.network.tables import ICMP, TCP, UDP


def is_blocked(vpc: Vpc, subnet: Subnet, *, inbound: bool, only_out: bool) -> bool:
    """Whether VPC Block Public Access stops a flow; `only_out`: it leaves by a gateway that lets
    none in (NAT or egress-only)."""
    mode = vpc.block_public_access
    exclusions = (vpc.exclusion, subnet.exclusion)
    if mode == "off" or "allow-bidirectional" in exclusions:
        return False
    if mode == "block-ingress":
        return inbound or not only_out
    return inbound or "allow-egress" not in exclusions


def through_internet_gateway(packet: Packet, gateway_id: str, subnet: Subnet) -> None:
    """Out to the internet: the private source becomes the public one paired with it."""
    network = packet.compiled.network
    gateway = network.internet_gateways[gateway_id]
    kind = "internet-gateway"
    if gateway.vpc != subnet.vpc:
        note = f"it is not attached to {subnet.vpc}"
        packet.fail(kind, gateway_id, codes.BAD_STATE_ATTACHMENT, note)
        return
    address = packet.address(packet.destination)
    end = packet.holder(packet.source, subnet.vpc)
    public = packet.source
    if is_v6(address):
        usable = end is not None and not is_rfc4193(packet.address(packet.source))
    else:
        if is_rfc1918(address):
            packet.fail(kind, gateway_id, codes.IGW_DESTINATION_RFC1918, "private destination")
            return
        if is_rfc6598(address):
            packet.fail(kind, gateway_id, codes.IGW_DESTINATION_RFC6598, "shared destination")
            return
        public = packet.journey.public_of.get(packet.source, -1)
        usable = end is not None and public >= 0 and packet.address(public) >= 0
    if end is None or not usable:
        note = "the source has no public address here"
        packet.fail(kind, gateway_id, codes.IGW_NO_PUBLIC_EGRESS, note)
        return
    if _is_redirected(packet, gateway.route_table, packet.address(packet.source), end):
        note = f"{gateway.route_table} leads back to the source by an appliance"
        packet.fail(kind, gateway_id, codes.INGRESS_RTB_TRAFFIC_REDIRECTION, note)
        return
    place = network.subnets[end.subnet]
    only_out = end.interface is not None and end.interface.kind == "nat_gateway"
    if not packet.is_reply and is_blocked(
        network.vpcs[subnet.vpc], place, inbound=False, only_out=only_out
    ):
        note = f"mode {network.vpcs[subnet.vpc].block_public_access}"
        packet.fail(kind, gateway_id, codes.VPC_BLOCK_PUBLIC_ACCESS, note)
        return
    packet.hop(kind, gateway_id, "translates" if public != packet.source else "passes",
               vpc=subnet.vpc)  # fmt: skip
    packet.source = public
    packet.references = codes.SG_REFERENCES_NOT_PRESERVED
    packet.left_by = gateway_id
    packet.place = ("internet",)


def _is_redirected(packet: Packet, table_id: str, address: int, end: End) -> bool:
    """Whether the edge's route table sends what comes back by an appliance just left out."""
    if not table_id:
        return False
    route = packet.compiled.find_route(table_id, address)
    if route is None or route.target == LOCAL:
        return False
    return route.target not in (packet.last_box, end.id)


def on_internet(packet: Packet) -> None:
    """On the internet: to a host there, or in again where the destination's address belongs."""
    journey, network = packet.journey, packet.compiled.network
    end = journey.holders[packet.destination]
    if end is None:
        _arrive_outside(packet)
        return
    six = is_v6(packet.address(packet.destination))
    private = packet.destination if six else journey.private_of.get(packet.destination, -1)
    if private < 0:
        note = "nobody on the internet has this address"
        packet.fail("internet", "internet", codes.NO_POSSIBLE_DESTINATION, note)
        return
    kind = "internet-gateway"
    gateway_id = packet.compiled.find_internet_gateway(end.vpc)
    if six and packet.is_reply and end.vpc in journey.egress_only:
        kind, gateway_id = "egress-only-gateway", journey.egress_only[end.vpc]
    if gateway_id is None:
        note = "no internet gateway is attached"
        packet.fail("vpc", end.vpc, codes.IGW_NO_PUBLIC_INGRESS, note)
        return
    came_by = journey.source.id if journey.source.kind == "gateway" else gateway_id
    if not packet.is_reply and came_by != gateway_id:
        note = f"the destination is behind {gateway_id}"
        packet.fail(kind, came_by, codes.NO_PATH, note)
        return
    sender = packet.address(packet.source)
    if not six and (is_rfc1918(sender) or is_rfc6598(sender)):
        private_sender = is_rfc1918(sender)
        code = codes.IGW_SOURCE_RFC1918 if private_sender else codes.IGW_SOURCE_RFC6598
        packet.fail(kind, gateway_id, code, "no such source on the internet")
        return
    vpc = network.vpcs[end.vpc]
    place = network.subnets[end.subnet]
    if not packet.is_reply and is_blocked(vpc, place, inbound=True, only_out=False):
        note = f"mode {vpc.block_public_access}"
        packet.fail(kind, gateway_id, codes.VPC_BLOCK_PUBLIC_ACCESS, note)
        return
    packet.hop(kind, gateway_id, "passes" if six else "translates", vpc=end.vpc)
    packet.destination = private
    packet.references = codes.SG_REFERENCES_NOT_PRESERVED
    journey.entered_by.setdefault(end.vpc, gateway_id)
    table = "" if kind != "internet-gateway" else network.internet_gateways[gateway_id].route_table
    packet.place = ("edge", end.vpc, gateway_id, table)


def _arrive_outside(packet: Packet) -> None:
    wanted = packet.journey.destination
    if not packet.is_reply and wanted.kind == "gateway" and wanted.id != packet.left_by:
        packet.fail("internet", "internet", codes.NO_PATH, f"it did not go by {wanted.id}")
        return
    packet.hop("internet", "internet", "delivers")
    packet.finish(("internet",))


def through_egress_only(packet: Packet, gateway_id: str, subnet: Subnet) -> None:
    """Out to the internet by IPv6; only replies come back."""
    network = packet.compiled.network
    gateway = network.egress_only_gateways[gateway_id]
    kind = "egress-only-gateway"
    if gateway.vpc != subnet.vpc:
        note = f"it is not attached to {subnet.vpc}"
        packet.fail(kind, gateway_id, codes.BAD_STATE_ATTACHMENT, note)
        return
    if not is_v6(packet.address(packet.destination)):
        packet.fail(kind, gateway_id, codes.PROTOCOL_RESTRICTION, "IPv6 only")
        return
    end = packet.holder(packet.source, subnet.vpc)
    if end is None or is_rfc4193(packet.address(packet.source)):
        note = f"the source is no public address of {subnet.vpc}"
        packet.fail(kind, gateway_id, codes.GATEWAY_REJECTS_SPOOFED_TRAFFIC, note)
        return
    if packet.is_reply and subnet.vpc in packet.journey.entered_by:
        note = "it carries only flows that begin inside"
        packet.fail(kind, gateway_id, codes.NO_PATH, note)
        return
    place = network.subnets[end.subnet]
    vpc = network.vpcs[subnet.vpc]
    if not packet.is_reply and is_blocked(vpc, place, inbound=False, only_out=True):
        note = f"mode {vpc.block_public_access}"
        packet.fail(kind, gateway_id, codes.VPC_BLOCK_PUBLIC_ACCESS, note)
        return
    packet.hop(kind, gateway_id, "passes", vpc=subnet.vpc)
    packet.journey.egress_only[subnet.vpc] = gateway_id
    packet.references = codes.SG_REFERENCES_NOT_PRESERVED
    packet.left_by = gateway_id
    packet.place = ("internet",)


def through_nat(packet: Packet, gateway_id: str, subnet: Subnet) -> None:
    """By a NAT gateway: its private address takes the source's place, its ports the source's."""
    gateway = packet.compiled.network.nat_gateways[gateway_id]
    kind = "nat-gateway"
    end = packet.compiled.find_end(gateway.interface)
    if gateway.vpc != subnet.vpc or end is None:
        note = f"it does not serve {subnet.vpc}"
        packet.fail("route-table", subnet.route_table, codes.BAD_STATE_ROUTE, note,
                    target=gateway_id)  # fmt: skip
        return
    if not gateway.is_available:
        packet.fail(kind, gateway_id, codes.BAD_STATE, "it is not available")
        return
    if gateway.subnet != subnet.id:
        packet.cross_in(gateway.subnet)
    if is_v6(packet.address(packet.destination)):
        packet.fail(kind, gateway_id, codes.PROTOCOL_RESTRICTION, "IPv4 only")
        return
    if packet.entry != "transit" and packet.holder(packet.source, gateway.vpc) is None:
        note = f"the source is no interface of {gateway.vpc}"
        packet.fail(kind, gateway_id, codes.NGW_REQUIRES_SOURCE_IN_VPC, note)
        return
    check = ProtocolCheck((TCP, UDP, ICMP), False, codes.PROTOCOL_RESTRICTION)
    packet.hop(kind, gateway_id, "translates", vpc=gateway.vpc, subnet=gateway.subnet, check=check)
    if not packet.is_reply:
        packet.journey.translations[end.id] = (packet.source, packet.client_ports, gateway_id)
        packet.client_ports = REMAPPED
    packet.source = packet.journey.translated(end)
    packet.references = codes.SG_REFERENCES_NOT_PRESERVED
    packet.place = ("subnet", gateway.subnet)


def through_peering(packet: Packet, peering_id: str, subnet: Subnet) -> None:
    """To the other VPC of a peering, and no further; group references hold within a Region."""
    network = packet.compiled.network
    peering = network.peerings[peering_id]
    kind = "peering"
    sides = (peering.requester_vpc, peering.accepter_vpc)
    if not peering.is_active or subnet.vpc not in sides:
        packet.fail(kind, peering_id, codes.BAD_STATE, "the connection is not active")
        return
    peer = sides[1] if subnet.vpc == sides[0] else sides[0]
    if packet.holder(packet.source, subnet.vpc) is None:
        note = f"the source is not in {subnet.vpc}: peerings are not transitive"
        packet.fail(kind, peering_id, codes.PCX_REQUIRES_ADDRESS_IN_VPC_CIDR, note)
        return
    other = network.vpcs.get(peer)
    if other is None:
        packet.fail(kind, peering_id, codes.UNKNOWN_DESTINATION, f"{peer} is not known")
        return
    if not is_inside(network, peer, packet.address(packet.destination)):
        note = f"the destination is not in {peer}: peerings are not transitive"
        packet.fail(kind, peering_id, codes.PCX_REQUIRES_ADDRESS_IN_VPC_CIDR, note)
        return
    packet.hop(kind, peering_id, "passes", vpc=subnet.vpc, target=peer)
    if network.vpcs[subnet.vpc].region == other.region:
        end = packet.holder(packet.destination, peer)
        if end is not None:
            packet.know_peer(end)
    elif not packet.references:
        packet.references = codes.SG_REFERENCES_NOT_PRESERVED
    packet.entry = "peering"
    packet.place = ("edge", peer, peering_id, "")


def through_virtual_gateway(packet: Packet, gateway_id: str, subnet: Subnet) -> None:
    """Out of the graph, to the network behind a virtual private gateway."""
    gateway = packet.compiled.network.virtual_gateways[gateway_id]
    kind = "virtual-gateway"
    if gateway.vpc != subnet.vpc:
        note = f"it is not attached to {subnet.vpc}"
        packet.fail(kind, gateway_id, codes.BAD_STATE_ATTACHMENT, note)
        return
    if packet.holder(packet.source, subnet.vpc) is None:
        note = f"the source is no interface of {subnet.vpc}"
        packet.fail(kind, gateway_id, codes.VGW_NO_INTERFACE_EGRESS, note)
        return
    leave_graph(packet, kind, gateway_id, ("edge", subnet.vpc, gateway_id, gateway.route_table))


def leave_graph(packet: Packet, kind: str, hop_id: str, back: tuple[str, ...]) -> None:
    """To a network the graph does not know: right for an address, wrong for an interface."""
    if packet.journey.holders[packet.destination] is not None:
        note = "the destination is not out there"
        packet.fail(kind, hop_id, codes.NO_POSSIBLE_DESTINATION, note)
        return
    packet.hop(kind, hop_id, "delivers")
    packet.finish(back)


def through_gateway_endpoint(packet: Packet, endpoint_id: str, subnet: Subnet) -> None:
    """To S3 or DynamoDB, by a route for their prefix list."""
    endpoint = packet.compiled.network.gateway_endpoints[endpoint_id]
    kind = "gateway-endpoint"
    if endpoint.vpc != subnet.vpc or not endpoint.is_available:
        packet.fail(kind, endpoint_id, codes.BAD_STATE, "it is not available here")
        return
    if packet.holder(packet.source, subnet.vpc) is None:
        note = f"the source is no interface of {subnet.vpc}"
        packet.fail(kind, endpoint_id, codes.GATEWAY_REJECTS_SPOOFED_TRAFFIC, note)
        return
    if packet.journey.holders[packet.destination] is not None:
        note = f"only {endpoint.service} is behind it"
        packet.fail(kind, endpoint_id, codes.NO_POSSIBLE_DESTINATION, note)
        return
    check = ProtocolCheck((TCP, ICMP), True, codes.VPCE_GATEWAY_PROTOCOL_RESTRICTION)
    note = "" if endpoint.has_full_access else "its policy may still refuse the request"
    packet.hop(kind, endpoint_id, "delivers", vpc=subnet.vpc, note=note, check=check)
    packet.finish(("edge", subnet.vpc, endpoint_id, ""))


def through_lattice(packet: Packet, _target: str, subnet: Subnet) -> None:
    """To the service network that the VPC is associated with; the association's groups judge."""
    association = find_lattice(packet.compiled.network, subnet.vpc)
    kind = "lattice-association"
    if association is None:
        note = "the VPC is associated with no service network"
        packet.fail("vpc", subnet.vpc, codes.NO_POSSIBLE_DESTINATION, note)
        return
    if not association.is_active:
        packet.fail(kind, association.id, codes.BAD_STATE_ATTACHMENT, "it is not active")
        return
    if association.groups:
        check = GroupCheck(
            association.groups, "ingress", packet.source, packet.ports, 0, packet.references
        )
        if packet.references or packet.is_reply:
            check = check._replace(peers=None)
        packet.hop("security-group", "", "", vpc=subnet.vpc, check=check)
    packet.hop(kind, association.id, "delivers", vpc=subnet.vpc, target=association.service_network)
    packet.finish(("edge", subnet.vpc, association.id, ""))
