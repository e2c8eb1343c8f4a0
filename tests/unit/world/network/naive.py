"""The oracle: one packet after another, over what the Describe calls would say, without cleverness.

Rules of this file: no code of the package, no table, no interval; blocks and addresses are
`ipaddress`'s, port ranges are tried port by port where a rule begins or ends. It says what became
of a flow: "" if the request and its reply arrive, and otherwise the code where the first was lost.
"""

from __future__ import annotations

from typing import Any

from tests.unit.world.network.naive_rules import (
    HOST4,
    HOST6,
    PRIVATE,
    SHARED,
    Described,
    Flow,
    Lost,
    Packet,
    bits,
    blocks,
    by_id,
    check_acl,
    check_groups,
    inside,
    need,
)


def outcome(world: Described, source: str, destination: str, protocol: int, port: int) -> str:
    """ "" or a code. `source`: an interface or "internet"; `destination`: those, or an address.

    "interface/6" asks for an interface's IPv6 address.
    """
    try:
        converse(Flow(world, protocol, port), source, destination)
    except Lost as lost:
        return str(lost)
    return ""


def converse(flow: Flow, source: str, destination: str) -> None:
    world = flow.world
    for end in (source, destination):
        named = by_id(world, "NetworkInterfaces", "NetworkInterfaceId", end.removesuffix("/6"))
        if named is not None and not named["Up"]:
            raise Lost("BAD_STATE")
    six = "/6" in source + destination or (":" in destination)
    near = by_id(world, "NetworkInterfaces", "NetworkInterfaceId", source.removesuffix("/6"))
    far = by_id(world, "NetworkInterfaces", "NetworkInterfaceId", destination.removesuffix("/6"))
    host = HOST6 if six else HOST4
    key = "Ipv6Address" if six else "PrivateIpAddress"
    start = near[key] if near else host
    end = far[key] if far else (host if destination == "internet" else destination)
    if far is None and near is not None:
        if end in (near["PrivateIpAddress"], near["Ipv6Address"]):
            return  # it speaks to itself
    if near is None and far is not None and not six:
        end = far["PublicIp"]
        if not end:
            raise Lost("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS")
    request = Packet(flow, start, end, reply=False)
    request.sender = request.carrier = near
    request.target = far
    place = depart(request, near)
    answer = Packet(flow, request.destination, request.source, reply=True)
    answer.kind = "client" if not flow.nats else "remapped"
    answer.target = request.carrier if request.carrier is not None else near
    answer_from(answer, place)
    if answer.source != end:
        raise Lost("NGW_SOURCE_ADDRESS_REASSIGN")


def depart(packet: Packet, near: Described | None) -> Any:
    world = packet.flow.world
    if near is None:
        return over_internet(packet)
    packet.zone = need(world, "Subnets", "SubnetId", near["SubnetId"])["AvailabilityZoneId"]
    check_groups(packet, near, egress=True, peer=visible_peer(packet, near))
    return out_of(packet, near["SubnetId"])


def answer_from(packet: Packet, place: Any) -> None:
    world = packet.flow.world
    if place == "internet":
        over_internet(packet)
    elif isinstance(place, tuple):  # the VPC a service answers into
        into_vpc(packet, place[1])
    else:
        packet.sender = packet.carrier = place
        subnet = need(world, "Subnets", "SubnetId", place["SubnetId"])
        packet.zone = subnet["AvailabilityZoneId"]
        out_of(packet, place["SubnetId"])


def owner(world: Described, vpc: str, address: str) -> Described | None:
    held: list[Described] = world["NetworkInterfaces"]
    for each in held:
        if each["VpcId"] == vpc and address in (each["PrivateIpAddress"], each["Ipv6Address"]):
            return each
    return None


def meant(packet: Packet, vpc: str) -> Described | None:
    """Whoever a packet is for, if in this VPC (nobody else with its address is)."""
    target = packet.target
    if target is None:
        return owner(packet.flow.world, vpc, packet.destination)
    own = (target["PrivateIpAddress"], target["Ipv6Address"])
    return target if target["VpcId"] == vpc and packet.destination in own else None


def carried(packet: Packet, vpc: str) -> Described | None:
    """The interface of a VPC whose address is the packet's source."""
    if packet.carrier is not None:
        return packet.carrier if packet.carrier["VpcId"] == vpc else None
    return None


