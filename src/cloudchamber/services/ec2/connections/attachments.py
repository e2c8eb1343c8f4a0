"""What all attachments of Transit Gateways have in common: states, ends, one list of them all.

Rules of this file: an attachment moves here and nowhere else. When it becomes available it joins
its gateways' default tables; when it goes, the tables forget it and static routes to it lead
nowhere.
https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html#vpc-attachment-lifecycle
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.lifecycle import IllegalMove
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import describing, kinds, tags
from cloudchamber.services.ec2.connections import billing, transit_tables
from cloudchamber.services.ec2.connections.acting import acting_in, forget_tags
from cloudchamber.services.ec2.connections.lifecycle import ATTACHMENT as LIFE
from cloudchamber.services.ec2.connections.lifecycle import DELETED_SEEN_NS
from cloudchamber.services.ec2.connections.nouns import (
    TRANSIT_ATTACHMENT,
    TRANSIT_GATEWAY,
    TransitAttachment,
)
from cloudchamber.services.ec2.describing import Description
from cloudchamber.services.ec2.interfaces.making import remove_interface
from cloudchamber.services.ec2.interfaces.nouns import INTERFACE

DUE: Final = "ec2.transit-attachment-due"
GONE: Final = ("deleted", "failed", "rejected")


def describe_transit_gateway_attachments(call: Call, request: Input) -> Output:
    """Every attachment that the account made or that is to a gateway of its own."""
    return describing.describe(call, request, DESCRIPTION)


def attachment_due(call: Call, identifier: str, event: str) -> None:
    """Kernel event: an attachment's next state, or the end of one that is over."""
    attachment = kinds.find_anywhere(call.cloud, TRANSIT_ATTACHMENT, identifier)
    if attachment is None:
        return
    if event == "forget":
        _forget(call, attachment)
        return
    was = attachment.state
    if was == "initiatingRequest" and _peer_is_missing(call, attachment):
        event = "impossible"
        attachment.status_text = "The peer transit gateway does not exist"
    try:
        attachment.state = LIFE.move(was, event)
    except IllegalMove:
        return
    if was == "pending" and attachment.state == "available":
        _join(call, attachment)
        billing.begin(call, attachment)
        tell(call, attachment, "available", f"{attachment.id} joins {_ends(attachment)}")
    elif was == "deleting":
        drop_interfaces(call, attachment, list(attachment.interfaces))
        tell(call, attachment, "deleted", f"{attachment.id} no longer joins {_ends(attachment)}")
    if attachment.state in GONE:
        call.after(DELETED_SEEN_NS, DUE, attachment.id, "forget", weak=True)


def move(call: Call, attachment: TransitAttachment, event: str) -> None:
    """Begin what a caller asked for. Raises IncorrectState and changes nothing."""
    attachment.state = next_state(attachment, event)
    if attachment.state == "deleting":
        transit_tables.detach_everywhere(call, attachment)
        billing.end(call, attachment)
    later(call, attachment)


def next_state(attachment: TransitAttachment, event: str) -> str:
    """The state after an event. Raises IncorrectState, or NotFound for what is deleted."""
    if attachment.state == "deleted":
        raise kinds.missing(TRANSIT_ATTACHMENT, attachment.id)
    try:
        return LIFE.move(attachment.state, event)
    except IllegalMove:
        raise AwsError(
            "IncorrectState", f"{attachment.id} is in invalid state: {attachment.state}"
        ) from None


def later(call: Call, attachment: TransitAttachment) -> None:
    """Schedule the step out of a state that does not last."""
    if attachment.state in LIFE.delays:
        delay_ns = LIFE.delay_ns(call.cloud.settings.lifecycle, attachment.state)
        call.after(delay_ns, DUE, attachment.id, "due")


def drop_interfaces(call: Call, attachment: TransitAttachment, ids: list[str]) -> None:
    """Take interfaces of an attachment away, in the account of the VPC's owner."""
    for each in ids:
        interface = kinds.find_anywhere(call.cloud, INTERFACE, each)
        place = kinds.place_of(call.cloud, each)
        if interface is not None and place is not None:
            remove_interface(acting_in(call, place.account, place.region), interface)
        attachment.interfaces.remove(each)


