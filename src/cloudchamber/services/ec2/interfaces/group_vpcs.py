"""Security groups across VPCs: associations with other VPCs, references over peerings, stale rules.

Rules of this file: an association is at once `associated`; it ends when no interface in that VPC
wears the group. A rule is stale when the group that it names, or the peering to it, is gone.
https://docs.aws.amazon.com/vpc/latest/userguide/security-group-assoc.html and
https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.describing import page_size, paged
from cloudchamber.services.ec2.filters import matching
from cloudchamber.services.ec2.interfaces.groups import DEFAULT_NAME
from cloudchamber.services.ec2.interfaces.limits import VPCS_PER_GROUP_MAX
from cloudchamber.services.ec2.interfaces.nouns import (
    INTERFACE,
    SECURITY_GROUP,
    SECURITY_GROUPS,
    GroupRule,
    SecurityGroup,
)
from cloudchamber.services.ec2.interfaces.reach_of_groups import is_gone, share_gateway
from cloudchamber.services.ec2.interfaces.rule_views import permissions_of
from cloudchamber.services.ec2.refusals import limit_exceeded
from cloudchamber.services.ec2.vpcs.lookup import expect_vpc
from cloudchamber.services.ec2.vpcs.nouns import VPC

STALE_MAX: Final = 255


class Association(msgspec.Struct, frozen=True):
    """A group's association with a VPC, as it is listed."""

    group: str
    group_owner: str
    vpc: str
    vpc_owner: str

    @property
    def place(self) -> str:
        """Where it stands in the listing."""
        return f"{self.group}\n{self.vpc}"


def associate_security_group_vpc(call: Call, request: Input) -> Output:
    """Let interfaces in another VPC of the Region wear a group."""
    group = kinds.expect_own(call, SECURITY_GROUP, request["GroupId"])
    vpc = expect_vpc(call, request["VpcId"])
    home = kinds.find_anywhere(call.cloud, VPC, group.vpc)
    if group.name == DEFAULT_NAME or (home is not None and home.is_default) or vpc.is_default:
        raise AwsError(
            "OperationNotPermitted",
            "Default security groups, and groups of a default VPC, cannot be associated with "
            "another VPC.",
        )
    if vpc.id == group.vpc or vpc.id in group.extra_vpcs:
        raise AwsError(
            "InvalidParameterValue",
            f"The security group {group.id} is already associated with {vpc.id}.",
        )
    if len(group.extra_vpcs) >= VPCS_PER_GROUP_MAX:
        raise limit_exceeded(
            "SecurityGroupVpcAssociationLimitExceeded",
            f"A security group can be associated with {VPCS_PER_GROUP_MAX} VPCs.",
        )
    group.extra_vpcs.append(vpc.id)
    return {"State": "associated"}


def disassociate_security_group_vpc(call: Call, request: Input) -> Output:
    """End an association; no interface in that VPC may wear the group."""
    group = kinds.expect_own(call, SECURITY_GROUP, request["GroupId"])
    vpc_id = request["VpcId"]
    if vpc_id not in group.extra_vpcs:
        raise AwsError(
            "InvalidParameterValue",
            f"The security group {group.id} is not associated with {vpc_id}.",
        )
    for _, _, interface in kinds.everywhere(call.cloud, INTERFACE):
        if interface.vpc == vpc_id and group.id in interface.groups:
            raise AwsError("DependencyViolation", f"resource {group.id} has a dependent object")
    group.extra_vpcs.remove(vpc_id)
    return {"State": "disassociated"}


def describe_security_group_vpc_associations(call: Call, request: Input) -> Output:
    """The associations of the account's groups."""
    found = []
    for group in kinds.visible(call, SECURITY_GROUP):
        for each in sorted(group.extra_vpcs):
            vpc = kinds.find_anywhere(call.cloud, VPC, each)
            owner = vpc.owner if vpc else ""
            found.append(Association(group.id, group.owner, each, owner))
    chosen = matching(
        found,
        request.get("Filters", ()),
        {
            "group-id": lambda each: (each.group,),
            "group-owner-id": lambda each: (each.group_owner,),
            "state": lambda each: ("associated",),
            "vpc-id": lambda each: (each.vpc,),
            "vpc-owner-id": lambda each: (each.vpc_owner,),
        },
    )
    chosen.sort(key=_place_of)
    return paged(request, "SecurityGroupVpcAssociations", chosen, _place_of, _view)


def _view(association: Association) -> dict[str, Any]:
    return {
        "GroupId": association.group,
        "GroupOwnerId": association.group_owner,
        "VpcId": association.vpc,
        "VpcOwnerId": association.vpc_owner,
        "State": "associated",
    }


def _place_of(association: Association) -> str:
    return association.place


def describe_security_group_references(call: Call, request: Input) -> Output:
    """The VPCs on the other side of peerings and gateways whose groups name one's own groups."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for identifier in request["GroupId"]:
        group = kinds.expect_own(call, SECURITY_GROUP, identifier)
        for _, _, other in kinds.everywhere(call.cloud, SECURITY_GROUP):
            for rule in other.rules:
                if rule.group != group.id or other.vpc == group.vpc:
                    continue
                shown = {"GroupId": group.id, "ReferencingVpcId": other.vpc}
                if rule.peering:
                    shown["VpcPeeringConnectionId"] = rule.peering
                elif not share_gateway(call.cloud, group.vpc, other.vpc):
                    continue
                found[group.id, other.vpc] = shown
    return {"SecurityGroupReferenceSet": list(found.values())}


def describe_stale_security_groups(call: Call, request: Input) -> Output:
    """The groups of a VPC with rules that name what is gone."""
    vpc = expect_vpc(call, request["VpcId"])
    stale = [
        group
        for group in call.rows(SECURITY_GROUPS).values()
        if group.vpc == vpc.id and any(_is_stale(call, each) for each in group.rules)
    ]
    size = page_size(request, most=STALE_MAX)
    return paged(
        request, "StaleSecurityGroupSet", stale, _id_of, lambda each: _stale_view(call, each), size
    )


def _id_of(group: SecurityGroup) -> str:
    return group.id


def _is_stale(call: Call, rule: GroupRule) -> bool:
    return bool(rule.group) and is_gone(call.cloud, rule.group, rule.peering)


def _stale_view(call: Call, group: SecurityGroup) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Description": group.description,
        "GroupId": group.id,
        "GroupName": group.name,
        "VpcId": group.vpc,
    }
    for member, is_egress in (("StaleIpPermissions", False), ("StaleIpPermissionsEgress", True)):
        rules = [
            each for each in group.rules if each.is_egress is is_egress and _is_stale(call, each)
        ]
        # A stale rule is shown with its group only; the other lists are "not applicable".
        shown[member] = [
            {
                key: value
                for key, value in permission.items()
                if key in ("IpProtocol", "FromPort", "ToPort", "UserIdGroupPairs")
            }
            for permission in permissions_of(call, rules)
        ]
    return shown
