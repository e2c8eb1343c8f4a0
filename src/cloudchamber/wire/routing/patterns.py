"""Matching a REST request to an operation: a tree of path segments, then what the request carries.

Rules of this file: pure data and matching, no knowledge of where services come from. The tree holds
one or several services at once. Of all templates that fit a path, the most literal one whose URI
query literals are present is taken. Of the operations at that place, the one that demands most of
the request and gets it wins; if none gets all it demands, the least demanding is taken, so that its
codec can say what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.query_strings import NO_PAIRS, first_values, wire_bytes
from cloudchamber.wire.routing.entries import OperationEntry

DEPRECATED_RANK: Final = 1_000


class Candidate(msgspec.Struct, frozen=True):
    """An operation of a service, ready to be compared with a request.

    `literals` are (name, value) of the URI template's own query; a value of "" asks for presence.
    `labels` are (name, segment index, greedy); `tail` counts the segments after a greedy label.
    `order` sorts the operations of one place, the most demanding first.
    """

    service: str
    operation: str
    literals: tuple[tuple[str, str], ...]
    queries: tuple[str, ...]
    headers: tuple[str, ...]
    labels: tuple[tuple[str, int, bool], ...]
    tail: int
    demands: int
    order: tuple[int, int, int]

    def asks(self, query: Mapping[str, str]) -> bool:
        """Whether the URI template's own query is in the request's."""
        for name, value in self.literals:
            found = query.get(name)
            if found is None or (value and found != value):
                return False
        return True

    def fits(self, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Whether the request carries all that this operation demands of query and headers."""
        for name in self.queries:
            if name not in query:
                return False
        for name in self.headers:
            if name not in headers:
                return False
        return self.asks(query)


class Ends:
    """The operations of one method at one place, the most demanding first.

    `bare` are those that a request without any query may be.
    """

    __slots__ = ("bare", "every")

    def __init__(self) -> None:
        self.every: list[Candidate] = []
        self.bare: list[Candidate] = []

    def add(self, candidate: Candidate) -> None:
        """Puts an operation in its order."""
        self.every.append(candidate)
        self.every.sort(key=_order_of)
        self.bare = [each for each in self.every if not each.literals]


class Node:
    """One place in the tree: what may follow, and the operations that end here by method.

    Operations whose template ends in a slash are under the method with a slash behind it.
    """

    __slots__ = ("ends", "greedy", "label", "literals")

    def __init__(self) -> None:
        self.literals: dict[str, Node] = {}
        self.label: Node | None = None
        self.greedy: list[tuple[tuple[str, ...], Node]] = []
        self.ends: dict[str, Ends] = {}


class Match(msgspec.Struct):
    """An operation found, with the labels of its path, percent-decoded."""

    service: str
    operation: str
    labels: dict[str, str]


class PathTree:
    """The REST operations of one or several services, to be asked about one request at a time."""

    __slots__ = ("_root", "_size")

    def __init__(self) -> None:
        self._root = Node()
        self._size = 0

    def add(self, service: str, rank: int, entry: OperationEntry) -> None:
        """Adds an operation; where two demand the same, the smaller rank wins, deprecated last."""
        path, _, query = entry.uri.partition("?")
        segments = path[1:].split("/")
        method = entry.method
        if segments[-1] == "":
            segments.pop()
            method += "/"
        node = self._root
        labels: list[tuple[str, int, bool]] = []
        tail = 0
        for index, segment in enumerate(segments):
            if not segment.startswith("{"):
                node = node.literals.setdefault(segment, Node())
            elif segment.endswith("+}"):
                labels.append((segment[1:-2], index, True))
                tail = len(segments) - index - 1
                node = _greedy_child(node, tuple(segments[index + 1 :]))
                break
            else:
                labels.append((segment[1:-1], index, False))
                node.label = node.label or Node()
                node = node.label
        literals = tuple(_literal(pair) for pair in query.split("&")) if query else ()
        demands = len(literals) + len(entry.queries) + len(entry.headers)
        self._size += 1
        candidate = Candidate(
            service=service,
            operation=entry.name,
            literals=literals,
            queries=entry.queries,
            headers=entry.headers,
            labels=tuple(labels),
            tail=tail,
            demands=demands,
            order=(-demands, rank + DEPRECATED_RANK * entry.deprecated, self._size),
        )
        ends = node.ends.get(method)
        if ends is None:
            ends = node.ends[method] = Ends()
        ends.add(candidate)

    def find(
        self,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        *,
        whole: bool = False,
    ) -> Match | None:
        """The operation this request asks for, or None.

        `path` and `query` are raw. With `whole`, only an operation that gets all it demands.
        Raises WireError for a label that is not UTF-8.
        """
        segments = path[1:].split("/")
        depth = len(segments)
        ways = (method, method + "/")
        if segments[-1] == "":
            depth -= 1
            ways = (ways[1], method)
        pairs = first_values(query) if query else NO_PAIRS
        places: list[Node] = []
        _collect(self._root, segments, 0, depth, places)
        for node in places:
            for way in ways:
                ends = node.ends.get(way)
                if ends is None:
                    continue
                spare: Candidate | None = None
                for candidate in ends.every if query else ends.bare:
                    if not candidate.demands or candidate.fits(pairs, headers):
                        return _matched(candidate, segments)
                    if not whole and candidate.asks(pairs):
                        spare = candidate
                if spare is not None:
                    return _matched(spare, segments)
        return None


def _collect(node: Node, segments: list[str], at: int, depth: int, places: list[Node]) -> None:
    """Adds every place in the tree that this path ends at, the most literal first."""
    while at < depth:
        segment = segments[at]
        child = node.literals.get(segment)
        label = node.label if segment else None
        greedy = node.greedy
        at += 1
        if not greedy and (child is None or label is None):
            only = child or label
            if only is None:
                return
            node = only
            continue
        if child is not None:
            _collect(child, segments, at, depth, places)
        if label is not None:
            _collect(label, segments, at, depth, places)
        for rest, end in greedy:
            start = depth - len(rest)
            if not rest or (start >= at and tuple(segments[start:depth]) == rest):
                places.append(end)
        return
    if node.ends:
        places.append(node)


def _greedy_child(node: Node, rest: tuple[str, ...]) -> Node:
    for known, child in node.greedy:
        if known == rest:
            return child
    child = Node()
    node.greedy.append((rest, child))
    # A greedy label with something behind it says more than one without.
    node.greedy.sort(key=_rest_length, reverse=True)
    return child


def _rest_length(item: tuple[tuple[str, ...], Node]) -> int:
    return len(item[0])


def _order_of(candidate: Candidate) -> tuple[int, int, int]:
    return candidate.order


def _literal(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return name, value


def _matched(candidate: Candidate, segments: list[str]) -> Match:
    labels: dict[str, str] = {}
    for name, index, greedy in candidate.labels:
        if greedy:
            stop = len(segments) - candidate.tail
            if candidate.tail and segments[-1] == "":
                stop -= 1
            value = "/".join(segments[index:stop])
        else:
            value = segments[index]
        labels[name] = decode_label(value) if "%" in value or not value.isascii() else value
    return Match(candidate.service, candidate.operation, labels)


def decode_label(text: str) -> str:
    """Percent-decoding of a path label, where `+` is a plus. Raises WireError for bad UTF-8."""
    try:
        return unquote_to_bytes(wire_bytes(text)).decode("utf-8")
    except UnicodeDecodeError as error:
        # S3's words; no other service documents its own.
        raise WireError("InvalidURI", "Couldn't parse the specified URI.") from error