def tell(call: Call, attachment: TransitAttachment, what: str, sentence: str) -> None:
    """Write what became of an attachment to the event log."""
    place = kinds.place_of(call.cloud, attachment.id)
    region = place.region if place else call.region
    arn = kinds.arn_of(TRANSIT_ATTACHMENT, attachment.owner, region, attachment.id)
    call.event(arn, f"ec2.transit-attachment-{what}", sentence)


def is_peer_here(call: Call, attachment: TransitAttachment) -> bool:
    """Whether the call is made from a peering's accepting side, and not from the asking one."""
    place = kinds.place_of(call.cloud, attachment.id)
    here = (call.account, call.region)
    asking = place is not None and here == (place.account, place.region)
    return not asking and here == (attachment.peer_account, attachment.peer_region)


def shown(call: Call, attachment: TransitAttachment) -> dict[str, Any]:
    """An element of `TransitGatewayAttachments`, seen from the caller's side."""
    is_peer = is_peer_here(call, attachment)
    table = attachment.peer_association if is_peer else attachment.association
    view: dict[str, Any] = {
        "TransitGatewayAttachmentId": attachment.id,
        "TransitGatewayId": attachment.peer if is_peer else attachment.gateway,
        "TransitGatewayOwnerId": attachment.peer_account if is_peer else attachment.gateway_owner,
        "ResourceOwnerId": attachment.gateway_owner if is_peer else attachment.resource_owner,
        "ResourceType": attachment.type,
        "ResourceId": attachment.gateway if is_peer else attachment.resource,
        "State": attachment.state,
        "CreationTime": attachment.created_ns / SECOND_NS,
        "Tags": tags.shown(call, attachment.id),
    }
    if table:
        view["Association"] = {"TransitGatewayRouteTableId": table, "State": "associated"}
    return view


def _join(call: Call, attachment: TransitAttachment) -> None:
    for gateway_id in (attachment.gateway, attachment.peer):
        gateway = kinds.find_anywhere(call.cloud, TRANSIT_GATEWAY, gateway_id)
        if gateway is not None:
            transit_tables.join_defaults(call, gateway, attachment)


def _peer_is_missing(call: Call, attachment: TransitAttachment) -> bool:
    peer = kinds.find_anywhere(call.cloud, TRANSIT_GATEWAY, attachment.peer)
    place = kinds.place_of(call.cloud, attachment.peer)
    return (
        peer is None
        or place is None
        or peer.state not in ("available", "modifying")
        or (place.account, place.region) != (attachment.peer_account, attachment.peer_region)
    )


def _forget(call: Call, attachment: TransitAttachment) -> None:
    if attachment.state not in GONE:
        return
    place = kinds.place_of(call.cloud, attachment.id)
    if place is not None:
        forget_tags(call, attachment.id, attachment.gateway_owner, place.region)
    if attachment.peer:
        forget_tags(call, attachment.id, attachment.peer_account, attachment.peer_region)
    kinds.remove(call, TRANSIT_ATTACHMENT, attachment)


def _ends(attachment: TransitAttachment) -> str:
    return f"{attachment.gateway} and {attachment.resource}"


def _of(member: str) -> Any:
    def texts(call: Call, attachment: TransitAttachment) -> tuple[str, ...]:
        value = shown(call, attachment).get(member, "")
        return (value,) if value else ()

    return texts


def _of_association(member: str) -> Any:
    def texts(call: Call, attachment: TransitAttachment) -> tuple[str, ...]:
        found = shown(call, attachment).get("Association")
        return (found[member],) if found else ()

    return texts


DESCRIPTION: Final = Description(
    kind=TRANSIT_ATTACHMENT,
    ids="TransitGatewayAttachmentIds",
    answer="TransitGatewayAttachments",
    view=shown,
    filters=MappingProxyType(
        {
            "association.state": _of_association("State"),
            "association.transit-gateway-route-table-id": _of_association(
                "TransitGatewayRouteTableId"
            ),
            "resource-id": _of("ResourceId"),
            "resource-owner-id": _of("ResourceOwnerId"),
            "resource-type": _of("ResourceType"),
            "state": _of("State"),
            "transit-gateway-attachment-id": _of("TransitGatewayAttachmentId"),
            "transit-gateway-id": _of("TransitGatewayId"),
            "transit-gateway-owner-id": _of("TransitGatewayOwnerId"),
        }
    ),
)
