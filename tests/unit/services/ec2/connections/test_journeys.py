"""Flows over what connects networks, between accounts and Regions: through, and why not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.connections.estates import (
    HERE,
    MINE,
    THERE,
    YOURS,
    ec2,
    gateway,
    subnet,
    vpc,
)
from tests.unit.services.ec2.connections.test_billing import main_table, server

REGIONS = (HERE, THERE, "ap-southeast-2")


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1) as opened:
        yield opened


class Site:
    """A VPC with one server that lets in the private networks, in an account and a Region."""

    def __init__(self, chamber: Chamber, number: int, account: str, region: str) -> None:
        self.chamber = chamber
        self.account, self.region = account, region
        self.client = ec2(chamber, account, region)
        self.cidr = f"10.{number}.0.0/16"
        self.vpc = vpc(self.client, self.cidr)
        self.subnet = subnet(self.client, self.vpc, f"10.{number}.0.0/24")
        self.table = main_table(self.client, self.vpc)
        group = self.client.create_security_group(
            GroupName="private", Description="private networks", VpcId=self.vpc
        )["GroupId"]
        self.client.authorize_security_group_ingress(
            GroupId=group, IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="10.0.0.0/8"
        )
        self.server = server(self.client, self.subnet, group)

    def route(self, cidr: str, **target: str) -> None:
        self.client.create_route(RouteTableId=self.table, DestinationCidrBlock=cidr, **target)

    def reaches(self, other: Site) -> bool:
        asked = {"source": self.server, "destination": other.server, "port": 443}
        return bool(self.chamber.control.probe(asked)["allowed"])

    def peer(self, other: Site) -> str:
        """A peering with routes on both sides."""
        pcx: str = self.client.create_vpc_peering_connection(
            VpcId=self.vpc, PeerVpcId=other.vpc, PeerOwnerId=other.account,
            PeerRegion=other.region,
        )["VpcPeeringConnection"]["VpcPeeringConnectionId"]  # fmt: skip
        other.client.accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
        self.route(other.cidr, VpcPeeringConnectionId=pcx)
        other.route(self.cidr, VpcPeeringConnectionId=pcx)
        return pcx


def test_peerings_lead_to_the_next_network_and_no_further(chamber: Chamber) -> None:
    first = Site(chamber, 0, MINE, HERE)
    middle = Site(chamber, 1, YOURS, THERE)
    last = Site(chamber, 2, MINE, REGIONS[2])
    first_peering = first.peer(middle)
    middle.peer(last)
    assert first.reaches(middle)
    assert middle.reaches(first)
    assert middle.reaches(last)
    first.route(last.cidr, VpcPeeringConnectionId=first_peering)
    assert not first.reaches(last)
    middle.client.delete_vpc_peering_connection(VpcPeeringConnectionId=first_peering)
    assert not first.reaches(middle)


class Hub(Site):
    """A site behind a Transit Gateway."""

    def __init__(self, chamber: Chamber, number: int, account: str, region: str) -> None:
        super().__init__(chamber, number, account, region)
        self.tgw = gateway(self.client)
        self.client.create_transit_gateway_vpc_attachment(
            TransitGatewayId=self.tgw, VpcId=self.vpc, SubnetIds=[self.subnet]
        )
        [found] = self.client.describe_transit_gateway_route_tables()["TransitGatewayRouteTables"]
        self.transit: str = found["TransitGatewayRouteTableId"]
        self.route("10.0.0.0/8", TransitGatewayId=self.tgw)

    def transit_route(self, cidr: str, attachment: str) -> dict[str, Any]:
        answer = self.client.create_transit_gateway_route(
            TransitGatewayRouteTableId=self.transit, DestinationCidrBlock=cidr,
            TransitGatewayAttachmentId=attachment,
        )  # fmt: skip
        return dict(answer["Route"])

    def join(self, other: Hub) -> str:
        peering: str = self.client.create_transit_gateway_peering_attachment(
            TransitGatewayId=self.tgw, PeerTransitGatewayId=other.tgw,
            PeerAccountId=other.account, PeerRegion=other.region,
        )["TransitGatewayPeeringAttachment"]["TransitGatewayAttachmentId"]  # fmt: skip
        other.client.accept_transit_gateway_peering_attachment(TransitGatewayAttachmentId=peering)
        return peering


def test_three_regions_are_joined_by_their_gateways(chamber: Chamber) -> None:
    hubs = [
        Hub(chamber, number, account, region)
        for number, (account, region) in enumerate(zip((MINE, YOURS, MINE), REGIONS, strict=True))
    ]
    pairs = [(one, other) for one in hubs for other in hubs if one is not other]
    assert not any(one.reaches(other) for one, other in pairs)
    for place, one in enumerate(hubs):
        for other in hubs[place + 1 :]:
            peering = one.join(other)
            one.transit_route(other.cidr, peering)
            if (one, other) != (hubs[0], hubs[1]):
                other.transit_route(one.cidr, peering)
    # The second hub has no way back to the first: neither direction of theirs gets through.
    for one, other in pairs:
        assert one.reaches(other) is ({one, other} != {hubs[0], hubs[1]})
    peerings = {
        each["RequesterTgwInfo"]["TransitGatewayId"]: each["TransitGatewayAttachmentId"]
        for each in hubs[1].client.describe_transit_gateway_peering_attachments()[
            "TransitGatewayPeeringAttachments"
        ]
    }
    hubs[1].transit_route(hubs[0].cidr, peerings[hubs[0].tgw])
    assert all(one.reaches(other) for one, other in pairs)
    hubs[0].client.create_transit_gateway_route(
        TransitGatewayRouteTableId=hubs[0].transit, DestinationCidrBlock="10.1.0.0/24",
        Blackhole=True,
    )  # fmt: skip
    assert not hubs[0].reaches(hubs[1])
    assert hubs[0].reaches(hubs[2])
