"""Rules of security groups: authorize, revoke, modify, describe.

Rules of this file: a request is checked whole before any rule moves. Rules are found by their ids,
or by what they say.
https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, describe
from cloudchamber.services.ec2.interfaces.groups import add_rule, drop_rule
from cloudchamber.services.ec2.interfaces.limits import RULES_MAX
from cloudchamber.services.ec2.interfaces.nouns import (
    SECURITY_GROUP,
    SECURITY_GROUP_RULE,
    GroupRule,
    RuleWhere,
    SecurityGroup,
)
from cloudchamber.services.ec2.interfaces.rule_parsing import (
    description_of,
    flat_permissions,
    key_of,
    rules_of,
    sentence_of,
    weights_of,
)
from cloudchamber.services.ec2.interfaces.rule_views import (
    permissions_of,
    revoked_view,
    rule_view,
)
from cloudchamber.services.ec2.interfaces.security_groups import group_of
from cloudchamber.services.ec2.refusals import invalid_combination
from cloudchamber.services.ec2.vpcs.nouns import VPC


def authorize_security_group_ingress(call: Call, request: Input) -> Output:
    """Let more in."""
    return _authorize(call, request, is_egress=False)


def authorize_security_group_egress(call: Call, request: Input) -> Output:
    """Let more out."""
    return _authorize(call, request, is_egress=True)


def revoke_security_group_ingress(call: Call, request: Input) -> Output:
    """Let less in."""
    return _revoke(call, request, is_egress=False)


def revoke_security_group_egress(call: Call, request: Input) -> Output:
    """Let less out."""
    return _revoke(call, request, is_egress=True)


def _authorize(call: Call, request: Input, *, is_egress: bool) -> Output:
    group = group_of(call, request)
    given_tags = tags.specified(request, SECURITY_GROUP_RULE.type)
    rules = rules_of(call, group, _permissions(request, is_egress), is_egress)
    if not rules:
        raise AwsError("MissingParameter", "The request must contain the parameter ipPermissions")
    known = {key_of(each) for each in group.rules if each.is_egress is is_egress}
    asked: set[tuple[str, int, int, str]] = set()
    for rule in rules:
        key = key_of(rule)
        if key in asked:
            raise AwsError(
                "InvalidParameterValue", "The same permission must not appear multiple times"
            )
        if key in known:
            raise AwsError(
                "InvalidPermission.Duplicate",
                f"the specified rule {sentence_of(rule)} already exists",
            )
        asked.add(key)
    have = [each for each in group.rules if each.is_egress is is_egress]
    expect_rules_fit(call, [*have, *rules])
    for rule in rules:
        add_rule(call, group, rule)
        tags.put(call, rule.id, given_tags)
    return {
        "Return": True,
        "SecurityGroupRules": [rule_view(call, group, each) for each in rules],
    }


def _permissions(request: Input, is_egress: bool) -> Sequence[Mapping[str, Any]]:
    """What a request wants, by its permissions or its flat members, not by both."""
    flat = flat_permissions(request)
    listed: Sequence[Mapping[str, Any]] = request.get("IpPermissions", ())
    if flat and is_egress:
        raise AwsError(
            "InvalidParameterValue",
            "Only IP permissions are supported for egress rules of VPC security groups.",
        )
    if flat and listed:
        raise invalid_combination(
            "The parameter ipPermissions may not be used in combination with other permissions."
        )
    return flat or listed


def expect_rules_fit(call: Call, rules: Iterable[GroupRule]) -> None:
    """The rules of one direction. Raises RulesPerSecurityGroupLimitExceeded."""
    weights = [weights_of(call, each) for each in rules]
    if max(sum(four for four, _ in weights), sum(six for _, six in weights)) > RULES_MAX:
        raise AwsError(
            "RulesPerSecurityGroupLimitExceeded",
            "The maximum number of rules per security group has been reached.",
        )


def _revoke(call: Call, request: Input, *, is_egress: bool) -> Output:
    group = group_of(call, request)
    ids = request.get("SecurityGroupRuleIds", ())
    permissions = _permissions(request, is_egress)
    if ids and permissions:
        raise invalid_combination(
            "Only one of ipPermissions and securityGroupRuleIds may be specified."
        )
    if not ids and not permissions:
        raise AwsError(
            "MissingParameter",
            "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.",
        )
    unknown: list[GroupRule] = []
    if ids:
        found = [expect_rule(group, each, is_egress) for each in dict.fromkeys(ids)]
    else:
        found, unknown = _found(call, group, permissions, is_egress)
    output: Output = {
        "Return": True,
        "RevokedSecurityGroupRules": [revoked_view(group, each) for each in found],
    }
    if unknown:
        output["UnknownIpPermissions"] = permissions_of(call, unknown)
    for rule in found:
        drop_rule(call, group, rule)
    return output


def _found(
    call: Call, group: SecurityGroup, permissions: Sequence[Mapping[str, Any]], is_egress: bool
) -> tuple[list[GroupRule], list[GroupRule]]:
    """The rules that permissions say, and what a group of a default VPC does not have.

    Elsewhere a rule that is not there is an error, InvalidPermission.NotFound.
    """
    by_key = {key_of(each): each for each in group.rules if each.is_egress is is_egress}
    found: dict[str, GroupRule] = {}
    unknown = []
    for wanted in _wanted(call, group, permissions, is_egress):
        rule = by_key.get(key_of(wanted))
        if rule is None:
            unknown.append(wanted)
        else:
            found[rule.id] = rule
    if unknown:
        vpc = kinds.find_anywhere(call.cloud, VPC, group.vpc)
        if vpc is None or not vpc.is_default:
            raise not_there()
    return list(found.values()), unknown


def _wanted(
    call: Call, group: SecurityGroup, permissions: Sequence[Mapping[str, Any]], is_egress: bool
) -> list[GroupRule]:
    """Rules as permissions say them; a group that is named may be gone or out of reach."""
    rules = []
    for permission in permissions:
        pairs = permission.get("UserIdGroupPairs", ())
        by_id = [each for each in pairs if each.get("GroupId")]
        rest = {
            **permission,
            "UserIdGroupPairs": [each for each in pairs if not each.get("GroupId")],
        }
        is_bare = not any(
            rest.get(member)
            for member in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")
        )
        if not (is_bare and by_id):
            rules.extend(rules_of(call, group, [rest], is_egress))
        if by_id:
            like = rules_of(
                call,
                group,
                [{**permission, **_anybody(), "UserIdGroupPairs": ()}],
                is_egress,
            )[0]
            for each in by_id:
                rules.append(
                    GroupRule(
                        id="",
                        is_egress=is_egress,
                        protocol=like.protocol,
                        from_port=like.from_port,
                        to_port=like.to_port,
                        group=each["GroupId"],
                        group_owner=each.get("UserId") or group.owner,
                    )
                )
    return rules


def _anybody() -> dict[str, Any]:
    """Peers of a permission of which only protocol and ports are wanted."""
    return {"IpRanges": ({"CidrIp": "0.0.0.0/0"},), "Ipv6Ranges": (), "PrefixListIds": ()}


def not_there() -> AwsError:
    """No rule says that."""
    return AwsError(
        "InvalidPermission.NotFound", "The specified rule does not exist in this security group."
    )


def expect_rule(group: SecurityGroup, identifier: str, is_egress: bool | None = None) -> GroupRule:
    """A rule of a group by its id. Raises InvalidSecurityGroupRuleId.NotFound."""
    for rule in group.rules:
        if rule.id == identifier and is_egress in (None, rule.is_egress):
            return rule
    raise kinds.missing(SECURITY_GROUP_RULE, identifier)


def update_security_group_rule_descriptions_ingress(call: Call, request: Input) -> Output:
    """Say anew what ingress rules are for."""
    return _describe_anew(call, request, is_egress=False)


def update_security_group_rule_descriptions_egress(call: Call, request: Input) -> Output:
    """Say anew what egress rules are for."""
    return _describe_anew(call, request, is_egress=True)


def _describe_anew(call: Call, request: Input, *, is_egress: bool) -> Output:
    group = group_of(call, request)
    by_id = request.get("SecurityGroupRuleDescriptions", ())
    permissions = request.get("IpPermissions", ())
    if bool(by_id) is bool(permissions):
        raise AwsError(
            "InvalidParameterCombination" if by_id else "MissingParameter",
            "Either 'ipPermissions' or 'securityGroupRuleDescriptions' should be provided.",
        )
    anew: list[tuple[GroupRule, str]] = []
    for each in by_id:
        rule = expect_rule(group, each.get("SecurityGroupRuleId") or "", is_egress)
        anew.append((rule, description_of(each)))
    by_key = {key_of(each): each for each in group.rules if each.is_egress is is_egress}
    for wanted in rules_of(call, group, permissions, is_egress):
        found = by_key.get(key_of(wanted))
        if found is None:
            raise not_there()
        anew.append((found, wanted.description))
    for rule, description in anew:
        rule.description = description
    return {"Return": True}


def modify_security_group_rules(call: Call, request: Input) -> Output:
    """Change what rules say; they keep their ids, tags and directions."""
    group = kinds.expect_own(call, SECURITY_GROUP, request["GroupId"])
    changes: dict[str, GroupRule] = {}
    for each in request["SecurityGroupRules"]:
        rule = expect_rule(group, each["SecurityGroupRuleId"])
        (changed,) = rules_of(
            call, group, [_permission_of(each.get("SecurityGroupRule") or {})], rule.is_egress
        )
        changed.id = rule.id
        changes[rule.id] = changed
    after = [changes.get(each.id, each) for each in group.rules]
    for is_egress in (False, True):
        rules = [each for each in after if each.is_egress is is_egress]
        keys: set[tuple[str, int, int, str]] = set()
        for each in rules:
            if key_of(each) in keys:
                raise AwsError(
                    "InvalidPermission.Duplicate",
                    f"the specified rule {sentence_of(each)} already exists",
                )
            keys.add(key_of(each))
        expect_rules_fit(call, rules)
    group.rules = after
    return {"Return": True}


def _permission_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """The permission that a SecurityGroupRuleRequest stands for. It has to name one peer."""
    note = {"Description": given["Description"]} if given.get("Description") else {}
    peers = {
        "IpRanges": ("CidrIp", given.get("CidrIpv4")),
        "Ipv6Ranges": ("CidrIpv6", given.get("CidrIpv6")),
        "PrefixListIds": ("PrefixListId", given.get("PrefixListId")),
        "UserIdGroupPairs": ("GroupId", given.get("ReferencedGroupId")),
    }
    named = {kind: [{key: value, **note}] for kind, (key, value) in peers.items() if value}
    if len(named) != 1:
        raise AwsError(
            "InvalidParameterCombination" if named else "MissingParameter",
            "Exactly one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId has to be "
            "specified.",
        )
    ports = {
        member: given[member] for member in ("IpProtocol", "FromPort", "ToPort") if member in given
    }
    return {**ports, **named}


def describe_security_group_rules(call: Call, request: Input) -> Output:
    """The rules of the account's groups, one by one."""
    return describe(call, request, RULES_DESCRIBED)


def _view(call: Call, where: RuleWhere) -> dict[str, Any]:
    group = kinds.find_anywhere(call.cloud, SECURITY_GROUP, where.group)
    if group is None:
        raise LookupError(f"{where.id} is a rule of {where.group}, which is not there")
    return rule_view(call, group, expect_rule(group, where.id))


_FILTERS: Final[Mapping[str, Callable[[Call, RuleWhere], Sequence[str]]]] = MappingProxyType(
    {
        "group-id": lambda call, where: (where.group,),
        "security-group-rule-id": lambda call, where: (where.id,),
    }
)

RULES_DESCRIBED: Final[Description[RuleWhere]] = Description(
    kind=SECURITY_GROUP_RULE,
    ids="SecurityGroupRuleIds",
    answer="SecurityGroupRules",
    view=_view,
    filters=_FILTERS,
)
