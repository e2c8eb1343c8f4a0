"""What goes wrong in networks that people really build, each with the explanation that helps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from tests.unit.services.ec2.reachability.estate import ALL, ANYWHERE, OTHER, Estate, Server, ids

WEB = ("tcp", 443, 443, ANYWHERE)


@pytest.fixture
def estate() -> Iterator[Estate]:
    with Chamber(seed=1) as chamber:
        yield Estate(chamber)


class Side(NamedTuple):
    """A VPC with one subnet, a table of its own, and a server that lets everything in."""

    vpc: str
    subnet: str
    table: str
    server: Server


def side(estate: Estate, cidr: str, zone: int = 0) -> Side:
    vpc = estate.vpc(cidr)
    subnet = estate.subnet(vpc, cidr.replace(".0.0/16", ".1.0/24"), zone=zone)
    table = estate.table(vpc, subnet)
    return Side(vpc, subnet, table, estate.server(subnet, estate.group(vpc, ALL)))


def peered(one: Estate, near: Side, other: Estate, far: Side) -> str:
    made = one.ec2.create_vpc_peering_connection(
        VpcId=near.vpc, PeerVpcId=far.vpc, PeerOwnerId=other.account, PeerRegion=other.region
    )["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    other.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=made)
    identifier: str = made
    return identifier


def code_of(answer: dict[str, Any]) -> str:
    """The first explanation of an analysis."""
    assert answer["NetworkPathFound"] is False
    code: str = answer["Explanations"][0]["ExplanationCode"]
    return code


def test_a_missing_return_route(estate: Estate) -> None:
    near, far = side(estate, "10.0.0.0/16"), side(estate, "10.1.0.0/16")
    peering = peered(estate, near, estate, far)
    estate.route(near.table, "10.1.0.0/16", VpcPeeringConnectionId=peering)
    answer = estate.reach(near.server.instance, far.server.instance)
    assert (answer["allowed"], answer["code"]) == (False, "NO_ROUTE_TO_DESTINATION")
    last = answer["steps"][-1]
    assert (last["path"], last["about"]) == ("return", far.table)
    assert answer["sentence"].startswith("the reply is lost")
    found = estate.analyse(near.server.instance, far.server.instance)
    assert code_of(found) == "NO_ROUTE_TO_DESTINATION"
    assert found["Explanations"][0]["RouteTable"]["Id"] == far.table
    assert peering in ids(found["ForwardPathComponents"])
    estate.route(far.table, "10.0.0.0/16", VpcPeeringConnectionId=peering)
    assert estate.reach(near.server.instance, far.server.instance)["allowed"] is True
    mended = estate.analyse(near.server.instance, far.server.instance)
    assert peering in ids(mended["ReturnPathComponents"])


def test_the_ephemeral_ports_that_an_acl_forgets(estate: Estate) -> None:
    vpc = estate.vpc()
    near, far = estate.subnet(vpc, "10.0.1.0/24"), estate.subnet(vpc, "10.0.2.0/24")
    group = estate.group(vpc, ALL)
    one, other = estate.server(near, group), estate.server(far, group)
    acl = estate.acl(vpc, (100, False, "allow", 443, 443, ANYWHERE), subnet=far)
    answer = estate.reach(one.instance, other.instance)
    last = answer["steps"][-1]
    assert (answer["code"], last["path"], last["about"], last["by"]) == (
        "SUBNET_ACL_RESTRICTION", "return", acl, "*",
    )  # fmt: skip
    explanation = estate.analyse(one.instance, other.instance)["Explanations"][0]
    assert explanation["Acl"]["Id"] == acl
    assert explanation["AclRule"]["RuleNumber"] == 32_767
    assert explanation["Direction"] == "egress"
    # Linux's ports are let through: some packets pass, but not all that a client might send.
    estate.ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=100, Egress=True, RuleAction="allow", Protocol="6",
        PortRange={"From": 32_768, "To": 60_999}, CidrBlock=ANYWHERE,
    )  # fmt: skip
    partly = estate.reach(one.instance, other.instance)
    assert partly["code"] == "SUBNET_ACL_RESTRICTION"
    assert "of these it refuses 1024-32767" in partly["sentence"]
    found = estate.analyse(one.instance, other.instance)
    assert found["NetworkPathFound"] is True
    header = found["ReturnPathComponents"][-1]["InboundHeader"]
    assert header["DestinationPortRanges"] == [{"From": 32_768, "To": 60_999}]
    probed = estate.chamber.control.probe(
        {"source": one.instance, "destination": other.instance, "port": 443}
    )
    assert probed["allowed"] is True


def test_a_group_named_across_a_peering(estate: Estate) -> None:
    """Within a Region a peer's group may be named; another way between the VPCs loses it."""
    near, far = side(estate, "10.0.0.0/16"), side(estate, "10.1.0.0/16")
    peering = peered(estate, near, estate, far)
    estate.route(near.table, "10.1.0.0/16", VpcPeeringConnectionId=peering)
    estate.route(far.table, "10.0.0.0/16", VpcPeeringConnectionId=peering)
    clients = estate.group(near.vpc)
    named = estate.group(far.vpc, ("tcp", 443, 443, clients))
    client, server = estate.server(near.subnet, clients), estate.server(far.subnet, named)
    assert estate.reach(client.instance, server.instance)["allowed"] is True
    assert estate.reach(near.server.instance, server.instance)["code"] == "ENI_SG_RULES_MISMATCH"
    gateway = joined(estate, near, far)
    for table, cidr in ((near.table, "10.1.0.0/16"), (far.table, "10.0.0.0/16")):
        estate.ec2.replace_route(
            RouteTableId=table, DestinationCidrBlock=cidr, TransitGatewayId=gateway
        )
    answer = estate.reach(client.instance, server.instance)
    assert answer["code"] == "SG_REFERENCING_SUPPORT"
    explanation = estate.analyse(client.instance, server.instance)["Explanations"][0]
    assert explanation["SecurityGroupRule"]["SecurityGroupId"] == clients
    assert explanation["NetworkInterface"]["Id"] == server.interface


