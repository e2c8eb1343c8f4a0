"""What of EC2 can be shared through AWS RAM, and what a share lets others do.

Rules of this file: answers to AWS RAM's questions; the shares are its own.
https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudchamber.cloud import ports
from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.languages.policy import SourcedPolicy
from cloudchamber.services.ec2 import areas, kinds
from cloudchamber.services.ec2.interfaces.nouns import SecurityGroup
from cloudchamber.services.ec2.vpcs.nouns import VPC, Subnet

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud


def shareable(cloud: Cloud, arn: str) -> str | None:
    """Port `shareable`: what keeps a thing from being shared; None if there is no such thing."""
    parts = find_arn(arn)
    if parts is None or parts.service != "ec2":
        return None
    type_, _, identifier = parts.resource.partition("/")
    kind = areas.kinds_by_prefix().get(identifier.rpartition("-")[0])
    if kind is None or kind.type != type_ or not kind.shared_as:
        return None
    place = kinds.place_of(cloud, identifier)
    if place is None or (place.account, place.region) != (parts.account, parts.region):
        return None
    row = kinds.find_anywhere(cloud, kind, identifier)
    if row is None:
        return None
    if isinstance(row, Subnet | SecurityGroup):
        vpc = kinds.find_anywhere(cloud, VPC, row.vpc)
        if vpc is not None and vpc.is_default and isinstance(row, Subnet):
            return f"{identifier} is in a default VPC, and its subnets cannot be shared."
        if isinstance(row, SecurityGroup) and row.name == "default":
            return f"{identifier} is a default security group, which cannot be shared."
    return ""


def resource_policy(call: Call, arn: str) -> SourcedPolicy | None:
    """The policy that AWS RAM put on a shared thing."""
    answer = call.port(ports.SHARE_POLICY)
    policy: SourcedPolicy | None = answer(call.cloud, arn) if answer else None
    return policy
