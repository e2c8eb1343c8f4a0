"""The oracle's packets, and its reading of rules and entries: see `naive.py`.

Rules of this file: those of `naive.py`.
"""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

Described = dict[str, Any]
HOST4, HOST6 = "203.0.113.10", "2001:db8:ffff::10"
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
SHARED = "100.64.0.0/10"


class Lost(Exception):
    """A packet that does not arrive, and why."""


@cache
def inside(address: str, block: str) -> bool:
    found = ip_network(block, strict=False)
    return ip_address(address).version == found.version and ip_address(address) in found


@cache
def bits(block: str) -> int:
    return ip_network(block, strict=False).prefixlen


def by_id(world: Described, part: str, key: str, value: str) -> Described | None:
    found: list[Described] = world[part]
    return next((each for each in found if each[key] == value), None)


def need(world: Described, part: str, key: str, value: str) -> Described:
    found = by_id(world, part, key, value)
    assert found is not None, f"no {value}"
    return found


class Flow:
    """A flow and what the network remembers of it."""

    def __init__(self, world: Described, protocol: int, port: int) -> None:
        self.world = world
        self.protocol = protocol
        self.port = port
        self.nats: dict[str, tuple[str, str, Described | None]] = {}
        self.boxes: set[str] = set()
        self.egress_only: set[str] = set()
        self.by_internet_gateway: set[str] = set()
        self.hops = 0

    def ports(self, kind: str) -> tuple[int, int]:
        return (self.port, self.port) if kind == "asked" else (1024, 65535)


class Packet:
    def __init__(self, flow: Flow, source: str, destination: str, reply: bool) -> None:
        self.flow, self.source, self.destination, self.reply = flow, source, destination, reply
        self.kind = "client" if reply else "asked"
        self.sender: Described | None = None  # whose groups rules may look at
        self.carrier: Described | None = None  # whose address the source is, where it is private
        self.target: Described | None = None  # whose address the destination is
        self.blind = ""
        self.zone = ""
        self.box = ""
        self.transit = False


def blocks(world: Described, destination: str) -> list[str]:
    if "/" in destination:
        return [destination]
    found = by_id(world, "ManagedPrefixLists", "PrefixListId", destination)
    return found["Entries"] if found else []


def check_acl(packet: Packet, subnet: Described, *, egress: bool) -> None:
    acl = need(packet.flow.world, "NetworkAcls", "NetworkAclId", subnet["NetworkAclId"])
    address = packet.destination if egress else packet.source
    entries = [each for each in acl["Entries"] if each["Egress"] == egress]
    for port in tried(packet, entries):
        if not acl_allows(entries, address, packet.flow.protocol, port, packet.reply):
            raise Lost("SUBNET_ACL_RESTRICTION")


def tried(packet: Packet, rules: list[Described]) -> list[int]:
    """The ports worth trying: the ends of the range, and where a rule begins or ends."""
    low, high = packet.flow.ports(packet.kind)
    if packet.flow.protocol not in (6, 17):
        return [0]
    found = {low, high}
    for rule in rules:
        for edge in (rule["FromPort"], rule["ToPort"]):
            found |= {port for port in (edge - 1, edge, edge + 1) if low <= port <= high}
    return sorted(found)


def speaks(rule: Described, protocol: int, port: int, reply: bool) -> bool:
    if rule["Protocol"] == -1:
        return True
    if rule["Protocol"] != protocol:
        return False
    if protocol in (1, 58):
        echo = {(1, False): 8, (1, True): 0, (58, False): 128, (58, True): 129}[protocol, reply]
        return rule["FromPort"] in (-1, echo) and rule["ToPort"] in (-1, 0)
    return bool(rule["FromPort"] == -1 or rule["FromPort"] <= port <= rule["ToPort"])


def acl_allows(
    entries: list[Described], address: str, protocol: int, port: int, reply: bool
) -> bool:
    for entry in sorted(entries, key=lambda each: each["RuleNumber"]):
        if speaks(entry, protocol, port, reply) and inside(address, entry["CidrBlock"]):
            return bool(entry["RuleAction"] == "allow")
    return False


def check_groups(
    packet: Packet, interface: Described, *, egress: bool, peer: Described | None
) -> None:
    """The rules of an interface's groups; those that name groups look at `peer`'s, if they may."""
    world = packet.flow.world
    if not interface["Groups"]:
        return
    rules = [
        rule
        for rule in world["SecurityGroupRules"]
        if rule["GroupId"] in interface["Groups"] and rule["IsEgress"] == egress
    ]
    address = packet.destination if egress else packet.source
    hidden = False
    for port in tried(packet, rules):
        found = False
        for rule in rules:
            if not speaks(rule, packet.flow.protocol, port, packet.reply):
                continue
            group = rule["ReferencedGroupId"]
            if group:
                if packet.blind and not egress:
                    hidden = hidden or member(packet.sender, group)
                elif member(peer, group):
                    found = True
                elif egress and peer is None:
                    hidden = hidden or member(packet.target, group)
            elif any(inside(address, block) for block in rule_blocks(world, rule)):
                found = True
        if not found:
            if hidden:
                raise Lost(packet.blind if not egress else "SG_REFERENCES_NOT_PRESERVED")
            raise Lost("ENI_SG_RULES_MISMATCH" if rules else "SG_HAS_NO_RULES")


def member(interface: Described | None, group: str) -> bool:
    return interface is not None and bool(group in interface["Groups"])


def rule_blocks(world: Described, rule: Described) -> list[str]:
    if rule["PrefixListId"]:
        return blocks(world, rule["PrefixListId"])
    return [rule["CidrIp"]]
