"""All of EC2's rows, of every account and Region, as one network that questions are asked of.

Rules of this file: rows are read, never changed. The network is good until EC2's generation moves;
then it is made again, and every part that came out equal is the very same object as before, so
that whoever compiles it further (`world/network`) redoes only what has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from cloudchamber.cloud import ports
from cloudchamber.cloud.ports import LatticeFacts
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections import nouns as connections
from cloudchamber.services.ec2.connections.routing import carries, routes_of
from cloudchamber.services.ec2.generation import generation
from cloudchamber.services.ec2.instances.nouns import INSTANCE
from cloudchamber.services.ec2.interfaces import nouns as interfaces
from cloudchamber.services.ec2.kinds import Kind
from cloudchamber.services.ec2.reachability import neutral
from cloudchamber.services.ec2.vpcs import nouns as vpcs
from cloudchamber.services.ec2.vpcs.route_targets import is_active
from cloudchamber.world.network import graph
from cloudchamber.world.network.changes import recompile
from cloudchamber.world.network.compiled import Compiled, compile_network
from cloudchamber.world.network.graph import Network

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

Part = TypeVar("Part", bound=Any)
_KEY: Final = "ec2.network"
# States in which an exclusion from VPC Block Public Access holds.
_IN_FORCE: Final = ("create-complete", "update-in-progress", "update-complete")


class Known(NamedTuple):
    """A compiled network, and what it is of: EC2's generation, and VPC Lattice's associations."""

    generation: int
    lattice: tuple[LatticeFacts, ...]
    compiled: Compiled


def compiled_of(cloud: Cloud) -> Compiled:
    """The network as it is now, ready for questions."""
    known: Known | None = cloud.derived.get(_KEY)
    now, lattice = generation(cloud), _lattice(cloud)
    if known is not None and (known.generation, known.lattice) == (now, lattice):
        return known.compiled
    if known is None:
        compiled = compile_network(_rebuilt(cloud, lattice, Network()))
    else:
        network = _rebuilt(cloud, lattice, known.compiled.network)
        is_same = network is known.compiled.network
        compiled = known.compiled if is_same else recompile(known.compiled, network)
    cloud.derived[_KEY] = Known(now, lattice, compiled)
    return compiled


def _lattice(cloud: Cloud) -> tuple[LatticeFacts, ...]:
    answer = cloud.registry.port(ports.LATTICE)
    return tuple(answer(cloud)) if answer else ()


def _rebuilt(cloud: Cloud, lattice: tuple[LatticeFacts, ...], before: Network) -> Network:
    """The network of today; `before` itself if nothing is different."""
    made: dict[str, Iterable[Any]] = {
        **_places(cloud, frozenset(each.vpc for each in lattice)),
        **_guards(cloud),
        **_gateways(cloud),
        **_connections(cloud),
        **_endpoints(cloud),
        "lattice_associations": map(neutral.lattice_part, lattice),
    }
    parts = {name: kept(getattr(before, name), each) for name, each in made.items()}
    if all(mapping is getattr(before, name) for name, mapping in parts.items()):
        return before
    return Network(**parts)


def kept(before: Mapping[str, Part], parts: Iterable[Part]) -> Mapping[str, Part]:
    """The parts by id; each that is equal to the one before is the one before."""
    made = {part.id: part for part in parts}
    is_same = len(made) == len(before)
    for key, part in made.items():
        old = before.get(key)
        if old is not None and old == part:
            made[key] = old
        else:
            is_same = False
    return before if is_same else made


def _rows(cloud: Cloud, kind: Kind[Part]) -> Iterable[Part]:
    return (row for _, _, row in kinds.everywhere(cloud, kind))


def _places(cloud: Cloud, latticed: frozenset[str]) -> dict[str, Iterable[Any]]:
    """VPCs, subnets, interfaces and route tables."""
    running = {row.id for row in _rows(cloud, INSTANCE) if row.state == "running"}
    blocked = {
        (account, region): rows["account"].mode
        for account, region, rows in cloud.store.scopes(vpcs.BLOCK_OPTIONS)
    }
    left_out = {
        row.subnet or row.vpc: row.mode
        for row in _rows(cloud, vpcs.BLOCK_EXCLUSION)
        if row.state in _IN_FORCE
    }
    attached = frozenset(
        (row.gateway, row.resource)
        for row in _rows(cloud, connections.TRANSIT_ATTACHMENT)
        if row.type == "vpc" and carries(row)
    )
    return {
        "vpcs": (
            neutral.vpc_part(
                row, region, blocked.get((account, region), "off"), left_out.get(row.id, "")
            )
            for account, region, row in kinds.everywhere(cloud, vpcs.VPC)
        ),
        "subnets": _subnets(cloud, left_out),
        "interfaces": (
            neutral.interface_part(row, is_up=_is_up(row, running))
            for row in _rows(cloud, interfaces.INTERFACE)
        ),
        "route_tables": (
            neutral.table_part(row, _active(cloud, row, attached), has_lattice=row.vpc in latticed)
            for row in _rows(cloud, vpcs.ROUTE_TABLE)
        ),
    }


def _subnets(cloud: Cloud, left_out: Mapping[str, str]) -> Iterable[graph.Subnet]:
    main = {row.id: row.main_table for row in _rows(cloud, vpcs.VPC)}
    for row in _rows(cloud, vpcs.SUBNET):
        yield neutral.subnet_part(row, row.table or main.get(row.vpc, ""), left_out.get(row.id, ""))


def _active(
    cloud: Cloud, table: vpcs.RouteTable, attached: frozenset[tuple[str, str]]
) -> dict[str, bool]:
    """For each target of a table's routes, whether it still takes packets.

    `attached` are the transit gateways that carry packets, each with a VPC: they are many, and to
    look through all of them for each route would take a square of them.
    """
    return {
        route.target: (route.target, table.vpc) in attached
        if route.target.startswith("tgw-")
        else is_active(cloud, table, route)
        for route in table.routes
    }


def _is_up(row: interfaces.Interface, running: set[str]) -> bool:
    """Whether something answers behind an interface: a running instance, or one of AWS's own."""
    if row.attachment is None:
        return row.is_requester_managed
    return not row.attachment.instance or row.attachment.instance in running


