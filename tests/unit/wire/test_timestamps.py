"""Timestamps in three spellings, there and back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.wire.protocols import timestamps

NOON = 1_769_860_800.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31T12:00:00.250Z", NOON + 0.25),
        ("2026-01-31T12:00:00.123456789Z", NOON + 0.123456),
        ("2026-01-31T14:00:00+02:00", NOON),
        ("2026-01-31T12:00:00", NOON),
        ("2026-01-31", NOON - 43200),
        ("20260131T120000Z", NOON),
        ("Sat, 31 Jan 2026 12:00:00 GMT", NOON),
        ("31 Jan 2026 12:00:00 GMT", NOON),
        ("Saturday, 31-Jan-2026 12:00:00 GMT", NOON),
        ("Sat, 31 Jan 2026 14:00:00 +0200", NOON),
        ("Sat, 31 Jan 2026 12:00:00.250 GMT", NOON + 0.25),
        ("1769860800", NOON),
        ("1769860800.25", NOON + 0.25),
        ("1.7698608E9", NOON),
        ("-1", -1.0),
        ("0001-01-01T00:00:00Z", timestamps.EARLIEST),
    ],
)
def test_reading(text: str, seconds: float) -> None:
    assert timestamps.parse(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2026-02-30", "2026-01-31T25:00:00Z", "1e30", "-99999999999999"),
        *("Sat, 31 Foo 2026 12:00:00 GMT", "Sat, 31 Jan 0000 12:00:00 GMT", "9" * 400, "NaN"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "٣", "2026-01-31T12:00:00Zé"),
    ],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError):
        timestamps.parse(text)


moments = st.floats(timestamps.EARLIEST, timestamps.LATEST).map(lambda at: round(at * 1000) / 1000)


@given(moments)
def test_there_and_back(seconds: float) -> None:
    assert timestamps.parse(timestamps.iso8601(seconds)) == pytest.approx(seconds, abs=0.001)
    assert timestamps.parse(timestamps.rfc822(seconds)) == seconds // 1
    assert timestamps.iso8601_millis(seconds)[:19] == timestamps.iso8601(seconds)[:19]


@given(st.integers(int(timestamps.EARLIEST), int(timestamps.LATEST)))
def test_writing_is_what_the_calendar_says(seconds: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC).fromtimestamp(seconds, UTC)
    assert timestamps.iso8601(float(seconds)) == moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(
        20, "0"
    )
    names = moment.strftime("%a, %d %b"), moment.strftime("%H:%M:%S GMT")
    assert timestamps.rfc822(float(seconds)) == f"{names[0]} {moment.year:04d} {names[1]}"


def test_writing() -> None:
    assert timestamps.iso8601(NOON) == "2026-01-31T12:00:00Z"
    assert timestamps.iso8601(NOON + 0.9999) == "2026-01-31T12:00:01Z"
    assert timestamps.iso8601_millis(NOON) == "2026-01-31T12:00:00.000Z"
    assert timestamps.rfc822(-0.5) == "Wed, 31 Dec 1969 23:59:59 GMT"
    assert timestamps.unix_timestamp(NOON) == "1769860800"
    assert timestamps.unix_timestamp(NOON + 0.25) == "1769860800.25"
    for wrong in (float("nan"), float("inf"), 1e30):
        with pytest.raises(ValueError):
            timestamps.iso8601(wrong)


def test_writers_by_name() -> None:
    assert timestamps.writer("unixTimestamp")(NOON) == "1769860800"
    assert timestamps.writer("rfc822")(NOON) == "Sat, 31 Jan 2026 12:00:00 GMT"
    with pytest.raises(KeyError):
        timestamps.writer("julian")
