"""What the internet can reach, as the control API answers it.

Rules of this file: `world/network` finds; here it is put together by interface, address and
protocol, with the route that a reply takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2.reachability.compile import compiled_of
from cloudchamber.world.network import exposure
from cloudchamber.world.network.compiled import Compiled
from cloudchamber.world.network.ends import INTERNET, INTERNET_V4, INTERNET_V6
from cloudchamber.world.network.exposure import Exposure
from cloudchamber.world.network.packet import DESTINATION, DESTINATION_PUBLIC
from cloudchamber.world.network.trace import trace_of
from cloudchamber.world.network.walk import Flow, walk

# An IPv4 address of the internet is paired with a private one, an IPv6 address is the own one.
_SLOT: Final = (DESTINATION_PUBLIC, DESTINATION)
_NAMES: Final = MappingProxyType({1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"})


def exposed(call: Call, request: Input) -> Output:
    """Everything that the internet reaches, of all accounts and Regions or of one."""
    compiled = compiled_of(call.cloud)
    network = compiled.network
    together: dict[tuple[str, str, int], list[Exposure]] = {}
    for each in exposure.exposed(compiled):
        together.setdefault((each.interface, each.address, each.protocol), []).append(each)
    found = []
    for (identifier, address, protocol), parts in together.items():
        interface = network.interfaces[identifier]
        region = network.vpcs[interface.vpc].region
        if request["Account"] not in ("", interface.account):
            continue
        if request["Region"] not in ("", region):
            continue
        rules = dict.fromkeys(rule for part in parts for rule in part.rules)
        found.append(
            {
                "account": interface.account,
                "region": region,
                "vpc": interface.vpc,
                "subnet": interface.subnet,
                "interface": identifier,
                "instance": interface.attached_to,
                "address": address,
                "protocol": _NAMES[protocol],
                "ports": merged(part.ports for part in parts),
                "from": list(dict.fromkeys(block for part in parts for block in part.sources)),
                "by": [*rules, *_routes(compiled, identifier, address)],
            }
        )
    return {"exposed": found}


def merged(ranges: Iterator[tuple[int, int]]) -> list[list[int]]:
    """Ranges of ports in order, joined where they touch; nothing for what has no ports."""
    joined: list[list[int]] = []
    for first, last in sorted(ranges):
        if first < 0:
            continue
        if joined and first <= joined[-1][1] + 1:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    return joined


def _routes(compiled: Compiled, interface: str, address: str) -> Iterator[str]:
    """The routes of a reply, whatever its ports."""
    sender = INTERNET_V6 if ":" in address else INTERNET_V4
    flow = Flow(source=INTERNET, source_address=sender, destination=interface,
                destination_address=address, destination_port=0)  # fmt: skip
    verdict = walk(compiled, flow)
    trace = trace_of(compiled, verdict.source, verdict.destination, _SLOT[":" in address])
    for hop in trace.reply:
        if hop.kind == "route-table":
            yield f"{hop.id} {hop.rule} → {hop.target}"