def test_a_group_of_another_region_cannot_be_named_and_a_block_can(estate: Estate) -> None:
    there = Estate(estate.chamber, account=OTHER, region="us-east-1")
    near, far = side(estate, "10.0.0.0/16"), side(there, "10.1.0.0/16")
    peering = peered(estate, near, there, far)
    estate.route(near.table, "10.1.0.0/16", VpcPeeringConnectionId=peering)
    there.route(far.table, "10.0.0.0/16", VpcPeeringConnectionId=peering)
    clients, guard = estate.group(near.vpc), there.group(far.vpc)
    client, server = estate.server(near.subnet, clients), there.server(far.subnet, guard)
    pair = {"GroupId": clients, "UserId": estate.account, "VpcPeeringConnectionId": peering}
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    with pytest.raises(ClientError, match=r"InvalidGroup\.NotFound"):
        there.ec2.authorize_security_group_ingress(
            GroupId=guard, IpPermissions=[{**permission, "UserIdGroupPairs": [pair]}]
        )
    assert estate.reach(client.instance, server.instance)["code"] == "SG_HAS_NO_RULES"
    there.ec2.authorize_security_group_ingress(
        GroupId=guard, IpPermissions=[{**permission, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}]
    )
    assert estate.reach(client.instance, server.instance)["allowed"] is True


def joined(estate: Estate, *sides: Side, zone_of: str = "") -> str:
    """A transit gateway that all the VPCs are attached to."""
    ec2 = estate.ec2
    gateway: str = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    for each in sides:
        ec2.create_transit_gateway_vpc_attachment(
            TransitGatewayId=gateway, VpcId=each.vpc, SubnetIds=[zone_of or each.subnet]
        )
        zone_of = ""
    return gateway


