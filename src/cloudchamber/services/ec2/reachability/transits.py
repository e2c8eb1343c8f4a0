"""What each attachment of a transit gateway on a flow's way saw of it, for transit flow logs.

Rules of this file: from the steps of a walk alone. Every passage through a gateway is two sights:
in by one attachment, out by another; what its table loses is seen coming in.
https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from cloudchamber.services.ec2.reachability.exchange import Count, counts
from cloudchamber.world.network import codes
from cloudchamber.world.network.compiled import Compiled, End
from cloudchamber.world.network.steps import Step
from cloudchamber.world.network.verdict import Verdict

_WITH_PORTS: Final = (6, 17)
_LOSSES: Final = (
    (codes.TGW_RTB_NO_ROUTE, "lost_no_route"),
    (codes.TGW_RTB_BAD_STATE_ROUTE, "lost_blackhole"),
)


def transits_of(compiled: Compiled, verdict: Verdict) -> list[dict[str, Any]]:
    """What the attachments saw, in the order of the way there and back."""
    there, back = counts(verdict.protocol, is_answered=verdict.allowed)
    ends = (verdict.source, verdict.destination)
    return [
        *_one_way(compiled, verdict.steps, ends, there),
        *_one_way(compiled, verdict.return_steps, (ends[1], ends[0]), back),
    ]


def _one_way(
    compiled: Compiled, steps: Sequence[Step], ends: tuple[End, End], count: Count
) -> list[dict[str, Any]]:
    network = compiled.network
    seen: list[dict[str, Any]] = []
    gateway, entered = "", ""
    for step in steps:
        if step.kind == "transit-attachment" and step.action == "enters":
            gateway, entered = network.attachments[step.id].transit_gateway, step.id
        elif step.kind == "transit-attachment" and step.action in ("leaves", "delivers"):
            seen += _passage(compiled, step, gateway, (entered, step.id), ends, count)
        elif step.kind == "transit-peering" and not step.code:
            seen += _passage(compiled, step, gateway, (entered, step.id), ends, count)
            gateway, entered = step.target, step.id
        elif step.kind == "transit-table" and step.code:
            lost = _sight(compiled, step, gateway, (entered, ""), "ingress", ends, count)
            loss = dict(_LOSSES).get(step.code)
            seen.append({**lost, loss: count.packets} if loss else lost)
    return [each for each in seen if each]


def _passage(
    compiled: Compiled,
    step: Step,
    gateway: str,
    attachments: tuple[str, str],
    ends: tuple[End, End],
    count: Count,
) -> list[dict[str, Any]]:
    entered, left = attachments
    return [
        _sight(compiled, step, gateway, (entered, left), "ingress", ends, count),
        _sight(compiled, step, gateway, (left, entered), "egress", ends, count),
    ]


def _sight(
    compiled: Compiled,
    step: Step,
    gateway_id: str,
    attachments: tuple[str, str],
    direction: str,
    ends: tuple[End, End],
    count: Count,
) -> dict[str, Any]:
    gateway = compiled.network.transit_gateways.get(gateway_id)
    if gateway is None:
        return {}
    seen: dict[str, Any] = {
        "gateway": gateway.id,
        "attachment": attachments[0],
        "pair_attachment": attachments[1],
        "account": gateway.account,
        "region": gateway.region,
        "direction": direction,
        "source": step.source_address,
        "destination": step.destination_address,
        "protocol": step.protocol,
        "packets": count.packets,
        "octets": count.octets,
        "tcp_flags": count.flags,
        **_end(compiled, "source", ends[0]),
        **_end(compiled, "destination", ends[1]),
    }
    if step.protocol in _WITH_PORTS:
        seen["source_port"] = step.source_ports[0]
        seen["destination_port"] = step.destination_ports[0]
    return seen


def _end(compiled: Compiled, name: str, end: End) -> dict[str, str]:
    if end.interface is None:
        return {}
    return {
        f"{name}_account": end.interface.account,
        f"{name}_vpc": end.vpc,
        f"{name}_subnet": end.subnet,
        f"{name}_interface": end.id,
        f"{name}_zone_id": compiled.network.subnets[end.subnet].zone_id,
    }
