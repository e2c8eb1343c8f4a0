"""`cron(0 10 ? * MON-FRI *)`: AWS's six fields, and the instants that they name, in UTC.

Rules of this file: text to tree to the next instant; no clock, no state. Fields are minutes, hours,
day of month, month, day of week (1 is Sunday) and year. One of the two day fields is `?`, and what
only days may have is `L` (last), `W` (the weekday nearest to a date) and `#` (the n-th of its kind
in the month). A range runs upwards. Whole minutes only, as everywhere in AWS.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from cloudchamber.languages.schedules.errors import MalformedSchedule

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199
FIELDS: Final = 6
_MINUTE_S: Final = 60
_SATURDAY: Final = 7
_SUNDAY: Final = 1
_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})
_MONTHS: Final = MappingProxyType(
    {name: number for number, name in enumerate(
        "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(), 1
    )}
)  # fmt: skip
_DAYS: Final = MappingProxyType(
    {name: number for number, name in enumerate("SUN MON TUE WED THU FRI SAT".split(), 1)}
)
_NEAREST: Final = re.compile(r"([0-9]{1,2})W")
_LAST_OF: Final = re.compile(r"([0-9]|[A-Z]{3})L")
_NTH: Final = re.compile(r"([0-9]|[A-Z]{3})#([0-9])")

# The days of one month that an item of a day field names, given (year, month).
DaysOf = Callable[[int, int], tuple[int, ...]]


class Cron(NamedTuple):
    """A cron expression, parsed. `days` are items of the day field that is in use."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[DaysOf, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]
    by_weekday: bool

    def next_after(self, t_s: int) -> int | None:
        """The first instant later than `t_s` (seconds since the epoch), None when there is none."""
        start = datetime.fromtimestamp(t_s // _MINUTE_S * _MINUTE_S + _MINUTE_S, UTC)
        for year in self.years[bisect_left(self.years, start.year) :]:
            for month in self.months:
                if (year, month) < (start.year, start.month):
                    continue
                found = self._in_month(year, month, start)
                if found is not None:
                    return found
        return None

    def _in_month(self, year: int, month: int, start: datetime) -> int | None:
        for day in self.days_of(year, month):
            first = (year, month, day)
            if first < (start.year, start.month, start.day):
                continue
            is_first = first == (start.year, start.month, start.day)
            for hour in self.hours:
                if is_first and hour < start.hour:
                    continue
                for minute in self.minutes:
                    if is_first and hour == start.hour and minute < start.minute:
                        continue
                    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp())
        return None

    def days_of(self, year: int, month: int) -> tuple[int, ...]:
        """The days of a month on which it happens, ascending."""
        return tuple(sorted({day for item in self.days for day in item(year, month)}))


def parse_cron(text: str) -> Cron:
    """The cron expression in `text`, `cron(...)`. Raises MalformedSchedule."""
    text = text.strip()
    if not (text.startswith("cron(") and text.endswith(")")):
        raise MalformedSchedule("a cron expression is written cron(fields)")
    fields = text[len("cron(") : -1].upper().split()
    if len(fields) != FIELDS:
        raise MalformedSchedule(f"a cron expression has {FIELDS} fields, not {len(fields)}")
    minutes, hours, dates, months, weekdays, years = fields
    if (dates == "?") == (weekdays == "?"):
        raise MalformedSchedule("one of day-of-month and day-of-week is ?, the other is not")
    by_weekday = dates == "?"
    return Cron(
        _numbers("minutes", minutes, 0, 59),
        _numbers("hours", hours, 0, 23),
        _weekdays(weekdays) if by_weekday else _dates(dates),
        _numbers("month", months, 1, 12, _MONTHS),
        _numbers("year", years, FIRST_YEAR, LAST_YEAR),
        by_weekday,
    )


# Fields of numbers


