"""The tables of a network: what its ACLs, groups and route tables say of each address.

Rules of this file: a table is made when first asked for, from one part of the graph and the prefix
lists. Ports that no rule tells apart share a table.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from cloudchamber.world.network.graph import AclEntry, Network, Route, Rule, TransitRoute
from cloudchamber.world.network.tables import (
    ALL_PORTS,
    PORT_PROTOCOLS,
    AclAnswer,
    GroupTable,
    Ports,
    Table,
    acl_table,
    group_table,
    pieces_of,
    route_table,
)


class Rulebook:
    """A network's tables, by what they are asked about."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.acls: dict[tuple[str, str, int, Ports], Table[AclAnswer]] = {}
        self.groups: dict[tuple[tuple[str, ...], str, int, Ports], GroupTable] = {}
        self.cuts: dict[tuple[str | tuple[str, ...], str, int], list[int]] = {}
        self.route_tables: dict[str, Table[Route]] = {}
        self.transit_tables: dict[str, Table[TransitRoute]] = {}

    def acl_at(self, acl_id: str, direction: str, protocol: int, ports: Ports) -> Table[AclAnswer]:
        """What an ACL says of each address, for a protocol and ports (all of them together)."""
        key = (acl_id, direction, protocol, ports)
        found = self.acls.get(key)
        if found is None:
            acl = self.network.acls.get(acl_id)
            entries = () if acl is None else acl.ingress if direction == "ingress" else acl.egress
            alike = (acl_id, direction, protocol, self._stretch(*key[:3], entries, ports))
            found = self.acls.get(alike)
            if found is None:
                found = self.acls[alike] = acl_table(entries, protocol, alike[3])
            self.acls[key] = found
        return found

    def groups_at(
        self, groups: tuple[str, ...], direction: str, protocol: int, ports: Ports
    ) -> GroupTable:
        """What a set of security groups admits, for a protocol and ports."""
        key = (groups, direction, protocol, ports)
        found = self.groups.get(key)
        if found is None:
            known = self.network.security_groups
            members = [known[group] for group in groups if group in known]
            rules = [
                rule
                for member in members
                for rule in (member.ingress if direction == "ingress" else member.egress)
            ]
            alike = (groups, direction, protocol, self._stretch(*key[:3], rules, ports))
            found = self.groups.get(alike)
            if found is None:
                found = group_table(rules, self.network.prefix_lists, protocol, alike[3])
                self.groups[alike] = found
            self.groups[key] = found
        return found

    def _stretch(
        self,
        name: str | tuple[str, ...],
        direction: str,
        protocol: int,
        rules: Sequence[Rule | AclEntry],
        ports: Ports,
    ) -> Ports:
        """All the ports between two cuts, if these lie between them: rules treat them alike."""
        if protocol not in PORT_PROTOCOLS:
            return ports
        key = (name, direction, protocol)
        cuts = self.cuts.get(key)
        if cuts is None:
            cuts = self.cuts[key] = [low for low, _ in pieces_of(rules, protocol, ALL_PORTS)]
        at = bisect_right(cuts, ports[0])
        last = cuts[at] - 1 if at < len(cuts) else ALL_PORTS[1]
        return (cuts[at - 1], last) if ports[1] <= last else ports

    def find_route(self, table_id: str, address: int) -> Route | None:
        """The route of a VPC's table that an address takes."""
        found = self.route_tables.get(table_id)
        if found is None:
            table = self.network.route_tables.get(table_id)
            routes = table.routes if table is not None else ()
            found = self.route_tables[table_id] = route_table(routes, self.network.prefix_lists)
        return found.at(address)

    def find_transit_route(self, table_id: str, address: int) -> TransitRoute | None:
        """The route of a transit gateway's table that an address takes."""
        found = self.transit_tables.get(table_id)
        if found is None:
            table = self.network.transit_tables.get(table_id)
            routes = table.routes if table is not None else ()
            found = route_table(routes, self.network.prefix_lists)
            self.transit_tables[table_id] = found
        return found.at(address)
