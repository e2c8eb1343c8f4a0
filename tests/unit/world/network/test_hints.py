"""What stands beside the main explanation: the routes not taken, and what a path went through."""

from __future__ import annotations

from cloudchamber.world.network import codes
from cloudchamber.world.network.graph import TransitRoute
from cloudchamber.world.network.hints import Hint, connected_vpcs, hints_of
from cloudchamber.world.network.walk import Flow, walk
from tests.unit.world.network.worlds import (
    World,
    joined_by_peering,
    joined_by_transit,
    two_tiers,
    two_vpcs,
)


def hints(world: World, source: str, destination: str) -> tuple[Hint, ...]:
    compiled = world.compiled()
    flow = Flow(source=source, destination=destination, destination_port=443)
    return hints_of(compiled, walk(compiled, flow))


def test_a_black_hole_hides_a_wider_route_and_the_others_do_not_match() -> None:
    world = joined_by_peering()
    world.route("rtb-a", "10.1.2.0/24", "pcx-gone", state="blackhole")
    assert hints(world, "eni-a1", "eni-b2") == (
        Hint(codes.CANNOT_ROUTE, "rtb-a", "10.0.0.0/16", "local"),
        Hint(codes.MORE_SPECIFIC_ROUTE, "rtb-a", "10.1.0.0/16", "pcx-ab"),
    )


def test_of_two_routes_to_one_block_the_propagated_one_waits() -> None:
    world = joined_by_peering()
    table = world.parts["route_tables"]["rtb-a"]
    world.route("rtb-a", "10.1.0.0/16", "vgw-a", propagated=True)
    propagated = world.parts["route_tables"]["rtb-a"].routes[-1]
    world.change("route_tables", "rtb-a", routes=(*table.routes, propagated))
    assert world.ask("eni-a1", "eni-b1").allowed
    world.change("peerings", "pcx-ab", is_active=False)
    found = hints(world, "eni-a1", "eni-b1")
    assert Hint(codes.HIGHER_PRIORITY_ROUTE, "rtb-a", "10.1.0.0/16", "vgw-a") in found


def test_a_transit_table_tells_the_same_of_its_routes() -> None:
    world = joined_by_transit()
    table = world.parts["transit_tables"]["tgw-rtb-hub"]
    added = (
        TransitRoute(destination="10.1.2.0/24", state="blackhole"),
        TransitRoute(destination="10.1.2.0/24", attachment="tgw-attach-b", propagated=True),
    )
    world.change("transit_tables", "tgw-rtb-hub", routes=(*table.routes, *added))
    found = hints(world, "eni-a1", "eni-b2")
    assert set(found) >= {
        Hint(codes.TGW_RTB_HIGHER_PRIORITY_ROUTE, "tgw-rtb-hub", "10.1.2.0/24", "tgw-attach-b"),
        Hint(codes.TGW_RTB_CANNOT_ROUTE, "tgw-rtb-hub", "10.0.0.0/16", "tgw-attach-a"),
        Hint(codes.TGW_RTB_MORE_SPECIFIC_ROUTE, "tgw-rtb-hub", "10.1.0.0/16", "tgw-attach-b"),
    }


def test_vpcs_that_nothing_joins_are_said_to_be_apart() -> None:
    world = two_vpcs()
    assert hints(world, "eni-a1", "eni-b1")[-1] == Hint(
        codes.DISCONNECTED_VPCS, "vpc-a", target="vpc-b"
    )
    assert connected_vpcs(world.network(), "vpc-a") == {"vpc-a"}
    joined = joined_by_transit()
    assert connected_vpcs(joined.network(), "vpc-a") == {"vpc-a", "vpc-b"}


def test_nat_and_reflection_are_told_of_flows_that_pass() -> None:
    world = two_tiers()
    world.nat("n", "a1", "10.0.1.99", "198.51.100.99")
    world.route("rtb-a", "0.0.0.0/0", "nat-n")
    assert hints(world, "eni-db", "198.51.100.5") == (
        Hint(codes.NGW_SOURCE_ADDRESS_REASSIGN, "nat-n"),
        Hint(codes.REMAP_EPHEMERAL_PORT, "nat-n"),
        Hint(codes.IGW_NAT_REFLECTION, "igw-a"),
    )
    assert hints(world, "eni-web", "eni-db") == ()
