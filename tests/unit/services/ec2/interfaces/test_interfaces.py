"""Network interfaces: what they have, what they are attached to, and what is refused."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.ec2.interfaces.conftest import OTHER, REGION
from tests.unit.services.ec2.refusing import refusal, refused


def make(ec2: Any, subnet: str, **members: Any) -> dict[str, Any]:
    return dict(ec2.create_network_interface(SubnetId=subnet, **members)["NetworkInterface"])


def seen(ec2: Any, identifier: str) -> dict[str, Any]:
    (found,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[identifier])[
        "NetworkInterfaces"
    ]
    return dict(found)


def found(ec2: Any, **filters: str) -> set[str]:
    listed = [
        {"Name": name.replace("__", ".").replace("_", "-"), "Values": [value]}
        for name, value in filters.items()
    ]
    answer = ec2.describe_network_interfaces(Filters=listed)
    return {each["NetworkInterfaceId"] for each in answer["NetworkInterfaces"]}


def free(ec2: Any, subnet: str) -> int:
    (shown,) = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
    return int(shown["AvailableIpAddressCount"])


def addresses(interface: dict[str, Any]) -> list[str]:
    return [each["PrivateIpAddress"] for each in interface["PrivateIpAddresses"]]


@pytest.fixture
def dual(ec2: Any) -> str:
    """A subnet with both families."""
    vpc = ec2.create_vpc(CidrBlock="10.5.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]["VpcId"]
    (shown,) = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    block = shown["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    cidr6 = str(next(iter(ipaddress.IPv6Network(block).subnets(new_prefix=64))))
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.5.1.0/24", Ipv6CidrBlock=cidr6)
    return str(made["Subnet"]["SubnetId"])


def launch(ec2: Any, subnet: str, type_name: str = "t3.micro") -> str:
    (image,) = ec2.describe_images(
        Owners=["amazon"], Filters=[{"Name": "architecture", "Values": ["x86_64"]}]
    )["Images"][:1]
    made = ec2.run_instances(
        ImageId=image["ImageId"],
        InstanceType=type_name,
        SubnetId=subnet,
        MinCount=1,
        MaxCount=1,
    )
    return str(made["Instances"][0]["InstanceId"])


def test_an_interface_takes_addresses_and_gives_them_back(ec2: Any, subnet: str) -> None:
    assert free(ec2, subnet) == 251
    eni = make(ec2, subnet, SecondaryPrivateIpAddressCount=2, Description="web")
    assert free(ec2, subnet) == 248
    shown = seen(ec2, eni["NetworkInterfaceId"])
    assert shown["Description"] == "web"
    assert len(set(addresses(shown))) == 3
    assert shown["PrivateIpAddress"] == addresses(shown)[0]
    assert [each["Primary"] for each in shown["PrivateIpAddresses"]] == [True, False, False]
    assert shown["MacAddress"].startswith("02:")
    assert shown["Status"] == "available"
    ec2.delete_network_interface(NetworkInterfaceId=eni["NetworkInterfaceId"])
    assert free(ec2, subnet) == 251
    assert refused(
        ec2.describe_network_interfaces, NetworkInterfaceIds=[eni["NetworkInterfaceId"]]
    ) == "InvalidNetworkInterfaceID.NotFound"  # fmt: skip


def test_named_addresses_are_kept_and_refused_when_taken(ec2: Any, subnet: str) -> None:
    eni = make(
        ec2,
        subnet,
        PrivateIpAddresses=[
            {"PrivateIpAddress": "10.0.1.20", "Primary": False},
            {"PrivateIpAddress": "10.0.1.10", "Primary": True},
        ],
    )
    assert addresses(eni) == ["10.0.1.10", "10.0.1.20"]
    assert refusal(ec2.create_network_interface, SubnetId=subnet, PrivateIpAddress="10.0.1.20") == (
        "InvalidIPAddress.InUse",
        "Address 10.0.1.20 is in use.",
    )
    assert refused(
        ec2.create_network_interface, SubnetId=subnet, PrivateIpAddress="10.0.2.20"
    ) == "InvalidParameterValue"  # fmt: skip
    assert refused(
        ec2.create_network_interface,
        SubnetId=subnet,
        Ipv4PrefixCount=1,
        SecondaryPrivateIpAddressCount=1,
    ) == "InvalidParameterCombination"  # fmt: skip
    assert refused(ec2.create_network_interface, SubnetId="subnet-0123456789abcdef0") == (
        "InvalidSubnetID.NotFound"
    )


def test_a_full_subnet_says_so_and_nothing_is_lost(ec2: Any, vpc: str) -> None:
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.8.0/28")["Subnet"]["SubnetId"]
    make(ec2, made, SecondaryPrivateIpAddressCount=9)
    assert free(ec2, made) == 1
    assert refusal(
        ec2.create_network_interface, SubnetId=made, SecondaryPrivateIpAddressCount=1
    ) == (
        "InsufficientFreeAddressesInSubnet",
        "The specified subnet does not have enough free addresses to satisfy the request.",
    )
    assert free(ec2, made) == 1
    make(ec2, made)
    assert refused(ec2.create_network_interface, SubnetId=made) == (
        "InsufficientFreeAddressesInSubnet"
    )


def test_groups_are_those_of_the_vpc(ec2: Any, vpc: str, subnet: str) -> None:
    groups = [
        ec2.create_security_group(GroupName=f"g{n}", Description="d", VpcId=vpc)["GroupId"]
        for n in range(6)
    ]
    assert refused(ec2.create_network_interface, SubnetId=subnet, Groups=groups) == (
        "SecurityGroupsPerInterfaceLimitExceeded"
    )
    eni = make(ec2, subnet)
    assert eni["Groups"][0]["GroupName"] == "default"
    identifier = eni["NetworkInterfaceId"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=identifier, Groups=groups[:2])
    assert {each["GroupId"] for each in seen(ec2, identifier)["Groups"]} == set(groups[:2])
    assert found(ec2, group_id=groups[1]) == {identifier}


def test_secondary_addresses_come_go_and_move(ec2: Any, subnet: str) -> None:
    one, two = (make(ec2, subnet)["NetworkInterfaceId"] for _ in range(2))
    answer = ec2.assign_private_ip_addresses(
        NetworkInterfaceId=one, PrivateIpAddresses=["10.0.1.50"]
    )
    assert answer["AssignedPrivateIpAddresses"] == [{"PrivateIpAddress": "10.0.1.50"}]
    assert refused(
        ec2.assign_private_ip_addresses, NetworkInterfaceId=two, PrivateIpAddresses=["10.0.1.50"]
    ) == "InvalidIPAddress.InUse"  # fmt: skip
    before = free(ec2, subnet)
    ec2.assign_private_ip_addresses(
        NetworkInterfaceId=two, PrivateIpAddresses=["10.0.1.50"], AllowReassignment=True
    )
    assert "10.0.1.50" not in addresses(seen(ec2, one))
    assert "10.0.1.50" in addresses(seen(ec2, two))
    assert free(ec2, subnet) == before
    ec2.unassign_private_ip_addresses(NetworkInterfaceId=two, PrivateIpAddresses=["10.0.1.50"])
    assert free(ec2, subnet) == before + 1
    assert refused(
        ec2.unassign_private_ip_addresses, NetworkInterfaceId=two, PrivateIpAddresses=["10.0.1.50"]
    ) == "InvalidParameterValue"  # fmt: skip
    primary = addresses(seen(ec2, two))[0]
    assert refused(
        ec2.unassign_private_ip_addresses, NetworkInterfaceId=two, PrivateIpAddresses=[primary]
    ) == "InvalidParameterValue"  # fmt: skip


def test_prefixes_take_sixteen_addresses(ec2: Any, subnet: str) -> None:
    eni = make(ec2, subnet, PrivateIpAddress="10.0.1.5", Ipv4PrefixCount=1)
    (prefix,) = (each["Ipv4Prefix"] for each in eni["Ipv4Prefixes"])
    assert prefix.endswith("/28")
    assert free(ec2, subnet) == 251 - 17
    inside = str(ipaddress.IPv4Network(prefix)[3])
    assert refused(ec2.create_network_interface, SubnetId=subnet, PrivateIpAddress=inside) == (
        "InvalidIPAddress.InUse"
    )
    identifier = eni["NetworkInterfaceId"]
    ec2.unassign_private_ip_addresses(NetworkInterfaceId=identifier, Ipv4Prefixes=[prefix])
    assert free(ec2, subnet) == 250
    make(ec2, subnet, PrivateIpAddress=inside)
    assert refused(
        ec2.assign_private_ip_addresses, NetworkInterfaceId=identifier, Ipv4Prefixes=[prefix]
    ) == "InvalidParameterValue"  # fmt: skip


def test_ipv6_addresses_and_prefixes(ec2: Any, dual: str) -> None:
    eni = make(ec2, dual, Ipv6AddressCount=2)
    identifier = eni["NetworkInterfaceId"]
    assert len(eni["Ipv6Addresses"]) == 2
    answer = ec2.assign_ipv6_addresses(NetworkInterfaceId=identifier, Ipv6PrefixCount=1)
    (prefix,) = answer["AssignedIpv6Prefixes"]
    assert prefix.endswith("/80")
    assert seen(ec2, identifier)["Ipv6Prefixes"] == [{"Ipv6Prefix": prefix}]
    first = eni["Ipv6Addresses"][0]["Ipv6Address"]
    assert refused(ec2.create_network_interface, SubnetId=dual,
                   Ipv6Addresses=[{"Ipv6Address": first}]) == "InvalidIPAddress.InUse"  # fmt: skip
    ec2.unassign_ipv6_addresses(NetworkInterfaceId=identifier, Ipv6Addresses=[first])
    assert first not in {each["Ipv6Address"] for each in seen(ec2, identifier)["Ipv6Addresses"]}
    make(ec2, dual, Ipv6Addresses=[{"Ipv6Address": first}])
    ec2.unassign_ipv6_addresses(NetworkInterfaceId=identifier, Ipv6Prefixes=[prefix])
    assert "Ipv6Prefixes" not in seen(ec2, identifier)
    assert found(ec2, ipv6_addresses__ipv6_address=first)


def test_a_primary_ipv6_address_stays(ec2: Any, dual: str) -> None:
    eni = make(ec2, dual, EnablePrimaryIpv6=True)
    (address,) = eni["Ipv6Addresses"]
    assert address["IsPrimaryIpv6"]
    assert refused(
        ec2.unassign_ipv6_addresses,
        NetworkInterfaceId=eni["NetworkInterfaceId"],
        Ipv6Addresses=[address["Ipv6Address"]],
    ) == "OperationNotPermitted"  # fmt: skip


def test_ipv6_needs_a_block(ec2: Any, subnet: str) -> None:
    assert refused(ec2.create_network_interface, SubnetId=subnet, Ipv6AddressCount=1) == (
        "InvalidParameterValue"
    )


def test_attributes_one_at_a_time(ec2: Any, subnet: str) -> None:
    identifier = make(ec2, subnet)["NetworkInterfaceId"]
    modify = ec2.modify_network_interface_attribute
    assert refused(
        modify,
        NetworkInterfaceId=identifier,
        Description={"Value": "x"},
        SourceDestCheck={"Value": False},
    ) == "InvalidParameterCombination"  # fmt: skip
    modify(NetworkInterfaceId=identifier, Description={"Value": "router"})
    modify(NetworkInterfaceId=identifier, SourceDestCheck={"Value": False})
    modify(
        NetworkInterfaceId=identifier,
        ConnectionTrackingSpecification={"TcpEstablishedTimeout": 120},
    )
    assert refused(
        modify,
        NetworkInterfaceId=identifier,
        ConnectionTrackingSpecification={"UdpTimeout": 5},
    ) == "InvalidParameterValue"  # fmt: skip
    shown = seen(ec2, identifier)
    assert shown["Description"] == "router"
    assert not shown["SourceDestCheck"]
    assert shown["ConnectionTrackingConfiguration"] == {"TcpEstablishedTimeout": 120}
    read = ec2.describe_network_interface_attribute
    assert not read(NetworkInterfaceId=identifier, Attribute="sourceDestCheck")["SourceDestCheck"][
        "Value"
    ]
    ec2.reset_network_interface_attribute(NetworkInterfaceId=identifier, SourceDestCheck="true")
    assert read(NetworkInterfaceId=identifier, Attribute="sourceDestCheck")["SourceDestCheck"][
        "Value"
    ]
    assert read(NetworkInterfaceId=identifier, Attribute="groupSet")["Groups"]
    assert refused(
        modify,
        NetworkInterfaceId=identifier,
        Attachment={"AttachmentId": "eni-attach-0123456789abcdef0", "DeleteOnTermination": True},
    ) == "InvalidAttachmentID.NotFound"  # fmt: skip


def test_an_interface_is_attached_and_detached(ec2: Any, subnet: str) -> None:
    instance = launch(ec2, subnet)
    identifier = make(ec2, subnet)["NetworkInterfaceId"]
    attachment = ec2.attach_network_interface(
        NetworkInterfaceId=identifier, InstanceId=instance, DeviceIndex=1
    )["AttachmentId"]
    shown = seen(ec2, identifier)
    assert shown["Status"] == "in-use"
    assert shown["Attachment"]["InstanceId"] == instance
    (described,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    assert [
        each["NetworkInterfaceId"] for each in described["NetworkInterfaces"]
    ][1] == identifier  # fmt: skip
    assert refusal(ec2.delete_network_interface, NetworkInterfaceId=identifier) == (
        "InvalidParameterValue", f"Network interface '{identifier}' is currently in use.",
    )  # fmt: skip
    third = make(ec2, subnet)["NetworkInterfaceId"]
    attach = ec2.attach_network_interface
    assert refused(attach, NetworkInterfaceId=identifier, InstanceId=instance, DeviceIndex=2) == (
        "InvalidNetworkInterface.InUse"
    )
    assert refused(attach, NetworkInterfaceId=third, InstanceId=instance, DeviceIndex=1) == (
        "InvalidParameterValue"
    )
    # A t3.micro has two interfaces.
    assert refused(attach, NetworkInterfaceId=third, InstanceId=instance, DeviceIndex=2) == (
        "AttachmentLimitExceeded"
    )
    # And two addresses on each.
    assert refused(
        ec2.assign_private_ip_addresses,
        NetworkInterfaceId=identifier,
        SecondaryPrivateIpAddressCount=2,
    ) == "PrivateIpAddressLimitExceeded"  # fmt: skip
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=identifier,
        Attachment={"AttachmentId": attachment, "DeleteOnTermination": True},
    )
    assert found(ec2, attachment__delete_on_termination="true", attachment__device_index="1") == {
        identifier
    }
    ec2.detach_network_interface(AttachmentId=attachment)
    assert seen(ec2, identifier)["Status"] == "available"
    (primary,) = found(ec2, attachment__instance_id=instance)
    first = seen(ec2, primary)["Attachment"]["AttachmentId"]
    assert refused(ec2.detach_network_interface, AttachmentId=first) == "OperationNotPermitted"
    assert refused(ec2.detach_network_interface, AttachmentId=attachment) == (
        "InvalidAttachmentID.NotFound"
    )


def test_an_elastic_address_takes_the_place_of_a_lent_one(ec2: Any) -> None:
    subnets = ec2.describe_subnets()["Subnets"]
    instance = launch(ec2, subnets[0]["SubnetId"])
    (primary,) = found(ec2, attachment__instance_id=instance)
    lent = seen(ec2, primary)["Association"]
    assert lent["IpOwnerId"] == "amazon"
    address = ec2.allocate_address()
    association = ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=instance)[
        "AssociationId"
    ]
    assert seen(ec2, primary)["Association"]["PublicIp"] == address["PublicIp"]
    (shown,) = ec2.describe_addresses()["Addresses"]
    assert shown["InstanceId"] == instance
    ec2.disassociate_address(AssociationId=association)
    again = seen(ec2, primary)["Association"]
    assert again["IpOwnerId"] == "amazon"
    assert again["PublicIp"] != address["PublicIp"]
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=primary, AssociatePublicIpAddress=False
    )
    assert "Association" not in seen(ec2, primary)


def test_names_follow_the_vpc(ec2: Any, vpc: str, subnet: str) -> None:
    eni = make(ec2, subnet, PrivateIpAddress="10.0.1.7")
    assert "PrivateDnsName" not in eni
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    shown = seen(ec2, eni["NetworkInterfaceId"])
    assert shown["PrivateDnsName"] == "ip-10-0-1-7.eu-west-1.compute.internal"
    assert found(ec2, private_dns_name="ip-10-0-1-7.*") == {eni["NetworkInterfaceId"]}


def test_another_account_may_attach_what_it_was_permitted(
    chamber: Chamber, ec2: Any, subnet: str
) -> None:
    friend = chamber.client("ec2", region_name=REGION, account=OTHER)
    identifier = make(ec2, subnet)["NetworkInterfaceId"]
    permit = ec2.create_network_interface_permission(
        NetworkInterfaceId=identifier, AwsAccountId=OTHER, Permission="INSTANCE-ATTACH"
    )["InterfacePermission"]
    assert permit["PermissionState"]["State"] == "granted"
    listed = ec2.describe_network_interface_permissions(
        Filters=[{"Name": "network-interface-permission.aws-account-id", "Values": [OTHER]}]
    )["NetworkInterfacePermissions"]
    assert [each["NetworkInterfaceId"] for each in listed] == [identifier]
    zone = seen(ec2, identifier)["AvailabilityZoneId"]
    theirs = next(
        each["SubnetId"]
        for each in friend.describe_subnets()["Subnets"]
        if each["AvailabilityZoneId"] == zone
    )
    instance = launch(friend, theirs)
    # Between accounts an interface goes to an instance of its VPC only.
    assert refused(
        friend.attach_network_interface,
        NetworkInterfaceId=identifier,
        InstanceId=instance,
        DeviceIndex=1,
    ) == "InvalidParameterCombination"  # fmt: skip
    ec2.delete_network_interface_permission(
        NetworkInterfacePermissionId=permit["NetworkInterfacePermissionId"]
    )
    assert refused(
        friend.attach_network_interface,
        NetworkInterfaceId=identifier,
        InstanceId=instance,
        DeviceIndex=1,
    ) == "InvalidNetworkInterfaceID.NotFound"  # fmt: skip


def test_others_see_nothing(chamber: Chamber, ec2: Any, subnet: str) -> None:
    identifier = make(ec2, subnet)["NetworkInterfaceId"]
    friend = chamber.client("ec2", region_name=REGION, account=OTHER)
    assert friend.describe_network_interfaces()["NetworkInterfaces"] == []
    assert refused(friend.delete_network_interface, NetworkInterfaceId=identifier) == (
        "InvalidNetworkInterfaceID.NotFound"
    )


def test_a_token_makes_one_interface(ec2: Any, subnet: str) -> None:
    one, two = (make(ec2, subnet, ClientToken="once") for _ in range(2))
    assert one["NetworkInterfaceId"] == two["NetworkInterfaceId"]
    assert free(ec2, subnet) == 250


def test_an_ipv6_only_subnet_gives_no_ipv4(ec2: Any, dual: str) -> None:
    (shown,) = ec2.describe_subnets(SubnetIds=[dual])["Subnets"]
    block = ipaddress.IPv6Network(shown["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"])
    beside = ipaddress.IPv6Network((int(block.network_address) + (1 << 64), 64))
    made = ec2.create_subnet(VpcId=shown["VpcId"], Ipv6CidrBlock=str(beside), Ipv6Native=True)
    eni = make(ec2, made["Subnet"]["SubnetId"])
    assert eni["PrivateIpAddresses"] == []
    (address,) = eni["Ipv6Addresses"]
    assert ipaddress.IPv6Address(address["Ipv6Address"]) in beside
    assert eni["Ipv6Native"]
    assert refused(
        ec2.create_network_interface,
        SubnetId=made["Subnet"]["SubnetId"],
        SecondaryPrivateIpAddressCount=1,
    ) == "InvalidParameterValue"  # fmt: skip


def test_the_type_of_public_names_is_shown(ec2: Any) -> None:
    instance = launch(ec2, ec2.describe_subnets()["Subnets"][0]["SubnetId"])
    (primary,) = found(ec2, attachment__instance_id=instance)
    ec2.modify_public_ip_dns_name_options(
        NetworkInterfaceId=primary, HostnameType="public-ipv4-dns-name"
    )
    shown = seen(ec2, primary)
    assert shown["PublicIpDnsNameOptions"]["DnsHostnameType"] == "public-ipv4-dns-name"
    public = shown["Association"]["PublicIp"].replace(".", "-")
    assert shown["PublicDnsName"] == f"ec2-{public}.eu-west-1.compute.amazonaws.com"


def test_a_fork_goes_on_from_the_same_addresses(chamber: Chamber, ec2: Any, subnet: str) -> None:
    make(ec2, subnet, PrivateIpAddress="10.0.1.10", Ipv4PrefixCount=1)
    with chamber.fork() as other:
        theirs = other.client("ec2", region_name=REGION, account="111111111111")
        assert (
            theirs.describe_network_interfaces()["NetworkInterfaces"]
            == (ec2.describe_network_interfaces()["NetworkInterfaces"])
        )
        assert free(theirs, subnet) == 251 - 17
        assert addresses(make(theirs, subnet)) == addresses(make(ec2, subnet))
        assert refused(
            theirs.create_network_interface, SubnetId=subnet, PrivateIpAddress="10.0.1.10"
        ) == "InvalidIPAddress.InUse"  # fmt: skip


def test_pages_go_on_where_they_stopped(ec2: Any, subnet: str) -> None:
    made = sorted(make(ec2, subnet)["NetworkInterfaceId"] for _ in range(7))
    first = ec2.describe_network_interfaces(MaxResults=5)
    rest = ec2.describe_network_interfaces(MaxResults=5, NextToken=first["NextToken"])
    listed = [each["NetworkInterfaceId"] for page in (first, rest) for each in
              page["NetworkInterfaces"]]  # fmt: skip
    assert listed == made


def test_an_interface_for_efa_only_has_no_addresses(ec2: Any, subnet: str) -> None:
    eni = make(ec2, subnet, InterfaceType="efa-only")
    assert (eni["PrivateIpAddresses"], eni["Ipv6Addresses"]) == ([], [])
    assert free(ec2, subnet) == 251
    assert refused(
        ec2.create_network_interface,
        SubnetId=subnet,
        InterfaceType="efa-only",
        PrivateIpAddress="10.0.1.9",
    ) == "InvalidParameterCombination"  # fmt: skip


def test_an_address_that_is_listed_is_named(ec2: Any, dual: str) -> None:
    for members in (
        {"Ipv6Addresses": [{"IsPrimaryIpv6": True}]},
        {"PrivateIpAddresses": [{"Primary": True}]},
    ):
        assert refused(make, ec2=ec2, subnet=dual, **members) == "MissingParameter"
