"""Transit Gateways: made, changed, described, deleted.

Rules of this file: a gateway and its two default route tables. What is attached to it, and the
routes, are in other files. The owner may do everything here; whom it is shared with sees it.
https://docs.aws.amazon.com/vpc/latest/tgw/tgw-transit-gateways.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.lifecycle import IllegalMove
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import describing, kinds, tags
from cloudchamber.services.ec2.connections import limits, transit_tables
from cloudchamber.services.ec2.connections.lifecycle import DELETED_SEEN_NS
from cloudchamber.services.ec2.connections.lifecycle import TRANSIT_GATEWAY as LIFE
from cloudchamber.services.ec2.connections.nouns import (
    TRANSIT_ATTACHMENT,
    TRANSIT_GATEWAY,
    TRANSIT_GATEWAYS,
    TRANSIT_ROUTE_TABLES,
    TransitAttachment,
    TransitGateway,
)
from cloudchamber.services.ec2.describing import Description
from cloudchamber.services.ec2.refusals import invalid_value

DUE: Final = "ec2.transit-gateway-due"
_GONE: Final = ("deleted", "failed", "rejected")
# AWS's defaults: API_TransitGatewayRequestOptions.html
_DEFAULTS: Final = MappingProxyType(
    {
        "AutoAcceptSharedAttachments": "disable",
        "DefaultRouteTableAssociation": "enable",
        "DefaultRouteTablePropagation": "enable",
        "VpnEcmpSupport": "enable",
        "DnsSupport": "enable",
        "SecurityGroupReferencingSupport": "disable",
        "MulticastSupport": "disable",
    }
)


def create_transit_gateway(call: Call, request: Input) -> Output:
    """A gateway, with a default route table unless both defaults are turned off."""
    given = tags.specified(request, TRANSIT_GATEWAY.type)
    asked = request.get("Options", {})
    asn = limits.expect_asn(asked.get("AmazonSideAsn", limits.DEFAULT_ASN))
    cidrs = [_expect_cidr(each) for each in asked.get("TransitGatewayCidrBlocks", ())]
    _expect_few(cidrs)
    options = {name: asked.get(name, default) for name, default in _DEFAULTS.items()}
    if options["MulticastSupport"] == "enable":
        raise Refused("ec2", call.operation_name, "multicast on a Transit Gateway is not here")
    limits.expect_room(
        sum(row.state != "deleted" for row in call.rows(TRANSIT_GATEWAYS).values()),
        limits.TRANSIT_GATEWAYS,
        "TransitGatewayLimitExceeded",
        "Transit Gateways in this account and Region",
    )
    gateway = TransitGateway(
        id=kinds.new_id(call, TRANSIT_GATEWAY.prefix),
        owner=call.account,
        description=request.get("Description", ""),
        amazon_asn=asn,
        cidrs=cidrs,
        options=options,
        created_ns=call.now,
    )
    kinds.add(call, TRANSIT_GATEWAY, gateway)
    tags.put(call, gateway.id, given)
    _give_default_tables(call, gateway)
    _later(call, gateway)
    return {"TransitGateway": shown(call, gateway)}


def modify_transit_gateway(call: Call, request: Input) -> Output:
    """Change a gateway's description and options; `modifying` until it is done."""
    gateway = kinds.expect_own(call, TRANSIT_GATEWAY, request["TransitGatewayId"])
    state = moved(gateway, "modify")
    asked = request.get("Options", {})
    if asked.get("EncryptionSupport") == "enable":
        raise Refused("ec2", call.operation_name, "encryption control is not here")
    asn = limits.expect_asn(asked.get("AmazonSideAsn", gateway.amazon_asn))
    cidrs = _changed_cidrs(gateway, asked)
    tables = {}
    for member, option in (
        ("AssociationDefaultRouteTableId", "DefaultRouteTableAssociation"),
        ("PropagationDefaultRouteTableId", "DefaultRouteTablePropagation"),
    ):
        identifier = asked.get(member)
        if identifier is None:
            continue
        if asked.get(option, gateway.options[option]) == "disable":
            raise invalid_value(identifier, member, f"{option} is not enabled.")
        tables[member] = transit_tables.expect_table_of(call, identifier, gateway).id
    gateway.state = state
    gateway.description = request.get("Description", gateway.description)
    gateway.amazon_asn = asn
    gateway.cidrs = cidrs
    gateway.options.update({name: asked[name] for name in _DEFAULTS if name in asked})
    _set_default_tables(call, gateway, tables)
    _later(call, gateway)
    return {"TransitGateway": shown(call, gateway)}


