"""What questions to the network cost: `python benchmarks/network.py`.

Ten VPCs of six subnets on one transit gateway with two route tables, a peering, NAT and internet
gateways, ACLs of which one forgets the way back, and 22 sets of security groups in each VPC that
name blocks and one another. Interfaces are spread evenly: 1,000 to 50,000 of them. Each figure is
the best of several runs, by the processor's clock.

The promises: one explained flow in under 20 µs, half a million plain verdicts a second, all pairs
of 50,000 interfaces for one port in under 100 ms.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

from cloudchamber.world.network import graph
from cloudchamber.world.network.changes import recompile
from cloudchamber.world.network.compiled import compile_network
from cloudchamber.world.network.exposure import exposed, port_atoms
from cloudchamber.world.network.graph import Network, Route, Rule
from cloudchamber.world.network.pairs import all_pairs, index_of
from cloudchamber.world.network.walk import Flow, find_code, walk

VPCS = 10
SUBNETS = 6
SIZES = (1_000, 5_000, 10_000, 50_000)
PORTS = (22, 80, 443, 5432, 8080)
ZONES = ("euw1-az1", "euw1-az2", "euw1-az3")
EXPLAINED_US = 20.0
PLAIN_PER_S = 500_000
PAIRS_MS = 100.0


def estate(interfaces: int) -> Network:
    """The network with so many interfaces."""
    random = Random(7)
    parts: dict[str, list[Any]] = {name: [] for name in Network.__struct_fields__}
    for vpc in range(VPCS):
        add_vpc(random, parts, vpc, interfaces // VPCS)
    parts["transit_gateways"].append(
        graph.TransitGateway(id="tgw-1", account="1", region="eu-west-1", references_groups=True)
    )
    for table in range(2):
        reached = range(VPCS) if table == 0 else range(0, VPCS, 2)
        routes = tuple(
            graph.TransitRoute(destination=f"10.{vpc}.0.0/16", attachment=f"tgw-attach-{vpc}")
            for vpc in reached
        )
        parts["transit_tables"].append(
            graph.TransitRouteTable(id=f"tgw-rtb-{table}", transit_gateway="tgw-1", routes=routes)
        )
    parts["peerings"].append(
        graph.Peering(id="pcx-01", requester_vpc="vpc-0", accepter_vpc="vpc-1")
    )
    return Network(**{name: {each.id: each for each in held} for name, held in parts.items()})


def add_vpc(random: Random, parts: dict[str, list[Any]], vpc: int, interfaces: int) -> None:
    """A VPC with its subnets, rules, ways out, and its share of the interfaces."""
    name = f"vpc-{vpc}"
    parts["vpcs"].append(
        graph.Vpc(id=name, account="1", region="eu-west-1", v4_cidrs=(f"10.{vpc}.0.0/16",))
    )
    parts["internet_gateways"].append(graph.InternetGateway(id=f"igw-{vpc}", vpc=name))
    everywhere = graph.AclEntry(number=200, allows=True, cidr="0.0.0.0/0")
    narrow = graph.AclEntry(
        number=100, allows=False, cidr="10.3.0.0/16", protocol=6, from_port=1024, to_port=40000
    )
    parts["acls"] += [
        graph.Acl(id=f"acl-{vpc}0", vpc=name, ingress=(everywhere,), egress=(everywhere,)),
        graph.Acl(id=f"acl-{vpc}1", vpc=name, ingress=(everywhere,), egress=(narrow, everywhere)),
    ]
    local = Route(destination=f"10.{vpc}.0.0/16", target="local")
    hub = Route(destination="10.0.0.0/8", target="tgw-1")
    ways = (
        Route(destination="0.0.0.0/0", target=f"igw-{vpc}"),
        Route(destination="0.0.0.0/0", target=f"nat-{vpc}"),
    )
    peer = () if vpc > 1 else (Route(destination=f"10.{1 - vpc}.0.0/16", target="pcx-01"),)
    for number, way in enumerate(ways):
        parts["route_tables"].append(
            graph.RouteTable(id=f"rtb-{vpc}{number}", vpc=name, routes=(local, hub, way, *peer))
        )
    for subnet in range(SUBNETS):
        parts["subnets"].append(
            graph.Subnet(
                id=f"subnet-{vpc}{subnet}",
                vpc=name,
                account="1",
                zone_id=ZONES[subnet % 3],
                v4_cidr=f"10.{vpc}.{subnet * 32}.0/19",
                route_table=f"rtb-{vpc}{subnet // 3}",
                acl=f"acl-{vpc}{int(subnet == 5)}",
            )
        )
    parts["attachments"].append(
        graph.Attachment(
            id=f"tgw-attach-{vpc}",
            transit_gateway="tgw-1",
            vpc=name,
            subnets=tuple(f"subnet-{vpc}{subnet}" for subnet in range(3)),
            table=f"tgw-rtb-{vpc % 2}",
        )
    )
    add_groups(random, parts, vpc)
    add_interfaces(random, parts, vpc, interfaces)


def add_groups(random: Random, parts: dict[str, list[Any]], vpc: int) -> None:
    """Twelve groups: each names blocks, and groups of its own VPC."""
    for group in range(12):
        rules = [
            Rule(
                id=f"sgr-{vpc}-{group}-{at}",
                protocol=6,
                from_port=port,
                to_port=port,
                v4_cidr=random.choice(
                    ("0.0.0.0/0", "10.0.0.0/8", f"10.{random.randint(0, 9)}.0.0/16")
                ),
            )
            for at, port in enumerate(random.sample(PORTS, 2))
        ]
        rules.append(
            Rule(
                id=f"sgr-{vpc}-{group}-9",
                protocol=6,
                from_port=5432,
                to_port=5432,
                group=f"sg-{vpc}-{random.randint(0, 11)}",
            )
        )
        out = Rule(id=f"sgr-{vpc}-{group}-out", v4_cidr="0.0.0.0/0")
        parts["security_groups"].append(
            graph.SecurityGroup(
                id=f"sg-{vpc}-{group}",
                vpc=f"vpc-{vpc}",
                account="1",
                ingress=tuple(rules),
                egress=(out,),
            )
        )


def add_interfaces(random: Random, parts: dict[str, list[Any]], vpc: int, interfaces: int) -> None:
    """The NAT gateway's interface, and the others, in 22 sets of groups."""
    nat = graph.Interface(
        id=f"eni-nat-{vpc}",
        vpc=f"vpc-{vpc}",
        subnet=f"subnet-{vpc}0",
        account="1",
        addresses=(graph.Address(f"10.{vpc}.31.250", f"198.51.100.{vpc + 1}"),),
        kind="nat_gateway",
    )
    parts["interfaces"].append(nat)
    parts["nat_gateways"].append(
        graph.NatGateway(id=f"nat-{vpc}", vpc=nat.vpc, subnet=nat.subnet, interface=nat.id)
    )
    sets = [
        tuple(f"sg-{vpc}-{each}" for each in sorted(random.sample(range(12), size)))
        for size in (1, 2)
        for _ in range(11)
    ]
    for number in range(interfaces):
        subnet, host = number % SUBNETS, number // SUBNETS + 4
        address = f"10.{vpc}.{subnet * 32 + host // 250}.{host % 250}"
        public = f"44.{vpc}.{number // 250}.{number % 250}" if subnet < 3 else ""
        parts["interfaces"].append(
            graph.Interface(
                id=f"eni-{vpc}-{number}",
                vpc=f"vpc-{vpc}",
                subnet=f"subnet-{vpc}{subnet}",
                account="1",
                addresses=(graph.Address(address, public),),
                groups=random.choice(sets),
            )
        )


