"""Flows as people meet them: what gets through, what does not, and the sentence that says why."""

from __future__ import annotations

import pytest

from cloudchamber.world.network import codes
from cloudchamber.world.network.graph import (
    LATTICE_V4,
    AclEntry,
    Attachment,
    GatewayEndpoint,
    InterfaceEndpoint,
    LatticeAssociation,
    PrefixList,
    Rule,
)
from cloudchamber.world.network.verdict import Verdict
from tests.unit.world.network.worlds import (
    World,
    joined_by_peering,
    joined_by_transit,
    two_tiers,
    two_vpcs,
)


def met(verdict: Verdict) -> list[tuple[str, str]]:
    """The components of the way there, without the filters."""
    filters = ("network-acl", "security-group")
    return [(step.kind, step.id) for step in verdict.steps if step.kind not in filters]


def three_tiers() -> World:
    """Web, application and database, each admitting only the tier before it."""
    world = two_tiers()
    world.subnet("a3", "10.0.3.0/24")
    world.group("web", (Rule(id="sgr-web", protocol=6, from_port=443, to_port=443,
                             v4_cidr="0.0.0.0/0"),))  # fmt: skip
    world.group("app", (Rule(id="sgr-app", protocol=6, from_port=8080, to_port=8080,
                             group="sg-web"),))  # fmt: skip
    world.group("db", (Rule(id="sgr-db", protocol=6, from_port=5432, to_port=5432,
                            group="sg-app"),))  # fmt: skip
    world.eni("app", "a2", "10.0.2.20", groups=("sg-app",))
    world.change("interfaces", "eni-web", groups=("sg-web",))
    world.eni("db", "a3", "10.0.3.9", groups=("sg-db",))
    return world


def test_three_tiers_let_through_neighbours_only() -> None:
    world = three_tiers()
    assert world.ask("internet", "eni-web").allowed
    assert world.ask("eni-web", "eni-app", 8080).allowed
    assert world.ask("eni-app", "eni-db", 5432).allowed
    assert world.ask("internet", "eni-web", 22).code == codes.ENI_SG_RULES_MISMATCH
    assert world.ask("internet", "eni-db", 5432).code == codes.IGW_NO_PUBLIC_INGRESS
    skipped = world.ask("eni-web", "eni-db", 5432)
    assert skipped.code == codes.ENI_SG_RULES_MISMATCH
    assert skipped.sentence == "no ingress rule of sg-db allows tcp 5432 from 10.0.1.5"


def test_the_steps_name_every_component_and_the_rule_that_let_it_through() -> None:
    verdict = three_tiers().ask("eni-app", "eni-db", 5432)
    told = [(step.kind, step.id, step.action, step.rule) for step in verdict.steps]
    assert told == [
        ("interface", "eni-app", "sends", ""),
        ("security-group", "sg-app", "allows", "sgr-out4"),
        ("network-acl", "acl-open", "allows", "100"),
        ("route-table", "rtb-a", "routes", "10.0.0.0/16"),
        ("network-acl", "acl-open", "allows", "100"),
        ("security-group", "sg-db", "allows", "sgr-db"),
        ("interface", "eni-db", "delivers", ""),
    ]
    assert [step.direction for step in verdict.steps] == [
        "", "egress", "egress", "", "ingress", "ingress", "",
    ]  # fmt: skip
    assert [step.destination_ports for step in verdict.return_steps] == [(1024, 65535)] * 5
    assert "security-group" not in {step.kind for step in verdict.return_steps}
    assert verdict.decided_by is None


def test_the_acl_that_denies_is_named_with_entry_peer_and_subnet() -> None:
    world = two_tiers()
    world.acl("db", ingress=(
        AclEntry(number=100, allows=False, cidr="10.0.1.0/24", protocol=6, from_port=443,
                 to_port=443),
        AclEntry(number=200, allows=True, cidr="0.0.0.0/0"),
    ))  # fmt: skip
    world.change("subnets", "subnet-a2", acl="acl-db")
    assert world.ask("eni-web", "eni-db", 5432).allowed
    verdict = world.ask("eni-web", "eni-db", 443)
    assert verdict.code == codes.SUBNET_ACL_RESTRICTION
    assert verdict.sentence == (
        "acl-db entry 100 denies tcp 443 from 10.0.1.5, ingress of subnet-a2"
    )