def _numbers(
    field: str, text: str, low: int, high: int, names: Mapping[str, int] = _NOTHING
) -> tuple[int, ...]:
    found = {
        number
        for item in text.split(",")
        for number in _item(field, item, low, high, names)
    }  # fmt: skip
    return tuple(sorted(found))


def _item(field: str, item: str, low: int, high: int, names: Mapping[str, int]) -> range:
    body, slash, step_text = item.partition("/")
    step = _number(field, step_text, 1, high, _NOTHING) if slash else 1
    if body == "*":
        return range(low, high + 1, step)
    first_text, dash, last_text = body.partition("-")
    first = _number(field, first_text, low, high, names)
    if dash:
        last = _number(field, last_text, low, high, names)
        if last < first:
            raise MalformedSchedule(f"{item!r} in {field} runs downwards")
    else:
        last = high if slash else first
    return range(first, last + 1, step)


def _number(field: str, text: str, low: int, high: int, names: Mapping[str, int]) -> int:
    if text in names:
        return names[text]
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LAST_YEAR))):
        raise MalformedSchedule(f"{text!r} is nothing that {field} may hold")
    number = int(text)
    if not low <= number <= high:
        raise MalformedSchedule(f"{field} is from {low} to {high}, not {number}")
    return number


# Days


def _dates(text: str) -> tuple[DaysOf, ...]:
    return tuple(_date(item) for item in text.split(","))


def _date(item: str) -> DaysOf:
    if item == "L":
        return lambda year, month: (_length(year, month),)
    if item == "LW":
        return lambda year, month: (_nearest_weekday(year, month, _length(year, month)),)
    nearest = _NEAREST.fullmatch(item)
    if nearest is not None:
        date = _number("day-of-month", nearest.group(1), 1, 31, _NOTHING)
        return lambda year, month: (
            (_nearest_weekday(year, month, date),) if date <= _length(year, month) else ()
        )
    dates = tuple(_item("day-of-month", item, 1, 31, _NOTHING))
    return lambda year, month: tuple(each for each in dates if each <= _length(year, month))


def _weekdays(text: str) -> tuple[DaysOf, ...]:
    items = text.split(",")
    if len(items) > 1 and "#" in text:
        raise MalformedSchedule("# stands alone in day-of-week")
    return tuple(_weekday(item) for item in items)


def _weekday(item: str) -> DaysOf:
    last = _LAST_OF.fullmatch(item)
    if last is not None:
        kind = _number("day-of-week", last.group(1), 1, 7, _DAYS)
        return lambda year, month: _days_of_kind(year, month, kind)[-1:]
    nth = _NTH.fullmatch(item)
    if nth is not None:
        kind = _number("day-of-week", nth.group(1), 1, 7, _DAYS)
        place = _number("day-of-week", nth.group(2), 1, 5, _NOTHING)
        return lambda year, month: _days_of_kind(year, month, kind)[place - 1 : place]
    # L alone is the last day of the week.
    kinds = (_SATURDAY,) if item == "L" else tuple(_item("day-of-week", item, 1, 7, _DAYS))
    return lambda year, month: tuple(
        day for kind in kinds for day in _days_of_kind(year, month, kind)
    )


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _kind_of(year: int, month: int, day: int) -> int:
    """1 for Sunday to 7 for Saturday."""
    return (calendar.weekday(year, month, day) + 1) % 7 + 1


def _days_of_kind(year: int, month: int, kind: int) -> tuple[int, ...]:
    first = 1 + (kind - _kind_of(year, month, 1)) % 7
    return tuple(range(first, _length(year, month) + 1, 7))


def _nearest_weekday(year: int, month: int, date: int) -> int:
    """The Monday to Friday nearest to a date, in the same month."""
    kind = _kind_of(year, month, date)
    if kind == _SATURDAY:
        return date - 1 if date > 1 else date + 2
    if kind == _SUNDAY:
        return date + 1 if date < _length(year, month) else date - 2
    return date
