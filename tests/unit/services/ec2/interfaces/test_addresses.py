"""Elastic addresses: where they lead, who has them, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.ec2.interfaces.conftest import OTHER, REGION
from tests.unit.services.ec2.refusing import refusal, refused


@pytest.fixture
def gateway(ec2: Any, vpc: str) -> str:
    made = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=vpc)
    return str(made)


@pytest.fixture
def eni(ec2: Any, subnet: str) -> str:
    made = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    return str(made["NetworkInterfaceId"])


def interface(ec2: Any, eni: str) -> dict[str, Any]:
    (found,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[eni])["NetworkInterfaces"]
    return dict(found)


def test_an_address_leads_to_an_interface_and_back(ec2: Any, gateway: str, eni: str) -> None:
    address = ec2.allocate_address(Domain="vpc")
    assert address["PublicIp"].startswith("34.2")
    association = ec2.associate_address(
        AllocationId=address["AllocationId"], NetworkInterfaceId=eni
    )["AssociationId"]
    seen = interface(ec2, eni)["Association"]
    assert seen["PublicIp"] == address["PublicIp"]
    assert seen["IpOwnerId"] == "111111111111"
    (shown,) = ec2.describe_addresses()["Addresses"]
    assert shown["NetworkInterfaceId"] == eni
    assert shown["PrivateIpAddress"] == interface(ec2, eni)["PrivateIpAddress"]
    assert refused(ec2.release_address, AllocationId=address["AllocationId"]) == (
        "InvalidIPAddress.InUse"
    )
    ec2.disassociate_address(AssociationId=association)
    assert "Association" not in interface(ec2, eni)
    ec2.release_address(AllocationId=address["AllocationId"])
    assert ec2.describe_addresses()["Addresses"] == []
    again = ec2.allocate_address(Address=address["PublicIp"])
    assert again["PublicIp"] == address["PublicIp"]


def test_without_an_internet_gateway_it_leads_nowhere(ec2: Any, vpc: str, eni: str) -> None:
    address = ec2.allocate_address()
    assert refusal(
        ec2.associate_address, AllocationId=address["AllocationId"], NetworkInterfaceId=eni
    ) == ("Gateway.NotAttached", f"Network {vpc} is not attached to any internet gateway")


def test_an_address_moves_only_if_it_may(ec2: Any, gateway: str, eni: str, subnet: str) -> None:
    other = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    first, second = (ec2.allocate_address()["AllocationId"] for _ in range(2))
    ec2.associate_address(AllocationId=first, NetworkInterfaceId=eni)
    assert refused(
        ec2.associate_address,
        AllocationId=first,
        NetworkInterfaceId=other,
        AllowReassociation=False,
    ) == "Resource.AlreadyAssociated"  # fmt: skip
    ec2.associate_address(AllocationId=first, NetworkInterfaceId=other)
    assert "Association" not in interface(ec2, eni)
    assert refused(
        ec2.associate_address,
        AllocationId=second,
        NetworkInterfaceId=other,
        AllowReassociation=False,
    ) == "Resource.AlreadyAssociated"  # fmt: skip
    ec2.associate_address(AllocationId=second, NetworkInterfaceId=other)
    free = ec2.describe_addresses(AllocationIds=[first])["Addresses"][0]
    assert "AssociationId" not in free
    ec2.delete_network_interface(NetworkInterfaceId=other)
    assert all("AssociationId" not in each for each in ec2.describe_addresses()["Addresses"])


def test_five_addresses_and_no_more(ec2: Any) -> None:
    given = {ec2.allocate_address()["PublicIp"] for _ in range(5)}
    assert len(given) == 5
    assert refusal(ec2.allocate_address) == (
        "AddressLimitExceeded", "The maximum number of addresses has been reached.",
    )  # fmt: skip


def test_what_does_not_exist(ec2: Any, gateway: str, eni: str) -> None:
    unknown = "eipalloc-0123456789abcdef0"
    assert refused(
        ec2.associate_address, AllocationId=unknown, NetworkInterfaceId=eni
    ) == "InvalidAllocationID.NotFound"  # fmt: skip
    assert refused(ec2.release_address, AllocationId=unknown) == "InvalidAllocationID.NotFound"
    assert refused(ec2.disassociate_address, AssociationId="eipassoc-0123456789abcdef0") == (
        "InvalidAssociationID.NotFound"
    )
    assert refused(ec2.describe_addresses, PublicIps=["1.2.3.4"]) == "InvalidAddress.NotFound"
    assert refused(ec2.allocate_address, Address="1.2.3.4") == "InvalidAddress.NotFound"


def test_reverse_names_are_kept(ec2: Any) -> None:
    allocation = ec2.allocate_address()["AllocationId"]
    ec2.modify_address_attribute(AllocationId=allocation, DomainName="mail.example.com")
    (shown,) = ec2.describe_addresses_attribute(Attribute="domain-name")["Addresses"]
    assert shown["PtrRecord"] == "mail.example.com."
    ec2.reset_address_attribute(AllocationId=allocation, Attribute="domain-name")
    (shown,) = ec2.describe_addresses_attribute(Attribute="domain-name")["Addresses"]
    assert "PtrRecord" not in shown


def test_an_address_goes_to_another_account(chamber: Chamber, ec2: Any) -> None:
    friend = chamber.client("ec2", region_name=REGION, account=OTHER)
    address = ec2.allocate_address()
    public = address["PublicIp"]
    assert refused(friend.accept_address_transfer, Address=public) == (
        "InvalidTransfer.AddressNotFound"
    )
    offer = {"AllocationId": address["AllocationId"], "TransferAccountId": OTHER}
    ec2.enable_address_transfer(**offer)
    ec2.disable_address_transfer(AllocationId=address["AllocationId"])
    assert refused(friend.accept_address_transfer, Address=public) == (
        "InvalidTransfer.AddressNotFound"
    )
    ec2.enable_address_transfer(**offer)
    friend.accept_address_transfer(Address=public)
    assert ec2.describe_addresses()["Addresses"] == []
    (theirs,) = friend.describe_addresses()["Addresses"]
    assert theirs["PublicIp"] == public
    (shown,) = ec2.describe_address_transfers()["AddressTransfers"]
    assert shown["AddressTransferStatus"] == "accepted"


def test_an_offer_ends_after_seven_days(chamber: Chamber, ec2: Any) -> None:
    friend = chamber.client("ec2", region_name=REGION, account=OTHER)
    address = ec2.allocate_address()
    ec2.enable_address_transfer(AllocationId=address["AllocationId"], TransferAccountId=OTHER)
    chamber.advance(7 * 86_400)
    assert refused(friend.accept_address_transfer, Address=address["PublicIp"]) == (
        "InvalidTransfer.AddressNotFound"
    )
    assert ec2.describe_address_transfers()["AddressTransfers"] == []
