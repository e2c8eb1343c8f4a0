"""What connections cost: hours on the clock, bytes of flows that a probe lets happen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.connections.estates import (
    HERE,
    MINE,
    THERE,
    YOURS,
    ec2,
    gateway,
    subnet,
    vpc,
)

IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1) as opened:
        yield opened


def used(chamber: Chamber, usage: str, account: str = MINE) -> float:
    lines = chamber.cloud.meter.lines()
    return sum(amount for line, amount in lines if line[1] == account and line[4] == usage)


def server(client: Any, subnet_id: str, *groups: str) -> str:
    made: str = client.run_instances(
        ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnet_id,
        SecurityGroupIds=list(groups),
    )["Instances"][0]["InstanceId"]  # fmt: skip
    return made


def main_table(client: Any, vpc_id: str) -> str:
    [found] = client.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])[
        "RouteTables"
    ]
    table: str = found["RouteTableId"]
    return table


def allowed(chamber: Chamber, source: str, destination: str) -> bool:
    asked = {"source": source, "destination": destination, "port": 443}
    return bool(chamber.control.probe(asked)["allowed"])


def test_a_gateway_carries_for_free_what_an_interface_charges_for(chamber: Chamber) -> None:
    client = ec2(chamber)
    network = vpc(client)
    client.modify_vpc_attribute(VpcId=network, EnableDnsHostnames={"Value": True})
    inside = subnet(client, network, "10.0.0.0/24")
    machine = server(client, inside)
    by_gateway = client.create_vpc_endpoint(
        VpcId=network, ServiceName=f"com.amazonaws.{HERE}.s3",
        RouteTableIds=[main_table(client, network)],
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip
    by_interface = client.create_vpc_endpoint(
        VpcId=network, ServiceName=f"com.amazonaws.{HERE}.sqs", VpcEndpointType="Interface",
        SubnetIds=[inside],
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip
    assert allowed(chamber, machine, by_gateway)
    assert used(chamber, "VpcEndpoint-Bytes") == 0
    assert allowed(chamber, machine, by_interface)
    first = used(chamber, "VpcEndpoint-Bytes")
    assert first > 0
    assert allowed(chamber, machine, by_interface)
    assert used(chamber, "VpcEndpoint-Bytes") == 2 * first
    [default] = client.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [network]}])[
        "SecurityGroups"
    ]
    client.revoke_security_group_ingress(
        GroupId=default["GroupId"], IpPermissions=default["IpPermissions"]
    )
    assert not allowed(chamber, machine, by_interface)
    assert allowed(chamber, machine, by_gateway)
    assert used(chamber, "VpcEndpoint-Bytes") == 2 * first


def test_attachments_cost_by_the_hour_and_by_what_they_send(chamber: Chamber) -> None:
    client = ec2(chamber)
    hub = gateway(client)
    machines = []
    for number in range(2):
        network = vpc(client, f"10.{number}.0.0/16")
        inside = subnet(client, network, f"10.{number}.0.0/24")
        attachment = client.create_transit_gateway_vpc_attachment(
            TransitGatewayId=hub, VpcId=network, SubnetIds=[inside]
        )["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
        client.create_route(
            RouteTableId=main_table(client, network), DestinationCidrBlock="10.0.0.0/8",
            TransitGatewayId=hub,
        )  # fmt: skip
        group = client.create_security_group(GroupName="all", Description="all", VpcId=network)
        client.authorize_security_group_ingress(
            GroupId=group["GroupId"], IpProtocol="-1", CidrIp="10.0.0.0/8"
        )
        machines.append(server(client, inside, group["GroupId"]))
    assert used(chamber, "TransitGateway-Hours") == 2
    assert allowed(chamber, *machines)
    assert used(chamber, "TransitGateway-Bytes") > 0
    client.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=attachment)
    assert not allowed(chamber, *machines)
    chamber.advance("150m")
    assert used(chamber, "TransitGateway-Hours") == 4


def test_a_peering_costs_both_sides(chamber: Chamber) -> None:
    mine, yours = ec2(chamber), ec2(chamber, YOURS, THERE)
    peering = mine.create_transit_gateway_peering_attachment(
        TransitGatewayId=gateway(mine), PeerTransitGatewayId=gateway(yours),
        PeerAccountId=YOURS, PeerRegion=THERE,
    )["TransitGatewayPeeringAttachment"]["TransitGatewayAttachmentId"]  # fmt: skip
    assert used(chamber, "TransitGateway-Hours") == 0
    yours.accept_transit_gateway_peering_attachment(TransitGatewayAttachmentId=peering)
    assert used(chamber, "TransitGateway-Hours") == 1
    assert used(chamber, "TransitGateway-Hours", YOURS) == 1
    chamber.advance("1h")
    assert used(chamber, "TransitGateway-Hours", YOURS) == 2


def test_a_world_that_is_taken_up_again_goes_on_counting(chamber: Chamber) -> None:
    client = ec2(chamber)
    network = vpc(client)
    inside = subnet(client, network, "10.0.0.0/24")
    client.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway(client), VpcId=network, SubnetIds=[inside]
    )
    client.create_vpc_endpoint(
        VpcId=network, ServiceName=f"com.amazonaws.{HERE}.sqs", VpcEndpointType="Interface",
        SubnetIds=[inside], PrivateDnsEnabled=False,
    )  # fmt: skip
    with chamber.fork() as other:
        there = ec2(other)
        for operation, member in (
            ("describe_vpc_endpoints", "VpcEndpoints"),
            ("describe_transit_gateways", "TransitGateways"),
            ("describe_transit_gateway_attachments", "TransitGatewayAttachments"),
            ("describe_transit_gateway_route_tables", "TransitGatewayRouteTables"),
        ):
            assert getattr(there, operation)()[member] == getattr(client, operation)()[member]
        other.advance("1h")
        assert used(other, "TransitGateway-Hours") == 2
        assert used(other, "VpcEndpoint-Hours") == 2
    assert used(chamber, "TransitGateway-Hours") == 1