def visible_peer(packet: Packet, near: Described) -> Described | None:
    """The interface whose groups the sender's own rules may name."""
    world = packet.flow.world
    direct = meant(packet, near["VpcId"])
    if direct is not None and direct["SubnetId"] == near["SubnetId"]:
        return direct
    subnet = need(world, "Subnets", "SubnetId", near["SubnetId"])
    route = pick(world, subnet["RouteTableId"], packet.destination)
    if route is None or route["State"] == "blackhole":
        return None
    if route["Target"] == "local":
        return direct
    peering = by_id(world, "VpcPeeringConnections", "VpcPeeringConnectionId", route["Target"])
    if peering is None or peering["Status"] != "active":
        return None
    sides = [peering["RequesterVpc"], peering["AccepterVpc"]]
    if near["VpcId"] not in sides:
        return None
    other = sides[1] if sides[0] == near["VpcId"] else sides[0]
    mine, theirs = (need(world, "Vpcs", "VpcId", each) for each in (near["VpcId"], other))
    return meant(packet, other) if mine["Region"] == theirs["Region"] else None


def pick(world: Described, table: str, address: str) -> Described | None:
    """Longest prefix, then local, static, prefix list, propagated, then the names."""
    routes = need(world, "RouteTables", "RouteTableId", table)["Routes"]
    best: tuple[Any, Described] | None = None
    for route in routes:
        for block in blocks(world, route["Destination"]):
            if inside(address, block):
                order = (
                    -bits(block),
                    0
                    if route["Target"] == "local"
                    else 3
                    if route["Origin"] == "EnableVgwRoutePropagation"
                    else 1
                    if "/" in route["Destination"]
                    else 2,
                    route["Destination"],
                    route["Target"],
                )
                if best is None or order < best[0]:
                    best = (order, route)
    return best[1] if best else None


def out_of(packet: Packet, subnet_id: str) -> Any:
    """Where a packet gets to from a subnet."""
    flow = packet.flow
    world = flow.world
    flow.hops += 1
    if flow.hops > 40:
        raise Lost("NO_PATH")
    subnet = need(world, "Subnets", "SubnetId", subnet_id)
    vpc = subnet["VpcId"]
    direct = meant(packet, vpc)
    if direct is not None and direct["SubnetId"] == subnet_id:
        return take(packet, direct)
    route = pick(world, subnet["RouteTableId"], packet.destination)
    if route is None:
        raise Lost("NO_ROUTE_TO_DESTINATION")
    target = route["Target"]
    if route["State"] == "blackhole":
        raise Lost("BAD_STATE_ROUTE")
    if target == "local":
        if direct is None:
            check_acl(packet, subnet, egress=True)
            raise Lost("NO_POSSIBLE_DESTINATION")
        check_acl(packet, subnet, egress=True)
        check_acl(packet, need(world, "Subnets", "SubnetId", direct["SubnetId"]), egress=False)
        return take(packet, direct)
    if target.startswith("eni-"):
        box = need(world, "NetworkInterfaces", "NetworkInterfaceId", target)
        if box["SubnetId"] != subnet_id:
            check_acl(packet, subnet, egress=True)
        return through_box(packet, box, subnet_id)
    if target.startswith("nat-"):
        nat = need(world, "NatGateways", "NatGatewayId", target)
        if nat["SubnetId"] != subnet_id:
            check_acl(packet, subnet, egress=True)
        return through_nat(packet, nat, subnet_id)
    check_acl(packet, subnet, egress=True)
    if target.startswith("igw-"):
        return out_by_igw(packet, target, vpc)
    if target.startswith("eigw-"):
        return out_by_eigw(packet, target, vpc)
    if target.startswith("pcx-"):
        return over_peering(packet, target, vpc)
    if target.startswith("tgw-"):
        return into_transit(packet, target, subnet)
    if target.startswith("vgw-"):
        return by_vpn(packet, target, vpc)
    assert target.startswith("vpce-")
    return to_service(packet, target, vpc)


def take(packet: Packet, interface: Described) -> Any:
    """The interface that has the address takes the packet, or hands it on if it is a NAT's."""
    flow = packet.flow
    if packet.reply:
        known = flow.nats.get(interface["NetworkInterfaceId"])
        if known is not None and packet.destination == interface["PrivateIpAddress"]:
            packet.destination, packet.kind, packet.target = known
            return out_of(packet, interface["SubnetId"])
        return interface
    if not interface["Up"]:
        raise Lost("BAD_STATE")
    if interface["InterfaceType"] == "nat_gateway":
        raise Lost("NO_POSSIBLE_DESTINATION")
    check_groups(packet, interface, egress=False, peer=packet.sender)
    return interface


