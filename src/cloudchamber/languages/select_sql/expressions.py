"""Expressions made of others: functions of a record, with NULL for what is not known.

Rules of this file: three-valued logic as in SQL; nothing is parsed here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from cloudchamber.languages.select_sql.query import Expression
from cloudchamber.languages.select_sql.values import (
    MISSING,
    BadQuery,
    compare,
    expect_number,
    is_absent,
    text_of,
)

Step = tuple[str, bool] | int


def constant(value: Any) -> Expression:
    """A value that is always the same."""

    return lambda record: value


def found_at(steps: list[Step]) -> Expression:
    """What a path leads to inside of a record; MISSING when it leads nowhere."""

    def of(record: Any) -> Any:
        value = record.value
        for step in steps:
            value = _inside(value, step)
            if value is MISSING:
                return MISSING
        return value

    return of


def _inside(value: Any, step: Step) -> Any:
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and step < len(value) else MISSING
    name, is_exact = step
    if not isinstance(value, Mapping):
        return MISSING
    if name in value:
        return value[name]
    if is_exact:
        return MISSING
    if re.fullmatch(r"_\d+", name):
        at = int(name[1:]) - 1
        values = list(value.values())
        return values[at] if 0 <= at < len(values) else MISSING
    lowered = name.lower()
    return next((value[each] for each in value if each.lower() == lowered), MISSING)


def either(one: Expression, other: Expression) -> Expression:
    """OR with unknowns."""

    def of(record: Any) -> bool | None:
        first = one(record)
        if first is True:
            return True
        second = other(record)
        if second is True:
            return True
        return False if first is False and second is False else None

    return of


def both(one: Expression, other: Expression) -> Expression:
    """AND with unknowns."""

    def of(record: Any) -> bool | None:
        first = one(record)
        if first is False:
            return False
        second = other(record)
        if second is False:
            return False
        return True if first is True and second is True else None

    return of


def negated(made: Expression) -> Expression:
    """NOT with unknowns."""

    def of(record: Any) -> bool | None:
        value = made(record)
        return not value if isinstance(value, bool) else None

    return of


def compared(one: Expression, other: Expression, holds: Callable[[int], bool]) -> Expression:
    """A comparison."""

    def of(record: Any) -> bool | None:
        order = compare(one(record), other(record))
        return None if order is None else holds(order)

    return of


def among(left: Expression, listed: list[Expression]) -> Expression:
    """IN a list."""

    def of(record: Any) -> bool | None:
        value = left(record)
        if is_absent(value):
            return None
        return any(compare(value, each(record)) == 0 for each in listed)

    return of


def like(left: Expression, pattern: Expression, escape: str) -> Expression:
    """LIKE, with an escape character or none."""

    def of(record: Any) -> bool | None:
        value, wanted = left(record), pattern(record)
        if is_absent(value) or is_absent(wanted):
            return None
        return _matches(text_of(value), text_of(wanted), escape)

    return of


def _matches(text: str, pattern: str, escape: str) -> bool:
    """LIKE without backtracking: the states of the pattern that the text so far may be in."""
    items: list[tuple[str, bool]] = []
    plain = False
    for character in pattern:
        if not plain and escape and character == escape:
            plain = True
            continue
        items.append((character, not plain))
        plain = False
    states = _closure({0}, items)
    for character in text:
        moved = set()
        for state in states:
            if state < len(items):
                wanted, is_special = items[state]
                if is_special and wanted == "%":
                    moved.add(state)
                elif (is_special and wanted == "_") or wanted == character:
                    moved.add(state + 1)
        states = _closure(moved, items)
    return len(items) in states


def _closure(states: set[int], items: list[tuple[str, bool]]) -> set[int]:
    """With what may be passed for nothing: each `%`."""
    reached = set(states)
    for state in sorted(states):
        at = state
        while at < len(items) and items[at] == ("%", True):
            at += 1
            reached.add(at)
    return reached


def combined(sign: str, one: Expression, other: Expression) -> Expression:
    """Two values with a sign between them."""

    def of(record: Any) -> Any:
        left, right = one(record), other(record)
        if is_absent(left) or is_absent(right):
            return None
        if sign == "||":
            return text_of(left) + text_of(right)
        return _computed(sign, expect_number(left), expect_number(right))

    return of


def _computed(sign: str, left: float, right: float) -> float:
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    if not right:
        raise BadQuery("DivideByZero", "An attempt was made to divide by zero")
    if isinstance(left, int) and isinstance(right, int):
        # Whole numbers stay whole, and the quotient goes towards zero.
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return quotient if sign == "/" else left - quotient * right
    return left / right if sign == "/" else left % right


def applied(function: Callable[..., Any], given: list[Expression]) -> Expression:
    """A function of values."""

    def of(record: Any) -> Any:
        try:
            return function(*[each(record) for each in given])
        except TypeError:
            raise BadQuery(
                "EvaluatorInvalidArguments", "A function has too many or too few arguments"
            ) from None

    return of
