"""Worlds for the tests: a small builder, so that each test says only what is special about it.

Rules of this file: ids are short and speak ("vpc-a", "subnet-a1", "eni-web"). Everything is allowed
until a test forbids it: groups and ACLs let all through, routes are local.
"""

from __future__ import annotations

from typing import Any

import msgspec

from cloudchamber.world.network.compiled import Compiled, compile_network
from cloudchamber.world.network.graph import (
    Acl,
    AclEntry,
    Address,
    Attachment,
    EgressOnlyGateway,
    Interface,
    InternetGateway,
    NatGateway,
    Network,
    Peering,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Subnet,
    TransitGateway,
    TransitRoute,
    TransitRouteTable,
    Vpc,
)
from cloudchamber.world.network.verdict import Verdict
from cloudchamber.world.network.walk import Flow, walk

ACCOUNT = "111111111111"
REGION = "eu-west-1"

OPEN_IN = (
    Rule(id="sgr-in4", v4_cidr="0.0.0.0/0"),
    Rule(id="sgr-in6", v6_cidr="::/0"),
)
OPEN_OUT = (
    Rule(id="sgr-out4", v4_cidr="0.0.0.0/0"),
    Rule(id="sgr-out6", v6_cidr="::/0"),
)
OPEN_ENTRIES = (
    AclEntry(number=100, allows=True, cidr="0.0.0.0/0"),
    AclEntry(number=101, allows=True, cidr="::/0"),
)


class World:
    """A network under construction. Each method puts one thing in (or in the place of another)."""

    def __init__(self) -> None:
        self.parts: dict[str, dict[str, Any]] = {name: {} for name in Network.__struct_fields__}
        self.put(
            "security_groups",
            SecurityGroup(
                id="sg-open", vpc="vpc-a", account=ACCOUNT, ingress=OPEN_IN, egress=OPEN_OUT
            ),
        )
        self.put("acls", Acl(id="acl-open", vpc="vpc-a", ingress=OPEN_ENTRIES, egress=OPEN_ENTRIES))

    def put(self, part: str, struct: Any) -> None:
        self.parts[part][struct.id] = struct

    def change(self, part: str, struct_id: str, **changes: Any) -> None:
        self.put(part, msgspec.structs.replace(self.parts[part][struct_id], **changes))

    def vpc(self, name: str, cidr: str, v6: str = "", **more: Any) -> None:
        """A VPC with a route table of its own name that knows only local routes."""
        more.setdefault("region", REGION)
        blocks = (v6,) if v6 else ()
        self.put(
            "vpcs",
            Vpc(id=f"vpc-{name}", account=ACCOUNT, v4_cidrs=(cidr,), v6_cidrs=blocks, **more),
        )
        self.table(name, f"rtb-{name}")

    def table(self, vpc: str, table_id: str, *routes: tuple[str, str], **more: Any) -> None:
        """A route table: the local routes of its VPC and the given (destination, target)."""
        held = self.parts["vpcs"][f"vpc-{vpc}"]
        written = [
            Route(destination=block, target="local") for block in (*held.v4_cidrs, *held.v6_cidrs)
        ]
        written += [Route(destination=block, target=target, **more) for block, target in routes]
        self.put("route_tables", RouteTable(id=table_id, vpc=held.id, routes=tuple(written)))

    def route(self, table_id: str, destination: str, target: str, **more: Any) -> None:
        """One more route, in the place of an earlier one to the same block."""
        table = self.parts["route_tables"][table_id]
        kept = tuple(each for each in table.routes if each.destination != destination)
        added = Route(destination=destination, target=target, **more)
        self.change("route_tables", table_id, routes=(*kept, added))

    def subnet(self, name: str, cidr: str, zone: str = "euw1-az1", **more: Any) -> None:
        """A subnet; the letters before the digits of its name are its VPC's."""
        vpc = name.rstrip("0123456789")
        more.setdefault("route_table", f"rtb-{vpc}")
        more.setdefault("acl", "acl-open")
        self.put(
            "subnets",
            Subnet(
                id=f"subnet-{name}",
                vpc=f"vpc-{vpc}",
                account=ACCOUNT,
                zone_id=zone,
                v4_cidr=cidr,
                **more,
            ),
        )

    def eni(self, name: str, subnet: str, private: str, *, public: str = "", **more: Any) -> None:
        """An interface, in the open group unless it is said otherwise."""
        more.setdefault("groups", ("sg-open",))
        addresses = (Address(private, public),) if private else ()
        held = self.parts["subnets"][f"subnet-{subnet}"]
        self.put(
            "interfaces",
            Interface(
                id=f"eni-{name}",
                vpc=held.vpc,
                subnet=held.id,
                account=ACCOUNT,
                addresses=addresses,
                **more,
            ),
        )

    def group(
        self, name: str, ingress: tuple[Rule, ...] = (), egress: Any = OPEN_OUT, vpc: str = "vpc-a"
    ) -> None:
        self.put(
            "security_groups",
            SecurityGroup(
                id=f"sg-{name}", vpc=vpc, account=ACCOUNT, ingress=ingress, egress=egress
            ),
        )

    def acl(self, name: str, ingress: Any = OPEN_ENTRIES, egress: Any = OPEN_ENTRIES) -> None:
        self.put("acls", Acl(id=f"acl-{name}", vpc="vpc-a", ingress=ingress, egress=egress))

    def igw(self, vpc: str, **more: Any) -> None:
        self.put("internet_gateways", InternetGateway(id=f"igw-{vpc}", vpc=f"vpc-{vpc}", **more))

    def eigw(self, vpc: str) -> None:
        self.put("egress_only_gateways", EgressOnlyGateway(id=f"eigw-{vpc}", vpc=f"vpc-{vpc}"))

    def nat(self, name: str, subnet: str, private: str, public: str = "", **more: Any) -> None:
        """A NAT gateway with its interface, which has no groups."""
        self.eni(f"nat-{name}", subnet, private, public=public, kind="nat_gateway", groups=())
        held = self.parts["subnets"][f"subnet-{subnet}"]
        more.setdefault("is_public", bool(public))
        self.put(
            "nat_gateways",
            NatGateway(
                id=f"nat-{name}", vpc=held.vpc, subnet=held.id, interface=f"eni-nat-{name}", **more
            ),
        )

    def peer(self, one: str, other: str, **more: Any) -> None:
        self.put(
            "peerings",
            Peering(
                id=f"pcx-{one}{other}",
                requester_vpc=f"vpc-{one}",
                accepter_vpc=f"vpc-{other}",
                **more,
            ),
        )

    def tgw(self, name: str = "hub", region: str = REGION, **more: Any) -> None:
        self.put(
            "transit_gateways",
            TransitGateway(id=f"tgw-{name}", account=ACCOUNT, region=region, **more),
        )

    def attach(
        self, vpc: str, *subnets: str, tgw: str = "hub", table: str = "", **more: Any
    ) -> None:
        """An attachment of a VPC, associated with the gateway's one table unless said otherwise."""
        self.put(
            "attachments",
            Attachment(
                id=f"tgw-attach-{vpc}",
                transit_gateway=f"tgw-{tgw}",
                vpc=f"vpc-{vpc}",
                subnets=tuple(f"subnet-{each}" for each in subnets),
                **{"table": table or f"tgw-rtb-{tgw}", **more},
            ),
        )

    def transit_table(self, name: str, *routes: tuple[str, str], **more: Any) -> None:
        written = tuple(
            TransitRoute(destination=block, attachment=to, **more) for block, to in routes
        )
        self.put(
            "transit_tables",
            TransitRouteTable(id=f"tgw-rtb-{name}", transit_gateway=f"tgw-{name}", routes=written),
        )

    def network(self) -> Network:
        return Network(**{name: dict(held) for name, held in self.parts.items()})

    def compiled(self) -> Compiled:
        return compile_network(self.network())

    def ask(self, source: str, destination: str, port: int = 443, **more: Any) -> Verdict:
        """The verdict on one flow, tcp 443 unless it is said otherwise."""
        flow = Flow(source=source, destination=destination, destination_port=port, **more)
        return walk(self.compiled(), flow)


