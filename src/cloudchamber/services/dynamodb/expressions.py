"""The expressions of one request, new ones and those of old, as trees with their values.

Rules of this file: reading only. Both ways of saying a thing give the same trees; saying one thing
in both ways is refused. Placeholders that nothing uses are refused as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.grammar import (
    Expression,
    names_key,
    read_condition,
    read_projection,
    read_update,
)
from cloudchamber.languages.dynamodb.paths import Path
from cloudchamber.languages.dynamodb.tree import Condition
from cloudchamber.languages.dynamodb.updates import Update
from cloudchamber.languages.dynamodb.values import Value, read_value
from cloudchamber.services.dynamodb import legacy
from cloudchamber.services.dynamodb.reach import invalid

Request = Mapping[str, Any]
NAMES: Final = "ExpressionAttributeNames"
VALUES: Final = "ExpressionAttributeValues"
_EXPRESSIONS: Final = (
    "ConditionExpression",
    "UpdateExpression",
    "ProjectionExpression",
    "FilterExpression",
    "KeyConditionExpression",
)
_OLD: Final = (
    "AttributesToGet",
    "AttributeUpdates",
    "Expected",
    "ConditionalOperator",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
)
NOTHING: Final[Mapping[str, Value]] = MappingProxyType({})


class Asked(NamedTuple):
    """What a request asks for. `values` belong to all trees; `filter_paths` to the filter."""

    condition: Condition | None = None
    update: Update | None = None
    projection: tuple[Path, ...] | None = None
    key: Condition | None = None
    filter: Condition | None = None
    filter_paths: tuple[Path, ...] = ()
    values: Mapping[str, Value] = NOTHING


_NOTHING_ASKED: Final = Asked()


def is_plain(request: Request) -> bool:
    """Whether a request has neither expressions nor what was there before them."""
    for member in _EXPRESSIONS:
        if member in request:
            return False
    if NAMES in request or VALUES in request:
        return False
    return all(member not in request for member in _OLD)


def read(request: Request, takes: Sequence[str]) -> Asked:
    """Everything that a request asks for; `takes` are the expressions that it may have.

    Raises ValidationException, DynamoError.
    """
    if is_plain(request):
        return _NOTHING_ASKED
    old = [member for member in _OLD if member in request]
    new = [member for member in _EXPRESSIONS if member in request]
    if old:
        if new or NAMES in request or VALUES in request:
            _refuse_both(old, new, request)
        return _read_old(request)
    names = _checked_names(request, new, takes)
    values = _checked_values(request, new, takes)
    read_: dict[str, Expression[Any]] = {}
    for member in takes:
        text = request.get(member)
        if text is None:
            continue
        if member == "ProjectionExpression":
            read_[member] = read_projection(text, names)
        elif member == "UpdateExpression":
            read_[member] = read_update(text, names)
        else:
            read_[member] = read_condition(member, text, names)
    _check_defined(read_, values)
    for member, expression in read_.items():
        if member != "ProjectionExpression":
            try:
                expression.tree.check(values)
            except DynamoError as error:
                raise invalid(f"Invalid {member}: {error}") from None
    _check_used(request, read_.values())
    trees = {member: expression.tree for member, expression in read_.items()}
    filtering = read_.get("FilterExpression")
    return Asked(
        trees.get("ConditionExpression"),
        trees.get("UpdateExpression"),
        trees.get("ProjectionExpression"),
        trees.get("KeyConditionExpression"),
        trees.get("FilterExpression"),
        filtering.paths if filtering else (),
        values,
    )


def _refuse_both(old: Sequence[str], new: Sequence[str], request: Request) -> None:
    if new:
        raise invalid(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(old)}}} Expression parameters: "
            f"{{{', '.join(new)}}}"
        )
    member = NAMES if NAMES in request else VALUES
    raise invalid(f"{member} can only be specified when using expressions")


def _read_old(request: Request) -> Asked:
    if "Expected" in request or "ConditionalOperator" in request:
        legacy.check_operator(request)
    condition, values = legacy.conditions_of(request)
    update, more = legacy.update_of(request)
    values.update(more)
    key, more = legacy.key_of(request)
    values.update(more)
    filtering, more = legacy.filter_of(request)
    values.update(more)
    names = request.get("AttributesToGet")
    paths: tuple[Path, ...] | None = None
    if names is not None:
        if len(frozenset(names)) != len(names):
            first = next(name for place, name in enumerate(names) if name in names[:place])
            raise invalid(
                "One or more parameter values were invalid: Duplicate value in attribute name: "
                f"{first}"
            )
        paths = tuple((name,) for name in names)
    filter_member = request.get("QueryFilter", request.get("ScanFilter", ()))
    filter_paths = tuple((name,) for name in filter_member)
    return Asked(condition, update, paths, key, filtering, filter_paths, values)


def _checked_names(
    request: Request, new: Sequence[str], takes: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    names = request.get(NAMES)
    if names is None:
        return ()
    if not new:
        raise invalid(f"{NAMES} can only be specified when using expressions")
    if not names:
        raise invalid(f"{NAMES} must not be empty")
    for key in names:
        if not _is_placeholder(key, "#"):
            raise invalid(f'{NAMES} contains invalid key: Syntax error; key: "{key}"')
    return names_key(names)


def _checked_values(
    request: Request, new: Sequence[str], takes: Sequence[str]
) -> Mapping[str, Value]:
    given = request.get(VALUES)
    if given is None:
        return NOTHING
    useful = [member for member in takes if member != "ProjectionExpression"]
    if not any(member in new for member in useful):
        absent = " and ".join(useful)
        verb = "is" if len(useful) == 1 else "are"
        raise invalid(
            f"{VALUES} can only be specified when using expressions: {absent} {verb} null"
        )
    if not given:
        raise invalid(f"{VALUES} must not be empty")
    values: dict[str, Value] = {}
    for key, value in given.items():
        if not _is_placeholder(key, ":"):
            raise invalid(f'{VALUES} contains invalid key: Syntax error; key: "{key}"')
        try:
            values[key], _ = read_value(value)
        except DynamoError as error:
            raise invalid(f"{VALUES} contains invalid value: {error} for key {key}") from None
    return values


def _is_placeholder(key: str, mark: str) -> bool:
    rest = key[1:].replace("_", "a")
    return key[:1] == mark and rest.isalnum() and rest.isascii()


def _check_defined(read_: Mapping[str, Expression[Any]], values: Mapping[str, Value]) -> None:
    for member, expression in read_.items():
        for name in sorted(expression.values):
            if name not in values:
                raise invalid(
                    f"Invalid {member}: An expression attribute value used in expression is not "
                    f"defined; attribute value: {name}"
                )


def _check_used(request: Request, expressions: Iterable[Expression[Any]]) -> None:
    found = list(expressions)
    for member, used in (
        (NAMES, [each.names for each in found]),
        (VALUES, [each.values for each in found]),
    ):
        given = request.get(member)
        if not given:
            continue
        left = [key for key in given if not any(key in each for each in used)]
        if left:
            raise invalid(
                f"Value provided in {member} unused in expressions: keys: {{{', '.join(left)}}}"
            )
