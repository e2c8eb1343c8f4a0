"""Route tables: their routes, what they are for, and the gateways that they lead to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.ec2.refusing import refusal, refused
from tests.unit.services.ec2.vpcs.estate import (
    ACCOUNT,
    main_table,
    routes_of,
    table_of,
    where,
    with_ipv6,
)


@pytest.fixture
def table(ec2: Any, vpc: str) -> str:
    identifier: str = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    return identifier


@pytest.fixture
def gateway(ec2: Any, vpc: str) -> str:
    identifier: str = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=identifier, VpcId=vpc)
    return identifier


@pytest.fixture
def interface(ec2: Any, subnet: str) -> str:
    made = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    identifier: str = made["NetworkInterfaceId"]
    return identifier


def associations_of(ec2: Any, table: str) -> dict[str, str]:
    return {
        each.get("SubnetId") or each.get("GatewayId", "main"): each["RouteTableAssociationId"]
        for each in table_of(ec2, table)["Associations"]
    }


def test_a_route_leads_out_until_its_gateway_is_detached(
    ec2: Any, vpc: str, table: str, gateway: str
) -> None:
    assert ec2.create_route(
        RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway
    )["Return"]
    assert routes_of(ec2, table) == {
        "10.0.0.0/16": ("local", "active"),
        "0.0.0.0/0": (gateway, "active"),
    }
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    assert routes_of(ec2, table)["0.0.0.0/0"] == (gateway, "blackhole")
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    assert routes_of(ec2, table)["0.0.0.0/0"] == (gateway, "active")
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    assert list(routes_of(ec2, table)) == ["10.0.0.0/16"]


def test_a_destination_stands_once(ec2: Any, table: str, gateway: str) -> None:
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="192.0.2.9/24", GatewayId=gateway)
    assert refusal(
        ec2.create_route, RouteTableId=table, DestinationCidrBlock="192.0.2.0/24", GatewayId=gateway
    ) == ("RouteAlreadyExists", "The route identified by 192.0.2.0/24 already exists.")
    assert (
        refused(
            ec2.create_route,
            RouteTableId=table,
            DestinationCidrBlock="10.0.0.0/16",
            GatewayId=gateway,
        )
        == "RouteAlreadyExists"
    )


def test_a_route_needs_one_destination_and_one_target(
    ec2: Any, table: str, gateway: str, interface: str
) -> None:
    assert refused(ec2.create_route, RouteTableId=table, GatewayId=gateway) == "MissingParameter"
    assert (
        refused(ec2.create_route, RouteTableId=table, DestinationCidrBlock="192.0.2.0/24")
        == "MissingParameter"
    )
    assert refused(
        ec2.create_route, RouteTableId=table, DestinationCidrBlock="192.0.2.0/24",
        GatewayId=gateway, NetworkInterfaceId=interface,
    ) == "InvalidParameterCombination"  # fmt: skip
    assert refused(
        ec2.create_route, RouteTableId=table, DestinationCidrBlock="192.0.2.0/24",
        DestinationIpv6CidrBlock="2001:db8::/32", GatewayId=gateway,
    ) == "InvalidParameterCombination"  # fmt: skip
    assert refused(
        ec2.create_route, RouteTableId=table, DestinationCidrBlock="192.0.2.0/24",
        CarrierGatewayId="cagw-1",
    ) == "NotImplemented"  # fmt: skip


@pytest.mark.parametrize(
    ("member", "identifier", "code"),
    [
        ("GatewayId", "igw-0123456789abcdef0", "InvalidGatewayID.NotFound"),
        ("GatewayId", "vgw-0123456789abcdef0", "InvalidVpnGatewayID.NotFound"),
        ("NatGatewayId", "nat-0123456789abcdef0", "NatGatewayNotFound"),
        ("NetworkInterfaceId", "eni-0123456789abcdef0", "InvalidNetworkInterfaceID.NotFound"),
        ("InstanceId", "i-0123456789abcdef0", "InvalidInstanceID.NotFound"),
        ("VpcPeeringConnectionId", "pcx-0123456789abcdef0",
         "InvalidVpcPeeringConnectionID.NotFound"),
        ("TransitGatewayId", "tgw-0123456789abcdef0", "InvalidTransitGatewayID.NotFound"),
        ("VpcEndpointId", "vpce-0123456789abcdef0", "InvalidVpcEndpointId.NotFound"),
    ],
)  # fmt: skip
def test_targets_have_to_be_there(
    ec2: Any, table: str, member: str, identifier: str, code: str
) -> None:
    request = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", member: identifier}
    assert refused(ec2.create_route, **request) == code


def test_targets_have_to_belong_to_the_vpc(ec2: Any, gateway: str, interface: str) -> None:
    other = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    table = main_table(ec2, other)["RouteTableId"]
    for member, identifier, what in (
        ("GatewayId", gateway, "network gateway"),
        ("NetworkInterfaceId", interface, "interface"),
    ):
        request = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", member: identifier}
        assert refusal(ec2.create_route, **request) == (
            "InvalidParameterValue",
            f"route table {table} and {what} {identifier} belong to different networks",
        )


def test_an_interface_without_an_instance_is_a_blackhole(
    ec2: Any, table: str, interface: str
) -> None:
    ec2.create_route(
        RouteTableId=table, DestinationCidrBlock="192.0.2.0/24", NetworkInterfaceId=interface
    )
    assert routes_of(ec2, table)["192.0.2.0/24"] == (interface, "blackhole")


def test_a_peering_waits_and_then_takes_packets(ec2: Any, vpc: str, table: str) -> None:
    peer = ec2.create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"]
    peering = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)
    identifier = peering["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.create_route(
        RouteTableId=table, DestinationCidrBlock="10.5.0.0/16", VpcPeeringConnectionId=identifier
    )
    assert routes_of(ec2, table)["10.5.0.0/16"] == (identifier, "blackhole")
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=identifier)
    assert routes_of(ec2, table)["10.5.0.0/16"] == (identifier, "active")
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=identifier)
    assert routes_of(ec2, table)["10.5.0.0/16"] == (identifier, "blackhole")
    assert refused(
        ec2.create_route, RouteTableId=table, DestinationCidrBlock="10.5.1.0/24",
        VpcPeeringConnectionId=identifier,
    ) == "InvalidVpcPeeringConnectionID.NotFound"  # fmt: skip


def test_a_transit_gateway_has_to_be_attached(ec2: Any, vpc: str, subnet: str, table: str) -> None:
    gateway = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    request = {
        "RouteTableId": table, "DestinationCidrBlock": "10.0.0.0/8", "TransitGatewayId": gateway,
    }  # fmt: skip
    assert refusal(ec2.create_route, **request) == (
        "InvalidTransitGatewayID.NotFound",
        f"Transit Gateway {gateway} was deleted or does not exist.",
    )
    ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway, VpcId=vpc, SubnetIds=[subnet]
    )
    ec2.create_route(**request)
    assert routes_of(ec2, table)["10.0.0.0/8"] == (gateway, "active")


def test_ipv6_goes_out_through_an_egress_only_gateway(ec2: Any) -> None:
    vpc, _ = with_ipv6(ec2)
    table = main_table(ec2, vpc)["RouteTableId"]
    made = ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]
    egress = made["EgressOnlyInternetGatewayId"]
    assert made["Attachments"] == [{"State": "attached", "VpcId": vpc}]
    ec2.create_route(
        RouteTableId=table, DestinationIpv6CidrBlock="::/0", EgressOnlyInternetGatewayId=egress
    )
    assert routes_of(ec2, table)["::/0"] == (egress, "active")
    assert refused(
        ec2.create_route, RouteTableId=table, DestinationCidrBlock="0.0.0.0/0",
        EgressOnlyInternetGatewayId=egress,
    ) == "InvalidParameterValue"  # fmt: skip
    assert ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=egress)["ReturnCode"]
    assert routes_of(ec2, table)["::/0"] == (egress, "blackhole")
    assert ec2.describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"] == []


def test_the_vpc_s_own_addresses_lead_to_a_middlebox_only(
    ec2: Any, table: str, subnet: str, gateway: str, interface: str
) -> None:
    assert refusal(
        ec2.create_route, RouteTableId=table, DestinationCidrBlock="10.0.1.0/24", GatewayId=gateway
    ) == (
        "InvalidParameterValue",
        (
            "The destination CIDR block 10.0.1.0/24 is equal to or more specific than one of this "
            "VPC's CIDR blocks. This route can target only an interface or an instance."
        ),
    )
    assert refused(
        ec2.create_route, RouteTableId=table, DestinationCidrBlock="10.0.1.0/25",
        NetworkInterfaceId=interface,
    ) == "InvalidParameterValue"  # fmt: skip
    ec2.create_route(
        RouteTableId=table, DestinationCidrBlock="10.0.1.0/24", NetworkInterfaceId=interface
    )
    assert routes_of(ec2, table)["10.0.1.0/24"][0] == interface


@pytest.mark.parametrize("cidr", ["169.254.168.0/22", "169.254.169.254/32"])
def test_aws_s_own_addresses_cannot_be_routed(
    ec2: Any, table: str, gateway: str, cidr: str
) -> None:
    assert (
        refused(ec2.create_route, RouteTableId=table, DestinationCidrBlock=cidr, GatewayId=gateway)
        == "InvalidParameterValue"
    )


def test_a_route_is_replaced(ec2: Any, table: str, gateway: str, interface: str) -> None:
    assert refusal(
        ec2.replace_route, RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway
    ) == (
        "InvalidParameterValue",
        "There is no route defined for '0.0.0.0/0' in the route table. Use CreateRoute instead.",
    )
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.replace_route(
        RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=interface
    )
    assert routes_of(ec2, table)["0.0.0.0/0"][0] == interface


def test_the_local_route_is_replaced_and_reset_but_never_deleted(
    ec2: Any, table: str, gateway: str, interface: str
) -> None:
    local = {"RouteTableId": table, "DestinationCidrBlock": "10.0.0.0/16"}
    ec2.replace_route(**local, NetworkInterfaceId=interface)
    assert routes_of(ec2, table)["10.0.0.0/16"][0] == interface
    assert refused(ec2.replace_route, **local, GatewayId=gateway) == "InvalidParameterValue"
    ec2.replace_route(**local, LocalTarget=True)
    assert routes_of(ec2, table)["10.0.0.0/16"] == ("local", "active")
    assert refusal(ec2.delete_route, **local) == (
        "InvalidParameterValue",
        f"cannot remove local route 10.0.0.0/16 in route table {table}",
    )
    assert refusal(ec2.delete_route, RouteTableId=table, DestinationCidrBlock="0.0.0.0/0") == (
        "InvalidRoute.NotFound",
        f"no route with destination-cidr-block 0.0.0.0/0 in route table {table}",
    )


def test_a_prefix_list_is_a_destination_and_counts_with_its_room(
    ec2: Any, table: str, gateway: str
) -> None:
    lists = [
        ec2.create_managed_prefix_list(
            PrefixListName=f"offices{number}", AddressFamily="IPv4", MaxEntries=entries
        )["PrefixList"]["PrefixListId"]
        for number, entries in enumerate((499, 2))
    ]
    ec2.create_route(RouteTableId=table, DestinationPrefixListId=lists[0], GatewayId=gateway)
    assert routes_of(ec2, table)[lists[0]] == (gateway, "active")
    assert (
        refused(
            ec2.create_route,
            RouteTableId=table,
            DestinationPrefixListId=lists[1],
            GatewayId=gateway,
        )
        == "RouteLimitExceeded"
    )
    ec2.delete_route(RouteTableId=table, DestinationPrefixListId=lists[0])
    assert lists[0] not in routes_of(ec2, table)


def test_a_table_is_associated_with_a_subnet_and_replaced(
    ec2: Any, vpc: str, subnet: str, table: str
) -> None:
    made = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    assert made["AssociationState"]["State"] == "associated"
    assert associations_of(ec2, table) == {subnet: made["AssociationId"]}
    assert (
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
        == (made["AssociationId"])
    )
    other = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    assert refused(ec2.associate_route_table, RouteTableId=other, SubnetId=subnet) == (
        "Resource.AlreadyAssociated"
    )
    assert refusal(ec2.delete_route_table, RouteTableId=table) == (
        "DependencyViolation",
        f"The routeTable '{table}' has dependencies and cannot be deleted.",
    )
    new = ec2.replace_route_table_association(
        AssociationId=made["AssociationId"], RouteTableId=other
    )["NewAssociationId"]
    assert associations_of(ec2, other) == {subnet: new}
    ec2.delete_route_table(RouteTableId=table)
    ec2.disassociate_route_table(AssociationId=new)
    assert associations_of(ec2, other) == {}
    assert refusal(ec2.disassociate_route_table, AssociationId=new) == (
        "InvalidAssociationID.NotFound",
        f"The association ID '{new}' does not exist",
    )


def test_another_table_becomes_the_main_one(ec2: Any, vpc: str, table: str) -> None:
    before = main_table(ec2, vpc)
    (association,) = before["Associations"]
    identifier = association["RouteTableAssociationId"]
    assert refusal(ec2.disassociate_route_table, AssociationId=identifier) == (
        "InvalidParameterValue",
        f"cannot disassociate the main route table association {identifier}",
    )
    assert refused(ec2.delete_route_table, RouteTableId=before["RouteTableId"]) == (
        "DependencyViolation"
    )
    ec2.replace_route_table_association(AssociationId=identifier, RouteTableId=table)
    assert main_table(ec2, vpc)["RouteTableId"] == table
    ec2.delete_route_table(RouteTableId=before["RouteTableId"])
    ec2.delete_vpc(VpcId=vpc)


def test_networks_do_not_mix(ec2: Any, table: str) -> None:
    other = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=other, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    assert refusal(ec2.associate_route_table, RouteTableId=table, SubnetId=subnet) == (
        "InvalidParameterValue",
        f"route table {table} and subnet {subnet} belong to different networks",
    )


def test_a_gateway_s_table_leads_to_middleboxes_in_the_vpc(
    ec2: Any, vpc: str, table: str, gateway: str, interface: str
) -> None:
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    assert refused(ec2.associate_route_table, RouteTableId=table, GatewayId=gateway) == (
        "InvalidParameterValue"
    )
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    ec2.associate_route_table(RouteTableId=table, GatewayId=gateway)
    assert list(associations_of(ec2, table)) == [gateway]
    assert (
        refused(
            ec2.create_route,
            RouteTableId=table,
            DestinationCidrBlock="0.0.0.0/0",
            GatewayId=gateway,
        )
        == "InvalidParameterValue"
    )
    ec2.create_route(
        RouteTableId=table, DestinationCidrBlock="10.0.1.0/24", NetworkInterfaceId=interface
    )
    assert (
        refused(ec2.detach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc)
        == "DependencyViolation"
    )
    found = ec2.describe_route_tables(Filters=where(association__gateway_id=gateway))
    assert [each["RouteTableId"] for each in found["RouteTables"]] == [table]


def test_a_gateway_has_one_vpc_and_a_vpc_one_gateway(ec2: Any, vpc: str, gateway: str) -> None:
    other = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    assert refusal(ec2.attach_internet_gateway, InternetGatewayId=gateway, VpcId=other) == (
        "Resource.AlreadyAssociated",
        f"resource {gateway} is already attached to network {vpc}",
    )
    spare = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    assert refusal(ec2.attach_internet_gateway, InternetGatewayId=spare, VpcId=vpc) == (
        "InvalidParameterValue",
        f"Network {vpc} already has an internet gateway attached",
    )
    assert refusal(ec2.detach_internet_gateway, InternetGatewayId=spare, VpcId=vpc) == (
        "Gateway.NotAttached",
        f"resource {spare} is not attached to network {vpc}",
    )
    assert refusal(ec2.delete_internet_gateway, InternetGatewayId=gateway) == (
        "DependencyViolation",
        f"The internetGateway '{gateway}' has dependencies and cannot be deleted.",
    )
    ec2.delete_internet_gateway(InternetGatewayId=spare)
    found = ec2.describe_internet_gateways(Filters=where(attachment__state="available"))
    assert spare not in [each["InternetGatewayId"] for each in found["InternetGateways"]]


def test_public_addresses_keep_the_gateway(
    ec2: Any, vpc: str, gateway: str, interface: str
) -> None:
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    association = ec2.associate_address(AllocationId=address, NetworkInterfaceId=interface)
    assert refusal(ec2.detach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc) == (
        "DependencyViolation",
        (
            f"Network {vpc} has some mapped public address(es). Please unmap those public "
            "address(es) before detaching the gateway."
        ),
    )
    ec2.disassociate_address(AssociationId=association["AssociationId"])
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("association.main", "false"),
        ("association.subnet-id", "subnet-*"),
        ("association.route-table-association-id", "rtbassoc-*"),
        ("association.route-table-id", "rtb-*"),
        ("owner-id", ACCOUNT),
        ("route.destination-cidr-block", "198.51.100.0/24"),
        ("route.gateway-id", "igw-*"),
        ("route.origin", "CreateRoute"),
        ("route.state", "active"),
    ],
)
def test_every_filter_finds_the_table(
    ec2: Any, subnet: str, table: str, gateway: str, name: str, value: str
) -> None:
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="198.51.100.0/24", GatewayId=gateway)
    found = ec2.describe_route_tables(Filters=[{"Name": name, "Values": [value]}])["RouteTables"]
    assert table in [each["RouteTableId"] for each in found]
    none = ec2.describe_route_tables(Filters=[{"Name": name, "Values": ["nothing"]}])
    assert none["RouteTables"] == []


def test_a_client_token_makes_one_table(ec2: Any, vpc: str) -> None:
    made = [ec2.create_route_table(VpcId=vpc, ClientToken="once") for _ in range(2)]
    assert made[0]["ClientToken"] == "once"
    assert made[0]["RouteTable"]["RouteTableId"] == made[1]["RouteTable"]["RouteTableId"]
    assert len(ec2.describe_route_tables(Filters=where(vpc_id=vpc))["RouteTables"]) == 2


@pytest.mark.parametrize(
    "operation",
    ["create_route_table", "create_network_acl", "create_egress_only_internet_gateway"],
)
def test_a_client_token_comes_back_with_the_same_answer(ec2: Any, vpc: str, operation: str) -> None:
    make = getattr(ec2, operation)
    first, second = (make(VpcId=vpc, ClientToken="once") for _ in range(2))
    assert first["ClientToken"] == second["ClientToken"] == "once"
    del first["ResponseMetadata"], second["ResponseMetadata"]
    assert first == second
