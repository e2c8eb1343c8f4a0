"""Who sends and who receives: from the words of a question to the ends of a flow.

Rules of this file: an end is an interface's id, an address, "internet", or a gateway's id; anything
else is refused with AWS's code. What cannot send or receive is refused here, before any packet.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.world.network import codes
from cloudchamber.world.network.addresses import (
    find_address,
    is_public,
    is_v6,
    parse_address,
    parse_block,
)
from cloudchamber.world.network.compiled import Compiled, End, is_placed, known_at, owns
from cloudchamber.world.network.graph import LATTICE_V4, Interface
from cloudchamber.world.network.packet import DESTINATION, DESTINATION_PUBLIC, NOT_UP

INTERNET: Final = "internet"
# Any host on the internet, if none is named: of the blocks kept for documents (RFC 5737, RFC 3849).
INTERNET_V4: Final = "203.0.113.10"
INTERNET_V6: Final = "2001:db8:ffff::10"

# What AWS runs itself, and what never starts a flow.
ENDPOINT_KINDS: Final = frozenset({"vpc_endpoint", "gateway_load_balancer_endpoint"})
SILENT_KINDS: Final = frozenset({"nat_gateway", "transit_gateway"})


class Refusal(Exception):
    """A question about what cannot send or receive: AWS's code, and a sentence."""

    def __init__(self, code: str, about: str, note: str) -> None:
        super().__init__(f"{about}: {note}")
        self.code = code
        self.about = about
        self.note = note


def ends_of(
    compiled: Compiled,
    source: str,
    destination: str,
    source_address: str = "",
    destination_address: str = "",
) -> tuple[End, End, int]:
    """The two ends, and the slot of the destination's address that the flow is for.

    Raises Refusal for what does not exist, has no address of the family, or cannot send.
    """
    if not source_address and not destination_address:
        first_known = compiled.plain_ends.get(source)
        last_known = compiled.plain_ends.get(destination)
        if first_known is not None and last_known is not None:
            return first_known, last_known, DESTINATION
    six = _wants_v6(compiled, source, destination, source_address, destination_address)
    first = _source(compiled, source, destination, source_address, six)
    last, slot = _destination(compiled, first, destination, destination_address, six)
    if is_v6(first.address) != is_v6(last.address):
        raise Refusal(codes.UNASSOCIATED_COMPONENT, destination, "the families of the ends differ")
    _remember(compiled, source)
    _remember(compiled, destination)
    return first, last, slot


def _remember(compiled: Compiled, name: str) -> None:
    """Between two of these nothing needs to be asked: both IPv4, both in use, both can send."""
    end = compiled.find_end(name)
    if end is None or end.interface is None or is_v6(end.address):
        return
    if end.interface.is_up and end.interface.kind not in ENDPOINT_KINDS | SILENT_KINDS:
        compiled.plain_ends[name] = end


def _wants_v6(compiled: Compiled, *asked: str) -> bool:
    """Whether the flow is IPv6: an address says so, or an interface has no other."""
    source, destination, source_address, destination_address = asked
    for text in (source_address, destination_address, source, destination):
        address = find_address(text)
        if address is not None:
            return is_v6(address)
    if {source, destination} & set(compiled.network.egress_only_gateways):
        return True
    named = [compiled.network.interfaces.get(each) for each in (source, destination)]
    return any(found is not None and not found.addresses for found in named)


def _source(compiled: Compiled, source: str, destination: str, address_text: str, six: bool) -> End:
    network = compiled.network
    interface = network.interfaces.get(source)
    if interface is None and source in network.interface_endpoints:
        note = "an endpoint starts no flow"
        raise Refusal(codes.VPCE_INTRA_VPC_TRAFFIC, source, note)
    if interface is None and source in network.gateway_endpoints:
        return _service(compiled, source, address_text)
    if interface is not None:
        _check_place(compiled, interface)
        if interface.kind in ENDPOINT_KINDS:
            raise Refusal(codes.VPCE_INTRA_VPC_TRAFFIC, source, "an endpoint starts no flow")
        if interface.kind in SILENT_KINDS:
            note = f"an interface of kind {interface.kind} starts no flow"
            raise Refusal(codes.UNSUPPORTED_COMPONENT, source, note)
        if not interface.is_up:
            raise Refusal(codes.BAD_STATE, source, NOT_UP)
        return _interface_end(compiled, interface, address_text, six)
    address = find_address(source)
    if address is not None:
        return _named_address(compiled, source, address)
    chosen = address_text or (INTERNET_V6 if six else INTERNET_V4)
    if source == INTERNET:
        return compiled.outside("address", INTERNET, parse_address(chosen))
    if source in network.internet_gateways:
        if not network.internet_gateways[source].vpc:
            raise Refusal(codes.UNASSOCIATED_COMPONENT, source, "it is attached to no VPC")
        return compiled.outside("gateway", source, parse_address(chosen))
    return _gateway_source(compiled, source, destination, address_text)


