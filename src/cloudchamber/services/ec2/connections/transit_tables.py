"""A Transit Gateway's route tables: which attachments look routes up in them, and which tell them
what lies behind.

Rules of this file: tables, associations and propagations. An attachment is associated with at most
one table of a gateway and may propagate to any number. Only the gateway's owner may do this, with
other accounts' attachments too. Routes are in `transit_routes.py`.
https://docs.aws.amazon.com/vpc/latest/tgw/tgw-route-tables.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.lifecycle import IllegalMove
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import describing, kinds, tags
from cloudchamber.services.ec2.connections import limits
from cloudchamber.services.ec2.connections.lifecycle import DELETED_SEEN_NS
from cloudchamber.services.ec2.connections.lifecycle import TRANSIT_TABLE as LIFE
from cloudchamber.services.ec2.connections.nouns import (
    TRANSIT_ATTACHMENT,
    TRANSIT_GATEWAY,
    TRANSIT_ROUTE_TABLE,
    TRANSIT_ROUTE_TABLES,
    TransitAttachment,
    TransitGateway,
    TransitRouteTable,
)
from cloudchamber.services.ec2.describing import Description, listed
from cloudchamber.services.ec2.refusals import missing_parameter

DUE: Final = "ec2.transit-table-due"
_USABLE: Final = ("available", "modifying")


def create_transit_gateway_route_table(call: Call, request: Input) -> Output:
    """A table of a gateway of the account's own, empty."""
    given = tags.specified(request, TRANSIT_ROUTE_TABLE.type)
    gateway = kinds.expect_own(call, TRANSIT_GATEWAY, request["TransitGatewayId"])
    if gateway.state not in _USABLE:
        raise AwsError("IncorrectState", f"{gateway.id} is in invalid state")
    limits.expect_room(
        sum(table.state != "deleted" for table in tables_of(call, gateway.id)),
        limits.TRANSIT_TABLES_PER_GATEWAY,
        "TransitGatewayRouteTableLimitExceeded",
        f"route tables of {gateway.id}",
    )
    table = make(call, gateway)
    tags.put(call, table.id, given)
    return {"TransitGatewayRouteTable": shown(call, table)}


def delete_transit_gateway_route_table(call: Call, request: Input) -> Output:
    """Delete a table that no attachment is associated with and that is no default."""
    table = expect_table(call, request["TransitGatewayRouteTableId"])
    try:
        LIFE.move(table.state, "delete")
    except IllegalMove:
        raise AwsError("IncorrectState", f"{table.id} is in invalid state") from None
    if table.is_default_association or table.is_default_propagation:
        raise AwsError("IncorrectState", f"{table.id} is a default route table of {table.gateway}.")
    if table.associations:
        raise AwsError(
            "IncorrectState",
            f"{table.id} has non-deleted associations: {', '.join(table.associations)}.",
        )
    drop(call, table)
    return {"TransitGatewayRouteTable": shown(call, table)}


def describe_transit_gateway_route_tables(call: Call, request: Input) -> Output:
    """The tables of the account's own gateways."""
    return describing.describe(call, request, DESCRIPTION)


def associate_transit_gateway_route_table(call: Call, request: Input) -> Output:
    """From now on what comes in by an attachment is looked up in this table."""
    table = expect_usable(call, request["TransitGatewayRouteTableId"])
    attachment = expect_attached(call, table, request["TransitGatewayAttachmentId"])
    if association_of(attachment, table.gateway):
        raise AwsError(
            "Resource.AlreadyAssociated",
            f"Transit Gateway Attachment {attachment.id} is already associated to a route table.",
        )
    associate(call, table, attachment)
    return {"Association": _association(table, attachment, "associating")}


def disassociate_transit_gateway_route_table(call: Call, request: Input) -> Output:
    """What comes in by the attachment is dropped from now on, until it is associated again."""
    table = expect_usable(call, request["TransitGatewayRouteTableId"])
    attachment = kinds.expect(call, TRANSIT_ATTACHMENT, request["TransitGatewayAttachmentId"])
    if attachment.id not in table.associations:
        raise AwsError(
            "InvalidAssociation.NotFound",
            f"{attachment.id} is not associated with {table.id}.",
        )
    disassociate(call, table, attachment)
    return {"Association": _association(table, attachment, "disassociating")}


