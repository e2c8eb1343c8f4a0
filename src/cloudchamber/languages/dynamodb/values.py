"""Attribute values: are they sound, how large are they, what is equal, what comes first.

Rules of this file: a value is a dict with one entry, kind to content, as on the wire, blobs as
bytes. `read_value` gives a value in the one form that is kept and compared: numbers canonical, sets
sorted; then equal values are equal dicts. Nothing that is handed in is changed.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.numbers import canonical, compare
from cloudchamber.languages.dynamodb.numbers import size_of as number_size

Value = dict[str, Any]
Item = dict[str, Value]

NESTED_MAX: Final = 32
ITEM_MAX: Final = 400 * 1024
KINDS: Final = frozenset(("S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"))
SETS: Final = frozenset(("SS", "NS", "BS"))
ORDERED: Final = frozenset(("S", "N", "B"))
_INVALID: Final = "One or more parameter values were invalid: "
_EMPTY_SET: Final = MappingProxyType(
    {
        "SS": "An string set  may not be empty",
        "NS": "An number set  may not be empty",
        "BS": "Binary sets should not be empty",
    }
)


def text_size(text: str) -> int:
    """Bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def read_item(item: Mapping[str, Value]) -> tuple[Item, int]:
    """A sound item in the form that is kept, and its size in bytes. Raises DynamoError."""
    kept: Item = {}
    total = 0
    for name, value in item.items():
        total += len(name) if name.isascii() else len(name.encode())
        text = value.get("S")
        if text is not None and len(value) == 1:
            total += len(text) if text.isascii() else len(text.encode())
            kept[name] = value
        else:
            kept[name], size = read_value(value)
            total += size
    return kept, total


def read_value(value: Mapping[str, Any], depth: int = 1) -> tuple[Value, int]:
    """A sound value in the form that is kept, and its size in bytes. Raises DynamoError."""
    if len(value) != 1:
        what = "has more than one datatypes set" if value else "is empty"
        raise DynamoError(
            f"Supplied AttributeValue {what}, must contain exactly one of the supported datatypes"
        )
    kind, content = next(iter(value.items()))
    if kind == "S":
        return {"S": content}, text_size(content)
    if kind == "N":
        number = canonical(content)
        return {"N": number}, number_size(number)
    if kind == "B":
        return {"B": content}, len(content)
    if kind == "BOOL":
        return {"BOOL": content}, 1
    if kind == "NULL":
        if not content:
            raise DynamoError(f"{_INVALID}Null attribute value types must have the value of true")
        return {"NULL": True}, 1
    if kind in SETS:
        return _read_set(kind, content)
    if depth > NESTED_MAX:
        raise DynamoError(
            "Nesting Levels have exceeded supported limits: Attributes can be nested up to "
            f"{NESTED_MAX} levels deep"
        )
    if kind == "M":
        entries: Item = {}
        total = 3
        for name, inner in content.items():
            entries[name], size = read_value(inner, depth + 1)
            total += text_size(name) + size + 1
        return {"M": entries}, total
    if kind == "L":
        elements: list[Value] = []
        total = 3
        for inner in content:
            element, size = read_value(inner, depth + 1)
            elements.append(element)
            total += size + 1
        return {"L": elements}, total
    raise DynamoError(
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
    )


def _read_set(kind: str, content: list[Any]) -> tuple[Value, int]:
    if not content:
        raise DynamoError(_INVALID + _EMPTY_SET[kind])
    elements = [canonical(each) for each in content] if kind == "NS" else content
    if len(frozenset(elements)) != len(elements):
        shown = ", ".join(each if isinstance(each, str) else repr(each) for each in content)
        raise DynamoError(f"{_INVALID}Input collection [{shown}] contains duplicates.")
    if kind == "NS":
        return {kind: sort_numbers(elements)}, sum(map(number_size, elements))
    sizes = map(text_size, elements) if kind == "SS" else map(len, elements)
    return {kind: sorted(elements)}, sum(sizes)


def sort_numbers(numbers: Iterable[str]) -> list[str]:
    """Canonical numbers in their order."""
    return sorted(numbers, key=Decimal)


def item_size(item: Mapping[str, Value]) -> int:
    """Bytes of an item in the form that is kept: names and values."""
    return sum(text_size(name) + value_size(value) for name, value in item.items())


def value_size(value: Value) -> int:
    """Bytes of a value in the form that is kept."""
    kind, content = next(iter(value.items()))
    if kind == "S":
        return text_size(content)
    if kind == "N":
        return number_size(content)
    if kind == "B":
        return len(content)
    if kind == "M":
        return 3 + item_size(content) + len(content)
    if kind == "L":
        return 3 + sum(map(value_size, content)) + len(content)
    if kind == "SS":
        return sum(map(text_size, content))
    if kind == "NS":
        return sum(map(number_size, content))
    return sum(map(len, content)) if kind == "BS" else 1


def kind_of(value: Value) -> str:
    """The kind of a value: `S`, `NS`, ..."""
    return next(iter(value))


def order(one: Value, other: Value) -> int | None:
    """-1, 0 or 1 for two texts, numbers or binaries; None when they have no order."""
    kind, content = next(iter(one.items()))
    theirs = other.get(kind)
    if theirs is None or kind not in ORDERED:
        return None
    if kind == "N":
        return compare(content, theirs)
    return int(content > theirs) - int(content < theirs)


def shown(value: Value) -> str:
    """A value as AWS's messages print it: `{S:a}`."""
    kind, content = next(iter(value.items()))
    if kind == "M":
        inner = ", ".join(f"{name}={shown(each)}" for name, each in content.items())
        return f"{{M:{{{inner}}}}}"
    if kind == "L":
        return f"{{L:[{', '.join(map(shown, content))}]}}"
    if kind in SETS:
        return f"{{{kind}:[{', '.join(map(str, content))}]}}"
    if isinstance(content, bool):
        return f"{{{kind}:{str(content).lower()}}}"
    return f"{{{kind}:{content}}}"
