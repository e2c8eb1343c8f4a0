"""Routes of a Transit Gateway's tables: static ones, searched ones, exported ones.

Rules of this file: what the owner writes into a table. What is in force follows in `routing.py`,
which a search asks; so does whoever follows a packet.
https://docs.aws.amazon.com/vpc/latest/tgw/tgw-route-tables.html
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections import limits, routing, transit_tables
from cloudchamber.services.ec2.connections.nouns import (
    TRANSIT_ATTACHMENT,
    TransitRoute,
    TransitRouteTable,
)
from cloudchamber.services.ec2.connections.routing import TransitRouteInForce
from cloudchamber.services.ec2.describing import paged
from cloudchamber.services.ec2.filters import matching
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    missing_parameter,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

_FOLDER: Final = "VPCTransitGateway/TransitGatewayRouteTables"
_BY_CIDR: Final[Mapping[str, Callable[..., list[TransitRouteInForce]]]] = MappingProxyType(
    {
        "route-search.exact-match": routing.exactly,
        "route-search.longest-prefix-match": routing.longest,
        "route-search.subnet-of-match": routing.inside,
        "route-search.supernet-of-match": routing.around,
        "transit-gateway-route-destination-cidr-block": routing.exactly,
    }
)


def create_transit_gateway_route(call: Call, request: Input) -> Output:
    """A static route to a CIDR: to an attachment, or nowhere."""
    table = transit_tables.expect_usable(call, request["TransitGatewayRouteTableId"])
    cidr = expect_cidr(request["DestinationCidrBlock"])
    if _find(table, cidr) is not None:
        raise AwsError(
            "RouteAlreadyExists",
            f"Route {cidr} already exists in Transit Gateway Route Table {table.id}.",
        )
    attachment = target(call, table, request)
    _expect_room(table)
    route = TransitRoute(cidr=cidr, attachment=attachment)
    table.routes.append(route)
    return {"Route": _one(call, table, route)}


def replace_transit_gateway_route(call: Call, request: Input) -> Output:
    """Lead a static route elsewhere."""
    table = transit_tables.expect_usable(call, request["TransitGatewayRouteTableId"])
    cidr = expect_cidr(request["DestinationCidrBlock"])
    route = _expect(table, cidr)
    route.attachment = target(call, table, request)
    return {"Route": _one(call, table, route)}


def delete_transit_gateway_route(call: Call, request: Input) -> Output:
    """Take a static route away; a propagated one to the same CIDR comes back into force."""
    table = transit_tables.expect_usable(call, request["TransitGatewayRouteTableId"])
    cidr = expect_cidr(request["DestinationCidrBlock"])
    route = _expect(table, cidr)
    view = {**_one(call, table, route), "State": "deleted"}
    table.routes.remove(route)
    return {"Route": view}


def search_transit_gateway_routes(call: Call, request: Input) -> Output:
    """The routes in force that pass the filters."""
    table = transit_tables.expect_table(call, request["TransitGatewayRouteTableId"])
    found = chosen(call.cloud, table, request.get("Filters", ()))
    output = paged(request, "Routes", found, _place, lambda route: shown(call.cloud, table, route))
    output["AdditionalRoutesAvailable"] = "NextToken" in output
    return output


def export_transit_gateway_routes(call: Call, request: Input) -> Output:
    """Write the routes that pass the filters into a bucket, as the caller."""
    table = transit_tables.expect_table(call, request["TransitGatewayRouteTableId"])
    found = chosen(call.cloud, table, request.get("Filters", ()))
    instant = datetime.fromtimestamp(call.now // SECOND_NS, UTC).strftime("%Y%m%dT%H%M%SZ")
    key = f"{_FOLDER}/{table.id}_{instant}.json"
    bucket = request["S3Bucket"]
    document = {
        "transitGatewayRouteTableId": table.id,
        "routes": [_exported(shown(call.cloud, table, route)) for route in found],
    }
    call.invoke(
        "s3", "PutObject",
        {"Bucket": bucket, "Key": key, "Body": json.dumps(document, indent=2).encode()},
    )  # fmt: skip
    return {"S3Location": f"s3://{bucket}/{key}"}


def chosen(
    cloud: Cloud, table: TransitRouteTable, filters: Sequence[Mapping[str, Any]]
) -> list[TransitRouteInForce]:
    """The routes in force that pass filters, by CIDR. Raises InvalidParameterValue.

    The filters on CIDRs are asked of the whole table, the others of what those found.
    """
    routes = routing.routes_of(cloud, table)
    others = []
    kept: set[str] | None = None
    for each in filters:
        search = _BY_CIDR.get(each.get("Name") or "")
        if search is None:
            others.append(each)
            continue
        found = {
            route.cidr
            for value in each.get("Values", ())
            for route in search(routes, _expect_block(value))
        }
        kept = found if kept is None else kept & found
    if kept is not None:
        routes = [route for route in routes if route.cidr in kept]
    return matching(routes, others, _properties(cloud, table))


def shown(cloud: Cloud, table: TransitRouteTable, route: TransitRouteInForce) -> dict[str, Any]:
    """An element of `Routes`."""
    view: dict[str, Any] = {
        "DestinationCidrBlock": route.cidr,
        "Type": route.type,
        "State": route.state,
    }
    if route.prefix_list:
        view["PrefixListId"] = route.prefix_list
    if route.attachments:
        view["TransitGatewayAttachments"] = [
            attachment_view(cloud, table, each) for each in route.attachments
        ]
    return view


def attachment_view(cloud: Cloud, table: TransitRouteTable, identifier: str) -> dict[str, str]:
    """An attachment as routes name it: id, and what is at its far end while it is known."""
    view = {"TransitGatewayAttachmentId": identifier}
    attachment = kinds.find_anywhere(cloud, TRANSIT_ATTACHMENT, identifier)
    if attachment is not None:
        view["ResourceId"] = transit_tables.resource_of(attachment, table.gateway)
        view["ResourceType"] = attachment.type
    return view


def expect_cidr(text: str) -> str:
    """A CIDR in canonical form: bits beyond the prefix are dropped, as EC2 does.

    Raises InvalidParameterValue.
    """
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise invalid_value(text, "destinationCidrBlock", "This is not a valid CIDR.") from None


def target(call: Call, table: TransitRouteTable, request: Input) -> str:
    """Where a route or a reference is to lead: an attachment's id, empty for nowhere.

    Raises MissingParameter, InvalidParameterCombination, and for the attachment itself.
    """
    identifier: str = request.get("TransitGatewayAttachmentId", "")
    if request.get("Blackhole"):
        if identifier:
            raise invalid_combination("A blackhole route leads to no attachment.")
        return ""
    if not identifier:
        raise missing_parameter("transitGatewayAttachmentId")
    return transit_tables.expect_attached(call, table, identifier).id


def _expect_block(text: str) -> str:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise AwsError("InvalidParameterValue", f"The filter value '{text}' is no CIDR") from None
    return text


def _expect_room(table: TransitRouteTable) -> None:
    limits.expect_room(
        len(table.routes), limits.TRANSIT_ROUTES_PER_TABLE, "RouteLimitExceeded",
        f"static routes of {table.id}",
    )  # fmt: skip


def _find(table: TransitRouteTable, cidr: str) -> TransitRoute | None:
    return next((each for each in table.routes if each.cidr == cidr and not each.prefix_list), None)


def _expect(table: TransitRouteTable, cidr: str) -> TransitRoute:
    route = _find(table, cidr)
    if route is None:
        raise AwsError(
            "InvalidRoute.NotFound",
            f"There is no static route {cidr} in Transit Gateway Route Table {table.id}.",
        )
    return route


def _one(call: Call, table: TransitRouteTable, route: TransitRoute) -> dict[str, Any]:
    """The view of a static route, which is in force whatever else there is."""
    [found] = routing.through(call.cloud, route, [route.cidr])
    return shown(call.cloud, table, found)


def _place(route: TransitRouteInForce) -> str:
    return route.place


def _properties(
    cloud: Cloud, table: TransitRouteTable
) -> dict[str, Callable[[TransitRouteInForce], Sequence[str]]]:
    def of_attachment(member: str) -> Callable[[TransitRouteInForce], Sequence[str]]:
        def texts(route: TransitRouteInForce) -> Sequence[str]:
            views = (attachment_view(cloud, table, each) for each in route.attachments)
            return [view[member] for view in views if member in view]

        return texts

    return {
        "attachment.transit-gateway-attachment-id": lambda route: route.attachments,
        "attachment.resource-id": of_attachment("ResourceId"),
        "attachment.resource-type": of_attachment("ResourceType"),
        "prefix-list-id": lambda route: (route.prefix_list,) if route.prefix_list else (),
        "state": lambda route: (route.state,),
        "type": lambda route: (route.type,),
    }


def _exported(value: Any) -> Any:
    """Members as the exported file spells them, with a small first letter."""
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: _exported(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_exported(each) for each in value]
    return value
