"""Whether what a route leads to still takes packets; a route to anything else is a blackhole.

Rules of this file: asked of the rows as they are, once for a whole network. A target counts only
for the VPC that it belongs to: an internet gateway that was attached elsewhere is one that is gone.
https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html#route-tables-concepts
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections import nouns as connections
from cloudchamber.services.ec2.interfaces import nouns as interfaces
from cloudchamber.services.ec2.vpcs import nouns as vpcs

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

LOCAL: Final = "local"


class Targets:
    """What routes may lead to, by id, with the VPCs for which it does."""

    def __init__(self, taking: Mapping[str, frozenset[str]]) -> None:
        self._taking = taking

    @staticmethod
    def of(cloud: Cloud, running: set[str]) -> Targets:
        """Everything that takes packets now; `running` are the instances that run."""
        taking: dict[str, set[str]] = {}
        for vpc, target in [*_own(cloud, running), *_between(cloud)]:
            if vpc:
                taking.setdefault(target, set()).add(vpc)
        return Targets({target: frozenset(held) for target, held in taking.items()})

    def states(self, table: vpcs.RouteTable) -> dict[str, bool]:
        """For each target of a table's routes, whether it takes packets."""
        return {
            route.target: route.target == LOCAL or table.vpc in self._taking.get(route.target, ())
            for route in table.routes
        }


def _own(cloud: Cloud, running: set[str]) -> list[tuple[str, str]]:
    """(VPC, target) of what belongs to one VPC."""
    found: list[tuple[str, str]] = []
    for _, _, gateway in kinds.everywhere(cloud, vpcs.INTERNET_GATEWAY):
        found.append((gateway.vpc, gateway.id))
    for _, _, egress in kinds.everywhere(cloud, vpcs.EGRESS_ONLY_GATEWAY):
        found.append((egress.vpc, egress.id))
    for _, _, nat in kinds.everywhere(cloud, interfaces.NAT_GATEWAY):
        if nat.state in ("pending", "available"):
            found.append((nat.vpc, nat.id))
    for _, _, interface in kinds.everywhere(cloud, interfaces.INTERFACE):
        attachment = interface.attachment
        if attachment is not None and (not attachment.instance or attachment.instance in running):
            found.append((interface.vpc, interface.id))
    for _, _, endpoint in kinds.everywhere(cloud, connections.ENDPOINT):
        if endpoint.state not in ("deleting", "deleted", "failed", "rejected", "expired"):
            found.append((endpoint.vpc, endpoint.id))
    return found


def _between(cloud: Cloud) -> list[tuple[str, str]]:
    """(VPC, target) of what leads from one VPC to others."""
    found: list[tuple[str, str]] = []
    for _, _, peering in kinds.everywhere(cloud, connections.PEERING):
        if peering.status == "active":
            found.append((peering.requester.vpc, peering.id))
            found.append((peering.accepter.vpc, peering.id))
    for _, _, attachment in kinds.everywhere(cloud, connections.TRANSIT_ATTACHMENT):
        if attachment.type == "vpc" and attachment.state in ("available", "modifying"):
            found.append((attachment.resource, attachment.gateway))
    return found
