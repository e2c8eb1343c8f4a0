"""Peering attachments: two Transit Gateways, in one Region or two, of one owner or two.

Rules of this file: one row and one id for both sides; it lies with the side that asked. Routes over
a peering are static, on each side its own.
https://docs.aws.amazon.com/vpc/latest/tgw/tgw-peering.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import describing, kinds, tags
from cloudchamber.services.ec2.connections import attachments, limits
from cloudchamber.services.ec2.connections.nouns import (
    TRANSIT_ATTACHMENT,
    TRANSIT_GATEWAY,
    TransitAttachment,
)
from cloudchamber.services.ec2.describing import Description
from cloudchamber.services.ec2.refusals import invalid_value
from cloudchamber.world.geography.regions import find_region

_STATUS: Final = MappingProxyType(
    {
        "initiatingRequest": "Initiating Request",
        "pendingAcceptance": "Pending Acceptance",
        "pending": "Pending",
        "available": "Available",
        "deleting": "Deleting",
        "deleted": "Deleted",
        "rejected": "Rejected",
        "rejecting": "Rejecting",
        "failed": "Failed",
    }
)


def create_transit_gateway_peering_attachment(call: Call, request: Input) -> Output:
    """Ask another gateway's owner for a peering with a gateway of one's own."""
    given = tags.specified(request, TRANSIT_ATTACHMENT.type)
    options = request.get("Options", {})
    if options.get("DynamicRouting") == "enable":
        raise Refused("ec2", call.operation_name, "dynamic routing between gateways is not here")
    if options.get("AllowMultipathResilience") or options.get("MultipathResilienceMode"):
        raise Refused("ec2", call.operation_name, "multipath resilience of peerings is not here")
    gateway = kinds.expect_own(call, TRANSIT_GATEWAY, request["TransitGatewayId"])
    if gateway.state not in ("available", "modifying"):
        raise AwsError("IncorrectState", f"{gateway.id} is in invalid state")
    peer, account, region = (
        request["PeerTransitGatewayId"], request["PeerAccountId"], request["PeerRegion"],
    )  # fmt: skip
    if find_region(region) is None:
        raise invalid_value(region, "PeerRegion", "There is no such Region.")
    if peer == gateway.id:
        raise invalid_value(peer, "PeerTransitGatewayId", "A gateway has no peering with itself.")
    _expect_room(call, gateway.id, peer)
    attachment = TransitAttachment(
        id=kinds.new_id(call, TRANSIT_ATTACHMENT.prefix),
        owner=call.account,
        gateway=gateway.id,
        gateway_owner=call.account,
        type="peering",
        resource=peer,
        resource_owner=account,
        peer=peer,
        peer_account=account,
        peer_region=region,
        state="initiatingRequest",
        options={"DynamicRouting": "disable"},
        created_ns=call.now,
    )
    kinds.add(call, TRANSIT_ATTACHMENT, attachment)
    tags.put(call, attachment.id, given)
    attachments.later(call, attachment)
    return {"TransitGatewayPeeringAttachment": shown(call, attachment)}


def accept_transit_gateway_peering_attachment(call: Call, request: Input) -> Output:
    """Agree to a peering, in the Region of the gateway that was asked for."""
    attachment = _expect_asked(call, request, "accept")
    attachments.move(call, attachment, "accept")
    attachments.tell(
        call, attachment, "accepted",
        f"{call.account} accepted the peering of {attachment.gateway} with {attachment.peer}",
    )  # fmt: skip
    return {"TransitGatewayPeeringAttachment": shown(call, attachment)}


def reject_transit_gateway_peering_attachment(call: Call, request: Input) -> Output:
    """Turn a peering down."""
    attachment = _expect_asked(call, request, "reject")
    attachments.move(call, attachment, "reject")
    attachments.tell(
        call, attachment, "rejected",
        f"{call.account} rejected the peering of {attachment.gateway} with {attachment.peer}",
    )  # fmt: skip
    return {"TransitGatewayPeeringAttachment": shown(call, attachment)}


def delete_transit_gateway_peering_attachment(call: Call, request: Input) -> Output:
    """End a peering from either side."""
    attachment = _expect_peering(call, request["TransitGatewayAttachmentId"])
    attachments.move(call, attachment, "delete")
    return {"TransitGatewayPeeringAttachment": shown(call, attachment)}


def describe_transit_gateway_peering_attachments(call: Call, request: Input) -> Output:
    """The peerings of the account's gateways in the Region, asked for by it or by others."""
    rows = [
        each for each in describing.chosen(call, request, DESCRIPTION) if each.type == "peering"
    ]
    return describing.described(call, request, DESCRIPTION, rows)


