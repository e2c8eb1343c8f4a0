"""Security groups: create, delete, describe.

Rules of this file: the groups; their rules are `security_group_rules.py`.
https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, describe, described, filtered
from cloudchamber.services.ec2.interfaces.groups import (
    DEFAULT_NAME,
    is_good_for,
    is_worn,
    let_everything_out,
    remove_group,
)
from cloudchamber.services.ec2.interfaces.limits import GROUPS_MAX
from cloudchamber.services.ec2.interfaces.nouns import (
    SECURITY_GROUP,
    SECURITY_GROUPS,
    GroupRule,
    SecurityGroup,
)
from cloudchamber.services.ec2.interfaces.rule_views import arn_of_group, permissions_of
from cloudchamber.services.ec2.refusals import limit_exceeded, missing_parameter
from cloudchamber.services.ec2.vpcs.lookup import default_vpc, expect_vpc
from cloudchamber.services.ec2.vpcs.nouns import Vpc

TEXT_MAX: Final = 255
_TEXT: Final = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*", re.ASCII)


def create_security_group(call: Call, request: Input) -> Output:
    """A group without ingress rules, from which everything may go out."""
    name, description = request["GroupName"], request["Description"]
    _expect_text(name, "GroupName")
    _expect_text(description, "GroupDescription")
    given_tags = tags.specified(request, SECURITY_GROUP.type)
    if name.lower().startswith("sg-"):
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({name}) for parameter GroupName is invalid. "
            "Group names may not be in the format sg-*",
        )
    vpc = _vpc_of(call, request.get("VpcId"))
    if name.lower() == DEFAULT_NAME:
        raise AwsError("InvalidParameterValue", "Cannot use reserved security group name: default")
    rows = call.rows(SECURITY_GROUPS)
    if any(each.vpc == vpc.id and each.name.lower() == name.lower() for each in rows.values()):
        raise AwsError(
            "InvalidGroup.Duplicate",
            f"The security group '{name}' already exists for VPC '{vpc.id}'",
        )
    if len(rows) >= GROUPS_MAX:
        raise limit_exceeded(
            "SecurityGroupLimitExceeded",
            "The maximum number of security groups has been reached.",
        )
    group = SecurityGroup(
        id=kinds.new_id(call, SECURITY_GROUP.prefix),
        owner=call.account,
        vpc=vpc.id,
        name=name,
        description=description,
    )
    kinds.add(call, SECURITY_GROUP, group)
    let_everything_out(call, group, vpc)
    tags.put(call, group.id, given_tags)
    output: Output = {
        "GroupId": group.id,
        "SecurityGroupArn": arn_of_group(group, call.region),
    }
    if given_tags:
        output["Tags"] = tags.shown(call, group.id)
    return output


def _expect_text(text: str, parameter: str) -> None:
    if not text or len(text) > TEXT_MAX or not _TEXT.fullmatch(text):
        why = (
            "Character sets beyond ASCII are not supported."
            if not text.isascii()
            else "It must have 1 to 255 characters from a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
        )
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({text}) for parameter {parameter} is invalid. {why}",
        )


def _vpc_of(call: Call, identifier: str | None) -> Vpc:
    if identifier:
        return expect_vpc(call, identifier)
    vpc = default_vpc(call)
    if vpc is None:
        raise AwsError("VPCIdNotSpecified", "No default VPC for this user")
    return vpc


def group_of(call: Call, request: Input) -> SecurityGroup:
    """The group of one's own that a request means: by id, or by name in the default VPC.

    Raises InvalidGroup.NotFound, MissingParameter, OperationNotPermitted.
    """
    identifier = request.get("GroupId")
    if identifier:
        return kinds.expect_own(call, SECURITY_GROUP, identifier)
    name = request.get("GroupName")
    if not name:
        raise missing_parameter("groupName or groupId")
    return named_group(call, name)


def named_group(call: Call, name: str) -> SecurityGroup:
    """A group of the default VPC by its name. Raises InvalidGroup.NotFound."""
    vpc = default_vpc(call)
    for each in call.rows(SECURITY_GROUPS).values():
        if vpc is not None and each.vpc == vpc.id and each.name.lower() == name.lower():
            return each
    where = f"default VPC '{vpc.id}'" if vpc else "a default VPC, of which there is none"
    raise AwsError(
        "InvalidGroup.NotFound", f"The security group '{name}' does not exist in {where}"
    )


def delete_security_group(call: Call, request: Input) -> Output:
    """Delete a group that no interface has and no other group of its VPC names."""
    group = group_of(call, request)
    if group.name == DEFAULT_NAME:
        raise AwsError(
            "CannotDelete",
            f'the specified group: "{group.id}" name: "{group.name}" cannot be deleted by a user',
        )
    if group.extra_vpcs or is_worn(call.cloud, group.id) or _is_named(call, group):
        raise AwsError("DependencyViolation", f"resource {group.id} has a dependent object")
    remove_group(call, group)
    return {"Return": True, "GroupId": group.id}


def _is_named(call: Call, group: SecurityGroup) -> bool:
    """Whether a rule of another group in the same VPC names a group."""
    return any(
        rule.group == group.id
        for _, _, other in kinds.everywhere(call.cloud, SECURITY_GROUP)
        if other.vpc == group.vpc and other.id != group.id
        for rule in other.rules
    )


def describe_security_groups(call: Call, request: Input) -> Output:
    """The account's groups, and those shared with it."""
    names = request.get("GroupNames", ())
    if not names:
        return describe(call, request, GROUPS_DESCRIBED)
    found = {each.id: each for each in (named_group(call, name) for name in names)}
    for identifier in request.get("GroupIds", ()):
        group = kinds.expect(call, SECURITY_GROUP, identifier)
        found[group.id] = group
    rows = sorted(found.values(), key=lambda each: each.id)
    if request.get("Filters"):
        rows = filtered(call, rows, request["Filters"], _FILTERS)
    return described(call, request, GROUPS_DESCRIBED, rows)


