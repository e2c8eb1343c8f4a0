"""What each interface on a flow's way saw of it, for flow logs.

Rules of this file: from the steps of a walk alone; nothing is decided here. An interface that keeps
packets out, or whose subnet's ACL does, saw them as REJECT; what is lost elsewhere (no route, no
public address) was accepted by whoever sent it. Its own side is an interface's primary address,
whatever stands in the packet. https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections.nouns import TRANSIT_ATTACHMENT
from cloudchamber.services.ec2.reachability.exchange import Count, counts
from cloudchamber.services.ec2.reachability.explaining import guarded_interface
from cloudchamber.world.network import codes
from cloudchamber.world.network.compiled import Compiled
from cloudchamber.world.network.steps import Step
from cloudchamber.world.network.verdict import Verdict

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

_FILTERS: Final = ("security-group", "network-acl")
_WITH_PORTS: Final = (6, 17)
# AWS's numbers for the way out, by the kind of what a route leads to.
_PATHS: Final = (
    ("internet-gateway", 8),
    ("egress-only-gateway", 8),
    ("virtual-gateway", 3),
    ("gateway-endpoint", 7),
)
WITHIN_VPC: Final = 1
PEERING_SAME_REGION: Final = 4
PEERING_OTHER_REGION: Final = 5


def sightings_of(cloud: Cloud, compiled: Compiled, verdict: Verdict) -> list[dict[str, Any]]:
    """What the interfaces saw, in the order of the way there and back."""
    there, back = counts(verdict.protocol, is_answered=verdict.allowed)
    seen = _Way(cloud, compiled, verdict, verdict.steps, there).sightings()
    if verdict.return_steps:
        seen += _Way(cloud, compiled, verdict, verdict.return_steps, back).sightings()
    return seen


class _Way:
    """One direction of a flow."""

    def __init__(
        self,
        cloud: Cloud,
        compiled: Compiled,
        verdict: Verdict,
        steps: Sequence[Step],
        count: Count,
    ) -> None:
        self._cloud = cloud
        self._compiled = compiled
        self._verdict = verdict
        self._steps = steps
        self._count = count
        self._seen: list[dict[str, Any]] = []

    def sightings(self) -> list[dict[str, Any]]:
        """Everything that was seen, the one that kept the packets out last."""
        for at, step in enumerate(self._steps):
            if not step.code:
                self._accept(at, step)
        last = self._steps[-1]
        if last.code and (last.kind in _FILTERS or last.code == codes.VPC_BLOCK_PUBLIC_ACCESS):
            self._reject(len(self._steps) - 1, last)
        return self._seen

    def _accept(self, at: int, step: Step) -> None:
        network = self._compiled.network
        if step.kind == "interface":
            if step.action in ("forwards", "delivers"):
                self._note(at, step.id, "ingress", step)
            if step.action in ("sends", "replies", "forwards"):
                self._note(at, step.id, "egress", step)
        elif step.kind == "nat-gateway":
            gateway = network.nat_gateways.get(step.id)
            interface = gateway.interface if gateway else step.id
            self._note(at, interface, "ingress", step)
            if at + 1 < len(self._steps):
                self._note(at, interface, "egress", self._steps[at + 1])
        elif step.kind == "transit-attachment" and step.action in ("enters", "leaves"):
            direction = "ingress" if step.action == "enters" else "egress"
            self._note(at, self._transit_interface(step.id, step.subnet), direction, step)
        elif step.kind == "interface-endpoint":
            endpoint = network.interface_endpoints[step.id]
            self._note(at, endpoint.interfaces[0], "ingress", step)
            self._note(at, endpoint.interfaces[0], "egress", step)

    def _reject(self, at: int, step: Step) -> None:
        """The packets that a filter, or Block Public Access, kept from going on."""
        reason = "BPA" if step.code == codes.VPC_BLOCK_PUBLIC_ACCESS else ""
        is_out = step.direction == "egress" if step.direction else bool(self._seen)
        if is_out and self._seen:
            self._seen[-1] |= {"action": "REJECT", "reject_reason": reason}
            return
        interface = self._entered(step)
        if interface:
            self._note(at, interface, "ingress", step)
            self._seen[-1] |= {"action": "REJECT", "reject_reason": reason}

    def _entered(self, step: Step) -> str:
        """The interface that packets were kept from."""
        if step.kind == "security-group":
            return guarded_interface(self._compiled, self._verdict, step)
        network = self._compiled.network
        targets = [each.target for each in self._steps if each.kind == "route-table"]
        target = targets[-1] if targets else ""
        if target in network.nat_gateways:
            return network.nat_gateways[target].interface
        if target in network.interfaces:
            return target
        if target in network.transit_gateways:
            vpc = network.subnets[step.subnet].vpc
            attachment = self._compiled.find_attachment(target, vpc)
            return self._transit_interface(attachment.id, step.subnet) if attachment else ""
        owner = self._compiled.find_owner(step.vpc, step.destination)
        if owner is None and not step.subnet:
            owner = self._compiled.find_public_owner(step.destination)
        return owner.id if owner is not None else ""

    def _transit_interface(self, attachment: str, subnet: str) -> str:
        row = kinds.find_anywhere(self._cloud, TRANSIT_ATTACHMENT, attachment)
        for each in row.interfaces if row else ():
            interface = self._compiled.network.interfaces.get(each)
            if interface is not None and interface.subnet == subnet:
                return each
        return ""

    def _note(self, at: int, interface_id: str, direction: str, packet: Step) -> None:
        network = self._compiled.network
        interface = network.interfaces.get(interface_id)
        if interface is None:
            return
        subnet, vpc = network.subnets[interface.subnet], network.vpcs[interface.vpc]
        source, destination = packet.source_address, packet.destination_address
        own = interface.addresses[0].private if interface.addresses else ""
        is_v6 = ":" in source
        is_in = direction == "ingress"
        seen: dict[str, Any] = {
            "interface": interface.id,
            "account": interface.account,
            "region": vpc.region,
            "vpc": interface.vpc,
            "subnet": interface.subnet,
            "zone_id": subnet.zone_id,
            "direction": direction,
            "action": "ACCEPT",
            "source": source if is_in or is_v6 else own,
            "destination": own if is_in and not is_v6 else destination,
            "protocol": packet.protocol,
            "packets": self._count.packets,
            "octets": self._count.octets,
            "tcp_flags": self._count.flags,
            "instance": interface.attached_to,
        }
        if packet.protocol in _WITH_PORTS:
            seen["source_port"] = packet.source_ports[0]
            seen["destination_port"] = packet.destination_ports[0]
        if not is_in:
            seen["path"] = self._path(at)
        for name, actual in (("source", source), ("destination", destination)):
            if seen[name] != actual:
                seen[f"packet_{name}"] = actual
        self._seen.append(seen)

    def _path(self, at: int) -> int:
        """AWS's number for the way out of an interface, by the next route taken."""
        network = self._compiled.network
        for step in self._steps[at + 1 :]:
            if step.kind == "interface":
                break
            if step.kind != "route-table":
                continue
            peering = network.peerings.get(step.target)
            if peering is not None:
                sides = (peering.requester_vpc, peering.accepter_vpc)
                regions = {network.vpcs[vpc].region for vpc in sides if vpc in network.vpcs}
                return PEERING_SAME_REGION if len(regions) == 1 else PEERING_OTHER_REGION
            return dict(_PATHS).get(self._compiled.kind_of(step.target), WITHIN_VPC)
        return WITHIN_VPC
