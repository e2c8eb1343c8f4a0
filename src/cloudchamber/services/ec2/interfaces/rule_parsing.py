"""Rules of security groups as requests give them: IpPermissions, and the older flat members.

Rules of this file: requests in, rules without ids out; reads only. CIDRs are put into canonical
form, as AWS does. A group in another VPC has to be reachable by a peering or a Transit Gateway.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.interfaces.nouns import (
    PREFIX_LIST,
    SECURITY_GROUP,
    SECURITY_GROUPS,
    GroupRule,
    SecurityGroup,
)
from cloudchamber.services.ec2.interfaces.reach_of_groups import DIFFERENT_NETWORKS, way_between

PORTS_MAX: Final = 65535
ICMP_MAX: Final = 255
PROTOCOL_MAX: Final = 255
ALL: Final = "-1"
_NAMES: Final = MappingProxyType({"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"})
_WITH_PORTS: Final = ("tcp", "udp")
_WITH_TYPES: Final = ("icmp", "icmpv6")
_DESCRIPTION: Final = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}", re.ASCII)


def rules_of(
    call: Call, group: SecurityGroup, permissions: Sequence[Mapping[str, Any]], is_egress: bool
) -> list[GroupRule]:
    """The rules that permissions stand for, in order. Raises AwsError for what cannot be."""
    rules: list[GroupRule] = []
    for permission in permissions:
        protocol, from_port, to_port = ports_of(permission)
        peers = [
            *({"cidr": cidr_of(each.get("CidrIp"), 4), "description": description_of(each)}
              for each in permission.get("IpRanges", ())),
            *({"cidr6": cidr_of(each.get("CidrIpv6"), 6), "description": description_of(each)}
              for each in permission.get("Ipv6Ranges", ())),
            *({"prefix_list": _expect_listed(call, each),
               "description": description_of(each)}
              for each in permission.get("PrefixListIds", ())),
            *({**group_peer(call, group, each), "description": description_of(each)}
              for each in permission.get("UserIdGroupPairs", ())),
        ]  # fmt: skip
        if not peers:
            raise AwsError("MissingParameter", "Source group ID missing.")
        for peer in peers:
            rule = GroupRule(
                id="", is_egress=is_egress, protocol=protocol, from_port=from_port, to_port=to_port
            )
            for field, value in peer.items():
                setattr(rule, field, value)
            rules.append(rule)
    return rules


def _expect_listed(call: Call, each: Mapping[str, Any]) -> str:
    return kinds.expect(call, PREFIX_LIST, each.get("PrefixListId") or "").id


def flat_permissions(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The permissions that a request's flat members stand for; none if it has none.

    A source group without a protocol grants everything of ICMP, TCP and UDP.
    """
    name = request.get("SourceSecurityGroupName")
    if name:
        pair = {"GroupName": name}
        if request.get("SourceSecurityGroupOwnerId"):
            pair["UserId"] = request["SourceSecurityGroupOwnerId"]
        if request.get("IpProtocol"):
            return [{**_ports(request), "UserIdGroupPairs": [pair]}]
        return [
            {"IpProtocol": each, "FromPort": first, "ToPort": last, "UserIdGroupPairs": [pair]}
            for each, first, last in (("icmp", -1, -1), ("tcp", 0, 65535), ("udp", 0, 65535))
        ]
    if request.get("CidrIp"):
        return [{**_ports(request), "IpRanges": [{"CidrIp": request["CidrIp"]}]}]
    if request.get("IpProtocol"):
        raise AwsError("MissingParameter", "Source group ID missing.")
    return []


def _ports(request: Mapping[str, Any]) -> dict[str, Any]:
    return {
        member: request[member]
        for member in ("IpProtocol", "FromPort", "ToPort")
        if member in request
    }


def ports_of(permission: Mapping[str, Any]) -> tuple[str, int, int]:
    """(protocol, from port or type, to port or code); -1 where they do not count."""
    protocol = protocol_of(permission.get("IpProtocol"))
    first, last = permission.get("FromPort"), permission.get("ToPort")
    if protocol in _WITH_PORTS:
        if first is None or last is None:
            raise AwsError(
                "InvalidParameterValue",
                "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
            )
        if not 0 <= first <= last <= PORTS_MAX:
            raise AwsError("InvalidParameterValue", f"Invalid TCP/UDP port range ({first}:{last})")
        return protocol, first, last
    if protocol in _WITH_TYPES:
        if protocol == "icmp" and (first is None or last is None):
            raise AwsError(
                "InvalidParameterValue",
                "Invalid value 'Must specify both type and code with ICMP.' for icmpTypeCode.",
            )
        kind, code = -1 if first is None else first, -1 if last is None else last
        if not -1 <= kind <= ICMP_MAX or not -1 <= code <= ICMP_MAX:
            raise AwsError("InvalidParameterValue", f"ICMP code or type {kind}:{code} is invalid.")
        if kind == -1 and code != -1:
            raise AwsError("InvalidParameterValue", "ICMP code must be -1 if the ICMP type is -1.")
        return protocol, kind, code
    return protocol, -1, -1