def test_an_acl_that_lets_back_only_a_part_of_the_ports_loses_the_reply() -> None:
    world = two_tiers()
    world.acl("web", ingress=(
        AclEntry(number=100, allows=True, cidr="10.0.0.0/8", protocol=6, from_port=32768,
                 to_port=60999),
    ))  # fmt: skip
    world.change("subnets", "subnet-a1", acl="acl-web")
    verdict = world.ask("eni-web", "eni-db")
    assert (verdict.is_reply, verdict.code) == (True, codes.SUBNET_ACL_RESTRICTION)
    assert verdict.sentence == (
        "the reply is lost: acl-web entry * denies tcp 1024-65535 from 10.0.2.9: of these it"
        " refuses 1024-32767, ingress of subnet-a1"
    )
    assert verdict.steps[-1].action == "delivers"
    assert world.ask("eni-web", "eni-db", source_ports=(32768, 60999)).allowed


def test_neighbours_in_a_subnet_meet_no_acl_and_no_route_table() -> None:
    world = two_tiers()
    world.acl("none", ingress=(), egress=())
    world.change("subnets", "subnet-a1", acl="acl-none")
    world.eni("near", "a1", "10.0.1.6")
    assert world.ask("eni-web", "eni-near").allowed
    assert met(world.ask("eni-web", "eni-near")) == [
        ("interface", "eni-web"), ("interface", "eni-near"),
    ]  # fmt: skip
    assert world.ask("eni-web", "eni-db").code == codes.SUBNET_ACL_RESTRICTION


def test_a_peering_without_a_way_back_loses_the_reply() -> None:
    world = joined_by_peering()
    assert world.ask("eni-a1", "eni-b1").allowed
    world.table("b", "rtb-b")
    verdict = world.ask("eni-a1", "eni-b1")
    assert (verdict.is_reply, verdict.code) == (True, codes.NO_ROUTE_TO_DESTINATION)
    assert verdict.sentence == (
        "the reply is lost: rtb-b drops tcp 1024-65535 for 10.0.1.5: no route matches"
    )


def test_overlapping_blocks_keep_a_packet_at_home_and_say_so() -> None:
    world = two_vpcs()
    world.vpc("c", "10.0.0.0/16")
    world.subnet("c1", "10.0.1.0/24")
    world.eni("c1", "c1", "10.0.1.6")
    world.eni("twin", "a1", "10.0.1.6")
    world.peer("a", "c")
    verdict = world.ask("eni-a2", "eni-c1")
    assert verdict.code == codes.NO_POSSIBLE_DESTINATION
    assert "eni-twin" in verdict.sentence
    assert "overlap" in verdict.sentence


def test_group_references_reach_over_a_peering_of_one_region_both_ways() -> None:
    world = joined_by_peering()
    world.group("a", (), (Rule(id="sgr-to-b", group="sg-b"),))
    world.group("b", (Rule(id="sgr-from-a", group="sg-a"),), vpc="vpc-b")
    world.change("interfaces", "eni-a1", groups=("sg-a",))
    world.change("interfaces", "eni-b1", groups=("sg-b",))
    verdict = world.ask("eni-a1", "eni-b1")
    assert verdict.allowed
    assert [step.rule for step in verdict.steps if step.kind == "security-group"] == [
        "sgr-to-b", "sgr-from-a",
    ]  # fmt: skip
    world.change("vpcs", "vpc-b", region="us-east-1")
    assert world.ask("eni-a1", "eni-b1").code == codes.SG_REFERENCES_NOT_PRESERVED