def _named_address(compiled: Compiled, text: str, address: int) -> End:
    """A sender named by its address: of the internet, or the one interface that has it."""
    owner = compiled.find_public_owner(address)
    if owner is not None:
        return owner
    if is_public(address):
        return compiled.outside("address", text, address)
    owners = [found for _, found in known_at(compiled, address)]
    if len(owners) == 1:
        return owners[0]
    note = "several interfaces have this address" if owners else "no interface has this address"
    raise Refusal(codes.NO_SOURCE_OR_DESTINATION, text, note)


def _gateway_source(compiled: Compiled, source: str, destination: str, address_text: str) -> End:
    """Traffic that comes out of a gateway towards an interface, with the address given."""
    network = compiled.network
    target = network.interfaces.get(destination)
    vpc = target.vpc if target is not None else ""
    subnet = ""
    association = network.lattice_associations.get(source)
    attachment = network.attachments.get(source)
    if association is not None:
        vpc = association.vpc
        address_text = address_text or LATTICE_V4.replace(".0/24", ".1")
    elif attachment is not None and not (vpc and attachment.vpc == vpc):
        vpc = ""  # it comes to the transit gateway by this attachment
    elif attachment is not None:
        known = [each for each in sorted(attachment.subnets) if each in network.subnets]
        vpc, subnet = attachment.vpc, known[0] if known else ""
    elif source in network.virtual_gateways:
        vpc = network.virtual_gateways[source].vpc
    elif source in network.transit_peerings or compiled.kind_of(source) not in ("", "peering"):
        raise Refusal(codes.UNSUPPORTED_COMPONENT, source, "no flow begins here")
    elif source not in network.peerings:
        raise Refusal(codes.NO_SOURCE_OR_DESTINATION, source, "it does not exist")
    if not address_text:
        raise Refusal(codes.UNKNOWN_DESTINATION, source, "say which address sends")
    end = compiled.outside("gateway", source, parse_address(address_text))
    end.vpc, end.subnet = vpc, subnet
    end.position = compiled.position(("gateway", source, end.address, vpc), is_loose=True)
    return end


def _service(compiled: Compiled, endpoint_id: str, address_text: str) -> End:
    """A gateway endpoint answers and never asks."""
    endpoint = compiled.network.gateway_endpoints[endpoint_id]
    entries = compiled.network.prefix_lists.get(endpoint.prefix_list)
    address = find_address(address_text)
    if address is not None and entries is not None:
        blocks = [parse_block(block) for block in entries.entries]
        if not any(low <= address <= high for low, high, _ in blocks):
            note = f"{address_text} is not in {endpoint.prefix_list}"
            raise Refusal(codes.VPCE_GATEWAY_SOURCE, endpoint_id, note)
    raise Refusal(codes.VPCE_INTRA_VPC_TRAFFIC, endpoint_id, "an endpoint starts no flow")


def _interface_end(compiled: Compiled, interface: Interface, address_text: str, six: bool) -> End:
    if address_text:
        return compiled.end_at(interface, parse_address(address_text))
    end = compiled.find_end(interface.id)
    if end is not None and is_v6(end.address) == six:
        return end
    if six and interface.v6_addresses:
        return compiled.end_at(interface, parse_address(interface.v6_addresses[0]))
    family = "IPv6" if six else "IPv4"
    raise Refusal(codes.UNASSOCIATED_COMPONENT, interface.id, f"it has no {family} address")


