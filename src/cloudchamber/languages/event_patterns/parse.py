"""Reading event patterns: JSON text to a tree, or what is wrong with it.

Rules of this file: everything that EventBridge's user guide describes, and nothing else.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
"""

from __future__ import annotations

import ipaddress
from typing import Any, Final

import msgspec

from cloudchamber.languages.event_patterns.tree import Leaf, Pattern
from cloudchamber.languages.event_patterns.values import (
    AnythingBut,
    Exact,
    Exists,
    Network,
    Numeric,
    Text,
    ValueTest,
    Wildcard,
)

EITHER: Final = "$or"
_SIGNS: Final = ("<", "<=", "=", ">", ">=")
_NUMBER_MAX: Final = 5_000_000_000.0
# A $or whose objects have names like these is an operator in disguise, so it is a field.
_OPERATORS: Final = frozenset(
    {
        "prefix", "suffix", "anything-but", "exists", "numeric", "cidr", "equals-ignore-case",
        "wildcard",
    }
)  # fmt: skip


class BadPattern(ValueError):
    """The pattern is not one; the text says why, as EventBridge does."""


def parse_pattern(text: str | bytes) -> Pattern:
    """The pattern of a JSON text. Raises BadPattern."""
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadPattern(f"Event pattern is not valid. Reason: {error}") from error
    if not isinstance(document, dict):
        raise BadPattern("Event pattern is not valid. Reason: Filter is not an object")
    return _object(document, "")


def _bad(reason: str) -> BadPattern:
    return BadPattern(f"Event pattern is not valid. Reason: {reason}")


def _object(document: dict[str, Any], path: str) -> Pattern:
    fields: list[tuple[str, Leaf | Pattern]] = []
    either: list[tuple[Pattern, ...]] = []
    for name, value in document.items():
        here = f"{path}.{name}" if path else name
        if name == EITHER and _is_choice(value):
            either.append(tuple(_object(each, path) for each in value))
        elif isinstance(value, dict):
            if not value:
                raise _bad("Empty objects are not allowed")
            fields.append((name, _object(value, here)))
        elif isinstance(value, list):
            fields.append((name, _leaf(value, here)))
        else:
            raise _bad(f'"{name}" must be an object or an array')
    return Pattern(tuple(fields), tuple(either))


def _is_choice(value: Any) -> bool:
    """Whether a `$or` is one: at least two objects, none of which is an operator."""
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(isinstance(each, dict) and each for each in value)
        and not any(_OPERATORS.intersection(each) for each in value)
    )


def _leaf(values: list[Any], path: str) -> Leaf:
    if not values:
        raise _bad("Empty arrays are not allowed")
    return Leaf(tuple(_test(value, path) for value in values))


def _test(value: Any, path: str) -> ValueTest:
    if isinstance(value, list):
        raise _bad("Match value must be String, number, true, false, or null")
    if not isinstance(value, dict):
        return Exact(value)
    if len(value) != 1:
        raise _bad("Only one key allowed in match expression")
    (operator, operand), *_ = value.items()
    return _operator(operator, operand)


def _operator(operator: str, operand: Any) -> ValueTest:
    if operator in ("prefix", "suffix"):
        return _text(operator, operand)
    if operator == "equals-ignore-case":
        return Text("whole", _string(operator, operand), True)
    if operator == "wildcard":
        return _wildcard(_string(operator, operand))
    if operator == "exists":
        if not isinstance(operand, bool):
            raise _bad("exists match pattern must be either true or false.")
        return Exists(operand)
    if operator == "cidr":
        return _network(operand)
    if operator == "numeric":
        return _numeric(operand)
    if operator == "anything-but":
        return AnythingBut(_but(operand))
    raise _bad(f"Unrecognized match type {operator}")


def _string(operator: str, operand: Any) -> str:
    if not isinstance(operand, str):
        raise _bad(f"{operator} match pattern must be a string")
    if not operand and operator in ("prefix", "suffix"):
        raise _bad(f"Null {operator} not allowed")
    return operand


def _text(operator: str, operand: Any) -> Text:
    if isinstance(operand, dict):
        if set(operand) != {"equals-ignore-case"}:
            raise _bad(f"Unsupported {operator} pattern")
        return Text(operator, _string("equals-ignore-case", operand["equals-ignore-case"]), True)
    return Text(operator, _string(operator, operand))


def _wildcard(text: str) -> Wildcard:
    """`*` is any characters, `\\*` a star, `\\\\` a backslash."""
    parts: list[str] = [""]
    at = 0
    while at < len(text):
        character = text[at]
        if character == "\\":
            at += 1
            if at >= len(text) or text[at] not in "*\\":
                raise _bad("Invalid escape character at pos " + str(at - 1))
            parts[-1] += text[at]
        elif character == "*":
            if len(parts) > 1 and not parts[-1]:
                raise _bad(f"Consecutive wildcard characters at pos {at - 1}")
            parts.append("")
        else:
            parts[-1] += character
        at += 1
    return Wildcard(tuple(parts))


def _network(operand: Any) -> Network:
    if not isinstance(operand, str):
        raise _bad("prefix match pattern must be a string")
    try:
        ipaddress.ip_network(operand, strict=False)
    except ValueError as error:
        raise _bad(f"Malformed CIDR, one '/' required: {error}") from error
    if "/" not in operand:
        raise _bad("Malformed CIDR, one '/' required")
    return Network(operand)


def _numeric(operand: Any) -> Numeric:
    if not isinstance(operand, list):
        raise _bad("Value of numeric must be an array.")
    if not operand or len(operand) % 2 or len(operand) > 4:
        raise _bad("Invalid member in numeric match: expected comparisons, each with a number")
    bounds = []
    for sign, bound in zip(operand[::2], operand[1::2], strict=True):
        if sign not in _SIGNS:
            raise _bad(f"Unrecognized numeric range operator: {sign}")
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise _bad("Value of numeric comparison must be a number")
        if abs(bound) > _NUMBER_MAX:
            raise _bad("Value must be between -5.0E9 and 5.0E9, inclusive")
        bounds.append((sign, float(bound)))
    if len(bounds) > 1:
        low, high = bounds
        if low[0] not in (">", ">=") or high[0] not in ("<", "<="):
            raise _bad("Numeric ranges need a lower bound and then an upper bound")
        if low[1] >= high[1]:
            raise _bad("Bottom must be less than top")
    return Numeric(tuple(bounds))


def _but(operand: Any) -> tuple[ValueTest, ...]:
    if isinstance(operand, dict):
        if len(operand) != 1:
            raise _bad("Only one key allowed in match expression")
        (operator, inner), *_ = operand.items()
        if operator not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
            raise _bad(f"Unsupported anything-but pattern: {operator}")
        listed = inner if isinstance(inner, list) else [inner]
        if not listed:
            raise _bad("Empty arrays are not allowed")
        return tuple(_operator(operator, each) for each in listed)
    listed = operand if isinstance(operand, list) else [operand]
    if not listed:
        raise _bad("Empty arrays are not allowed")
    for each in listed:
        if isinstance(each, list | dict):
            raise _bad("Inside anything-but list, start|null|boolean is not supported.")
    return tuple(Exact(each) for each in listed)
