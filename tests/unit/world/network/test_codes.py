"""One small world for each explanation code: the mistake that AWS gives that name.

Rules of this file: a world begins as one in which the flow passes; the case makes one mistake, and
the code names it. Codes that stand beside the main explanation are in `test_hints.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec
import pytest

from cloudchamber.world.network import codes
from cloudchamber.world.network.graph import (
    AclEntry,
    GatewayEndpoint,
    InterfaceEndpoint,
    InternetGateway,
    PrefixList,
    Rule,
    TransitPeering,
    VirtualGateway,
)
from cloudchamber.world.network.verdict import Verdict
from tests.unit.world.network.worlds import (
    REGION,
    World,
    joined_by_peering,
    joined_by_transit,
    two_tiers,
    two_vpcs,
)


def bad_state() -> Verdict:
    world = two_tiers()
    world.nat("n", "a1", "10.0.1.99", "198.51.100.99", is_available=False)
    world.route("rtb-a", "0.0.0.0/0", "nat-n")
    return world.ask("eni-db", "internet")


def bad_state_attachment() -> Verdict:
    world = two_tiers()
    world.change("internet_gateways", "igw-a", vpc="")
    return world.ask("eni-web", "internet")


def bad_state_route() -> Verdict:
    world = two_tiers()
    world.route("rtb-a", "0.0.0.0/0", "nat-gone", state="blackhole")
    return world.ask("eni-db", "internet")


def eni_address() -> Verdict:
    return two_tiers().ask("eni-web", "eni-db", destination_address="10.0.2.77")


def eni_rules() -> Verdict:
    world = two_tiers()
    world.group("db", (Rule(id="sgr-1", protocol=6, from_port=5432, to_port=5432,
                            v4_cidr="10.0.1.0/24"),))  # fmt: skip
    world.change("interfaces", "eni-db", groups=("sg-db",))
    assert world.ask("eni-web", "eni-db", 5432).allowed
    return world.ask("eni-web", "eni-db", 5433)


def eni_check() -> Verdict:
    world = two_tiers()
    world.eni("box", "a2", "10.0.2.50")
    world.route("rtb-public", "10.0.2.0/24", "eni-box")
    return world.ask("eni-web", "eni-db")


def spoofed() -> Verdict:
    world = two_tiers()
    world.eigw("a")
    world.route("rtb-a", "::/0", "eigw-a")
    world.change("interfaces", "eni-db", source_dest_check=False)
    return world.ask("eni-db", "internet", source_address="2001:db8:f::1")


def igw_private() -> Verdict:
    return two_tiers().ask("eni-web", "192.168.7.7")


def igw_shared() -> Verdict:
    return two_tiers().ask("eni-web", "100.64.7.7")


def igw_no_public_in() -> Verdict:
    return two_tiers().ask("internet", "eni-db")


def igw_no_public_out() -> Verdict:
    world = two_tiers()
    world.change("subnets", "subnet-a2", route_table="rtb-public")
    return world.ask("eni-db", "internet")


def igw_from_private() -> Verdict:
    return two_tiers().ask("igw-a", "eni-web", source_address="192.168.7.7")


def igw_from_shared() -> Verdict:
    return two_tiers().ask("igw-a", "eni-web", source_address="100.64.7.7")


def with_edge() -> World:
    """What comes in for the web server goes by an appliance first."""
    world = two_tiers()
    world.subnet("a3", "10.0.3.0/24", route_table="rtb-public")
    world.eni("box", "a3", "10.0.3.7", public="198.51.100.7", source_dest_check=False)
    world.table("a", "rtb-edge", ("10.0.1.0/24", "eni-box"))
    world.table("a", "rtb-web", ("0.0.0.0/0", "eni-box"))
    world.change("internet_gateways", "igw-a", route_table="rtb-edge")
    world.change("subnets", "subnet-a1", route_table="rtb-web")
    assert world.ask("internet", "eni-web").allowed
    return world


def edge_without_public() -> Verdict:
    world = with_edge()
    world.eni("box", "a3", "10.0.3.7", source_dest_check=False)
    return world.ask("internet", "eni-web")


def edge_left_out() -> Verdict:
    world = with_edge()
    world.change("subnets", "subnet-a1", route_table="rtb-public")
    return world.ask("eni-web", "internet")


def nat_foreign() -> Verdict:
    world = two_tiers()
    world.nat("n", "a1", "10.0.1.99", "198.51.100.99")
    world.route("rtb-a", "0.0.0.0/0", "nat-n")
    assert world.ask("eni-db", "internet").allowed
    world.change("interfaces", "eni-db", source_dest_check=False)
    return world.ask("eni-db", "internet", source_address="172.31.0.9")


def nat_answers() -> Verdict:
    world = two_tiers()
    world.nat("n", "a1", "10.0.1.99", "198.51.100.99")
    world.subnet("a4", "10.0.4.0/24")
    world.eni("odd", "a4", "10.0.4.4", public="198.51.100.44")
    world.route("rtb-a", "0.0.0.0/0", "nat-n")
    return world.ask("internet", "eni-odd")


def circle() -> Verdict:
    world = two_tiers()
    for name, other in (("x", "y"), ("y", "x")):
        world.table("a", f"rtb-{name}", ("0.0.0.0/0", f"eni-{other}"))
        number = 5 if name == "x" else 6
        world.subnet(f"a{number}", f"10.0.{number}.0/24", route_table=f"rtb-{name}")
        world.eni(name, f"a{number}", f"10.0.{number}.4", source_dest_check=False)
    return world.ask("eni-x", "internet")


def nobody() -> Verdict:
    return two_tiers().ask("eni-web", "10.0.2.200")


def no_route() -> Verdict:
    return two_tiers().ask("eni-db", "internet")


def no_such() -> Verdict:
    return two_tiers().ask("eni-web", "eni-gone")


def not_transitive() -> Verdict:
    world = joined_by_peering()
    world.vpc("c", "10.2.0.0/16")
    world.subnet("c1", "10.2.1.0/24")
    world.eni("c1", "c1", "10.2.1.5")
    world.peer("b", "c")
    world.route("rtb-a", "10.2.0.0/16", "pcx-ab")
    world.route("rtb-b", "10.2.0.0/16", "pcx-bc")
    world.route("rtb-c", "10.0.0.0/16", "pcx-bc")
    return world.ask("eni-a1", "eni-c1")


def six_by_nat() -> Verdict:
    world = two_tiers()
    world.nat("n", "a1", "10.0.1.99", "198.51.100.99")
    world.route("rtb-a", "::/0", "nat-n")
    return world.ask("eni-db", "internet", source_address="2001:db8:a:2::9")


def empty_group() -> Verdict:
    world = two_tiers()
    world.group("mute", (), ())
    world.change("interfaces", "eni-web", groups=("sg-mute",))
    return world.ask("eni-web", "eni-db")


def across_regions() -> Verdict:
    world = joined_by_peering()
    world.group("clients")
    world.change("interfaces", "eni-a1", groups=("sg-open", "sg-clients"))
    world.group("b", (Rule(id="sgr-clients", group="sg-clients"),), vpc="vpc-b")
    world.change("interfaces", "eni-b1", groups=("sg-b",))
    assert world.ask("eni-a1", "eni-b1").allowed
    world.change("vpcs", "vpc-b", region="us-east-1")
    return world.ask("eni-a1", "eni-b1")


def transit_without_groups() -> Verdict:
    world = joined_by_transit()
    world.group("clients")
    world.change("interfaces", "eni-a1", groups=("sg-open", "sg-clients"))
    world.group("b", (Rule(id="sgr-clients", group="sg-clients"),), vpc="vpc-b")
    world.change("interfaces", "eni-b1", groups=("sg-b",))
    world.change("transit_gateways", "tgw-hub", references_groups=True)
    assert world.ask("eni-a1", "eni-b1").allowed
    world.change("attachments", "tgw-attach-b", references_groups=False)
    return world.ask("eni-a1", "eni-b1")


def acl_reply() -> Verdict:
    world = two_tiers()
    narrow = (
        AclEntry(number=100, allows=True, cidr="10.0.1.0/24", protocol=6, from_port=32768,
                 to_port=65535),
    )  # fmt: skip
    world.acl("db", egress=narrow)
    world.change("subnets", "subnet-a2", acl="acl-db")
    assert world.ask("eni-web", "eni-db", source_ports=(40000, 50000)).allowed
    return world.ask("eni-web", "eni-db")


def no_association() -> Verdict:
    world = joined_by_transit()
    world.change("attachments", "tgw-attach-a", table="")
    return world.ask("eni-a1", "eni-b1")


def wrong_zone() -> Verdict:
    world = joined_by_transit()
    world.change("attachments", "tgw-attach-a", subnets=("subnet-a8",))
    assert world.ask("eni-a1", "eni-b1").allowed
    return world.ask("eni-a2", "eni-b1")


def transit_blackhole() -> Verdict:
    world = joined_by_transit()
    table = world.parts["transit_tables"]["tgw-rtb-hub"]
    hole = msgspec.structs.replace(table.routes[1], state="blackhole", attachment="")
    world.change("transit_tables", "tgw-rtb-hub", routes=(table.routes[0], hole))
    return world.ask("eni-a1", "eni-b1")


def transit_without_way_back() -> Verdict:
    world = joined_by_transit()
    world.transit_table("hub", ("10.1.0.0/16", "tgw-attach-b"))
    verdict = world.ask("eni-a1", "eni-b1")
    assert verdict.is_reply
    return verdict


def without_address() -> Verdict:
    world = two_tiers()
    world.eni("six", "a1", "", v6_addresses=("2001:db8:a:1::6",))
    return world.ask("eni-six", "eni-db", destination_address="10.0.2.9")


def unknown_destination() -> Verdict:
    world = joined_by_transit()
    return world.ask("eni-a1", "tgw-hub")


def from_nat() -> Verdict:
    world = two_tiers()
    world.nat("n", "a1", "10.0.1.99", "198.51.100.99")
    return world.ask("eni-nat-n", "eni-db")


def with_vpn() -> World:
    world = joined_by_transit()
    world.put("virtual_gateways", VirtualGateway(id="vgw-b", vpc="vpc-b"))
    world.route("rtb-b", "192.168.0.0/16", "vgw-b", propagated=True)
    assert world.ask("eni-b1", "192.168.1.1").allowed
    return world


def vpn_foreign() -> Verdict:
    world = with_vpn()
    world.route("rtb-a", "192.168.0.0/16", "tgw-hub")
    world.transit_table("hub", ("0.0.0.0/0", "tgw-attach-b"), ("10.0.0.0/16", "tgw-attach-a"))
    return world.ask("eni-a1", "192.168.1.1")


def vpn_nobody() -> Verdict:
    return with_vpn().ask("vgw-b", "10.1.1.77", source_address="192.168.1.1")


def blocked_by_mode() -> Verdict:
    world = two_tiers()
    world.change("vpcs", "vpc-a", block_public_access="block-ingress")
    assert not world.ask("eni-web", "internet").allowed
    world.change("subnets", "subnet-a1", exclusion="allow-bidirectional")
    assert world.ask("internet", "eni-web").allowed
    world.change("subnets", "subnet-a1", exclusion="")
    return world.ask("internet", "eni-web")


def with_s3() -> World:
    world = two_tiers()
    world.put("prefix_lists", PrefixList(id="pl-s3", entries=("52.218.0.0/17",)))
    world.put("gateway_endpoints", GatewayEndpoint(
        id="vpce-s3", vpc="vpc-a", service="s3", prefix_list="pl-s3"))  # fmt: skip
    world.route("rtb-a", "pl-s3", "vpce-s3")
    assert world.ask("eni-db", "vpce-s3").allowed
    assert world.ask("eni-db", "52.218.1.1").allowed
    return world


def endpoint_protocol() -> Verdict:
    return with_s3().ask("eni-db", "vpce-s3", 53, protocol=17)


def endpoint_source() -> Verdict:
    return with_s3().ask("vpce-s3", "eni-db", source_address="8.8.8.8")


def endpoint_starts() -> Verdict:
    world = two_tiers()
    world.eni("sqs", "a2", "10.0.2.30", kind="vpc_endpoint")
    world.put("interface_endpoints", InterfaceEndpoint(
        id="vpce-sqs", vpc="vpc-a", service="sqs", interfaces=("eni-sqs",)))  # fmt: skip
    assert world.ask("eni-web", "vpce-sqs").allowed
    return world.ask("vpce-sqs", "eni-web")


CASES: Mapping[str, Callable[[], Verdict]] = MappingProxyType(
    {
        codes.BAD_STATE: bad_state,
        codes.BAD_STATE_ATTACHMENT: bad_state_attachment,
        codes.BAD_STATE_ROUTE: bad_state_route,
        codes.ENI_ADDRESS_RESTRICTION: eni_address,
        codes.ENI_SG_RULES_MISMATCH: eni_rules,
        codes.ENI_SOURCE_DEST_CHECK_RESTRICTION: eni_check,
        codes.GATEWAY_REJECTS_SPOOFED_TRAFFIC: spoofed,
        codes.IGW_DESTINATION_RFC1918: igw_private,
        codes.IGW_DESTINATION_RFC6598: igw_shared,
        codes.IGW_NO_PUBLIC_EGRESS: igw_no_public_out,
        codes.IGW_NO_PUBLIC_INGRESS: igw_no_public_in,
        codes.IGW_SOURCE_RFC1918: igw_from_private,
        codes.IGW_SOURCE_RFC6598: igw_from_shared,
        codes.INGRESS_RTB_NO_PUBLIC_IP: edge_without_public,
        codes.INGRESS_RTB_TRAFFIC_REDIRECTION: edge_left_out,
        codes.NGW_REQUIRES_SOURCE_IN_VPC: nat_foreign,
        codes.NGW_SOURCE_ADDRESS_REASSIGN: nat_answers,
        codes.NO_PATH: circle,
        codes.NO_POSSIBLE_DESTINATION: nobody,
        codes.NO_ROUTE_TO_DESTINATION: no_route,
        codes.NO_SOURCE_OR_DESTINATION: no_such,
        codes.PCX_REQUIRES_ADDRESS_IN_VPC_CIDR: not_transitive,
        codes.PROTOCOL_RESTRICTION: six_by_nat,
        codes.SG_HAS_NO_RULES: empty_group,
        codes.SG_REFERENCES_NOT_PRESERVED: across_regions,
        codes.SG_REFERENCING_SUPPORT: transit_without_groups,
        codes.SUBNET_ACL_RESTRICTION: acl_reply,
        codes.TGW_NO_ASSOCIATION: no_association,
        codes.TGW_ROUTE_AZ_RESTRICTION: wrong_zone,
        codes.TGW_RTB_BAD_STATE_ROUTE: transit_blackhole,
        codes.TGW_RTB_NO_ROUTE: transit_without_way_back,
        codes.UNASSOCIATED_COMPONENT: without_address,
        codes.UNKNOWN_DESTINATION: unknown_destination,
        codes.UNSUPPORTED_COMPONENT: from_nat,
        codes.VGW_NO_INTERFACE_EGRESS: vpn_foreign,
        codes.VGW_NO_INTERFACE_INGRESS: vpn_nobody,
        codes.VPC_BLOCK_PUBLIC_ACCESS: blocked_by_mode,
        codes.VPCE_GATEWAY_PROTOCOL_RESTRICTION: endpoint_protocol,
        codes.VPCE_GATEWAY_SOURCE: endpoint_source,
        codes.VPCE_INTRA_VPC_TRAFFIC: endpoint_starts,
    }
)
# Said beside the main explanation: see test_hints.py.
BESIDE = frozenset(
    {
        codes.CANNOT_ROUTE,
        codes.DISCONNECTED_VPCS,
        codes.HIGHER_PRIORITY_ROUTE,
        codes.IGW_NAT_REFLECTION,
        codes.MORE_SPECIFIC_ROUTE,
        codes.REMAP_EPHEMERAL_PORT,
        codes.TGW_RTB_CANNOT_ROUTE,
        codes.TGW_RTB_HIGHER_PRIORITY_ROUTE,
        codes.TGW_RTB_MORE_SPECIFIC_ROUTE,
    }
)


@pytest.mark.parametrize("code", CASES)
def test_each_mistake_has_its_code(code: str) -> None:
    verdict = CASES[code]()
    assert not verdict.allowed
    assert verdict.code == code, verdict.sentence
    step = verdict.decided_by
    assert step is not None
    assert step.code == code
    assert step.sentence == verdict.sentence.removeprefix("the reply is lost: ")
    assert step.id
    assert not any(each.code for each in (*verdict.steps, *verdict.return_steps)[:-1])


def test_every_code_has_a_meaning_and_a_world() -> None:
    assert set(codes.MEANINGS) == set(CASES) | BESIDE


def test_what_lies_beyond_a_peering_of_transit_gateways_needs_an_association_there() -> None:
    world = two_vpcs()
    for name, number, other in (("a", 0, 1), ("b", 1, 0)):
        world.tgw(name, REGION)
        world.attach(name, f"{name}1", f"{name}2", tgw=name)
        world.route(f"rtb-{name}", f"10.{other}.0.0/16", f"tgw-{name}")
        world.transit_table(name, (f"10.{number}.0.0/16", f"tgw-attach-{name}"),
                            (f"10.{other}.0.0/16", "tgw-attach-ab"))  # fmt: skip
    peering = TransitPeering(
        id="tgw-attach-ab", requester_gateway="tgw-a", accepter_gateway="tgw-b",
        requester_table="tgw-rtb-a", accepter_table="tgw-rtb-b",
    )  # fmt: skip
    world.put("transit_peerings", peering)
    assert world.ask("eni-a1", "eni-b2").allowed
    world.put("transit_peerings", msgspec.structs.replace(peering, accepter_table=""))
    assert world.ask("eni-a1", "eni-b2").code == codes.TGW_NO_ASSOCIATION
    world.put("transit_peerings", msgspec.structs.replace(peering, is_available=False))
    assert world.ask("eni-a1", "eni-b2").code == codes.TGW_RTB_BAD_STATE_ROUTE


def test_an_internet_gateway_lets_in_only_what_is_behind_it() -> None:
    world = two_tiers()
    world.put("internet_gateways", InternetGateway(id="igw-else", vpc="vpc-else"))
    assert world.ask("igw-else", "eni-web").code == codes.NO_PATH
    assert world.ask("igw-a", "eni-web").allowed
