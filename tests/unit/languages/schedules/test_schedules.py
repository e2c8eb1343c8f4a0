"""Schedules against AWS's examples, and against an evaluator that looks at every minute."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudchamber.languages.schedules import Cron, MalformedSchedule, Rate, parse_schedule

NAMES = "SUN MON TUE WED THU FRI SAT".split()


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def after(expression: str, text: str) -> str:
    schedule = parse_schedule(expression)
    found = schedule.next_after(seconds(text))
    return "never" if found is None else datetime.fromtimestamp(found, UTC).isoformat()[:16]


@pytest.mark.parametrize(
    ("expression", "start", "then"),
    [
        ("cron(0 10 * * ? *)", "2026-03-01T10:00", "2026-03-02T10:00"),
        ("cron(15 12 * * ? *)", "2026-03-01T12:14:59", "2026-03-01T12:15"),
        ("cron(0 18 ? * MON-FRI *)", "2026-03-06T18:00", "2026-03-09T18:00"),
        ("cron(0 8 1 * ? *)", "2026-12-01T08:00", "2027-01-01T08:00"),
        ("cron(0/15 * * * ? *)", "2026-03-01T00:44", "2026-03-01T00:45"),
        ("cron(0/10 * ? * MON-FRI *)", "2026-02-27T23:50", "2026-03-02T00:00"),
        ("cron(0/5 8-17 ? * MON-FRI *)", "2026-02-27T17:55", "2026-03-02T08:00"),
        ("cron(0 9 ? * 2#1 *)", "2026-03-03T00:00", "2026-04-06T09:00"),
        ("cron(0 9 ? * 3#5 *)", "2026-03-01T00:00", "2026-03-31T09:00"),
        ("cron(0 0 L * ? *)", "2028-02-01T00:00", "2028-02-29T00:00"),
        ("cron(0 0 LW * ? *)", "2026-02-01T00:00", "2026-02-27T00:00"),
        ("cron(0 0 1W * ? *)", "2026-07-31T12:00", "2026-08-03T00:00"),  # the 1st is a Saturday
        ("cron(0 0 31W * ? *)", "2026-05-01T00:00", "2026-05-29T00:00"),  # the 31st is a Sunday
        ("cron(0 0 15W * ? *)", "2026-08-01T00:00", "2026-08-14T00:00"),
        ("cron(0 0 ? * 6L *)", "2026-03-01T00:00", "2026-03-27T00:00"),
        ("cron(0 0 ? * TUEL *)", "2026-03-01T00:00", "2026-03-31T00:00"),
        ("cron(0 0 ? * L *)", "2026-03-01T00:00", "2026-03-07T00:00"),
        ("cron(0 0 31W 2 ? *)", "2026-03-01T00:00", "never"),
        ("cron(0 0 29 FEB ? *)", "2026-03-01T00:00", "2028-02-29T00:00"),
        ("cron(0 0 1 1 ? 2025-2026)", "2026-01-01T00:00", "never"),
        ("cron(59 23 31 12 ? 2199)", "2026-01-01T00:00", "2199-12-31T23:59"),
        ("cron(0 0 1,15 jan,jul ? *)", "2026-01-15T00:00", "2026-07-01T00:00"),
        ("rate(1 day)", "2026-03-01T10:00", "2026-03-02T00:00"),
        ("rate(90 minutes)", "2026-03-01T00:00", "2026-03-01T01:30"),
    ],
)
def test_examples(expression: str, start: str, then: str) -> None:
    assert after(expression, start) == then


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10 minutes",
        "rate(0 days)",
        "rate(1 days)",
        "rate(2 day)",
        "rate(2 weeks)",
        "rate(-2 days)",
        "rate(2days)",
        "cron()",
        "cron(0 10 * * *)",
        "cron(0 10 * * * *)",
        "cron(0 10 ? * ? *)",
        "cron(60 10 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 0 0 * ? *)",
        "cron(0 0 32 * ? *)",
        "cron(0 0 32W * ? *)",
        "cron(0 0 * 13 ? *)",
        "cron(0 0 ? * 8 *)",
        "cron(0 0 ? * 2#6 *)",
        "cron(0 0 ? * 2#1,3#1 *)",
        "cron(0 0 ? * FRI-MON *)",
        "cron(0 0 * * ? 1969)",
        "cron(0 0 * * ? 2200)",
        "cron(0/0 0 * * ? *)",
        "cron(L 0 * * ? *)",
        "cron(0 0 * ? ? *)",
        "cron(0 0 L-3 * ? *)",
        "cron(0 0 * * ? * *)",
        "cron(\u0661 0 * * ? *)",
        "cron(0,,1 0 * * ? *)",
    ],
)
def test_what_is_no_schedule(text: str) -> None:
    with pytest.raises(MalformedSchedule):
        parse_schedule(text)


def test_a_lenient_rate() -> None:
    assert parse_schedule("rate(1 days)", number_agrees=False) == Rate(1, "day")
    assert Rate(3, "hour").next_after(100, origin_s=100) == 100 + 3 * 3600


# The naive evaluator: one question for each field, asked of every minute.


def holds(field: str, value: int, low: int, high: int, names: dict[str, int]) -> bool:
    for item in field.split(","):
        body, _, step = item.partition("/")
        if body == "*":
            first, last = low, high
        elif "-" in body:
            first, last = (names.get(part) or int(part) for part in body.split("-"))
        else:
            first = names.get(body) or int(body)
            last = high if step else first
        if first <= value <= last and (value - first) % int(step or 1) == 0:
            return True
    return False


def date_holds(field: str, at: datetime) -> bool:
    length = calendar.monthrange(at.year, at.month)[1]
    for item in field.split(","):
        if item == "L":
            if at.day == length:
                return True
        elif item.endswith("W"):
            date = length if item == "LW" else int(item[:-1])
            if date <= length:
                weekdays = [
                    day for day in range(1, length + 1) if at.replace(day=day).weekday() < 5
                ]
                if at.day == min(weekdays, key=lambda day: (abs(day - date), day)):
                    return True
        elif holds(item, at.day, 1, 31, {}):
            return True
    return False


def weekday_holds(field: str, at: datetime) -> bool:
    names = {name: number for number, name in enumerate(NAMES, 1)}
    kind = at.isoweekday() % 7 + 1
    for item in field.split(","):
        if item == "L":
            if kind == 7:
                return True
        elif item.endswith("L"):
            asked = names.get(item[:-1]) or int(item[:-1])
            if kind == asked and (at + timedelta(days=7)).month != at.month:
                return True
        elif "#" in item:
            name, _, place = item.partition("#")
            if kind == (names.get(name) or int(name)) and (at.day + 6) // 7 == int(place):
                return True
        elif holds(item, kind, 1, 7, names):
            return True
    return False


def naive(expression: str, at: datetime) -> bool:
    minute, hour, date, month, weekday, year = expression[5:-1].split()
    return (
        holds(minute, at.minute, 0, 59, {})
        and holds(hour, at.hour, 0, 23, {})
        and holds(month, at.month, 1, 12, {})
        and holds(year, at.year, 1970, 2199, {})
        and (date == "?" or date_holds(date, at))
        and (weekday == "?" or weekday_holds(weekday, at))
    )


def numbers(low: int, high: int) -> st.SearchStrategy[str]:
    one = st.integers(low, high)
    return st.one_of(
        st.just("*"),
        one.map(str),
        st.lists(one, min_size=1, max_size=3).map(lambda found: ",".join(map(str, found))),
        st.tuples(one, one).map(lambda pair: f"{min(pair)}-{max(pair)}"),
        st.tuples(one, st.integers(1, max(1, high // 2))).map(lambda pair: f"{pair[0]}/{pair[1]}"),
        st.integers(1, max(1, high // 2)).map(lambda step: f"*/{step}"),
    )


KIND = st.one_of(st.integers(1, 7).map(str), st.sampled_from(NAMES))
DATES = st.one_of(
    numbers(1, 31),
    st.sampled_from(["L", "LW", "L,15W", "1W,LW"]),
    st.integers(1, 31).map(lambda day: f"{day}W"),
).map(lambda text: (text, "?"))
WEEKDAYS = st.one_of(
    numbers(1, 7),
    st.just("L"),
    KIND.map(lambda kind: f"{kind}L"),
    st.tuples(KIND, st.integers(1, 5)).map(lambda pair: f"{pair[0]}#{pair[1]}"),
    KIND,
).map(lambda text: ("?", text))
CRONS = st.builds(
    lambda minute, hour, days, month: f"cron({minute} {hour} {days[0]} {month} {days[1]} *)",
    numbers(0, 59),
    numbers(0, 23),
    st.one_of(DATES, WEEKDAYS),
    numbers(1, 12),
)
STARTS = st.datetimes(datetime(1999, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=UTC, microsecond=0)
)


@settings(max_examples=150, deadline=None)
@given(CRONS, STARTS)
def test_the_next_instant_is_the_first_minute_that_fits(expression: str, start: datetime) -> None:
    """What is found fits, and nothing before it does: every minute for three days, then days."""
    schedule = parse_schedule(expression)
    assert isinstance(schedule, Cron)
    found = schedule.next_after(int(start.timestamp()))
    end = None if found is None else datetime.fromtimestamp(found, UTC)
    if end is not None:
        assert end > start
        assert end.second == 0
        assert naive(expression, end)
    at = start.replace(second=0) + timedelta(minutes=1)
    stop = min(end or at + timedelta(days=3), at + timedelta(days=3))
    while at < stop:
        assert not naive(expression, at)
        at += timedelta(minutes=1)
    # Whole days further on: no day before the one that was found fits at any of its minutes.
    minutes = [at.replace(hour=h, minute=m) for h in range(24) for m in range(60)]
    fits = next((each for each in minutes if clock_fits(expression, each)), None)
    assert fits is not None
    day = at.replace(hour=fits.hour, minute=fits.minute) + timedelta(days=1)
    last = min(end.replace(hour=0, minute=0) if end else day, day + timedelta(days=800))
    while day < last:
        assert not naive(expression, day)
        day += timedelta(days=1)


def clock_fits(expression: str, at: datetime) -> bool:
    minute, hour, *_ = expression[5:-1].split()
    return holds(minute, at.minute, 0, 59, {}) and holds(hour, at.hour, 0, 23, {})


@given(CRONS, STARTS)
def test_instants_follow_each_other(expression: str, start: datetime) -> None:
    schedule = parse_schedule(expression)
    at = int(start.timestamp())
    for _ in range(5):
        found = schedule.next_after(at)
        if found is None:
            return
        assert found > at
        assert schedule.next_after(found - 1) == found
        at = found
