"""Values: NULL is None, MISSING is what a record does not have; how they compare and convert.

Rules of this file: pure. Texts that are numbers compare as numbers with numbers, since all that a
CSV file holds is text. https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final


class BadQuery(Exception):
    """A query that is none, or that its data does not suit: S3's code and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class _Missing:
    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


def is_absent(value: Any) -> bool:
    """Whether a value is NULL or MISSING."""
    return value is None or value is MISSING


def number_of(value: Any) -> int | float | None:
    """A value as a number, or None when it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        text = value.strip()
        try:
            return int(text)
        except ValueError:
            pass
        try:
            return float(text)
        except ValueError:
            return None
    return None


def expect_number(value: Any) -> int | float:
    """A value as a number. Raises BadQuery."""
    found = number_of(value)
    if found is None:
        raise BadQuery("InvalidDataType", f"{value!r} is not a number")
    return found


def compare(left: Any, right: Any) -> int | None:
    """-1, 0 or 1; None where two values do not compare."""
    if is_absent(left) or is_absent(right):
        return None
    if isinstance(left, datetime) and isinstance(right, datetime):
        return (left > right) - (left < right)
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    if isinstance(left, bool) or isinstance(right, bool):
        one, other = _truth(left), _truth(right)
        return None if one is None or other is None else one - other
    one_number, other_number = number_of(left), number_of(right)
    if one_number is None or other_number is None:
        return None
    return (one_number > other_number) - (one_number < other_number)


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return None


def text_of(value: Any) -> str:
    """A value as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return "" if is_absent(value) else str(value)


def cast(value: Any, kind: str) -> Any:
    """A value as another type. Raises BadQuery (CastFailed)."""
    if is_absent(value):
        return value
    try:
        if kind in ("INT", "INTEGER"):
            return int(expect_number(value))
        if kind in ("FLOAT", "DOUBLE", "DECIMAL", "NUMERIC", "REAL"):
            return float(expect_number(value))
        if kind in ("STRING", "VARCHAR", "CHAR", "CHARACTER"):
            return text_of(value)
        if kind in ("BOOL", "BOOLEAN"):
            found = bool(value) if isinstance(value, int) else _truth(value)
            if found is None:
                raise BadQuery("CastFailed", f"{value!r} is no boolean")
            return found
        if kind == "TIMESTAMP":
            return timestamp_of(value)
    except (BadQuery, ValueError, OverflowError):
        raise BadQuery("CastFailed", f"Attempt to convert from one data type to another using CAST "
                       f"failed in the SQL expression: {value!r} to {kind}") from None  # fmt: skip
    raise BadQuery("UnsupportedSyntax", f"There is no type {kind}")


def timestamp_of(value: Any) -> datetime:
    """An instant in ISO 8601, which may end with the year, the month or the day. Raises
    ValueError."""
    if isinstance(value, datetime):
        return value
    text = str(value).strip().removesuffix("T")
    parts = text.split("-")
    if "T" not in text and len(parts) < 3:
        text = "-".join((*parts, "01", "01")[:3])
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
