"""What of a VPC an account sees that only has a shared subnet in it.

Rules of this file: reads. A participant sees the subnets that are shared with it, their VPC, and
the route tables and network ACLs that are in force for those subnets; nothing else of the VPC.
https://docs.aws.amazon.com/vpc/latest/userguide/vpc-share-limitations.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.describing import Description, described, filtered
from cloudchamber.services.ec2.kinds import Kind
from cloudchamber.services.ec2.vpcs.lookup import acl_of, table_of, vpc_of
from cloudchamber.services.ec2.vpcs.nouns import NETWORK_ACL, ROUTE_TABLE, SUBNET, VPC, Subnet

_SEEN_WITH_SUBNETS: Final = (VPC.prefix, ROUTE_TABLE.prefix, NETWORK_ACL.prefix)


def describe_seen(
    call: Call, request: dict[str, Any], description: Description[Any]
) -> dict[str, Any]:
    """The answer of a Describe operation about VPCs, route tables or network ACLs."""
    kind = description.kind
    own = call.rows(kind.table)
    ids = request.get(description.ids, ())
    rows: list[Any]
    others = {} if ids and all(each in own for each in ids) else participated(call, kind)
    if not ids and not others:
        rows = list(own.values())  # an ordered table, by id
    else:
        everything = {**own, **others}
        for each in ids:
            if each not in everything:
                raise kinds.missing(kind, each)
        rows = [everything[each] for each in dict.fromkeys(ids or everything)]
    filters = request.get("Filters", ())
    if filters:
        rows = filtered(call, rows, filters, description.filters)
    if ids or others:
        rows.sort(key=lambda row: str(row.id))
    return described(call, request, description, rows)


def participated(call: Call, kind: Kind[Any]) -> dict[str, Any]:
    """The things of others that the account sees because of subnets shared with it, by id."""
    if kind.prefix not in _SEEN_WITH_SUBNETS:
        return {}
    found = {}
    for subnet in kinds.shared(call, SUBNET):
        row = _of(call, kind, subnet)
        found[row.id] = row
    return found


def _of(call: Call, kind: Kind[Any], subnet: Subnet) -> Any:
    if kind.prefix == VPC.prefix:
        return vpc_of(call.cloud, subnet)
    return (table_of if kind.prefix == ROUTE_TABLE.prefix else acl_of)(call.cloud, subnet)
