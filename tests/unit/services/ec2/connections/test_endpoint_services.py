"""Endpoint services of one account, reached by endpoints of another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.connections.estates import (
    HERE,
    MINE,
    THERE,
    YOURS,
    code_of,
    ec2,
    message_of,
    subnet,
    vpc,
)

BALANCER = f"arn:aws:elasticloadbalancing:{HERE}:{MINE}:loadbalancer/net/front/0123456789abcdef"
GATEWAY_BALANCER = BALANCER.replace("/net/", "/gwy/")
ROOT = f"arn:aws:iam::{YOURS}:root"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1) as opened:
        yield opened


def offered(client: Any, **more: Any) -> dict[str, Any]:
    more = {"NetworkLoadBalancerArns": [BALANCER], **more}
    return dict(client.create_vpc_endpoint_service_configuration(**more)["ServiceConfiguration"])


def allow(client: Any, service: dict[str, Any], *principals: str) -> list[dict[str, Any]]:
    answer = client.modify_vpc_endpoint_service_permissions(
        ServiceId=service["ServiceId"], AddAllowedPrincipals=list(principals)
    )
    return list(answer["AddedPrincipals"])


class Consumer:
    """An account that connects from a VPC of its own."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.vpc = vpc(client, "10.7.0.0/16")
        client.modify_vpc_attribute(VpcId=self.vpc, EnableDnsHostnames={"Value": True})
        self.subnet = subnet(client, self.vpc, "10.7.0.0/24")

    def connect(self, service: dict[str, Any], **more: Any) -> str:
        more = {"VpcEndpointType": "Interface", **more}
        made: str = self.client.create_vpc_endpoint(
            VpcId=self.vpc, ServiceName=service["ServiceName"], SubnetIds=[self.subnet], **more
        )["VpcEndpoint"]["VpcEndpointId"]
        return made

    def seen(self, identifier: str) -> dict[str, Any]:
        [found] = self.client.describe_vpc_endpoints(VpcEndpointIds=[identifier])["VpcEndpoints"]
        return dict(found)


def test_a_service_is_there_for_whom_it_allows(chamber: Chamber) -> None:
    mine, yours = ec2(chamber), Consumer(ec2(chamber, YOURS))
    service = offered(mine, AcceptanceRequired=False)
    assert service["ServiceName"] == f"com.amazonaws.vpce.{HERE}.{service['ServiceId']}"
    with pytest.raises(ClientError) as unknown:
        yours.connect(service)
    assert code_of(unknown.value) == "InvalidServiceName"
    [permission] = allow(mine, service, ROOT)
    assert permission["PrincipalType"] == "Account"
    [detail] = yours.client.describe_vpc_endpoint_services(ServiceNames=[service["ServiceName"]])[
        "ServiceDetails"
    ]
    assert (detail["Owner"], detail["AcceptanceRequired"]) == (MINE, False)
    made = yours.connect(service)
    found = yours.seen(made)
    assert found["State"] == "available"
    assert len(found["NetworkInterfaceIds"]) == 1
    assert service["ServiceId"] in found["DnsEntries"][0]["DnsName"]
    [row] = mine.describe_vpc_endpoint_connections(
        Filters=[{"Name": "vpc-endpoint-owner", "Values": [YOURS]}]
    )["VpcEndpointConnections"]
    assert (row["VpcEndpointId"], row["VpcEndpointState"]) == (made, "available")
    [failure] = mine.delete_vpc_endpoint_service_configurations(ServiceIds=[service["ServiceId"]])[
        "Unsuccessful"
    ]
    assert failure["Error"]["Code"] == "ExistingVpcEndpointConnections"
    mine.reject_vpc_endpoint_connections(ServiceId=service["ServiceId"], VpcEndpointIds=[made])
    assert yours.seen(made)["State"] == "rejected"
    mine.delete_vpc_endpoint_service_configurations(ServiceIds=[service["ServiceId"]])
    assert not mine.describe_vpc_endpoint_service_configurations()["ServiceConfigurations"]


