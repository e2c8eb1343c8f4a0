"""NAT gateways: what they hold while they live, and why they fail."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.ec2.refusing import refused


@pytest.fixture
def outside(ec2: Any, vpc: str) -> str:
    made = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=vpc)
    return str(made)


def make(ec2: Any, **members: Any) -> str:
    return str(ec2.create_nat_gateway(**members)["NatGateway"]["NatGatewayId"])


def shown(ec2: Any, gateway: str) -> dict[str, Any]:
    (found,) = ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"]
    return dict(found)


def test_a_public_gateway_has_an_address_and_an_interface(
    ec2: Any, outside: str, subnet: str
) -> None:
    address = ec2.allocate_address()
    made = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address["AllocationId"])
    assert made["NatGateway"]["State"] == "pending"
    gateway = made["NatGateway"]["NatGatewayId"]
    after = shown(ec2, gateway)
    assert after["State"] == "available"
    (held,) = after["NatGatewayAddresses"]
    assert held["PublicIp"] == address["PublicIp"]
    (eni,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[held["NetworkInterfaceId"]])[
        "NetworkInterfaces"
    ]
    assert eni["InterfaceType"] == "nat_gateway"
    assert eni["RequesterManaged"]
    assert not eni["SourceDestCheck"]
    assert eni["Groups"] == []
    assert eni["Association"]["PublicIp"] == address["PublicIp"]
    # What AWS made is nobody's to touch.
    identifier = eni["NetworkInterfaceId"]
    assert refused(ec2.delete_network_interface, NetworkInterfaceId=identifier) == "AuthFailure"
    assert refused(
        ec2.detach_network_interface, AttachmentId=eni["Attachment"]["AttachmentId"]
    ) == "OperationNotPermitted"  # fmt: skip
    assert refused(ec2.disassociate_address, AssociationId=held["AssociationId"]) == "AuthFailure"
    assert refused(ec2.delete_subnet, SubnetId=subnet) == "DependencyViolation"
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    assert shown(ec2, gateway)["State"] == "deleted"
    (free,) = ec2.describe_addresses()["Addresses"]
    assert "AssociationId" not in free
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    assert refused(ec2.delete_nat_gateway, NatGatewayId=gateway) == "NatGatewayNotFound"


def test_a_gateway_fails_with_its_reason(ec2: Any, vpc: str, subnet: str) -> None:
    allocation = ec2.allocate_address()["AllocationId"]

    def failure(**members: Any) -> tuple[str, str]:
        found = shown(ec2, make(ec2, SubnetId=subnet, **members))
        assert found["State"] == "failed"
        return found["FailureCode"], found["FailureMessage"]

    assert failure(AllocationId=allocation) == (
        "Gateway.NotAttached", f"Network {vpc} has no Internet gateway attached",
    )  # fmt: skip
    made = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=vpc)
    assert failure(AllocationId="eipalloc-0123456789abcdef0")[0] == "InvalidAllocationID.NotFound"
    make(ec2, SubnetId=subnet, AllocationId=allocation)
    assert failure(AllocationId=allocation) == (
        "Resource.AlreadyAssociated", f"Elastic IP address [{allocation}] is already associated",
    )  # fmt: skip
    small = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.9.0/28")["Subnet"]["SubnetId"]
    ec2.create_network_interface(SubnetId=small, SecondaryPrivateIpAddressCount=10)
    found = shown(ec2, make(ec2, SubnetId=small, ConnectivityType="private"))
    assert found["FailureCode"] == "InsufficientFreeAddressesInSubnet"


def test_a_private_gateway_takes_more_addresses(ec2: Any, subnet: str) -> None:
    gateway = make(
        ec2, SubnetId=subnet, ConnectivityType="private", SecondaryPrivateIpAddressCount=1
    )
    ec2.assign_private_nat_gateway_address(NatGatewayId=gateway, PrivateIpAddresses=["10.0.1.99"])
    held = shown(ec2, gateway)["NatGatewayAddresses"]
    assert len(held) == 3
    assert "10.0.1.99" in {each["PrivateIp"] for each in held}
    assert refused(
        ec2.assign_private_nat_gateway_address, NatGatewayId=gateway, PrivateIpAddressCount=6
    ) == "NatGatewayAddressLimitExceeded"  # fmt: skip
    ec2.unassign_private_nat_gateway_address(NatGatewayId=gateway, PrivateIpAddresses=["10.0.1.99"])
    assert len(shown(ec2, gateway)["NatGatewayAddresses"]) == 2
    ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress="10.0.1.99")
    primary = next(each["PrivateIp"] for each in held if each["IsPrimary"])
    assert refused(
        ec2.unassign_private_nat_gateway_address,
        NatGatewayId=gateway,
        PrivateIpAddresses=[primary],
    ) == "InvalidParameterValue"  # fmt: skip


def test_a_public_gateway_takes_a_second_address(ec2: Any, outside: str, subnet: str) -> None:
    first, second = (ec2.allocate_address() for _ in range(2))
    gateway = make(ec2, SubnetId=subnet, AllocationId=first["AllocationId"])
    answer = ec2.associate_nat_gateway_address(
        NatGatewayId=gateway, AllocationIds=[second["AllocationId"]]
    )
    assert answer["NatGatewayAddresses"][0]["Status"] == "associating"
    held = shown(ec2, gateway)["NatGatewayAddresses"]
    assert {each["PublicIp"] for each in held} == {first["PublicIp"], second["PublicIp"]}
    association = next(each["AssociationId"] for each in held if not each["IsPrimary"])
    ec2.disassociate_nat_gateway_address(NatGatewayId=gateway, AssociationIds=[association])
    assert len(shown(ec2, gateway)["NatGatewayAddresses"]) == 1
    (free,) = ec2.describe_addresses(AllocationIds=[second["AllocationId"]])["Addresses"]
    assert "AssociationId" not in free


def test_members_are_checked(ec2: Any, subnet: str) -> None:
    assert refused(ec2.create_nat_gateway, SubnetId=subnet) == "MissingParameter"
    assert refused(
        ec2.create_nat_gateway,
        SubnetId=subnet,
        ConnectivityType="private",
        AllocationId="eipalloc-0123456789abcdef0",
    ) == "InvalidParameterCombination"  # fmt: skip
    assert refused(ec2.describe_nat_gateways, NatGatewayIds=["nat-0123456789abcdef0"]) == (
        "NatGatewayNotFound"
    )
    assert refused(ec2.create_nat_gateway, AvailabilityMode="regional") == "NotImplemented"


def test_five_in_a_zone(ec2: Any, subnet: str) -> None:
    for _ in range(5):
        make(ec2, SubnetId=subnet, ConnectivityType="private")
    assert refused(
        ec2.create_nat_gateway, SubnetId=subnet, ConnectivityType="private"
    ) == "NatGatewayLimitExceeded"  # fmt: skip


def test_a_gateway_takes_its_time_when_time_is_real() -> None:
    with Chamber(seed=1, lifecycle="realistic") as chamber:
        ec2 = chamber.client("ec2", region_name="eu-west-1", account="111111111111")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        chamber.advance(600)
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        chamber.advance(600)
        gateway = make(ec2, SubnetId=subnet, ConnectivityType="private")
        assert shown(ec2, gateway)["State"] == "pending"
        chamber.advance(100)
        assert shown(ec2, gateway)["State"] == "available"
        ec2.delete_nat_gateway(NatGatewayId=gateway)
        assert shown(ec2, gateway)["State"] == "deleting"
        chamber.advance(100)
        assert shown(ec2, gateway)["State"] == "deleted"
        chamber.advance(3700)
        assert refused(ec2.describe_nat_gateways, NatGatewayIds=[gateway]) == "NatGatewayNotFound"


def test_a_token_makes_one_gateway(ec2: Any, subnet: str) -> None:
    ask = {"SubnetId": subnet, "ConnectivityType": "private", "ClientToken": "once"}
    assert make(ec2, **ask) == make(ec2, **ask)
    assert len(ec2.describe_nat_gateways()["NatGateways"]) == 1
