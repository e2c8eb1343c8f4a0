"""Timestamps on the wire: epoch seconds inside, three spellings outside.

Rules of this file: pure text <-> float, no clock. Inside the chamber a timestamp is a float of
seconds since 1970 (UTC). AWS spells it `unixTimestamp`, `iso8601` or `rfc822`; which one is the
business of the protocol and the model. Only the years 1 to 9999 exist.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final

EARLIEST: Final = -62135596800.0
LATEST: Final = 253402300799.0

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_RFC822: Final = re.compile(
    r"(?:[A-Za-z]{3,9},\s*)?(\d{1,2})[ -]([A-Za-z]{3})[ -](\d{4}) "
    r"(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))? ?(?:GMT|UTC|Z|([+-])(\d{2}):?(\d{2}))?",
    re.ASCII,
)
_NUMBER: Final = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,12})?(?:[eE][+]?\d{1,2})?", re.ASCII)
_FRACTION: Final = re.compile(r"(\.\d{6})\d+", re.ASCII)
_LONGEST: Final = 48


def parse(text: str) -> float:
    """Epoch seconds of `text` in any of AWS's three spellings. Raises ValueError.

    Servers of AWS accept more than they document, so the spelling need not be the modelled one.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        raise ValueError("not a timestamp")
    if _NUMBER.fullmatch(text):
        return checked(float(text))
    found = _RFC822.fullmatch(text)
    try:
        return checked(_rfc822_seconds(found) if found else _iso8601_seconds(text))
    except OverflowError:
        raise ValueError("timestamp out of range") from None


def checked(seconds: float) -> float:
    """`seconds`, when they fall in a year that exists. Raises ValueError."""
    if not EARLIEST <= seconds <= LATEST:  # also false for NaN
        raise ValueError("timestamp out of range")
    return seconds


def _iso8601_seconds(text: str) -> float:
    moment = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _seconds(moment)


def _rfc822_seconds(found: re.Match[str]) -> float:
    day, month, year, hour, minute, second, fraction, sign, off_hours, off_minutes = found.groups()
    name = month.capitalize()
    if name not in _MONTHS:
        raise ValueError("no such month")
    moment = datetime(
        *(int(year), _MONTHS.index(name) + 1, int(day)),
        *(int(hour), int(minute), int(second)),
        int((fraction or "0").ljust(6, "0")[:6]),
        tzinfo=UTC,
    )
    seconds = _seconds(moment)
    if sign:
        offset = int(off_hours) * 3600 + int(off_minutes) * 60
        seconds -= offset if sign == "+" else -offset
    return seconds


def _seconds(moment: datetime) -> float:
    since = moment - _EPOCH
    whole = since.days * 86400 + since.seconds
    return float(whole) if not since.microseconds else whole + since.microseconds / 1e6


def iso8601(seconds: float) -> str:
    """`2026-01-31T12:00:00Z`, with three decimals when the moment has milliseconds."""
    millis = round(checked(seconds) * 1000)
    fraction = millis % 1000
    return (
        f"{_second(millis // 1000)}.{fraction:03d}Z" if fraction else f"{_second(millis // 1000)}Z"
    )


def iso8601_millis(seconds: float) -> str:
    """`2026-01-31T12:00:00.000Z`: EC2 always writes the decimals."""
    millis = round(checked(seconds) * 1000)
    return f"{_second(millis // 1000)}.{millis % 1000:03d}Z"


def rfc822(seconds: float) -> str:
    """`Sat, 31 Jan 2026 12:00:00 GMT`; whole seconds, as HTTP dates are."""
    return _http_date(math.floor(checked(seconds)))


@lru_cache(maxsize=4096)
def _http_date(seconds: int) -> str:
    moment = _EPOCH + timedelta(seconds=seconds)
    return (
        f"{_DAYS[moment.weekday()]}, {moment.day:02d} {_MONTHS[moment.month - 1]} "
        f"{moment.year:04d} {moment.hour:02d}:{moment.minute:02d}:{moment.second:02d} GMT"
    )


def epoch_number(seconds: float) -> int | float:
    """The number itself, an int when it is whole."""
    return int(seconds) if seconds == int(seconds) else seconds


def unix_timestamp(seconds: float) -> str:
    """`1769860800` or `1769860800.25`, as text."""
    return repr(epoch_number(seconds))


def _second(seconds: int) -> str:
    day, second = divmod(seconds, 86400)
    return f"{_date(day)}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


@lru_cache(maxsize=1024)
def _date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()[:10]


_WRITERS: Final = MappingProxyType(
    {
        "iso8601": iso8601,
        "rfc822": rfc822,
        "unixtimestamp": unix_timestamp,
        "iso8601-millis": iso8601_millis,
    }
)


def writer(spelling: str) -> Callable[[float], str]:
    """The function that writes a timestamp in `spelling` (`iso8601`, `rfc822`, ...)."""
    return _WRITERS[spelling.lower()]
