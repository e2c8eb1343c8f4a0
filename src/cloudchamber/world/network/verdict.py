"""A path's checks, asked for one flow; and what came of it, step by step.

Rules of this file: the verdict is found first, by the checks alone; steps and sentences are made
when somebody reads them. Both come from the same hops, so they cannot disagree.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from typing import Final, NamedTuple

from cloudchamber.world.network import codes
from cloudchamber.world.network.addresses import parse_block
from cloudchamber.world.network.compiled import Compiled, End, group_with
from cloudchamber.world.network.packet import (
    ASKED,
    CLIENT,
    DESTINATION,
    DESTINATION_PUBLIC,
    NOBODY,
    OF_DESTINATION,
    OF_SOURCE,
    SOURCE,
    SOURCE_PUBLIC,
    AclCheck,
    GroupCheck,
    Hop,
    ProtocolCheck,
    Selector,
)
from cloudchamber.world.network.steps import Said, Step
from cloudchamber.world.network.tables import (
    ANY,
    DENIED,
    ICMP,
    ICMP6,
    LAST_ENTRY,
    PORT_PROTOCOLS,
    Ports,
)
from cloudchamber.world.network.trace import Trace

EPHEMERAL: Final = (1024, 65535)
# ICMP type -> type of the answer: echo and echo reply, of both families.
_ECHO: Final = ((ICMP, 8, 0), (ICMP6, 128, 129))


class Packets(NamedTuple):
    """What a flow's packets carry besides addresses: a protocol, and ports for `packet.ASKED`,
    `CLIENT` and `REMAPPED`. `answers` is false for what no answer belongs to."""

    protocol: int
    ports: tuple[Ports, Ports, Ports]
    answers: bool = True


@lru_cache(maxsize=4096)
def packets_of(protocol: int, port: int, client: Ports, icmp: Ports) -> Packets:
    """The packets of a flow; ValueError for a protocol with ports and none given."""
    if protocol in PORT_PROTOCOLS:
        if not 0 <= port <= 65535:
            raise ValueError("a destination port from 0 to 65535 is needed")
        return Packets(protocol, ((port, port), client, EPHEMERAL))
    if protocol in (ICMP, ICMP6):
        for number, asked, answer in _ECHO:
            if (number, asked) == (protocol, icmp[0]):
                return Packets(protocol, (icmp, (answer, 0), (answer, 0)))
        return Packets(protocol, (icmp, icmp, icmp), answers=False)
    return Packets(protocol, (ANY, ANY, ANY))


class Blocked(NamedTuple):
    """Where a flow ends: the number of the hop, the code, and the entry or rule that decided."""

    hop: int
    code: str
    rule: str = ""
    ports: Ports = ANY


def judge(
    compiled: Compiled, trace: Trace, source: End, destination: End, packets: Packets
) -> Blocked | None:
    """The first check of a path that a flow fails, or its dead end; None if it gets through."""
    values = (
        source.address,
        destination.address,
        source.public,
        destination.public,
        *trace.values,
    )
    length = len(trace.forward)
    acls, groups = compiled.acls, compiled.groups
    protocol, ports, has_answer = packets
    for number, check in trace.checks:
        if not has_answer and number >= length:
            return None
        if type(check) is AclCheck:
            acl, direction, slot, which = check
            table = acls.get((acl, direction, protocol, ports[which]))
            if table is None:
                table = compiled.acl_at(acl, direction, protocol, ports[which])
            starts, answers = table
            answer = answers[bisect_right(starts, values[slot]) - 1]
            if answer is None:
                return Blocked(number, codes.SUBNET_ACL_RESTRICTION, "*")
            if not answer.allows:
                entry = "*" if answer.number == LAST_ENTRY else str(answer.number)
                return Blocked(number, codes.SUBNET_ACL_RESTRICTION, entry, answer.ports)
        elif type(check) is GroupCheck:
            whose = check[0]
            if not isinstance(whose, tuple):
                whose = source.groups if whose == OF_SOURCE else destination.groups
            known = groups.get((whose, check[1], protocol, ports[check[3]]))
            if known is not None:
                starts, rules = known[0]
                if rules[bisect_right(starts, values[check[2]]) - 1] is not None:
                    continue
            code, rule = _ask_groups(compiled, check, values, source, destination, packets)
            if code:
                return Blocked(number, code, rule)
        elif type(check) is ProtocolCheck:
            if packets.protocol not in check.protocols or (
                check.echo_only and packets.protocol == ICMP and packets.ports[ASKED][0] != 8
            ):
                return Blocked(number, check.code)
    if trace.code:
        hops = length + len(trace.reply)
        if trace.reply and not packets.answers:
            return None
        return Blocked(hops - 1, trace.code)
    return None


def groups_of(selector: Selector, source: End, destination: End) -> tuple[str, ...]:
    """The groups a check is about."""
    if selector == OF_SOURCE:
        return source.groups
    if selector == OF_DESTINATION:
        return destination.groups
    assert isinstance(selector, tuple)
    return selector


def _unseen(check: GroupCheck, source: End, destination: End) -> tuple[str, ...]:
    """The groups that a rule would have to know of, where the path does not tell them."""
    if check.slot in (DESTINATION, DESTINATION_PUBLIC):
        return destination.groups
    if check.slot in (SOURCE, SOURCE_PUBLIC) or check.direction == "ingress":
        return source.groups
    return ()  # a NAT gateway has none


def _ask_groups(
    compiled: Compiled,
    check: GroupCheck,
    values: tuple[int, ...],
    source: End,
    destination: End,
    packets: Packets,
) -> tuple[str, str]:
    """(code or "", rule) of a check of security groups."""
    groups = groups_of(check.groups, source, destination)
    if not groups:
        return "", ""
    table = compiled.groups_at(
        groups, check.direction, packets.protocol, packets.ports[check.ports]
    )
    rules = table.rules
    rule = rules.values[bisect_right(rules.starts, values[check.slot]) - 1]
    if rule is not None:
        return "", rule
    if table.peers:
        peers = _unseen(check, source, destination)
        if check.peers is not None:
            peers = groups_of(check.peers, source, destination)
        for peer in peers:
            if peer in table.peers:
                if check.peers is not None:
                    return "", table.peers[peer]
                return check.code or codes.ENI_SG_RULES_MISMATCH, table.peers[peer]
    if table.is_empty:
        return codes.SG_HAS_NO_RULES, ""
    return codes.ENI_SG_RULES_MISMATCH, ""


class Verdict:
    """What became of a flow: `allowed`, and if it is not, AWS's `code` and the step that decided.

    `steps` are those of the way there, `return_steps` those of the reply; both end where the flow
    does. `is_reply` is true if the request arrives and the reply does not.
    """

    def __init__(
        self,
        compiled: Compiled,
        trace: Trace,
        ends: tuple[End, End],
        packets: Packets,
        blocked: Blocked | None,
    ) -> None:
        self.allowed = blocked is None
        self.code = blocked.code if blocked is not None else ""
        self.is_reply = blocked is not None and blocked.hop >= len(trace.forward)
        self.source, self.destination = ends
        self.protocol = packets.protocol
        self._compiled = compiled
        self._trace = trace
        self._packets = packets
        self._blocked = blocked
        self._addresses: tuple[int, ...] | None = None
        self._steps: tuple[Step, ...] | None = None
        self._return_steps: tuple[Step, ...] | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the way there."""
        if self._steps is None:
            hops = self._trace.forward
            if self._blocked is not None:
                hops = hops[: self._blocked.hop + 1]
            self._steps = tuple([Step(self, number, hop) for number, hop in enumerate(hops)])
        return self._steps

    @property
    def return_steps(self) -> tuple[Step, ...]:
        """The steps of the way back, () if nothing came back."""
        if self._return_steps is None:
            hops = self._trace.reply if self._packets.answers else ()
            begin = len(self._trace.forward)
            if self._blocked is not None:
                hops = hops[: max(0, self._blocked.hop + 1 - begin)]
            made = [Step(self, number, hop) for number, hop in enumerate(hops, begin)]
            self._return_steps = tuple(made)
        return self._return_steps

    @property
    def decided_by(self) -> Step | None:
        """The step at which the flow ends; None if it gets through."""
        if self._blocked is None:
            return None
        return (self.return_steps if self.is_reply else self.steps)[-1]

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        step = self.decided_by
        if step is None:
            return "the flow gets through, and so does its reply"
        return f"the reply is lost: {step.sentence}" if self.is_reply else step.sentence

    # What steps ask

    def name(self, hop: Hop) -> str:
        """The id of a hop's component."""
        return hop.id if hop.end < 0 else (self.source, self.destination)[hop.end].id

    def value(self, slot: int) -> int:
        """The address in a slot."""
        return self._values()[slot]

    def ports(self, hop: Hop) -> Ports:
        """The ports a packet is for at a hop."""
        return self._packets.ports[hop.ports]

    def other_ports(self, number: int) -> Ports:
        """The ports it comes from."""
        back = number >= len(self._trace.forward)
        return self._packets.ports[ASKED if back else CLIENT]

    def note(self, hop: Hop) -> str:
        """A hop's note; where an address is another's, whose."""
        if hop.note is NOBODY:
            address = self._values()[hop.destination]
            other = self._compiled.find_owner(hop.id, address)
            if other is not None:
                return f"here the address is {other.id}'s: the blocks of the VPCs overlap"
            subnet = _keeper(self._compiled, hop.id, address)
            if subnet:
                return f"AWS keeps the first four addresses and the last of {subnet} for itself"
        return hop.note

    def said(self, number: int, hop: Hop) -> Said:
        """What a hop's rules said: here, or at the end of the flow."""
        check = hop.check
        blocked = self._blocked
        code = ""
        if blocked is not None and blocked.hop == number and blocked.code != hop.code:
            code = blocked.code
        if isinstance(check, AclCheck):
            return self._acl_said(check, code)
        if isinstance(check, GroupCheck):
            return self._groups_said(check, code)
        return Said("drops", code=code) if code else Said()

    def _values(self) -> tuple[int, ...]:
        if self._addresses is None:
            self._addresses = (
                self.source.address,
                self.destination.address,
                self.source.public,
                self.destination.public,
                *self._trace.values,
            )
        return self._addresses

    def _acl_said(self, check: AclCheck, code: str) -> Said:
        ports = self._packets.ports[check.ports]
        table = self._compiled.acl_at(check.acl, check.direction, self.protocol, ports)
        answer = table.at(self._values()[check.slot]) or DENIED
        return Said(
            action="denies" if code else "allows",
            rule="*" if answer.number == LAST_ENTRY else str(answer.number),
            direction=check.direction,
            code=code,
            refused=answer.ports if code else ANY,
        )

    def _groups_said(self, check: GroupCheck, code: str) -> Said:
        groups = groups_of(check.groups, self.source, self.destination)
        rule = _ask_groups(
            self._compiled, check, self._values(), self.source, self.destination, self._packets
        )[1]
        return Said(
            action="denies" if code else "allows",
            id=group_with(self._compiled.network, rule, groups, check.direction),
            rule=rule,
            direction=check.direction,
            groups=groups,
            code=code,
        )


def _keeper(compiled: Compiled, vpc: str, address: int) -> str:
    """The subnet of a VPC that has an address which no interface can have; "" if none has."""
    for subnet in compiled.network.subnets.values():
        for block in (subnet.v4_cidr, *subnet.v6_cidrs):
            if subnet.vpc != vpc or not block:
                continue
            low, high, _ = parse_block(block)
            if low <= address <= low + 3 or address == high:
                return subnet.id
    return ""
