"""NAT gateways, endpoints and shared subnets: what they let through and who saw it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
import pytest

from cloudchamber import Chamber
from tests.unit.services.ec2.reachability.estate import (
    ALL,
    ANYWHERE,
    OTHER,
    Estate,
    Server,
    ids,
    nat_gateway,
)
from tests.unit.services.ec2.reachability.watching import Watched

WEB = ("tcp", 443, 443, ANYWHERE)


@pytest.fixture
def estate() -> Iterator[Estate]:
    with Chamber(seed=1) as chamber:
        yield Estate(chamber)


class Private(NamedTuple):
    """A server in a private subnet, whose way out is a NAT gateway in a public one."""

    server: Server
    table: str
    gateway: str
    gateway_interface: str
    gateway_address: str


@pytest.fixture
def private(estate: Estate) -> Private:
    vpc = estate.vpc()
    inside, outside = estate.subnet(vpc, "10.0.1.0/24"), estate.subnet(vpc, "10.0.0.0/24")
    estate.route(estate.table(vpc, outside), GatewayId=estate.internet(vpc))
    gateway = nat_gateway(estate, outside)
    table = estate.table(vpc, inside)
    estate.route(table, NatGatewayId=gateway)
    shown = estate.ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"][0]
    address = shown["NatGatewayAddresses"][0]
    server = estate.server(inside, estate.group(vpc, ALL))
    return Private(server, table, gateway, address["NetworkInterfaceId"], address["PrivateIp"])


def test_a_nat_gateway_lets_out_and_not_in(estate: Estate, private: Private) -> None:
    out = estate.analyse(private.server.instance, _gateway_of(estate))
    assert out["NetworkPathFound"] is True
    assert private.gateway in ids(out["ForwardPathComponents"])
    assert estate.reach("internet", private.server.instance)["code"] == (
        "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"
    )


def _gateway_of(estate: Estate) -> str:
    found = estate.ec2.describe_internet_gateways()["InternetGateways"]
    default = {each["VpcId"] for each in estate.ec2.describe_vpcs()["Vpcs"] if each["IsDefault"]}
    identifier: str = next(
        each["InternetGatewayId"]
        for each in found
        if each["Attachments"][0]["VpcId"] not in default
    )
    return identifier


def test_both_interfaces_see_what_goes_by_a_nat_gateway(estate: Estate, private: Private) -> None:
    watched = Watched(estate.chamber)
    outside = "203.0.113.5"
    answer = estate.chamber.control.probe(
        {"source": private.server.instance, "destination": outside, "port": 443}
    )
    assert answer["allowed"] is True
    own, nat = private.server.address, private.gateway_address
    told = [
        (each.interface, each.direction, each.source, each.destination, each.packet_source,
         each.packet_destination, each.path)
        for each in watched.sightings()
    ]  # fmt: skip
    server, gateway = private.server.interface, private.gateway_interface
    assert told == [
        (server, "egress", own, outside, "", "", 1),
        (gateway, "ingress", own, nat, "", outside, 0),
        (gateway, "egress", nat, outside, "", "", 8),
        (gateway, "ingress", outside, nat, "", "", 0),
        (gateway, "egress", nat, own, outside, "", 1),
        (server, "ingress", outside, own, "", "", 0),
    ]


def test_the_route_after_its_nat_gateway_was_deleted(estate: Estate, private: Private) -> None:
    assert estate.reach(private.server.instance, "internet")["allowed"] is True
    estate.ec2.delete_nat_gateway(NatGatewayId=private.gateway)
    answer = estate.reach(private.server.instance, "internet")
    last = answer["steps"][-1]
    assert (answer["code"], last["about"], last["by"]) == (
        "BAD_STATE_ROUTE", private.table, ANYWHERE,
    )  # fmt: skip
    explanation = estate.analyse(private.server.instance, _gateway_of(estate))["Explanations"][0]
    assert explanation["RouteTable"]["Id"] == private.table
    assert explanation["RouteTableRoute"]["State"] == "blackhole"
    assert explanation["RouteTableRoute"]["NatGatewayId"] == private.gateway


def test_a_gateway_endpoint_takes_what_is_for_its_service(estate: Estate) -> None:
    vpc = estate.vpc()
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    table = estate.table(vpc, subnet)
    server = estate.server(subnet, estate.group(vpc))
    bucket = "52.218.0.1"
    assert estate.reach(server.instance, bucket)["code"] == "NO_ROUTE_TO_DESTINATION"
    made = estate.ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"com.amazonaws.{estate.region}.s3", RouteTableIds=[table]
    )["VpcEndpoint"]["VpcEndpointId"]
    assert estate.reach(server.instance, bucket)["allowed"] is True
    named = estate.reach(server.instance, f"a-bucket.s3.{estate.region}.amazonaws.com")
    assert (named["allowed"], named["steps"][-1]["about"] == server.interface) == (True, True)
    elsewhere = estate.reach(server.instance, f"dynamodb.{estate.region}.amazonaws.com")
    assert elsewhere["code"] == "NO_ROUTE_TO_DESTINATION"
    found = estate.analyse(server.instance, made)
    assert ids(found["ForwardPathComponents"])[-1] == made
    route = next(
        each["RouteTableRoute"]
        for each in found["ForwardPathComponents"]
        if "RouteTableRoute" in each
    )
    assert route["DestinationPrefixListId"].startswith("pl-")
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    ]}  # fmt: skip
    estate.ec2.modify_vpc_endpoint(VpcEndpointId=made, PolicyDocument=orjson.dumps(policy).decode())
    narrowed = estate.reach(server.instance, bucket)
    assert narrowed["allowed"] is True, "a policy stops requests, not packets"
    told = [step["sentence"] for step in narrowed["steps"] if step["about"] == made]
    assert "its policy may still refuse the request" in told[0]


@pytest.mark.parametrize(
    "name",
    [
        "sqs.eu-west-1.amazonaws.com", "s3.us-east-1.amazonaws.com", "sts.amazonaws.com",
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com",
    ],
)  # fmt: skip
def test_a_service_without_an_endpoint_is_on_the_internet(
    estate: Estate, private: Private, name: str
) -> None:
    told = estate.reach(private.server.instance, name)
    assert told["allowed"], told
    assert private.gateway in [step["about"] for step in told["steps"]]
    estate.ec2.delete_route(RouteTableId=private.table, DestinationCidrBlock="0.0.0.0/0")
    told = estate.reach(private.server.instance, name)
    assert told["code"] == "NO_ROUTE_TO_DESTINATION"


def test_an_interface_endpoint_is_guarded_by_its_groups(estate: Estate) -> None:
    vpc = estate.vpc()
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    server = estate.server(subnet, estate.group(vpc))
    guard = estate.group(vpc)
    made = estate.ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"com.amazonaws.{estate.region}.sqs", VpcEndpointType="Interface",
        SubnetIds=[subnet], SecurityGroupIds=[guard], PrivateDnsEnabled=False,
    )["VpcEndpoint"]  # fmt: skip
    endpoint = made["VpcEndpointId"]
    assert estate.reach(server.instance, endpoint)["code"] == "SG_HAS_NO_RULES"
    estate.ec2.authorize_security_group_ingress(
        GroupId=guard, IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="10.0.0.0/16"
    )
    assert estate.reach(server.instance, endpoint)["allowed"] is True
    name = estate.ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0][
        "DnsEntries"
    ][0]["DnsName"]
    assert estate.reach(server.instance, name)["allowed"] is True
    private = f"sqs.{estate.region}.amazonaws.com"
    public = estate.reach(server.instance, private)
    assert public["code"] == "NO_ROUTE_TO_DESTINATION", "the name's address is a public one yet"
    estate.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    estate.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PrivateDnsEnabled=True)
    assert estate.reach(server.instance, private)["allowed"] is True


def shared(owner: Estate, subnet: str, account: str) -> None:
    ram = owner.chamber.client("ram", owner.region, account=owner.account)
    arn = f"arn:aws:ec2:{owner.region}:{owner.account}:subnet/{subnet}"
    ram.enable_sharing_with_aws_organization()
    ram.create_resource_share(name="net", resourceArns=[arn], principals=[account])
    theirs: Any = owner.chamber.client("ram", owner.region, account=account)
    for each in theirs.get_resource_share_invitations()["resourceShareInvitations"]:
        theirs.accept_resource_share_invitation(
            resourceShareInvitationArn=each["resourceShareInvitationArn"]
        )


def test_a_shared_subnet_in_a_zone_that_the_transit_gateway_forgot(estate: Estate) -> None:
    """The participant's zone names are its own: what counts is the place, by its id."""
    organizations = estate.chamber.client("organizations", account=estate.account)
    organizations.create_organization(FeatureSet="ALL")
    invited = organizations.invite_account_to_organization(Target={"Id": OTHER, "Type": "ACCOUNT"})
    estate.chamber.client("organizations", account=OTHER).accept_handshake(
        HandshakeId=invited["Handshake"]["Id"]
    )
    theirs = Estate(estate.chamber, account=OTHER)
    hub, spoke = estate.vpc("10.0.0.0/16"), estate.vpc("10.1.0.0/16")
    served = estate.subnet(spoke, "10.1.0.0/24", zone=0)
    forgotten = estate.subnet(spoke, "10.1.1.0/24", zone=1)
    inner = estate.subnet(hub, "10.0.1.0/24")
    gateway = estate.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    for vpc, subnet in ((hub, inner), (spoke, served)):
        estate.ec2.create_transit_gateway_vpc_attachment(
            TransitGatewayId=gateway, VpcId=vpc, SubnetIds=[subnet]
        )
    estate.route(estate.table(spoke, forgotten), "10.0.0.0/16", TransitGatewayId=gateway)
    estate.route(estate.table(hub, inner), "10.1.0.0/16", TransitGatewayId=gateway)
    target = estate.server(inner, estate.group(hub, ALL))
    shared(estate, forgotten, OTHER)
    guest = theirs.server(forgotten, theirs.group(spoke))
    answer = theirs.reach(guest.instance, target.instance)
    assert answer["code"] == "TGW_ROUTE_AZ_RESTRICTION"
    assert estate.zones[1] in answer["sentence"]


