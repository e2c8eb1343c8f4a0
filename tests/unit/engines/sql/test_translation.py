"""What DuckDB would answer otherwise is said otherwise, or refused."""

from __future__ import annotations

import pytest

from cloudchamber.engines.sql.database import Relation, run
from cloudchamber.engines.sql.errors import NotSimulated, SqlError
from cloudchamber.engines.sql.query import Query
from cloudchamber.engines.sql.values import written

COLUMNS = (("d", "date"), ("ts", "timestamp"))
TABLE = Relation(COLUMNS, (["2024-01-31"], ["2024-01-31 10:20:30"]))


def ask(expression: str) -> list[str | None]:
    query = Query(f"SELECT {expression} FROM t")
    query.check_types(lambda ref: dict(COLUMNS))
    query.put(lambda ref: ref.name)
    (row,) = run(query, {"t": TABLE}, 0, 1).rows
    return [written(value) for value in row]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("d + INTERVAL '1' DAY", "2024-02-01"),
        ("date_add('month', 1, d)", "2024-02-29"),
        ("date_trunc('month', d)", "2024-01-01"),
        ("date_add('hour', 1, ts)", "2024-01-31 11:20:30.000"),
        ("(DATE '2024-01-01' - INTERVAL '1' DAY) + INTERVAL '1' DAY", "2024-01-01"),
        ("slice(ARRAY[1, 2, 3, 4], 2, 2)", "[2, 3]"),
        ("slice(ARRAY[1, 2, 3, 4], -2, 2)", "[3, 4]"),
        ("format('%05d', 42)", "00042"),
        ("reduce(ARRAY[1, 2], 0, (s, x) -> s + x, s -> s * 10)", "30"),
        ("any_match(ARRAY[1, 2], x -> x > 1)", "true"),
        ("all_match(ARRAY[1, 2], x -> x > 1)", "false"),
        ("none_match(ARRAY[1, 2], x -> x > 2)", "true"),
        ("format_datetime(ts, 'yyyy-MM-dd''T''HH:mm')", "2024-01-31T10:20"),
        ("parse_datetime('31/01/2024', 'dd/MM/yyyy')", "2024-01-31 00:00:00.000 UTC"),
        ("ts AT TIME ZONE 'UTC'", "2024-01-31 10:20:30.000 UTC"),
        ("url_extract_parameter('https://a/b?x=1&y=2#z', 'y')", "2"),
        ("array_union(ARRAY[1], ARRAY[1])", "[1]"),
    ],
)
def test_rows_are_trinos(expression: str, value: str) -> None:
    assert ask(expression) == [value]


def test_a_field_of_a_row_is_called_as_it_is_there() -> None:
    query = Query("SELECT CAST(ROW(1, 'a') AS ROW(x integer, y varchar)).y")
    result = run(query, {}, 0, 1)
    assert [name for name, _ in result.columns] == ["y"]
    assert result.rows == [("a",)]


@pytest.mark.parametrize(
    "expression",
    [
        "typeof(d)", "current_user", '"$bucket"', "ts AT TIME ZONE 'Europe/Berlin'", "zip(d, d)",
        "format_datetime(ts, 'Q')", "ip_prefix(d, 8)", "array_sort(ARRAY[1], (x, y) -> 1)",
    ],
)  # fmt: skip
def test_what_cannot_be_equal_is_refused(expression: str) -> None:
    with pytest.raises(NotSimulated):
        ask(expression)


@pytest.mark.parametrize("expression", ["list_sum(ARRAY[1])", "getenv('HOME')", "read_text('x')"])
def test_what_only_duckdb_has_is_no_function(expression: str) -> None:
    with pytest.raises(SqlError, match="not registered"):
        ask(expression)