def test_overlapping_blocks(estate: Estate) -> None:
    """The local route always wins: an address that both VPCs have is looked for at home."""
    near, far = side(estate, "10.0.0.0/16"), side(estate, "10.0.0.0/16")
    refused = estate.ec2.create_vpc_peering_connection(VpcId=near.vpc, PeerVpcId=far.vpc)
    peering = refused["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    shown = estate.ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[peering])
    assert shown["VpcPeeringConnections"][0]["Status"]["Code"] == "failed"
    gateway = joined(estate, near, far)
    estate.route(near.table, TransitGatewayId=gateway)
    estate.route(far.table, TransitGatewayId=gateway)
    answer = estate.reach(near.server.instance, far.server.instance)
    assert (answer["allowed"], answer["code"]) == (False, "NO_POSSIBLE_DESTINATION")
    assert answer["steps"][-1]["about"] in (near.vpc, near.table)


def test_a_zone_that_the_transit_gateway_does_not_serve(estate: Estate) -> None:
    near, far = side(estate, "10.0.0.0/16", zone=1), side(estate, "10.1.0.0/16")
    elsewhere = estate.subnet(near.vpc, "10.0.9.0/24", zone=0)
    gateway = joined(estate, near, far, zone_of=elsewhere)
    estate.route(near.table, "10.1.0.0/16", TransitGatewayId=gateway)
    estate.route(far.table, "10.0.0.0/16", TransitGatewayId=gateway)
    answer = estate.reach(near.server.instance, far.server.instance)
    assert answer["code"] == "TGW_ROUTE_AZ_RESTRICTION"
    explanation = estate.analyse(near.server.instance, far.server.instance)["Explanations"][0]
    assert explanation["AvailabilityZoneIds"] == [estate.zones[1]]
    assert explanation["TransitGateway"]["Id"] == gateway
    served = estate.server(elsewhere, estate.group(near.vpc, ALL))
    estate.ec2.associate_route_table(RouteTableId=near.table, SubnetId=elsewhere)
    found = estate.analyse(served.instance, far.server.instance)
    assert found["NetworkPathFound"] is True
    kinds = [each for each in ids(found["ForwardPathComponents"]) if each.startswith("tgw")]
    assert len(kinds) == 3  # an attachment, the route table, an attachment


def test_a_transit_gateway_table_without_a_route(estate: Estate) -> None:
    near, far = side(estate, "10.0.0.0/16"), side(estate, "10.1.0.0/16")
    gateway = joined(estate, near, far)
    estate.route(near.table, "10.0.0.0/8", TransitGatewayId=gateway)
    found = estate.analyse(near.server.instance, far.server.instance)
    assert code_of(found) == "NO_ROUTE_TO_DESTINATION"
    answer = estate.chamber.control.reach(
        {"source": near.server.instance, "destination": "10.7.0.1", "port": 443}
    )
    assert answer["code"] == "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"


def test_no_public_address(estate: Estate) -> None:
    near = side(estate, "10.0.0.0/16")
    gateway = estate.internet(near.vpc)
    estate.route(near.table, GatewayId=gateway)
    answer = estate.reach(near.server.instance, "internet")
    assert answer["code"] == "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
    explanation = estate.analyse(near.server.instance, gateway)["Explanations"][0]
    assert explanation["InternetGateway"]["Id"] == gateway
    public = estate.server(near.subnet, estate.group(near.vpc, WEB), public=True)
    assert estate.reach(public.instance, "internet")["allowed"] is True
    assert estate.reach("internet", public.instance)["allowed"] is True
    assert estate.reach("internet", public.public)["allowed"] is True
    assert estate.analyse(gateway, public.instance)["NetworkPathFound"] is True
    assert estate.analyse(public.instance, gateway)["NetworkPathFound"] is True
    assert estate.reach("internet", near.server.instance)["code"] == (
        "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"
    )


def test_from_the_internet_some_source_will_do(estate: Estate) -> None:
    """Reachability Analyzer asks whether anybody on the internet gets in, not whether all do."""
    near = side(estate, "10.0.0.0/16")
    gateway = estate.internet(near.vpc)
    estate.route(near.table, GatewayId=gateway)
    office = estate.group(near.vpc, ("tcp", 443, 443, "198.51.100.0/24"))
    server = estate.server(near.subnet, office, public=True)
    assert estate.reach("internet", server.instance)["code"] == "ENI_SG_RULES_MISMATCH"
    found = estate.analyse(gateway, server.instance)
    assert found["NetworkPathFound"] is True
    header = found["ForwardPathComponents"][0]["OutboundHeader"]
    assert header["SourceAddresses"] == ["198.51.100.0/32"]
    assert code_of(estate.analyse(gateway, server.instance, DestinationPort=22)) == (
        "ENI_SG_RULES_MISMATCH"
    )


def test_an_internet_gateway_that_is_not_attached(estate: Estate) -> None:
    near = side(estate, "10.0.0.0/16")
    gateway = estate.internet(near.vpc)
    estate.route(near.table, GatewayId=gateway)
    server = estate.server(near.subnet, estate.group(near.vpc, WEB))
    estate.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=near.vpc)
    answer = estate.reach(server.instance, "internet")
    last = answer["steps"][-1]
    assert (answer["code"], last["about"], last["by"]) == ("BAD_STATE_ROUTE", near.table, ANYWHERE)
    routes = estate.ec2.describe_route_tables(RouteTableIds=[near.table])
    states = {each["DestinationCidrBlock"]: each["State"]
              for each in routes["RouteTables"][0]["Routes"]}  # fmt: skip
    assert states[ANYWHERE] == "blackhole", "what is described is what is walked"


