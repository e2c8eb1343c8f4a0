"""What a flow met at one component, and the sentence that says so.

Rules of this file: a step is plain data; its sentence is made of that data alone, when it is read.
A sentence names the component, what it did, to what, and by which rule, entry or route.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import msgspec

from cloudchamber.world.network.addresses import format_address
from cloudchamber.world.network.tables import ANY, ICMP_PROTOCOLS, PORT_PROTOCOLS, Ports

_PROTOCOLS: Final = MappingProxyType({1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6", -1: "all"})

# action -> verb and preposition, for components that only move packets
_MOVES: Final = MappingProxyType(
    {
        "sends": "sends",
        "replies": "answers",
        "delivers": "takes",
        "forwards": "forwards",
        "enters": "takes in",
        "leaves": "hands on",
        "passes": "passes on",
        "translates": "translates and passes on",
        "restores": "translates back and passes on",
    }
)


class Step(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One component of a path.

    `kind` names the component (`interface`, `security-group`, `network-acl`, `route-table`,
    `internet-gateway`, ...), `action` what it did: `allows`, `denies`, `routes`, `drops`, `sends`,
    `delivers`... `rule` is the rule's id, the entry's number or the route's destination; `groups`
    the security groups asked. Addresses are the packet's as it came, ports (first, last), for ICMP
    (type, code). `code` is AWS's explanation code where the flow ends. `refused` are the ports that
    an ACL refuses, if it lets others of the range through.
    """

    kind: str
    id: str
    action: str
    protocol: int
    source: int
    destination: int
    source_ports: Ports
    destination_ports: Ports
    direction: str = ""
    vpc: str = ""
    subnet: str = ""
    rule: str = ""
    target: str = ""
    groups: tuple[str, ...] = ()
    code: str = ""
    note: str = ""
    refused: Ports = ANY

    @property
    def source_address(self) -> str:
        """The packet's source as text."""
        return format_address(self.source)

    @property
    def destination_address(self) -> str:
        """The packet's destination as text."""
        return format_address(self.destination)

    @property
    def traffic(self) -> str:
        """The protocol and the destination's ports: "tcp 443", "icmp type 8", "tcp 1024-65535"."""
        name = _PROTOCOLS.get(self.protocol, f"protocol {self.protocol}")
        low, high = self.destination_ports
        if self.protocol in ICMP_PROTOCOLS:
            return f"{name} type {low}"
        if self.protocol not in PORT_PROTOCOLS:
            return name
        return f"{name} {low}" if low == high else f"{name} {low}-{high}"

    @property
    def sentence(self) -> str:
        """What happened here, in words."""
        if self.kind == "network-acl":
            return self._acl_sentence()
        if self.kind == "security-group":
            return self._group_sentence()
        if self.kind in ("route-table", "transit-table") and self.action == "routes":
            return f"{self.id} routes {self.destination_address} to {self.target} by {self.rule}"
        subject = self.id or self.kind
        if self.action == "drops":
            by = f" by {self.rule}" if self.rule else ""
            towards = f" to {self.target}" if self.target else ""
            note = f": {self.note}" if self.note else ""
            return (
                f"{subject} drops {self.traffic} for {self.destination_address}{by}{towards}{note}"
            )
        verb = _MOVES.get(self.action, self.action)
        note = f" ({self.note})" if self.note else ""
        return (
            f"{subject} {verb} {self.traffic} from {self.source_address}"
            f" to {self.destination_address}{note}"
        )

    def _peer(self) -> str:
        if self.direction == "ingress":
            return f"from {self.source_address}"
        return f"to {self.destination_address}"

    def _acl_sentence(self) -> str:
        text = f"{self.id} entry {self.rule} {self.action} {self.traffic} {self._peer()}"
        if self.refused not in (ANY, self.destination_ports):
            low, high = self.refused
            ports = str(low) if low == high else f"{low}-{high}"
            text += f": of these it refuses {ports}"
        return f"{text}, {self.direction} of {self.subnet}"

    def _group_sentence(self) -> str:
        names = ", ".join(self.groups)
        if self.action == "allows":
            return f"{self.id} rule {self.rule} allows {self.traffic} {self._peer()}"
        if self.rule:
            return (
                f"{self.id} rule {self.rule} would allow {self.traffic} {self._peer()} by its"
                f" group, but the path does not tell groups ({self.code})"
            )
        return f"no {self.direction} rule of {names} allows {self.traffic} {self._peer()}"
