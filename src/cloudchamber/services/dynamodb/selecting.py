"""SELECT: from a condition to the part of a table that has to be read.

Rules of this file: reading only. What a condition says of keys narrows what is read; the whole
condition is then the filter, so narrowing can never change what is found.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Output
from cloudchamber.languages.dynamodb.key_conditions import KeyCondition, KeyRange
from cloudchamber.languages.dynamodb.paths import Path, find_value
from cloudchamber.languages.dynamodb.statements import Statement
from cloudchamber.languages.dynamodb.tree import (
    Among,
    BeginsWith,
    Between,
    Both,
    Compare,
    Condition,
    Given,
    Operand,
    Reach,
    Values,
)
from cloudchamber.languages.dynamodb.values import Value
from cloudchamber.services.dynamodb.consumption import Consumption
from cloudchamber.services.dynamodb.expressions import Asked
from cloudchamber.services.dynamodb.keys import Item, KeyAttribute, KeySchema
from cloudchamber.services.dynamodb.nouns import Table
from cloudchamber.services.dynamodb.reach import expect_index, invalid
from cloudchamber.services.dynamodb.reading import (
    Found,
    Page,
    Source,
    bounds_of,
    read_page,
    source_of,
    start_key,
)


def select(
    call: Call, statement: Statement, table: Table, request: Mapping[str, Any], used: Consumption
) -> Output:
    """A page of what a SELECT finds."""
    index = expect_index(table, statement.of_index) if statement.of_index else None
    if index is not None and index.is_global and request.get("ConsistentRead"):
        raise invalid("Consistent reads are not supported on global secondary indexes")
    source = source_of(table, index, statement.paths or ())
    schema = table.keys if index is None else index.keys
    values = statement.values or {}
    ranges = find_key_ranges(statement.where, schema, values)
    forward = _is_forward(statement, schema, is_query=ranges is not None)
    asked = Asked(filter=statement.where, values=values)
    page = Page(b"", None, forward, _start(source, request), request.get("Limit"))
    found = _read(call, source, _pages(page, ranges), asked, used, request.get("ConsistentRead"))
    output: Output = {"Items": [_shaped(item, statement.paths) for item in found.items]}
    if found.last is not None:
        last = {name: found.last[name] for name in source.key_names}
        output["LastEvaluatedKey"] = last
        output["NextToken"] = _token(request, last)
    return output


def _pages(page: Page, ranges: Sequence[KeyRange] | None) -> list[Page]:
    """The parts of a table to look at, in the order of its keys; those behind the start only."""
    if ranges is None:
        return [page]
    bounds = sorted(frozenset(bounds_of(each) for each in ranges), reverse=not page.forward)
    pages: list[Page] = []
    for low, high in bounds:
        start = page.start
        if start is not None:
            is_past = high is not None and high <= start if page.forward else start <= low
            if is_past:
                continue
            if start < low or (high is not None and start >= high):
                start = None
        pages.append(Page(low, high, page.forward, start, page.limit))
    return pages


def _read(
    call: Call,
    source: Source,
    pages: Sequence[Page],
    asked: Asked,
    used: Consumption,
    consistent: bool | None,
) -> Found:
    """One page out of several parts: it ends where any of them is full."""
    items: list[Item] = []
    scanned = 0
    for page in pages:
        left = None if page.limit is None else page.limit - scanned
        part = msgspec.structs.replace(page, limit=left)
        found = read_page(call, source, part, asked, used, consistent)
        items += found.items
        scanned += found.scanned
        if found.last is not None:
            return Found(items, len(items), scanned, found.last)
    return Found(items, len(items), scanned, None)


def _shaped(item: Item, paths: tuple[Path, ...] | None) -> Item:
    """The attributes that are asked for, each under its own last name."""
    if paths is None:
        return item
    shaped: Item = {}
    for path in paths:
        value = find_value(item, path)
        if value is not None:
            names = [step for step in path if isinstance(step, str)]
            shaped[names[-1]] = value
    return shaped


def _is_forward(statement: Statement, schema: KeySchema, *, is_query: bool) -> bool:
    if not statement.order:
        return True
    if statement.where is None or not is_query:
        raise invalid("Must have WHERE clause in the statement when using ORDER BY clause.")
    for name, _ in statement.order:
        if name not in schema.names:
            raise invalid(
                f"Variable reference {name} in ORDER BY clause must be part of the primary key"
            )
    return not statement.order[-1][1]


# Conditions on keys


def _parts(where: Condition | None) -> tuple[Condition, ...]:
    if where is None:
        return ()
    return where.parts if isinstance(where, Both) else (where,)


def _name(operand: Operand) -> str:
    is_top = isinstance(operand, Reach) and len(operand.path) == 1
    return str(operand.path[0]) if is_top else ""  # type: ignore[attr-defined]


def equalities(where: Condition | None, values: Values) -> dict[str, Value]:
    """The values that attributes must equal for a condition to hold."""
    found: dict[str, Value] = {}
    for part in _parts(where):
        if isinstance(part, Compare) and part.operator == "=":
            one, other = part.one, part.other
            if isinstance(one, Given):
                one, other = other, one
            if _name(one) and isinstance(other, Given):
                found.setdefault(_name(one), values[other.name])
    return found


def find_key_ranges(
    where: Condition | None, schema: KeySchema, values: Values
) -> list[KeyRange] | None:
    """The parts of partitions in which all that a condition finds must be; None for no such."""
    found = equalities(where, values)
    hashes = [_choices(where, found, each, values) for each in schema.hash]
    if not all(hashes) or (len(hashes) > 1 and any(len(each) > 1 for each in hashes)):
        return None
    equal: list[Value] = []
    for each in schema.range:
        value = found.get(each.name)
        if value is None or each.kind not in value:
            break
        equal.append(value)
    last = None
    if len(equal) < len(schema.range):
        last = _bound(where, schema.range[len(equal)], values)
    rest = tuple(each[0] for each in hashes[1:])
    return [KeyRange((first, *rest), tuple(equal), last) for first in hashes[0]]


def _choices(
    where: Condition | None, found: Mapping[str, Value], attribute: KeyAttribute, values: Values
) -> list[Value]:
    """The values that an attribute can have, by `=` or `IN`; none when that is not said."""
    name, kind = attribute.name, attribute.kind
    if kind in found.get(name, {}):
        return [found[name]]
    for part in _parts(where):
        if isinstance(part, Among) and _name(part.operand) == name:
            given = [values[each.name] for each in part.choices if isinstance(each, Given)]
            if len(given) == len(part.choices) and all(kind in each for each in given):
                return given
    return []


def _bound(where: Condition | None, attribute: KeyAttribute, values: Values) -> KeyCondition | None:
    for part in _parts(where):
        found: KeyCondition | None = None
        if isinstance(part, Compare) and part.operator in ("<", "<=", ">", ">="):
            if _name(part.one) == attribute.name and isinstance(part.other, Given):
                found = KeyCondition(attribute.name, part.operator, values[part.other.name])
        elif isinstance(part, BeginsWith) and isinstance(part.prefix, Given):
            if _name(part.operand) == attribute.name:
                found = KeyCondition(attribute.name, "begins_with", values[part.prefix.name])
        elif isinstance(part, Between) and _name(part.operand) == attribute.name:
            if isinstance(part.low, Given) and isinstance(part.high, Given):
                low, high = values[part.low.name], values[part.high.name]
                found = KeyCondition(attribute.name, "BETWEEN", low, high)
        if found is not None and all(
            attribute.kind in value for value in (found.value, found.high) if value
        ):
            return found
    return None


# Tokens


def _statement_digest(request: Mapping[str, Any]) -> bytes:
    said = [request["Statement"], request.get("Parameters", ())]
    return blake2b(msgspec.msgpack.encode(said), digest_size=8).digest()


def _token(request: Mapping[str, Any], last: Item) -> str:
    if "Statement" not in request:
        return ""
    packed = msgspec.msgpack.encode([_statement_digest(request), last])
    return base64.urlsafe_b64encode(packed).decode()


def _start(source: Source, request: Mapping[str, Any]) -> bytes | None:
    token = request.get("NextToken")
    if token is None:
        return None
    try:
        packed = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        digest, last = msgspec.msgpack.decode(packed, type=tuple[bytes, dict[str, dict[str, Any]]])
    except (binascii.Error, UnicodeError, msgspec.DecodeError) as error:
        raise invalid("Given NextToken is invalid") from error
    if digest != _statement_digest(request):
        raise invalid("Given NextToken does not match the statement of the request")
    return start_key(source, last)
