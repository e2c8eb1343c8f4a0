"""The routing index: every service, and the operations of those that have been asked for.

Rules of this file: reading `index.txt` and keeping what was read. The file's first block, a line
per service, is read at once (about a millisecond); a service's own section only when a request
needs it, so that the first answer does not wait for twenty thousand operations. If another botocore
is installed than the file was made from, sections come from its models instead, and services the
file does not know are added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from cloudchamber.wire.model.loading import services as installed_services
from cloudchamber.wire.routing import botocore_data, from_models
from cloudchamber.wire.routing.entries import (
    ACTION_PROTOCOLS,
    OperationEntry,
    ServiceEntry,
    read_operation,
    read_service,
)
from cloudchamber.wire.routing.patterns import PathTree

YIELDING_RANK: Final = 100


class Index:
    """All services by each name a request may use, and their operations on demand."""

    def __init__(self, text: bytes, version: str) -> None:
        """`text` is that of `index.txt`, `version` the installed botocore's."""
        stop = text.find(b"\n\n")
        title, *lines = text[:stop].decode("utf-8").split("\n")
        self._text = text
        self._stale = title.removeprefix(from_models.TITLE) != version
        entries = [read_service(line) for line in lines]
        if self._stale:
            entries = _brought_up_to_date(entries)
        # Of several services under one name, those that yield to another come last.
        entries.sort(key=_yielding)
        self.services: Final = MappingProxyType({entry.name: entry for entry in entries})
        self.by_scope: Final = _grouped((scope, e.name) for e in entries for scope in e.scopes)
        self.by_endpoint: Final = _grouped((name, e.name) for e in entries for name in e.endpoints)
        self.by_target: Final = _grouped((e.target, e.name) for e in entries if e.target)
        self.by_version: Final = _grouped(
            (e.version, e.name) for e in entries if not ACTION_PROTOCOLS.isdisjoint(e.protocols)
        )
        self.by_alias: Final = MappingProxyType({a: e.name for e in entries for a in e.aliases})
        self.bearer: Final = tuple(entry.name for entry in entries if entry.bearer)
        self.anonymous: Final = tuple(entry.name for entry in entries if entry.anonymous)
        self._lines: dict[str, tuple[str, ...]] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._trees: dict[tuple[str, ...], PathTree] = {}

    def operations(self, service: str) -> frozenset[str]:
        """The names of a service's operations."""
        names = self._names.get(service)
        if names is None:
            names = frozenset(line.partition("\t")[0] for line in self._section(service))
            self._names[service] = names
        return names

    def path_tree(self, services: tuple[str, ...]) -> PathTree:
        """The REST operations of these services, in one tree."""
        tree = self._trees.get(services)
        if tree is None:
            tree = self._grow(services, anonymous_only=False)
            self._trees[services] = tree
        return tree

    def anonymous_tree(self) -> PathTree:
        """The REST operations of all services that are called without a signature, but S3's."""
        tree = self._trees.get(())
        if tree is None:
            tree = self._grow(self.anonymous, anonymous_only=True)
            self._trees[()] = tree
        return tree

    def _grow(self, services: tuple[str, ...], *, anonymous_only: bool) -> PathTree:
        tree = PathTree()
        for service in services:
            rank = YIELDING_RANK if self.services[service].yields_to else 0
            for line in self._section(service):
                entry = read_operation(line)
                if _has_path(entry) and (entry.anonymous or not anonymous_only):
                    tree.add(service, rank, entry)
        return tree

    def _section(self, service: str) -> tuple[str, ...]:
        """The lines of a service's operations."""
        lines = self._lines.get(service)
        if lines is None:
            if self._stale:
                lines = from_models.describe_service(service)[1]
            else:
                title = f"\n[{service}]\n".encode()
                start = self._text.index(title) + len(title)
                stop = self._text.index(b"\n\n", start)
                lines = tuple(self._text[start:stop].decode("utf-8").split("\n"))
            self._lines[service] = lines
        return lines


@cache
def load_index() -> Index:
    """The index of the installed botocore, read once."""
    return Index(from_models.INDEX_FILE.read_bytes(), botocore_data.installed_version())


def _brought_up_to_date(entries: list[ServiceEntry]) -> list[ServiceEntry]:
    """The services of the installed botocore: without those that are gone, with those that came."""
    installed = installed_services()
    known = {entry.name for entry in entries}
    fresh = [from_models.describe_service(name)[0] for name in installed if name not in known]
    return [entry for entry in entries if entry.name in installed] + fresh


def _grouped(pairs: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for name, service in pairs:
        known = groups.get(name)
        groups[name] = (service,) if known is None else (*known, service)
    return MappingProxyType(groups)


def _yielding(entry: ServiceEntry) -> tuple[bool, str]:
    return bool(entry.yields_to), entry.name


def _has_path(entry: OperationEntry) -> bool:
    return bool(entry.method)