def through_box(packet: Packet, box: Described, origin: str) -> Any:
    flow = packet.flow
    name = box["NetworkInterfaceId"]
    if not box["Up"]:
        raise Lost("BAD_STATE")
    subnet = need(flow.world, "Subnets", "SubnetId", box["SubnetId"])
    if box["SubnetId"] != origin:
        check_acl(packet, subnet, egress=False)
    direct = meant(packet, box["VpcId"])
    if direct is box:
        return take(packet, box)
    if box["SourceDestCheck"]:
        raise Lost("ENI_SOURCE_DEST_CHECK_RESTRICTION")
    known = packet.reply and name in flow.boxes
    if not known:
        check_groups(packet, box, egress=False, peer=packet.sender)
    packet.blind = "SG_REFERENCES_NOT_PRESERVED"
    if not known:
        check_groups(packet, box, egress=True, peer=None)
    flow.boxes.add(name)
    packet.box, packet.zone, packet.transit = name, subnet["AvailabilityZoneId"], False
    return out_of(packet, box["SubnetId"])


def through_nat(packet: Packet, nat: Described, origin: str) -> Any:
    flow = packet.flow
    if nat["State"] != "available":
        raise Lost("BAD_STATE")
    if nat["SubnetId"] != origin:
        check_acl(packet, need(flow.world, "Subnets", "SubnetId", nat["SubnetId"]), egress=False)
    if ":" in packet.destination:
        raise Lost("PROTOCOL_RESTRICTION")
    if not packet.transit and carried(packet, nat["VpcId"]) is None:
        raise Lost("NGW_REQUIRES_SOURCE_IN_VPC")
    if flow.protocol not in (1, 6, 17):
        raise Lost("PROTOCOL_RESTRICTION")
    name = nat["NetworkInterfaceId"]
    interface = need(flow.world, "NetworkInterfaces", "NetworkInterfaceId", name)
    if not packet.reply:
        before = "remapped" if flow.nats else "client"
        flow.nats[name] = (packet.source, before, packet.carrier)
    packet.source = interface["PrivateIpAddress"]
    packet.carrier = interface
    packet.blind = "SG_REFERENCES_NOT_PRESERVED"
    return out_of(packet, nat["SubnetId"])


def stopped(vpc: Described, subnet: Described, *, inbound: bool, only_out: bool) -> bool:
    mode = vpc["BlockMode"]
    excluded = {vpc["Exclusion"], subnet["Exclusion"]}
    if mode == "off" or "allow-bidirectional" in excluded:
        return False
    if inbound:
        return True
    return not only_out if mode == "block-ingress" else "allow-egress" not in excluded


def out_by_igw(packet: Packet, gateway: str, vpc: str) -> Any:
    world = packet.flow.world
    found = need(world, "InternetGateways", "InternetGatewayId", gateway)
    if found["VpcId"] != vpc:
        raise Lost("BAD_STATE_ATTACHMENT")
    six = ":" in packet.destination
    if not six and any(inside(packet.destination, block) for block in PRIVATE):
        raise Lost("IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS")
    if not six and inside(packet.destination, SHARED):
        raise Lost("IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS")
    mine = carried(packet, vpc)
    if mine is None or not (six or mine["PublicIp"]):
        raise Lost("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS")
    if found["RouteTableId"]:
        back = pick(world, found["RouteTableId"], packet.source)
        own = (packet.box, mine["NetworkInterfaceId"])
        if back is not None and back["Target"] != "local" and back["Target"] not in own:
            raise Lost("INGRESS_RTB_TRAFFIC_REDIRECTION")
    subnet = need(world, "Subnets", "SubnetId", mine["SubnetId"])
    natted = mine["InterfaceType"] == "nat_gateway"
    place = need(world, "Vpcs", "VpcId", vpc)
    if not packet.reply and stopped(place, subnet, inbound=False, only_out=natted):
        raise Lost("VPC_BLOCK_PUBLIC_ACCESS_ENABLED")
    if not six:
        packet.source = mine["PublicIp"]
        packet.carrier = None
    packet.blind = "SG_REFERENCES_NOT_PRESERVED"
    return over_internet(packet)


