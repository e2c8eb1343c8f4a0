"""Routes of Transit Gateway tables: static and propagated, searched, exported; against a model."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Settings
from cloudchamber.services.ec2.connections import routing
from cloudchamber.services.ec2.connections.nouns import (
    TRANSIT_ATTACHMENTS,
    TransitAttachment,
    TransitRoute,
    TransitRouteTable,
)
from cloudchamber.services.ec2.kinds import WHEREABOUTS, Place
from cloudchamber.services.ec2.vpcs.nouns import VPCS, CidrAssociation, Vpc
from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.connections.estates import (
    HERE,
    MINE,
    THERE,
    YOURS,
    code_of,
    ec2,
    gateway,
    subnet,
    vpc,
)

Network = ipaddress.IPv4Network


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1) as opened:
        yield opened


class Hub:
    """A gateway with two VPCs, and what is asked of its default table."""

    def __init__(self, chamber: Chamber) -> None:
        self.client = ec2(chamber)
        self.tgw = gateway(self.client)
        [found] = self.client.describe_transit_gateways()["TransitGateways"]
        self.table: str = found["Options"]["AssociationDefaultRouteTableId"]
        self.first, self.second = self.attach("10.0.0.0/16"), self.attach("10.1.0.0/16")

    def attach(self, cidr: str) -> str:
        network = vpc(self.client, cidr)
        inside = subnet(self.client, network, cidr.replace("/16", "/24"))
        made: str = self.client.create_transit_gateway_vpc_attachment(
            TransitGatewayId=self.tgw, VpcId=network, SubnetIds=[inside]
        )["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
        return made

    def route(self, cidr: str, attachment: str = "", **more: Any) -> dict[str, Any]:
        target = {"TransitGatewayAttachmentId": attachment} if attachment else {"Blackhole": True}
        answer = self.client.create_transit_gateway_route(
            TransitGatewayRouteTableId=self.table, DestinationCidrBlock=cidr, **target, **more
        )
        return dict(answer["Route"])

    def search(self, *filters: tuple[str, str]) -> list[tuple[str, str, str]]:
        routes = self.client.search_transit_gateway_routes(
            TransitGatewayRouteTableId=self.table,
            Filters=[{"Name": name, "Values": [value]} for name, value in filters],
        )["Routes"]
        return [(each["DestinationCidrBlock"], each["Type"], each["State"]) for each in routes]


EVERYTHING = ("type", "*")


def test_attached_vpcs_propagate_what_cidrs_they_have(chamber: Chamber) -> None:
    hub = Hub(chamber)
    assert hub.search(EVERYTHING) == [
        ("10.0.0.0/16", "propagated", "active"),
        ("10.1.0.0/16", "propagated", "active"),
    ]
    [row] = hub.client.describe_transit_gateway_vpc_attachments(
        TransitGatewayAttachmentIds=[hub.first]
    )["TransitGatewayVpcAttachments"]
    hub.client.associate_vpc_cidr_block(VpcId=row["VpcId"], CidrBlock="10.200.0.0/16")
    assert ("10.200.0.0/16", "propagated", "active") in hub.search(EVERYTHING)
    hub.client.disable_transit_gateway_route_table_propagation(
        TransitGatewayRouteTableId=hub.table, TransitGatewayAttachmentId=hub.first
    )
    assert [cidr for cidr, *_ in hub.search(EVERYTHING)] == ["10.1.0.0/16"]
    with pytest.raises(ClientError) as off:
        hub.client.disable_transit_gateway_route_table_propagation(
            TransitGatewayRouteTableId=hub.table, TransitGatewayAttachmentId=hub.first
        )
    assert code_of(off.value) == "TransitGatewayRouteTablePropagation.NotFound"


def test_a_static_route_comes_first_and_gives_way_when_it_is_deleted(chamber: Chamber) -> None:
    hub = Hub(chamber)
    made = hub.route("10.0.0.0/16", hub.second)
    assert (made["Type"], made["State"]) == ("static", "active")
    assert ("10.0.0.0/16", "static", "active") in hub.search(EVERYTHING)
    with pytest.raises(ClientError) as twice:
        hub.route("10.0.0.0/16")
    assert code_of(twice.value) == "RouteAlreadyExists"
    hub.client.replace_transit_gateway_route(
        TransitGatewayRouteTableId=hub.table, DestinationCidrBlock="10.0.0.0/16", Blackhole=True
    )
    assert ("10.0.0.0/16", "static", "blackhole") in hub.search(EVERYTHING)
    deleted = hub.client.delete_transit_gateway_route(
        TransitGatewayRouteTableId=hub.table, DestinationCidrBlock="10.0.0.0/16"
    )
    assert deleted["Route"]["State"] == "deleted"
    assert ("10.0.0.0/16", "propagated", "active") in hub.search(EVERYTHING)
    with pytest.raises(ClientError) as gone:
        hub.client.delete_transit_gateway_route(
            TransitGatewayRouteTableId=hub.table, DestinationCidrBlock="10.0.0.0/16"
        )
    assert code_of(gone.value) == "InvalidRoute.NotFound"


def test_a_route_to_a_deleted_attachment_is_a_blackhole(chamber: Chamber) -> None:
    hub = Hub(chamber)
    hub.route("0.0.0.0/0", hub.second)
    hub.client.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=hub.second)
    assert hub.search(EVERYTHING) == [
        ("0.0.0.0/0", "static", "blackhole"),
        ("10.0.0.0/16", "propagated", "active"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("route-search.exact-match", "10.1.0.0/16", ["10.1.0.0/16"]),
        ("route-search.longest-prefix-match", "10.0.5.9", ["10.0.4.0/22"]),
        ("route-search.longest-prefix-match", "8.8.8.8", ["0.0.0.0/0"]),
        ("route-search.subnet-of-match", "10.0.0.0/16", ["10.0.0.0/16", "10.0.4.0/22"]),
        ("route-search.supernet-of-match", "10.0.4.0/24", ["0.0.0.0/0", "10.0.0.0/16",
                                                           "10.0.4.0/22"]),
        ("state", "blackhole", ["10.0.4.0/22"]),
        ("type", "static", ["0.0.0.0/0", "10.0.4.0/22"]),
        ("attachment.resource-type", "vpc", ["0.0.0.0/0", "10.0.0.0/16", "10.1.0.0/16"]),
    ],
)  # fmt: skip
def test_searches(chamber: Chamber, name: str, value: str, found: list[str]) -> None:
    hub = Hub(chamber)
    hub.route("0.0.0.0/0", hub.second)
    hub.route("10.0.4.0/22")
    assert [cidr for cidr, *_ in hub.search((name, value))] == found


def test_a_search_pages_and_refuses_what_is_no_cidr(chamber: Chamber) -> None:
    hub = Hub(chamber)
    for each in range(9):
        hub.route(f"10.9.{each}.0/24", hub.first)
    first = hub.client.search_transit_gateway_routes(
        TransitGatewayRouteTableId=hub.table,
        Filters=[{"Name": "type", "Values": ["static"]}],
        MaxResults=5,
    )
    assert len(first["Routes"]) == 5
    assert first["AdditionalRoutesAvailable"] is True
    rest = hub.client.search_transit_gateway_routes(
        TransitGatewayRouteTableId=hub.table,
        Filters=[{"Name": "type", "Values": ["static"]}],
        NextToken=first["NextToken"],
    )
    assert [each["DestinationCidrBlock"] for each in rest["Routes"]] == [
        f"10.9.{each}.0/24" for each in range(5, 9)
    ]
    assert rest["AdditionalRoutesAvailable"] is False
    with pytest.raises(ClientError) as wrong:
        hub.search(("route-search.exact-match", "all"))
    assert code_of(wrong.value) == "InvalidParameterValue"
    with pytest.raises(ClientError) as wrong:
        hub.route("ten", hub.first)
    assert code_of(wrong.value) == "InvalidParameterValue"
    with pytest.raises(ClientError) as both:
        hub.route("10.7.0.0/16", hub.first, Blackhole=True)
    assert code_of(both.value) == "InvalidParameterCombination"


def test_an_attachment_looks_routes_up_in_one_table(chamber: Chamber) -> None:
    hub = Hub(chamber)
    other: str = hub.client.create_transit_gateway_route_table(TransitGatewayId=hub.tgw)[
        "TransitGatewayRouteTable"
    ]["TransitGatewayRouteTableId"]
    pair = {"TransitGatewayRouteTableId": other, "TransitGatewayAttachmentId": hub.first}
    with pytest.raises(ClientError) as taken:
        hub.client.associate_transit_gateway_route_table(**pair)
    assert code_of(taken.value) == "Resource.AlreadyAssociated"
    hub.client.disassociate_transit_gateway_route_table(
        **{**pair, "TransitGatewayRouteTableId": hub.table}
    )
    hub.client.associate_transit_gateway_route_table(**pair)
    hub.client.enable_transit_gateway_route_table_propagation(**pair)
    with pytest.raises(ClientError) as twice:
        hub.client.enable_transit_gateway_route_table_propagation(**pair)
    assert code_of(twice.value) == "TransitGatewayRouteTablePropagation.Duplicate"
    [row] = hub.client.get_transit_gateway_route_table_associations(
        TransitGatewayRouteTableId=other
    )["Associations"]
    assert (row["TransitGatewayAttachmentId"], row["State"]) == (hub.first, "associated")
    [row] = hub.client.get_transit_gateway_route_table_propagations(
        TransitGatewayRouteTableId=other, Filters=[{"Name": "resource-type", "Values": ["vpc"]}]
    )["TransitGatewayRouteTablePropagations"]
    assert row["TransitGatewayAttachmentId"] == hub.first
    tables = hub.client.get_transit_gateway_attachment_propagations(
        TransitGatewayAttachmentId=hub.first
    )["TransitGatewayAttachmentPropagations"]
    assert {each["TransitGatewayRouteTableId"] for each in tables} == {hub.table, other}
    with pytest.raises(ClientError) as used:
        hub.client.delete_transit_gateway_route_table(TransitGatewayRouteTableId=other)
    assert hub.first in str(used.value)
    hub.client.disassociate_transit_gateway_route_table(**pair)
    with pytest.raises(ClientError) as gone:
        hub.client.disassociate_transit_gateway_route_table(**pair)
    assert code_of(gone.value) == "InvalidAssociation.NotFound"
    hub.client.delete_transit_gateway_route_table(TransitGatewayRouteTableId=other)
    [row] = hub.client.describe_transit_gateway_route_tables(TransitGatewayRouteTableIds=[other])[
        "TransitGatewayRouteTables"
    ]
    assert row["State"] == "deleted"
    with pytest.raises(ClientError) as late:
        hub.client.associate_transit_gateway_route_table(**pair)
    assert code_of(late.value) == "InvalidRouteTableID.NotFound"


def test_a_prefix_list_is_as_many_routes_as_it_has_entries(chamber: Chamber) -> None:
    hub = Hub(chamber)
    listing: str = hub.client.create_managed_prefix_list(
        PrefixListName="offices", MaxEntries=5, AddressFamily="IPv4",
        Entries=[{"Cidr": "192.0.2.0/24"}, {"Cidr": "10.0.0.0/16"}],
    )["PrefixList"]["PrefixListId"]  # fmt: skip
    pair = {"TransitGatewayRouteTableId": hub.table, "PrefixListId": listing}
    hub.client.create_transit_gateway_prefix_list_reference(
        **pair, TransitGatewayAttachmentId=hub.second
    )
    assert hub.search(("prefix-list-id", listing)) == [
        ("10.0.0.0/16", "static", "active"),
        ("192.0.2.0/24", "static", "active"),
    ]
    hub.route("192.0.2.0/24")
    assert hub.search(("prefix-list-id", listing)) == [("10.0.0.0/16", "static", "active")]
    hub.client.modify_transit_gateway_prefix_list_reference(**pair, Blackhole=True)
    assert hub.search(("prefix-list-id", listing)) == [("10.0.0.0/16", "static", "blackhole")]
    [row] = hub.client.get_transit_gateway_prefix_list_references(
        TransitGatewayRouteTableId=hub.table,
        Filters=[{"Name": "is-blackhole", "Values": ["true"]}],
    )["TransitGatewayPrefixListReferences"]
    assert row["PrefixListOwnerId"] == MINE
    hub.client.delete_transit_gateway_prefix_list_reference(**pair)
    assert ("10.0.0.0/16", "propagated", "active") in hub.search(EVERYTHING)
    with pytest.raises(ClientError) as gone:
        hub.client.delete_transit_gateway_prefix_list_reference(**pair)
    assert code_of(gone.value) == "InvalidPrefixListReference.NotFound"


def test_routes_are_exported_to_a_bucket(chamber: Chamber) -> None:
    hub = Hub(chamber)
    s3 = chamber.client("s3", region_name=HERE, account=MINE)
    s3.create_bucket(
        Bucket="exported-routes", CreateBucketConfiguration={"LocationConstraint": HERE}
    )
    location = hub.client.export_transit_gateway_routes(
        TransitGatewayRouteTableId=hub.table, S3Bucket="exported-routes"
    )["S3Location"]
    start = "s3://exported-routes/VPCTransitGateway/TransitGatewayRouteTables/"
    assert location.startswith(start + hub.table)
    body = s3.get_object(Bucket="exported-routes", Key=location[len("s3://exported-routes/") :])
    document = json.loads(body["Body"].read())
    assert [each["destinationCidrBlock"] for each in document["routes"]] == [
        "10.0.0.0/16", "10.1.0.0/16",
    ]  # fmt: skip


def test_routes_over_a_peering_are_each_side_s_own(chamber: Chamber) -> None:
    hub = Hub(chamber)
    yours = ec2(chamber, YOURS, THERE)
    theirs = gateway(yours)
    peering: str = hub.client.create_transit_gateway_peering_attachment(
        TransitGatewayId=hub.tgw, PeerTransitGatewayId=theirs, PeerAccountId=YOURS,
        PeerRegion=THERE,
    )["TransitGatewayPeeringAttachment"]["TransitGatewayAttachmentId"]  # fmt: skip
    with pytest.raises(ClientError) as early:
        hub.route("10.8.0.0/16", peering)
    assert code_of(early.value) == "IncorrectState"
    yours.accept_transit_gateway_peering_attachment(TransitGatewayAttachmentId=peering)
    made = hub.route("10.8.0.0/16", peering)
    assert made["TransitGatewayAttachments"] == [
        {
            "TransitGatewayAttachmentId": peering,
            "ResourceId": theirs,
            "ResourceType": "peering",
        }
    ]
    [table] = yours.describe_transit_gateway_route_tables()["TransitGatewayRouteTables"]
    back = yours.create_transit_gateway_route(
        TransitGatewayRouteTableId=table["TransitGatewayRouteTableId"],
        DestinationCidrBlock="10.0.0.0/15",
        TransitGatewayAttachmentId=peering,
    )["Route"]
    assert back["TransitGatewayAttachments"][0]["ResourceId"] == hub.tgw


# Against a model

networks = st.builds(
    lambda number, bits: Network((number << 22 & 0xFFFFFFFF, bits), strict=False),
    st.integers(0, 31),
    st.integers(5, 14),
)
wanted = st.one_of(
    networks.map(str),
    st.integers(0, 0xFFFFFFFF).map(lambda number: str(ipaddress.IPv4Address(number & 0x07FFFFFF))),
)
ATTACHMENTS = tuple(f"tgw-attach-{each:017x}" for each in range(4))


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[tuple[Network, str]], list[list[Network]], list[str]]:
    """Static routes (to an attachment or nowhere), each attachment's CIDRs, states."""
    static = draw(
        st.lists(
            st.tuples(networks, st.sampled_from(("", *ATTACHMENTS))),
            max_size=8,
            unique_by=lambda each: each[0],
        )
    )
    cidrs = [draw(st.lists(networks, max_size=3)) for _ in ATTACHMENTS]
    states = [draw(st.sampled_from(("available", "deleted"))) for _ in ATTACHMENTS]
    return static, cidrs, states


