"""What is not here is said by name, and what cannot be made is not there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.ec2.refusing import refusal, refused


@pytest.mark.parametrize(
    ("operation", "members", "reason"),
    [
        ("create_vpn_gateway", {"Type": "ipsec.1"}, "virtual private networks"),
        ("create_customer_gateway", {"Type": "ipsec.1", "BgpAsn": 65000}, "private networks"),
        ("describe_vpc_classic_link", {}, "retired"),
        ("describe_vpc_encryption_controls", {}, "encryption controls"),
        ("enable_vgw_route_propagation",
         {"GatewayId": "vgw-1", "RouteTableId": "rtb-1"}, "virtual private networks"),
    ],
)  # fmt: skip
def test_it_is_refused_by_name(
    ec2: Any, operation: str, members: dict[str, Any], reason: str
) -> None:
    code, message = refusal(getattr(ec2, operation), **members)
    assert code == "NotImplemented"
    assert reason in message


def test_there_are_no_virtual_private_networks(ec2: Any) -> None:
    assert ec2.describe_vpn_gateways()["VpnGateways"] == []
    assert ec2.describe_customer_gateways()["CustomerGateways"] == []
    assert ec2.describe_vpn_connections()["VpnConnections"] == []
    assert refused(ec2.describe_vpn_gateways, VpnGatewayIds=["vgw-0123456789abcdef0"]) == (
        "InvalidVpnGatewayID.NotFound"
    )
