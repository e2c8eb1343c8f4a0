"""The default VPC of an account in a Region, with what belongs to it.

Rules of this file: what AWS publishes of a default VPC, and no choice: 172.31.0.0/16, a /20 subnet
in every Availability Zone, an internet gateway, a route to it. Zones are taken in the order of the
account's names for them.
https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html
"""

from __future__ import annotations

import ipaddress
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.vpcs.making import make_subnet, make_vpc
from cloudchamber.services.ec2.vpcs.nouns import (
    INTERNET_GATEWAY,
    ROUTE_TABLE,
    VPC,
    InternetGateway,
    Route,
    Vpc,
)
from cloudchamber.world.geography.zones import zones_of

DEFAULT_BLOCK: Final = ipaddress.IPv4Network("172.31.0.0/16")
DEFAULT_SUBNET_BITS: Final = 20


def make_default_vpc(call: Call) -> Vpc:
    """Make the default VPC of the call's account in the call's Region."""
    vpc = make_vpc(call, str(DEFAULT_BLOCK), is_default=True)
    zones = zones_of(call.region, call.account, call.cloud.kernel.seed)
    for zone, network in zip(
        zones, DEFAULT_BLOCK.subnets(new_prefix=DEFAULT_SUBNET_BITS), strict=False
    ):
        make_subnet(call, vpc, zone.id, str(network), is_default=True)
    gateway = InternetGateway(
        id=kinds.new_id(call, INTERNET_GATEWAY.prefix), owner=call.account, vpc=vpc.id
    )
    kinds.add(call, INTERNET_GATEWAY, gateway)
    table = call.rows(ROUTE_TABLE.table)[vpc.main_table]
    table.routes.append(Route(destination="0.0.0.0/0", target=gateway.id))
    call.event(
        kinds.arn_of(VPC, call.account, call.region, vpc.id),
        "ec2.default-vpc-made",
        f"account {call.account} has its default VPC {vpc.id} in {call.region}",
    )
    return vpc