def test_a_transit_gateway_tells_groups_inwards_only() -> None:
    world = joined_by_transit()
    world.change("transit_gateways", "tgw-hub", references_groups=True)
    world.group("a", (), (Rule(id="sgr-to-b", group="sg-b"),))
    world.group("b", (Rule(id="sgr-from-a", group="sg-a"),), vpc="vpc-b")
    world.change("interfaces", "eni-b1", groups=("sg-b",))
    world.change("interfaces", "eni-a1", groups=("sg-a", "sg-open"))
    assert world.ask("eni-a1", "eni-b1").allowed
    world.change("interfaces", "eni-a1", groups=("sg-a",))
    verdict = world.ask("eni-a1", "eni-b1")
    assert verdict.code == codes.SG_REFERENCES_NOT_PRESERVED
    assert verdict.sentence.startswith("sg-a rule sgr-to-b would allow tcp 443 to 10.1.1.5")


def test_an_appliance_between_two_interfaces_hides_their_groups() -> None:
    world = two_tiers()
    world.subnet("a3", "10.0.3.0/24")
    world.eni("box", "a3", "10.0.3.7", source_dest_check=False)
    world.route("rtb-public", "10.0.2.0/24", "eni-box")
    assert ("interface", "eni-box") in met(world.ask("eni-web", "eni-db"))
    assert world.ask("eni-web", "eni-db").allowed
    world.group("web", (), (Rule(id="sgr-any", v4_cidr="0.0.0.0/0"),))
    world.group("db", (Rule(id="sgr-web", group="sg-web"),))
    world.change("interfaces", "eni-web", groups=("sg-web",))
    world.change("interfaces", "eni-db", groups=("sg-db",))
    verdict = world.ask("eni-web", "eni-db")
    assert verdict.code == codes.SG_REFERENCES_NOT_PRESERVED
    world.group("db", (Rule(id="sgr-net", v4_cidr="10.0.1.0/24"),))
    assert world.ask("eni-web", "eni-db").allowed


def test_acls_of_a_transit_attachment_in_the_instances_own_subnet() -> None:
    """Into the gateway both directions of the ACL are asked, out of it neither."""
    world = joined_by_transit()
    world.attach("a", "a1", "a2")
    world.attach("b", "b1", "b2")
    assert world.ask("eni-a1", "eni-b1").allowed
    shut = (AclEntry(number=100, allows=False, cidr="10.0.1.5/32"),
            AclEntry(number=200, allows=True, cidr="0.0.0.0/0"))  # fmt: skip
    world.acl("a", ingress=shut)
    world.change("subnets", "subnet-a1", acl="acl-a")
    assert world.ask("eni-a1", "eni-b1").code == codes.SUBNET_ACL_RESTRICTION
    world.change("subnets", "subnet-a1", acl="acl-open")
    world.acl("b", ingress=shut)
    world.change("subnets", "subnet-b1", acl="acl-b")
    assert world.ask("eni-a1", "eni-b1").allowed


def test_a_nat_gateway_serves_a_private_subnet_and_needs_its_own_way_back() -> None:
    world = two_tiers()
    world.nat("n", "a1", "10.0.1.99", "198.51.100.99")
    world.route("rtb-a", "0.0.0.0/0", "nat-n")
    verdict = world.ask("eni-db", "internet")
    assert verdict.allowed
    assert met(verdict) == [
        ("interface", "eni-db"), ("route-table", "rtb-a"), ("nat-gateway", "nat-n"),
        ("route-table", "rtb-public"), ("internet-gateway", "igw-a"), ("internet", "internet"),
    ]  # fmt: skip
    assert verdict.steps[-1].source_address == "198.51.100.99"
    assert verdict.return_steps[-1].destination_address == "10.0.2.9"
    world.acl("public", ingress=(
        AclEntry(number=100, allows=True, cidr="10.0.0.0/8"),
        AclEntry(number=110, allows=True, cidr="0.0.0.0/0", protocol=6, from_port=443,
                 to_port=443),
    ))  # fmt: skip
    world.change("subnets", "subnet-a1", acl="acl-public")
    lost = world.ask("eni-db", "internet")
    assert (lost.is_reply, lost.code) == (True, codes.SUBNET_ACL_RESTRICTION)
    world.change("nat_gateways", "nat-n", is_public=False)
    world.eni("nat-n", "a1", "10.0.1.99", kind="nat_gateway", groups=())
    assert world.ask("eni-db", "internet").code == codes.IGW_NO_PUBLIC_EGRESS


