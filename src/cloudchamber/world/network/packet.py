"""A packet on its way: its addresses, what it met, and where it is now.

Rules of this file: a path does not know the ports, nor whose address it carries. It holds *slots*
(`SOURCE`, `DESTINATION`, their public ones, and those of NAT gateways), and *checks* to be made
once a flow fills the slots. So one path serves every flow between two positions.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from cloudchamber.world.network import codes
from cloudchamber.world.network.compiled import Compiled, End, owns
from cloudchamber.world.network.graph import Subnet

# Slots. Further ones hold what NAT gateways put in a source's place.
SOURCE: Final = 0
DESTINATION: Final = 1
SOURCE_PUBLIC: Final = 2
DESTINATION_PUBLIC: Final = 3

# Said of a VPC in which nobody has the address; the verdict then says who has it instead.
NOBODY: Final = "no interface here has the address"
NOT_UP: Final = "it is attached to no instance that runs"

# Which ports a packet is for: the flow's, the client's own, or a NAT gateway's in their place.
ASKED: Final = 0
CLIENT: Final = 1
REMAPPED: Final = 2

# Whose groups a check is about, if not those of an interface on the way.
OF_SOURCE: Final = 0
OF_DESTINATION: Final = 1
Selector = int | tuple[str, ...]


class AclCheck(NamedTuple):
    """An ACL must let the address in a slot through."""

    acl: str
    direction: str
    slot: int
    ports: int


class GroupCheck(NamedTuple):
    """Security groups must; `peers` is whose groups their rules may refer to (None: nobody's,
    and `code` says why)."""

    groups: Selector
    direction: str
    slot: int
    ports: int
    peers: Selector | None
    code: str


class ProtocolCheck(NamedTuple):
    """Only these protocols pass (ICMP: only echo, where `echo_only`)."""

    protocols: tuple[int, ...]
    echo_only: bool
    code: str


Check = AclCheck | GroupCheck | ProtocolCheck


class Hop(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a packet meets. `id` "" with kind `interface` stands for an end of the flow: `end`.

    `code` is set where the path ends without arriving. `rule` is the route taken, `target` what
    comes next by it.
    """

    kind: str
    id: str
    action: str
    source: int
    destination: int
    ports: int
    vpc: str = ""
    subnet: str = ""
    rule: str = ""
    target: str = ""
    code: str = ""
    note: str = ""
    end: int = -1
    check: Check | None = None


class Journey:
    """What a packet and its reply share: the ends, the slots, and what remembers the flow."""

    def __init__(self, compiled: Compiled, source: End, destination: End) -> None:
        self.compiled = compiled
        self.source = source
        self.destination = destination
        known = source.interface is not None and owns(source.interface, source.address)
        first = source if known else None
        last = destination if destination.kind == "interface" else None
        self.values = [source.address, destination.address, source.public, destination.public]
        self.holders: list[End | None] = [first, last, first, last]
        self.public_of = {SOURCE: SOURCE_PUBLIC, DESTINATION: DESTINATION_PUBLIC}
        self.private_of = {SOURCE_PUBLIC: SOURCE, DESTINATION_PUBLIC: DESTINATION}
        self.translations: dict[str, tuple[int, int, str]] = {}
        self.tracked: set[str] = set()
        self.egress_only: dict[str, str] = {}
        self.entered_by: dict[str, str] = {}

    def translated(self, gateway: End) -> int:
        """The slot of a NAT gateway's private address; its public one is paired with it."""
        for slot in range(4, len(self.values)):
            if self.holders[slot] is gateway and slot in self.public_of:
                return slot
        private = len(self.values)
        self.values += (gateway.address, gateway.public)
        self.holders += (gateway, gateway)
        self.public_of[private] = private + 1
        self.private_of[private + 1] = private
        return private


Place = tuple[str, ...]