def _guards(cloud: Cloud) -> dict[str, Iterable[Any]]:
    """Security groups, ACLs and prefix lists."""
    return {
        "security_groups": map(neutral.group_part, _rows(cloud, interfaces.SECURITY_GROUP)),
        "acls": map(neutral.acl_part, _rows(cloud, vpcs.NETWORK_ACL)),
        "prefix_lists": map(neutral.prefix_list_part, _rows(cloud, interfaces.PREFIX_LIST)),
    }


def _gateways(cloud: Cloud) -> dict[str, Iterable[Any]]:
    """What stands at the edge of a VPC."""
    edges = {
        association.gateway: table.id
        for table in _rows(cloud, vpcs.ROUTE_TABLE)
        for association in table.associations
        if association.gateway
    }
    return {
        "internet_gateways": (
            graph.InternetGateway(id=row.id, vpc=row.vpc, route_table=edges.get(row.id, ""))
            for row in _rows(cloud, vpcs.INTERNET_GATEWAY)
        ),
        "egress_only_gateways": (
            graph.EgressOnlyGateway(id=row.id, vpc=row.vpc)
            for row in _rows(cloud, vpcs.EGRESS_ONLY_GATEWAY)
        ),
        "nat_gateways": map(neutral.nat_part, _rows(cloud, interfaces.NAT_GATEWAY)),
    }


def _connections(cloud: Cloud) -> dict[str, Iterable[Any]]:
    """Peerings, transit gateways and what is attached to them."""
    attachments = list(_rows(cloud, connections.TRANSIT_ATTACHMENT))
    return {
        "peerings": map(neutral.peering_part, _rows(cloud, connections.PEERING)),
        "transit_gateways": (
            neutral.transit_part(row, region)
            for _, region, row in kinds.everywhere(cloud, connections.TRANSIT_GATEWAY)
        ),
        "attachments": (
            neutral.attachment_part(row) for row in attachments if row.type != "peering"
        ),
        "transit_peerings": (
            neutral.transit_peering_part(row) for row in attachments if row.type == "peering"
        ),
        "transit_tables": (
            neutral.transit_table_part(row, routes_of(cloud, row))
            for row in _rows(cloud, connections.TRANSIT_ROUTE_TABLE)
        ),
    }


def _endpoints(cloud: Cloud) -> dict[str, Iterable[Any]]:
    """Gateway endpoints, and those that have interfaces."""
    rows = list(_rows(cloud, connections.ENDPOINT))
    return {
        "gateway_endpoints": (
            neutral.gateway_endpoint_part(row) for row in rows if row.type == "Gateway"
        ),
        "interface_endpoints": (
            neutral.interface_endpoint_part(row) for row in rows if row.type != "Gateway"
        ),
    }
