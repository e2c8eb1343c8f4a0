"""The parameters that there were before expressions, as the trees that expressions give.

Rules of this file: pure. Values get placeholders of their own (`:e0`, `:u0`, ...).
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

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
    Not,
    Reach,
)
from cloudchamber.languages.dynamodb.updates import ADDED, Action, Update
from cloudchamber.languages.dynamodb.values import (
    ORDERED,
    SETS,
    Value,
    kind_of,
    read_value,
)
from cloudchamber.services.dynamodb.reach import invalid

Request = Mapping[str, Any]
Found = tuple[Condition | None, dict[str, Value]]
_INVALID: Final = "One or more parameter values were invalid: "
_COMPARED: Final = MappingProxyType(
    {"EQ": "=", "NE": "<>", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
)
_COUNTS: Final = MappingProxyType({"BETWEEN": (2, 2), "IN": (1, 100), "NULL": (0, 0),
                                   "NOT_NULL": (0, 0)})  # fmt: skip
_KEY_OPERATORS: Final = frozenset(("EQ", "LT", "LE", "GT", "GE", "BETWEEN", "BEGINS_WITH"))


def check_operator(request: Request) -> None:
    """ConditionalOperator needs two conditions to join. Raises ValidationException."""
    if "ConditionalOperator" not in request:
        return
    conditions = next(
        (request[each] for each in ("Expected", "QueryFilter", "ScanFilter") if each in request),
        None,
    )
    if conditions is None:
        raise invalid("ConditionalOperator cannot be used without Filter or Expected")
    if len(conditions) < 2:
        raise invalid(
            "ConditionalOperator can only be used when Filter or Expected has two or more elements"
        )


def conditions_of(request: Request) -> Found:
    """`Expected`."""
    expected = request.get("Expected")
    if not expected:
        return None, {}
    values: dict[str, Value] = {}
    parts = [_expectation(name, each, values) for name, each in expected.items()]
    return _joined(parts, request), values


def _expectation(name: str, expected: Request, values: dict[str, Value]) -> Condition:
    operator = expected.get("ComparisonOperator")
    given = expected.get("AttributeValueList")
    exists = expected.get("Exists")
    if operator is not None:
        if exists is not None:
            raise invalid(
                f"{_INVALID}Exists and ComparisonOperator cannot be used together for Attribute: "
                f"{name}"
            )
        if given is not None and "Value" in expected:
            raise invalid(
                f"{_INVALID}Value and AttributeValueList cannot be used together for Attribute: "
                f"{name}"
            )
        if given is None:
            given = [expected["Value"]] if "Value" in expected else None
        if given is None and operator not in ("NULL", "NOT_NULL"):
            raise invalid(
                f"{_INVALID}Value or AttributeValueList must be used with ComparisonOperator: "
                f"{operator} for Attribute: {name}"
            )
        return _condition(name, operator, given or (), values, ":e")
    if given is not None:
        raise invalid(
            f"{_INVALID}AttributeValueList can only be used with a ComparisonOperator for "
            f"Attribute: {name}"
        )
    if exists is False:
        if "Value" in expected:
            raise invalid(
                f"{_INVALID}Value cannot be used when Exists is false for Attribute: {name}"
            )
        return Exists(Reach((name,)), False)
    if "Value" not in expected:
        what = "true" if exists else "null"
        raise invalid(
            f"{_INVALID}Value must be provided when Exists is {what} for Attribute: {name}"
        )
    return _condition(name, "EQ", [expected["Value"]], values, ":e")


def filter_of(request: Request) -> Found:
    """`QueryFilter` or `ScanFilter`."""
    filters = request.get("QueryFilter", request.get("ScanFilter"))
    if not filters:
        return None, {}
    values: dict[str, Value] = {}
    parts = [
        _condition(
            name, each["ComparisonOperator"], each.get("AttributeValueList", ()), values, ":f"
        )
        for name, each in filters.items()
    ]
    return _joined(parts, request), values


def key_of(request: Request) -> Found:
    """`KeyConditions`."""
    conditions = request.get("KeyConditions")
    if conditions is None:
        return None, {}
    if not 1 <= len(conditions) <= 8:
        raise invalid("Conditions can be of length 1 or 2 only")
    values: dict[str, Value] = {}
    parts: list[Condition] = []
    for name, each in conditions.items():
        operator = each["ComparisonOperator"]
        if operator not in _KEY_OPERATORS:
            raise invalid("Attempted conditional constraint is not an indexable operation")
        parts.append(_condition(name, operator, each.get("AttributeValueList", ()), values, ":k"))
    return (parts[0] if len(parts) == 1 else Both(tuple(parts))), values


def _joined(parts: list[Condition], request: Request) -> Condition:
    if len(parts) == 1:
        return parts[0]
    kind = Either if request.get("ConditionalOperator") == "OR" else Both
    return kind(tuple(parts))


def _condition(
    name: str,
    operator: str,
    given: Sequence[Mapping[str, Any]],
    values: dict[str, Value],
    mark: str,
) -> Condition:
    least, most = _COUNTS.get(operator, (1, 1))
    if not least <= len(given) <= most:
        raise invalid(
            f"{_INVALID}Invalid number of argument(s) for the {operator} ComparisonOperator"
        )
    operands: list[Given] = []
    for each in given:
        value, _ = read_value(each)
        _check_kind(operator, kind_of(value))
        operand = Given(f"{mark}{len(values)}")
        values[operand.name] = value
        operands.append(operand)
    path = Reach((name,))
    if operator in _COMPARED:
        return Compare(_COMPARED[operator], path, operands[0])
    if operator == "BETWEEN":
        found: Condition = Between(path, operands[0], operands[1])
        found.check(values)
        return found
    if operator == "IN":
        return Among(path, tuple(operands))
    if operator in ("NULL", "NOT_NULL"):
        return Exists(path, operator == "NOT_NULL")
    if operator == "BEGINS_WITH":
        return BeginsWith(path, operands[0])
    contains = Contains(path, operands[0])
    return contains if operator == "CONTAINS" else Not(contains)


def _check_kind(operator: str, kind: str) -> None:
    if operator in ("LT", "LE", "GT", "GE", "BETWEEN", "IN", "CONTAINS", "NOT_CONTAINS"):
        fits = kind in ORDERED
    elif operator == "BEGINS_WITH":
        fits = kind in ("S", "B")
    else:
        return
    if not fits:
        raise invalid(
            f"{_INVALID}ComparisonOperator {operator} is not valid for {kind} AttributeValue type"
        )


def update_of(request: Request) -> tuple[Update | None, dict[str, Value]]:
    """`AttributeUpdates`."""
    updates = request.get("AttributeUpdates")
    if updates is None:
        return None, {}
    values: dict[str, Value] = {}
    actions = [_action(name, each, values) for name, each in updates.items()]
    return Update(tuple(actions)), values


def _action(name: str, given: Request, values: dict[str, Value]) -> Action:
    action = given.get("Action", "PUT")
    if "Value" not in given:
        if action != "DELETE":
            raise invalid(
                f"{_INVALID}Only DELETE action is allowed when no attribute value is specified"
            )
        return Action("REMOVE", (name,), None)
    value, _ = read_value(given["Value"])
    kind = kind_of(value)
    if action == "ADD" and kind not in ADDED and kind != "L":
        raise invalid(f"{_INVALID}ADD action is not supported for the type {kind}")
    if action == "DELETE" and kind not in SETS:
        raise invalid(f"{_INVALID}DELETE action with value is not supported for the type {kind}")
    operand = Given(f":u{len(values)}")
    values[operand.name] = value
    return Action("SET" if action == "PUT" else action, (name,), operand)


def only_deletes(request: Request) -> bool:
    """Whether AttributeUpdates takes away and adds nothing."""
    updates: Mapping[str, Request] = request.get("AttributeUpdates") or {}
    return bool(updates) and all(each.get("Action") == "DELETE" for each in updates.values())