def enable_transit_gateway_route_table_propagation(call: Call, request: Input) -> Output:
    """The table gets what the attachment leads to, for as long as it leads there."""
    table = expect_usable(call, request["TransitGatewayRouteTableId"])
    identifier = _attachment_id(request)
    attachment = expect_attached(call, table, identifier)
    if attachment.type == "peering":
        raise AwsError(
            "InvalidParameterValue",
            f"{attachment.id} is a peering attachment; routes to it are static.",
        )
    if attachment.id in table.propagations:
        raise AwsError(
            "TransitGatewayRouteTablePropagation.Duplicate",
            f"Propagation for {attachment.id} is already enabled on {table.id}.",
        )
    table.propagations.append(attachment.id)
    return {"Propagation": _propagation(table, attachment, "enabled")}


def disable_transit_gateway_route_table_propagation(call: Call, request: Input) -> Output:
    """The attachment's routes leave the table."""
    table = expect_usable(call, request["TransitGatewayRouteTableId"])
    attachment = kinds.expect(call, TRANSIT_ATTACHMENT, _attachment_id(request))
    if attachment.id not in table.propagations:
        raise AwsError(
            "TransitGatewayRouteTablePropagation.NotFound",
            f"Propagation for {attachment.id} is not enabled on {table.id}.",
        )
    table.propagations.remove(attachment.id)
    return {"Propagation": _propagation(table, attachment, "disabled")}


def get_transit_gateway_route_table_associations(call: Call, request: Input) -> Output:
    """The attachments that look routes up in a table."""
    table = expect_table(call, request["TransitGatewayRouteTableId"])
    return listed(
        request, "Associations", _attachments(call, table.associations), _id, _BY_RESOURCE,
        lambda each: {
            "TransitGatewayAttachmentId": each.id, **_resource(each, table), "State": "associated",
        },
    )  # fmt: skip


def get_transit_gateway_route_table_propagations(call: Call, request: Input) -> Output:
    """The attachments that tell a table what lies behind them."""
    table = expect_table(call, request["TransitGatewayRouteTableId"])
    return listed(
        request, "TransitGatewayRouteTablePropagations", _attachments(call, table.propagations),
        _id, _BY_RESOURCE,
        lambda each: {
            "TransitGatewayAttachmentId": each.id, **_resource(each, table), "State": "enabled",
        },
    )  # fmt: skip


def get_transit_gateway_attachment_propagations(call: Call, request: Input) -> Output:
    """The tables that an attachment propagates to; asked by the gateway's owner."""
    attachment = kinds.expect(call, TRANSIT_ATTACHMENT, request["TransitGatewayAttachmentId"])
    tables = [
        table
        for table in call.rows(TRANSIT_ROUTE_TABLES).values()
        if attachment.id in table.propagations
    ]
    return listed(
        request, "TransitGatewayAttachmentPropagations", tables, _id,
        {"transit-gateway-route-table-id": lambda table: (table.id,)},
        lambda table: {"TransitGatewayRouteTableId": table.id, "State": "enabled"},
    )  # fmt: skip


def table_due(call: Call, identifier: str, event: str) -> None:
    """Kernel event: a table's next state, or the end of a deleted one."""
    table = kinds.find_anywhere(call.cloud, TRANSIT_ROUTE_TABLE, identifier)
    if table is None:
        return
    if event == "forget":
        kinds.remove(call, TRANSIT_ROUTE_TABLE, table)
        return
    try:
        table.state = LIFE.move(table.state, event)
    except IllegalMove:
        return
    if table.state == "deleted":
        call.after(DELETED_SEEN_NS, DUE, table.id, "forget", weak=True)


