"""What rules of security groups look like: one by one, or gathered to IpPermissions.

Rules of this file: reads only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cloudchamber.cloud.call import Call, partition_of
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.interfaces.nouns import (
    SECURITY_GROUP,
    SECURITY_GROUP_RULE,
    GroupRule,
    SecurityGroup,
)
from cloudchamber.services.ec2.interfaces.reach_of_groups import status_of_peering


def permissions_of(call: Call, rules: Iterable[GroupRule]) -> list[dict[str, Any]]:
    """Rules gathered by protocol and ports, in the order of the first of each."""
    gathered: dict[tuple[str, int, int], dict[str, Any]] = {}
    for rule in rules:
        key = (rule.protocol, rule.from_port, rule.to_port)
        permission = gathered.get(key)
        if permission is None:
            permission = gathered[key] = _permission(rule)
        if rule.cidr:
            permission["IpRanges"].append(_described(rule, {"CidrIp": rule.cidr}))
        elif rule.cidr6:
            permission["Ipv6Ranges"].append(_described(rule, {"CidrIpv6": rule.cidr6}))
        elif rule.prefix_list:
            permission["PrefixListIds"].append(_described(rule, {"PrefixListId": rule.prefix_list}))
        else:
            permission["UserIdGroupPairs"].append(_described(rule, pair_of(call, rule)))
    return list(gathered.values())


def pair_of(call: Call, rule: GroupRule) -> dict[str, Any]:
    """The group that a rule names; with its VPC and the peering if one leads there."""
    pair: dict[str, Any] = {"UserId": rule.group_owner, "GroupId": rule.group}
    if rule.peering:
        other = kinds.find_anywhere(call.cloud, SECURITY_GROUP, rule.group)
        if other is not None:
            pair["VpcId"] = other.vpc
        pair["VpcPeeringConnectionId"] = rule.peering
        pair["PeeringStatus"] = status_of_peering(call.cloud, rule.peering)
    return pair


def rule_view(call: Call, group: SecurityGroup, rule: GroupRule) -> dict[str, Any]:
    """One rule as DescribeSecurityGroupRules shows it."""
    shown: dict[str, Any] = {
        "SecurityGroupRuleId": rule.id,
        "SecurityGroupRuleArn": kinds.arn_of(
            SECURITY_GROUP_RULE, group.owner, call.region, rule.id
        ),
        "GroupId": group.id,
        "GroupOwnerId": group.owner,
        "IsEgress": rule.is_egress,
        "IpProtocol": rule.protocol,
        "FromPort": rule.from_port,
        "ToPort": rule.to_port,
        "Tags": tags.shown(call, rule.id),
    }
    if rule.cidr:
        shown["CidrIpv4"] = rule.cidr
    elif rule.cidr6:
        shown["CidrIpv6"] = rule.cidr6
    elif rule.prefix_list:
        shown["PrefixListId"] = rule.prefix_list
    else:
        shown["ReferencedGroupInfo"] = pair_of(call, rule)
    return _described(rule, shown)


def revoked_view(group: SecurityGroup, rule: GroupRule) -> dict[str, Any]:
    """One rule as a revocation answers it."""
    shown: dict[str, Any] = {
        "SecurityGroupRuleId": rule.id,
        "GroupId": group.id,
        "IsEgress": rule.is_egress,
        "IpProtocol": rule.protocol,
        "FromPort": rule.from_port,
        "ToPort": rule.to_port,
    }
    for member, value in (
        ("CidrIpv4", rule.cidr),
        ("CidrIpv6", rule.cidr6),
        ("PrefixListId", rule.prefix_list),
        ("ReferencedGroupId", rule.group),
    ):
        if value:
            shown[member] = value
    return _described(rule, shown)


def arn_of_group(group: SecurityGroup, region: str) -> str:
    """A group's ARN."""
    where = f"arn:{partition_of(region)}:ec2:{region}:{group.owner}"
    return f"{where}:security-group/{group.id}"


def _permission(rule: GroupRule) -> dict[str, Any]:
    permission: dict[str, Any] = {"IpProtocol": rule.protocol}
    if rule.protocol in ("tcp", "udp", "icmp", "icmpv6"):
        permission["FromPort"] = rule.from_port
        permission["ToPort"] = rule.to_port
    for member in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"):
        permission[member] = []
    return permission


def _described(rule: GroupRule, shown: dict[str, Any]) -> dict[str, Any]:
    if rule.description:
        shown["Description"] = rule.description
    return shown
