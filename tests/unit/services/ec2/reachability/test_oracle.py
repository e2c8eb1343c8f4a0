"""Estates built at random with the public API: what is answered is what the Describe calls imply.

Rules of this file: a naive evaluator reads what EC2 describes and shares no code with the package,
so this tests the rows, their descriptions, the graph made of them and the walk, all at once. Ports
and codes are compared for every pair of interfaces, the internet and a few addresses;
`REACHABILITY_ESTATES` says how many estates (3 in an ordinary run).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from cloudchamber import Chamber
from tests.unit.services.ec2.reachability.described import described
from tests.unit.services.ec2.reachability.estate import (
    ALL,
    ANYWHERE,
    OTHER,
    Estate,
    Server,
    nat_gateway,
)
from tests.unit.world.network.naive import outcome

ESTATES = int(os.environ.get("REACHABILITY_ESTATES", "3"))
FIRST = int(os.environ.get("REACHABILITY_SEED", "1"))
BUCKET = "52.218.0.1"  # of the prefix list of S3 in eu-west-1
OUTSIDE = "198.51.100.7"
PORTS = (22, 443, 8_080)


class Site:
    """A VPC of two or three subnets in different zones, with servers."""

    def __init__(self, estate: Estate, random: Random, number: int, *, six: bool) -> None:
        self.estate, self.random = estate, random
        self.cidr = f"10.{number}.0.0/16"
        self.vpc = estate.vpc(self.cidr)
        if six:
            estate.ec2.associate_vpc_cidr_block(VpcId=self.vpc, AmazonProvidedIpv6CidrBlock=True)
        self.six = self._six() if six else ""
        self.subnets = [
            estate.subnet(self.vpc, f"10.{number}.{at}.0/24", zone=at % 2)
            for at in range(random.choice((2, 3)))
        ]
        for at, subnet in enumerate(self.subnets if six else ()):
            block = self.six.replace("00::/56", f"{at:02x}::/64")
            estate.ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=block)
        self.tables = [estate.table(self.vpc, subnet) for subnet in self.subnets]
        self.groups = [self._group() for _ in range(3)]
        self.servers: list[Server] = []

    def _six(self) -> str:
        shown = self.estate.ec2.describe_vpcs(VpcIds=[self.vpc])["Vpcs"][0]
        block: str = shown["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
        return block

    def _group(self) -> str:
        """A group with some rules, of ports that questions are about or near them."""
        random = self.random
        rules = []
        for _ in range(random.choice((0, 1, 2, 3))):
            first = random.choice((0, 22, 400, 443, 8_080))
            last = first + random.choice((0, 0, 60, 9_000))
            peer = random.choice((ANYWHERE, "10.0.0.0/8", "10.1.0.0/16", "198.51.100.0/24", "::/0"))
            rules.append((random.choice(("tcp", "tcp", "udp")), first, last, peer))
        if random.random() < 0.3:
            rules.append(ALL)
        egress = (("tcp", 0, 443, ANYWHERE),) if random.random() < 0.2 else ()
        return self.estate.group(self.vpc, *dict.fromkeys(rules), egress=egress)

    def populate(self) -> None:
        """Servers, some with public addresses, some stopped."""
        for subnet in self.subnets:
            for _ in range(self.random.choice((1, 2))):
                groups = self.random.sample(self.groups, self.random.choice((1, 2)))
                public = self.random.random() < 0.4
                server = self.estate.server(subnet, *groups, public=public)
                if self.six:
                    self.estate.ec2.assign_ipv6_addresses(
                        NetworkInterfaceId=server.interface, Ipv6AddressCount=1
                    )
                self.servers.append(server)
        if self.random.random() < 0.3:
            stopped = self.random.choice(self.servers)
            self.estate.ec2.stop_instances(InstanceIds=[stopped.instance])

    def edge(self) -> None:
        """A way to the internet: by a gateway, and for some subnets by NAT."""
        random, ec2 = self.random, self.estate.ec2
        gateway = self.estate.internet(self.vpc)
        for table in self.tables[:-1]:
            self.estate.route(table, GatewayId=gateway)
            if self.six:
                ec2.create_route(
                    RouteTableId=table, DestinationIpv6CidrBlock="::/0", GatewayId=gateway
                )
        nat = nat_gateway(self.estate, self.subnets[0])
        self.estate.route(self.tables[-1], NatGatewayId=nat)
        if self.six:
            made = ec2.create_egress_only_internet_gateway(VpcId=self.vpc)
            only = made["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
            ec2.create_route(
                RouteTableId=self.tables[-1], DestinationIpv6CidrBlock="::/0",
                EgressOnlyInternetGatewayId=only,
            )  # fmt: skip
        if random.random() < 0.2:
            ec2.delete_nat_gateway(NatGatewayId=nat)

    def fence(self) -> None:
        """An ACL of some entries around one subnet."""
        random = self.random
        entries: list[tuple[int, bool, str, int, int, str]] = []
        for number in (100, 200, 300):
            for is_egress in (False, True):
                first = random.choice((0, 22, 443, 1_024, 32_768))
                entries.append(
                    (number, is_egress, random.choice(("allow", "allow", "deny")), first,
                     random.choice((first, 60_999, 65_535)),
                     random.choice((ANYWHERE, "10.0.0.0/8", self.cidr)))
                )  # fmt: skip
        entries += [(900, is_egress, "allow", 0, 65_535, ANYWHERE) for is_egress in (False, True)]
        self.estate.acl(self.vpc, *entries, subnet=random.choice(self.subnets))


def build(chamber: Chamber, random: Random) -> tuple[list[Estate], list[Site]]:
    """Two accounts, two Regions, four VPCs, joined by peerings and transit gateways."""
    here, theirs = Estate(chamber), Estate(chamber, account=OTHER)
    away = Estate(chamber, account=OTHER, region="us-east-1")
    sites = [
        Site(estate, random, number, six=number == 0)
        for number, estate in enumerate((here, here, theirs, away))
    ]
    for site in sites[:2]:
        site.edge()
    for one, other in ((0, 1), (1, 2), (1, 3)):
        if random.random() < 0.7:
            _peer(random, sites[one], sites[other])
    _name_groups(random, sites[0], sites[1])
    for site in sites:
        site.populate()
        if random.random() < 0.6:
            site.fence()
    _transit(random, here, away, sites)
    if random.random() < 0.5:
        here.ec2.create_vpc_endpoint(
            VpcId=sites[0].vpc, ServiceName=f"com.amazonaws.{here.region}.s3",
            RouteTableIds=sites[0].tables[1:],
        )  # fmt: skip
    if random.random() < 0.3:
        mode = random.choice(("block-ingress", "block-bidirectional"))
        here.ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode=mode)
        if random.random() < 0.5:
            here.ec2.create_vpc_block_public_access_exclusion(
                SubnetId=sites[0].subnets[0], InternetGatewayExclusionMode="allow-egress"
            )
    return [here, theirs, away], sites


def _peer(random: Random, one: Site, other: Site) -> None:
    made = one.estate.ec2.create_vpc_peering_connection(
        VpcId=one.vpc, PeerVpcId=other.vpc, PeerOwnerId=other.estate.account,
        PeerRegion=other.estate.region,
    )["VpcPeeringConnection"]["VpcPeeringConnectionId"]  # fmt: skip
    other.estate.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=made)
    for near, far in ((one, other), (other, one)):
        for table in near.tables:
            if random.random() < 0.7:
                near.estate.route(table, far.cidr, VpcPeeringConnectionId=made)


def _name_groups(random: Random, one: Site, other: Site) -> None:
    """Rules that name groups: of the own VPC, and of a peer where there is one."""
    joined = {
        each["AccepterVpcInfo"]["VpcId"]
        for each in one.estate.ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]
        if each["RequesterVpcInfo"]["VpcId"] == one.vpc
    }
    for site, peer in ((one, one), (other, other), (other, one)):
        if peer is site or other.vpc in joined:
            pair = {"GroupId": random.choice(peer.groups), "UserId": peer.estate.account}
            permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 8_080,
                          "UserIdGroupPairs": [pair]}  # fmt: skip
            site.estate.ec2.authorize_security_group_ingress(
                GroupId=random.choice(site.groups), IpPermissions=[permission]
            )


def _transit(random: Random, here: Estate, away: Estate, sites: list[Site]) -> None:
    """A transit gateway in each Region, peered; some zones and some routes are forgotten."""
    gateways = []
    for estate, members in ((here, (sites[0], sites[1])), (away, (sites[3],))):
        support = random.choice(("enable", "disable"))
        made = estate.ec2.create_transit_gateway(
            Options={"SecurityGroupReferencingSupport": support}
        )["TransitGateway"]
        gateway = made["TransitGatewayId"]
        gateways.append((estate, gateway, made["Options"]["AssociationDefaultRouteTableId"]))
        for site in members:
            estate.ec2.create_transit_gateway_vpc_attachment(
                TransitGatewayId=gateway, VpcId=site.vpc,
                SubnetIds=site.subnets[: random.choice((1, 2))],
            )  # fmt: skip
            for table in site.tables:
                if random.random() < 0.7:
                    estate.route(table, "10.0.0.0/8", TransitGatewayId=gateway)
    (_, near, table), (_, far, other_table) = gateways
    made = here.ec2.create_transit_gateway_peering_attachment(
        TransitGatewayId=near, PeerTransitGatewayId=far, PeerAccountId=away.account,
        PeerRegion=away.region,
    )["TransitGatewayPeeringAttachment"]["TransitGatewayAttachmentId"]  # fmt: skip
    away.ec2.accept_transit_gateway_peering_attachment(TransitGatewayAttachmentId=made)
    for estate, own, cidr in ((here, table, sites[3].cidr), (away, other_table, "10.0.0.0/15")):
        if random.random() < 0.8:
            estate.ec2.create_transit_gateway_route(
                TransitGatewayRouteTableId=own, DestinationCidrBlock=cidr,
                TransitGatewayAttachmentId=made,
            )  # fmt: skip


def questions(random: Random, world: Any) -> Iterator[tuple[str, str, str, str, int]]:
    """(source, destination) for the chamber, (source, destination) for the oracle, port."""
    held = [each for each in world["NetworkInterfaces"] if each["InterfaceType"] == "interface"]
    for one in held:
        name = one["NetworkInterfaceId"]
        port = random.choice(PORTS)
        for other in held:
            far = other["NetworkInterfaceId"]
            if far != name:
                yield name, far, name, far, port
                if one["Ipv6Address"] and other["Ipv6Address"]:
                    yield name, other["Ipv6Address"], f"{name}/6", f"{far}/6", port
        for address in ("internet", BUCKET, OUTSIDE, "10.9.9.9"):
            yield name, address, name, address, port
        yield "internet", name, "internet", name, port


def test_what_is_answered_is_what_is_described() -> None:
    told: Counter[str] = Counter()
    for seed in range(FIRST, FIRST + ESTATES):
        random = Random(seed)
        with Chamber(seed=seed) as chamber:
            estates, _ = build(chamber, random)
            world = described(estates)
            for source, destination, first, last, port in questions(random, world):
                asked: Any = {"source": source, "destination": destination, "port": port}
                answer = chamber.control.reach(asked)
                wanted = outcome(world, first, last, 6, port)
                said = f"estate {seed}: {first} to {last}, port {port}: {answer['sentence']}"
                assert answer["code"] == wanted, said
                assert answer["allowed"] == (not wanted)
                told[answer["code"]] += 1
    assert told[""] > told.total() // 50, f"hardly a flow got through: {told}"
    assert len(told) > 8, f"too few ways to fail: {sorted(told)}"
