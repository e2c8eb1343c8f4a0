"""A path's checks, asked for one flow; and what came of it, step by step.

Rules of this file: the verdict is found first, by the checks alone; steps and sentences are made
when somebody reads them. Both come from the same hops, so they cannot disagree.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import Any, Final, NamedTuple

from cloudchamber.world.network import codes
from cloudchamber.world.network.compiled import Compiled, End
from cloudchamber.world.network.packet import (
    ASKED,
    CLIENT,
    DESTINATION,
    DESTINATION_PUBLIC,
    NOBODY,
    OF_DESTINATION,
    OF_SOURCE,
    AclCheck,
    GroupCheck,
    Hop,
    ProtocolCheck,
    Selector,
)
from cloudchamber.world.network.steps import Step
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
    for number, check in trace.checks:
        if number >= length and not packets.answers:
            return None
        if type(check) is AclCheck:
            table = compiled.acl_at(
                check.acl, check.direction, packets.protocol, packets.ports[check.ports]
            )
            answer = table.values[bisect_right(table.starts, values[check.slot]) - 1]
            if answer is None:
                return Blocked(number, codes.SUBNET_ACL_RESTRICTION, "*")
            if not answer.allows:
                entry = "*" if answer.number == LAST_ENTRY else str(answer.number)
                return Blocked(number, codes.SUBNET_ACL_RESTRICTION, entry, answer.ports)
        elif type(check) is GroupCheck:
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
        far = check.slot in (DESTINATION, DESTINATION_PUBLIC)
        peers = destination.groups if far else source.groups
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

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the way there."""
        hops = self._trace.forward
        last = len(hops) if self._blocked is None else self._blocked.hop + 1
        return tuple(self._step(number, hop) for number, hop in enumerate(hops[:last]))

    @cached_property
    def return_steps(self) -> tuple[Step, ...]:
        """The steps of the way back, () if nothing came back."""
        hops = self._trace.reply if self._packets.answers else ()
        begin = len(self._trace.forward)
        last = len(hops) if self._blocked is None else max(0, self._blocked.hop + 1 - begin)
        return tuple(self._step(begin + at, hop) for at, hop in enumerate(hops[:last]))

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

    def _step(self, number: int, hop: Hop) -> Step:
        packets = self._packets
        values = (
            self.source.address,
            self.destination.address,
            self.source.public,
            self.destination.public,
            *self._trace.values,
        )
        back = number >= len(self._trace.forward)
        ports = packets.ports[hop.ports]
        others = packets.ports[ASKED if back else CLIENT]
        known = {} if hop.check is None else self._checked(number, hop, values)
        hop_id = hop.id
        if hop.end >= 0:
            hop_id = (self.source, self.destination)[hop.end].id
        return Step(
            kind=hop.kind,
            id=known.get("id", hop_id),
            action=known.get("action", hop.action),
            protocol=packets.protocol,
            source=values[hop.source],
            destination=values[hop.destination],
            source_ports=others,
            destination_ports=ports,
            direction=known.get("direction", ""),
            vpc=hop.vpc,
            subnet=hop.subnet,
            rule=known.get("rule", hop.rule),
            target=hop.target,
            groups=known.get("groups", ()),
            code=known.get("code", hop.code),
            note=self._note(hop, values),
            refused=known.get("refused", ANY),
        )

    def _note(self, hop: Hop, values: tuple[int, ...]) -> str:
        """A hop's note; where an address is another's, whose."""
        if hop.note is NOBODY:
            other = self._compiled.find_owner(hop.id, values[hop.destination])
            if other is not None:
                return f"here the address is {other.id}'s: the blocks of the VPCs overlap"
        return hop.note

    def _checked(self, number: int, hop: Hop, values: tuple[int, ...]) -> dict[str, Any]:
        """What a check said: here, or at the end of the flow."""
        check = hop.check
        blocked = self._blocked
        stops = blocked is not None and blocked.hop == number and blocked.code != hop.code
        code = blocked.code if blocked is not None and stops else ""
        if isinstance(check, AclCheck):
            return self._acl_said(check, values, code)
        if isinstance(check, GroupCheck):
            return self._groups_said(check, values, code)
        return {"action": "drops", "code": code} if code else {}

    def _acl_said(self, check: AclCheck, values: tuple[int, ...], code: str) -> dict[str, Any]:
        ports = self._packets.ports[check.ports]
        table = self._compiled.acl_at(check.acl, check.direction, self.protocol, ports)
        answer = table.at(values[check.slot]) or DENIED
        return {
            "direction": check.direction,
            "action": "denies" if code else "allows",
            "rule": "*" if answer.number == LAST_ENTRY else str(answer.number),
            "code": code,
            "refused": answer.ports if code else ANY,
        }

    def _groups_said(self, check: GroupCheck, values: tuple[int, ...], code: str) -> dict[str, Any]:
        groups = groups_of(check.groups, self.source, self.destination)
        rule = _ask_groups(
            self._compiled, check, values, self.source, self.destination, self._packets
        )[1]
        return {
            "id": self._compiled.group_with(rule, groups, check.direction),
            "direction": check.direction,
            "action": "denies" if code else "allows",
            "rule": rule,
            "groups": groups,
            "code": code,
        }
