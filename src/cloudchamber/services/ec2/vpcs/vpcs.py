"""VPCs: made, described, changed and deleted.

Rules of this file: the operations on a VPC as a whole. Its CIDRs are in `blocks.py`.
https://docs.aws.amazon.com/vpc/latest/userguide/configure-your-vpc.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description
from cloudchamber.services.ec2.interfaces.groups import remove_default_group
from cloudchamber.services.ec2.refusals import invalid_combination, missing_parameter, still_used
from cloudchamber.services.ec2.vpcs import ipv6_pool
from cloudchamber.services.ec2.vpcs.attachments import in_use_by
from cloudchamber.services.ec2.vpcs.block_public_access import forget_exclusions
from cloudchamber.services.ec2.vpcs.blocks import add_amazon_block, expect_border_group
from cloudchamber.services.ec2.vpcs.cidrs import expect_vpc_block
from cloudchamber.services.ec2.vpcs.defaults import make_default_vpc
from cloudchamber.services.ec2.vpcs.lifecycle import VPC_LIFE
from cloudchamber.services.ec2.vpcs.limits import expect_room
from cloudchamber.services.ec2.vpcs.lookup import default_vpc, expect_own_vpc, expect_vpc
from cloudchamber.services.ec2.vpcs.making import make_vpc
from cloudchamber.services.ec2.vpcs.nouns import NETWORK_ACL, ROUTE_TABLE, VPC, Vpc
from cloudchamber.services.ec2.vpcs.refusing import refuse_absent
from cloudchamber.services.ec2.vpcs.seen import describe_seen
from cloudchamber.services.ec2.vpcs.views import vpc_view

VPC_DUE: Final = "ec2.vpc-due"
# The attributes of ModifyVpcAttribute: member -> field of the row.
_ATTRIBUTES: Final = (
    ("EnableDnsSupport", "dns_support"),
    ("EnableDnsHostnames", "dns_hostnames"),
    ("EnableNetworkAddressUsageMetrics", "address_usage_metrics"),
)


def create_vpc(call: Call, request: Input) -> Output:
    """A VPC with a CIDR, and with an IPv6 block of Amazon's if asked for."""
    given = tags.specified(request, VPC.type)
    refuse_absent(call, request)
    if request.get("Ipv6CidrBlock"):
        raise missing_parameter("ipv6Pool")
    if not request.get("CidrBlock"):
        raise AwsError(
            "MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided."
        )
    block = expect_vpc_block(request["CidrBlock"])
    wants_ipv6 = request.get("AmazonProvidedIpv6CidrBlock", False)
    border_group = expect_border_group(call, request, is_amazon=wants_ipv6)
    expect_room("vpcs", len(call.rows(VPC.table)))
    vpc = make_vpc(call, str(block), tenancy=request.get("InstanceTenancy", "default"))
    vpc.state = VPC_LIFE.initial
    if wants_ipv6:
        add_amazon_block(call, vpc, border_group)
    tags.put(call, vpc.id, given)
    call.after(VPC_LIFE.delay_ns(call.cloud.settings.lifecycle, vpc.state), VPC_DUE, vpc.id)
    return {"Vpc": vpc_view(call, vpc)}


def vpc_due(call: Call, identifier: str) -> None:
    """The VPC can be used."""
    vpc = call.rows(VPC.table).get(identifier)
    if vpc is not None:
        vpc.state = VPC_LIFE.move(vpc.state, "made")


def create_default_vpc(call: Call, request: Input) -> Output:
    """The default VPC again, after it was deleted."""
    if default_vpc(call) is not None:
        raise AwsError(
            "DefaultVpcAlreadyExists",
            "A Default VPC already exists for this account in this region.",
        )
    expect_room("vpcs", len(call.rows(VPC.table)))
    return {"Vpc": vpc_view(call, make_default_vpc(call))}