def test_block_public_access(estate: Estate) -> None:
    near = side(estate, "10.0.0.0/16")
    estate.route(near.table, GatewayId=estate.internet(near.vpc))
    server = estate.server(near.subnet, estate.group(near.vpc, WEB), public=True)
    estate.ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode="block-ingress")
    assert estate.reach("internet", server.instance)["code"] == "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"
    estate.ec2.create_vpc_block_public_access_exclusion(
        VpcId=near.vpc, InternetGatewayExclusionMode="allow-bidirectional"
    )
    assert estate.reach("internet", server.instance)["allowed"] is True


def test_two_accounts_meet_by_a_peering_that_only_one_may_analyse_whole(estate: Estate) -> None:
    theirs = Estate(estate.chamber, account=OTHER)
    near, far = side(estate, "10.0.0.0/16"), side(theirs, "10.1.0.0/16")
    peering = peered(estate, near, theirs, far)
    estate.route(near.table, "10.1.0.0/16", VpcPeeringConnectionId=peering)
    theirs.route(far.table, "10.0.0.0/16", VpcPeeringConnectionId=peering)
    arn = f"arn:aws:ec2:{theirs.region}:{OTHER}:instance/{far.server.instance}"
    found = estate.analyse(near.server.instance, arn)
    assert (code_of(found), found["SuggestedAccounts"]) == ("NO_PATH", [OTHER])
    organizations = estate.chamber.client("organizations", account=estate.account)
    organizations.create_organization(FeatureSet="ALL")
    invited = organizations.invite_account_to_organization(Target={"Id": OTHER, "Type": "ACCOUNT"})
    estate.chamber.client("organizations", account=OTHER).accept_handshake(
        HandshakeId=invited["Handshake"]["Id"]
    )
    estate.ec2.enable_reachability_analyzer_organization_sharing()
    whole = estate.analyse(near.server.instance, arn, AdditionalAccounts=[OTHER])
    assert whole["NetworkPathFound"] is True
    assert ids(whole["ForwardPathComponents"])[-1] == far.server.instance


def test_lattice_is_reached_from_an_associated_vpc_only(estate: Estate) -> None:
    near = side(estate, "10.0.0.0/16")
    link_local = "169.254.171.7"
    assert estate.reach(near.server.instance, link_local)["code"] == "NO_ROUTE_TO_DESTINATION"
    lattice = estate.chamber.client("vpc-lattice", estate.region, account=estate.account)
    network = lattice.create_service_network(name="delivery")["id"]
    guard = estate.group(near.vpc, ("tcp", 443, 443, "10.0.0.0/16"))
    lattice.create_service_network_vpc_association(
        serviceNetworkIdentifier=network, vpcIdentifier=near.vpc, securityGroupIds=[guard]
    )
    assert estate.reach(near.server.instance, link_local)["allowed"] is True
    blocked = estate.reach(near.server.instance, link_local, port=80)
    assert (blocked["code"], blocked["steps"][-1]["about"]) == ("ENI_SG_RULES_MISMATCH", guard)