def test_what_has_no_public_address_is_said_to_be_met_by_none() -> None:
    verdict = two_tiers().ask("internet", "eni-db", 443)
    assert verdict.code == codes.IGW_NO_PUBLIC_INGRESS
    assert verdict.sentence == "eni-db drops tcp 443: it has no public IPv4 address"


def test_one_nat_gateway_serves_the_vpcs_of_a_transit_gateway() -> None:
    world = joined_by_transit()
    world.igw("b")
    world.table("b", "rtb-out", ("0.0.0.0/0", "igw-b"), ("10.0.0.0/16", "tgw-hub"))
    world.subnet("b5", "10.1.5.0/24", route_table="rtb-out")
    world.nat("n", "b5", "10.1.5.9", "198.51.100.9")
    world.route("rtb-a", "0.0.0.0/0", "tgw-hub")
    world.route("rtb-b", "0.0.0.0/0", "nat-n")
    world.transit_table("hub", ("10.0.0.0/16", "tgw-attach-a"), ("0.0.0.0/0", "tgw-attach-b"))
    assert world.ask("eni-a1", "internet").allowed
    world.table("b", "rtb-out", ("0.0.0.0/0", "igw-b"))
    lost = world.ask("eni-a1", "internet")
    assert lost.is_reply
    assert lost.sentence.startswith("the reply is lost: igw-b drops")


def test_ipv6_leaves_by_an_egress_only_gateway_and_does_not_come_in() -> None:
    world = two_tiers()
    world.eigw("a")
    world.route("rtb-a", "::/0", "eigw-a")
    out = world.ask("eni-db", "eigw-a")
    assert out.allowed
    own = world.ask("eni-db", "internet", source_address="2001:db8:a:2::9")
    assert own.allowed
    assert own.return_steps[0].id == "eigw-a"
    inward = world.ask("internet", "eni-db", destination_address="2001:db8:a:2::9")
    assert (inward.is_reply, inward.code) == (True, codes.NO_PATH)
    web = world.ask("internet", "eni-web", destination_address="2001:db8:a:1::5")
    assert web.allowed


def test_an_echo_needs_its_answer_and_other_icmp_none() -> None:
    world = two_tiers()
    world.group("db", (Rule(id="sgr-echo", protocol=1, from_port=8, to_port=0,
                            v4_cidr="10.0.0.0/8"),))  # fmt: skip
    world.change("interfaces", "eni-db", groups=("sg-db",))
    assert world.ask("eni-web", "eni-db", protocol=1).allowed
    assert not world.ask("eni-web", "eni-db", protocol=1, icmp_type=13).allowed
    no_answer = (AclEntry(number=100, allows=False, cidr="0.0.0.0/0", protocol=1, from_port=0),
                 AclEntry(number=200, allows=True, cidr="0.0.0.0/0"))  # fmt: skip
    world.acl("db", egress=no_answer)
    world.change("subnets", "subnet-a2", acl="acl-db")
    echo = world.ask("eni-web", "eni-db", protocol=1)
    assert (echo.is_reply, echo.code) == (True, codes.SUBNET_ACL_RESTRICTION)
    world.change("interfaces", "eni-db", groups=("sg-open",))
    gone = world.ask("eni-web", "eni-db", protocol=1, icmp_type=3)
    assert gone.allowed
    assert gone.return_steps == ()