def shown(call: Call, attachment: TransitAttachment) -> dict[str, Any]:
    """The member `TransitGatewayPeeringAttachment`."""
    place = kinds.place_of(call.cloud, attachment.id)
    status = {"Code": attachment.state}
    text = attachment.status_text or _STATUS.get(attachment.state, "")
    if text:
        status["Message"] = text
    return {
        "TransitGatewayAttachmentId": attachment.id,
        "RequesterTgwInfo": {
            "TransitGatewayId": attachment.gateway,
            "OwnerId": attachment.gateway_owner,
            "Region": place.region if place else call.region,
        },
        "AccepterTgwInfo": {
            "TransitGatewayId": attachment.peer,
            "OwnerId": attachment.peer_account,
            "Region": attachment.peer_region,
        },
        "Options": dict(attachment.options),
        "Status": status,
        "State": attachment.state,
        "CreationTime": attachment.created_ns / SECOND_NS,
        "Tags": tags.shown(call, attachment.id),
    }


def _expect_peering(call: Call, identifier: str) -> TransitAttachment:
    attachment = kinds.expect(call, TRANSIT_ATTACHMENT, identifier)
    if attachment.type != "peering":
        raise kinds.missing(TRANSIT_ATTACHMENT, identifier)
    return attachment


def _expect_asked(call: Call, request: Input, verb: str) -> TransitAttachment:
    """A peering that this side was asked for. Raises InvalidParameterValue for the other side."""
    attachment = _expect_peering(call, request["TransitGatewayAttachmentId"])
    if (call.account, call.region) != (attachment.peer_account, attachment.peer_region):
        raise AwsError(
            "InvalidParameterValue",
            f"Cannot {verb} {attachment.id} as the source of the peering request.",
        )
    return attachment


def _expect_room(call: Call, gateway: str, peer: str) -> None:
    count = pending = 0
    for _, _, each in kinds.everywhere(call.cloud, TRANSIT_ATTACHMENT):
        if each.type != "peering" or each.state in attachments.GONE:
            continue
        ends = (each.gateway, each.peer)
        if gateway not in ends:
            continue
        if peer in ends:
            raise AwsError(
                "DuplicateTransitGatewayAttachment",
                f"{gateway} already has the peering attachment {each.id} with {peer}.",
            )
        count += 1
        pending += each.state in ("initiatingRequest", "pendingAcceptance")
    code = "TransitGatewayAttachmentLimitExceeded"
    limits.expect_room(
        count, limits.TRANSIT_PEERINGS_PER_GATEWAY, code, f"peering attachments of {gateway}"
    )
    limits.expect_room(
        pending, limits.TRANSIT_PEERINGS_PENDING, code,
        f"pending peering attachments of {gateway}",
    )  # fmt: skip


def _remote_owner(call: Call, attachment: TransitAttachment) -> str:
    if attachments.is_peer_here(call, attachment):
        return attachment.gateway_owner
    return attachment.peer_account


def _local_gateways(call: Call, attachment: TransitAttachment) -> tuple[str, ...]:
    """The gateways of a peering that are the caller's here; both, if one owner has both sides."""
    place = kinds.place_of(call.cloud, attachment.id)
    sides = (
        (place, attachment.gateway),
        (kinds.Place(attachment.peer_account, attachment.peer_region), attachment.peer),
    )
    here = kinds.Place(call.account, call.region)
    return tuple(gateway for where, gateway in sides if where == here)


DESCRIPTION: Final = Description(
    kind=TRANSIT_ATTACHMENT,
    ids="TransitGatewayAttachmentIds",
    answer="TransitGatewayPeeringAttachments",
    view=shown,
    filters=MappingProxyType(
        {
            "transit-gateway-attachment-id": lambda _, row: (row.id,),
            "local-owner-id": lambda call, _: (call.account,),
            "remote-owner-id": lambda call, row: (_remote_owner(call, row),),
            "state": lambda _, row: (row.state,),
            "transit-gateway-id": _local_gateways,
        }
    ),
)
