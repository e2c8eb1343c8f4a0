"""Subnets: where they may lie, what they do with instances, reservations."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from tests.unit.services.ec2.refusing import refusal, refused
from tests.unit.services.ec2.vpcs.estate import ACCOUNT, default_acl, where, with_ipv6


def subnet_of(ec2: Any, identifier: str) -> dict[str, Any]:
    (subnet,) = ec2.describe_subnets(SubnetIds=[identifier])["Subnets"]
    found: dict[str, Any] = subnet
    return found


def test_a_subnet_lies_in_the_zone_that_was_named(ec2: Any, vpc: str) -> None:
    one = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone="eu-west-1b")[
        "Subnet"
    ]
    other = ec2.create_subnet(
        VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZoneId=one["AvailabilityZoneId"]
    )["Subnet"]
    assert (one["AvailabilityZone"], other["AvailabilityZone"]) == ("eu-west-1b", "eu-west-1b")
    assert one["SubnetArn"] == f"arn:aws:ec2:eu-west-1:{ACCOUNT}:subnet/{one['SubnetId']}"
    assert (one["State"], one["AvailableIpAddressCount"]) == ("available", 251)
    anywhere = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.2.0/28")["Subnet"]
    assert anywhere["AvailabilityZone"] in ("eu-west-1a", "eu-west-1b", "eu-west-1c")
    assert anywhere["AvailableIpAddressCount"] == 11


def test_a_zone_that_is_not_there(ec2: Any, vpc: str) -> None:
    code, message = refusal(
        ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone="eu-west-1x"
    )
    assert code == "InvalidParameterValue"
    assert message == (
        "Value (eu-west-1x) for parameter availabilityZone is invalid. Subnets can currently only "
        "be created in the following availability zones: eu-west-1a, eu-west-1b, eu-west-1c."
    )
    assert refused(
        ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone="eu-west-1a",
        AvailabilityZoneId="euw1-az1",
    ) == "InvalidParameterCombination"  # fmt: skip


@pytest.mark.parametrize(
    ("cidr", "code", "message"),
    [
        ("10.1.0.0/24", "InvalidSubnet.Range", "The CIDR '10.1.0.0/24' is invalid."),
        ("10.0.0.0/15", "InvalidSubnet.Range", "The CIDR '10.0.0.0/15' is invalid."),
        ("10.0.0.0/29", "InvalidSubnet.Range", "The CIDR '10.0.0.0/29' is invalid."),
        ("10.0.1.0/25", "InvalidSubnet.Conflict",
         "The CIDR '10.0.1.0/25' conflicts with another subnet"),
        ("10.0.0.0/16", "InvalidSubnet.Conflict",
         "The CIDR '10.0.0.0/16' conflicts with another subnet"),
        ("ten", "InvalidParameterValue",
         "Value (ten) for parameter cidrBlock is invalid. This is not a valid CIDR block."),
    ],
)  # fmt: skip
def test_a_block_that_a_subnet_cannot_have(
    ec2: Any, vpc: str, subnet: str, cidr: str, code: str, message: str
) -> None:
    assert refusal(ec2.create_subnet, VpcId=vpc, CidrBlock=cidr) == (code, message)


def test_a_subnet_can_be_all_of_its_vpc(ec2: Any, vpc: str) -> None:
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/16")["Subnet"]
    assert made["AvailableIpAddressCount"] == 65531


def test_a_subnet_in_use_cannot_be_deleted(ec2: Any, subnet: str) -> None:
    made = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    assert subnet_of(ec2, subnet)["AvailableIpAddressCount"] == 250
    assert refusal(ec2.delete_subnet, SubnetId=subnet) == (
        "DependencyViolation",
        f"The subnet '{subnet}' has dependencies and cannot be deleted.",
    )
    ec2.delete_network_interface(NetworkInterfaceId=made["NetworkInterfaceId"])
    ec2.delete_subnet(SubnetId=subnet)
    assert refused(ec2.delete_subnet, SubnetId=subnet) == "InvalidSubnetID.NotFound"


def test_a_deleted_subnet_leaves_its_table_and_its_acl(ec2: Any, vpc: str, subnet: str) -> None:
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    assert len(default_acl(ec2, vpc)["Associations"]) == 1
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_route_table(RouteTableId=table)
    assert default_acl(ec2, vpc)["Associations"] == []


@pytest.mark.parametrize(
    ("member", "value", "path"),
    [
        ("MapPublicIpOnLaunch", {"Value": True}, ("MapPublicIpOnLaunch",)),
        ("EnableResourceNameDnsARecordOnLaunch", {"Value": True},
         ("PrivateDnsNameOptionsOnLaunch", "EnableResourceNameDnsARecord")),
        ("EnableResourceNameDnsAAAARecordOnLaunch", {"Value": True},
         ("PrivateDnsNameOptionsOnLaunch", "EnableResourceNameDnsAAAARecord")),
        ("PrivateDnsHostnameTypeOnLaunch", "resource-name",
         ("PrivateDnsNameOptionsOnLaunch", "HostnameType")),
        ("EnableLniAtDeviceIndex", 1, ("EnableLniAtDeviceIndex",)),
    ],
)  # fmt: skip
def test_every_attribute_can_be_changed(
    ec2: Any, subnet: str, member: str, value: Any, path: tuple[str, ...]
) -> None:
    ec2.modify_subnet_attribute(SubnetId=subnet, **{member: value})
    seen: Any = subnet_of(ec2, subnet)
    for step in path:
        seen = seen[step]
    assert seen == (value["Value"] if isinstance(value, dict) else value)


def test_attributes_that_need_ipv6(ec2: Any, subnet: str) -> None:
    for member in ("AssignIpv6AddressOnCreation", "EnableDns64"):
        assert (
            refused(ec2.modify_subnet_attribute, SubnetId=subnet, **{member: {"Value": True}})
            == "InvalidParameterValue"
        )
    assert refused(
        ec2.modify_subnet_attribute, SubnetId=subnet, MapPublicIpOnLaunch={"Value": True},
        EnableDns64={"Value": False},
    ) == "InvalidParameterCombination"  # fmt: skip
    assert refused(ec2.modify_subnet_attribute, SubnetId=subnet) == "MissingParameter"
    assert (
        refused(
            ec2.modify_subnet_attribute, SubnetId=subnet, CustomerOwnedIpv4Pool="ipv4pool-coip-1"
        )
        == "NotImplemented"
    )


def test_an_ipv6_block_is_associated_and_used(ec2: Any) -> None:
    vpc, block = with_ipv6(ec2)
    first, second = list(ipaddress.IPv6Network(block).subnets(new_prefix=64))[:2]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", Ipv6CidrBlock=str(first))[
        "Subnet"
    ]["SubnetId"]
    assert (
        refused(ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.1.0/24", Ipv6CidrBlock=str(first))
        == "InvalidSubnet.Conflict"
    )
    assert (
        refused(ec2.associate_subnet_cidr_block, SubnetId=subnet, Ipv6CidrBlock=str(second))
        == "CidrLimitExceeded"
    )
    ec2.modify_subnet_attribute(SubnetId=subnet, AssignIpv6AddressOnCreation={"Value": True})
    made = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    (address,) = (each["Ipv6Address"] for each in made["Ipv6Addresses"])
    assert ipaddress.IPv6Address(address) in first
    (association,) = subnet_of(ec2, subnet)["Ipv6CidrBlockAssociationSet"]
    identifier = association["AssociationId"]
    assert refused(ec2.disassociate_subnet_cidr_block, AssociationId=identifier) == (
        "InvalidCidrBlock.InUse"
    )
    ec2.delete_network_interface(NetworkInterfaceId=made["NetworkInterfaceId"])
    assert refused(ec2.disassociate_subnet_cidr_block, AssociationId=identifier) == (
        "OperationNotPermitted"
    )
    ec2.modify_subnet_attribute(SubnetId=subnet, AssignIpv6AddressOnCreation={"Value": False})
    ec2.disassociate_subnet_cidr_block(AssociationId=identifier)
    assert subnet_of(ec2, subnet)["Ipv6CidrBlockAssociationSet"] == []
    ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=str(second))
    (association,) = subnet_of(ec2, subnet)["Ipv6CidrBlockAssociationSet"]
    assert association["Ipv6CidrBlock"] == str(second)
    assert association["Ipv6CidrBlockState"] == {"State": "associated"}


def test_a_subnet_can_be_ipv6_only(ec2: Any) -> None:
    vpc, block = with_ipv6(ec2)
    cidr = block.replace("/56", "/64")
    assert refused(ec2.create_subnet, VpcId=vpc, Ipv6Native=True) == "MissingParameter"
    assert (
        refused(
            ec2.create_subnet,
            VpcId=vpc,
            Ipv6Native=True,
            Ipv6CidrBlock=cidr,
            CidrBlock="10.0.0.0/24",
        )
        == "InvalidParameterCombination"
    )
    made = ec2.create_subnet(VpcId=vpc, Ipv6Native=True, Ipv6CidrBlock=cidr)["Subnet"]
    assert "CidrBlock" not in made
    assert (made["Ipv6Native"], made["AvailableIpAddressCount"]) == (True, 0)
    assert made["AssignIpv6AddressOnCreation"]
    assert made["PrivateDnsNameOptionsOnLaunch"]["HostnameType"] == "resource-name"
    for member, value in (
        ("PrivateDnsHostnameTypeOnLaunch", "ip-name"),
        ("MapPublicIpOnLaunch", {"Value": True}),
        ("AssignIpv6AddressOnCreation", {"Value": False}),
    ):
        assert (
            refused(ec2.modify_subnet_attribute, SubnetId=made["SubnetId"], **{member: value})
            == "InvalidParameterValue"
        )


@pytest.mark.parametrize("bits", [45, 62, 68, 40])
def test_ipv6_subnets_come_in_steps_of_four_bits(ec2: Any, bits: int) -> None:
    vpc, block = with_ipv6(ec2)
    cidr = f"{block.partition('/')[0]}/{bits}"
    assert refused(ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.0.0/24", Ipv6CidrBlock=cidr) == (
        "InvalidSubnet.Range"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("availability-zone", "eu-west-1b"),
        ("availabilityZone", "eu-west-1b"),
        ("available-ip-address-count", "251"),
        ("cidr-block", "10.0.9.0/24"),
        ("cidr", "10.0.9.0/24"),
        ("default-for-az", "false"),
        ("enable-dns64", "false"),
        ("ipv6-native", "false"),
        ("ipv6-cidr-block-association.state", "associated"),
        ("map-customer-owned-ip-on-launch", "false"),
        ("map-public-ip-on-launch", "false"),
        ("owner-id", ACCOUNT),
        ("private-dns-name-options-on-launch.hostname-type", "ip-name"),
        ("private-dns-name-options-on-launch.enable-resource-name-dns-a-record", "false"),
        ("private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record", "false"),
        ("state", "available"),
        ("subnet-arn", "arn:aws:ec2:eu-west-1:*"),
    ],
)
def test_every_filter_finds_the_subnet(ec2: Any, name: str, value: str) -> None:
    vpc, block = with_ipv6(ec2)
    made = ec2.create_subnet(
        VpcId=vpc, CidrBlock="10.0.9.0/24", AvailabilityZone="eu-west-1b",
        Ipv6CidrBlock=block.replace("/56", "/64"),
    )["Subnet"]["SubnetId"]  # fmt: skip
    found = ec2.describe_subnets(Filters=[{"Name": name, "Values": [value]}])["Subnets"]
    assert made in [each["SubnetId"] for each in found]
    assert ec2.describe_subnets(Filters=[{"Name": name, "Values": ["nothing"]}])["Subnets"] == []


def test_pages_of_subnets_join_to_the_whole(ec2: Any, vpc: str) -> None:
    for number in range(12):
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")
    pages = ec2.get_paginator("describe_subnets").paginate(
        Filters=where(vpc_id=vpc), PaginationConfig={"PageSize": 5}
    )
    shown = [[each["SubnetId"] for each in page["Subnets"]] for page in pages]
    assert [len(page) for page in shown] == [5, 5, 2]
    assert len({each for page in shown for each in page}) == 12


def test_the_two_hundred_first_subnet_is_one_too_many(ec2: Any, vpc: str) -> None:
    for number in range(200):
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/28")
    assert refused(ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.250.0/28") == (
        "SubnetLimitExceeded"
    )


def test_reserved_addresses_are_given_only_to_who_names_them(ec2: Any, vpc: str) -> None:
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.2.0/28")["Subnet"]["SubnetId"]
    made = ec2.create_subnet_cidr_reservation(
        SubnetId=subnet, Cidr="10.0.2.8/29", ReservationType="explicit", Description="kept"
    )["SubnetCidrReservation"]
    given = {
        ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["PrivateIpAddress"]
        for _ in range(4)
    }
    assert given == {f"10.0.2.{last}" for last in range(4, 8)}
    assert refused(ec2.create_network_interface, SubnetId=subnet) == (
        "InsufficientFreeAddressesInSubnet"
    )
    ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress="10.0.2.9")
    answer = ec2.get_subnet_cidr_reservations(SubnetId=subnet)
    (seen,) = answer["SubnetIpv4CidrReservations"]
    assert (seen["Cidr"], seen["Description"]) == ("10.0.2.8/29", "kept")
    assert answer["SubnetIpv6CidrReservations"] == []
    ec2.delete_subnet_cidr_reservation(SubnetCidrReservationId=made["SubnetCidrReservationId"])
    free = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["PrivateIpAddress"]
    assert free in {f"10.0.2.{last}" for last in (8, 10, 11, 12, 13, 14)}


def test_a_reservation_lies_in_its_subnet_beside_the_others(ec2: Any, subnet: str) -> None:
    ec2.create_subnet_cidr_reservation(
        SubnetId=subnet, Cidr="10.0.1.64/26", ReservationType="prefix"
    )
    for cidr in ("10.0.1.96/28", "10.0.2.0/28", "nonsense"):
        assert refused(
            ec2.create_subnet_cidr_reservation, SubnetId=subnet, Cidr=cidr,
            ReservationType="prefix",
        ) == "InvalidParameterValue"  # fmt: skip
    assert (
        refused(ec2.delete_subnet_cidr_reservation, SubnetCidrReservationId="scr-0123456789abcdef0")
        == "InvalidSubnetCidrReservationID.NotFound"
    )