def test_a_gateway_endpoint_needs_a_rule_for_its_prefix_list() -> None:
    world = two_tiers()
    world.put("prefix_lists", PrefixList(id="pl-s3", entries=("52.218.0.0/17",)))
    world.put("gateway_endpoints", GatewayEndpoint(
        id="vpce-s3", vpc="vpc-a", service="s3", prefix_list="pl-s3", has_full_access=False,
    ))  # fmt: skip
    world.route("rtb-a", "pl-s3", "vpce-s3")
    world.group("db", (), (Rule(id="sgr-s3", protocol=6, from_port=443, to_port=443,
                                prefix_list="pl-s3"),))  # fmt: skip
    world.change("interfaces", "eni-db", groups=("sg-db",))
    verdict = world.ask("eni-db", "vpce-s3")
    assert verdict.allowed
    assert "policy" in verdict.steps[-1].sentence
    assert world.ask("eni-db", "vpce-s3", 80).code == codes.ENI_SG_RULES_MISMATCH
    assert world.ask("eni-db", "8.8.8.8").code == codes.ENI_SG_RULES_MISMATCH


def test_an_interface_endpoint_answers_in_the_askers_own_zone() -> None:
    world = two_tiers()
    for name, subnet, address in (("one", "a1", "10.0.1.30"), ("two", "a2", "10.0.2.30")):
        world.eni(name, subnet, address, kind="vpc_endpoint")
    world.put("interface_endpoints", InterfaceEndpoint(
        id="vpce-sqs", vpc="vpc-a", service="sqs", interfaces=("eni-one", "eni-two")))  # fmt: skip
    assert world.ask("eni-db", "vpce-sqs").steps[-1].id == "eni-two"
    assert world.ask("eni-web", "vpce-sqs").steps[-1].id == "eni-one"


def test_an_inspecting_endpoint_hands_the_packet_on() -> None:
    world = two_tiers()
    world.subnet("a6", "10.0.6.0/24")
    world.eni("gwlbe", "a6", "10.0.6.4", kind="gateway_load_balancer_endpoint", groups=())
    world.put("interface_endpoints", InterfaceEndpoint(
        id="vpce-look", vpc="vpc-a", service="inspect", interfaces=("eni-gwlbe",),
        inspects=True,
    ))  # fmt: skip
    world.route("rtb-public", "10.0.2.0/24", "vpce-look")
    verdict = world.ask("eni-web", "eni-db")
    assert verdict.allowed
    assert codes.PATH_THROUGH_GWLB_NOT_CHECKED in [step.note for step in verdict.steps]


def test_lattice_is_reached_by_link_local_addresses_and_its_own_groups() -> None:
    world = two_tiers()
    for table in ("rtb-a", "rtb-public"):
        world.route(table, LATTICE_V4, "VpcLattice")
    assert world.ask("eni-db", "169.254.171.1").code == codes.NO_POSSIBLE_DESTINATION
    world.group("net", (Rule(id="sgr-net", protocol=6, from_port=443, to_port=443,
                             v4_cidr="10.0.2.0/24"),))  # fmt: skip
    world.put("lattice_associations", LatticeAssociation(
        id="snva-1", vpc="vpc-a", service_network="sn-1", groups=("sg-net",)))  # fmt: skip
    assert world.ask("eni-db", "snva-1").allowed
    assert world.ask("eni-web", "snva-1").code == codes.ENI_SG_RULES_MISMATCH
    assert world.ask("snva-1", "eni-db").allowed


def test_an_address_is_whoever_has_it_there() -> None:
    world = joined_by_peering()
    assert world.ask("eni-a1", "10.1.1.5").steps[-1].id == "eni-b1"
    assert world.ask("10.0.1.5", "10.1.1.5").steps[0].id == "eni-a1"
    assert two_tiers().ask("eni-db", "198.51.100.5").code == codes.NO_ROUTE_TO_DESTINATION
    assert two_tiers().ask("203.0.113.7", "198.51.100.5").steps[-1].id == "eni-web"
    assert world.ask("10.9.9.9", "eni-a1").code == codes.NO_SOURCE_OR_DESTINATION
    assert world.ask("eni-a1", "10.0.1.5").allowed


