"""The SQL of S3 Select: nothing but BadQuery comes of any text, and LIKE is what a regex says."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.languages.select_sql import BadQuery, parse_query, run

NOW = datetime(2026, 1, 15, tzinfo=UTC)
WORDS = st.sampled_from(
    "SELECT FROM WHERE LIMIT S3Object s a b . , ( ) * = < 1 'x' AND OR NOT IN LIKE BETWEEN CASE "
    "WHEN THEN END CAST AS INT COUNT [ ] IS NULL MISSING || / %".split()
)


def rows(sql: str, *records: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in run(parse_query(sql, NOW), records)]


def value(expression: str, record: Any = None) -> Any:
    [row] = rows(f"SELECT {expression} AS v FROM S3Object", record or {"a": 1})
    return row.get("v", "MISSING")


@given(st.lists(WORDS, max_size=12))
def test_any_words_are_a_query_or_a_bad_one(words: list[str]) -> None:
    try:
        rows(" ".join(["SELECT", *words, "FROM", "S3Object"]), {"a": "1", "b": {"c": [1]}})
    except BadQuery:
        return


@given(st.text("ab%_", max_size=6), st.text("ab", max_size=8))
def test_like_is_what_a_regular_expression_says(pattern: str, text: str) -> None:
    escaped = pattern.replace("%", ".*").replace("_", ".")
    assert value(f"'{text}' LIKE '{pattern}'") is bool(re.fullmatch(escaped, text))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("-7 / 2", -3),
        ("NULL = NULL", None),
        ("NULL OR TRUE", True),
        ("NULL AND FALSE", False),
        ("missing_name", "MISSING"),
        ("'10%' LIKE '10!%' ESCAPE '!'", True),
        ("COALESCE(NULL, b, 'x')", "x"),
        ("NULLIF(1, 1)", None),
        ("TRIM(BOTH 'x' FROM 'xxaxx')", "a"),
        ("CHAR_LENGTH('four')", 4),
        ("CAST(DATE_ADD(month, 1, '2020-01-31') AS STRING)", "2020-02-29T00:00:00Z"),
        ("DATE_DIFF(day, '2020-02-28', '2020-03-01')", 2),
        ("EXTRACT(year FROM UTCNOW())", 2026),
        ("CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END", "b"),
    ],
)
def test_expressions(expression: str, expected: Any) -> None:
    assert value(expression) == expected


def test_names_are_found_in_any_case_and_quoted_ones_exactly() -> None:
    record = {"Name": "x", "b c": "y"}
    assert value("NAME", record) == "x"
    assert value('"NAME"', record) == "MISSING"
    assert value('"b c"', record) == "y"
    assert value("_2", record) == "y"


def test_totals_of_nothing() -> None:
    [row] = rows("SELECT COUNT(*) AS n, SUM(a) AS s FROM S3Object WHERE a = 9", {"a": 1})
    assert row == {"n": 0, "s": None}


@pytest.mark.parametrize(
    "text",
    [
        "(" * 20_000 + "1" + ")" * 20_000,
        "CAST(" * 20_000 + "1" + " AS INT)" * 20_000,
        "CASE WHEN " * 9_000,
        "1" + " + 1" * 20_000,
        "1" + " OR 1" * 20_000,
    ],
)
def test_depth_is_bounded(text: str) -> None:
    with pytest.raises(BadQuery):
        value(text)


def test_deep_enough_is_allowed() -> None:
    assert value("(" * 20 + "1" + ")" * 20) == 1
    assert value("-" * 20_001 + "1") == -1
    assert value("1" + " + 1" * 200) == 201
    assert value("NOT " * 20_001 + "TRUE") is False