def protocol_of(given: str | None) -> str:
    """A protocol by name, or as number in text."""
    if given is None:
        raise AwsError("MissingParameter", "The request must contain the parameter ipProtocol")
    text = given.lower()
    if text in (ALL, "all"):
        return ALL
    if text in _NAMES.values():
        return text
    if text.isascii() and text.isdigit() and int(text) <= PROTOCOL_MAX:
        return _NAMES.get(str(int(text)), str(int(text)))
    raise AwsError(
        "InvalidParameterValue", f"Invalid value '{given}' for IP protocol. Unknown protocol."
    )


def cidr_of(text: str | None, version: int) -> str:
    """A CIDR in canonical form. Raises InvalidParameterValue."""
    given = text or ""
    try:
        if "/" not in given:
            raise ValueError(given)
        network = ipaddress.ip_network(given, strict=False)
    except ValueError:
        raise AwsError("InvalidParameterValue", f"CIDR block {given} is malformed") from None
    if network.version != version:
        raise AwsError("InvalidParameterValue", f"CIDR block {given} is malformed")
    return str(network)


def description_of(each: Mapping[str, Any]) -> str:
    """A rule's description. Raises InvalidParameterValue."""
    text: str = each.get("Description") or ""
    if not _DESCRIPTION.fullmatch(text):
        raise AwsError(
            "InvalidParameterValue",
            "Invalid rule description. Valid descriptions are strings less than 256 characters "
            "from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
        )
    return text


def group_peer(call: Call, group: SecurityGroup, pair: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a rule that names a group: the same VPC, or one that is connected."""
    identifier, owner = pair.get("GroupId"), pair.get("UserId")
    if not identifier:
        return _peer_by_name(call, group, pair.get("GroupName"))
    other = kinds.find_anywhere(call.cloud, SECURITY_GROUP, identifier)
    if other is None or (owner and other.owner != owner):
        raise kinds.missing(SECURITY_GROUP, identifier)
    way = way_between(call.cloud, group, other)
    if way is None:
        if other.owner != call.account:
            raise kinds.missing(SECURITY_GROUP, identifier)
        raise AwsError("InvalidGroup.NotFound", DIFFERENT_NETWORKS)
    return {"group": other.id, "group_owner": other.owner, "peering": way}


def _peer_by_name(call: Call, group: SecurityGroup, name: str | None) -> dict[str, str]:
    if not name:
        raise AwsError("MissingParameter", "Source group ID missing.")
    for other in call.rows(SECURITY_GROUPS).values():
        if other.vpc == group.vpc and other.name.lower() == name.lower():
            return {"group": other.id, "group_owner": other.owner, "peering": ""}
    raise AwsError(
        "InvalidGroup.NotFound",
        f"The security group '{name}' does not exist in VPC '{group.vpc}'",
    )


def key_of(rule: GroupRule) -> tuple[str, int, int, str]:
    """What makes two rules of a direction the same."""
    peer = rule.cidr or rule.cidr6 or rule.prefix_list or rule.group
    return rule.protocol, rule.from_port, rule.to_port, peer


def sentence_of(rule: GroupRule) -> str:
    """A rule as AWS's errors name it."""
    protocol, first, last, peer = key_of(rule)
    if protocol == ALL:
        return f'"peer: {peer}, ALL, ALLOW"'
    if protocol in _WITH_PORTS:
        return f'"peer: {peer}, {protocol.upper()}, from port: {first}, to port: {last}, ALLOW"'
    if protocol in _WITH_TYPES:
        return f'"peer: {peer}, {protocol.upper()}, type: {first}, code: {last}, ALLOW"'
    return f'"peer: {peer}, {protocol}, ALLOW"'


def weights_of(call: Call, rule: GroupRule) -> tuple[int, int]:
    """For how many IPv4 and IPv6 rules a rule counts.

    A group counts in both families; a prefix list for as many as it may have entries.
    https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
    """
    if rule.cidr:
        return 1, 0
    if rule.cidr6:
        return 0, 1
    if rule.group:
        return 1, 1
    listed = kinds.find_anywhere(call.cloud, PREFIX_LIST, rule.prefix_list)
    most = listed.max_entries if listed else 1
    return most, most
