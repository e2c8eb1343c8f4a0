"""The steps of a walk as Reachability Analyzer's path components.

Rules of this file: each step that AWS shows becomes a component, in order; the internet is none.
An instance stands beside its interface.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_PathComponent.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.reachability import shapes
from cloudchamber.services.ec2.reachability.shapes import Shape
from cloudchamber.services.ec2.vpcs.nouns import ROUTE_TABLE
from cloudchamber.world.network.compiled import Compiled
from cloudchamber.world.network.steps import Step

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

_UNSEEN: Final = ("internet", "network")
_FILTERS: Final = ("security-group", "network-acl", "route-table", "transit-table")
_WITH_PORTS: Final = (6, 17)


def components_of(cloud: Cloud, compiled: Compiled, steps: Sequence[Step]) -> list[Shape]:
    """The components of one direction, numbered from 1."""
    shown: list[Shape] = []
    seen = [step for step in steps if step.id and step.kind not in _UNSEEN]
    for at, step in enumerate(seen):
        following = seen[at + 1] if at + 1 < len(seen) else None
        for each in _of_step(cloud, compiled, step, following, is_first=not shown):
            shown.append({"SequenceNumber": len(shown) + 1, **each})
    return shown


def _of_step(
    cloud: Cloud, compiled: Compiled, step: Step, following: Step | None, *, is_first: bool
) -> list[Shape]:
    shown: Shape = {"Component": shapes.component(cloud, step.id)}
    if step.subnet:
        shown["Subnet"] = shapes.component(cloud, step.subnet)
    if step.vpc:
        shown["Vpc"] = shapes.component(cloud, step.vpc)
    if step.kind not in _FILTERS:
        if not is_first:
            shown["InboundHeader"] = header(step)
        if following is not None:
            shown["OutboundHeader"] = header(following)
    shown |= rule_of(cloud, compiled, step)
    if step.kind != "interface":
        return [shown]
    interface = compiled.network.interfaces.get(step.id)
    if interface is None or not interface.attached_to:
        return [shown]
    instance = shapes.component(cloud, interface.attached_to)
    shown["AttachedTo"] = instance
    if step.action in ("sends", "replies"):
        first: Shape = {"Component": instance, "OutboundHeader": header(step)}
        return [first, {**shown, "InboundHeader": header(step)}]
    if step.action == "delivers":
        return [shown, {"Component": instance, "InboundHeader": header(step)}]
    return [shown]


def header(step: Step) -> Shape:
    """The packet as it came to a step."""
    shown: Shape = {
        "SourceAddresses": [f"{step.source_address}/{_bits(step.source_address)}"],
        "DestinationAddresses": [f"{step.destination_address}/{_bits(step.destination_address)}"],
        "Protocol": shapes.protocol_name(step.protocol),
    }
    if step.protocol in _WITH_PORTS:
        for name, (first, last) in (
            ("Source", step.source_ports),
            ("Destination", step.destination_ports),
        ):
            shown[f"{name}PortRanges"] = [{"From": first, "To": last}]
    return shown


def _bits(address: str) -> int:
    return 128 if ":" in address else 32


def rule_of(cloud: Cloud, compiled: Compiled, step: Step) -> Shape:
    """The rule, entry or route that decided at a step, under AWS's member for it."""
    if step.kind == "security-group":
        return _group_rule(compiled, step)
    if step.kind == "network-acl":
        return _acl_rule(compiled, step)
    if step.kind == "route-table":
        return route_of(cloud, compiled, step.id, step.rule, step.target)
    if step.kind == "transit-table":
        return transit_route(cloud, compiled, step.id, step.rule)
    return {}


def _group_rule(compiled: Compiled, step: Step) -> Shape:
    for name in step.groups:
        group = compiled.network.security_groups.get(name)
        rules: Any = () if group is None else (*group.ingress, *group.egress)
        for rule in rules:
            if rule.id == step.rule:
                return {"SecurityGroupRule": shapes.group_rule(rule, step.direction)}
    return {}


def _acl_rule(compiled: Compiled, step: Step) -> Shape:
    acl = compiled.network.acls.get(step.id)
    is_egress = step.direction == "egress"
    entries = () if acl is None else acl.egress if is_egress else acl.ingress
    for entry in entries:
        if str(entry.number) == step.rule:
            return {"AclRule": shapes.acl_entry(entry, is_egress=is_egress)}
    everything = "::/0" if ":" in step.source_address else "0.0.0.0/0"
    return {"AclRule": shapes.closing_entry(everything, is_egress=is_egress)}


def route_of(
    cloud: Cloud, compiled: Compiled, table_id: str, destination: str, target: str
) -> Shape:
    """The route of a VPC's table to a destination, with where it comes from."""
    table = compiled.network.route_tables.get(table_id)
    row = kinds.find_anywhere(cloud, ROUTE_TABLE, table_id)
    for route in table.routes if table else ():
        if route.destination == destination and target in ("", route.target):
            origins = {
                (each.destination, each.target): each.origin for each in (row.routes if row else ())
            }
            origin = origins.get((route.destination, route.target), "CreateRoute")
            return {"RouteTableRoute": shapes.route(route, origin)}
    return {}


def transit_route(cloud: Cloud, compiled: Compiled, table_id: str, destination: str) -> Shape:
    """A transit gateway's route under AWS's member for it, with the gateway."""
    table = compiled.network.transit_tables.get(table_id)
    if table is None:
        return {}
    shown: Shape = {"TransitGateway": shapes.component(cloud, table.transit_gateway)}
    for route in table.routes:
        if route.destination == destination:
            shown["TransitGatewayRouteTableRoute"] = shapes.transit_route(cloud, route)
    return shown
