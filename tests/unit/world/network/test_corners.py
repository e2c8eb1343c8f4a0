"""What random estates seldom meet: each corner by itself, with the flow that tells it apart."""

from __future__ import annotations

import msgspec

from cloudchamber.world.network import codes
from cloudchamber.world.network.changes import recompile
from cloudchamber.world.network.compiled import compile_network
from cloudchamber.world.network.graph import (
    AclEntry,
    InterfaceEndpoint,
    PrefixList,
    Rule,
    TransitPeering,
)
from cloudchamber.world.network.pairs import all_pairs
from cloudchamber.world.network.walk import Flow, find_code, walk
from tests.unit.world.network.worlds import (
    REGION,
    World,
    joined_by_transit,
    two_tiers,
    two_vpcs,
)

ONE_PORT = (
    AclEntry(number=100, allows=True, cidr="10.0.0.0/8"),
    AclEntry(number=110, allows=True, cidr="0.0.0.0/0", protocol=6, from_port=40000,
             to_port=40000),
)  # fmt: skip


def behind_nat() -> World:
    """The database reaches the internet by a NAT gateway in the public subnet."""
    world = two_tiers()
    world.nat("n", "a1", "10.0.1.99", "198.51.100.99")
    world.route("rtb-a", "0.0.0.0/0", "nat-n")
    return world


def test_a_nat_gateway_puts_ports_of_its_own_in_the_place_of_the_clients() -> None:
    world = behind_nat()
    world.acl("public", ingress=ONE_PORT)
    world.change("subnets", "subnet-a1", acl="acl-public")
    verdict = world.ask("eni-db", "internet", source_ports=(40000, 40000))
    assert (verdict.is_reply, verdict.code) == (True, codes.SUBNET_ACL_RESTRICTION)
    assert verdict.return_steps[-1].destination_ports == (1024, 65535)


def test_behind_a_nat_gateway_the_reply_is_for_the_clients_own_port_again() -> None:
    world = behind_nat()
    world.acl("private", ingress=ONE_PORT)
    world.change("subnets", "subnet-a2", acl="acl-private")
    assert world.ask("eni-db", "internet", source_ports=(40000, 40000)).allowed
    assert not world.ask("eni-db", "internet", source_ports=(40000, 40001)).allowed


def test_a_transit_gateway_takes_a_packet_in_the_zone_of_the_nat_gateway() -> None:
    """Not in that of its sender: the attachment serves only the zone of the NAT gateway."""
    world = joined_by_transit()
    world.table("a", "rtb-nat", ("10.1.0.0/16", "tgw-hub"))
    world.subnet("a4", "10.0.4.0/24", "euw1-az2", route_table="rtb-nat")
    world.nat("n", "a4", "10.0.4.4")
    world.route("rtb-a", "10.1.0.0/16", "nat-n")
    world.change("attachments", "tgw-attach-a", subnets=("subnet-a9",))
    verdict = world.ask("eni-a1", "eni-b1")
    assert verdict.allowed
    left = [step.subnet for step in verdict.steps if step.id == "tgw-attach-b"]
    assert left == ["subnet-b9"]


def test_an_inspecting_endpoint_moves_a_packet_into_its_own_zone() -> None:
    world = joined_by_transit()
    world.table("a", "rtb-look", ("10.1.0.0/16", "tgw-hub"))
    world.subnet("a4", "10.0.4.0/24", "euw1-az2", route_table="rtb-look")
    world.eni("look", "a4", "10.0.4.4", kind="gateway_load_balancer_endpoint", groups=())
    world.put("interface_endpoints", InterfaceEndpoint(
        id="vpce-look", vpc="vpc-a", service="look", interfaces=("eni-look",), inspects=True,
    ))  # fmt: skip
    world.route("rtb-a", "10.1.0.0/16", "vpce-look")
    verdict = world.ask("eni-a1", "eni-b1")
    assert verdict.allowed
    assert [step.subnet for step in verdict.steps if step.id == "tgw-attach-b"] == ["subnet-b9"]


def test_a_peering_of_transit_gateways_does_not_tell_groups() -> None:
    world = two_vpcs()
    for name, number, other in (("a", 0, 1), ("b", 1, 0)):
        world.tgw(name, REGION, references_groups=True)
        world.attach(name, f"{name}1", f"{name}2", tgw=name)
        world.route(f"rtb-{name}", f"10.{other}.0.0/16", f"tgw-{name}")
        world.transit_table(name, (f"10.{number}.0.0/16", f"tgw-attach-{name}"),
                            (f"10.{other}.0.0/16", "tgw-attach-ab"))  # fmt: skip
    world.put("transit_peerings", TransitPeering(
        id="tgw-attach-ab", requester_gateway="tgw-a", accepter_gateway="tgw-b",
        requester_table="tgw-rtb-a", accepter_table="tgw-rtb-b",
    ))  # fmt: skip
    assert world.ask("eni-a1", "eni-b1").allowed
    world.group("b", (Rule(id="sgr-open-group", group="sg-open"),), vpc="vpc-b")
    world.change("interfaces", "eni-b1", groups=("sg-b",))
    assert world.ask("eni-a1", "eni-b1").code == codes.SG_REFERENCING_SUPPORT


def with_appliance() -> World:
    """What the web server sends to the database goes by an appliance, and back directly."""
    world = two_tiers()
    world.subnet("a3", "10.0.3.0/24")
    world.eni("box", "a3", "10.0.3.7", source_dest_check=False)
    world.route("rtb-public", "10.0.2.0/24", "eni-box")
    return world


