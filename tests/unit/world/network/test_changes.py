"""From one graph to the next: nothing stale, and nothing made anew that need not be."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec

from cloudchamber.world.network.changes import recompile
from cloudchamber.world.network.compiled import Compiled, compile_network
from cloudchamber.world.network.exposure import exposed
from cloudchamber.world.network.graph import Network, Rule
from cloudchamber.world.network.hints import hints_of
from cloudchamber.world.network.pairs import all_pairs
from cloudchamber.world.network.walk import Flow, find_code, walk
from tests.unit.world.network.estate_graph import network_of
from tests.unit.world.network.estates import estate

PARTS = Network.__struct_fields__


def asked(compiled: Compiled) -> list[str]:
    """The codes of every pair, by three ways of asking, and of some bare addresses."""
    names = list(compiled.network.interfaces)
    found: list[str] = []
    for source in names:
        for destination in names:
            if source != destination:
                found.append(find_code(compiled, source, destination, 6, 443))
        for place in ("internet", "10.1.1.5", "3.5.1.1"):
            flow = Flow(source=source, destination=place, destination_port=443)
            found.append(walk(compiled, flow).code)
    found.append(str(all_pairs(compiled, 6, 22).count()))
    return found


def edited(random: Random, network: Network) -> Network:
    """The network with one thing changed, gone, or added."""
    part = random.choice(
        (
            "security_groups",
            "security_groups",
            "acls",
            "interfaces",
            "interfaces",
            "route_tables",
            "subnets",
            "peerings",
            "prefix_lists",
            "nat_gateways",
        )
    )
    held: dict[str, Any] = dict(getattr(network, part))
    name = random.choice(sorted(held)) if held else ""
    if not name:
        return network
    if random.random() < 0.2 and part in ("peerings", "nat_gateways", "interfaces"):
        del held[name]
    elif part == "security_groups":
        rule = Rule(id="sgr-new", v4_cidr=random.choice(("10.1.1.4/31", "0.0.0.0/0")))
        held[name] = msgspec.structs.replace(held[name], ingress=(rule,), egress=(rule,))
    elif part == "acls":
        held[name] = msgspec.structs.replace(held[name], ingress=held[name].ingress[1:])
    elif part == "interfaces":
        other = random.choice(sorted(network.security_groups))
        held[name] = msgspec.structs.replace(
            held[name], groups=(other,), is_up=random.random() < 0.8,
            source_dest_check=random.random() < 0.5,
        )  # fmt: skip
    elif part == "route_tables":
        held[name] = msgspec.structs.replace(held[name], routes=held[name].routes[:-1])
    elif part == "subnets":
        acl = random.choice(sorted(network.acls))
        held[name] = msgspec.structs.replace(held[name], acl=acl)
    elif part == "peerings":
        held[name] = msgspec.structs.replace(held[name], is_active=not held[name].is_active)
    elif part == "prefix_lists":
        held[name] = msgspec.structs.replace(held[name], entries=held[name].entries[:-1])
    else:
        held[name] = msgspec.structs.replace(held[name], is_available=not held[name].is_available)
    return msgspec.structs.replace(network, **{part: held})


def test_a_recompiled_network_answers_as_one_made_anew() -> None:
    for seed in range(6):
        random = Random(seed)
        network = network_of(estate(seed))
        compiled = compile_network(network)
        for _ in range(6):
            asked(compiled)
            network = edited(random, network)
            compiled = recompile(compiled, network)
            assert asked(compiled) == asked(compile_network(network)), f"estate {seed}"


def test_the_old_network_is_left_as_it_was() -> None:
    random = Random(5)
    network = network_of(estate(5))
    compiled = compile_network(network)
    before = asked(compiled)
    for _ in range(8):
        asked(recompile(compiled, edited(random, network)))
    assert asked(compiled) == before


def test_one_rule_touches_its_own_groups_and_nothing_else() -> None:
    network = network_of(estate(8))
    compiled = compile_network(network)
    asked(compiled)
    group = network.security_groups["sg-00"]
    rule = Rule(id="sgr-more", protocol=6, from_port=443, to_port=443, v4_cidr="10.0.0.0/8")
    changed = msgspec.structs.replace(group, ingress=(*group.ingress, rule))
    after = msgspec.structs.replace(
        network, security_groups={**network.security_groups, "sg-00": changed}
    )
    made = recompile(compiled, after)
    assert made.traces is compiled.traces
    assert made.ends is compiled.ends
    assert made.classes is compiled.classes
    assert made.acls == compiled.acls
    kept = [key for key in compiled.groups if "sg-00" not in key[0]]
    assert kept
    assert list(made.groups) == kept
    assert all(made.groups[key] is compiled.groups[key] for key in kept)


def test_a_new_interface_leaves_the_paths_of_the_others() -> None:
    network = network_of(estate(8))
    compiled = compile_network(network)
    asked(compiled)
    model = network.interfaces["eni-000"]
    added = msgspec.structs.replace(
        model, id="eni-new", addresses=(type(model.addresses[0])("10.0.1.77"),), v6_addresses=()
    )
    after = msgspec.structs.replace(network, interfaces={**network.interfaces, added.id: added})
    made = recompile(compiled, after)
    firm = [key for key in compiled.traces if not {key[0], key[1]} & compiled.loose]
    assert firm
    assert all(made.traces[key] is compiled.traces[key] for key in firm)
    flow = Flow(source="eni-001", destination="10.0.1.77", destination_port=443)
    assert walk(made, flow).destination.id == "10.0.1.77"
    assert walk(made, flow).code == walk(compile_network(after), flow).code


def test_a_part_that_is_missing_stops_flows_and_nothing_else() -> None:
    """Ids may lead nowhere: every question still has an answer, and every answer a sentence."""
    for seed in range(10):
        random = Random(seed)
        network = network_of(estate(seed))
        for _ in range(4):
            part = random.choice([name for name in PARTS if getattr(network, name)])
            held = dict(getattr(network, part))
            del held[random.choice(sorted(held))]
            network = msgspec.structs.replace(network, **{part: held})
        compiled = compile_network(network)
        for source in network.interfaces:
            for place in (*network.interfaces, "internet", "10.1.1.5", "igw-0", "vpce-0", "tgw-0"):
                flow = Flow(source=source, destination=place, destination_port=443)
                verdict = walk(compiled, flow)
                assert verdict.allowed != bool(verdict.code)
                assert all(step.sentence for step in (*verdict.steps, *verdict.return_steps))
                assert isinstance(hints_of(compiled, verdict), tuple)
        assert all_pairs(compiled, 6, 443).count() >= 0
        assert all(found.interface in network.interfaces for found in exposed(compiled))