def out_by_eigw(packet: Packet, gateway: str, vpc: str) -> Any:
    world = packet.flow.world
    if need(world, "EgressOnlyGateways", "Id", gateway)["VpcId"] != vpc:
        raise Lost("BAD_STATE_ATTACHMENT")
    mine = carried(packet, vpc)
    if mine is None:
        raise Lost("GATEWAY_REJECTS_SPOOFED_TRAFFIC")
    if packet.reply and vpc in packet.flow.by_internet_gateway:
        raise Lost("NO_PATH")
    subnet = need(world, "Subnets", "SubnetId", mine["SubnetId"])
    place = need(world, "Vpcs", "VpcId", vpc)
    if not packet.reply and stopped(place, subnet, inbound=False, only_out=True):
        raise Lost("VPC_BLOCK_PUBLIC_ACCESS_ENABLED")
    packet.flow.egress_only.add(vpc)
    packet.blind = "SG_REFERENCES_NOT_PRESERVED"
    return over_internet(packet)


def over_internet(packet: Packet) -> Any:
    """On the internet: somebody's public address, a host out there, or nobody's."""
    world = packet.flow.world
    six = ":" in packet.destination
    target = None
    for each in world["NetworkInterfaces"]:
        if packet.destination == (each["Ipv6Address"] if six else each["PublicIp"]):
            target = each
    if target is None:
        if packet.target is not None:
            raise Lost("NO_POSSIBLE_DESTINATION")
        return "internet"
    vpc = target["VpcId"]
    gateway = next((each for each in world["InternetGateways"] if each["VpcId"] == vpc), None)
    only_egress = six and packet.reply and vpc in packet.flow.egress_only
    if gateway is None and not only_egress:
        raise Lost("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS")
    subnet = need(world, "Subnets", "SubnetId", target["SubnetId"])
    place = need(world, "Vpcs", "VpcId", vpc)
    if not packet.reply and stopped(place, subnet, inbound=True, only_out=False):
        raise Lost("VPC_BLOCK_PUBLIC_ACCESS_ENABLED")
    packet.target = target
    if not six:
        packet.destination = target["PrivateIpAddress"]
    packet.blind = "SG_REFERENCES_NOT_PRESERVED"
    packet.flow.by_internet_gateway.add(vpc)
    table = "" if only_egress or gateway is None else gateway["RouteTableId"]
    route = pick(world, table, packet.destination) if table else None
    if route is not None and route["State"] == "blackhole":
        raise Lost("BAD_STATE_ROUTE")
    if route is not None and route["Target"] != "local":
        box = need(world, "NetworkInterfaces", "NetworkInterfaceId", route["Target"])
        if not box["PublicIp"]:
            raise Lost("INGRESS_RTB_NO_PUBLIC_IP")
        return through_box(packet, box, "")
    return into_vpc(packet, vpc)


def into_vpc(packet: Packet, vpc: str) -> Any:
    direct = meant(packet, vpc)
    if direct is None:
        raise Lost("NO_POSSIBLE_DESTINATION")
    subnet = need(packet.flow.world, "Subnets", "SubnetId", direct["SubnetId"])
    check_acl(packet, subnet, egress=False)
    return take(packet, direct)


def over_peering(packet: Packet, name: str, vpc: str) -> Any:
    world = packet.flow.world
    peering = need(world, "VpcPeeringConnections", "VpcPeeringConnectionId", name)
    sides = [peering["RequesterVpc"], peering["AccepterVpc"]]
    if peering["Status"] != "active" or vpc not in sides:
        raise Lost("BAD_STATE")
    other = need(world, "Vpcs", "VpcId", sides[1] if sides[0] == vpc else sides[0])
    mine = carried(packet, vpc)
    if mine is None:
        raise Lost("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR")
    if not any(inside(packet.destination, block) for block in other["CidrBlocks"]):
        raise Lost("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR")
    if other["Region"] != need(world, "Vpcs", "VpcId", vpc)["Region"] and not packet.blind:
        packet.blind = "SG_REFERENCES_NOT_PRESERVED"
    packet.transit = False
    return into_vpc(packet, other["VpcId"])