class Packet:
    """One direction of a flow. The functions of the gateways move it; `place` is where it is.

    A place is ("subnet", id), ("edge", VPC, gateway, route table or ""), ("internet",),
    ("transit", gateway, route table, attachment it came by), or () once the packet is at rest.
    """

    def __init__(self, journey: Journey, source: int, destination: int, is_reply: bool) -> None:
        self.journey = journey
        self.source = source
        self.destination = destination
        self.is_reply = is_reply
        self.ports = CLIENT if is_reply else ASKED
        self.client_ports = CLIENT
        self.place: Place = ()
        self.hops: list[Hop] = []
        self.code = ""
        self.is_delivered = False
        self.references = ""  # why groups are no longer known, "" while they are
        self.egress_hop = -1
        self.entry = "interface"
        self.zone = ""
        self.last_box = ""
        self.left_by = ""
        self.reply_place: Place = ()

    @property
    def compiled(self) -> Compiled:
        """The network it travels in."""
        return self.journey.compiled

    def address(self, slot: int) -> int:
        """The address in a slot."""
        return self.journey.values[slot]

    def holder(self, slot: int, vpc: str) -> End | None:
        """The interface that a slot's address means in a VPC."""
        if slot in self.journey.private_of:
            return None  # no VPC knows a public IPv4 address
        held = self.journey.holders[slot]
        if held is not None:
            return held if held.vpc == vpc else None
        return self.compiled.find_owner(vpc, self.journey.values[slot])

    def selector(self, end: End) -> Selector:
        """How a check names an interface's groups."""
        if end is self.journey.source:
            return OF_SOURCE
        return OF_DESTINATION if end is self.journey.destination else end.groups

    def hop(
        self,
        kind: str,
        hop_id: str,
        action: str,
        *,
        vpc: str = "",
        subnet: str = "",
        rule: str = "",
        target: str = "",
        note: str = "",
        check: Check | None = None,
    ) -> None:
        """Note what the packet meets."""
        self.hops.append(
            Hop(
                kind=kind,
                id=hop_id,
                action=action,
                source=self.source,
                destination=self.destination,
                ports=self.ports,
                vpc=vpc,
                subnet=subnet,
                rule=rule,
                target=target,
                note=note,
                check=check,
            )
        )

    def fail(
        self,
        kind: str,
        hop_id: str,
        code: str,
        note: str,
        *,
        vpc: str = "",
        rule: str = "",
        target: str = "",
    ) -> None:
        """The packet ends here, without arriving."""
        self.hop(kind, hop_id, "drops", vpc=vpc, rule=rule, target=target, note=note)
        self.hops[-1] = msgspec.structs.replace(self.hops[-1], code=code)
        self.code = code
        self.place = ()

    def reject(self, code: str, note: str) -> None:
        """The reply has arrived, but the sender does not know it for one."""
        source = self.journey.source
        kind = "interface" if source.interface is not None else "internet"
        self.fail(kind, kind, code, note)
        if source.interface is not None:
            self.hops[-1] = msgspec.structs.replace(self.hops[-1], id="", end=0)

    def finish(self, reply_place: Place = ()) -> None:
        """The packet has arrived; its reply would begin at `reply_place`."""
        self.is_delivered = True
        self.reply_place = reply_place
        self.place = ()

    def at_end(self, end: End, action: str) -> None:
        """Note an interface, by slot if it is an end of the flow."""
        self.hop("interface", end.id, action, vpc=end.vpc, subnet=end.subnet)
        self._by_slot(end)

    def _by_slot(self, end: End) -> None:
        """The last hop is at this interface: an end of the flow is named by slot."""
        number = 0 if end is self.journey.source else 1
        if number == 0 or end is self.journey.destination:
            self.hops[-1] = msgspec.structs.replace(self.hops[-1], id="", target="", end=number)

    def cross_out(self, subnet: Subnet) -> None:
        """Leave a subnet: its ACL judges the destination."""
        check = AclCheck(subnet.acl, "egress", self.destination, self.ports)
        self.hop("network-acl", subnet.acl, "", vpc=subnet.vpc, subnet=subnet.id, check=check)

    def cross_in(self, subnet_id: str) -> None:
        """Enter a subnet: its ACL judges the source."""
        subnet = self.compiled.network.subnets[subnet_id]
        check = AclCheck(subnet.acl, "ingress", self.source, self.ports)
        self.hop("network-acl", subnet.acl, "", vpc=subnet.vpc, subnet=subnet.id, check=check)

    def groups_out(self, end: End) -> None:
        """Leave an interface: its groups judge the destination. `know_peer` may tell them more."""
        self._groups(end, "egress", self.destination, None, codes.SG_REFERENCES_NOT_PRESERVED)
        self.egress_hop = len(self.hops) - 1

    def groups_in(self, end: End) -> None:
        """Enter an interface: its groups judge the source."""
        sender = OF_DESTINATION if self.is_reply else OF_SOURCE
        peers = sender if not self.references else None
        self._groups(end, "ingress", self.source, peers, self.references)

    def _groups(
        self, end: End, direction: str, slot: int, peers: Selector | None, code: str
    ) -> None:
        selector = self.selector(end)
        if selector == ():
            return  # a load balancer or endpoint without security groups
        check = GroupCheck(selector, direction, slot, self.ports, peers, code)
        self.hop(
            "security-group", "", "", vpc=end.vpc, subnet=end.subnet, target=end.id, check=check
        )
        self._by_slot(end)

    def know_peer(self, end: End) -> None:
        """The groups that judged the destination know it for this interface."""
        if self.egress_hop < 0:
            return
        hop = self.hops[self.egress_hop]
        if isinstance(hop.check, GroupCheck):
            check = hop.check._replace(peers=self.selector(end))
            self.hops[self.egress_hop] = msgspec.structs.replace(hop, check=check)
