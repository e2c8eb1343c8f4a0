"""What a flow met at one component, and the sentence that says so.

Rules of this file: a step is made of a hop and of what its verdict saw there, when it is read.
A sentence names the component, what it did, to what, and by which rule, entry or route.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

import msgspec

from cloudchamber.world.network.addresses import format_address
from cloudchamber.world.network.codes import IGW_NO_PUBLIC_INGRESS
from cloudchamber.world.network.packet import Hop
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


class Witness(Protocol):
    """What a verdict knows of its hops."""

    protocol: int

    def said(self, number: int, hop: Hop) -> Said:
        """What the rules of a component said."""
        ...

    def name(self, hop: Hop) -> str:
        """The component's id."""
        ...

    def note(self, hop: Hop) -> str:
        """What is said beside."""
        ...

    def value(self, slot: int) -> int:
        """The address in a slot."""
        ...

    def ports(self, hop: Hop) -> Ports:
        """The ports a packet is for."""
        ...

    def other_ports(self, number: int) -> Ports:
        """The ports it came from."""
        ...


class Said(NamedTuple):
    """What a component's rules said, if it has any: see `Step`."""

    action: str = ""
    id: str = ""
    rule: str = ""
    direction: str = ""
    groups: tuple[str, ...] = ()
    code: str = ""
    refused: Ports = ANY


class Step(msgspec.Struct, eq=False):
    """One component of a path.

    `kind` names the component (`interface`, `security-group`, `network-acl`, `route-table`,
    `internet-gateway`, ...), `action` what it did: `allows`, `denies`, `routes`, `drops`, `sends`,
    `delivers`... `rule` is the rule's id, the entry's number or the route's destination; `groups`
    the security groups asked. Addresses are the packet's as it came, ports (first, last), for ICMP
    (type, code). `code` is AWS's explanation code where the flow ends. `refused` are the ports that
    an ACL refuses, if it lets others of the range through.
    """

    _witness: Witness
    _number: int
    _hop: Hop
    _said: Said | None = None

    def _words(self) -> Said:
        if self._said is None:
            self._said = self._witness.said(self._number, self._hop)
        return self._said

    @property
    def kind(self) -> str:
        """What kind of component this is."""
        return self._hop.kind

    @property
    def id(self) -> str:
        """The component's id; of security groups, the one whose rule decided."""
        return self._words().id or self._witness.name(self._hop)

    @property
    def action(self) -> str:
        """What the component did."""
        return self._words().action or self._hop.action

    @property
    def rule(self) -> str:
        """The rule, entry or route that decided."""
        return self._words().rule or self._hop.rule

    @property
    def direction(self) -> str:
        """`ingress` or `egress`, of what filters."""
        return self._words().direction

    @property
    def groups(self) -> tuple[str, ...]:
        """The security groups that were asked."""
        return self._words().groups

    @property
    def code(self) -> str:
        """AWS's code, where the flow ends; "" elsewhere."""
        return self._words().code or self._hop.code

    @property
    def refused(self) -> Ports:
        """The ports that an ACL refuses, of those it was asked about."""
        return self._words().refused

    @property
    def interface(self) -> str:
        """The interface whose security groups were asked, or the interface itself; else ""."""
        if self._hop.kind == "security-group":
            return self._hop.target or self._witness.name(self._hop)
        return self.id if self._hop.kind == "interface" else ""

    @property
    def target(self) -> str:
        """Where a route leads."""
        return "" if self._hop.kind == "security-group" else self._hop.target

    @property
    def vpc(self) -> str:
        """The VPC in which this happens."""
        return self._hop.vpc

    @property
    def subnet(self) -> str:
        """The subnet in which this happens."""
        return self._hop.subnet

    @property
    def note(self) -> str:
        """Something to be said beside."""
        return self._witness.note(self._hop)

    @property
    def protocol(self) -> int:
        """The flow's protocol."""
        return self._witness.protocol

    @property
    def source(self) -> int:
        """The packet's source, as a number."""
        return self._witness.value(self._hop.source)

    @property
    def destination(self) -> int:
        """The packet's destination, as a number."""
        return self._witness.value(self._hop.destination)

    @property
    def source_ports(self) -> Ports:
        """The packet's source ports (first, last)."""
        return self._witness.other_ports(self._number)

    @property
    def destination_ports(self) -> Ports:
        """The packet's destination ports (first, last), or its ICMP (type, code)."""
        return self._witness.ports(self._hop)

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
            # Where there is no packet, or none that could name what it is for, nothing is named.
            bare = self.kind == "network" or self.code == IGW_NO_PUBLIC_INGRESS
            whom = "" if bare else f" for {self.destination_address}"
            by = f" by {self.rule}" if self.rule else ""
            towards = f" to {self.target}" if self.target else ""
            note = f": {self.note}" if self.note else ""
            return f"{subject} drops {self.traffic}{whom}{by}{towards}{note}"
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