def get_security_groups_for_vpc(call: Call, request: Input) -> Output:
    """The groups that the account's interfaces in a VPC may have."""
    vpc = expect_vpc(call, request["VpcId"])
    rows = [each for each in kinds.visible(call, SECURITY_GROUP) if is_good_for(each, vpc.id)]
    if vpc.owner != call.account:
        # The owner's groups are of no use to whoever takes part, unless they are shared.
        shared = {each.id for each in kinds.shared(call, SECURITY_GROUP)}
        rows = [each for each in rows if each.owner == call.account or each.id in shared]
    if request.get("Filters"):
        rows = filtered(call, rows, request["Filters"], _FOR_VPC_FILTERS)
    rows.sort(key=lambda each: each.id)
    return described(call, request, _FOR_VPC, rows)


def _view(call: Call, group: SecurityGroup) -> dict[str, Any]:
    return {
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "OwnerId": group.owner,
        "VpcId": group.vpc,
        "SecurityGroupArn": arn_of_group(group, call.region),
        "IpPermissions": permissions_of(call, (each for each in group.rules if not each.is_egress)),
        "IpPermissionsEgress": permissions_of(
            call, (each for each in group.rules if each.is_egress)
        ),
        "Tags": tags.shown(call, group.id),
    }


def _view_for_vpc(call: Call, group: SecurityGroup) -> dict[str, Any]:
    return {
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "OwnerId": group.owner,
        "PrimaryVpcId": group.vpc,
        "Tags": tags.shown(call, group.id),
    }


_Filter = Callable[[Call, SecurityGroup], Sequence[str]]


def _rule_filters(prefix: str, is_egress: bool) -> dict[str, _Filter]:
    """The filters on rules of one direction: every rule offers its text."""

    def of(text: Callable[[Call, GroupRule], str]) -> _Filter:
        def texts(call: Call, group: SecurityGroup) -> Sequence[str]:
            found = (text(call, each) for each in group.rules if each.is_egress is is_egress)
            return [each for each in found if each]

        return texts

    return {
        f"{prefix}.cidr": of(lambda call, rule: rule.cidr),
        f"{prefix}.from-port": of(lambda call, rule: _port(rule, rule.from_port)),
        f"{prefix}.group-id": of(lambda call, rule: rule.group),
        f"{prefix}.group-name": of(_name_of_peer),
        f"{prefix}.ipv6-cidr": of(lambda call, rule: rule.cidr6),
        f"{prefix}.prefix-list-id": of(lambda call, rule: rule.prefix_list),
        f"{prefix}.protocol": of(lambda call, rule: rule.protocol),
        f"{prefix}.to-port": of(lambda call, rule: _port(rule, rule.to_port)),
        f"{prefix}.user-id": of(lambda call, rule: rule.group_owner),
    }


def _port(rule: GroupRule, number: int) -> str:
    return str(number) if rule.protocol in ("tcp", "udp", "icmp", "icmpv6") else ""


def _name_of_peer(call: Call, rule: GroupRule) -> str:
    other = kinds.find_anywhere(call.cloud, SECURITY_GROUP, rule.group)
    return other.name if other else ""


_FILTERS: Final[Mapping[str, _Filter]] = MappingProxyType(
    {
        "description": lambda call, group: (group.description,),
        "group-id": lambda call, group: (group.id,),
        "group-name": lambda call, group: (group.name,),
        "owner-id": lambda call, group: (group.owner,),
        "vpc-id": lambda call, group: (group.vpc,),
        **_rule_filters("ip-permission", False),
        **_rule_filters("egress.ip-permission", True),
    }
)
_FOR_VPC_FILTERS: Final[Mapping[str, _Filter]] = MappingProxyType(
    {
        "group-id": lambda call, group: (group.id,),
        "description": lambda call, group: (group.description,),
        "group-name": lambda call, group: (group.name,),
        "owner-id": lambda call, group: (group.owner,),
        "primary-vpc-id": lambda call, group: (group.vpc,),
    }
)

GROUPS_DESCRIBED: Final[Description[SecurityGroup]] = Description(
    kind=SECURITY_GROUP,
    ids="GroupIds",
    answer="SecurityGroups",
    view=_view,
    filters=_FILTERS,
)
_FOR_VPC: Final[Description[SecurityGroup]] = Description(
    kind=SECURITY_GROUP,
    ids="GroupIds",
    answer="SecurityGroupForVpcs",
    view=_view_for_vpc,
    filters=_FOR_VPC_FILTERS,
)
