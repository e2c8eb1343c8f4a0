"""What the internet reaches and who reaches whom, against the walk asked one by one."""

from __future__ import annotations

import pytest

from cloudchamber.world.network.compiled import Compiled, compile_network
from cloudchamber.world.network.exposure import (
    Exposure,
    exposed,
    header_space,
    port_atoms,
    who_reaches,
)
from cloudchamber.world.network.graph import AclEntry, Rule
from cloudchamber.world.network.walk import Flow, walk
from tests.unit.world.network.estate_graph import network_of
from tests.unit.world.network.estates import estate
from tests.unit.world.network.worlds import World, two_tiers


def guarded() -> World:
    """A web server that shows 443 to all, 80-90 to some, and ssh to its own VPC."""
    world = two_tiers()
    world.group("web", (
        Rule(id="sgr-all", protocol=6, from_port=443, to_port=443, v4_cidr="0.0.0.0/0"),
        Rule(id="sgr-some", protocol=6, from_port=80, to_port=90, v4_cidr="198.51.0.0/16"),
        Rule(id="sgr-own", protocol=6, from_port=22, to_port=22, v4_cidr="10.0.0.0/8"),
        Rule(id="sgr-odd", protocol=1, from_port=3, to_port=-1, v4_cidr="0.0.0.0/0"),
    ))  # fmt: skip
    world.change("interfaces", "eni-web", groups=("sg-web",))
    return world


def shown(port: int, last: int, rule: str, source: str) -> Exposure:
    return Exposure("eni-web", "198.51.100.5", 6, (port, last), (rule,), (source,))


def test_what_is_exposed_is_told_with_ports_rules_and_sources() -> None:
    world = guarded()
    assert exposed(world.compiled()) == [
        shown(80, 90, "sgr-some", "198.51.0.0/16"),
        shown(443, 443, "sgr-all", "0.0.0.0/0"),
    ]


def test_an_acl_narrows_what_is_exposed() -> None:
    world = guarded()
    world.acl("web", ingress=(
        AclEntry(number=90, allows=False, cidr="198.51.0.0/16", protocol=6, from_port=85,
                 to_port=90),
        AclEntry(number=100, allows=True, cidr="0.0.0.0/0"),
    ))  # fmt: skip
    world.change("subnets", "subnet-a1", acl="acl-web")
    assert exposed(world.compiled())[0] == shown(80, 84, "sgr-some", "198.51.0.0/16")


def test_without_a_way_back_nothing_is_exposed() -> None:
    world = guarded()
    world.change("subnets", "subnet-a1", route_table="rtb-a")
    assert exposed(world.compiled()) == []


def test_ipv6_is_exposed_by_its_own_rules() -> None:
    world = two_tiers()
    world.group("six", (Rule(id="sgr-six", protocol=6, from_port=22, to_port=22,
                             v6_cidr="::/0"),))  # fmt: skip
    world.change("interfaces", "eni-web", groups=("sg-six",))
    assert exposed(world.compiled()) == [
        Exposure("eni-web", "2001:db8:a:1::5", 6, (22, 22), ("sgr-six",), ("::/0",))
    ]


def test_a_load_balancer_without_groups_is_exposed_by_no_rule() -> None:
    world = two_tiers()
    world.change("interfaces", "eni-web", groups=(), v6_addresses=(),
                 kind="network_load_balancer")  # fmt: skip
    assert exposed(world.compiled())[0] == Exposure(
        "eni-web", "198.51.100.5", 6, (0, 65535), (), ()
    )


def test_what_is_exposed_is_what_the_walk_lets_in() -> None:
    told = 0
    for seed in range(15):
        network = network_of(estate(seed))
        compiled = compile_network(network)
        found = exposed(compiled)
        for each in found:
            told += 1
            assert each.rules
        for name in network.interfaces:
            flow = Flow(source="internet", destination=name, destination_port=443)
            if walk(compiled, flow).allowed:
                assert any(
                    each.interface == name and each.ports[0] <= 443 <= each.ports[1]
                    for each in found
                    if each.protocol == 6
                )
    assert told > 100


def passes(compiled: Compiled, source: str, destination: str) -> bool:
    flow = Flow(source=source, destination=destination, destination_port=443)
    return walk(compiled, flow).allowed


def test_those_who_reach_an_interface_are_those_whose_flows_arrive() -> None:
    some = 0
    for seed in range(4, 8):
        network = network_of(estate(seed))
        compiled = compile_network(network)
        for destination in network.interfaces:
            wanted = tuple(
                sorted(
                    source
                    for source in network.interfaces
                    if source != destination and passes(compiled, source, destination)
                )
            )
            found = who_reaches(compiled, destination, 6, 443)
            assert found.interfaces == wanted
            assert found.internet == passes(compiled, "internet", destination)
            some += len(wanted)
    assert some > 0
    with pytest.raises(KeyError):
        who_reaches(compiled, "eni-gone", 6, 443)


def test_one_port_speaks_for_its_stretch() -> None:
    compiled = guarded().compiled()
    assert port_atoms(compiled, 6) == [
        (0, 21), (22, 22), (23, 79), (80, 90), (91, 442), (443, 443), (444, 65535),
    ]  # fmt: skip
    reached = {
        (protocol, ports): reach.reaches("eni-db", "eni-web")
        for protocol, ports, reach in header_space(compiled)
    }
    assert [key for key, passes in reached.items() if passes] == [(6, (22, 22)), (6, (443, 443))]
    assert {protocol for protocol, _ in reached} == {6, 17, 1}