def two_tiers() -> World:
    """A VPC with a public subnet (web, behind an internet gateway) and a private one (database)."""
    world = World()
    world.vpc("a", "10.0.0.0/16", "2001:db8:a::/56")
    world.igw("a")
    world.table("a", "rtb-public", ("0.0.0.0/0", "igw-a"), ("::/0", "igw-a"))
    world.subnet("a1", "10.0.1.0/24", route_table="rtb-public", v6_cidrs=("2001:db8:a:1::/64",))
    world.subnet("a2", "10.0.2.0/24", "euw1-az2", v6_cidrs=("2001:db8:a:2::/64",))
    world.eni("web", "a1", "10.0.1.5", public="198.51.100.5", v6_addresses=("2001:db8:a:1::5",))
    world.eni("db", "a2", "10.0.2.9", v6_addresses=("2001:db8:a:2::9",))
    return world


def two_vpcs() -> World:
    """Two VPCs, a and b, that nothing joins yet, with an interface each in two zones."""
    world = World()
    for name, number in (("a", 0), ("b", 1)):
        world.vpc(name, f"10.{number}.0.0/16")
        world.subnet(f"{name}1", f"10.{number}.1.0/24", "euw1-az1")
        world.subnet(f"{name}2", f"10.{number}.2.0/24", "euw1-az2")
        world.eni(f"{name}1", f"{name}1", f"10.{number}.1.5")
        world.eni(f"{name}2", f"{name}2", f"10.{number}.2.5")
    return world


def joined_by_peering() -> World:
    """The two VPCs, with a peering and routes both ways."""
    world = two_vpcs()
    world.peer("a", "b")
    world.route("rtb-a", "10.1.0.0/16", "pcx-ab")
    world.route("rtb-b", "10.0.0.0/16", "pcx-ab")
    return world


def joined_by_transit() -> World:
    """The two VPCs on one transit gateway, attached in both zones by subnets of their own."""
    world = two_vpcs()
    world.tgw()
    for name, number, other in (("a", 0, 1), ("b", 1, 0)):
        world.subnet(f"{name}8", f"10.{number}.8.0/28", "euw1-az1")
        world.subnet(f"{name}9", f"10.{number}.9.0/28", "euw1-az2")
        world.attach(name, f"{name}8", f"{name}9")
        world.route(f"rtb-{name}", f"10.{other}.0.0/16", "tgw-hub")
    world.transit_table(
        "hub", ("10.0.0.0/16", "tgw-attach-a"), ("10.1.0.0/16", "tgw-attach-b"), propagated=True
    )
    return world
