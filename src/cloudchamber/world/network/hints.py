"""What else AWS lists beside the explanation of a blocked flow: the routes not taken, and why.

Rules of this file: hints follow from a verdict and its graph, and change neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cloudchamber.world.network import codes
from cloudchamber.world.network.compiled import Compiled
from cloudchamber.world.network.graph import Network, Route, TransitRoute
from cloudchamber.world.network.steps import Step
from cloudchamber.world.network.tables import route_order
from cloudchamber.world.network.verdict import Verdict


class Hint(NamedTuple):
    """A further code: of which component, by which route (its destination), towards what."""

    code: str
    id: str
    rule: str = ""
    target: str = ""


def hints_of(compiled: Compiled, verdict: Verdict) -> tuple[Hint, ...]:
    """What else explains a verdict, in the order of the path."""
    found: list[Hint] = []
    for step in (*verdict.steps, *verdict.return_steps):
        if step.kind == "nat-gateway" and step.action == "translates":
            found.append(Hint(codes.NGW_SOURCE_ADDRESS_REASSIGN, step.id))
            found.append(Hint(codes.REMAP_EPHEMERAL_PORT, step.id))
    gateways = [step.id for step in verdict.steps if step.kind == "internet-gateway"]
    if len(gateways) > 1:
        found.append(Hint(codes.IGW_NAT_REFLECTION, gateways[0]))
    if verdict.allowed:
        return tuple(found)
    for step in (*verdict.steps, *verdict.return_steps)[-3:]:
        if step.kind in ("route-table", "transit-table"):
            found += _routes_left(compiled, step)
    first, last = verdict.source.vpc, verdict.destination.vpc
    if first and last and first != last and last not in connected_vpcs(compiled.network, first):
        found.append(Hint(codes.DISCONNECTED_VPCS, first, target=last))
    return tuple(found)


def _routes_left(compiled: Compiled, step: Step) -> Iterator[Hint]:
    """Each route of a table that did not take the packet."""
    network = compiled.network
    if step.kind == "transit-table":
        transit = network.transit_tables.get(step.id)
        ordered = route_order(transit.routes if transit else (), network.prefix_lists)
        names = (
            codes.TGW_RTB_CANNOT_ROUTE,
            codes.TGW_RTB_HIGHER_PRIORITY_ROUTE,
            codes.TGW_RTB_MORE_SPECIFIC_ROUTE,
        )
        yield from _told(ordered, step, names)
        return
    table = network.route_tables.get(step.id)
    names = (codes.CANNOT_ROUTE, codes.HIGHER_PRIORITY_ROUTE, codes.MORE_SPECIFIC_ROUTE)
    yield from _told(route_order(table.routes if table else (), network.prefix_lists), step, names)


def _told(
    ordered: list[tuple[tuple[int, int, str, str], int, int, Route]]
    | list[tuple[tuple[int, int, str, str], int, int, TransitRoute]],
    step: Step,
    names: tuple[str, str, str],
) -> Iterator[Hint]:
    taken_bits = None
    for order, low, high, route in ordered:
        target = route.target if isinstance(route, Route) else route.attachment
        if not low <= step.destination <= high:
            yield Hint(names[0], step.id, route.destination, target)
        elif taken_bits is None:
            taken_bits = order[0]
        elif order[0] == taken_bits:
            yield Hint(names[1], step.id, route.destination, target)
        else:
            yield Hint(names[2], step.id, route.destination, target)


def connected_vpcs(network: Network, vpc: str) -> frozenset[str]:
    """The VPCs that some chain of peerings and transit gateways joins to one, it included."""
    links: dict[str, list[str]] = {}

    def link(one: str, other: str) -> None:
        links.setdefault(one, []).append(other)
        links.setdefault(other, []).append(one)

    for peering in network.peerings.values():
        link(peering.requester_vpc, peering.accepter_vpc)
    for attachment in network.attachments.values():
        if attachment.vpc:
            link(attachment.vpc, attachment.transit_gateway)
    for transit in network.transit_peerings.values():
        link(transit.requester_gateway, transit.accepter_gateway)
    seen = {vpc}
    waiting = [vpc]
    while waiting:
        for other in links.get(waiting.pop(), ()):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return frozenset(each for each in seen if each in network.vpcs)
