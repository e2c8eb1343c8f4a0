"""Flows that happened become records of the flow logs that watch them.

Rules of this file: records come from flows that were told of and from nothing else. Each flow log
adds them up in its window: packets of one 5-tuple, at one interface, in one direction, with one
outcome, are one record. A place has room for so many records in a window: of what comes when it
is full nothing is kept but that it came, which SKIPDATA says.
https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections.acting import acting_in
from cloudchamber.services.ec2.flow_logs.happened import Flow, Sighting, Transit, read_flow
from cloudchamber.services.ec2.flow_logs.nouns import FLOW_LOGS, WINDOWS, FlowLog, Record, Window
from cloudchamber.services.ec2.interfaces.nouns import INTERFACE, Interface

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

CLOSE: Final = "ec2.flow-window-closes"
TICK: Final = "ec2.flow-window-ticks"
# SKIPDATA stands for flows that AWS's capacity did not allow to record; of that capacity AWS
# publishes nothing, so the number is ours: it bounds what one client can make a window hold.
ROOM: Final = 10_000


def flow_happened(call: Call, data: Mapping[str, Any]) -> None:
    """Fact `network.flow`. Raises msgspec.ValidationError for a flow of another shape."""
    flow = read_flow(data)
    for account, region, rows in list(call.cloud.store.scopes(FLOW_LOGS)):
        there = acting_in(call, account, region)
        for row in list(rows.values()):
            _watch(there, row, flow)


def window_start(row: FlowLog, now_ns: int) -> int:
    """When the window began that is open now: windows are whole intervals since the epoch."""
    length = row.interval_s * SECOND_NS
    return now_ns // length * length


def watched(call: Call, row: FlowLog) -> Iterator[tuple[str, Interface]]:
    """The interfaces in use that a flow log watches, each with its Region."""
    for _, region, interface in kinds.everywhere(call.cloud, INTERFACE):
        if region == call.region and interface.status == "in-use" and _covers(row, interface):
            yield region, interface


def _covers(row: FlowLog, interface: Interface) -> bool:
    if row.resource_kind == "VPC":
        return interface.vpc == row.resource
    if row.resource_kind == "Subnet":
        return interface.subnet == row.resource
    return row.resource_kind == "NetworkInterface" and interface.id == row.resource


def _watch(call: Call, row: FlowLog, flow: Flow) -> None:
    seen: list[Sighting | Transit] = [
        each for each in flow.sightings if _is_seen(row, each) and each.region == call.region
    ]
    seen += [each for each in flow.transits if _is_crossed(row, each, call.region)]
    if not seen:
        return
    start = window_start(row, call.now)
    windows = call.rows(WINDOWS)
    window = windows.get(row.id)
    if window is None or window.start_ns != start:
        window = windows[row.id] = Window(start_ns=start)
    if not window.records:
        # What happened is delivered, whether or not anybody waits for it.
        call.at(start + row.interval_s * SECOND_NS, CLOSE, row.id, start)
    for each in seen:
        _add(window, each, flow)


def _is_seen(row: FlowLog, seen: Sighting) -> bool:
    by_kind = {"VPC": seen.vpc, "Subnet": seen.subnet, "NetworkInterface": seen.interface}
    return by_kind.get(row.resource_kind) == row.resource and row.traffic in ("ALL", seen.action)


def _is_crossed(row: FlowLog, seen: Transit, region: str) -> bool:
    by_kind = {"TransitGateway": seen.gateway, "TransitGatewayAttachment": seen.attachment}
    return by_kind.get(row.resource_kind) == row.resource and seen.region == region


def _add(window: Window, seen: Sighting | Transit, flow: Flow) -> None:
    at = seen.interface if isinstance(seen, Sighting) else seen.attachment
    outcome = seen.action if isinstance(seen, Sighting) else ""
    key = (
        f"{at} {seen.direction} {outcome} {seen.source} {seen.destination} {seen.source_port} "
        f"{seen.destination_port} {seen.protocol}"
    )
    lost = _lost(seen)
    record = window.records.get(key)
    if record is None and window.held.get(at, 0) >= ROOM:
        untold = Record(seen, flow.start_ns, flow.end_ns, 0, 0, 0)
        _stretch(window.skipped.setdefault(at, untold), flow)
        return
    if record is None:
        window.held[at] = window.held.get(at, 0) + 1
        window.records[key] = Record(
            seen, flow.start_ns, flow.end_ns, seen.packets, seen.octets, seen.tcp_flags, lost
        )
        return
    _stretch(record, flow)
    record.packets += seen.packets
    record.octets += seen.octets
    record.tcp_flags |= seen.tcp_flags
    a, b, c, d = record.lost
    record.lost = (a + lost[0], b + lost[1], c + lost[2], d + lost[3])


def _stretch(record: Record, flow: Flow) -> None:
    record.start_ns = min(record.start_ns, flow.start_ns)
    record.end_ns = max(record.end_ns, flow.end_ns)


def _lost(seen: Sighting | Transit) -> tuple[int, int, int, int]:
    if isinstance(seen, Sighting):
        return (0, 0, 0, 0)
    return (
        seen.lost_no_route, seen.lost_blackhole, seen.lost_mtu_exceeded, seen.lost_ttl_expired
    )  # fmt: skip