def test_a_question_without_a_port_is_no_question() -> None:
    with pytest.raises(ValueError, match="port"):
        two_tiers().ask("eni-web", "eni-db", -1)
    with pytest.raises(ValueError):
        two_tiers().ask("eni-web", "eni-db", 443, destination_address="10.0.2.999:x")


def test_an_interface_that_is_not_in_use_neither_sends_nor_receives() -> None:
    world = two_tiers()
    world.change("interfaces", "eni-db", is_up=False)
    assert world.ask("eni-web", "eni-db").code == codes.BAD_STATE
    assert world.ask("eni-db", "eni-web").code == codes.BAD_STATE
    assert world.ask("eni-web", "10.0.2.9").code == codes.BAD_STATE
    world.change("interfaces", "eni-db", is_up=True)
    assert world.ask("eni-web", "10.0.2.9").allowed


def test_the_network_behind_a_vpn_is_met_by_the_transit_gateway() -> None:
    world = joined_by_transit()
    vpn = Attachment(
        id="tgw-attach-vpn", transit_gateway="tgw-hub", kind="vpn", table="tgw-rtb-hub"
    )
    world.put("attachments", vpn)
    world.route("rtb-a", "192.168.0.0/16", "tgw-hub")
    world.transit_table(
        "hub", ("10.0.0.0/16", "tgw-attach-a"), ("192.168.0.0/16", "tgw-attach-vpn")
    )
    out = world.ask("eni-a1", "192.168.7.7")
    assert out.allowed
    assert out.steps[-1].id == "tgw-attach-vpn"
    assert out.return_steps[0].id == "tgw-rtb-hub"
    inward = world.ask("tgw-attach-vpn", "eni-a1", source_address="192.168.7.7")
    assert [step.id for step in inward.steps[:3]] == [
        "tgw-attach-vpn", "tgw-rtb-hub", "tgw-attach-a",
    ]  # fmt: skip
    assert inward.allowed
    world.change("attachments", "tgw-attach-vpn", table="")
    lost = world.ask("tgw-attach-vpn", "eni-a1", source_address="192.168.7.7")
    assert lost.code == codes.TGW_NO_ASSOCIATION
    unanswered = world.ask("eni-a1", "192.168.7.7")
    assert (unanswered.is_reply, unanswered.code) == (True, codes.TGW_NO_ASSOCIATION)


def test_gateways_that_start_no_flow_are_not_said_to_be_missing() -> None:
    world = joined_by_transit()
    assert world.ask("tgw-hub", "eni-a1").code == codes.UNSUPPORTED_COMPONENT
    assert world.ask("tgw-gone", "eni-a1").code == codes.NO_SOURCE_OR_DESTINATION


def test_steps_of_groups_name_the_interface_that_they_guard() -> None:
    world = two_tiers()
    world.subnet("a3", "10.0.3.0/24")
    world.eni("box", "a3", "10.0.3.7", source_dest_check=False)
    world.route("rtb-public", "10.0.2.0/24", "eni-box")
    verdict = world.ask("eni-web", "eni-db")
    guarded = [step.interface for step in verdict.steps if step.kind == "security-group"]
    assert guarded == ["eni-web", "eni-box", "eni-box", "eni-db"]
    assert all(step.target == "" for step in verdict.steps if step.kind == "security-group")


def test_gateways_can_be_asked_for_as_destinations() -> None:
    world = joined_by_transit()
    assert world.ask("eni-a1", "tgw-attach-b").allowed
    assert world.ask("eni-a1", "tgw-hub", destination_address="10.1.1.9").allowed
    peered = joined_by_peering()
    assert peered.ask("eni-a1", "pcx-ab").allowed
    assert peered.ask("eni-a1", "igw-none").code == codes.NO_SOURCE_OR_DESTINATION
    tiers = two_tiers()
    assert tiers.ask("eni-web", "igw-a").allowed
    assert tiers.ask("eni-db", "igw-a").code == codes.NO_ROUTE_TO_DESTINATION
