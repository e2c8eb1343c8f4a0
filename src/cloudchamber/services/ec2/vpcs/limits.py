"""AWS's quotas for VPCs and what belongs to them.

Rules of this file: numbers with their source, and one way to say that a number is used up. The
defaults of an account that never asked for more.
https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Quota

_SOURCE: Final = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"


def _quota(value: int, code: str = "") -> Quota:
    return Quota(value=value, source=_SOURCE, code=code, adjustable=bool(code))


QUOTAS: Final[Mapping[str, Quota]] = MappingProxyType(
    {
        "vpcs": _quota(5, "L-F678F1CE"),
        "subnets": _quota(200, "L-407747CB"),
        "blocks": _quota(5, "L-83CA0A9D"),
        "blocks6": _quota(5, "L-085A6257"),
        "internet-gateways": _quota(5, "L-A4707A72"),
        "egress-only-gateways": _quota(5, "L-45FE3B85"),
        "route-tables": _quota(200, "L-589F43AA"),
        "routes": _quota(500, "L-93826ACB"),
        "network-acls": _quota(200, "L-B4A6D682"),
        "acl-rules": _quota(20, "L-2AEEBF1A"),
        "exclusions": _quota(50),
    }
)

# What EC2 says when a number is used up: code and sentence.
_SAID: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "vpcs": ("VpcLimitExceeded", "The maximum number of VPCs has been reached."),
        "subnets": ("SubnetLimitExceeded", "The maximum number of subnets has been reached."),
        "internet-gateways": (
            "InternetGatewayLimitExceeded",
            "The maximum number of internet gateways has been reached.",
        ),
        "egress-only-gateways": (
            "EgressOnlyInternetGatewayLimitExceeded",
            "The maximum number of egress only internet gateways has been reached.",
        ),
        "route-tables": (
            "RouteTableLimitExceeded",
            "The maximum number of route tables has been reached.",
        ),
        "routes": ("RouteLimitExceeded", "The maximum number of routes has been reached."),
        "network-acls": (
            "NetworkAclLimitExceeded",
            "The maximum number of network ACLs has been reached.",
        ),
        "acl-rules": (
            "NetworkAclEntryLimitExceeded",
            "The maximum number of network acl entries has been reached.",
        ),
        "exclusions": (
            "VpcBlockPublicAccessExclusionLimitExceeded",
            "The maximum number of VPC Block Public Access exclusions has been reached.",
        ),
    }
)


def expect_room(name: str, have: int, more: int = 1) -> None:
    """There may be `more` beside what there is. Raises the quota's own LimitExceeded."""
    if have + more > QUOTAS[name].value:
        code, sentence = _SAID[name]
        raise AwsError(code, sentence)


def expect_block_room(name: str, vpc_id: str, have: int) -> None:
    """A VPC may have one more CIDR. Raises CidrLimitExceeded."""
    most = QUOTAS[name].value
    if have >= most:
        raise AwsError(
            "CidrLimitExceeded",
            f"This network '{vpc_id}' has met its maximum number of allowed CIDRs: {most}",
        )
