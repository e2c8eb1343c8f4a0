"""Whether a security group's rule may name another group.

Rules of this file: reads only. Groups of one VPC name each other; so do groups of two VPCs in one
Region that are peered, or attached to a Transit Gateway that supports it.
https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections.nouns import (
    PEERING,
    TRANSIT_ATTACHMENT,
    TRANSIT_GATEWAY,
)
from cloudchamber.services.ec2.interfaces.nouns import SecurityGroup

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

DIFFERENT_NETWORKS: Final = "You have specified two resources that belong to different networks."
REFERENCING: Final = "SecurityGroupReferencingSupport"


def way_between(cloud: Cloud, group: SecurityGroup, other: SecurityGroup) -> str | None:
    """How a group's rule reaches another group: "" in one VPC or by a gateway, a peering's id.

    None if there is no way.
    """
    here, there = {group.vpc, *group.extra_vpcs}, {other.vpc, *other.extra_vpcs}
    if here & there:
        return ""
    peering = find_peering(cloud, group.vpc, other.vpc)
    if peering is not None:
        return peering
    return "" if share_gateway(cloud, group.vpc, other.vpc) else None


def find_peering(cloud: Cloud, vpc: str, other: str) -> str | None:
    """The id of an active peering between two VPCs of one Region."""
    for _, _, each in kinds.everywhere(cloud, PEERING):
        sides = {each.requester.vpc, each.accepter.vpc}
        if sides == {vpc, other} and each.status == "active":
            if each.requester.region == each.accepter.region:
                return each.id
    return None


def share_gateway(cloud: Cloud, vpc: str, other: str) -> bool:
    """Whether two VPCs are attached to a Transit Gateway that lets groups name each other."""
    attached: dict[str, set[str]] = {}
    for _, _, each in kinds.everywhere(cloud, TRANSIT_ATTACHMENT):
        if each.type == "vpc" and each.state == "available" and each.resource in (vpc, other):
            if each.options.get(REFERENCING, "enable") == "enable":
                attached.setdefault(each.gateway, set()).add(each.resource)
    for identifier, vpcs in attached.items():
        gateway = kinds.find_anywhere(cloud, TRANSIT_GATEWAY, identifier)
        if len(vpcs) == 2 and gateway is not None:
            if gateway.options.get(REFERENCING, "disable") == "enable":
                return True
    return False


def status_of_peering(cloud: Cloud, identifier: str) -> str:
    """The state of a peering; one that is forgotten was deleted."""
    row = kinds.find_anywhere(cloud, PEERING, identifier)
    return row.status if row else "deleted"


def is_gone(cloud: Cloud, group_id: str, peering: str) -> bool:
    """Whether a rule that names a group is stale: the group, or the peering to it, is gone."""
    group = kinds.place_of(cloud, group_id)
    return group is None or bool(peering and status_of_peering(cloud, peering) != "active")
