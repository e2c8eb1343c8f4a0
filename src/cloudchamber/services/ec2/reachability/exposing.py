"""What the internet can reach: each interface's public addresses, ports, and what lets it.

Rules of this file: nothing is guessed. For each range of ports, and each part of the internet, that
the rules and entries tell apart, one flow is walked there and back; what gets through is exposed.
Interfaces of one class (`world/network`) share the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2.reachability import headers
from cloudchamber.services.ec2.reachability.compile import compiled_of
from cloudchamber.world.network.compiled import Compiled, End
from cloudchamber.world.network.ends import INTERNET, INTERNET_V4, INTERNET_V6
from cloudchamber.world.network.graph import Interface
from cloudchamber.world.network.verdict import Verdict
from cloudchamber.world.network.walk import Flow, walk

_PROTOCOLS: Final = (("tcp", 6), ("udp", 17), ("icmp", 1))
_ICMP: Final = MappingProxyType({False: 1, True: 58})


class Opening(NamedTuple):
    """Ports that are open, and what lets the flow in and its reply out."""

    ports: tuple[tuple[int, int], ...]
    rules: tuple[str, ...]
    sources: tuple[str, ...]
    routes: tuple[str, ...]


def exposed(call: Call, request: Input) -> Output:
    """Everything that the internet reaches, of all accounts and Regions or of one."""
    compiled = compiled_of(call.cloud)
    known: dict[tuple[int, int, bool], Opening | None] = {}
    found: list[dict[str, Any]] = []
    for interface in compiled.network.interfaces.values():
        region = compiled.network.vpcs[interface.vpc].region
        if request["Account"] not in ("", interface.account):
            continue
        if request["Region"] not in ("", region):
            continue
        for address, is_primary in _addresses(interface):
            found += _of_address(compiled, interface, region, address, known, is_primary)
    return {"exposed": found}


def _addresses(interface: Interface) -> Iterator[tuple[str, bool]]:
    """Addresses that the internet may know, and whether it is that of the interface's class."""
    for at, pair in enumerate(interface.addresses):
        if pair.public:
            yield pair.public, at == 0
    for at, address in enumerate(interface.v6_addresses):
        yield address, at == 0 and not interface.addresses


def _of_address(
    compiled: Compiled,
    interface: Interface,
    region: str,
    address: str,
    known: dict[tuple[int, int, bool], Opening | None],
    is_primary: bool,
) -> Iterator[dict[str, Any]]:
    six = ":" in address
    for name, number in _PROTOCOLS:
        protocol = _ICMP[six] if name == "icmp" else number
        key = (compiled.class_of(interface.id), protocol, six)
        if is_primary and key in known:
            opening = known[key]
        else:
            opening = _opening(compiled, interface, address, protocol)
            if is_primary:
                known[key] = opening
        if opening is not None:
            yield {
                "account": interface.account,
                "region": region,
                "vpc": interface.vpc,
                "subnet": interface.subnet,
                "interface": interface.id,
                "instance": interface.attached_to,
                "address": address,
                "protocol": "icmpv6" if protocol == _ICMP[True] else name,
                "ports": [list(each) for each in opening.ports],
                "from": list(opening.sources),
                "by": [*opening.rules, *opening.routes],
            }


def _opening(
    compiled: Compiled, interface: Interface, address: str, protocol: int
) -> Opening | None:
    default = INTERNET_V6 if ":" in address else INTERNET_V4
    first = walk(compiled, _flow(interface, address, protocol, default, 0))
    if first.destination.interface is None:
        return None  # the internet is refused before any packet
    with_ports = protocol in (6, 17)
    sources = headers.internet_addresses(compiled, first.destination, "ingress", default)
    edges = headers.destination_ports(compiled, (first.destination,), protocol)
    ranges = _ranges(edges) if with_ports else [(0, 0)]
    open_ports: list[tuple[int, int]] = []
    let: dict[str, None] = {}
    routes: dict[str, None] = {}
    for ports in ranges:
        for source in sources:
            verdict = walk(compiled, _flow(interface, address, protocol, source, ports[0]))
            if verdict.allowed:
                _merge(open_ports, ports)
                let.update(dict.fromkeys(_rules(verdict)))
                routes.update(dict.fromkeys(_routes(verdict)))
    if not let and not open_ports:
        return None
    blocks = _blocks(compiled, first.destination, let)
    shown = tuple(open_ports) if with_ports else ()
    return Opening(shown, tuple(let), blocks, tuple(routes))


def _flow(interface: Interface, address: str, protocol: int, source: str, port: int) -> Flow:
    return Flow(
        source=INTERNET,
        source_address=source,
        destination=interface.id,
        destination_address=address,
        protocol=protocol,
        destination_port=port,
    )


def _ranges(edges: list[int]) -> list[tuple[int, int]]:
    ends = [*(edge - 1 for edge in edges[1:]), headers.PORT_MAX]
    return list(zip(edges, ends, strict=True))


def _merge(ranges: list[tuple[int, int]], ports: tuple[int, int]) -> None:
    """Add a range to rising ranges, joined to the last one where they touch."""
    if ranges and ranges[-1] == ports:
        return
    if ranges and ranges[-1][1] + 1 == ports[0]:
        ranges[-1] = (ranges[-1][0], ports[1])
    elif not ranges or ranges[-1][1] < ports[0]:
        ranges.append(ports)


def _rules(verdict: Verdict) -> Iterator[str]:
    for step in verdict.steps:
        if step.kind == "security-group" and step.rule:
            yield step.rule


def _routes(verdict: Verdict) -> Iterator[str]:
    for step in verdict.return_steps:
        if step.kind == "route-table":
            yield f"{step.id} {step.rule} → {step.target}"


def _blocks(compiled: Compiled, end: End, rules: dict[str, None]) -> tuple[str, ...]:
    """From where the rules let in: blocks or prefix lists."""
    found: dict[str, None] = {}
    for name in end.groups:
        group = compiled.network.security_groups.get(name)
        for rule in group.ingress if group else ():
            if rule.id in rules:
                found[rule.v4_cidr or rule.v6_cidr or rule.prefix_list or rule.group] = None
    return tuple(found)