def into_transit(packet: Packet, name: str, subnet: Described) -> Any:
    world = packet.flow.world
    attachment = next(
        (
            each
            for each in world["TransitGatewayAttachments"]
            if each["TransitGatewayId"] == name
            and each["VpcId"] == subnet["VpcId"]
            and each["State"] == "available"
        ),
        None,
    )
    if attachment is None:
        raise Lost("BAD_STATE_ATTACHMENT")
    inner = None
    for each in attachment["SubnetIds"]:
        held = need(world, "Subnets", "SubnetId", each)
        if held["AvailabilityZoneId"] == subnet["AvailabilityZoneId"]:
            inner = held
    if inner is None:
        raise Lost("TGW_ROUTE_AZ_RESTRICTION")
    if ":" in packet.destination and not attachment["Ipv6Support"]:
        raise Lost("PROTOCOL_RESTRICTION")
    check_acl(packet, inner, egress=False)
    shade(packet, name, attachment)
    packet.zone = subnet["AvailabilityZoneId"]
    if not attachment["RouteTableId"]:
        raise Lost("TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION")
    return inside_transit(packet, name, attachment["RouteTableId"])


def shade(packet: Packet, gateway: str, attachment: Described) -> None:
    tells = need(packet.flow.world, "TransitGateways", "TransitGatewayId", gateway)
    if not packet.blind and not (tells["SgReferencing"] and attachment["SgReferencing"]):
        packet.blind = "SG_REFERENCING_SUPPORT"


def inside_transit(packet: Packet, gateway: str, table: str) -> Any:
    world = packet.flow.world
    packet.flow.hops += 1
    if packet.flow.hops > 40:
        raise Lost("NO_PATH")
    routes = need(world, "TransitGatewayRouteTables", "Id", table)["Routes"]
    fitting = [
        (
            -bits(block),
            route["Type"] == "propagated",
            "/" not in route["Destination"],
            route["Destination"],
            route["Attachment"],
            route,
        )
        for route in routes
        for block in blocks(world, route["Destination"])
        if inside(packet.destination, block)
    ]
    if not fitting:
        raise Lost("TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT")
    route = min(fitting, key=lambda each: each[:5])[5]
    attachment = by_id(world, "TransitGatewayAttachments", "Id", route["Attachment"])
    peering = by_id(world, "TransitGatewayPeerings", "Id", route["Attachment"])
    if route["State"] == "blackhole" or (attachment or peering) is None:
        raise Lost("TGW_RTB_BAD_STATE_ROUTE")
    if attachment is None:
        assert peering is not None
        if peering["State"] != "available":
            raise Lost("TGW_RTB_BAD_STATE_ROUTE")
        asked = gateway == peering["Requester"]
        other = peering["Accepter"] if asked else peering["Requester"]
        then = peering["AccepterTable"] if asked else peering["RequesterTable"]
        packet.blind = packet.blind or "SG_REFERENCING_SUPPORT"
        if not then:
            raise Lost("TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION")
        return inside_transit(packet, other, then)
    if attachment["State"] != "available" or attachment["TransitGatewayId"] != gateway:
        raise Lost("TGW_RTB_BAD_STATE_ROUTE")
    if ":" in packet.destination and not attachment["Ipv6Support"]:
        raise Lost("PROTOCOL_RESTRICTION")
    shade(packet, gateway, attachment)
    zones = sorted(
        (need(world, "Subnets", "SubnetId", each)["AvailabilityZoneId"], each)
        for each in attachment["SubnetIds"]
    )
    same = [each for each in zones if each[0] == packet.zone]
    zone, landing = zones[0] if attachment["ApplianceMode"] or not same else same[0]
    packet.transit, packet.zone = True, zone
    return out_of(packet, landing)


def to_service(packet: Packet, name: str, vpc: str) -> Any:
    world = packet.flow.world
    endpoint = need(world, "GatewayEndpoints", "VpcEndpointId", name)
    if endpoint["VpcId"] != vpc:
        raise Lost("BAD_STATE")
    if carried(packet, vpc) is None:
        raise Lost("GATEWAY_REJECTS_SPOOFED_TRAFFIC")
    if packet.target is not None:
        raise Lost("NO_POSSIBLE_DESTINATION")
    if packet.flow.protocol not in (1, 6):
        raise Lost("VPCE_GATEWAY_PROTOCOL_RESTRICTION")
    return ("vpc", vpc)


def by_vpn(packet: Packet, name: str, vpc: str) -> Any:
    """Out of what is described; whoever is there answers."""
    if need(packet.flow.world, "VpnGateways", "VpnGatewayId", name)["VpcId"] != vpc:
        raise Lost("BAD_STATE_ATTACHMENT")
    if carried(packet, vpc) is None:
        raise Lost("VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS")
    if packet.target is not None:
        raise Lost("NO_POSSIBLE_DESTINATION")
    return ("vpc", vpc)
