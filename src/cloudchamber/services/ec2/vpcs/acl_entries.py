"""The rules of network ACLs: numbered, in and out, allow or deny.

Rules of this file: an entry is known by its number and direction. The closing rules, which deny
what no other allowed (32767 for IPv4, 32768 for IPv6), are shown and counted but never kept.
https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    missing_parameter,
)
from cloudchamber.services.ec2.vpcs.cidrs import expect_block4, expect_block6
from cloudchamber.services.ec2.vpcs.limits import expect_room
from cloudchamber.services.ec2.vpcs.nouns import NETWORK_ACL, VPC, AclEntry, NetworkAcl

NUMBER_MAX: Final = 32766
CLOSING: Final = 32767
CLOSING6: Final = 32768
ALL: Final = "-1"
ICMP: Final = "1"
ICMP6: Final = "58"
_WITH_PORTS: Final = ("6", "17")
_PROTOCOL_MAX: Final = 255
_PORT_MAX: Final = 65535
_NUMBERS: Final[Mapping[str, str]] = MappingProxyType(
    {"all": ALL, "icmp": ICMP, "tcp": "6", "udp": "17", "icmpv6": ICMP6}
)


def create_network_acl_entry(call: Call, request: Input) -> Output:
    """Add a rule. Raises NetworkAclEntryAlreadyExists for a number that is taken."""
    acl = kinds.expect_own(call, NETWORK_ACL, request["NetworkAclId"])
    entry = _expect_entry(request)
    if _find(acl, entry.number, is_egress=entry.is_egress) is not None:
        raise AwsError(
            "NetworkAclEntryAlreadyExists",
            f"The network acl entry identified by {entry.number} already exists.",
        )
    have = [each for each in entries_shown(call, acl) if each["Egress"] == entry.is_egress]
    expect_room("acl-rules", len(have))
    acl.entries.append(entry)
    return {}


def replace_network_acl_entry(call: Call, request: Input) -> Output:
    """Put another rule under a number."""
    acl = kinds.expect_own(call, NETWORK_ACL, request["NetworkAclId"])
    entry = _expect_entry(request)
    before = _expect_there(acl, entry.number, is_egress=entry.is_egress)
    acl.entries[acl.entries.index(before)] = entry
    return {}


def delete_network_acl_entry(call: Call, request: Input) -> Output:
    """Take a rule away."""
    acl = kinds.expect_own(call, NETWORK_ACL, request["NetworkAclId"])
    acl.entries.remove(_expect_there(acl, request["RuleNumber"], is_egress=request["Egress"]))
    return {}


def entries_shown(call: Call, acl: NetworkAcl) -> list[dict[str, Any]]:
    """All rules of an ACL with the closing ones: out first, then in, by number."""
    vpc = kinds.find_anywhere(call.cloud, VPC, acl.vpc)
    closing = [(CLOSING, "0.0.0.0/0", "")]
    if vpc is not None and vpc.blocks6:
        closing.append((CLOSING6, "", "::/0"))
    everything = [
        *acl.entries,
        *(
            AclEntry(
                number=number,
                is_egress=is_egress,
                is_allow=False,
                protocol=ALL,
                cidr=cidr,
                cidr6=cidr6,
            )
            for is_egress in (True, False)
            for number, cidr, cidr6 in closing
        ),
    ]
    everything.sort(key=lambda each: (not each.is_egress, each.number))
    return [_view(each) for each in everything]


def names_of_protocol(number: str) -> list[str]:
    """What a filter may call a protocol: its number or its name."""
    return [number, *(name for name, each in _NUMBERS.items() if each == number)]


def _view(entry: AclEntry) -> dict[str, Any]:
    view: dict[str, Any] = {
        "RuleNumber": entry.number,
        "Protocol": entry.protocol,
        "RuleAction": "allow" if entry.is_allow else "deny",
        "Egress": entry.is_egress,
    }
    if entry.cidr:
        view["CidrBlock"] = entry.cidr
    if entry.cidr6:
        view["Ipv6CidrBlock"] = entry.cidr6
    if entry.from_port is not None:
        view["PortRange"] = {"From": entry.from_port, "To": entry.to_port}
    if entry.icmp_type is not None:
        view["IcmpTypeCode"] = {"Type": entry.icmp_type, "Code": entry.icmp_code}
    return view


def _expect_entry(request: Input) -> AclEntry:
    """The rule that a request describes, checked. Raises AwsError."""
    number = request["RuleNumber"]
    if not 1 <= number <= NUMBER_MAX:
        raise invalid_value(number, "ruleNumber", f"It has to be from 1 to {NUMBER_MAX}.")
    protocol = _expect_protocol(request["Protocol"])
    text, text6 = request.get("CidrBlock"), request.get("Ipv6CidrBlock")
    if text and text6:
        raise invalid_combination(
            "The parameters cidrBlock and ipv6CidrBlock cannot be used together."
        )
    if not text and not text6:
        raise missing_parameter("cidrBlock")
    entry = AclEntry(
        number=number,
        is_egress=request["Egress"],
        is_allow=request["RuleAction"] == "allow",
        protocol=protocol,
        cidr=str(expect_block4(text)) if text else "",
        cidr6=str(expect_block6(text6)) if text6 else "",
    )
    if protocol in _WITH_PORTS:
        entry.from_port, entry.to_port = _expect_ports(request)
    elif protocol == ICMP or (protocol == ICMP6 and text6):
        entry.icmp_type, entry.icmp_code = _expect_icmp(request)
    return entry


def _expect_protocol(text: str) -> str:
    named = _NUMBERS.get(text.lower())
    if named is not None:
        return named
    if text == ALL or (text.isascii() and text.isdigit() and int(text) <= _PROTOCOL_MAX):
        return str(int(text))
    raise invalid_value(text, "protocol", "Unknown protocol.")


def _expect_ports(request: Input) -> tuple[int, int]:
    given = request.get("PortRange") or {}
    first, last = given.get("From"), given.get("To")
    if first is None or last is None:
        raise missing_parameter("portRange.from" if first is None else "portRange.to")
    if not 0 <= first <= last <= _PORT_MAX:
        raise invalid_value(f"{first}-{last}", "portRange", "This is not a valid port range.")
    return first, last


def _expect_icmp(request: Input) -> tuple[int, int]:
    given = request.get("IcmpTypeCode") or {}
    kind, code = given.get("Type"), given.get("Code")
    if kind is None or code is None:
        raise missing_parameter("icmpTypeCode.type" if kind is None else "icmpTypeCode.code")
    if not -1 <= kind <= _PROTOCOL_MAX or not -1 <= code <= _PROTOCOL_MAX:
        raise invalid_value(f"{kind}/{code}", "icmpTypeCode", "It is not an ICMP type and code.")
    if kind == -1 and code != -1:
        raise invalid_value(f"{kind}/{code}", "icmpTypeCode", "All types go with all codes only.")
    return kind, code


def _find(acl: NetworkAcl, number: int, *, is_egress: bool) -> AclEntry | None:
    for entry in acl.entries:
        if (entry.number, entry.is_egress) == (number, is_egress):
            return entry
    return None


def _expect_there(acl: NetworkAcl, number: int, *, is_egress: bool) -> AclEntry:
    entry = _find(acl, number, is_egress=is_egress)
    if entry is None:
        raise AwsError(
            "InvalidNetworkAclEntry.NotFound",
            f"The network acl entry identified by {number} does not exist.",
        )
    return entry
