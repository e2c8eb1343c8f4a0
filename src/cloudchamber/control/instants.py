"""Instants and durations as the control API spells them.

Rules of this file: text to integer nanoseconds and back, nothing else. Durations are `90s`, `30m`,
`2h`, `1d`, `250ms` or plain seconds; instants are RFC 3339 in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.durations import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS

UNITS_NS: Final = MappingProxyType(
    {
        "ms": 1_000_000,
        "s": SECOND_NS,
        "m": MINUTE_NS,
        "h": HOUR_NS,
        "d": DAY_NS,
    }
)
_DURATION = re.compile(r"(?:(\d+)(?:\.(\d{1,9}))?(ms|s|m|h|d)?)", re.ASCII)
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)")
LONGEST_NS: Final = 100 * 366 * DAY_NS


class BadTime(ValueError):
    """The text is neither a duration nor an instant; the message says what would be."""


def parse_duration(value: str | int | float) -> int:
    """Nanoseconds of `90s`, `1.5h`, `250ms` or plain seconds. Raises BadTime."""
    if isinstance(value, bool):
        raise BadTime("a duration is text such as 90s, 30m, 2h, 1d, or a number of seconds")
    match = _DURATION.fullmatch(str(value).strip())
    if match is None:
        raise BadTime(f"{value!r} is not a duration: use 90s, 30m, 2h, 1d or plain seconds")
    whole, fraction, unit = match.groups()
    unit_ns = UNITS_NS[unit or "s"]
    total = int(whole) * unit_ns
    if fraction:
        total += int(fraction) * unit_ns // 10 ** len(fraction)
    if total > LONGEST_NS:
        raise BadTime(f"{value!r} is longer than the 100 years that a chamber can move at once")
    return total


def parse_instant(text: str) -> int:
    """Nanoseconds since the Unix epoch of an RFC 3339 instant. Raises BadTime."""
    match = _INSTANT.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise BadTime(f"{text!r} is not an instant: use RFC 3339, such as 2027-01-01T08:00:00Z")
    date, clock, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(f"{date}T{clock}{'+00:00' if zone in 'Zz' else zone}")
    except ValueError as error:
        raise BadTime(f"{text!r} is not an instant: {error}") from error
    seconds = int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    return seconds * SECOND_NS + int((fraction or "0").ljust(9, "0"))


def format_instant(t_ns: int) -> str:
    """RFC 3339 in UTC, with as many digits of the second as there are."""
    seconds, rest = divmod(t_ns, SECOND_NS)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{rest:09d}".rstrip("0") + "Z" if rest else f"{text}Z"


def format_duration(span_ns: int) -> str:
    """A span for people: `2d 3h`, `1m 30s`, `4ms`."""
    parts: list[str] = []
    for unit in ("d", "h", "m", "s", "ms"):
        count, span_ns = divmod(span_ns, UNITS_NS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"
