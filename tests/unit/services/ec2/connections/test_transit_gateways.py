"""Transit Gateways and what is attached to them, between two accounts and two Regions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.connections.estates import (
    HERE,
    MINE,
    THERE,
    YOURS,
    code_of,
    ec2,
    gateway,
    message_of,
    shared,
    subnet,
    vpc,
)


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1) as opened:
        yield opened


def described(client: Any, identifier: str) -> dict[str, Any]:
    [found] = client.describe_transit_gateways(TransitGatewayIds=[identifier])["TransitGateways"]
    return dict(found)


def attached(client: Any, tgw: str, vpc_id: str, *subnets: str, **more: Any) -> str:
    answer = client.create_transit_gateway_vpc_attachment(
        TransitGatewayId=tgw, VpcId=vpc_id, SubnetIds=list(subnets), **more
    )
    made: str = answer["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
    return made


def attachment(client: Any, identifier: str) -> dict[str, Any]:
    [found] = client.describe_transit_gateway_attachments(TransitGatewayAttachmentIds=[identifier])[
        "TransitGatewayAttachments"
    ]
    return dict(found)


def interfaces(client: Any, vpc_id: str) -> list[dict[str, Any]]:
    answer = client.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])
    return list(answer["NetworkInterfaces"])


def test_a_gateway_has_one_table_for_both_defaults(chamber: Chamber) -> None:
    client = ec2(chamber)
    made = client.create_transit_gateway(Description="hub", Options={"AmazonSideAsn": 64513})
    assert made["TransitGateway"]["State"] == "pending"
    tgw = made["TransitGateway"]["TransitGatewayId"]
    found = described(client, tgw)
    assert found["State"] == "available"
    assert found["TransitGatewayArn"] == f"arn:aws:ec2:{HERE}:{MINE}:transit-gateway/{tgw}"
    assert found["Options"]["AmazonSideAsn"] == 64513
    table = found["Options"]["AssociationDefaultRouteTableId"]
    assert found["Options"]["PropagationDefaultRouteTableId"] == table
    [row] = client.describe_transit_gateway_route_tables()["TransitGatewayRouteTables"]
    assert row["TransitGatewayRouteTableId"] == table
    assert row["DefaultAssociationRouteTable"] is row["DefaultPropagationRouteTable"] is True


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"AmazonSideAsn": 7224}, "InvalidParameterValue"),
        ({"AmazonSideAsn": 65535}, "InvalidParameterValue"),
        ({"TransitGatewayCidrBlocks": ["10.0.0.0/25"]}, "InvalidParameterValue"),
        ({"TransitGatewayCidrBlocks": ["ten"]}, "InvalidParameterValue"),
        ({"MulticastSupport": "enable"}, "NotImplemented"),
    ],
)
def test_what_a_gateway_cannot_be(chamber: Chamber, options: dict[str, Any], code: str) -> None:
    client = ec2(chamber)
    with pytest.raises(ClientError) as wrong:
        client.create_transit_gateway(Options=options)
    assert code_of(wrong.value) == code
    assert not client.describe_transit_gateways()["TransitGateways"]


def test_defaults_can_be_turned_off_and_moved(chamber: Chamber) -> None:
    client = ec2(chamber)
    off = {"DefaultRouteTableAssociation": "disable", "DefaultRouteTablePropagation": "disable"}
    tgw = gateway(client, **off)
    assert not client.describe_transit_gateway_route_tables()["TransitGatewayRouteTables"]
    own = client.create_transit_gateway_route_table(TransitGatewayId=tgw)
    table = own["TransitGatewayRouteTable"]["TransitGatewayRouteTableId"]
    client.modify_transit_gateway(
        TransitGatewayId=tgw,
        Options={
            "DefaultRouteTableAssociation": "enable",
            "AssociationDefaultRouteTableId": table,
            "AddTransitGatewayCidrBlocks": ["10.99.0.0/24"],
        },
    )
    found = described(client, tgw)["Options"]
    assert found["AssociationDefaultRouteTableId"] == table
    assert "PropagationDefaultRouteTableId" not in found
    assert found["TransitGatewayCidrBlocks"] == ["10.99.0.0/24"]
    network = vpc(client)
    attach = attached(client, tgw, network, subnet(client, network, "10.0.0.0/24"))
    assert attachment(client, attach)["Association"]["TransitGatewayRouteTableId"] == table
    with pytest.raises(ClientError) as kept:
        client.delete_transit_gateway_route_table(TransitGatewayRouteTableId=table)
    assert code_of(kept.value) == "IncorrectState"


def test_the_fifth_gateway_is_the_last(chamber: Chamber) -> None:
    client = ec2(chamber)
    first, *_ = [gateway(client) for _ in range(5)]
    with pytest.raises(ClientError) as full:
        client.create_transit_gateway()
    assert code_of(full.value) == "TransitGatewayLimitExceeded"
    client.delete_transit_gateway(TransitGatewayId=first)
    assert described(client, first)["State"] == "deleted"
    gateway(client)
    chamber.advance("1h")
    with pytest.raises(ClientError) as gone:
        described(client, first)
    assert code_of(gone.value) == "InvalidTransitGatewayID.NotFound"


def test_a_vpc_is_attached_by_an_interface_in_each_zone(chamber: Chamber) -> None:
    client = ec2(chamber)
    tgw, network = gateway(client), vpc(client)
    first = subnet(client, network, "10.0.0.0/24", "a")
    second = subnet(client, network, "10.0.1.0/24", "b")
    twin = subnet(client, network, "10.0.2.0/24", "a")
    with pytest.raises(ClientError) as twice:
        attached(client, tgw, network, first, twin)
    assert code_of(twice.value) == "DuplicateSubnetsInSameZone"
    attach = attached(client, tgw, network, first, second)
    found = attachment(client, attach)
    assert (found["State"], found["ResourceId"]) == ("available", network)
    assert found["Association"]["State"] == "associated"
    made = interfaces(client, network)
    assert {each["SubnetId"] for each in made} == {first, second}
    assert {each["InterfaceType"] for each in made} == {"transit_gateway"}
    assert all(attach in each["Description"] for each in made)
    with pytest.raises(ClientError) as again:
        attached(client, tgw, network, first)
    assert code_of(again.value) == "DuplicateTransitGatewayAttachment"
    client.modify_transit_gateway_vpc_attachment(
        TransitGatewayAttachmentId=attach,
        AddSubnetIds=[twin],
        RemoveSubnetIds=[first],
        Options={"ApplianceModeSupport": "enable"},
    )
    assert {each["SubnetId"] for each in interfaces(client, network)} == {second, twin}
    [row] = client.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"]
    assert row["SubnetIds"] == [second, twin]
    assert row["Options"]["ApplianceModeSupport"] == "enable"
    with pytest.raises(ClientError) as none_left:
        client.modify_transit_gateway_vpc_attachment(
            TransitGatewayAttachmentId=attach, RemoveSubnetIds=[second, twin]
        )
    assert code_of(none_left.value) == "InvalidParameterValue"
    with pytest.raises(ClientError) as used:
        client.delete_transit_gateway(TransitGatewayId=tgw)
    assert message_of(used.value) == f"{tgw} has non-deleted Transit Gateway Attachments: {attach}."
    client.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=attach)
    assert not interfaces(client, network)
    assert attachment(client, attach)["State"] == "deleted"
    client.delete_transit_gateway(TransitGatewayId=tgw)
    assert described(client, tgw)["State"] == "deleted"


def test_what_cannot_be_attached(chamber: Chamber) -> None:
    client = ec2(chamber)
    tgw, network, other = gateway(client), vpc(client), vpc(client, "10.1.0.0/16")
    inside, outside = subnet(client, network, "10.0.0.0/24"), subnet(client, other, "10.1.0.0/24")
    tries: list[tuple[tuple[str, ...], dict[str, Any], str]] = [
        ((tgw, network), {}, "MissingParameter"),
        ((tgw, network, outside), {}, "InvalidSubnet"),
        ((tgw, network, "subnet-0123456789abcdef0"), {}, "InvalidSubnetID.NotFound"),
        (("tgw-0123456789abcdef0", network, inside), {}, "InvalidTransitGatewayID.NotFound"),
        (
            (tgw, network, inside),
            {"Options": {"Ipv6Support": "enable"}},
            "InvalidParameterCombination",
        ),
    ]
    for arguments, more, code in tries:
        with pytest.raises(ClientError) as wrong:
            attached(client, *arguments, **more)
        assert code_of(wrong.value) == code
    assert not interfaces(client, network)


def test_a_shared_gateway_lets_in_whom_its_owner_accepts(chamber: Chamber) -> None:
    mine, yours = ec2(chamber), ec2(chamber, YOURS)
    tgw = gateway(mine)
    network = vpc(yours, "10.1.0.0/16")
    inside = subnet(yours, network, "10.1.0.0/24")
    with pytest.raises(ClientError) as unknown:
        attached(yours, tgw, network, inside)
    assert code_of(unknown.value) == "InvalidTransitGatewayID.NotFound"
    shared(chamber, f"arn:aws:ec2:{HERE}:{MINE}:transit-gateway/{tgw}")
    assert described(yours, tgw)["OwnerId"] == MINE
    with pytest.raises(ClientError) as denied:
        yours.delete_transit_gateway(TransitGatewayId=tgw)
    assert code_of(denied.value) == "OperationNotPermitted"
    attach = attached(yours, tgw, network, inside)
    assert attachment(mine, attach)["State"] == "pendingAcceptance"
    assert not interfaces(yours, network)
    with pytest.raises(ClientError) as denied:
        yours.accept_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=attach)
    assert code_of(denied.value) == "OperationNotPermitted"
    mine.accept_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=attach)
    assert attachment(yours, attach)["State"] == "available"
    assert attachment(mine, attach)["ResourceOwnerId"] == YOURS
    [made] = interfaces(yours, network)
    assert made["OwnerId"] == YOURS
    table = described(mine, tgw)["Options"]["AssociationDefaultRouteTableId"]
    routes = mine.search_transit_gateway_routes(
        TransitGatewayRouteTableId=table, Filters=[{"Name": "type", "Values": ["propagated"]}]
    )["Routes"]
    assert [each["DestinationCidrBlock"] for each in routes] == ["10.1.0.0/16"]
    assert not yours.describe_transit_gateway_route_tables()["TransitGatewayRouteTables"]
    mine.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=attach)
    assert not interfaces(yours, network)
    rejected = attached(yours, tgw, network, inside)
    mine.reject_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=rejected)
    assert attachment(yours, rejected)["State"] == "rejected"
    spare = vpc(yours, "10.3.0.0/16")
    kept_out = attached(yours, tgw, spare, subnet(yours, spare, "10.3.0.0/24"))
    mine.reject_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=kept_out)
    [row] = yours.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [spare]}])["Subnets"]
    yours.delete_subnet(SubnetId=row["SubnetId"])
    yours.delete_vpc(VpcId=spare)
    mine.modify_transit_gateway(
        TransitGatewayId=tgw, Options={"AutoAcceptSharedAttachments": "enable"}
    )
    unasked = attached(yours, tgw, network, inside)
    assert attachment(yours, unasked)["State"] == "available"


def test_gateways_are_peered_between_accounts_and_regions(chamber: Chamber) -> None:
    mine, yours = ec2(chamber), ec2(chamber, YOURS, THERE)
    ours, theirs = gateway(mine), gateway(yours)
    made = mine.create_transit_gateway_peering_attachment(
        TransitGatewayId=ours, PeerTransitGatewayId=theirs, PeerAccountId=YOURS, PeerRegion=THERE
    )["TransitGatewayPeeringAttachment"]
    peering = made["TransitGatewayAttachmentId"]
    assert made["State"] == "initiatingRequest"
    assert attachment(yours, peering)["State"] == "pendingAcceptance"
    with pytest.raises(ClientError) as denied:
        mine.accept_transit_gateway_peering_attachment(TransitGatewayAttachmentId=peering)
    assert (
        message_of(denied.value) == f"Cannot accept {peering} as the source of the peering request."
    )
    yours.accept_transit_gateway_peering_attachment(TransitGatewayAttachmentId=peering)
    near, far = attachment(mine, peering), attachment(yours, peering)
    assert near["State"] == far["State"] == "available"
    assert (near["TransitGatewayId"], near["ResourceId"]) == (ours, theirs)
    assert (far["TransitGatewayId"], far["ResourceId"]) == (theirs, ours)
    assert far["TransitGatewayOwnerId"] == YOURS
    tables = [
        described(client, tgw)["Options"]["AssociationDefaultRouteTableId"]
        for client, tgw in ((mine, ours), (yours, theirs))
    ]
    assert [each["Association"]["TransitGatewayRouteTableId"] for each in (near, far)] == tables
    [row] = yours.describe_transit_gateway_peering_attachments(
        Filters=[
            {"Name": "remote-owner-id", "Values": [MINE]},
            {"Name": "transit-gateway-id", "Values": [theirs]},
        ]
    )["TransitGatewayPeeringAttachments"]
    assert row["RequesterTgwInfo"] == {
        "TransitGatewayId": ours, "OwnerId": MINE, "Region": HERE,
    }  # fmt: skip
    with pytest.raises(ClientError) as dynamic:
        yours.enable_transit_gateway_route_table_propagation(
            TransitGatewayRouteTableId=tables[1], TransitGatewayAttachmentId=peering
        )
    assert code_of(dynamic.value) == "InvalidParameterValue"
    with pytest.raises(ClientError) as used:
        yours.delete_transit_gateway(TransitGatewayId=theirs)
    assert "Transit Gateway Cross Region Peering Attachments" in message_of(used.value)
    yours.delete_transit_gateway_peering_attachment(TransitGatewayAttachmentId=peering)
    assert attachment(mine, peering)["State"] == "deleted"
    assert "Association" not in attachment(mine, peering)


def test_a_peering_with_nothing_fails_and_one_can_be_turned_down(chamber: Chamber) -> None:
    mine, yours = ec2(chamber), ec2(chamber, YOURS, THERE)
    ours, theirs = gateway(mine), gateway(yours)

    def peer(other: str, region: str) -> str:
        answer = mine.create_transit_gateway_peering_attachment(
            TransitGatewayId=ours, PeerTransitGatewayId=other, PeerAccountId=YOURS,
            PeerRegion=region,
        )  # fmt: skip
        made: str = answer["TransitGatewayPeeringAttachment"]["TransitGatewayAttachmentId"]
        return made

    assert attachment(mine, peer("tgw-0123456789abcdef0", THERE))["State"] == "failed"
    assert attachment(mine, peer(theirs, "eu-west-2"))["State"] == "failed"
    with pytest.raises(ClientError) as nowhere:
        peer(theirs, "atlantis-1")
    assert code_of(nowhere.value) == "InvalidParameterValue"
    rejected = peer(theirs, THERE)
    yours.reject_transit_gateway_peering_attachment(TransitGatewayAttachmentId=rejected)
    assert attachment(mine, rejected)["State"] == "rejected"
    peer(theirs, THERE)
    with pytest.raises(ClientError) as twice:
        peer(theirs, THERE)
    assert code_of(twice.value) == "DuplicateTransitGatewayAttachment"


def test_two_gateways_of_one_owner_in_one_region(chamber: Chamber) -> None:
    client = ec2(chamber)
    first, second = gateway(client), gateway(client)
    peering = client.create_transit_gateway_peering_attachment(
        TransitGatewayId=first, PeerTransitGatewayId=second, PeerAccountId=MINE, PeerRegion=HERE
    )["TransitGatewayPeeringAttachment"]["TransitGatewayAttachmentId"]
    for tgw in (first, second):
        [row] = client.describe_transit_gateway_peering_attachments(
            Filters=[{"Name": "transit-gateway-id", "Values": [tgw]}]
        )["TransitGatewayPeeringAttachments"]
        assert row["TransitGatewayAttachmentId"] == peering
    client.accept_transit_gateway_peering_attachment(TransitGatewayAttachmentId=peering)
    for tgw in (first, second):
        table = described(client, tgw)["Options"]["AssociationDefaultRouteTableId"]
        [row] = client.get_transit_gateway_route_table_associations(
            TransitGatewayRouteTableId=table
        )["Associations"]
        assert row["ResourceId"] in {first, second} - {tgw}
    with pytest.raises(ClientError) as used:
        client.delete_transit_gateway(TransitGatewayId=second)
    assert "non-deleted Transit Gateway Peering Attachments" in message_of(used.value)


def test_lives_take_their_time_when_asked_to() -> None:
    with Chamber(seed=1, lifecycle="realistic") as slow:
        client = ec2(slow)
        network = vpc(client)
        inside = subnet(client, network, "10.0.0.0/24")
        tgw = client.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
        assert described(client, tgw)["State"] == "pending"
        with pytest.raises(ClientError) as early:
            attached(client, tgw, network, inside)
        assert code_of(early.value) == "IncorrectState"
        slow.advance("10m")
        attach = attached(client, tgw, network, inside)
        assert attachment(client, attach)["State"] == "pending"
        assert "Association" not in attachment(client, attach)
        slow.advance("10m")
        assert attachment(client, attach)["State"] == "available"
        client.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=attach)
        assert attachment(client, attach)["State"] == "deleting"
        assert len(interfaces(client, network)) == 1
        slow.advance("10m")
        assert not interfaces(client, network)
