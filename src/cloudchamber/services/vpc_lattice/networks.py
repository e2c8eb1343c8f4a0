"""What VPC Lattice asks of EC2: VPCs, security groups, instances, addresses.

Rules of this file: EC2's public operations, as the caller; what is not there is said in VPC
Lattice's words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.vpc_lattice.refusals import invalid, not_found

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def expect_own_vpc(call: Call, identifier: str) -> str:
    """The id of a VPC of the account's own. Raises ResourceNotFoundException."""
    vpc = identifier.rpartition("/")[2]
    try:
        found = call.invoke("ec2", "DescribeVpcs", {"VpcIds": [vpc]})["Vpcs"]
    except AwsError as error:
        if error.code.startswith("InvalidVpcID"):
            raise not_found("VPC", identifier) from None
        raise
    if found[0]["OwnerId"] != call.account:
        raise not_found("VPC", identifier)
    return vpc


def expect_groups(call: Call, groups: Sequence[str], vpc: str) -> None:
    """Security groups of a VPC. Raises ResourceNotFoundException, ValidationException."""
    if not groups:
        return
    try:
        found = call.invoke("ec2", "DescribeSecurityGroups", {"GroupIds": list(groups)})
    except AwsError as error:
        if error.code.startswith("InvalidGroup"):
            raise not_found("SECURITY_GROUP", ", ".join(groups)) from None
        raise
    for each in found["SecurityGroups"]:
        if each["VpcId"] != vpc:
            raise invalid(f"{each['GroupId']} is not in {vpc}.", "securityGroupIds")


def find_instance(call: Call, identifier: str) -> dict[str, Any] | None:
    """An instance as EC2 describes it, or None."""
    try:
        found = call.invoke("ec2", "DescribeInstances", {"InstanceIds": [identifier]})
    except AwsError as error:
        if error.code.startswith("InvalidInstanceID"):
            return None
        raise
    instances = [each for row in found["Reservations"] for each in row["Instances"]]
    return instances[0] if instances else None


def blocks_of(call: Call, vpc: str) -> list[str]:
    """The CIDRs of a VPC, IPv4 and IPv6."""
    found = call.invoke("ec2", "DescribeVpcs", {"VpcIds": [vpc]})["Vpcs"][0]
    return [
        *(each["CidrBlock"] for each in found.get("CidrBlockAssociationSet", ())),
        *(each["Ipv6CidrBlock"] for each in found.get("Ipv6CidrBlockAssociationSet", ())),
    ]
