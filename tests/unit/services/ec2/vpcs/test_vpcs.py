"""VPCs: made, described, changed, deleted; their CIDRs."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.ec2.refusing import refusal, refused
from tests.unit.services.ec2.vpcs.estate import (
    ACCOUNT,
    REGION,
    default_acl,
    main_table,
    routes_of,
    rules_of,
    where,
    with_ipv6,
)


def vpc_of(ec2: Any, identifier: str) -> dict[str, Any]:
    (vpc,) = ec2.describe_vpcs(VpcIds=[identifier])["Vpcs"]
    found: dict[str, Any] = vpc
    return found


def test_a_vpc_is_pending_and_then_available(ec2: Any) -> None:
    made = ec2.create_vpc(CidrBlock="10.0.0.18/16")["Vpc"]
    assert (made["State"], made["CidrBlock"]) == ("pending", "10.0.0.0/16")
    seen = vpc_of(ec2, made["VpcId"])
    assert seen["State"] == "available"
    assert (seen["OwnerId"], seen["IsDefault"]) == (ACCOUNT, False)
    assert [each["CidrBlock"] for each in seen["CidrBlockAssociationSet"]] == ["10.0.0.0/16"]


def test_a_realistic_vpc_takes_its_time() -> None:
    with Chamber(seed=1, lifecycle="realistic") as chamber:
        ec2 = chamber.client("ec2", region_name=REGION, account=ACCOUNT)
        vpc, _ = with_ipv6(ec2)
        seen = vpc_of(ec2, vpc)
        assert seen["State"] == "pending"
        states = [
            each["Ipv6CidrBlockState"]["State"] for each in seen["Ipv6CidrBlockAssociationSet"]
        ]
        assert states == ["associating"]
        chamber.advance("1m")
        seen = vpc_of(ec2, vpc)
        assert seen["State"] == "available"
        assert len(routes_of(ec2, main_table(ec2, vpc)["RouteTableId"])) == 2


def test_a_new_vpc_has_what_aws_makes_with_it(ec2: Any, vpc: str) -> None:
    table = main_table(ec2, vpc)
    assert [(each["GatewayId"], each["Origin"]) for each in table["Routes"]] == [
        ("local", "CreateRouteTable")
    ]
    assert rules_of(default_acl(ec2, vpc))[0] == (100, "0.0.0.0/0", "allow")
    groups = ec2.describe_security_groups(Filters=where(vpc_id=vpc, group_name="default"))
    assert len(groups["SecurityGroups"]) == 1


@pytest.mark.parametrize(
    ("cidr", "code", "message"),
    [
        ("10.0.0.0", "InvalidParameterValue",
         "Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block."),
        ("10.0.0.0/15", "InvalidVpc.Range", "The CIDR '10.0.0.0/15' is invalid."),
        ("10.0.0.0/29", "InvalidVpc.Range", "The CIDR '10.0.0.0/29' is invalid."),
        ("127.0.0.0/16", "InvalidVpc.Range", "The CIDR '127.0.0.0/16' is invalid."),
        ("169.254.0.0/20", "InvalidVpc.Range", "The CIDR '169.254.0.0/20' is invalid."),
        ("224.0.0.0/16", "InvalidVpc.Range", "The CIDR '224.0.0.0/16' is invalid."),
    ],
)  # fmt: skip
def test_a_block_that_a_vpc_cannot_have(ec2: Any, cidr: str, code: str, message: str) -> None:
    assert refusal(ec2.create_vpc, CidrBlock=cidr) == (code, message)
    assert len(ec2.describe_vpcs()["Vpcs"]) == 1


def test_a_vpc_needs_a_block_and_pools_are_refused_by_name(ec2: Any) -> None:
    assert refusal(ec2.create_vpc) == (
        "MissingParameter",
        "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.",
    )
    code, message = refusal(ec2.create_vpc, Ipv4IpamPoolId="ipam-pool-1", Ipv4NetmaskLength=20)
    assert code == "NotImplemented"
    assert "IPAM" in message


def test_the_sixth_vpc_is_one_too_many(ec2: Any) -> None:
    for number in range(4):
        ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")
    assert refusal(ec2.create_vpc, CidrBlock="10.9.0.0/16") == (
        "VpcLimitExceeded",
        "The maximum number of VPCs has been reached.",
    )


def test_tags_are_given_and_filtered(ec2: Any, vpc: str) -> None:
    named = ec2.create_vpc(
        CidrBlock="10.1.0.0/16",
        TagSpecifications=[
            {"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "north"}]},
        ],
    )["Vpc"]
    assert named["Tags"] == [{"Key": "Name", "Value": "north"}]
    found = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["n*"]}])["Vpcs"]
    assert [each["VpcId"] for each in found] == [named["VpcId"]]
    assert (
        refused(
            ec2.create_vpc,
            CidrBlock="10.2.0.0/16",
            TagSpecifications=[{"ResourceType": "subnet", "Tags": []}],
        )
        == "InvalidParameterValue"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cidr", "10.0.0.0/16"),
        ("cidr-block-association.cidr-block", "10.7.0.0/16"),
        ("cidr-block-association.state", "associated"),
        ("ipv6-cidr-block-association.state", "associated"),
        ("ipv6-cidr-block-association.ipv6-pool", "Amazon"),
        ("is-default", "false"),
        ("owner-id", ACCOUNT),
        ("state", "available"),
    ],
)
def test_every_filter_finds_the_vpc(ec2: Any, name: str, value: str) -> None:
    vpc, _ = with_ipv6(ec2)
    ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.7.0.0/16")
    found = ec2.describe_vpcs(Filters=[{"Name": name, "Values": [value]}])["Vpcs"]
    assert vpc in [each["VpcId"] for each in found]
    none = ec2.describe_vpcs(Filters=[{"Name": name, "Values": ["nothing"]}])["Vpcs"]
    assert none == []


def test_attributes_are_changed_one_at_a_time(ec2: Any, vpc: str) -> None:
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    ec2.modify_vpc_attribute(VpcId=vpc, EnableNetworkAddressUsageMetrics={"Value": True})
    answer = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    assert (answer["VpcId"], answer["EnableDnsHostnames"]) == (vpc, {"Value": True})
    assert (
        refused(
            ec2.modify_vpc_attribute,
            VpcId=vpc,
            EnableDnsHostnames={"Value": True},
            EnableDnsSupport={"Value": True},
        )
        == "InvalidParameterCombination"
    )
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": False})
    assert (
        refused(ec2.modify_vpc_attribute, VpcId=vpc, EnableDnsHostnames={"Value": True})
        == "InvalidParameterCombination"
    )
    assert refused(ec2.modify_vpc_attribute, VpcId=vpc) == "MissingParameter"


def test_tenancy_can_only_become_default(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", InstanceTenancy="dedicated")["Vpc"]["VpcId"]
    assert ec2.modify_vpc_tenancy(VpcId=vpc, InstanceTenancy="default")["ReturnValue"]
    assert vpc_of(ec2, vpc)["InstanceTenancy"] == "default"


def test_ids_that_are_wrong(ec2: Any) -> None:
    missing = "vpc-0123456789abcdef0"
    assert refusal(ec2.delete_vpc, VpcId=missing) == (
        "InvalidVpcID.NotFound",
        f"The vpc ID '{missing}' does not exist",
    )
    assert refused(ec2.describe_vpcs, VpcIds=["nonsense"]) == "InvalidVpcID.Malformed"
    assert refused(ec2.delete_vpc, VpcId=missing, DryRun=True) == "DryRunOperation"


def test_what_is_inside_keeps_a_vpc_from_being_deleted(ec2: Any, vpc: str) -> None:
    answer = (
        "DependencyViolation",
        f"The vpc '{vpc}' has dependencies and cannot be deleted.",
    )
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    assert refusal(ec2.delete_vpc, VpcId=vpc) == answer
    ec2.delete_subnet(SubnetId=subnet)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    assert refusal(ec2.delete_vpc, VpcId=vpc) == answer
    ec2.delete_route_table(RouteTableId=table)
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    assert refusal(ec2.delete_vpc, VpcId=vpc) == answer
    ec2.delete_network_acl(NetworkAclId=acl)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    assert refusal(ec2.delete_vpc, VpcId=vpc) == answer
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    egress = ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]
    assert refusal(ec2.delete_vpc, VpcId=vpc) == answer
    ec2.delete_egress_only_internet_gateway(
        EgressOnlyInternetGatewayId=egress["EgressOnlyInternetGatewayId"]
    )
    group = ec2.create_security_group(VpcId=vpc, GroupName="web", Description="web")["GroupId"]
    assert refusal(ec2.delete_vpc, VpcId=vpc) == answer
    ec2.delete_security_group(GroupId=group)
    ec2.delete_vpc(VpcId=vpc)
    assert refused(ec2.describe_vpcs, VpcIds=[vpc]) == "InvalidVpcID.NotFound"


def test_a_second_block_is_routed_and_taken_away_again(ec2: Any, vpc: str) -> None:
    answer = ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.2.0.0/16")
    association = answer["CidrBlockAssociation"]
    assert association["CidrBlockState"]["State"] == "associating"
    table = main_table(ec2, vpc)["RouteTableId"]
    assert list(routes_of(ec2, table)) == ["10.0.0.0/16", "10.2.0.0/16"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.2.3.0/24")["Subnet"]["SubnetId"]
    identifier = association["AssociationId"]
    assert refused(ec2.disassociate_vpc_cidr_block, AssociationId=identifier) == (
        "InvalidCidrBlock.InUse"
    )
    ec2.delete_subnet(SubnetId=subnet)
    gone = ec2.disassociate_vpc_cidr_block(AssociationId=identifier)["CidrBlockAssociation"]
    assert gone["CidrBlockState"]["State"] == "disassociating"
    assert list(routes_of(ec2, table)) == ["10.0.0.0/16"]
    assert len(vpc_of(ec2, vpc)["CidrBlockAssociationSet"]) == 1
    assert refused(ec2.disassociate_vpc_cidr_block, AssociationId=identifier) == (
        "InvalidVpcCidrBlockAssociationID.NotFound"
    )


def test_the_primary_block_stays(ec2: Any, vpc: str) -> None:
    (block,) = vpc_of(ec2, vpc)["CidrBlockAssociationSet"]
    code, message = refusal(ec2.disassociate_vpc_cidr_block, AssociationId=block["AssociationId"])
    assert code == "OperationNotPermitted"
    assert message.endswith("It is the primary IPv4 CIDR block of the VPC")


def test_the_sixth_block_is_one_too_many(ec2: Any, vpc: str) -> None:
    for number in range(2, 6):
        ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=f"10.{number}.0.0/16")
    assert refusal(ec2.associate_vpc_cidr_block, VpcId=vpc, CidrBlock="10.9.0.0/16") == (
        "CidrLimitExceeded",
        f"This network '{vpc}' has met its maximum number of allowed CIDRs: 5",
    )


def test_a_block_cannot_hold_what_is_routed_elsewhere(ec2: Any, vpc: str) -> None:
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = main_table(ec2, vpc)["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.3.0.0/24", GatewayId=gateway)
    for cidr in ("10.3.0.0/24", "10.3.0.0/16"):
        assert refused(ec2.associate_vpc_cidr_block, VpcId=vpc, CidrBlock=cidr) == (
            "InvalidVpc.Range"
        )
    ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.3.0.0/25")
    assert "10.3.0.0/25" in routes_of(ec2, table)


def test_a_peered_vpc_does_not_take_the_peer_s_addresses(ec2: Any, vpc: str) -> None:
    peer = ec2.create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"]
    peering = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)
    identifier = peering["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    assert refused(ec2.associate_vpc_cidr_block, VpcId=vpc, CidrBlock="10.6.0.0/16") == (
        "OperationNotPermitted"
    )
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=identifier)
    assert refused(ec2.associate_vpc_cidr_block, VpcId=vpc, CidrBlock="10.5.7.0/24") == (
        "InvalidVpc.Range"
    )
    ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.6.0.0/16")
    assert refused(ec2.delete_vpc, VpcId=vpc) == "DependencyViolation"


def test_ipv6_is_amazon_s_and_opens_what_was_open(ec2: Any) -> None:
    vpc, block = with_ipv6(ec2)
    assert block.startswith("2a05:d018:")
    assert block.endswith("/56")
    acl = default_acl(ec2, vpc)
    for is_egress in (True, False):
        assert rules_of(acl, is_egress=is_egress) == [
            (100, "0.0.0.0/0", "allow"),
            (101, "::/0", "allow"),
            (32767, "0.0.0.0/0", "deny"),
            (32768, "::/0", "deny"),
        ]
    (group,) = ec2.describe_security_groups(Filters=where(vpc_id=vpc))["SecurityGroups"]
    (egress,) = group["IpPermissionsEgress"]
    assert [each["CidrIpv6"] for each in egress["Ipv6Ranges"]] == ["::/0"]
    assert block in routes_of(ec2, main_table(ec2, vpc)["RouteTableId"])


def test_ipv6_does_not_open_an_acl_that_was_changed(ec2: Any, vpc: str) -> None:
    acl = default_acl(ec2, vpc)["NetworkAclId"]
    ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=50, Protocol="-1", RuleAction="deny", Egress=False,
        CidrBlock="192.0.2.0/24",
    )  # fmt: skip
    ec2.associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)
    seen = default_acl(ec2, vpc)
    assert 101 not in [number for number, _, _ in rules_of(seen)]
    assert 101 in [number for number, _, _ in rules_of(seen, is_egress=True)]


def test_no_two_vpcs_have_the_same_ipv6_block(chamber: Chamber) -> None:
    blocks = []
    for account in ("111111111111", "222222222222"):
        for region in ("eu-west-1", "us-east-1", "af-south-1"):
            ec2 = chamber.client("ec2", region_name=region, account=account)
            blocks.append(with_ipv6(ec2)[1])
    assert len(set(blocks)) == 6


def test_an_ipv6_block_goes_when_no_subnet_has_any_of_it(ec2: Any) -> None:
    vpc, block = with_ipv6(ec2)
    (association,) = vpc_of(ec2, vpc)["Ipv6CidrBlockAssociationSet"]
    ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", Ipv6CidrBlock=block.replace("/56", "/64"))
    assert (
        refused(ec2.disassociate_vpc_cidr_block, AssociationId=association["AssociationId"])
        == "InvalidCidrBlock.InUse"
    )
    (subnet,) = ec2.describe_subnets(Filters=where(vpc_id=vpc))["Subnets"]
    ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    ec2.disassociate_vpc_cidr_block(AssociationId=association["AssociationId"])
    assert vpc_of(ec2, vpc)["Ipv6CidrBlockAssociationSet"] == []
    assert (
        refused(
            ec2.associate_vpc_cidr_block, VpcId=vpc, Ipv6CidrBlockNetworkBorderGroup="eu-west-1"
        )
        == "InvalidParameterCombination"
    )
    ec2.associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)
    assert (
        refused(ec2.associate_vpc_cidr_block, VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)
        == "CidrLimitExceeded"
    )