def test_an_endpoint_waits_for_the_service_s_owner(chamber: Chamber) -> None:
    mine, yours = ec2(chamber), Consumer(ec2(chamber, YOURS))
    service = offered(mine)
    allow(mine, service, "*")
    made = yours.connect(service)
    found = yours.seen(made)
    assert (found["State"], found["NetworkInterfaceIds"]) == ("pendingAcceptance", [])
    answer = mine.accept_vpc_endpoint_connections(
        ServiceId=service["ServiceId"], VpcEndpointIds=[made, "vpce-0123456789abcdef0"]
    )
    [failure] = answer["Unsuccessful"]
    assert failure["Error"]["Code"] == "InvalidVpcEndpointId.NotFound"
    found = yours.seen(made)
    assert found["State"] == "available"
    [face] = yours.client.describe_network_interfaces(
        NetworkInterfaceIds=found["NetworkInterfaceIds"]
    )["NetworkInterfaces"]
    assert (face["OwnerId"], face["SubnetId"]) == (YOURS, yours.subnet)
    refused = yours.connect(service, PrivateDnsEnabled=False)
    mine.reject_vpc_endpoint_connections(ServiceId=service["ServiceId"], VpcEndpointIds=[refused])
    assert yours.seen(refused)["State"] == "rejected"
    yours.client.delete_vpc_endpoints(VpcEndpointIds=[refused])
    with pytest.raises(ClientError) as gone:
        yours.seen(refused)
    assert code_of(gone.value) == "InvalidVpcEndpointId.NotFound"


def test_a_service_reaches_the_regions_it_names(chamber: Chamber) -> None:
    mine, yours = ec2(chamber), Consumer(ec2(chamber, YOURS, THERE))
    service = offered(mine, AcceptanceRequired=False)
    allow(mine, service, ROOT)
    with pytest.raises(ClientError) as nowhere:
        yours.connect(service)
    assert code_of(nowhere.value) == "InvalidServiceName"
    with pytest.raises(ClientError) as nowhere:
        yours.connect(service, ServiceRegion=HERE)
    assert code_of(nowhere.value) == "InvalidServiceName"
    mine.modify_vpc_endpoint_service_configuration(
        ServiceId=service["ServiceId"], AddSupportedRegions=[THERE]
    )
    made = yours.connect(service, ServiceRegion=HERE)
    assert yours.seen(made)["ServiceRegion"] == HERE
    [row] = mine.describe_vpc_endpoint_connections(
        Filters=[{"Name": "vpc-endpoint-region", "Values": ["cross-region"]}]
    )["VpcEndpointConnections"]
    assert row["VpcEndpointRegion"] == THERE


def test_a_private_name_counts_once_it_is_verified(chamber: Chamber) -> None:
    mine = ec2(chamber)
    own = Consumer(mine)
    service = offered(mine, AcceptanceRequired=False, PrivateDnsName="api.example.com")
    assert service["PrivateDnsNameConfiguration"]["State"] == "pendingVerification"
    with pytest.raises(ClientError) as early:
        own.connect(service, PrivateDnsEnabled=True)
    assert code_of(early.value) == "InvalidParameter"
    mine.start_vpc_endpoint_service_private_dns_verification(ServiceId=service["ServiceId"])
    made = own.connect(service, PrivateDnsEnabled=True)
    names = [each["DnsName"] for each in own.seen(made)["DnsEntries"]]
    assert names[-1] == "api.example.com"


def test_a_gateway_load_balancer_has_an_endpoint_in_one_subnet(chamber: Chamber) -> None:
    mine = ec2(chamber)
    own = Consumer(mine)
    service = offered(
        mine, AcceptanceRequired=False, NetworkLoadBalancerArns=[],
        GatewayLoadBalancerArns=[GATEWAY_BALANCER],
    )  # fmt: skip
    with pytest.raises(ClientError) as wrong:
        own.connect(service)
    assert "does not match available service types ([GatewayLoadBalancer])" in message_of(
        wrong.value
    )
    made = own.connect(service, VpcEndpointType="GatewayLoadBalancer")
    [face] = mine.describe_network_interfaces(
        NetworkInterfaceIds=own.seen(made)["NetworkInterfaceIds"]
    )["NetworkInterfaces"]
    assert face["InterfaceType"] == "gateway_load_balancer_endpoint"
    assert face["Groups"] == []


