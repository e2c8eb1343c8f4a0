"""References from a Transit Gateway's table to a prefix list: one static route per entry.

Rules of this file: the reference is kept, its routes follow from the list's entries as they are.
https://docs.aws.amazon.com/vpc/latest/tgw/create-prefix-list-reference.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections import limits, transit_tables
from cloudchamber.services.ec2.connections.nouns import TransitRoute, TransitRouteTable
from cloudchamber.services.ec2.connections.transit_routes import attachment_view, target
from cloudchamber.services.ec2.describing import listed
from cloudchamber.services.ec2.interfaces.nouns import PREFIX_LIST


def create_transit_gateway_prefix_list_reference(call: Call, request: Input) -> Output:
    """Route what is in a prefix list to an attachment, or nowhere."""
    table = transit_tables.expect_usable(call, request["TransitGatewayRouteTableId"])
    listing = kinds.expect(call, PREFIX_LIST, request["PrefixListId"])
    if _find(table, listing.id) is not None:
        raise AwsError(
            "PrefixListReferenceAlreadyExists",
            f"{table.id} already has a reference to {listing.id}.",
        )
    attachment = target(call, table, request)
    _expect_room(call, table, listing.id)
    route = TransitRoute(cidr="", attachment=attachment, prefix_list=listing.id)
    table.routes.append(route)
    return {"TransitGatewayPrefixListReference": shown(call, table, route)}


def modify_transit_gateway_prefix_list_reference(call: Call, request: Input) -> Output:
    """Lead a reference elsewhere."""
    table = transit_tables.expect_usable(call, request["TransitGatewayRouteTableId"])
    route = _expect(table, request["PrefixListId"])
    route.attachment = target(call, table, request)
    return {"TransitGatewayPrefixListReference": shown(call, table, route)}


def delete_transit_gateway_prefix_list_reference(call: Call, request: Input) -> Output:
    """Take a reference and its routes away."""
    table = transit_tables.expect_usable(call, request["TransitGatewayRouteTableId"])
    route = _expect(table, request["PrefixListId"])
    view = {**shown(call, table, route), "State": "deleting"}
    table.routes.remove(route)
    return {"TransitGatewayPrefixListReference": view}


def get_transit_gateway_prefix_list_references(call: Call, request: Input) -> Output:
    """The references of a table."""
    table = transit_tables.expect_table(call, request["TransitGatewayRouteTableId"])
    views = [shown(call, table, route) for route in table.routes if route.prefix_list]
    return listed(
        request, "TransitGatewayPrefixListReferences", views, _id, _PROPERTIES, lambda view: view
    )


def shown(call: Call, table: TransitRouteTable, route: TransitRoute) -> dict[str, Any]:
    """The member `TransitGatewayPrefixListReference`."""
    listing = kinds.find_anywhere(call.cloud, PREFIX_LIST, route.prefix_list)
    view: dict[str, Any] = {
        "TransitGatewayRouteTableId": table.id,
        "PrefixListId": route.prefix_list,
        "PrefixListOwnerId": listing.owner if listing else "",
        "State": "available",
        "Blackhole": not route.attachment,
    }
    if route.attachment:
        view["TransitGatewayAttachment"] = attachment_view(call.cloud, table, route.attachment)
    return view


def _expect_room(call: Call, table: TransitRouteTable, prefix_list: str) -> None:
    """A reference counts for as many routes as its list may have entries."""
    used = 0
    for each in (*(route.prefix_list for route in table.routes), prefix_list):
        listing = kinds.find_anywhere(call.cloud, PREFIX_LIST, each) if each else None
        used += listing.max_entries if listing else 1
    if used > limits.TRANSIT_ROUTES_PER_TABLE:
        raise AwsError(
            "RouteLimitExceeded",
            f"The maximum number of static routes of {table.id} has been reached "
            f"({limits.TRANSIT_ROUTES_PER_TABLE}).",
        )


def _find(table: TransitRouteTable, prefix_list: str) -> TransitRoute | None:
    return next((each for each in table.routes if each.prefix_list == prefix_list), None)


def _expect(table: TransitRouteTable, prefix_list: str) -> TransitRoute:
    route = _find(table, prefix_list)
    if route is None:
        raise AwsError(
            "InvalidPrefixListReference.NotFound",
            f"{table.id} has no reference to {prefix_list}.",
        )
    return route


def _id(view: dict[str, Any]) -> str:
    identifier: str = view["PrefixListId"]
    return identifier


def _attachment(member: str) -> Any:
    def texts(view: dict[str, Any]) -> tuple[str, ...]:
        value = view.get("TransitGatewayAttachment", {}).get(member)
        return (value,) if value else ()

    return texts


_PROPERTIES: Final = MappingProxyType(
    {
        "attachment.resource-id": _attachment("ResourceId"),
        "attachment.resource-type": _attachment("ResourceType"),
        "attachment.transit-gateway-attachment-id": _attachment("TransitGatewayAttachmentId"),
        "is-blackhole": lambda view: (str(view["Blackhole"]).lower(),),
        "prefix-list-id": lambda view: (view["PrefixListId"],),
        "prefix-list-owner-id": lambda view: (view["PrefixListOwnerId"],),
        "state": lambda view: (view["State"],),
    }
)
