"""VPC endpoints: a gateway's routes, an interface's addresses and names, policies, hours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.connections.estates import (
    HERE,
    MINE,
    YOURS,
    code_of,
    ec2,
    message_of,
    organized,
    shared,
    subnet,
    vpc,
)

S3 = f"com.amazonaws.{HERE}.s3"
NO_NETWORK = f"arn:aws:vpc-lattice:{HERE}:{MINE}:servicenetwork/sn-0123456789abcdef0"
SQS = f"com.amazonaws.{HERE}.sqs"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1) as opened:
        yield opened


def named(client: Any, cidr: str = "10.0.0.0/16") -> str:
    """A VPC with DNS host names."""
    made = vpc(client, cidr)
    client.modify_vpc_attribute(VpcId=made, EnableDnsHostnames={"Value": True})
    return made


def endpoint(client: Any, vpc_id: str, service: str, type_: str = "Interface", **more: Any) -> str:
    made: str = client.create_vpc_endpoint(
        VpcId=vpc_id, ServiceName=service, VpcEndpointType=type_, **more
    )["VpcEndpoint"]["VpcEndpointId"]
    return made


def seen(client: Any, identifier: str) -> dict[str, Any]:
    [found] = client.describe_vpc_endpoints(VpcEndpointIds=[identifier])["VpcEndpoints"]
    return dict(found)


def table(client: Any, vpc_id: str) -> str:
    made: str = client.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
    return made


def routes(client: Any, table_id: str) -> dict[str, str]:
    [found] = client.describe_route_tables(RouteTableIds=[table_id])["RouteTables"]
    return {
        each.get("DestinationPrefixListId") or each["DestinationCidrBlock"]: each["GatewayId"]
        for each in found["Routes"]
    }


def interfaces(client: Any, vpc_id: str) -> list[dict[str, Any]]:
    answer = client.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])
    return list(answer["NetworkInterfaces"])


def test_a_gateway_is_a_route_in_its_tables(chamber: Chamber) -> None:
    client = ec2(chamber)
    network = vpc(client)
    first, second = table(client, network), table(client, network)
    answer = client.create_vpc_endpoint(VpcId=network, ServiceName=S3, RouteTableIds=[first])
    made = answer["VpcEndpoint"]
    assert (made["VpcEndpointType"], made["State"]) == ("Gateway", "available")
    gate = made["VpcEndpointId"]
    [listing] = client.describe_prefix_lists(
        Filters=[{"Name": "prefix-list-name", "Values": [S3]}]
    )["PrefixLists"]
    prefix = listing["PrefixListId"]
    assert routes(client, first)[prefix] == gate
    assert prefix not in routes(client, second)
    with pytest.raises(ClientError) as twice:
        endpoint(client, network, S3, "Gateway", RouteTableIds=[second, first])
    assert code_of(twice.value) == "RouteAlreadyExists"
    assert prefix not in routes(client, second)
    client.modify_vpc_endpoint(
        VpcEndpointId=gate, AddRouteTableIds=[second], RemoveRouteTableIds=[first]
    )
    assert routes(client, second)[prefix] == gate
    assert prefix not in routes(client, first)
    assert seen(client, gate)["RouteTableIds"] == [second]
    assert client.delete_vpc_endpoints(VpcEndpointIds=[gate])["Unsuccessful"] == []
    assert prefix not in routes(client, second)
    [failure] = client.delete_vpc_endpoints(VpcEndpointIds=[gate])["Unsuccessful"]
    assert failure["Error"]["Code"] == "InvalidVpcEndpointId.NotFound"


def test_an_interface_has_an_address_in_each_zone_and_names(chamber: Chamber) -> None:
    client = ec2(chamber)
    network = named(client)
    first = subnet(client, network, "10.0.0.0/24", "a")
    second = subnet(client, network, "10.0.1.0/24", "b")
    twin = subnet(client, network, "10.0.2.0/24", "a")
    with pytest.raises(ClientError) as twice:
        endpoint(client, network, SQS, SubnetIds=[first, twin])
    assert code_of(twice.value) == "DuplicateSubnetsInSameZone"
    made = endpoint(
        client, network, SQS, SubnetIds=[first],
        SubnetConfigurations=[{"SubnetId": first, "Ipv4": "10.0.0.77"}],
    )  # fmt: skip
    found = seen(client, made)
    assert (found["State"], found["SubnetIds"]) == ("available", [first])
    [face] = interfaces(client, network)
    assert face["PrivateIpAddress"] == "10.0.0.77"
    assert (face["InterfaceType"], face["RequesterManaged"]) == ("vpc_endpoint", True)
    assert found["NetworkInterfaceIds"] == [face["NetworkInterfaceId"]]
    assert [each["GroupName"] for each in found["Groups"]] == ["default"]
    names = [each["DnsName"] for each in found["DnsEntries"]]
    assert names[0].startswith(f"{made}-")
    assert names[0].endswith(f".sqs.{HERE}.vpce.amazonaws.com")
    assert f"-{HERE}a." in names[1]
    assert names[2] == f"sqs.{HERE}.amazonaws.com"
    client.modify_vpc_endpoint(
        VpcEndpointId=made, AddSubnetIds=[second], RemoveSubnetIds=[first], PrivateDnsEnabled=False
    )
    found = seen(client, made)
    assert [each["SubnetId"] for each in interfaces(client, network)] == [second]
    assert found["PrivateDnsEnabled"] is False
    assert all(each["DnsName"].startswith(made) for each in found["DnsEntries"])
    with pytest.raises(ClientError) as used:
        client.delete_subnet(SubnetId=second)
    assert code_of(used.value) == "DependencyViolation"
    client.delete_vpc_endpoints(VpcEndpointIds=[made])
    assert not interfaces(client, network)
    client.delete_subnet(SubnetId=second)


def test_groups_are_worn_by_the_interfaces(chamber: Chamber) -> None:
    client = ec2(chamber)
    network = named(client)
    inside = subnet(client, network, "10.0.0.0/24")
    group = client.create_security_group(GroupName="web", Description="web", VpcId=network)[
        "GroupId"
    ]
    made = endpoint(client, network, SQS, SubnetIds=[inside])
    [default] = seen(client, made)["Groups"]
    client.modify_vpc_endpoint(
        VpcEndpointId=made, AddSecurityGroupIds=[group],
        RemoveSecurityGroupIds=[default["GroupId"]],
    )  # fmt: skip
    [face] = interfaces(client, network)
    assert [each["GroupId"] for each in face["Groups"]] == [group]
    with pytest.raises(ClientError) as none_left:
        client.modify_vpc_endpoint(VpcEndpointId=made, RemoveSecurityGroupIds=[group])
    assert code_of(none_left.value) == "InvalidParameter"


def test_private_dns_needs_the_vpc_s_dns_and_is_there_once(chamber: Chamber) -> None:
    client = ec2(chamber)
    network = vpc(client)
    inside = subnet(client, network, "10.0.0.0/24")
    with pytest.raises(ClientError) as off:
        endpoint(client, network, SQS, SubnetIds=[inside])
    assert "enableDnsSupport and enableDnsHostnames" in message_of(off.value)
    quiet = endpoint(client, network, SQS, SubnetIds=[inside], PrivateDnsEnabled=False)
    client.modify_vpc_attribute(VpcId=network, EnableDnsHostnames={"Value": True})
    endpoint(client, network, SQS, SubnetIds=[inside])
    for act in (
        lambda: endpoint(client, network, SQS, SubnetIds=[inside]),
        lambda: client.modify_vpc_endpoint(VpcEndpointId=quiet, PrivateDnsEnabled=True),
    ):
        with pytest.raises(ClientError) as conflict:
            act()
        assert f"conflicting DNS domain for sqs.{HERE}.amazonaws.com" in message_of(conflict.value)


def test_s3_by_interface_needs_a_gateway_beside_it(chamber: Chamber) -> None:
    client = ec2(chamber)
    network = named(client)
    inside = subnet(client, network, "10.0.0.0/24")
    assert seen(client, endpoint(client, network, S3, SubnetIds=[inside]))[
        "PrivateDnsEnabled"
    ] is False  # fmt: skip
    with pytest.raises(ClientError) as alone:
        endpoint(client, network, S3, SubnetIds=[inside], PrivateDnsEnabled=True)
    assert "must have a Gateway endpoint for the service" in message_of(alone.value)
    endpoint(client, network, S3, "Gateway")
    made = endpoint(client, network, S3, SubnetIds=[inside], PrivateDnsEnabled=True)
    found = seen(client, made)
    assert found["DnsOptions"]["PrivateDnsOnlyForInboundResolverEndpoint"] is True
    assert f"*.s3.{HERE}.amazonaws.com" in [each["DnsName"] for each in found["DnsEntries"]]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"ServiceName": f"com.amazonaws.{HERE}.nothing"}, "InvalidServiceName"),
        ({"ServiceName": SQS}, "InvalidParameter"),
        ({}, "MissingParameter"),
        ({"ServiceName": S3, "SubnetIds": ["subnet-0123456789abcdef0"]}, "InvalidParameter"),
        (
            {"ServiceName": S3, "RouteTableIds": ["rtb-0123456789abcdef0"]},
            "InvalidRouteTableID.NotFound",
        ),
        ({"ServiceName": S3, "PolicyDocument": "{}"}, "InvalidPolicyDocument"),
        ({"ServiceName": S3, "PrivateDnsEnabled": True}, "InvalidParameter"),
        ({"ServiceName": S3, "VpcId": "vpc-0123456789abcdef0"}, "InvalidVpcID.NotFound"),
        ({"ServiceName": SQS, "VpcEndpointType": "Tunnel"}, "NotImplemented"),
        ({"VpcEndpointType": "Resource"}, "NotImplemented"),
        (
            {"VpcEndpointType": "ServiceNetwork", "ServiceNetworkArn": NO_NETWORK},
            "InvalidParameter",
        ),
        ({"VpcEndpointType": "ServiceNetwork"}, "MissingParameter"),
        (
            {"VpcEndpointType": "ServiceNetwork", "ServiceNetworkArn": "arn:aws:s3:::b"},
            "InvalidParameter",
        ),
    ],
)
def test_what_no_endpoint_can_be(chamber: Chamber, request_: dict[str, Any], code: str) -> None:
    client = ec2(chamber)
    with pytest.raises(ClientError) as wrong:
        client.create_vpc_endpoint(**{"VpcId": vpc(client), **request_})
    assert code_of(wrong.value) == code
    assert not client.describe_vpc_endpoints()["VpcEndpoints"]


def test_a_policy_is_kept_and_reset(chamber: Chamber) -> None:
    client = ec2(chamber)
    policy = json.dumps(
        {
            "Statement": [
                {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
            ]
        }
    )
    made = endpoint(client, vpc(client), S3, "Gateway", PolicyDocument=policy)
    assert json.loads(seen(client, made)["PolicyDocument"]) == json.loads(policy)
    with pytest.raises(ClientError) as wrong:
        client.modify_vpc_endpoint(VpcEndpointId=made, PolicyDocument='{"Statement": 1}')
    assert code_of(wrong.value) == "InvalidPolicyDocument"
    client.modify_vpc_endpoint(VpcEndpointId=made, ResetPolicy=True)
    [statement] = json.loads(seen(client, made)["PolicyDocument"])["Statement"]
    assert statement["Action"] == "*"


def test_a_token_makes_one_endpoint(chamber: Chamber) -> None:
    client = ec2(chamber)
    network = vpc(client)
    first = endpoint(client, network, S3, "Gateway", ClientToken="once")
    assert endpoint(client, network, S3, "Gateway", ClientToken="once") == first
    assert len(client.describe_vpc_endpoints()["VpcEndpoints"]) == 1


def test_an_interface_costs_by_the_hour_and_zone_and_a_gateway_nothing(chamber: Chamber) -> None:
    client = ec2(chamber)
    network = named(client)
    zones = [
        subnet(client, network, f"10.0.{number}.0/24", zone) for number, zone in enumerate("ab")
    ]
    endpoint(client, network, S3, "Gateway")
    made = endpoint(client, network, SQS, SubnetIds=zones)

    def hours() -> float:
        lines = chamber.cloud.meter.lines()
        return sum(amount for line, amount in lines if line[4].startswith("VpcEndpoint"))

    assert hours() == 2
    chamber.advance("90m")
    assert hours() == 4
    client.delete_vpc_endpoints(VpcEndpointIds=[made])
    chamber.advance("5h")
    assert hours() == 4


def test_a_participant_makes_no_endpoint_in_a_shared_subnet(chamber: Chamber) -> None:
    mine, yours = ec2(chamber), ec2(chamber, YOURS)
    network = named(mine)
    inside = subnet(mine, network, "10.0.0.0/24")
    organized(chamber)
    shared(chamber, f"arn:aws:ec2:{HERE}:{MINE}:subnet/{inside}")
    assert yours.describe_subnets(SubnetIds=[inside])["Subnets"]
    with pytest.raises(ClientError) as denied:
        endpoint(yours, network, SQS, SubnetIds=[inside])
    assert code_of(denied.value) == "OperationNotPermitted"
    assert not interfaces(mine, network)


def test_a_service_network_has_interfaces_in_the_vpc(chamber: Chamber) -> None:
    client = ec2(chamber)
    network = vpc(client)
    inside = subnet(client, network, "10.0.0.0/24")
    lattice = chamber.client("vpc-lattice", region_name=HERE, account=MINE)
    arn = lattice.create_service_network(name="parcels")["arn"]
    made = client.create_vpc_endpoint(
        VpcId=network, VpcEndpointType="ServiceNetwork", ServiceNetworkArn=arn, SubnetIds=[inside]
    )["VpcEndpoint"]["VpcEndpointId"]
    found = seen(client, made)
    assert (found["State"], found["ServiceNetworkArn"]) == ("available", arn)
    [face] = interfaces(client, network)
    assert found["NetworkInterfaceIds"] == [face["NetworkInterfaceId"]]


def test_filters(chamber: Chamber) -> None:
    client = ec2(chamber)
    network, other = vpc(client), vpc(client, "10.1.0.0/16")
    first = endpoint(client, network, S3, "Gateway")
    second = endpoint(client, other, f"com.amazonaws.{HERE}.dynamodb", "Gateway")
    client.create_tags(Resources=[second], Tags=[{"Key": "Name", "Value": "tables"}])

    def found(name: str, value: str) -> list[str]:
        answer = client.describe_vpc_endpoints(Filters=[{"Name": name, "Values": [value]}])
        return [each["VpcEndpointId"] for each in answer["VpcEndpoints"]]

    assert found("vpc-id", network) == [first]
    assert found("service-name", "*dynamodb") == [second]
    assert found("vpc-endpoint-type", "Gateway") == sorted([first, second])
    assert found("vpc-endpoint-state", "available") == sorted([first, second])
    assert found("tag:Name", "tables") == [second]


def test_aws_offers_its_services(chamber: Chamber) -> None:
    client = ec2(chamber)
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        client.describe_vpc_endpoint_services(ServiceRegions=["eu-nowhere-1"])
    answer = client.describe_vpc_endpoint_services()
    assert len(answer["ServiceNames"]) > 200
    details = client.describe_vpc_endpoint_services(ServiceNames=[S3])["ServiceDetails"]
    types = [each["ServiceType"][0]["ServiceType"] for each in details]
    assert types == ["Gateway", "Interface"]
    [ecr] = client.describe_vpc_endpoint_services(ServiceNames=[f"com.amazonaws.{HERE}.ecr.api"])[
        "ServiceDetails"
    ]
    assert ecr["PrivateDnsName"] == f"api.ecr.{HERE}.amazonaws.com"
    assert ecr["BaseEndpointDnsNames"] == [f"api.ecr.{HERE}.vpce.amazonaws.com"]
    assert ecr["Owner"] == "amazon"
    gateways = client.describe_vpc_endpoint_services(
        Filters=[{"Name": "service-type", "Values": ["Gateway"]}]
    )["ServiceNames"]
    assert [each.rpartition(".")[2] for each in gateways] == ["dynamodb", "s3", "s3express"]
    first = client.describe_vpc_endpoint_services(MaxResults=100)
    assert len(first["ServiceDetails"]) == 100
    with pytest.raises(ClientError) as unknown:
        client.describe_vpc_endpoint_services(ServiceNames=["com.example.nothing"])
    assert code_of(unknown.value) == "InvalidServiceName"


def test_lives_take_their_time_when_asked_to() -> None:
    with Chamber(seed=1, lifecycle="realistic") as slow:
        client = ec2(slow)
        network = named(client)
        inside = subnet(client, network, "10.0.0.0/24")
        made = endpoint(client, network, SQS, SubnetIds=[inside])
        assert seen(client, made)["State"] == "pending"
        slow.advance("10m")
        assert seen(client, made)["State"] == "available"
        client.delete_vpc_endpoints(VpcEndpointIds=[made])
        assert seen(client, made)["State"] == "deleting"
        assert len(interfaces(client, network)) == 1
        slow.advance("10m")
        assert not interfaces(client, network)
