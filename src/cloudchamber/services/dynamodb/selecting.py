"""SELECT: from a condition to the part of a table that has to be read.

Rules of this file: reading only. What a condition says of keys narrows what is read; the whole
condition is then the filter, so narrowing can never change what is found.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Output
from cloudchamber.languages.dynamodb.key_conditions import KeyCondition, KeyRange
from cloudchamber.languages.dynamodb.paths import Path, find_value
from cloudchamber.languages.dynamodb.statements import Statement
from cloudchamber.languages.dynamodb.tree import (
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
    wanted = find_key_range(statement.where, schema, values)
    low, high = (b"", None) if wanted is None else bounds_of(wanted)
    page = Page(
        low,
        high,
        _is_forward(statement, schema, is_query=wanted is not None),
        _start(source, request),
        request.get("Limit"),
    )
    asked = Asked(filter=statement.where, values=values)
    found = read_page(call, source, page, asked, used, request.get("ConsistentRead"))
    output: Output = {"Items": [_shaped(item, statement.paths) for item in found.items]}
    if found.last is not None:
        last = {name: found.last[name] for name in source.key_names}
        output["LastEvaluatedKey"] = last
        output["NextToken"] = _token(request, last)
    return output


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


def find_key_range(where: Condition | None, schema: KeySchema, values: Values) -> KeyRange | None:
    """The part of one partition in which all that a condition finds must be; None for no such."""
    found = equalities(where, values)
    if any(each.kind not in found.get(each.name, {}) for each in schema.hash):
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
    return KeyRange(tuple(found[each.name] for each in schema.hash), tuple(equal), last)


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
