"""What a key condition asks for: one partition, and a part of its range.

Rules of this file: from a condition's tree to a `KeyRange`; whatever is no condition on a key is
refused in AWS's words. Both ways of writing a key condition end here.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.tree import (
    Among,
    BeginsWith,
    Between,
    Both,
    Compare,
    Condition,
    Contains,
    Either,
    Exists,
    Given,
    HasKind,
    Not,
    Operand,
    Reach,
    Values,
)
from cloudchamber.languages.dynamodb.values import Value, kind_of

_KIND: Final = "Invalid KeyConditionExpression: "
_FLIPPED: Final = MappingProxyType({"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="})


class KeyCondition(NamedTuple):
    """One condition on one key attribute: `=`, `<`, `<=`, `>`, `>=`, `BETWEEN`, `begins_with`."""

    name: str
    operator: str
    value: Value
    high: Value | None = None


class KeyRange(NamedTuple):
    """Equality on every hash attribute, and on leading range attributes; one more condition."""

    hash: tuple[Value, ...]
    equal: tuple[Value, ...]
    last: KeyCondition | None


def read_key_range(
    tree: Condition,
    values: Values,
    hash_names: Sequence[str],
    range_names: Sequence[str],
    kinds: Mapping[str, str],
) -> KeyRange:
    """The range that a key condition asks for. Raises DynamoError."""
    found: dict[str, KeyCondition] = {}
    for each in _conditions(tree, values):
        if each.name in found:
            raise DynamoError(
                f"{_KIND}KeyConditionExpressions must only contain one condition per key"
            )
        found[each.name] = each
    for name in hash_names:
        if name not in found:
            raise DynamoError(f"Query condition missed key schema element: {name}")
        if found[name].operator != "=":
            raise DynamoError("Query key condition not supported")
    for name, each in found.items():
        if name not in kinds or name not in (*hash_names, *range_names):
            missed = next((key for key in range_names if key not in found), name)
            raise DynamoError(f"Query condition missed key schema element: {missed}")
        if any(kinds[name] != kind_of(value) for value in (each.value, each.high) if value):
            raise DynamoError(
                "One or more parameter values were invalid: Condition parameter type does not "
                "match schema type"
            )
    ranges = [found[name] for name in range_names if name in found]
    if [each.name for each in ranges] != list(range_names[: len(ranges)]):
        raise DynamoError(
            f"Query condition missed key schema element: {_first_gap(range_names, found)}"
        )
    if any(each.operator != "=" for each in ranges[:-1]):
        raise DynamoError("Query key condition not supported")
    last = ranges.pop() if ranges and ranges[-1].operator != "=" else None
    return KeyRange(
        tuple(found[name].value for name in hash_names),
        tuple(each.value for each in ranges),
        last,
    )


def _first_gap(names: Sequence[str], found: Mapping[str, KeyCondition]) -> str:
    return next(name for name in names if name not in found)


def _conditions(tree: Condition, values: Values) -> Iterator[KeyCondition]:
    if isinstance(tree, Both):
        for part in tree.parts:
            yield from _conditions(part, values)
    elif isinstance(tree, Compare) and tree.operator != "<>":
        yield _comparison(tree, values)
    elif isinstance(tree, Between):
        low, high = _value(tree.low, values), _value(tree.high, values)
        yield KeyCondition(_name(tree.operand), "BETWEEN", low, high)
    elif isinstance(tree, BeginsWith):
        yield KeyCondition(_name(tree.operand), "begins_with", _value(tree.prefix, values))
    else:
        raise DynamoError(f"Invalid operator used in KeyConditionExpression: {_operator(tree)}")


def _comparison(tree: Compare, values: Values) -> KeyCondition:
    if isinstance(tree.one, Given) and isinstance(tree.other, Reach):
        flipped = _FLIPPED[tree.operator]
        return KeyCondition(_name(tree.other), flipped, _value(tree.one, values))
    return KeyCondition(_name(tree.one), tree.operator, _value(tree.other, values))


def _name(operand: Operand) -> str:
    if not isinstance(operand, Reach):
        raise DynamoError(
            f"{_KIND}Invalid condition in KeyConditionExpression: no key attribute specified"
        )
    if len(operand.path) > 1:
        raise DynamoError(
            f"{_KIND}KeyConditionExpressions cannot have conditions on nested attributes"
        )
    return str(operand.path[0])


def _value(operand: Operand, values: Values) -> Value:
    if isinstance(operand, Reach):
        raise DynamoError(
            f"{_KIND}Invalid condition in KeyConditionExpression: Multiple attribute names used in "
            "one condition"
        )
    if not isinstance(operand, Given):
        raise DynamoError("Invalid operator used in KeyConditionExpression: size")
    return values[operand.name]


def _operator(tree: Condition) -> str:
    if isinstance(tree, Either):
        return "OR"
    if isinstance(tree, Not):
        return "NOT"
    if isinstance(tree, Among):
        return "IN"
    if isinstance(tree, Compare):
        return tree.operator
    if isinstance(tree, Exists):
        return "attribute_exists" if tree.wanted else "attribute_not_exists"
    if isinstance(tree, HasKind):
        return "attribute_type"
    assert isinstance(tree, Contains)
    return "contains"
