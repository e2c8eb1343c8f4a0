"""Partition projection: partitions that follow from a table's properties, and no catalog has.

Rules of this file: pure; properties and an instant in, values out. Dates are written as Java's
patterns say, as far as they are made of years, months, days, hours, minutes and seconds.
https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from types import MappingProxyType
from typing import Final

_PARTS: Final = re.compile(r"y+|M+|d+|H+|m+|s+|'[^']*'|.", re.DOTALL)
_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "yy": "%y"}
)
_RELATIVE: Final = re.compile(
    r"NOW(?:\s*([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?", re.IGNORECASE
)
_UNITS: Final[Mapping[str, timedelta]] = MappingProxyType(
    {
        "WEEK": timedelta(weeks=1),
        "DAY": timedelta(days=1),
        "HOUR": timedelta(hours=1),
        "MINUTE": timedelta(minutes=1),
        "SECOND": timedelta(seconds=1),
    }
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class BadProjection(ValueError):
    """The properties make no projection; the text says which."""


def is_projected(properties: Mapping[str, str]) -> bool:
    """Whether a table's partitions are projected."""
    return properties.get("projection.enabled", "").lower() == "true"


def injected(properties: Mapping[str, str], keys: Sequence[str]) -> list[str]:
    """The keys whose values only a query can say."""
    return [key for key in keys if _kind(properties, key) == "injected"]


def projected(
    properties: Mapping[str, str],
    keys: Sequence[str],
    now_ns: int,
    fixed: Mapping[str, Sequence[str]],
    most: int,
) -> list[tuple[str, ...]]:
    """The values of every partition, one for each key, in order; at most `most`.

    `fixed` are values that a query names, for the keys that are injected. Raises BadProjection.
    """
    lists = [_values(properties, key, now_ns, fixed, most) for key in keys]
    count = 1
    for values in lists:
        count *= len(values)
    if count > most:
        raise BadProjection(f"the projection has {count} partitions, and {most} are looked at")
    return list(product(*lists))


def location(template: str, table: str, keys: Sequence[str], values: Sequence[str]) -> str:
    """Where a projected partition lies: by the table's template, or as Hive lays it out."""
    if template:
        for key, value in zip(keys, values, strict=True):
            template = template.replace(f"${{{key}}}", value)
        return template
    folder = "/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True))
    return f"{table.rstrip('/')}/{folder}"


def _kind(properties: Mapping[str, str], key: str) -> str:
    return properties.get(f"projection.{key}.type", "").lower()


def _values(
    properties: Mapping[str, str],
    key: str,
    now_ns: int,
    fixed: Mapping[str, Sequence[str]],
    most: int,
) -> Sequence[str]:
    kind = _kind(properties, key)
    if kind == "enum":
        return [each.strip() for each in properties.get(f"projection.{key}.values", "").split(",")]
    if kind == "injected":
        if key not in fixed:
            raise BadProjection(
                f'For the injected projected partition column "{key}", the WHERE clause must '
                "contain only static equality conditions, and at least one such condition must be "
                "present."
            )
        return fixed[key]
    ends = properties.get(f"projection.{key}.range", "").split(",")
    if kind not in ("integer", "date") or len(ends) != 2:
        raise BadProjection(f"the projection of {key} has no type and range")
    low, high = ends[0].strip(), ends[1].strip()
    step = properties.get(f"projection.{key}.interval", "1")
    if not step.isdigit() or step == "0":
        raise BadProjection(f"projection.{key}.interval is no positive number")
    if kind == "integer":
        return _numbers(properties, key, low, high, int(step), most)
    unit = properties.get(f"projection.{key}.interval.unit", "")
    form = properties.get(f"projection.{key}.format", "")
    return list(_dates(key, form, low, high, int(step), unit, now_ns, most))


def _numbers(
    properties: Mapping[str, str], key: str, low: str, high: str, step: int, most: int
) -> list[str]:
    digits = properties.get(f"projection.{key}.digits", "0")
    try:
        first, last, width = int(low), int(high), int(digits)
    except ValueError as error:
        raise BadProjection(f"projection.{key}.range is no range of numbers") from error
    if (last - first) // step > most:
        raise BadProjection(f"projection.{key}.range is too long")
    return [str(number).zfill(width) for number in range(first, last + 1, step)]


def _dates(
    key: str, form: str, low: str, high: str, step: int, unit: str, now_ns: int, most: int
) -> Iterator[str]:
    pattern, finest = _pattern(form)
    first, last = _instant(low, pattern, now_ns), _instant(high, pattern, now_ns)
    named = unit.upper().removesuffix("S") or finest
    if named not in _UNITS and named not in ("YEAR", "MONTH"):
        raise BadProjection(f"projection.{key}.interval.unit is no unit of time")
    for count in range(most + 1):
        moment = _moved(first, named, count * step)
        if moment > last:
            return
        yield moment.strftime(pattern)
    raise BadProjection(f"projection.{key}.range is too long")


def _pattern(form: str) -> tuple[str, str]:
    """Python's pattern for one of Java's, and the finest unit that it writes."""
    parts, finest = [], "YEAR"
    order = ("yyyy", "MM", "dd", "HH", "mm", "ss")
    units = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
    for part in _PARTS.findall(form):
        if part in _CODES:
            parts.append(_CODES[part])
            if part in order:
                finest = units[max(order.index(part), units.index(finest))]
        elif part[0] == "'":
            parts.append(part[1:-1].replace("%", "%%") or "'")
        elif part[0].isalpha():
            raise BadProjection(f"the pattern {part} of {form} is not read")
        else:
            parts.append(part.replace("%", "%%"))
    return "".join(parts), finest


def _instant(text: str, pattern: str, now_ns: int) -> datetime:
    relative = _RELATIVE.fullmatch(text)
    if relative is None:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError as error:
            raise BadProjection(f"{text} is not written as the format says") from error
    now = _EPOCH + timedelta(microseconds=now_ns // 1000)
    # Only what the pattern writes counts: a date starts at midnight.
    now = datetime.strptime(now.strftime(pattern), pattern).replace(tzinfo=UTC)
    if relative[1] is None:
        return now
    count = int(relative[2]) * (1 if relative[1] == "+" else -1)
    return _moved(now, relative[3].upper(), count)


def _moved(moment: datetime, unit: str, count: int) -> datetime:
    if unit in _UNITS:
        return moment + _UNITS[unit] * count
    months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "YEAR" else 1)
    year, month = divmod(months, 12)
    last = (
        datetime(year + (month == 11), (month + 1) % 12 + 1, 1, tzinfo=UTC) - timedelta(days=1)
    ).day
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))
