"""One flow, explained: does it get from here to there and back, and what decides?

Rules of this file: a flow and a graph in, a verdict out, and nothing remembered that a caller could
notice. Everything that carries packets in the chamber asks here, so that what is simulated, what is
answered and what is logged is one and the same.
"""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.world.network.addresses import is_v6
from cloudchamber.world.network.compiled import Compiled, End
from cloudchamber.world.network.ends import Refusal, ends_of
from cloudchamber.world.network.packet import Hop
from cloudchamber.world.network.tables import TCP, Ports
from cloudchamber.world.network.trace import Trace, trace_of
from cloudchamber.world.network.verdict import (
    EPHEMERAL,
    Blocked,
    Packets,
    Verdict,
    judge,
    packets_of,
)


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """A question: may this flow pass?

    `source`: an interface's id, an address, "internet", or the id of an internet gateway, virtual
    private gateway, peering, transit gateway attachment or Lattice association (the last four: only
    the way in, with `source_address`). `destination`: an interface's id, an address, "internet", or
    the id of any gateway, endpoint, attachment or Lattice association.

    `source_address` and `destination_address` choose one of an interface's addresses (by default
    its primary private IPv4 address), or the address behind a gateway. `protocol` is IANA's number;
    TCP and UDP need `destination_port`. `source_ports` are (first, last): an answer must be able to
    reach all of them. For ICMP there are `icmp_type` and `icmp_code` (by default an echo).
    """

    source: str
    destination: str
    protocol: int = TCP
    destination_port: int = -1
    source_ports: Ports = EPHEMERAL
    source_address: str = ""
    destination_address: str = ""
    icmp_type: int = -1
    icmp_code: int = 0


_NOWHERE: Final = Hop(
    kind="network", id="", action="drops", source=0, destination=1, ports=0, code=""
)


def walk(compiled: Compiled, flow: Flow) -> Verdict:
    """The verdict on a flow. ValueError for a port that is none or an address that is none."""
    try:
        source, destination, slot = ends_of(
            compiled, flow.source, flow.destination, flow.source_address, flow.destination_address
        )
    except Refusal as refusal:
        return _refused(compiled, flow, refusal)
    packets = _packets(flow, is_v6(destination.address))
    compiled.forget_if_full()
    if source.interface is not None and source.interface is destination.interface:
        return _to_itself(compiled, source, destination, packets)
    trace = trace_of(compiled, source, destination, slot)
    blocked = judge(compiled, trace, source, destination, packets)
    return Verdict(compiled, trace, (source, destination), packets, blocked)


def find_code(compiled: Compiled, source: str, destination: str, protocol: int, port: int) -> str:
    """ "" if the flow between two interfaces passes, and otherwise AWS's code; the fast way.

    Primary addresses and ephemeral source ports, for protocols with ports. Flows of one class share
    a verdict, so this costs two look-ups once the class is known.
    """
    first = compiled.classes.get(source)
    last = compiled.classes.get(destination)
    if first is None or last is None:
        first, last = compiled.class_of(source), compiled.class_of(destination)
    key = (first, last, protocol, port)
    found = compiled.verdicts.get(key)
    if found is None or source == destination:
        found = _slow_code(compiled, source, destination, protocol, port)
        if source != destination and _is_plain(compiled, source, destination):
            compiled.verdicts[key] = found
    return found


def _is_plain(compiled: Compiled, source: str, destination: str) -> bool:
    """Whether the classes of the two decide: both known, and of one family."""
    first, last = compiled.find_end(source), compiled.find_end(destination)
    return first is not None and last is not None and is_v6(first.address) == is_v6(last.address)


def _slow_code(compiled: Compiled, source: str, destination: str, protocol: int, port: int) -> str:
    flow = Flow(source=source, destination=destination, protocol=protocol, destination_port=port)
    return walk(compiled, flow).code


def _packets(flow: Flow, six: bool) -> Packets:
    echo = flow.icmp_type if flow.icmp_type >= 0 else (128 if six else 8)
    return packets_of(
        flow.protocol, flow.destination_port, flow.source_ports, (echo, flow.icmp_code)
    )


def _refused(compiled: Compiled, flow: Flow, refusal: Refusal) -> Verdict:
    """A verdict without a path: the one step says what is wrong with the question."""
    hop = msgspec.structs.replace(_NOWHERE, id=refusal.about, code=refusal.code, note=refusal.note)
    trace = Trace(forward=(hop,), reply=(), checks=(), code=refusal.code, values=())
    nobody = End(kind="address", id=flow.source, address=0)
    nowhere = End(kind="address", id=flow.destination, address=0)
    packets = _packets(flow, False)
    return Verdict(compiled, trace, (nobody, nowhere), packets, Blocked(0, refusal.code))


def _to_itself(compiled: Compiled, source: End, destination: End, packets: Packets) -> Verdict:
    """An interface that speaks to itself asks nobody."""
    place = {"vpc": source.vpc, "subnet": source.subnet}
    hop = msgspec.structs.replace(_NOWHERE, kind="interface", action="delivers", end=1, **place)
    trace = Trace(forward=(hop,), reply=(), checks=(), code="", values=())
    return Verdict(compiled, trace, (source, destination), packets, None)
