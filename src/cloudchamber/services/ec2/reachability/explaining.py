"""Why a flow ends where it does, as Reachability Analyzer's explanations.

Rules of this file: the walk has decided and named the code; here stands which of AWS's members name
what. The explanation of the deciding step comes first, then the routes not taken and the like.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Explanation.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.reachability import shapes
from cloudchamber.services.ec2.reachability.components import (
    route_of,
    rule_of,
    transit_route,
)
from cloudchamber.services.ec2.reachability.shapes import Shape
from cloudchamber.world.network import codes
from cloudchamber.world.network.compiled import Compiled
from cloudchamber.world.network.hints import Hint, hints_of
from cloudchamber.world.network.steps import Step
from cloudchamber.world.network.verdict import Verdict

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

# Which member names the component of a step, by the step's kind.
_MEMBERS: Final = MappingProxyType(
    {
        "network-acl": "Acl",
        "interface": "NetworkInterface",
        "route-table": "RouteTable",
        "internet-gateway": "InternetGateway",
        "nat-gateway": "NatGateway",
        "peering": "VpcPeeringConnection",
        "transit-gateway": "TransitGateway",
        "transit-attachment": "TransitGatewayAttachment",
        "transit-peering": "TransitGatewayAttachment",
        "transit-table": "TransitGatewayRouteTable",
        "gateway-endpoint": "VpcEndpoint",
        "interface-endpoint": "VpcEndpoint",
        "virtual-gateway": "VpnGateway",
        "vpc": "Vpc",
    }
)


def explanations_of(cloud: Cloud, compiled: Compiled, verdict: Verdict) -> list[Shape]:
    """Everything that explains a verdict; nothing for a flow that needs no explanation."""
    shown: list[Shape] = []
    step = verdict.decided_by
    if step is not None:
        shown.append(_of_step(cloud, compiled, verdict, step))
        shown += [_of_hint(cloud, compiled, hint) for hint in hints_of(compiled, verdict)]
    return shown


def _of_step(cloud: Cloud, compiled: Compiled, verdict: Verdict, step: Step) -> Shape:
    shown: Shape = {"ExplanationCode": verdict.code}
    if step.direction:
        shown["Direction"] = step.direction
    member = _MEMBERS.get(step.kind)
    if member is not None and step.id:
        shown[member] = shapes.component(cloud, step.id)
    elif step.id and step.kind != "security-group":
        shown["Component"] = shapes.component(cloud, step.id)
    if step.subnet:
        shown["Subnet"] = shapes.component(cloud, step.subnet)
    if step.vpc and "Vpc" not in shown:
        shown["Vpc"] = shapes.component(cloud, step.vpc)
    if step.kind == "security-group":
        shown["SecurityGroups"] = [shapes.component(cloud, each) for each in step.groups]
        interface = guarded_interface(compiled, verdict, step)
        if interface:
            shown["NetworkInterface"] = shapes.component(cloud, interface)
    if step.kind in ("route-table", "transit-table", "vpc", "internet"):
        shown["Address"] = step.destination_address
    shown |= rule_of(cloud, compiled, step)
    if step.kind == "transit-attachment":
        attachment = compiled.network.attachments.get(step.id)
        if attachment is not None:
            gateway = attachment.transit_gateway
            shown["TransitGateway"] = shapes.component(cloud, gateway)
    if verdict.code == codes.TGW_ROUTE_AZ_RESTRICTION:
        shown["AvailabilityZoneIds"] = [_zone_before(compiled, verdict, step)]
    return shown | _elsewhere(cloud, step.id or verdict.source.id)


def _zone_before(compiled: Compiled, verdict: Verdict, step: Step) -> str:
    """The zone that a packet comes from that a transit gateway does not serve."""
    steps = verdict.return_steps if step in verdict.return_steps else verdict.steps
    crossed = [each.subnet for each in steps if each.subnet]
    return compiled.network.subnets[crossed[-1]].zone_id if crossed else ""


def guarded_interface(compiled: Compiled, verdict: Verdict, step: Step) -> str:
    """The interface whose groups were asked at a step: who sent, or who is about to take."""
    steps = verdict.return_steps if step in verdict.return_steps else verdict.steps
    at = steps.index(step)
    if step.direction == "egress":
        before = [each.id for each in steps[:at] if each.kind == "interface"]
        return before[-1] if before else ""
    after = [each.id for each in steps[at:] if each.kind == "interface"]
    if after:
        return after[0]
    routed = [each.target for each in steps[:at] if each.kind == "route-table"]
    if routed and routed[-1] in compiled.network.interfaces:
        return routed[-1]
    owner = compiled.find_owner(step.vpc, step.destination)
    return owner.id if owner is not None else ""


def _of_hint(cloud: Cloud, compiled: Compiled, hint: Hint) -> Shape:
    shown: Shape = {"ExplanationCode": hint.code}
    if hint.code == codes.DISCONNECTED_VPCS:
        shown["SourceVpc"] = shapes.component(cloud, hint.id)
        shown["DestinationVpc"] = shapes.component(cloud, hint.target)
        return shown
    if hint.id in compiled.network.transit_tables:
        shown["TransitGatewayRouteTable"] = shapes.component(cloud, hint.id)
        return shown | transit_route(cloud, compiled, hint.id, hint.rule)
    if hint.id in compiled.network.route_tables:
        table = compiled.network.route_tables[hint.id]
        shown["RouteTable"] = shapes.component(cloud, hint.id)
        shown["Vpc"] = shapes.component(cloud, table.vpc)
        return shown | route_of(cloud, compiled, hint.id, hint.rule, hint.target)
    member = _MEMBERS.get(compiled.kind_of(hint.id), "Component")
    shown[member] = shapes.component(cloud, hint.id)
    return shown


def _elsewhere(cloud: Cloud, identifier: str) -> Shape:
    """Whose a component is, and where."""
    place = kinds.place_of(cloud, identifier)
    if place is None:
        return {}
    return {"ComponentAccount": place.account, "ComponentRegion": place.region}
