"""Security groups as other things of EC2 need them: a VPC's default group, groups by their ids.

Rules of this file: no operation is answered here. A group is good for the VPC it was made in and
for those it was associated with.
https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.interfaces.nouns import (
    DEFAULT_GROUPS,
    INTERFACES,
    SECURITY_GROUP,
    SECURITY_GROUP_RULE,
    SECURITY_GROUPS,
    DefaultGroup,
    GroupRule,
    RuleWhere,
    SecurityGroup,
)
from cloudchamber.services.ec2.vpcs.nouns import Vpc

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

DEFAULT_NAME: Final = "default"
PER_INTERFACE_MAX: Final = 5


def make_default_group(call: Call, vpc: Vpc) -> SecurityGroup:
    """The group that a VPC begins with: all from the group itself, everything to anywhere."""
    group = SecurityGroup(
        id=kinds.new_id(call, SECURITY_GROUP.prefix),
        owner=call.account,
        vpc=vpc.id,
        name=DEFAULT_NAME,
        description="default VPC security group",
    )
    kinds.add(call, SECURITY_GROUP, group)
    call.rows(DEFAULT_GROUPS)[vpc.id] = DefaultGroup(group.id)
    add_rule(
        call,
        group,
        GroupRule(id="", is_egress=False, protocol="-1", group=group.id, group_owner=group.owner),
    )
    let_everything_out(call, group, vpc)
    return group


def let_everything_out(call: Call, group: SecurityGroup, vpc: Vpc) -> None:
    """The egress rules that every new group has; one for IPv6 if its VPC has any."""
    add_rule(call, group, GroupRule(id="", is_egress=True, protocol="-1", cidr="0.0.0.0/0"))
    if any(block.state == "associated" for block in vpc.blocks6):
        add_rule(call, group, GroupRule(id="", is_egress=True, protocol="-1", cidr6="::/0"))


def let_ipv6_out(call: Call, vpc: Vpc) -> None:
    """A VPC has got its first IPv6 block: groups whose egress rules nobody changed let it out."""
    for group in call.rows(SECURITY_GROUPS).values():
        egress = [rule for rule in group.rules if rule.is_egress]
        if group.vpc == vpc.id and len(egress) == 1 and is_everything(egress[0]):
            add_rule(call, group, GroupRule(id="", is_egress=True, protocol="-1", cidr6="::/0"))


def is_everything(rule: GroupRule) -> bool:
    """Whether a rule is the one that lets all IPv4 through."""
    return rule.protocol == "-1" and rule.cidr == "0.0.0.0/0"


def add_rule(call: Call, group: SecurityGroup, rule: GroupRule) -> GroupRule:
    """Give a rule its id and put it into its group."""
    rule.id = kinds.new_id(call, SECURITY_GROUP_RULE.prefix)
    group.rules.append(rule)
    place = RuleWhere(id=rule.id, owner=group.owner, group=group.id)
    kinds.add(call, SECURITY_GROUP_RULE, place)
    return rule


def drop_rule(call: Call, group: SecurityGroup, rule: GroupRule) -> None:
    """Take a rule out of its group, with its tags."""
    group.rules.remove(rule)
    where = kinds.find_anywhere(call.cloud, SECURITY_GROUP_RULE, rule.id)
    if where is not None:
        kinds.remove(call, SECURITY_GROUP_RULE, where)


def remove_group(call: Call, group: SecurityGroup) -> None:
    """Take a group away with its rules; whoever calls has seen that nobody needs it."""
    for rule in list(group.rules):
        drop_rule(call, group, rule)
    kinds.remove(call, SECURITY_GROUP, group)


def remove_default_group(call: Call, vpc_id: str) -> None:
    """The VPC is going, and its default group with it."""
    group = find_default_group(call.cloud, vpc_id)
    if group is not None:
        remove_group(call, group)
        del call.rows(DEFAULT_GROUPS)[vpc_id]


def groups_of(cloud: Cloud, vpc_id: str) -> list[SecurityGroup]:
    """Every group that was made in a VPC, whosever it is (participants make their own)."""
    return [group for _, _, group in kinds.everywhere(cloud, SECURITY_GROUP) if group.vpc == vpc_id]


def find_default_group(cloud: Cloud, vpc_id: str) -> SecurityGroup | None:
    """A VPC's default group, which is its owner's."""
    place = cloud.store.rows(DEFAULT_GROUPS, "", "").get(vpc_id)
    return kinds.find_anywhere(cloud, SECURITY_GROUP, place.id) if place else None


def default_group(call: Call, vpc_id: str) -> SecurityGroup:
    """The default group that a call may use. Raises InvalidGroup.NotFound.

    Whoever takes part in a shared VPC cannot use its owner's:
    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-share-limitations.html
    """
    group = find_default_group(call.cloud, vpc_id)
    if group is None or group.owner != call.account:
        raise AwsError(
            "InvalidGroup.NotFound",
            f"The security group '{DEFAULT_NAME}' does not exist in VPC '{vpc_id}'",
        )
    return group


def is_good_for(group: SecurityGroup, vpc_id: str) -> bool:
    """Whether interfaces in a VPC may have a group."""
    return group.vpc == vpc_id or vpc_id in group.extra_vpcs


def expect_group(call: Call, identifier: str) -> SecurityGroup:
    """A group that the account may see. Raises InvalidGroup.NotFound, InvalidGroupId.Malformed."""
    return kinds.expect(call, SECURITY_GROUP, identifier)


def expect_groups(
    call: Call, ids: Sequence[str], vpc_id: str, where: str = ""
) -> list[SecurityGroup]:
    """The groups that an interface in a VPC is to have; the default one for no ids.

    `where` is the subnet that a sentence may name. Raises InvalidGroup.NotFound,
    InvalidParameter for one of another VPC, SecurityGroupsPerInterfaceLimitExceeded.
    """
    if not ids:
        return [default_group(call, vpc_id)]
    found = [kinds.expect(call, SECURITY_GROUP, each) for each in dict.fromkeys(ids)]
    for group in found:
        if not is_good_for(group, vpc_id):
            other = f"subnet {where}" if where else f"VPC {vpc_id}"
            raise AwsError(
                "InvalidParameter",
                f"Security group {group.id} and {other} belong to different networks.",
            )
    if len(found) > PER_INTERFACE_MAX:
        raise AwsError(
            "SecurityGroupsPerInterfaceLimitExceeded",
            "The maximum number of security groups per interface has been reached.",
        )
    return found


def is_worn(cloud: Cloud, group_id: str) -> bool:
    """Whether any interface of anybody has a group."""
    return any(
        group_id in interface.groups
        for _, _, rows in cloud.store.scopes(INTERFACES)
        for interface in rows.values()
    )


def names_of(cloud: Cloud, ids: Sequence[str]) -> list[dict[str, str]]:
    """Groups as descriptions list them: id and name."""
    shown = []
    for each in ids:
        group = kinds.find_anywhere(cloud, SECURITY_GROUP, each)
        if group is not None:
            shown.append({"GroupId": each, "GroupName": group.name})
    return shown