def built(static: Any, cidrs: Any, states: Any) -> tuple[Cloud, TransitRouteTable]:
    cloud = Cloud(Settings(seed=1))
    whereabouts = cloud.store.rows(WHEREABOUTS, "", "")
    for number, identifier in enumerate(ATTACHMENTS):
        network = f"vpc-{number:017x}"
        blocks = [CidrAssociation("", str(each)) for each in cidrs[number]]
        cloud.store.rows(VPCS, MINE, HERE)[network] = Vpc(id=network, owner=MINE, blocks=blocks)
        cloud.store.rows(TRANSIT_ATTACHMENTS, MINE, HERE)[identifier] = TransitAttachment(
            id=identifier, owner=MINE, gateway="tgw-1", gateway_owner=MINE, type="vpc",
            resource=network, resource_owner=MINE, state=states[number],
        )  # fmt: skip
        whereabouts[network] = whereabouts[identifier] = Place(MINE, HERE)
    return cloud, TransitRouteTable(
        id="tgw-rtb-1", owner=MINE, gateway="tgw-1",
        routes=[TransitRoute(cidr=str(cidr), attachment=to) for cidr, to in static],
        propagations=list(ATTACHMENTS),
    )  # fmt: skip


def in_force(static: Any, cidrs: Any, states: Any) -> dict[Network, tuple[str, str, str]]:
    """The same by brute force: what is preferred overwrites what is not."""
    model: dict[Network, tuple[str, str, str]] = {}
    up = {each for each, state in zip(ATTACHMENTS, states, strict=True) if state == "available"}
    for number in reversed(range(len(ATTACHMENTS))):
        if ATTACHMENTS[number] in up:
            for cidr in cidrs[number]:
                model[cidr] = (ATTACHMENTS[number], "propagated", "active")
    for cidr, to in static:
        model[cidr] = (to, "static", "active" if to in up else "blackhole")
    return model


@given(tables(), wanted)
def test_routes_and_searches_are_those_of_a_naive_model(table: Any, asked: str) -> None:
    cloud, row = built(*table)
    model = in_force(*table)
    routes = routing.routes_of(cloud, row)
    assert {
        Network(each.cidr): ((each.attachments or ("",))[0], each.type, each.state)
        for each in routes
    } == model
    assert [Network(each.cidr) for each in routes] == sorted(model)
    block = Network(asked)
    around = sorted(each for each in model if block.subnet_of(each))
    assert [Network(each.cidr) for each in routing.around(routes, asked)] == around
    assert [Network(each.cidr) for each in routing.inside(routes, asked)] == sorted(
        each for each in model if each.subnet_of(block)
    )
    assert [Network(each.cidr) for each in routing.exactly(routes, asked)] == [
        each for each in model if each == block
    ]
    found = routing.longest_match(routes, asked)
    narrowest = max(around, key=lambda each: each.prefixlen, default=None)
    assert (Network(found.cidr) if found else None) == narrowest