def delete_transit_gateway(call: Call, request: Input) -> Output:
    """Delete a gateway that nothing is attached to, and its route tables."""
    gateway = kinds.expect_own(call, TRANSIT_GATEWAY, request["TransitGatewayId"])
    state = moved(gateway, "delete")
    for type_ in ("vpc", "peering"):
        left = [
            each.id
            for each in attachments_of(call, gateway.id)
            if each.type == type_ and each.state not in _GONE
        ]
        if left:
            raise AwsError(
                "IncorrectState",
                f"{gateway.id} has non-deleted {_said(call, gateway, type_)}: {', '.join(left)}.",
            )
    gateway.state = state
    for table in list(call.rows(TRANSIT_ROUTE_TABLES).values()):
        if table.gateway == gateway.id and table.state != "deleted":
            transit_tables.drop(call, table)
    _later(call, gateway)
    return {"TransitGateway": shown(call, gateway)}


def describe_transit_gateways(call: Call, request: Input) -> Output:
    """The account's gateways, and those shared with it."""
    return describing.describe(call, request, DESCRIPTION)


def gateway_due(call: Call, identifier: str, event: str) -> None:
    """Kernel event: a gateway's next state, or the end of a deleted one."""
    gateway = kinds.find_anywhere(call.cloud, TRANSIT_GATEWAY, identifier)
    if gateway is None:
        return
    if event == "forget":
        kinds.remove(call, TRANSIT_GATEWAY, gateway)
        return
    gateway.state = LIFE.move(gateway.state, event)
    if gateway.state == "deleted":
        call.after(DELETED_SEEN_NS, DUE, gateway.id, "forget", weak=True)
        call.event(_arn(call, gateway), "ec2.transit-gateway-deleted", f"{gateway.id} is gone")


def expect_available(call: Call, identifier: str) -> TransitGateway:
    """A gateway that the account may attach something to. Raises NotFound, IncorrectState."""
    gateway = kinds.expect(call, TRANSIT_GATEWAY, identifier)
    if gateway.state == "deleted":
        raise kinds.missing(TRANSIT_GATEWAY, identifier)
    if gateway.state not in ("available", "modifying"):
        raise AwsError("IncorrectState", f"{gateway.id} is in invalid state")
    return gateway


def attachments_of(call: Call, gateway_id: str) -> list[TransitAttachment]:
    """Everything that is attached to a gateway, whosever it is, what is gone included."""
    return [
        each
        for _, _, each in kinds.everywhere(call.cloud, TRANSIT_ATTACHMENT)
        if gateway_id in (each.gateway, each.peer)
    ]


def moved(gateway: TransitGateway, event: str) -> str:
    """The state after an event. Raises IncorrectState."""
    try:
        return LIFE.move(gateway.state, event)
    except IllegalMove:
        raise AwsError("IncorrectState", f"{gateway.id} is in invalid state") from None


def shown(call: Call, gateway: TransitGateway) -> dict[str, Any]:
    """The member `TransitGateway`."""
    options: dict[str, Any] = {"AmazonSideAsn": gateway.amazon_asn, **gateway.options}
    if gateway.cidrs:
        options["TransitGatewayCidrBlocks"] = list(gateway.cidrs)
    if gateway.default_association_table:
        options["AssociationDefaultRouteTableId"] = gateway.default_association_table
    if gateway.default_propagation_table:
        options["PropagationDefaultRouteTableId"] = gateway.default_propagation_table
    return {
        "TransitGatewayId": gateway.id,
        "TransitGatewayArn": _arn(call, gateway),
        "State": gateway.state,
        "OwnerId": gateway.owner,
        "Description": gateway.description,
        "CreationTime": gateway.created_ns / SECOND_NS,
        "Options": options,
        "Tags": tags.shown(call, gateway.id),
    }


def _give_default_tables(call: Call, gateway: TransitGateway) -> None:
    """One table for both defaults, as far as they are turned on."""
    associates = gateway.options["DefaultRouteTableAssociation"] == "enable"
    propagates = gateway.options["DefaultRouteTablePropagation"] == "enable"
    if not (associates or propagates):
        return
    table = transit_tables.make(call, gateway)
    if associates:
        gateway.default_association_table = table.id
        table.is_default_association = True
    if propagates:
        gateway.default_propagation_table = table.id
        table.is_default_propagation = True