def make(call: Call, gateway: TransitGateway) -> TransitRouteTable:
    """A new table of a gateway."""
    table = TransitRouteTable(
        id=kinds.new_id(call, TRANSIT_ROUTE_TABLE.prefix),
        owner=call.account,
        gateway=gateway.id,
        created_ns=call.now,
    )
    kinds.add(call, TRANSIT_ROUTE_TABLE, table)
    _later(call, table)
    return table


def drop(call: Call, table: TransitRouteTable) -> None:
    """Take a table away, whatever uses it; its state says so from now on."""
    for attachment in _attachments(call, table.associations):
        disassociate(call, table, attachment)
    table.propagations = []
    table.routes = []
    table.state = "deleting"
    _later(call, table)


def tables_of(call: Call, gateway_id: str) -> list[TransitRouteTable]:
    """The tables of a gateway, in the account that owns it."""
    place = kinds.place_of(call.cloud, gateway_id)
    if place is None:
        return []
    rows = call.rows(TRANSIT_ROUTE_TABLES, place.account, place.region)
    return [table for table in rows.values() if table.gateway == gateway_id]


def expect_table(call: Call, identifier: str) -> TransitRouteTable:
    """A table of the account's own that is not deleted. Raises InvalidRouteTableID.NotFound."""
    table = kinds.expect_own(call, TRANSIT_ROUTE_TABLE, identifier)
    if table.state == "deleted":
        raise kinds.missing(TRANSIT_ROUTE_TABLE, identifier)
    return table


def expect_usable(call: Call, identifier: str) -> TransitRouteTable:
    """A table that may be changed. Raises InvalidRouteTableID.NotFound, IncorrectState."""
    table = expect_table(call, identifier)
    if table.state != "available":
        raise AwsError("IncorrectState", f"{table.id} is in invalid state")
    return table


def expect_table_of(call: Call, identifier: str, gateway: TransitGateway) -> TransitRouteTable:
    """A table of a certain gateway. Raises as `expect_usable`, or InvalidParameterValue."""
    table = expect_usable(call, identifier)
    if table.gateway != gateway.id:
        raise AwsError("InvalidParameterValue", f"{identifier} does not belong to {gateway.id}.")
    return table


def expect_attached(call: Call, table: TransitRouteTable, identifier: str) -> TransitAttachment:
    """An attachment of the table's gateway that is there. Raises NotFound, IncorrectState,
    InvalidParameterValue."""
    attachment = kinds.expect(call, TRANSIT_ATTACHMENT, identifier)
    if attachment.state == "deleted":
        raise kinds.missing(TRANSIT_ATTACHMENT, identifier)
    if table.gateway not in (attachment.gateway, attachment.peer):
        raise AwsError(
            "InvalidParameterValue", f"{attachment.id} is not attached to {table.gateway}."
        )
    if attachment.state not in _USABLE:
        raise AwsError("IncorrectState", f"{attachment.id} is in invalid state")
    return attachment


def association_of(attachment: TransitAttachment, gateway_id: str) -> str:
    """The table that an attachment is associated with at one of its gateways."""
    return (
        attachment.association if gateway_id == attachment.gateway else attachment.peer_association
    )


def associate(call: Call, table: TransitRouteTable, attachment: TransitAttachment) -> None:
    """Associate an attachment, which has no association at the table's gateway, with a table."""
    table.associations.append(attachment.id)
    if table.gateway == attachment.gateway:
        attachment.association = table.id
    else:
        attachment.peer_association = table.id


def disassociate(call: Call, table: TransitRouteTable, attachment: TransitAttachment) -> None:
    """End an association."""
    table.associations.remove(attachment.id)
    if table.gateway == attachment.gateway:
        attachment.association = ""
    else:
        attachment.peer_association = ""


def detach_everywhere(call: Call, attachment: TransitAttachment) -> None:
    """An attachment goes: no table knows it any more, but for static routes, which lead nowhere."""
    for gateway_id in (attachment.gateway, attachment.peer):
        for table in tables_of(call, gateway_id) if gateway_id else ():
            if attachment.id in table.associations:
                disassociate(call, table, attachment)
            if attachment.id in table.propagations:
                table.propagations.remove(attachment.id)


