"""What a subnet does with the instances launched into it, and its IPv6 block.

Rules of this file: one attribute for each request, as AWS has it; checks before changes.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySubnetAttribute.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.interfaces.allocation import TAKEN
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    missing_parameter,
)
from cloudchamber.services.ec2.vpcs.lifecycle import BLOCK_LIFE
from cloudchamber.services.ec2.vpcs.lookup import subnets_of, vpc_of
from cloudchamber.services.ec2.vpcs.nouns import SUBNET, CidrAssociation, Subnet
from cloudchamber.services.ec2.vpcs.refusing import refuse_absent
from cloudchamber.services.ec2.vpcs.subnets import BLOCK_PREFIX, RESOURCE_NAME, expect_free6
from cloudchamber.services.ec2.vpcs.views import subnet_block_view

SUBNET_BLOCK_DUE: Final = "ec2.subnet-block-due"
# Member of ModifySubnetAttribute -> field of the row.
_FIELDS: Final = (
    ("AssignIpv6AddressOnCreation", "assign_ipv6"),
    ("MapPublicIpOnLaunch", "map_public_ip"),
    ("EnableDns64", "dns64"),
    ("EnableResourceNameDnsARecordOnLaunch", "has_a_record"),
    ("EnableResourceNameDnsAAAARecordOnLaunch", "has_aaaa_record"),
    ("PrivateDnsHostnameTypeOnLaunch", "hostname_type"),
    ("EnableLniAtDeviceIndex", "lni_index"),
    ("DisableLniAtDeviceIndex", "lni_index"),
)
_NEEDS_IPV6: Final = ("assign_ipv6", "dns64")


def modify_subnet_attribute(call: Call, request: Input) -> Output:
    """Change one attribute of a subnet."""
    refuse_absent(call, request)
    subnet = kinds.expect_own(call, SUBNET, request["SubnetId"])
    given = [(member, field) for member, field in _FIELDS if member in request]
    if not given:
        raise missing_parameter("mapPublicIpOnLaunch or another attribute")
    if len(given) > 1:
        raise invalid_combination(
            f"Fields for multiple attribute types specified: {', '.join(name for name, _ in given)}"
        )
    member, field = given[0]
    setattr(subnet, field, _expect_value(subnet, member, field, request[member]))
    return {}


def _expect_value(subnet: Subnet, member: str, field: str, asked: Any) -> Any:
    """The value that a field is to have. Raises AwsError where the subnet cannot have it."""
    parameter = member[0].lower() + member[1:]
    value = asked.get("Value", False) if isinstance(asked, dict) else asked
    if member == "DisableLniAtDeviceIndex":
        return 0 if value else subnet.lni_index
    if field == "lni_index" and value < 1:
        raise invalid_value(
            value, parameter, "A local network interface cannot be the primary network interface."
        )
    if field in _NEEDS_IPV6 and value and not subnet.blocks6:
        raise invalid_value(
            value, parameter, f"The subnet {subnet.id} has no IPv6 CIDR block associated with it."
        )
    if subnet.is_ipv6_only:
        if field == "map_public_ip" and value:
            raise invalid_value(value, parameter, f"The subnet {subnet.id} is IPv6 only.")
        if field == "assign_ipv6" and not value:
            raise invalid_value(value, parameter, f"The subnet {subnet.id} is IPv6 only.")
        if field == "hostname_type" and value != RESOURCE_NAME:
            raise invalid_value(
                value, parameter, "Instances in an IPv6 only subnet have resource names."
            )
    return value


def associate_subnet_cidr_block(call: Call, request: Input) -> Output:
    """Give a subnet an IPv6 block of its VPC's; it can have one."""
    refuse_absent(call, request)
    subnet = kinds.expect_own(call, SUBNET, request["SubnetId"])
    text = request.get("Ipv6CidrBlock")
    if not text:
        raise missing_parameter("ipv6CidrBlock")
    if subnet.blocks6:
        raise AwsError(
            "CidrLimitExceeded",
            f"The subnet '{subnet.id}' has met its maximum number of allowed IPv6 CIDRs: 1",
        )
    vpc = vpc_of(call.cloud, subnet)
    cidr = expect_free6(vpc, subnets_of(call.cloud, vpc.id), text)
    block = CidrAssociation(
        kinds.new_id(call, BLOCK_PREFIX), cidr, BLOCK_LIFE.initial, pool="amazon"
    )
    subnet.blocks6.append(block)
    _go_on(call, subnet, block)
    return {"SubnetId": subnet.id, "Ipv6CidrBlockAssociation": subnet_block_view(block)}


def disassociate_subnet_cidr_block(call: Call, request: Input) -> Output:
    """Take the IPv6 block away from a subnet in which nobody has an address of it."""
    subnet, block = _expect_block(call, request["AssociationId"])
    taken = call.rows(TAKEN).get(subnet.id)
    if taken is not None and (taken.addresses6 or taken.prefixes6):
        raise AwsError(
            "InvalidCidrBlock.InUse",
            f"The subnet CIDR block with association ID {block.id} may not be disassociated. "
            "There are IPv6 addresses assigned from it.",
        )
    if subnet.is_ipv6_only or subnet.assign_ipv6:
        raise AwsError(
            "OperationNotPermitted",
            f"The subnet CIDR block with association ID {block.id} may not be disassociated. "
            "The subnet assigns IPv6 addresses to interfaces on their creation.",
        )
    if block.state != "associated":
        raise AwsError(
            "IncorrectState",
            f"The subnet CIDR block with association ID {block.id} is in the state {block.state}.",
        )
    block.state = BLOCK_LIFE.move(block.state, "disassociate")
    _go_on(call, subnet, block)
    return {"SubnetId": subnet.id, "Ipv6CidrBlockAssociation": subnet_block_view(block)}


def subnet_block_due(call: Call, subnet_id: str, identifier: str) -> None:
    """An association is complete, or over."""
    subnet = call.rows(SUBNET.table).get(subnet_id)
    blocks = subnet.blocks6 if subnet else []
    block = next((each for each in blocks if each.id == identifier), None)
    if block is None:
        return
    block.state = BLOCK_LIFE.move(block.state, "done")
    if block.state == "disassociated":
        blocks.remove(block)


def _go_on(call: Call, subnet: Subnet, block: CidrAssociation) -> None:
    delay_ns = BLOCK_LIFE.delay_ns(call.cloud.settings.lifecycle, block.state)
    call.after(delay_ns, SUBNET_BLOCK_DUE, subnet.id, block.id)


def _expect_block(call: Call, identifier: str) -> tuple[Subnet, CidrAssociation]:
    for subnet in call.rows(SUBNET.table).values():
        for block in subnet.blocks6:
            if block.id == identifier:
                return subnet, block
    raise AwsError(
        "InvalidSubnetCidrBlockAssociationID.NotFound",
        f"The subnet CIDR block association ID '{identifier}' does not exist",
    )