def test_a_transit_gateway_is_seen_by_its_interfaces_and_attachments(estate: Estate) -> None:
    sides = []
    for cidr in ("10.0.0.0/16", "10.1.0.0/16"):
        vpc = estate.vpc(cidr)
        subnet = estate.subnet(vpc, cidr.replace(".0.0/16", ".1.0/24"))
        sides.append((vpc, subnet, estate.table(vpc, subnet)))
    gateway = estate.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    attachments = [
        estate.ec2.create_transit_gateway_vpc_attachment(
            TransitGatewayId=gateway, VpcId=vpc, SubnetIds=[subnet]
        )["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
        for vpc, subnet, _ in sides
    ]
    for (_, _, table), cidr in zip(sides, ("10.1.0.0/16", "10.0.0.0/16"), strict=True):
        estate.route(table, cidr, TransitGatewayId=gateway)
    one, other = (estate.server(subnet, estate.group(vpc, ALL)) for vpc, subnet, _ in sides)
    watched = Watched(estate.chamber)
    asked = {"source": one.instance, "destination": other.instance, "port": 443}
    assert estate.chamber.control.probe(asked)["allowed"] is True
    seen = watched.sightings()
    assert [(each.interface, each.direction) for each in (seen[0], seen[3])] == [
        (one.interface, "egress"), (other.interface, "ingress"),
    ]  # fmt: skip
    assert len(seen) == 8
    assert [each.direction for each in seen[1:3]] == ["ingress", "egress"]
    assert seen[1].packet_destination == other.address
    assert seen[2].packet_source == one.address
    transits = watched.transits()
    assert [(each.attachment, each.pair_attachment, each.direction) for each in transits] == [
        (attachments[0], attachments[1], "ingress"),
        (attachments[1], attachments[0], "egress"),
        (attachments[1], attachments[0], "ingress"),
        (attachments[0], attachments[1], "egress"),
    ]
    assert (transits[0].source_interface, transits[0].destination_interface) == (
        one.interface, other.interface,
    )  # fmt: skip


def test_the_reply_that_an_acl_keeps_is_rejected_on_its_way_out(estate: Estate) -> None:
    vpc = estate.vpc()
    near, far = estate.subnet(vpc, "10.0.1.0/24"), estate.subnet(vpc, "10.0.2.0/24")
    group = estate.group(vpc, ALL)
    one, other = estate.server(near, group), estate.server(far, group)
    estate.acl(vpc, (100, False, "allow", 443, 443, ANYWHERE), subnet=far)
    watched = Watched(estate.chamber)
    estate.chamber.control.probe(
        {"source": one.instance, "destination": other.instance, "port": 443}
    )
    assert [(each.interface, each.direction, each.action) for each in watched.sightings()] == [
        (one.interface, "egress", "ACCEPT"),
        (other.interface, "ingress", "ACCEPT"),
        (other.interface, "egress", "REJECT"),
    ]
    estate.chamber.control.probe(
        {"source": one.instance, "destination": other.instance, "port": 80}
    )
    assert [(each.interface, each.direction, each.action) for each in watched.sightings()] == [
        (one.interface, "egress", "ACCEPT"),
        (other.interface, "ingress", "REJECT"),
    ]


def test_what_block_public_access_stops_says_so(estate: Estate) -> None:
    vpc = estate.vpc()
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    estate.route(estate.table(vpc, subnet), GatewayId=estate.internet(vpc))
    server = estate.server(subnet, estate.group(vpc, WEB), public=True)
    mode = "block-bidirectional"
    estate.ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode=mode)
    watched = Watched(estate.chamber)
    for asked in (
        {"source": "internet", "destination": server.instance, "port": 443},
        {"source": server.instance, "destination": "internet", "port": 443},
    ):
        estate.chamber.control.probe(asked)
    told = [
        (each.interface, each.direction, each.action, each.reject_reason)
        for number in range(2)
        for each in watched.sightings(number)
    ]
    assert told == [
        (server.interface, "ingress", "REJECT", "BPA"),
        (server.interface, "egress", "REJECT", "BPA"),
    ]
