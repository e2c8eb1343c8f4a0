"""From one graph to the next: what a change touches is made anew, the rest is taken over.

Rules of this file: identity decides. A part that `is` the old one has not changed; a mapping that
`is` the old one is not even looked into. What is in doubt is made anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from cloudchamber.world.network.compiled import PATH_PARTS, Compiled
from cloudchamber.world.network.graph import Network

T = TypeVar("T")


def recompile(old: Compiled, network: Network) -> Compiled:
    """A changed graph made ready, with everything taken over that the change cannot touch."""
    made = Compiled(network)
    before = old.network
    changed = {
        part: _changed(getattr(before, part), getattr(network, part))
        for part in (*PATH_PARTS, "interfaces", "security_groups", "acls")
    }
    if not any(changed[part] for part in PATH_PARTS):
        _keep_paths(old, made, changed["interfaces"])
    made.acls = {key: table for key, table in old.acls.items() if key[0] not in changed["acls"]}
    if not changed["prefix_lists"]:
        groups = changed["security_groups"]
        made.groups = {key: table for key, table in old.groups.items() if groups.isdisjoint(key[0])}
        _keep_tables(old.route_tables, made.route_tables, changed["route_tables"])
        _keep_tables(old.transit_tables, made.transit_tables, changed["transit_tables"])
    return made


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> frozenset[str]:
    """The ids whose part is new, gone or another."""
    if before is after:
        return frozenset()
    found = {each for each, part in after.items() if before.get(each) is not part}
    found.update(each for each in before if each not in after)
    return frozenset(found)


def _keep_tables(old: dict[str, T], made: dict[str, T], changed: frozenset[str]) -> None:
    made.update((each, table) for each, table in old.items() if each not in changed)


def _keep_paths(old: Compiled, made: Compiled, changed: frozenset[str]) -> None:
    """Take over paths and ends, unless an interface changed that packets pass through.

    Other interfaces are in nobody's way; only paths to and from bare addresses end at whichever
    interface has the address.
    """
    if not changed.isdisjoint(old.special()):
        return
    made.known_special = old.known_special
    made.path_bounds = old.path_bounds
    made.atoms_inside = old.atoms_inside
    made.kinds = old.kinds
    made.gateways = old.gateways
    made.attached = old.attached
    made.positions = old.positions
    made.loose = old.loose
    if not changed:
        made.traces = old.traces
        made.ends = old.ends
        made.plain_ends = old.plain_ends
        made.address_ends = old.address_ends
        made.owners, made.publics, made.delegated = old.owners, old.publics, old.delegated
    else:
        made.traces = {
            key: trace
            for key, trace in old.traces.items()
            if key[0] not in old.loose and key[1] not in old.loose
        }
        _keep_tables(old.ends, made.ends, changed)
        made.address_ends = {
            key: end for key, end in old.address_ends.items() if key[0] not in changed
        }
    _keep_classes(old, made, changed)


def _keep_classes(old: Compiled, made: Compiled, changed: frozenset[str]) -> None:
    """Take over the classes if the new rules cut the line nowhere else than the old ones did.

    Bounds that no rule needs any more do no harm: the classes are a little finer than they must be.
    """
    if old.known_fine_bounds is None or not old.covers(made.network):
        return
    made.known_fine_bounds = old.known_fine_bounds
    made.class_numbers = old.class_numbers
    if changed:
        _keep_tables(old.classes, made.classes, changed)
    else:
        made.classes = old.classes
        made.pairs_index = old.pairs_index
