"""A query over records: which come, what is shown of them, totals, a limit.

Rules of this file: lazy, one record at a time; a query with totals gives one row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from cloudchamber.languages.select_sql.values import (
    MISSING,
    BadQuery,
    compare,
    expect_number,
    is_absent,
)


class Record(NamedTuple):
    """One record and what is summed so far (for a query with totals, at its end)."""

    value: Any
    totals: tuple[Any, ...] = ()


Expression = Callable[[Record], Any]


class Total(NamedTuple):
    """COUNT, SUM, AVG, MIN or MAX of an expression; None is `*`."""

    name: str
    of: Expression | None


class Column(NamedTuple):
    """One column of the result: its name, "" for one that has none."""

    name: str
    of: Expression


class Query(NamedTuple):
    """A parsed query. `columns` is empty for `*`; `path` leads from a document to its records."""

    columns: tuple[Column, ...]
    path: tuple[str | int | None, ...]
    where: Expression | None
    limit: int | None
    totals: tuple[Total, ...]


def run(query: Query, documents: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """The rows of the result, by column name in order."""
    records = _kept(query, documents)
    if query.totals:
        yield _row(query.columns, Record({}, _totals(query.totals, records)))
        return
    for count, record in enumerate(records):
        if query.limit is not None and count >= query.limit:
            return
        if query.columns:
            yield _row(query.columns, record)
        else:
            yield record.value if isinstance(record.value, Mapping) else {"_1": record.value}


def _kept(query: Query, documents: Iterable[Any]) -> Iterator[Record]:
    for document in documents:
        for value in _reached(document, query.path):
            record = Record(value)
            if query.where is None or query.where(record) is True:
                yield record


def _reached(value: Any, path: tuple[str | int | None, ...]) -> Iterator[Any]:
    """What a path leads to: names and numbers step inside, None takes all of a list."""
    if not path:
        yield value
        return
    step, rest = path[0], path[1:]
    if step is None:
        inner = value if isinstance(value, list) else [value]
        for each in inner:
            yield from _reached(each, rest)
    elif isinstance(step, int):
        if isinstance(value, list) and step < len(value):
            yield from _reached(value[step], rest)
    elif isinstance(value, Mapping) and step in value:
        yield from _reached(value[step], rest)


def _row(columns: tuple[Column, ...], record: Record) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for at, column in enumerate(columns):
        value = column.of(record)
        if value is not MISSING:
            row[column.name or f"_{at + 1}"] = value
        elif column.name == "":
            row[f"_{at + 1}"] = None
    return row


def _totals(totals: tuple[Total, ...], records: Iterable[Record]) -> tuple[Any, ...]:
    counts = [0] * len(totals)
    found: list[Any] = [None] * len(totals)
    for record in records:
        for at, total in enumerate(totals):
            value = True if total.of is None else total.of(record)
            if is_absent(value):
                continue
            counts[at] += 1
            found[at] = _added(total.name, found[at], value)
    made = zip(totals, counts, found, strict=True)
    return tuple(_total(total.name, count, value) for total, count, value in made)


def _added(name: str, so_far: Any, value: Any) -> Any:
    if name == "COUNT":
        return None
    if name in ("SUM", "AVG"):
        return expect_number(value) + (so_far or 0)
    if so_far is None:
        return value
    order = compare(value, so_far)
    if order is None:
        raise BadQuery("InvalidDataType", "MIN and MAX need values that compare")
    return value if (order < 0) == (name == "MIN") and order else so_far


def _total(name: str, count: int, value: Any) -> Any:
    if name == "COUNT":
        return count
    if name == "AVG":
        return value / count if count else None
    return value
