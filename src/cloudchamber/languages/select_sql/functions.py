"""What a query may call by name, but for its totals.

Rules of this file: values in, a value out; NULL and MISSING give NULL unless a function is about
them. https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference-sql-functions.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.languages.select_sql.values import (
    BadQuery,
    compare,
    expect_number,
    is_absent,
    text_of,
    timestamp_of,
)

PARTS: Final = ("year", "month", "day", "hour", "minute", "second")
MONTHS: Final = 12
_SPANS: Final = MappingProxyType({"day": 86_400, "hour": 3600, "minute": 60, "second": 1})


def _text(function: Callable[[str], Any]) -> Callable[..., Any]:
    def apply(value: Any) -> Any:
        return None if is_absent(value) else function(text_of(value))

    return apply


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if not is_absent(value)), None)


def _nullif(one: Any, other: Any) -> Any:
    return None if compare(one, other) == 0 else one


def substring(value: Any, start: Any, length: Any = None) -> Any:
    """The characters from `start` on, which is 1 for the first; before it there is nothing."""
    if is_absent(value) or is_absent(start):
        return None
    text, first = text_of(value), int(expect_number(start)) - 1
    if length is None:
        return text[max(first, 0) :]
    stop = first + int(expect_number(length))
    if stop < first:
        raise BadQuery("EvaluatorNegativeLimit", "The length of a substring may not be negative")
    return text[max(first, 0) : max(stop, 0)]


def trim(value: Any, characters: str = " ", where: str = "BOTH") -> Any:
    """Without leading or trailing characters, or both."""
    if is_absent(value):
        return None
    text = text_of(value)
    if where != "TRAILING":
        text = text.lstrip(characters)
    return text if where == "LEADING" else text.rstrip(characters)


def extract(part: str, value: Any) -> Any:
    """One part of an instant."""
    if is_absent(value):
        return None
    if part not in PARTS:
        raise BadQuery("EvaluatorInvalidTimestampFormatPattern", f"There is no part {part}")
    return getattr(_instant(value), part)


def _instant(value: Any) -> datetime:
    try:
        return timestamp_of(value)
    except ValueError:
        raise BadQuery("CastFailed", f"{value!r} is no timestamp") from None


def date_add(part: str, amount: Any, value: Any) -> Any:
    """An instant so many parts later."""
    if is_absent(value) or is_absent(amount):
        return None
    moment, count = _instant(value), int(expect_number(amount))
    if part in _SPANS:
        return moment + timedelta(seconds=_SPANS[part] * count)
    months = moment.month - 1 + (count if part == "month" else count * MONTHS)
    if part not in ("month", "year"):
        raise BadQuery("EvaluatorInvalidArguments", f"There is no part {part}")
    year, month = moment.year + months // MONTHS, months % MONTHS + 1
    for day in range(moment.day, 0, -1):
        try:
            return moment.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    return None


def date_diff(part: str, one: Any, other: Any) -> Any:
    """How many whole parts lie between two instants."""
    if is_absent(one) or is_absent(other):
        return None
    first, last = _instant(one), _instant(other)
    if part in _SPANS:
        return int((last - first).total_seconds() // _SPANS[part])
    months = (last.year - first.year) * MONTHS + last.month - first.month
    if part == "month":
        return months
    if part == "year":
        return last.year - first.year
    raise BadQuery("EvaluatorInvalidArguments", f"There is no part {part}")


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "ABS": lambda value: None if is_absent(value) else abs(expect_number(value)),
        "CHARACTER_LENGTH": _text(len),
        "CHAR_LENGTH": _text(len),
        "COALESCE": _coalesce,
        "LOWER": _text(str.lower),
        "NULLIF": _nullif,
        "SUBSTRING": substring,
        "TO_STRING": lambda value, pattern=None: None if is_absent(value) else text_of(value),
        "TO_TIMESTAMP": lambda value: None if is_absent(value) else _instant(value),
        "TRIM": trim,
        "UPPER": _text(str.upper),
    }
)
DATED: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {"DATE_ADD": date_add, "DATE_DIFF": date_diff}
)