def join_defaults(call: Call, gateway: TransitGateway, attachment: TransitAttachment) -> None:
    """A new attachment's association with and propagation to its gateway's default tables."""
    first = kinds.find_anywhere(call.cloud, TRANSIT_ROUTE_TABLE, gateway.default_association_table)
    if first is not None and not association_of(attachment, gateway.id):
        associate(call, first, attachment)
    second = kinds.find_anywhere(call.cloud, TRANSIT_ROUTE_TABLE, gateway.default_propagation_table)
    if second is not None and attachment.type != "peering":
        second.propagations.append(attachment.id)


def resource_of(attachment: TransitAttachment, gateway_id: str) -> str:
    """What is at the far end of an attachment, seen from one of its gateways."""
    if attachment.type == "peering" and gateway_id != attachment.gateway:
        return attachment.gateway
    return attachment.resource


def shown(call: Call, table: TransitRouteTable) -> dict[str, Any]:
    """The member `TransitGatewayRouteTable`."""
    return {
        "TransitGatewayRouteTableId": table.id,
        "TransitGatewayId": table.gateway,
        "State": table.state,
        "DefaultAssociationRouteTable": table.is_default_association,
        "DefaultPropagationRouteTable": table.is_default_propagation,
        "CreationTime": table.created_ns / SECOND_NS,
        "Tags": tags.shown(call, table.id),
    }


def _attachment_id(request: Input) -> str:
    if request.get("TransitGatewayRouteTableAnnouncementId"):
        raise AwsError(
            "InvalidTransitGatewayRouteTableAnnouncementId.NotFound",
            "There are no route table announcements.",
        )
    identifier: str | None = request.get("TransitGatewayAttachmentId")
    if not identifier:
        raise missing_parameter("transitGatewayAttachmentId")
    return identifier


def _attachments(call: Call, ids: Sequence[str]) -> list[TransitAttachment]:
    found = (kinds.find_anywhere(call.cloud, TRANSIT_ATTACHMENT, each) for each in ids)
    return [each for each in found if each is not None]


def _resource(attachment: TransitAttachment, table: TransitRouteTable) -> dict[str, str]:
    return {
        "ResourceId": resource_of(attachment, table.gateway),
        "ResourceType": attachment.type,
    }


def _association(
    table: TransitRouteTable, attachment: TransitAttachment, state: str
) -> dict[str, str]:
    return {
        "TransitGatewayRouteTableId": table.id,
        "TransitGatewayAttachmentId": attachment.id,
        **_resource(attachment, table),
        "State": state,
    }


_propagation: Final = _association


def _later(call: Call, table: TransitRouteTable) -> None:
    delay_ns = LIFE.delay_ns(call.cloud.settings.lifecycle, table.state)
    call.after(delay_ns, DUE, table.id, "due")


def _id(row: Any) -> str:
    identifier: str = row.id
    return identifier


_BY_RESOURCE: Final[MappingProxyType[str, Callable[[Any], Sequence[str]]]] = MappingProxyType(
    {
        "resource-id": lambda row: (row.resource,),
        "resource-type": lambda row: (row.type,),
        "transit-gateway-attachment-id": lambda row: (row.id,),
    }
)

DESCRIPTION: Final = Description(
    kind=TRANSIT_ROUTE_TABLE,
    ids="TransitGatewayRouteTableIds",
    answer="TransitGatewayRouteTables",
    view=shown,
    filters=MappingProxyType(
        {
            "default-association-route-table": lambda _, row: (
                str(row.is_default_association).lower(),
            ),
            "default-propagation-route-table": lambda _, row: (
                str(row.is_default_propagation).lower(),
            ),
            "state": lambda _, row: (row.state,),
            "transit-gateway-id": lambda _, row: (row.gateway,),
            "transit-gateway-route-table-id": lambda _, row: (row.id,),
        }
    ),
)
