"""What the tests of VPCs ask often, and what a refused call says."""

from __future__ import annotations

from typing import Any

ACCOUNT = "111111111111"
OTHER = "222222222222"
REGION = "eu-west-1"


def where(**filters: str) -> list[dict[str, Any]]:
    """Filters by name; an underscore stands for a dash, two for a dot."""
    return [
        {"Name": name.replace("__", ".").replace("_", "-"), "Values": [value]}
        for name, value in filters.items()
    ]


def main_table(ec2: Any, vpc: str) -> dict[str, Any]:
    """A VPC's main route table, as described."""
    found = ec2.describe_route_tables(Filters=where(vpc_id=vpc, association__main="true"))
    (table,) = found["RouteTables"]
    described: dict[str, Any] = table
    return described


def table_of(ec2: Any, identifier: str) -> dict[str, Any]:
    """A route table, as described."""
    (table,) = ec2.describe_route_tables(RouteTableIds=[identifier])["RouteTables"]
    described: dict[str, Any] = table
    return described


def routes_of(ec2: Any, identifier: str) -> dict[str, tuple[str, str]]:
    """Destination -> (target, state) of a route table, local routes first."""
    named = ("GatewayId", "NatGatewayId", "NetworkInterfaceId", "VpcPeeringConnectionId",
             "TransitGatewayId", "EgressOnlyInternetGatewayId")  # fmt: skip
    reached = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
    found = {}
    for route in table_of(ec2, identifier)["Routes"]:
        destination = next(route[name] for name in reached if name in route)
        target = next(route[name] for name in named if name in route)
        found[destination] = (target, route["State"])
    return found


def default_acl(ec2: Any, vpc: str) -> dict[str, Any]:
    """A VPC's default ACL, as described."""
    (acl,) = ec2.describe_network_acls(Filters=where(vpc_id=vpc, default="true"))["NetworkAcls"]
    described: dict[str, Any] = acl
    return described


def rules_of(acl: dict[str, Any], *, is_egress: bool = False) -> list[tuple[int, str, str]]:
    """(number, CIDR, action) of one direction of an ACL."""
    return [
        (each["RuleNumber"], each.get("CidrBlock") or each["Ipv6CidrBlock"], each["RuleAction"])
        for each in acl["Entries"]
        if each["Egress"] == is_egress
    ]


def with_ipv6(ec2: Any, cidr: str = "10.0.0.0/16") -> tuple[str, str]:
    """A new VPC with a block of Amazon's: its id and the block."""
    made = ec2.create_vpc(CidrBlock=cidr, AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    (block,) = made["Ipv6CidrBlockAssociationSet"]
    return made["VpcId"], block["Ipv6CidrBlock"]
