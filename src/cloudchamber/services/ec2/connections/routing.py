"""The routes of a Transit Gateway's table: what is in force, in AWS's order of preference.

Rules of this file: pure functions of the rows. For one CIDR one route is in force: a static one
before one through a prefix list, that before a propagated one; among those a VPC's before others',
and the attachment that propagated first before a later one. A route whose attachment is gone is a
blackhole. Propagated routes are never kept: they follow from the attachments' CIDRs at the moment.
https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html#tgw-route-evaluation-overview
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections.nouns import (
    TRANSIT_ATTACHMENT,
    TransitAttachment,
    TransitRoute,
    TransitRouteTable,
)
from cloudchamber.services.ec2.interfaces.nouns import PREFIX_LIST
from cloudchamber.services.ec2.vpcs.nouns import VPC

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

CARRYING: Final = ("available", "modifying")  # states of an attachment through which packets go
_PREFERENCE: Final = ("vpc", "direct-connect-gateway", "connect", "vpn", "peering")
_BITS: Final = MappingProxyType({4: 32, 6: 128})


class TransitRouteInForce(NamedTuple):
    """A route in force: a CIDR, the attachments it leads to (none for a blackhole that was asked
    for), where it comes from and whether packets get through."""

    cidr: str
    attachments: tuple[str, ...]
    type: Literal["static", "propagated"]
    state: Literal["active", "blackhole"]
    prefix_list: str = ""

    @property
    def place(self) -> str:
        """Where it stands among others: by family, address, then the wider one first."""
        block = block_of(self.cidr)
        return f"{block.version}{block.first:032x}{block.bits:03}"


class Block(NamedTuple):
    """A CIDR in numbers."""

    version: int
    first: int
    bits: int

    def holds(self, other: Block) -> bool:
        """Whether all of another CIDR's addresses are in this one."""
        if self.version != other.version or self.bits > other.bits:
            return False
        shift = _BITS[self.version] - self.bits
        return self.first >> shift == other.first >> shift


@lru_cache(maxsize=65536)
def block_of(cidr: str) -> Block:
    """A CIDR, or an address as the smallest CIDR. Raises ValueError."""
    network = ipaddress.ip_network(cidr, strict=False)
    return Block(network.version, int(network.network_address), network.prefixlen)


def routes_of(cloud: Cloud, table: TransitRouteTable) -> list[TransitRouteInForce]:
    """What is in force in a table, by CIDR."""
    chosen: dict[str, TransitRouteInForce] = {}
    for route in (*_static(cloud, table), *_propagated(cloud, table)):
        chosen.setdefault(route.cidr, route)
    return sorted(chosen.values(), key=_place)


def longest_match(
    routes: Iterable[TransitRouteInForce], address: str
) -> TransitRouteInForce | None:
    """The route that an address (or a whole CIDR) takes: the narrowest one around it."""
    wanted = block_of(address)
    found = [route for route in routes if block_of(route.cidr).holds(wanted)]
    return max(found, key=_narrowness, default=None)


def longest(routes: Sequence[TransitRouteInForce], cidr: str) -> list[TransitRouteInForce]:
    """As `longest_match`, as a list of one or none."""
    found = longest_match(routes, cidr)
    return [] if found is None else [found]


def exactly(routes: Sequence[TransitRouteInForce], cidr: str) -> list[TransitRouteInForce]:
    """The route to this very CIDR."""
    wanted = block_of(cidr)
    return [route for route in routes if block_of(route.cidr) == wanted]


def inside(routes: Sequence[TransitRouteInForce], cidr: str) -> list[TransitRouteInForce]:
    """The routes to a CIDR and to parts of it."""
    wanted = block_of(cidr)
    return [route for route in routes if wanted.holds(block_of(route.cidr))]


def around(routes: Sequence[TransitRouteInForce], cidr: str) -> list[TransitRouteInForce]:
    """The routes to a CIDR and to what it is a part of."""
    wanted = block_of(cidr)
    return [route for route in routes if block_of(route.cidr).holds(wanted)]


def carries(attachment: TransitAttachment | None) -> bool:
    """Whether packets go through an attachment."""
    return attachment is not None and attachment.state in CARRYING


def cidrs_behind(cloud: Cloud, attachment: TransitAttachment) -> list[str]:
    """What an attachment tells the tables that it propagates to: a VPC's CIDRs."""
    if attachment.type != "vpc":
        return []
    vpc = kinds.find_anywhere(cloud, VPC, attachment.resource)
    if vpc is None:
        return []
    cidrs = [each.cidr for each in vpc.blocks if each.state == "associated"]
    if attachment.options.get("Ipv6Support") == "enable":
        cidrs += [each.cidr for each in vpc.blocks6 if each.state == "associated"]
    return cidrs


def through(
    cloud: Cloud, route: TransitRoute, cidrs: Iterable[str]
) -> Iterator[TransitRouteInForce]:
    """What a static route or a reference says of CIDRs."""
    attachment = kinds.find_anywhere(cloud, TRANSIT_ATTACHMENT, route.attachment)
    state: Literal["active", "blackhole"] = "active" if carries(attachment) else "blackhole"
    to = (route.attachment,) if route.attachment else ()
    for cidr in cidrs:
        yield TransitRouteInForce(cidr, to, "static", state, route.prefix_list)


def _static(cloud: Cloud, table: TransitRouteTable) -> Iterator[TransitRouteInForce]:
    """Routes by CIDR, then those by prefix list."""
    for route in sorted(table.routes, key=_is_by_list):
        if not route.prefix_list:
            yield from through(cloud, route, (route.cidr,))
            continue
        listed = kinds.find_anywhere(cloud, PREFIX_LIST, route.prefix_list)
        yield from through(
            cloud, route, (entry.cidr for entry in (listed.versions[-1] if listed else ()))
        )


def _propagated(cloud: Cloud, table: TransitRouteTable) -> Iterator[TransitRouteInForce]:
    found = [
        attachment
        for each in table.propagations
        if (attachment := kinds.find_anywhere(cloud, TRANSIT_ATTACHMENT, each)) is not None
        and carries(attachment)
    ]
    for attachment in sorted(found, key=lambda each: _PREFERENCE.index(each.type)):
        for cidr in cidrs_behind(cloud, attachment):
            yield TransitRouteInForce(cidr, (attachment.id,), "propagated", "active")


def _is_by_list(route: TransitRoute) -> bool:
    return bool(route.prefix_list)


def _place(route: TransitRouteInForce) -> str:
    return route.place


def _narrowness(route: TransitRouteInForce) -> int:
    return block_of(route.cidr).bits
