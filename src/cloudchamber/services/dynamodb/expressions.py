"""The expressions of one request, new ones and those of old, as trees with their values.

Rules of this file: reading only. Both ways of saying a thing give the same trees; saying one thing
in both ways is refused. Placeholders that nothing uses are refused as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import msgspec

from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.grammar import (
    Expression,
    read_condition,
    read_projection,
    read_update,
)
from cloudchamber.languages.dynamodb.paths import Path
from cloudchamber.languages.dynamodb.tree import Condition
from cloudchamber.languages.dynamodb.updates import Update
from cloudchamber.languages.dynamodb.values import Value, read_value
from cloudchamber.services.dynamodb import older_parameters
from cloudchamber.services.dynamodb.reach import invalid

Request = Mapping[str, Any]
NAMES: Final = "ExpressionAttributeNames"
VALUES: Final = "ExpressionAttributeValues"
_NAME: Final = re.compile(r"#[A-Za-z0-9_]+")
_VALUE: Final = re.compile(r":[A-Za-z0-9_]+")
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
_ALL: Final = frozenset((*_EXPRESSIONS, *_OLD, NAMES, VALUES))
NOTHING: Final[Mapping[str, Value]] = MappingProxyType({})


class Asked(msgspec.Struct, frozen=True):
    """What a request asks for. `values` belong to all trees; `filter_paths` to the filter.

    `checks` are the trees whose values have to be looked at, with the names of their members.
    """

    condition: Condition | None = None
    update: Update | None = None
    projection: tuple[Path, ...] | None = None
    key: Condition | None = None
    filter: Condition | None = None
    filter_paths: tuple[Path, ...] = ()
    values: Mapping[str, Value] = NOTHING
    checks: tuple[tuple[str, Condition | Update], ...] = ()


_NOTHING_ASKED: Final = Asked()


def is_plain(request: Request) -> bool:
    """Whether a request has neither expressions nor what was there before them."""
    return request.keys().isdisjoint(_ALL)


def read(request: Request, takes: Sequence[str]) -> Asked:
    """Everything that a request asks for; `takes` are the expressions that it may have.

    Raises ValidationException, DynamoError.
    """
    if is_plain(request):
        return _NOTHING_ASKED
    new = [member for member in _EXPRESSIONS if member in request]
    if not request.keys().isdisjoint(_OLD):
        old = [member for member in _OLD if member in request]
        if new or NAMES in request or VALUES in request:
            _refuse_both(old, new, request)
        return _read_old(request)
    names = request.get(NAMES)
    if names is not None:
        _check_names(names, new)
    given = request.get(VALUES)
    values = NOTHING if given is None else _checked_values(given, new, takes)
    asked = _read_trees(
        tuple((member, request[member]) for member in new if member in takes),
        () if names is None else tuple(names.items()),
        tuple(values),
    )
    for member, tree in asked.checks:
        try:
            tree.check(values)
        except DynamoError as error:
            raise invalid(f"Invalid {member}: {error}") from None
    return asked if given is None else msgspec.structs.replace(asked, values=values)


@lru_cache(maxsize=512)
def _read_trees(
    texts: tuple[tuple[str, str], ...],
    names: tuple[tuple[str, str], ...],
    value_names: tuple[str, ...],
) -> Asked:
    """The trees of expressions, all placeholders defined and used. Raises ValidationException."""
    found: dict[str, Expression[Any]] = {}
    for member, text in texts:
        if member == "ProjectionExpression":
            found[member] = read_projection(text, names)
        elif member == "UpdateExpression":
            found[member] = read_update(text, names)
        else:
            found[member] = read_condition(member, text, names)
    _check_defined(found, value_names)
    _check_used(NAMES, [key for key, _ in names], [each.names for each in found.values()])
    _check_used(VALUES, value_names, [each.values for each in found.values()])
    trees = {member: expression.tree for member, expression in found.items()}
    filtering = found.get("FilterExpression")
    return Asked(
        trees.get("ConditionExpression"),
        trees.get("UpdateExpression"),
        trees.get("ProjectionExpression"),
        trees.get("KeyConditionExpression"),
        trees.get("FilterExpression"),
        filtering.paths if filtering else (),
        checks=tuple(each for each in trees.items() if each[0] != "ProjectionExpression"),
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
        older_parameters.check_operator(request)
    condition, values = older_parameters.conditions_of(request)
    update, more = older_parameters.update_of(request)
    values.update(more)
    key, more = older_parameters.key_of(request)
    values.update(more)
    filtering, more = older_parameters.filter_of(request)
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


def _check_names(names: Mapping[str, str], new: Sequence[str]) -> None:
    if not new:
        raise invalid(f"{NAMES} can only be specified when using expressions")
    if not names:
        raise invalid(f"{NAMES} must not be empty")
    for key in names:
        if not _NAME.fullmatch(key):
            raise invalid(f'{NAMES} contains invalid key: Syntax error; key: "{key}"')


def _checked_values(
    given: Mapping[str, Any], new: Sequence[str], takes: Sequence[str]
) -> Mapping[str, Value]:
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
        if not _VALUE.fullmatch(key):
            raise invalid(f'{VALUES} contains invalid key: Syntax error; key: "{key}"')
        try:
            values[key], _ = read_value(value)
        except DynamoError as error:
            raise invalid(f"{VALUES} contains invalid value: {error} for key {key}") from None
    return values


def _check_defined(read_: Mapping[str, Expression[Any]], value_names: Sequence[str]) -> None:
    for member, expression in read_.items():
        for name in sorted(expression.values):
            if name not in value_names:
                raise invalid(
                    f"Invalid {member}: An expression attribute value used in expression is not "
                    f"defined; attribute value: {name}"
                )


def _check_used(member: str, given: Sequence[str], used: Sequence[frozenset[str]]) -> None:
    left = [key for key in given if not any(key in each for each in used)]
    if left:
        raise invalid(
            f"Value provided in {member} unused in expressions: keys: {{{', '.join(left)}}}"
        )
