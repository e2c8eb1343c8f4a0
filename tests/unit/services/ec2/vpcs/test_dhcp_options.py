"""Sets of DHCP options."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.ec2.refusing import refusal, refused
from tests.unit.services.ec2.vpcs.estate import where


def option(key: str, *values: str) -> list[dict[str, Any]]:
    return [{"Key": key, "Values": list(values)}]


def test_a_set_is_made_used_and_deleted(ec2: Any, vpc: str) -> None:
    made = ec2.create_dhcp_options(
        DhcpConfigurations=[
            *option("domain-name", "example.org"),
            *option("domain-name-servers", "10.0.0.2,10.0.0.3"),
        ]
    )["DhcpOptions"]
    identifier = made["DhcpOptionsId"]
    ec2.associate_dhcp_options(DhcpOptionsId=identifier, VpcId=vpc)
    (seen,) = ec2.describe_vpcs(Filters=where(dhcp_options_id=identifier))["Vpcs"]
    assert seen["VpcId"] == vpc
    (found,) = ec2.describe_dhcp_options(Filters=where(value="10.0.0.3"))["DhcpOptions"]
    assert found["DhcpOptionsId"] == identifier
    assert refusal(ec2.delete_dhcp_options, DhcpOptionsId=identifier) == (
        "DependencyViolation",
        f"The dhcpOptions '{identifier}' has dependencies and cannot be deleted.",
    )
    ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=vpc)
    ec2.delete_dhcp_options(DhcpOptionsId=identifier)
    assert refused(ec2.describe_dhcp_options, DhcpOptionsIds=[identifier]) == (
        "InvalidDhcpOptionsID.NotFound"
    )


@pytest.mark.parametrize(
    "configuration",
    [
        option("favourite-colour", "blue"),
        option("domain-name-servers", *(f"10.0.0.{last}" for last in range(5))),
        option("domain-name-servers", "AmazonProvidedDNS", "10.0.0.2"),
        option("domain-name-servers", "ns.example.org"),
        option("ntp-servers", *(f"10.0.0.{last}" for last in range(9))),
        option("netbios-node-type", "3"),
        option("ipv6-address-preferred-lease-time", "139"),
        option("ipv6-address-preferred-lease-time", "soon"),
    ],
)
def test_options_that_cannot_be(ec2: Any, configuration: list[dict[str, Any]]) -> None:
    assert refused(ec2.create_dhcp_options, DhcpConfigurations=configuration) == (
        "InvalidParameterValue"
    )


def test_options_that_are_not_there(ec2: Any, vpc: str) -> None:
    assert refused(ec2.create_dhcp_options, DhcpConfigurations=[]) == "MissingParameter"
    assert (
        refused(ec2.create_dhcp_options, DhcpConfigurations=[{"Key": "domain-name", "Values": []}])
        == "MissingParameter"
    )
    assert (
        refused(ec2.associate_dhcp_options, DhcpOptionsId="dopt-0123456789abcdef0", VpcId=vpc)
        == "InvalidDhcpOptionsID.NotFound"
    )
