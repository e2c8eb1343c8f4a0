"""Query and Scan: pages of items, of a table or an index.

Rules of this file: reading only. A page ends after `Limit` items or before it would hold more than
1 MB, and costs the same wherever it begins. Items of a page are those that stand next to each other
in the order of their keys; filters come after counting.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.key_conditions import KeyRange, read_key_range
from cloudchamber.languages.dynamodb.paths import Path, project
from cloudchamber.languages.dynamodb.values import Value, item_size, read_value
from cloudchamber.services.dynamodb import throughput
from cloudchamber.services.dynamodb.changes import projected, shelf_of
from cloudchamber.services.dynamodb.consumption import Consumption, read_units, tell
from cloudchamber.services.dynamodb.expressions import Asked, read
from cloudchamber.services.dynamodb.keys import (
    Item,
    after,
    escaped,
    item_key_in,
    key_of,
    partition_prefix,
    range_piece,
    raw,
    segment_bounds,
)
from cloudchamber.services.dynamodb.nouns import Index, Table
from cloudchamber.services.dynamodb.reach import expect_index, expect_live, invalid, validated
from cloudchamber.services.dynamodb.shelf import Shelf, size_in, unpack, unpack_all

PAGE_BYTES: Final = 1 << 20
SEGMENTS_MAX: Final = 1_000_000
QUERY: Final = ("KeyConditionExpression", "FilterExpression", "ProjectionExpression")
SCAN: Final = ("FilterExpression", "ProjectionExpression")
_INVALID: Final = "One or more parameter values were invalid: "


class Source(msgspec.Struct, frozen=True):
    """Where a page is read from. `fetches` says that whole items are fetched for an index."""

    table: Table
    index: Index | None
    fetches: bool = False

    @property
    def key_names(self) -> tuple[str, ...]:
        """The attributes of a starting key."""
        names = self.table.keys.names
        if self.index is None:
            return names
        return tuple(dict.fromkeys((*self.index.keys.names, *names)))


class Page(msgspec.Struct, frozen=True):
    """What a page is: bounds of keys, direction, where it starts, how many items at most."""

    low: bytes
    high: bytes | None
    forward: bool = True
    start: bytes | None = None
    limit: int | None = None


class Found(msgspec.Struct, frozen=True):
    """What a page holds. `last` is the last item that was looked at, if there may be more."""

    items: list[Item]
    count: int
    scanned: int
    last: Item | None


@validated
def query(call: Call, request: Input) -> Output:
    """Items of one partition, in the order of their range keys."""
    table = expect_live(call, request["TableName"])
    index = _index_of(table, request)
    asked = read(request, QUERY)
    if asked.key is None:
        raise invalid(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
            "request."
        )
    source = _source(table, index, request, asked)
    schema = table.keys if index is None else index.keys
    hashes = [each.name for each in schema.hash]
    ranges = [each.name for each in schema.range]
    kinds = {each.name: each.kind for each in schema.attributes}
    key_range = read_key_range(asked.key, asked.values, hashes, ranges, kinds)
    _check_filter(asked, (*hashes, *ranges), request)
    low, high = bounds_of(key_range)
    start = _start_of(source, request)
    if start is not None and not (low <= start and (high is None or start < high)):
        raise invalid(
            "The provided starting key is outside query boundaries based on provided conditions"
        )
    page = Page(low, high, request.get("ScanIndexForward", True), start, request.get("Limit"))
    return _answer(call, request, source, page, asked)


@validated
def scan(call: Call, request: Input) -> Output:
    """All items, in no order that means anything; or one segment of them."""
    table = expect_live(call, request["TableName"])
    index = _index_of(table, request)
    asked = read(request, SCAN)
    source = _source(table, index, request, asked)
    low, high = _segment(request)
    start = _start_of(source, request)
    if start is not None and not (low <= start and (high is None or start < high)):
        raise invalid(
            "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
            "ExclusiveStartKey with correct Segment. TotalSegments: "
            f"{request['TotalSegments']} Segment: {request['Segment']}"
        )
    return _answer(call, request, source, Page(low, high, True, start, request.get("Limit")), asked)


def _answer(call: Call, request: Input, source: Source, page: Page, asked: Asked) -> Output:
    used = Consumption(source.table)
    found = read_page(call, source, page, asked, used, request.get("ConsistentRead"))
    if source.table.is_limited:
        throughput.pay(call, source.table, used.reads, used.writes)
    output: Output = {"Count": found.count, "ScannedCount": found.scanned}
    if request.get("Select") != "COUNT":
        output["Items"] = found.items
    if found.last is not None:
        output["LastEvaluatedKey"] = {name: found.last[name] for name in source.key_names}
    return tell(call, output, used, request)


def read_page(
    call: Call,
    source: Source,
    page: Page,
    asked: Asked,
    used: Consumption,
    consistent: bool | None,
) -> Found:
    """Look at the next items, and keep those that the filter lets through."""
    index = source.index
    runs = _records(shelf_of(call, source.table), source, page)
    if index is None or index.projection == "ALL":
        picked, weight, is_full = _pick(runs, page.limit)
        looked_at = unpack_all(picked)
        fetched = 0.0
    else:
        looked_at, weight, is_full, fetched = _pick_parts(
            runs, source, index, page.limit, consistent
        )
    used.read(weight, consistent, "" if index is None else index.name)
    if fetched:
        used.reads[""] = used.reads.get("", 0.0) + fetched
    last = looked_at[-1] if is_full else None
    items = looked_at
    if asked.filter is not None:
        holds, values = asked.filter.holds, asked.values
        items = [item for item in items if holds(item, values)]
    if asked.projection is not None:
        paths = asked.projection
        items = [project(item, paths) for item in items]
    return Found(items, len(items), len(looked_at), last)


def _records(shelf: Shelf, source: Source, page: Page) -> Iterator[Sequence[bytes]]:
    """The records behind the keys or entries of a page, in its direction, a run at a time."""
    low, high = page.low, page.high
    if page.start is not None:
        if page.forward:
            low = page.start + b"\x00"
        else:
            high = page.start
    index = source.index
    if index is None:
        return shelf.rows.values(low, high, forward=page.forward)
    side = shelf.indexes.get(index.name)
    if side is None:
        return iter(())
    find, schema = shelf.rows.expect, index.keys
    return (
        [find(item_key_in(schema, entry)) for entry in entries]
        for entries in side.entries.keys(low, high, forward=page.forward)
    )


def _pick(runs: Iterator[Sequence[bytes]], limit: int | None) -> tuple[list[bytes], int, bool]:
    """The records of a page, their bytes, and whether it is full."""
    picked: list[bytes] = []
    weight = 0
    for run in runs:
        for record in run:
            size = size_in(record)
            weight += size
            if weight > PAGE_BYTES and picked:
                return picked, weight - size, True
            picked.append(record)
            if len(picked) == limit:
                return picked, weight, True
    return picked, weight, False


def _pick_parts(
    runs: Iterator[Sequence[bytes]],
    source: Source,
    index: Index,
    limit: int | None,
    consistent: bool | None,
) -> tuple[list[Item], int, bool, float]:
    """The same for an index that holds parts of items, and the units of what is fetched besides."""
    picked: list[Item] = []
    weight = 0
    fetched = 0.0
    for record in chain.from_iterable(runs):
        whole = unpack(record)
        part = projected(source.table, index, whole)
        size = item_size(part)
        if weight + size > PAGE_BYTES and picked:
            return picked, weight, True, fetched
        weight += size
        if source.fetches:
            fetched += read_units(size_in(record), consistent)
        picked.append(whole if source.fetches else part)
        if len(picked) == limit:
            return picked, weight, True, fetched
    return picked, weight, False, fetched


def bounds_of(wanted: KeyRange) -> tuple[bytes, bytes | None]:
    """The keys of a range: from the first on, up to but without the second."""
    prefix = partition_prefix([raw(value) for value in wanted.hash])
    for value in wanted.equal:
        prefix += range_piece(raw(value))
    last = wanted.last
    if last is None:
        return prefix, after(prefix)
    if last.operator == "begins_with":
        begin = prefix + escaped(raw(last.value))
        return begin, after(begin)
    piece = prefix + range_piece(raw(last.value))
    if last.operator == "<":
        return prefix, piece
    if last.operator == "<=":
        return prefix, after(piece)
    if last.operator == ">":
        return after(piece) or piece, after(prefix)
    if last.operator == ">=":
        return piece, after(prefix)
    assert last.high is not None
    return piece, after(prefix + range_piece(raw(last.high)))


# What requests say


def _index_of(table: Table, request: Input) -> Index | None:
    name = request.get("IndexName")
    index = None if name is None else expect_index(table, name)
    if index is not None and index.is_global and request.get("ConsistentRead"):
        raise invalid("Consistent reads are not supported on global secondary indexes")
    return index


def _source(table: Table, index: Index | None, request: Input, asked: Asked) -> Source:
    select = request.get("Select")
    by = "AttributesToGet" if "AttributesToGet" in request else "ProjectionExpression"
    if asked.projection is not None:
        if select == "COUNT":
            raise invalid(f"Cannot specify the {by} when choosing to get only the Count")
        if select in ("ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"):
            raise invalid(f"Cannot specify the {by} when choosing to get {select}")
    elif select == "SPECIFIC_ATTRIBUTES":
        raise invalid(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
            "SPECIFIC_ATTRIBUTES"
        )
    if index is None:
        if select == "ALL_PROJECTED_ATTRIBUTES":
            raise invalid(
                "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
            )
        return Source(table, None)
    if select == "ALL_ATTRIBUTES" and index.is_global and index.projection != "ALL":
        raise invalid(
            f"{_INVALID}Select type ALL_ATTRIBUTES is not supported for global secondary index "
            f"{index.name} because its projection type is not ALL"
        )
    paths = (*(asked.projection or ()), *asked.filter_paths)
    return source_of(table, index, paths, wants_all=select == "ALL_ATTRIBUTES")


def source_of(
    table: Table, index: Index | None, paths: tuple[Path, ...], *, wants_all: bool = False
) -> Source:
    """Where to read what paths name. Raises ValidationException when a global index has it not."""
    if index is None or index.projection == "ALL":
        return Source(table, index)
    missing = _not_projected(table, index, paths)
    if missing and index.is_global:
        raise invalid(
            f"{_INVALID}Global secondary index {index.name} does not project [{', '.join(missing)}]"
        )
    return Source(table, index, fetches=wants_all or bool(missing))


def _not_projected(table: Table, index: Index, paths: tuple[Path, ...]) -> list[str]:
    have = frozenset((*table.keys.names, *index.keys.names, *index.included))
    return list(dict.fromkeys(str(path[0]) for path in paths if path[0] not in have))


def _check_filter(asked: Asked, keys: tuple[str, ...], request: Input) -> None:
    for path in asked.filter_paths:
        if path[0] in keys:
            what = "QueryFilter" if "QueryFilter" in request else "Filter Expression"
            raise invalid(
                f"{what} can only contain non-primary key attributes: Primary key attribute: "
                f"{path[0]}"
            )


def _segment(request: Input) -> tuple[bytes, bytes | None]:
    segment, total = request.get("Segment"), request.get("TotalSegments")
    if segment is None and total is None:
        return b"", None
    if segment is None:
        raise invalid(
            "The Segment parameter is required but was not present in the request when parameter "
            "TotalSegments is present"
        )
    if total is None:
        raise invalid(
            "The TotalSegments parameter is required but was not present in the request when "
            "Segment parameter is present"
        )
    if segment >= total:
        raise invalid(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {segment} is not less than TotalSegments: {total}"
        )
    return segment_bounds(segment, total)


def _start_of(source: Source, request: Input) -> bytes | None:
    """The key to go on behind. Raises ValidationException."""
    given = request.get("ExclusiveStartKey")
    return None if given is None else start_key(source, given)


def start_key(source: Source, given: Mapping[str, Mapping[str, Any]]) -> bytes:
    """A starting key as bytes. Raises ValidationException."""
    table, index = source.table, source.index
    if sorted(given) != sorted(source.key_names):
        if index is None:
            raise invalid(
                "The provided starting key is invalid: The provided key element does not match the "
                "schema"
            )
        raise invalid("The provided starting key is invalid")
    kinds = {each.name: each.kind for each in table.keys.attributes}
    if index is not None:
        kinds.update((each.name, each.kind) for each in index.keys.attributes)
    item: dict[str, Value] = {}
    for name, value in given.items():
        try:
            item[name], _ = read_value(value)
        except DynamoError as error:
            raise invalid(f"The provided starting key is invalid: {error}") from None
        if kinds[name] not in item[name]:
            raise invalid(
                "The provided starting key is invalid: The provided key element does not match the "
                "schema"
            )
    key = key_of(table.keys, item)
    return key if index is None else key_of(index.keys, item) + key