def seconds(work: Callable[[], object], runs: int = 5) -> float:
    """The best of some runs."""
    best = float("inf")
    for _ in range(runs):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return best


def report(what: str, figure: str, kept: bool | None = None) -> None:
    """One line; a promise that is not kept is marked."""
    print(f"  {what:58}{figure:>16}{'' if kept is None else '  kept' if kept else '  NOT KEPT'}")


def flows() -> None:
    """One flow at a time."""
    random = Random(3)
    compiled = compile_network(estate(5_000))
    ids = [each for each in compiled.network.interfaces if "nat" not in each]
    asked = [(random.choice(ids), random.choice(ids), random.choice(PORTS)) for _ in range(40_000)]

    def explain() -> None:
        for source, destination, port in asked:
            verdict = walk(
                compiled, Flow(source=source, destination=destination, destination_port=port)
            )
            assert verdict.steps
            assert verdict.return_steps is not None

    def tell() -> None:
        for source, destination, port in asked[:5_000]:
            verdict = walk(
                compiled, Flow(source=source, destination=destination, destination_port=port)
            )
            assert all(step.sentence for step in (*verdict.steps, *verdict.return_steps))

    def plain() -> None:
        for source, destination, port in asked:
            find_code(compiled, source, destination, 6, port)

    first = seconds(explain, 1) / len(asked) * 1e6
    report("the first 40,000 explained flows, paths and tables too", f"{first:.1f} µs each")
    explained = seconds(explain) / len(asked) * 1e6
    report(
        "explained flow: code, and steps to be read",
        f"{explained:.1f} µs",
        explained < EXPLAINED_US,
    )
    report("    ... and all its steps read as sentences", f"{seconds(tell) / 5_000 * 1e6:.1f} µs")
    rate = len(asked) / seconds(plain)
    report("plain verdicts (code only)", f"{rate:,.0f} /s", rate >= PLAIN_PER_S)