def _destination(
    compiled: Compiled, source: End, destination: str, address_text: str, six: bool
) -> tuple[End, int]:
    network = compiled.network
    interface = network.interfaces.get(destination)
    if destination in network.interface_endpoints:
        interface = _nearest(compiled, source, destination)
    if interface is not None:
        return _to_interface(compiled, source, interface, address_text, six)
    address = find_address(destination)
    if address is not None and source.interface is not None and owns(source.interface, address):
        return source, DESTINATION
    if address is not None:
        return _to_address(compiled, destination, address)
    if destination == INTERNET:
        chosen = address_text or (INTERNET_V6 if six else INTERNET_V4)
        return compiled.outside("address", INTERNET, parse_address(chosen)), DESTINATION
    chosen = address_text or _address_behind(compiled, source, destination, six)
    if not chosen:
        if compiled.kind_of(destination) or destination in network.attachments:
            raise Refusal(codes.UNKNOWN_DESTINATION, destination, "say which address is meant")
        if destination not in network.transit_peerings:
            raise Refusal(codes.NO_SOURCE_OR_DESTINATION, destination, "it does not exist")
        raise Refusal(codes.UNKNOWN_DESTINATION, destination, "say which address is meant")
    return compiled.outside("gateway", destination, parse_address(chosen)), DESTINATION


def _to_interface(
    compiled: Compiled, source: End, interface: Interface, address_text: str, six: bool
) -> tuple[End, int]:
    _check_place(compiled, interface)
    address = find_address(address_text)
    for pair in interface.addresses:
        if address is not None and pair.public and parse_address(pair.public) == address:
            own = compiled.end_at(interface, parse_address(pair.private))
            return _checked(own), DESTINATION_PUBLIC
    if address is not None and not owns(interface, address):
        note = f"{address_text} is not one of its addresses"
        raise Refusal(codes.ENI_ADDRESS_RESTRICTION, interface.id, note)
    end = _checked(_interface_end(compiled, interface, address_text, six))
    from_internet = source.kind == "address" or source.id in compiled.network.internet_gateways
    if not from_internet or is_v6(end.address):
        return end, DESTINATION
    if end.public < 0:
        raise Refusal(codes.IGW_NO_PUBLIC_INGRESS, interface.id, "it has no public IPv4 address")
    return end, DESTINATION_PUBLIC


def _check_place(compiled: Compiled, interface: Interface) -> None:
    if not is_placed(compiled.network, interface):
        note = f"its subnet {interface.subnet} is not known"
        raise Refusal(codes.UNASSOCIATED_COMPONENT, interface.id, note)


def _checked(end: End) -> End:
    if end.interface is not None and not end.interface.is_up:
        raise Refusal(codes.BAD_STATE, end.id, NOT_UP)
    return end


def _to_address(compiled: Compiled, text: str, address: int) -> tuple[End, int]:
    owner = compiled.find_public_owner(address)
    if owner is not None:
        slot = DESTINATION if owner.address == address else DESTINATION_PUBLIC
        return _checked(owner), slot
    return compiled.outside("address", text, address), DESTINATION


def _nearest(compiled: Compiled, source: End, endpoint_id: str) -> Interface | None:
    """The interface of an endpoint in the source's zone, or its first."""
    network = compiled.network
    endpoint = network.interface_endpoints[endpoint_id]
    known = [network.interfaces[each] for each in endpoint.interfaces if each in network.interfaces]
    if not known or not endpoint.is_available:
        raise Refusal(codes.BAD_STATE, endpoint_id, "the endpoint is not available")
    zone = network.subnets[source.subnet].zone_id if source.subnet else ""
    for interface in known:
        if is_placed(network, interface) and network.subnets[interface.subnet].zone_id == zone:
            return interface
    return known[0]


def _address_behind(compiled: Compiled, source: End, gateway: str, six: bool) -> str:
    """An address that lies behind a gateway, "" if none is known."""
    network = compiled.network
    if gateway in network.internet_gateways or gateway in network.nat_gateways:
        return INTERNET_V6 if six else INTERNET_V4
    if gateway in network.egress_only_gateways:
        return INTERNET_V6
    if gateway in network.lattice_associations:
        return LATTICE_V4.replace(".0/24", ".1")
    if gateway in network.gateway_endpoints:
        entries = network.prefix_lists.get(network.gateway_endpoints[gateway].prefix_list)
        return _first_of(entries.entries if entries is not None else ())
    vpc = ""
    if gateway in network.peerings:
        peering = network.peerings[gateway]
        sides = (peering.requester_vpc, peering.accepter_vpc)
        vpc = sides[1] if source.vpc == sides[0] else sides[0]
    elif gateway in network.attachments:
        vpc = network.attachments[gateway].vpc
    found = network.vpcs.get(vpc)
    return _first_of(found.v4_cidrs if found is not None else ())


def _first_of(blocks: tuple[str, ...]) -> str:
    return blocks[0].partition("/")[0] if blocks else ""