def delete_vpc(call: Call, request: Input) -> Output:
    """Delete a VPC in which nothing is left but what it was made with."""
    vpc = expect_own_vpc(call, request["VpcId"])
    if in_use_by(call, vpc) is not None:
        raise still_used("vpc", vpc.id)
    remove_default_group(call, vpc.id)
    kinds.remove(call, ROUTE_TABLE, call.rows(ROUTE_TABLE.table)[vpc.main_table])
    kinds.remove(call, NETWORK_ACL, call.rows(NETWORK_ACL.table)[vpc.default_acl])
    for block in vpc.blocks6:
        ipv6_pool.give_back(call, block.cidr)
    forget_exclusions(call, vpc.id)
    kinds.remove(call, VPC, vpc)
    return {}


def describe_vpcs(call: Call, request: Input) -> Output:
    """The account's VPCs, and those in which subnets are shared with it."""
    return describe_seen(call, request, _VPCS)


def describe_vpc_attribute(call: Call, request: Input) -> Output:
    """One attribute of a VPC."""
    vpc = expect_vpc(call, request["VpcId"])
    asked = request["Attribute"]
    for member, field in _ATTRIBUTES:
        if member.lower() == asked.lower():
            return {"VpcId": vpc.id, member: {"Value": getattr(vpc, field)}}
    raise AwsError("InvalidParameterValue", f"Value ({asked}) for parameter attribute is invalid.")


def modify_vpc_attribute(call: Call, request: Input) -> Output:
    """Turn one attribute on or off."""
    vpc = expect_own_vpc(call, request["VpcId"])
    given = [(member, field) for member, field in _ATTRIBUTES if member in request]
    if not given:
        raise missing_parameter("enableDnsSupport, enableDnsHostnames or another attribute")
    if len(given) > 1:
        raise invalid_combination(
            f"Fields for multiple attribute types specified: {', '.join(name for name, _ in given)}"
        )
    member, field = given[0]
    value = request[member].get("Value", False)
    if field == "dns_hostnames" and value and not vpc.dns_support:
        raise invalid_combination("DNS hostnames can be enabled only where DNS support is enabled.")
    setattr(vpc, field, value)
    return {}


def modify_vpc_tenancy(call: Call, request: Input) -> Output:
    """Launch new instances on shared hardware; there is no other change."""
    vpc = expect_own_vpc(call, request["VpcId"])
    vpc.tenancy = request["InstanceTenancy"]
    return {"ReturnValue": True}


def _blocks(vpc: Vpc) -> list[tuple[str, str, str]]:
    return [(each.cidr, each.id, each.state) for each in vpc.blocks]


def _blocks6(vpc: Vpc) -> list[tuple[str, str, str]]:
    return [(each.cidr, each.id, each.state) for each in vpc.blocks6]


def _flag(value: bool) -> tuple[str, ...]:
    return ("true" if value else "false",)


_VPCS: Final = Description(
    kind=VPC,
    ids="VpcIds",
    answer="Vpcs",
    view=vpc_view,
    filters={
        "cidr": lambda call, vpc: (vpc.blocks[0].cidr,),
        "cidr-block-association.association-id": lambda call, vpc: [b[1] for b in _blocks(vpc)],
        "cidr-block-association.cidr-block": lambda call, vpc: [b[0] for b in _blocks(vpc)],
        "cidr-block-association.state": lambda call, vpc: [b[2] for b in _blocks(vpc)],
        "dhcp-options-id": lambda call, vpc: (vpc.dhcp_options,),
        "ipv6-cidr-block-association.association-id": (
            lambda call, vpc: [b[1] for b in _blocks6(vpc)]
        ),
        "ipv6-cidr-block-association.ipv6-cidr-block": (
            lambda call, vpc: [b[0] for b in _blocks6(vpc)]
        ),
        "ipv6-cidr-block-association.ipv6-pool": lambda call, vpc: ["Amazon"] * len(vpc.blocks6),
        "ipv6-cidr-block-association.state": lambda call, vpc: [b[2] for b in _blocks6(vpc)],
        "is-default": lambda call, vpc: _flag(vpc.is_default),
        "isDefault": lambda call, vpc: _flag(vpc.is_default),
        "owner-id": lambda call, vpc: (vpc.owner,),
        "state": lambda call, vpc: (vpc.state,),
        "vpc-id": lambda call, vpc: (vpc.id,),
    },
)
