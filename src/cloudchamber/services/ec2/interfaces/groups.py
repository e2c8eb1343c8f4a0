"""Security groups of a VPC: the default one, and finding groups by id.

Rules of this file: rows in and out; the rules of a group are elsewhere.
https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.interfaces.nouns import SECURITY_GROUP, GroupRule, SecurityGroup
from cloudchamber.services.ec2.vpcs.nouns import Vpc

DEFAULT_NAME: Final = "default"


def make_default_group(call: Call, vpc: Vpc) -> SecurityGroup:
    """The default group: in from itself, out to everywhere."""
    identifier = kinds.new_id(call, SECURITY_GROUP.prefix)
    group = SecurityGroup(
        id=identifier,
        owner=vpc.owner,
        vpc=vpc.id,
        name=DEFAULT_NAME,
        description="default VPC security group",
        rules=[
            GroupRule(
                id=kinds.new_id(call, "sgr"),
                is_egress=False,
                protocol="-1",
                group=identifier,
                group_owner=vpc.owner,
            ),
            GroupRule(
                id=kinds.new_id(call, "sgr"), is_egress=True, protocol="-1", cidr="0.0.0.0/0"
            ),
        ],
    )
    kinds.add(call, SECURITY_GROUP, group)
    return group


def default_group(call: Call, vpc_id: str) -> SecurityGroup:
    """The default group of a VPC of the account's own."""
    for group in call.rows(SECURITY_GROUP.table).values():
        if group.vpc == vpc_id and group.name == DEFAULT_NAME:
            return group
    raise AwsError(
        "InvalidGroup.NotFound", f"The security group 'default' does not exist in VPC {vpc_id}"
    )


def expect_groups(call: Call, ids: Iterable[str], vpc_id: str) -> list[SecurityGroup]:
    """Groups by id, all of one VPC. Raises InvalidGroup.NotFound or InvalidParameterValue."""
    groups = [kinds.expect(call, SECURITY_GROUP, each) for each in ids]
    for group in groups:
        if group.vpc != vpc_id and vpc_id not in group.extra_vpcs:
            raise AwsError(
                "InvalidParameter",
                f"Security group {group.id} and VPC {vpc_id} belong to different networks.",
            )
    return groups
