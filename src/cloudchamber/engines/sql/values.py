"""How values are written: as Athena writes them into results, by DuckDB's types.

Rules of this file: pure text. Types are DuckDB's names as DESCRIBE gives them; `kind_of` says what
Athena calls them, `written` writes one value.
https://docs.aws.amazon.com/athena/latest/ug/data-types.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import msgspec

_UNNAMED: Final = re.compile(r"^_(\d+)$")
_PLAIN_MIN: Final = 1e-3
_PLAIN_MAX: Final = 1e7

# DuckDB's name -> Athena's, precision, scale
_KINDS: Final[Mapping[str, tuple[str, int, int]]] = MappingProxyType(
    {
        "BOOLEAN": ("boolean", 0, 0),
        "TINYINT": ("tinyint", 3, 0),
        "SMALLINT": ("smallint", 5, 0),
        "INTEGER": ("integer", 10, 0),
        "BIGINT": ("bigint", 19, 0),
        "HUGEINT": ("bigint", 19, 0),  # what DuckDB sums integers into
        "UTINYINT": ("bigint", 19, 0),
        "USMALLINT": ("bigint", 19, 0),
        "UINTEGER": ("bigint", 19, 0),
        "UBIGINT": ("bigint", 19, 0),
        "FLOAT": ("float", 17, 0),
        "DOUBLE": ("double", 17, 0),
        "VARCHAR": ("varchar", 2_147_483_647, 0),
        "JSON": ("json", 0, 0),
        "UUID": ("uuid", 0, 0),
        "BLOB": ("varbinary", 1_073_741_824, 0),
        "DATE": ("date", 0, 0),
        "TIME": ("time", 3, 0),
        "TIMESTAMP": ("timestamp", 3, 0),
        "TIMESTAMP_S": ("timestamp", 3, 0),
        "TIMESTAMP_MS": ("timestamp", 3, 0),
        "TIMESTAMP_NS": ("timestamp", 3, 0),
        "TIMESTAMP WITH TIME ZONE": ("timestamp with time zone", 3, 0),
        "INTERVAL": ("interval day to second", 0, 0),
    }
)


class Kind(msgspec.Struct, frozen=True):
    """A column's type as GetQueryResults shows it."""

    name: str
    precision: int
    scale: int


def kind_of(duck: str) -> Kind:
    """What Athena calls one of DuckDB's types."""
    if duck.endswith("]"):
        return Kind("array", 0, 0)
    if duck.startswith("STRUCT("):
        return Kind("row", 0, 0)
    if duck.startswith("MAP("):
        return Kind("map", 0, 0)
    if duck.startswith("DECIMAL("):
        precision, scale = duck[8:-1].split(",")
        return Kind("decimal", int(precision), int(scale))
    if duck.startswith("VARCHAR"):
        duck = "VARCHAR"
    return Kind(*_KINDS.get(duck, ("varchar", 2_147_483_647, 0)))


def hive_type(duck: str) -> str:
    """The type that a new table's column gets from a query's."""
    kind = kind_of(duck)
    if kind.name == "decimal":
        return f"decimal({kind.precision},{kind.scale})"
    if kind.name == "array":
        return f"array<{hive_type(duck[: duck.rindex('[')])}>"
    if kind.name == "map":
        key, value = _split(duck[4:-1])
        return f"map<{hive_type(key)},{hive_type(value)}>"
    if kind.name == "row":
        parts = []
        for field in _split(duck[7:-1]):
            name, _, inner = field.partition(" ")
            parts.append(f"{name.strip(chr(34))}:{hive_type(inner)}")
        return f"struct<{','.join(parts)}>"
    return {"integer": "int", "varchar": "string", "varbinary": "binary"}.get(kind.name, kind.name)


def _split(text: str) -> list[str]:
    """The parts between commas that are in no parentheses."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]


def written(value: Any) -> str | None:
    """A value as Athena writes it; None for NULL."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        zone = " UTC" if value.tzinfo is not None else ""
        return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}{zone}"
    if isinstance(value, time):
        return f"{value:%H:%M:%S}.{value.microsecond // 1000:03d}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _interval(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex(" ")
    return _nested(value)


def _nested(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_within(each) for each in value)}]"
    if isinstance(value, dict):
        # A row without names has those that Athena gives.
        names = (_UNNAMED.sub(r"field\1", _within(key)) for key in value)
        pairs = (
            f"{name}={_within(each)}" for name, each in zip(names, value.values(), strict=True)
        )
        return f"{{{', '.join(pairs)}}}"
    return str(value)


def _within(value: Any) -> str:
    text = written(value)
    return "null" if text is None else text


def _interval(value: timedelta) -> str:
    milliseconds = value // timedelta(milliseconds=1)
    sign = "-" if milliseconds < 0 else ""
    seconds, rest = divmod(abs(milliseconds), 1000)
    days, seconds = divmod(seconds, 86_400)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{sign}{days} {hours:02d}:{minutes:02d}:{seconds % 60:02d}.{rest:03d}"


def _double(value: float) -> str:
    """A double as Java writes it, which is what Trino is written in."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or _PLAIN_MIN <= abs(value) < _PLAIN_MAX:
        plain = format(Decimal(repr(value)), "f")
        return plain if "." in plain else f"{plain}.0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(str(digit) for digit in digits)
    power = len(digits) - 1 + int(exponent)
    return f"{'-' if sign else ''}{text[0]}.{text[1:] or '0'}E{power}"
