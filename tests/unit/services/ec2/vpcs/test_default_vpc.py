"""The default VPC: what every account finds in every Region, and making it again."""

from __future__ import annotations

from typing import Any

from cloudchamber import Chamber
from tests.unit.services.ec2.refusing import refusal, refused
from tests.unit.services.ec2.vpcs.estate import (
    ACCOUNT,
    OTHER,
    REGION,
    default_acl,
    main_table,
    rules_of,
    where,
)


def default_of(ec2: Any) -> dict[str, Any]:
    (vpc,) = ec2.describe_vpcs(Filters=where(is_default="true"))["Vpcs"]
    found: dict[str, Any] = vpc
    return found


def test_a_default_vpc_is_there_with_a_subnet_in_every_zone(ec2: Any) -> None:
    vpc = default_of(ec2)
    assert (vpc["CidrBlock"], vpc["State"]) == ("172.31.0.0/16", "available")
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    subnets = ec2.describe_subnets(Filters=where(default_for_az="true"))["Subnets"]
    by_zone = {each["AvailabilityZone"]: each for each in subnets}
    assert sorted(by_zone) == [zone["ZoneName"] for zone in zones]
    for index, zone in enumerate(zones):
        subnet = by_zone[zone["ZoneName"]]
        assert subnet["CidrBlock"] == f"172.31.{16 * index}.0/20"
        assert subnet["AvailabilityZoneId"] == zone["ZoneId"]
        assert (subnet["AvailableIpAddressCount"], subnet["MapPublicIpOnLaunch"]) == (4091, True)


def test_a_default_vpc_leads_to_the_internet_and_names_its_instances(ec2: Any) -> None:
    vpc = default_of(ec2)["VpcId"]
    (gateway,) = ec2.describe_internet_gateways(Filters=where(attachment__vpc_id=vpc))[
        "InternetGateways"
    ]
    routes = {
        each["DestinationCidrBlock"]: (each["GatewayId"], each["State"])
        for each in main_table(ec2, vpc)["Routes"]
    }
    assert routes == {
        "172.31.0.0/16": ("local", "active"),
        "0.0.0.0/0": (gateway["InternetGatewayId"], "active"),
    }
    for attribute, member in (
        ("enableDnsSupport", "EnableDnsSupport"),
        ("enableDnsHostnames", "EnableDnsHostnames"),
    ):
        answer = ec2.describe_vpc_attribute(VpcId=vpc, Attribute=attribute)
        assert answer[member] == {"Value": True}


def test_a_default_vpc_has_its_acl_its_group_and_its_options(ec2: Any) -> None:
    vpc = default_of(ec2)
    acl = default_acl(ec2, vpc["VpcId"])
    assert len(acl["Associations"]) == 3
    for is_egress in (True, False):
        assert rules_of(acl, is_egress=is_egress) == [
            (100, "0.0.0.0/0", "allow"),
            (32767, "0.0.0.0/0", "deny"),
        ]
    (group,) = ec2.describe_security_groups(Filters=where(vpc_id=vpc["VpcId"]))["SecurityGroups"]
    assert group["GroupName"] == "default"
    (options,) = ec2.describe_dhcp_options(DhcpOptionsIds=[vpc["DhcpOptionsId"]])["DhcpOptions"]
    assert {each["Key"]: each["Values"] for each in options["DhcpConfigurations"]} == {
        "domain-name": [{"Value": "eu-west-1.compute.internal"}],
        "domain-name-servers": [{"Value": "AmazonProvidedDNS"}],
    }


def test_each_account_and_region_has_its_own(chamber: Chamber) -> None:
    found = {
        default_of(chamber.client("ec2", region_name=region, account=account))["VpcId"]
        for account in (ACCOUNT, OTHER)
        for region in (REGION, "us-east-1")
    }
    assert len(found) == 4


def test_the_domain_of_us_east_1_is_older_than_the_others(chamber: Chamber) -> None:
    ec2 = chamber.client("ec2", region_name="us-east-1", account=ACCOUNT)
    options = ec2.describe_dhcp_options(Filters=where(key="domain-name"))["DhcpOptions"]
    assert options[0]["DhcpConfigurations"][0]["Values"] == [{"Value": "ec2.internal"}]


def test_the_same_world_makes_the_same_default_vpc() -> None:
    ids = []
    for _ in range(2):
        with Chamber(seed=7) as chamber:
            ec2 = chamber.client("ec2", region_name=REGION, account=ACCOUNT)
            ids.append(default_of(ec2)["VpcId"])
    assert ids[0] == ids[1]


def test_a_deleted_default_vpc_stays_away_until_it_is_made_again(ec2: Any) -> None:
    assert refusal(ec2.create_default_vpc) == (
        "DefaultVpcAlreadyExists",
        "A Default VPC already exists for this account in this region.",
    )
    vpc = default_of(ec2)["VpcId"]
    for subnet in ec2.describe_subnets()["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    (gateway,) = ec2.describe_internet_gateways()["InternetGateways"]
    ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc)
    ec2.delete_vpc(VpcId=vpc)
    assert ec2.describe_vpcs()["Vpcs"] == []
    assert ec2.describe_route_tables()["RouteTables"] == []
    assert ec2.describe_network_acls()["NetworkAcls"] == []
    assert ec2.describe_security_groups()["SecurityGroups"] == []
    assert refused(ec2.create_default_subnet, AvailabilityZone="eu-west-1a") == (
        "DefaultVpcDoesNotExist"
    )
    again = ec2.create_default_vpc()["Vpc"]
    assert again["IsDefault"]
    assert again["VpcId"] != vpc
    assert len(ec2.describe_subnets()["Subnets"]) == 3


def test_a_default_subnet_is_made_again_in_the_first_free_block(ec2: Any) -> None:
    (subnet,) = ec2.describe_subnets(Filters=where(availability_zone="eu-west-1b"))["Subnets"]
    code, message = refusal(ec2.create_default_subnet, AvailabilityZone="eu-west-1b")
    assert code == "DefaultSubnetAlreadyExistsInAvailabilityZone"
    assert message == "A Default Subnet already exists for availability zone 'eu-west-1b'"
    ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    made = ec2.create_default_subnet(AvailabilityZone="eu-west-1b")["Subnet"]
    assert made["CidrBlock"] == "172.31.16.0/20"
    assert made["DefaultForAz"]
    assert made["MapPublicIpOnLaunch"]
    assert refused(ec2.create_default_subnet, AvailabilityZone="eu-west-1z") == (
        "InvalidParameterValue"
    )
