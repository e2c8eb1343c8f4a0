"""Durations and instants: text to nanoseconds and back, and a clear no to anything else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.control.instants import (
    BadTime,
    format_duration,
    format_instant,
    parse_duration,
    parse_instant,
)

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", 90 * SECOND),
        ("30m", 1800 * SECOND),
        ("2h", 7200 * SECOND),
        ("1d", 86400 * SECOND),
        ("250ms", SECOND // 4),
        ("1.5h", 5400 * SECOND),
        ("0.000000001", 1),
        (15, 15 * SECOND),
        (0.5, SECOND // 2),
    ],
)
def test_a_duration_is_read(text: Any, expected: int) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text", ["", "-1s", "1w", "s", "1 s", "1e3", "nan", "٣s", True, "9999999d"]
)
def test_what_is_no_duration_is_refused(text: Any) -> None:
    with pytest.raises(BadTime):
        parse_duration(text)


@given(st.integers(0, 4_000_000_000 * SECOND))
def test_an_instant_survives_being_written(t_ns: int) -> None:
    assert parse_instant(format_instant(t_ns)) == t_ns


def test_an_instant_with_an_offset_is_turned_to_utc() -> None:
    assert parse_instant("2027-01-01T02:00:00+02:00") == parse_instant("2027-01-01T00:00:00Z")


@pytest.mark.parametrize("text", ["", "now", "2027-01-01", "2027-13-01T00:00:00Z", 12, None])
def test_what_is_no_instant_is_refused(text: Any) -> None:
    with pytest.raises(BadTime):
        parse_instant(text)


def test_a_span_is_written_for_people() -> None:
    assert format_duration(93_784_005_000_000) == "1d 2h 3m 4s 5ms"
    assert format_duration(0) == "0s"
