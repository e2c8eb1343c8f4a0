"""Making VPCs, subnets, route tables and network ACLs, with what AWS makes beside them.

Rules of this file: everything was checked before; nothing here refuses. A VPC begins with a main
route table, a default network ACL and a default security group; a subnet with the default ACL.
https://docs.aws.amazon.com/vpc/latest/userguide/create-vpc.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.interfaces.groups import make_default_group
from cloudchamber.services.ec2.vpcs.nouns import (
    DHCP_OPTIONS_SET,
    NETWORK_ACL,
    ROUTE_TABLE,
    SUBNET,
    VPC,
    AclAssociation,
    AclEntry,
    CidrAssociation,
    DhcpOptions,
    NetworkAcl,
    Route,
    RouteTable,
    Subnet,
    TableAssociation,
    Vpc,
)

LOCAL: Final = "local"
WITH_TABLE: Final = "CreateRouteTable"
FIRST_RULE: Final = 100
ALL: Final = "-1"


def make_vpc(call: Call, cidr: str, *, tenancy: str = "default", is_default: bool = False) -> Vpc:
    """A VPC with its main route table, default ACL and default security group."""
    vpc = Vpc(
        id=kinds.new_id(call, VPC.prefix),
        owner=call.account,
        blocks=[CidrAssociation(kinds.new_id(call, "vpc-cidr-assoc"), cidr)],
        dhcp_options=default_dhcp_options(call).id,
        tenancy=tenancy,
        is_default=is_default,
        dns_hostnames=is_default,
        created_ns=call.now,
    )
    kinds.add(call, VPC, vpc)
    table = make_route_table(call, vpc)
    table.associations.append(TableAssociation(id=kinds.new_id(call, "rtbassoc"), is_main=True))
    vpc.main_table = table.id
    acl = make_network_acl(call, vpc, is_default=True)
    acl.entries.extend(allow_all("0.0.0.0/0", "", FIRST_RULE))
    vpc.default_acl = acl.id
    make_default_group(call, vpc)
    return vpc


def make_subnet(
    call: Call, vpc: Vpc, zone_id: str, cidr: str, *, is_default: bool = False
) -> Subnet:
    """A subnet of a VPC; a default one gives its instances public addresses."""
    subnet = Subnet(
        id=kinds.new_id(call, SUBNET.prefix),
        owner=vpc.owner,
        vpc=vpc.id,
        zone_id=zone_id,
        cidr=cidr,
        is_default=is_default,
        map_public_ip=is_default,
        acl=vpc.default_acl,
    )
    kinds.add(call, SUBNET, subnet)
    acl = call.rows(NETWORK_ACL.table)[vpc.default_acl]
    acl.associations.append(AclAssociation(id=kinds.new_id(call, "aclassoc"), subnet=subnet.id))
    return subnet


def make_route_table(call: Call, vpc: Vpc) -> RouteTable:
    """A route table with the VPC's local routes."""
    table = RouteTable(
        id=kinds.new_id(call, ROUTE_TABLE.prefix),
        owner=vpc.owner,
        vpc=vpc.id,
        routes=[
            Route(destination=block.cidr, target=LOCAL, origin=WITH_TABLE)
            for block in (*vpc.blocks, *vpc.blocks6)
            if block.state == "associated"
        ],
    )
    kinds.add(call, ROUTE_TABLE, table)
    return table


def make_network_acl(call: Call, vpc: Vpc, *, is_default: bool = False) -> NetworkAcl:
    """A network ACL without rules: it denies everything."""
    acl = NetworkAcl(
        id=kinds.new_id(call, NETWORK_ACL.prefix),
        owner=vpc.owner,
        vpc=vpc.id,
        is_default=is_default,
    )
    kinds.add(call, NETWORK_ACL, acl)
    return acl


def allow_all(cidr: str, cidr6: str, number: int) -> tuple[AclEntry, AclEntry]:
    """Rules of the default ACL: out and in, everything is allowed."""
    egress, ingress = (
        AclEntry(
            number=number, is_egress=is_egress, is_allow=True, protocol=ALL, cidr=cidr, cidr6=cidr6
        )
        for is_egress in (True, False)
    )
    return egress, ingress


def default_dhcp_options(call: Call) -> DhcpOptions:
    """The account's set with AWS's own values in the Region, made if there is none."""
    values = {
        "domain-name": [domain_of(call.region)],
        "domain-name-servers": ["AmazonProvidedDNS"],
    }
    for each in call.rows(DHCP_OPTIONS_SET.table).values():
        if each.options == values:
            return each
    options = DhcpOptions(
        id=kinds.new_id(call, DHCP_OPTIONS_SET.prefix), owner=call.account, options=values
    )
    kinds.add(call, DHCP_OPTIONS_SET, options)
    return options


def domain_of(region: str) -> str:
    """The domain of a Region's private names."""
    return "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