def test_permissions_are_given_and_taken(chamber: Chamber) -> None:
    mine, yours = ec2(chamber), Consumer(ec2(chamber, YOURS))
    service = offered(mine, AcceptanceRequired=False)
    role = "arn:aws:iam::333333333333:role/reader"
    allow(mine, service, ROOT, role)
    rows = mine.describe_vpc_endpoint_service_permissions(
        ServiceId=service["ServiceId"],
        Filters=[{"Name": "principal-type", "Values": ["Role"]}],
    )["AllowedPrincipals"]
    assert [each["Principal"] for each in rows] == [role]
    with pytest.raises(ClientError) as wrong:
        allow(mine, service, "somebody")
    assert code_of(wrong.value) == "InvalidPrincipal"
    mine.modify_vpc_endpoint_service_permissions(
        ServiceId=service["ServiceId"], RemoveAllowedPrincipals=[ROOT]
    )
    with pytest.raises(ClientError) as gone:
        yours.connect(service)
    assert code_of(gone.value) == "InvalidServiceName"


@pytest.mark.parametrize(
    "more",
    [
        {"NetworkLoadBalancerArns": []},
        {"GatewayLoadBalancerArns": [GATEWAY_BALANCER]},
        {"NetworkLoadBalancerArns": [GATEWAY_BALANCER]},
        {"NetworkLoadBalancerArns": [BALANCER.replace(MINE, YOURS)]},
        {"SupportedIpAddressTypes": ["ipv5"]},
        {"SupportedRegions": ["atlantis-1"]},
    ],
)
def test_what_no_service_can_be(chamber: Chamber, more: dict[str, Any]) -> None:
    mine = ec2(chamber)
    with pytest.raises(ClientError) as wrong:
        offered(mine, **more)
    assert code_of(wrong.value).startswith("InvalidParameter")
    assert not mine.describe_vpc_endpoint_service_configurations()["ServiceConfigurations"]


def test_settings_are_changed(chamber: Chamber) -> None:
    mine = ec2(chamber)
    service = offered(mine)
    other = BALANCER.replace("front", "back")
    mine.modify_vpc_endpoint_service_configuration(
        ServiceId=service["ServiceId"],
        AcceptanceRequired=False,
        AddNetworkLoadBalancerArns=[other],
        RemoveNetworkLoadBalancerArns=[BALANCER],
        AddSupportedIpAddressTypes=["ipv6"],
    )
    mine.modify_vpc_endpoint_service_payer_responsibility(
        ServiceId=service["ServiceId"], PayerResponsibility="ServiceOwner"
    )
    [found] = mine.describe_vpc_endpoint_service_configurations(
        Filters=[{"Name": "supported-ip-address-types", "Values": ["ipv6"]}]
    )["ServiceConfigurations"]
    assert found["NetworkLoadBalancerArns"] == [other]
    assert found["AcceptanceRequired"] is False
    assert found["PayerResponsibility"] == "ServiceOwner"
    with pytest.raises(ClientError) as none_left:
        mine.modify_vpc_endpoint_service_configuration(
            ServiceId=service["ServiceId"], RemoveNetworkLoadBalancerArns=[other]
        )
    assert code_of(none_left.value) == "InvalidParameter"


def test_notifications_are_remembered(chamber: Chamber) -> None:
    mine = ec2(chamber)
    service = offered(mine)
    topic = f"arn:aws:sns:{HERE}:{MINE}:connections"
    made = mine.create_vpc_endpoint_connection_notification(
        ServiceId=service["ServiceId"],
        ConnectionNotificationArn=topic,
        ConnectionEvents=["Accept", "Reject"],
    )["ConnectionNotification"]["ConnectionNotificationId"]
    mine.modify_vpc_endpoint_connection_notification(
        ConnectionNotificationId=made, ConnectionEvents=["Connect"]
    )
    [row] = mine.describe_vpc_endpoint_connection_notifications(
        Filters=[{"Name": "service-id", "Values": [service["ServiceId"]]}]
    )["ConnectionNotificationSet"]
    assert row["ConnectionEvents"] == ["Connect"]
    mine.delete_vpc_endpoint_connection_notifications(ConnectionNotificationIds=[made])
    with pytest.raises(ClientError) as gone:
        mine.describe_vpc_endpoint_connection_notifications(ConnectionNotificationId=made)
    assert code_of(gone.value) == "InvalidConnectionNotification"
