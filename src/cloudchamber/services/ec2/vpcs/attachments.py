"""What still needs a VPC or a subnet, so that it cannot be deleted.

Rules of this file: reads over the rows of all areas. What a VPC was made with (the main route
table, the default ACL, the default group) does not count.
https://docs.aws.amazon.com/vpc/latest/userguide/delete-vpc.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections.nouns import ENDPOINT, PEERING, TRANSIT_ATTACHMENT
from cloudchamber.services.ec2.interfaces.allocation import TAKEN
from cloudchamber.services.ec2.interfaces.groups import DEFAULT_NAME, groups_of
from cloudchamber.services.ec2.kinds import Kind
from cloudchamber.services.ec2.vpcs.lookup import subnets_of
from cloudchamber.services.ec2.vpcs.nouns import (
    EGRESS_ONLY_GATEWAY,
    INTERNET_GATEWAY,
    NETWORK_ACL,
    ROUTE_TABLE,
    Subnet,
    Vpc,
)

_INSIDE: Final[tuple[Kind[Any], ...]] = (
    INTERNET_GATEWAY,
    EGRESS_ONLY_GATEWAY,
    ROUTE_TABLE,
    NETWORK_ACL,
)
_OVER: Final = ("deleting", "deleted")
_DETACHED: Final = (*_OVER, "failed", "rejected")  # states of an attachment that joins nothing
_PEERED: Final = ("active", "pending-acceptance", "provisioning", "initiating-request")


def in_use_by(call: Call, vpc: Vpc) -> str | None:
    """The id of something that has to go before the VPC can, or None."""
    for subnet in subnets_of(call.cloud, vpc.id):
        return subnet.id
    made_with = (vpc.main_table, vpc.default_acl)
    for kind in _INSIDE:
        for row in call.rows(kind.table).values():
            if row.vpc == vpc.id and row.id not in made_with:
                found: str = row.id
                return found
    for group in groups_of(call.cloud, vpc.id):
        if group.name != DEFAULT_NAME or group.owner != vpc.owner:
            return group.id
    return _connected(call, vpc)


def _connected(call: Call, vpc: Vpc) -> str | None:
    """What leads out of the VPC to other networks."""
    for _, _, endpoint in kinds.everywhere(call.cloud, ENDPOINT):
        if endpoint.vpc == vpc.id and endpoint.state.lower() not in _OVER:
            return endpoint.id
    for _, _, attachment in kinds.everywhere(call.cloud, TRANSIT_ATTACHMENT):
        if attachment.resource == vpc.id and attachment.state not in _DETACHED:
            return attachment.id
    for _, _, peering in kinds.everywhere(call.cloud, PEERING):
        if peering.status in _PEERED and vpc.id in (peering.requester.vpc, peering.accepter.vpc):
            return peering.id
    return None


def is_in_use(call: Call, subnet: Subnet) -> bool:
    """Whether any interface lies in a subnet, whosever it is: each has an address there."""
    taken = call.rows(TAKEN).get(subnet.id)
    return taken is not None and bool(taken.offsets or taken.addresses6 or taken.prefixes6)