def _set_default_tables(call: Call, gateway: TransitGateway, tables: Mapping[str, str]) -> None:
    """The defaults as they are wanted now. Turned on without a table, a table is made."""
    association = tables.get("AssociationDefaultRouteTableId", gateway.default_association_table)
    propagation = tables.get("PropagationDefaultRouteTableId", gateway.default_propagation_table)
    if gateway.options["DefaultRouteTableAssociation"] == "disable":
        association = ""
    elif not association:
        association = propagation or transit_tables.make(call, gateway).id
    if gateway.options["DefaultRouteTablePropagation"] == "disable":
        propagation = ""
    elif not propagation:
        propagation = association or transit_tables.make(call, gateway).id
    gateway.default_association_table = association
    gateway.default_propagation_table = propagation
    for table in call.rows(TRANSIT_ROUTE_TABLES).values():
        if table.gateway == gateway.id:
            table.is_default_association = table.id == association
            table.is_default_propagation = table.id == propagation


def _changed_cidrs(gateway: TransitGateway, asked: Mapping[str, Any]) -> list[str]:
    cidrs = list(gateway.cidrs)
    for each in asked.get("RemoveTransitGatewayCidrBlocks", ()):
        if each not in cidrs:
            raise invalid_value(each, "RemoveTransitGatewayCidrBlocks", "It is not there.")
        cidrs.remove(each)
    for each in asked.get("AddTransitGatewayCidrBlocks", ()):
        added = _expect_cidr(each)
        if added not in cidrs:
            cidrs.append(added)
    _expect_few(cidrs)
    return cidrs


def _expect_cidr(text: str) -> str:
    """A CIDR of a gateway's own: /24 or larger for IPv4, /64 or larger for IPv6."""
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise invalid_value(text, "TransitGatewayCidrBlocks", "It is not a CIDR.") from None
    if network.prefixlen > (24 if network.version == 4 else 64) or network.is_link_local:
        raise invalid_value(
            text, "TransitGatewayCidrBlocks", "It has to be a /24 (IPv6: /64) or larger."
        )
    return str(network)


def _expect_few(cidrs: Sequence[str]) -> None:
    if len(cidrs) > limits.TRANSIT_CIDRS_PER_GATEWAY:
        raise AwsError(
            "TransitGatewayCidrBlockLimitExceeded",
            f"A Transit Gateway has at most {limits.TRANSIT_CIDRS_PER_GATEWAY} CIDR blocks.",
        )


def _said(call: Call, gateway: TransitGateway, type_: str) -> str:
    if type_ == "vpc":
        return "Transit Gateway Attachments"
    crosses = any(
        each.peer_region != place.region
        for each in attachments_of(call, gateway.id)
        if each.type == "peering" and (place := kinds.place_of(call.cloud, each.id)) is not None
    )
    between = "Cross Region " if crosses else ""
    return f"Transit Gateway {between}Peering Attachments"


def _arn(call: Call, gateway: TransitGateway) -> str:
    return kinds.arn_of(TRANSIT_GATEWAY, gateway.owner, call.region, gateway.id)


def _later(call: Call, gateway: TransitGateway) -> None:
    delay_ns = LIFE.delay_ns(call.cloud.settings.lifecycle, gateway.state)
    call.after(delay_ns, DUE, gateway.id, "due")


def _option(name: str) -> Any:
    def texts(_: Call, gateway: TransitGateway) -> Sequence[str]:
        return (gateway.options[name],)

    return texts


def _text(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


DESCRIPTION: Final = Description(
    kind=TRANSIT_GATEWAY,
    ids="TransitGatewayIds",
    answer="TransitGateways",
    view=shown,
    filters=MappingProxyType(
        {
            "options.propagation-default-route-table-id": lambda _, row: _text(
                row.default_propagation_table
            ),
            "options.amazon-side-asn": lambda _, row: (str(row.amazon_asn),),
            "options.association-default-route-table-id": lambda _, row: _text(
                row.default_association_table
            ),
            "options.auto-accept-shared-attachments": _option("AutoAcceptSharedAttachments"),
            "options.default-route-table-association": _option("DefaultRouteTableAssociation"),
            "options.default-route-table-propagation": _option("DefaultRouteTablePropagation"),
            "options.dns-support": _option("DnsSupport"),
            "options.vpn-ecmp-support": _option("VpnEcmpSupport"),
            "owner-id": lambda _, row: (row.owner,),
            "state": lambda _, row: (row.state,),
            "transit-gateway-id": lambda _, row: (row.id,),
        }
    ),
)
