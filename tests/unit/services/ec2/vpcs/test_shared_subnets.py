"""A subnet shared with another account: the same place under another name, and not its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.world.geography.zones import zones_of
from tests.unit.services.ec2.refusing import refused
from tests.unit.services.ec2.vpcs.estate import ACCOUNT, OTHER, default_acl, main_table, where

# Here names were dealt anew for each account.
REGION = "us-east-1"


class Shared:
    """An organization in which one account shares a subnet of its VPC with another."""

    def __init__(self, chamber: Chamber) -> None:
        self.owner = chamber.client("ec2", region_name=REGION, account=ACCOUNT)
        self.participant = chamber.client("ec2", region_name=REGION, account=OTHER)
        organizations = chamber.client("organizations", account=ACCOUNT)
        organizations.create_organization(FeatureSet="ALL")
        handshake = organizations.invite_account_to_organization(
            Target={"Id": OTHER, "Type": "ACCOUNT"}
        )["Handshake"]["Id"]
        chamber.client("organizations", account=OTHER).accept_handshake(HandshakeId=handshake)
        ram = chamber.client("ram", region_name=REGION, account=ACCOUNT)
        ram.enable_sharing_with_aws_organization()
        self.vpc = self.owner.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        made = self.owner.create_subnet(
            VpcId=self.vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="us-east-1a",
            TagSpecifications=[
                {"ResourceType": "subnet", "Tags": [{"Key": "Name", "Value": "theirs"}]},
            ],
        )["Subnet"]  # fmt: skip
        self.subnet, self.zone_id = made["SubnetId"], made["AvailabilityZoneId"]
        self.share = ram.create_resource_share(
            name="network", resourceArns=[made["SubnetArn"]], principals=[OTHER]
        )["resourceShare"]["resourceShareArn"]
        self.ram = ram


@pytest.fixture
def shared() -> Iterator[Shared]:
    with Chamber(seed=3) as chamber:
        yield Shared(chamber)


def test_the_participant_sees_the_same_zone_under_its_own_name(shared: Shared) -> None:
    (subnet,) = shared.participant.describe_subnets(SubnetIds=[shared.subnet])["Subnets"]
    own = {zone.id: zone.name for zone in zones_of(REGION, OTHER, 3)}
    assert subnet["AvailabilityZoneId"] == shared.zone_id
    assert subnet["AvailabilityZone"] == own[shared.zone_id]
    assert subnet["AvailabilityZone"] != "us-east-1a"
    assert (subnet["OwnerId"], subnet["Tags"]) == (ACCOUNT, [])
    found = shared.participant.describe_subnets(Filters=where(owner_id=ACCOUNT))["Subnets"]
    assert [each["SubnetId"] for each in found] == [shared.subnet]


def test_it_sees_the_vpc_the_route_table_and_the_acl_of_the_subnet(shared: Shared) -> None:
    (vpc,) = shared.participant.describe_vpcs(VpcIds=[shared.vpc])["Vpcs"]
    assert vpc["OwnerId"] == ACCOUNT
    assert len(shared.participant.describe_vpcs()["Vpcs"]) == 2
    table = main_table(shared.owner, shared.vpc)["RouteTableId"]
    hidden = shared.owner.create_route_table(VpcId=shared.vpc)["RouteTable"]["RouteTableId"]
    seen = shared.participant.describe_route_tables(Filters=where(vpc_id=shared.vpc))
    assert [each["RouteTableId"] for each in seen["RouteTables"]] == [table]
    assert refused(shared.participant.describe_route_tables, RouteTableIds=[hidden]) == (
        "InvalidRouteTableID.NotFound"
    )
    acl = default_acl(shared.owner, shared.vpc)["NetworkAclId"]
    seen = shared.participant.describe_network_acls(Filters=where(vpc_id=shared.vpc))
    assert [each["NetworkAclId"] for each in seen["NetworkAcls"]] == [acl]


def test_the_participant_changes_nothing_of_the_owner_s(shared: Shared) -> None:
    ec2 = shared.participant
    assert refused(ec2.delete_subnet, SubnetId=shared.subnet) == "OperationNotPermitted"
    assert refused(ec2.delete_vpc, VpcId=shared.vpc) == "OperationNotPermitted"
    assert (
        refused(
            ec2.modify_subnet_attribute, SubnetId=shared.subnet, MapPublicIpOnLaunch={"Value": True}
        )
        == "OperationNotPermitted"
    )
    assert refused(ec2.create_subnet, VpcId=shared.vpc, CidrBlock="10.0.2.0/24") == (
        "OperationNotPermitted"
    )
    assert refused(ec2.create_route_table, VpcId=shared.vpc) == "OperationNotPermitted"


def test_the_participant_s_interface_keeps_the_subnet(shared: Shared) -> None:
    group = shared.participant.create_security_group(
        VpcId=shared.vpc, GroupName="web", Description="web"
    )["GroupId"]
    made = shared.participant.create_network_interface(SubnetId=shared.subnet, Groups=[group])
    (seen,) = shared.owner.describe_subnets(SubnetIds=[shared.subnet])["Subnets"]
    assert seen["AvailableIpAddressCount"] == 250
    assert refused(shared.owner.delete_subnet, SubnetId=shared.subnet) == "DependencyViolation"
    interface = made["NetworkInterface"]["NetworkInterfaceId"]
    shared.participant.delete_network_interface(NetworkInterfaceId=interface)
    shared.owner.delete_subnet(SubnetId=shared.subnet)


def test_what_is_not_shared_any_more_is_not_seen(shared: Shared) -> None:
    shared.ram.delete_resource_share(resourceShareArn=shared.share)
    assert refused(shared.participant.describe_subnets, SubnetIds=[shared.subnet]) == (
        "InvalidSubnetID.NotFound"
    )
    assert refused(shared.participant.describe_vpcs, VpcIds=[shared.vpc]) == (
        "InvalidVpcID.NotFound"
    )


def test_tags_of_a_shared_subnet_are_each_account_s_own(shared: Shared) -> None:
    tag: dict[str, Any] = {"Key": "Name", "Value": "ours"}
    shared.participant.create_tags(Resources=[shared.subnet], Tags=[tag])
    (ours,) = shared.participant.describe_subnets(SubnetIds=[shared.subnet])["Subnets"]
    (theirs,) = shared.owner.describe_subnets(SubnetIds=[shared.subnet])["Subnets"]
    assert (ours["Tags"], theirs["Tags"]) == ([tag], [{"Key": "Name", "Value": "theirs"}])