def test_an_appliance_that_never_saw_the_request_judges_the_reply() -> None:
    world = with_appliance()
    world.group("box", (Rule(id="sgr-443", protocol=6, from_port=443, to_port=443,
                             v4_cidr="0.0.0.0/0"),))  # fmt: skip
    world.change("interfaces", "eni-box", groups=("sg-box",))
    assert world.ask("eni-web", "eni-db").allowed
    verdict = world.ask("eni-db", "eni-web")
    assert (verdict.is_reply, verdict.code) == (True, codes.ENI_SG_RULES_MISMATCH)
    world.table("a", "rtb-box")
    world.change("subnets", "subnet-a3", route_table="rtb-box")
    world.route("rtb-a", "10.0.1.0/24", "eni-box")
    assert world.ask("eni-web", "eni-db").allowed  # both ways by the box, which remembers


def test_pairs_ask_an_appliance_that_looks_at_groups() -> None:
    world = with_appliance()
    world.group("known")
    world.group("box", (Rule(id="sgr-known", group="sg-known"),))
    world.change("interfaces", "eni-box", groups=("sg-box",))
    world.eni("other", "a1", "10.0.1.6")
    world.change("interfaces", "eni-web", groups=("sg-open", "sg-known"))
    reach = all_pairs(world.compiled(), 6, 443)
    assert reach.reaches("eni-web", "eni-db")
    assert not reach.reaches("eni-other", "eni-db")
    assert world.ask("eni-web", "eni-db").allowed
    assert not world.ask("eni-other", "eni-db").allowed


def test_a_rule_for_one_address_divides_neighbours_of_one_group() -> None:
    world = two_tiers()
    world.group("db", (Rule(id="sgr-five", v4_cidr="10.0.1.5/32"),))
    world.change("interfaces", "eni-db", groups=("sg-db",))
    world.change("interfaces", "eni-web", v6_addresses=())
    world.eni("other", "a1", "10.0.1.6", public="198.51.100.6")
    compiled = world.compiled()
    for _ in range(2):  # the second time by what is remembered
        assert find_code(compiled, "eni-web", "eni-db", 6, 443) == ""
        assert find_code(compiled, "eni-other", "eni-db", 6, 443) == codes.ENI_SG_RULES_MISMATCH
    assert all_pairs(compiled, 6, 443).sources("eni-db") == ["eni-web"]


def test_a_block_written_out_comes_before_the_same_block_of_a_prefix_list() -> None:
    world = two_tiers()
    world.put("prefix_lists", PrefixList(id="pl-a", entries=("203.0.113.0/24",)))
    world.route("rtb-public", "pl-a", "nat-gone", state="blackhole")
    assert world.ask("eni-web", "internet").code == codes.BAD_STATE_ROUTE
    world.route("rtb-public", "203.0.113.0/24", "igw-a")
    assert world.ask("eni-web", "internet").allowed


def test_icmp_that_nobody_answers_needs_no_way_back() -> None:
    world = two_vpcs()
    world.peer("a", "b")
    world.route("rtb-a", "10.1.0.0/16", "pcx-ab")
    assert not world.ask("eni-a1", "eni-b1", protocol=1).allowed
    assert world.ask("eni-a1", "eni-b1", protocol=1, icmp_type=3).allowed
    world = two_tiers()
    world.acl("db", egress=())
    world.change("subnets", "subnet-a2", acl="acl-db")
    assert not world.ask("eni-web", "eni-db", protocol=1).allowed
    assert world.ask("eni-web", "eni-db", protocol=1, icmp_type=3).allowed


def test_an_interface_asks_nobody_to_speak_to_itself() -> None:
    world = two_tiers()
    world.group("mute", (), ())
    world.change("interfaces", "eni-web", groups=("sg-mute",))
    for itself in ("eni-web", "10.0.1.5"):
        verdict = world.ask("eni-web", itself)
        assert verdict.allowed
        assert [step.id for step in verdict.steps] == ["eni-web"]


def test_a_bare_address_is_not_confused_with_its_neighbour() -> None:
    """Both lie between the same cuts, and only one of them is anybody's."""
    compiled = two_tiers().compiled()
    taken = Flow(source="eni-web", destination="10.0.2.9", destination_port=443)
    empty = msgspec.structs.replace(taken, destination="10.0.2.10")
    assert walk(compiled, taken).allowed
    assert walk(compiled, empty).code == codes.NO_POSSIBLE_DESTINATION
    assert walk(compiled, taken).allowed


def test_who_has_a_bare_address_is_asked_anew_when_interfaces_change() -> None:
    world = two_tiers()
    compiled = world.compiled()
    flow = Flow(source="eni-web", destination="10.0.2.10", destination_port=443)
    assert walk(compiled, flow).code == codes.NO_POSSIBLE_DESTINATION
    world.eni("new", "a2", "10.0.2.10")
    interfaces = {**compiled.network.interfaces, "eni-new": world.parts["interfaces"]["eni-new"]}
    after = recompile(compiled, msgspec.structs.replace(compiled.network, interfaces=interfaces))
    assert walk(after, flow).steps[-1].id == "eni-new"
    before = recompile(after, compiled.network)
    assert walk(before, flow).code == codes.NO_POSSIBLE_DESTINATION


def test_an_appliance_that_changes_is_passed_anew() -> None:
    world = with_appliance()
    compiled = world.compiled()
    flow = Flow(source="eni-web", destination="eni-db", destination_port=443)
    assert walk(compiled, flow).allowed
    box = msgspec.structs.replace(compiled.network.interfaces["eni-box"], source_dest_check=True)
    interfaces = {**compiled.network.interfaces, "eni-box": box}
    after = recompile(compiled, msgspec.structs.replace(compiled.network, interfaces=interfaces))
    assert walk(after, flow).code == codes.ENI_SOURCE_DEST_CHECK_RESTRICTION
    assert walk(compile_network(after.network), flow).code == walk(after, flow).code