def pairs(size: int) -> None:
    """All pairs for one port."""
    compiled = compile_network(estate(size))
    begin = time.process_time()
    index = index_of(compiled)
    classes = time.process_time() - begin
    begin = time.process_time()
    reach = all_pairs(compiled, 6, 443)
    first = time.process_time() - begin
    again = seconds(lambda: all_pairs(compiled, 6, 443)) * 1e3
    fresh = seconds(lambda: all_pairs(compiled, 6, 8080), 1) * 1e3
    kept = again < PAIRS_MS if size == SIZES[-1] else None
    named = f"all pairs of {size:,} ({len(index.members):,} classes), one port"
    report(named, f"{again:.1f} ms", kept)
    report("    ... a port never asked before", f"{fresh:.1f} ms")
    report("    ... the first port of all, finding every path", f"{first * 1e3:.1f} ms")
    report("    ... finding the classes, once", f"{classes * 1e3:.1f} ms")
    print(f"      {reach.count():,} of {size * (size - 1):,} pairs reach each other")


def changes() -> None:
    """One rule changes in a network of 50,000 interfaces."""
    network = estate(SIZES[-1])
    compiled = compile_network(network)
    all_pairs(compiled, 6, 443)
    group = network.security_groups["sg-3-4"]
    rule = msgspec.structs.replace(group.ingress[0], from_port=8443, to_port=8443)
    changed = msgspec.structs.replace(group, ingress=(rule, *group.ingress[1:]))
    after = msgspec.structs.replace(
        network, security_groups={**network.security_groups, group.id: changed}
    )
    report(
        "recompiling 50,000 interfaces after one rule",
        f"{seconds(lambda: recompile(compiled, after)) * 1e3:.2f} ms",
    )

    def again() -> None:
        all_pairs(recompile(compiled, after), 6, 443)

    report("    ... and all pairs anew", f"{seconds(again) * 1e3:.1f} ms")
    atoms = port_atoms(compiled, 6)

    def every_port() -> None:
        for ports in atoms:
            all_pairs(compiled, 6, ports[0])

    report(
        f"all pairs for every tcp port ({len(atoms)} stretches)", f"{seconds(every_port, 1):.2f} s"
    )
    report("what the internet reaches", f"{seconds(lambda: exposed(compiled), 1):.2f} s")


def main() -> None:
    """Print the figures."""
    print("The network:")
    flows()
    for size in SIZES:
        pairs(size)
    changes()


if __name__ == "__main__":
    main()
