"""What DuckDB would answer otherwise is said otherwise, or refused."""

from __future__ import annotations

import pytest

from cloudchamber.engines.sql.database import Relation, run
from cloudchamber.engines.sql.errors import NotSimulated, SqlError
from cloudchamber.engines.sql.query import Query
from cloudchamber.engines.sql.values import written

COLUMNS = (("d", "date"), ("ts", "timestamp"))
MAPS = "WITH d AS (SELECT 1 id, MAP(ARRAY['k'], ARRAY[5]) m UNION ALL SELECT 2, NULL)"
ROWS = "ROW(ARRAY[ROW(8), ROW(7)]) AS ROW(a ARRAY(ROW(b integer)))"
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
        ("array_union(ARRAY[3, 1], ARRAY[2, 1])", "[3, 1, 2]"),
        ("array_distinct(ARRAY[3, 1, 3, NULL, 2, NULL])", "[3, 1, null, 2]"),
        ("date_trunc('month', DATE '2024-05-06')", "2024-05-01"),
        ("millisecond(TIMESTAMP '2024-05-06 07:08:09.123')", "123"),
        ("sequence(d, DATE '2024-02-01', INTERVAL '1' DAY)", "[2024-01-31, 2024-02-01]"),
        ("sequence(DATE '2024-01-31', DATE '2024-02-01')", "[2024-01-31, 2024-02-01]"),
        (r"regexp_replace('abc123', '([a-z]+)(\d+)', '$2$1')", "123abc"),
        (r"regexp_replace('1.5', '\.', '\$')", "1$5"),
        (r"regexp_replace('1.5', '\.', '\\')", "1\\5"),
        ("""json_value('{"a": 1}', 'lax $.a')""", "1"),
        ("""json_value('{"a": [1]}', 'strict $.a')""", None),
        ("""json_query('{"a": [1]}', 'lax $.a')""", "[1]"),
        ("""json_exists('{"a": 1}', 'lax $.a')""", "true"),
        ("""json_exists('{"a": 1}', 'lax $.b')""", "false"),
        ("""json_extract_scalar('{"a": {"b": [5]}}', '$.a.b[0]')""", "5"),
        ("""json_extract_scalar('{"a": [1]}', '$.a')""", None),
        ("json_extract_scalar('no JSON', '$.a')", None),
        ("json_extract('no JSON', '$.a')", None),
        ("""CAST(json_extract('{"a": "x"}', '$.a') AS varchar)""", "x"),
        ("CAST(ts AS varchar)", "2024-01-31 10:20:30.000"),
        ("CAST(from_unixtime(0) AS varchar)", "1970-01-01 00:00:00.000 UTC"),
        ("CAST(TIMESTAMP '2024-01-31 10:20:30' AS varchar)", "2024-01-31 10:20:30"),
        ("CAST(ts AS varchar(10))", "2024-01-31"),
        ("CAST(regexp_replace('a1', '(1)', '<$1>') AS varchar)", "a<1>"),
        ("to_iso8601(d)", "2024-01-31"),
        ("to_iso8601(ts)", "2024-01-31T10:20:30.000"),
        ("to_iso8601(from_unixtime(0))", "1970-01-01T00:00:00.000Z"),
        ("every(d > DATE '2024-01-01')", "true"),
        ("random(1) + random(5, 6)", "5"),
        ("format_datetime(ts, 'd/M/yyyy H:m')", "31/1/2024 10:20"),
        # And that of its queries of load balancers' logs.
        (
            "parse_datetime('2018-07-02T22:23:00.186641Z', 'yyyy-MM-dd''T''HH:mm:ss.SSSSSS''Z''')",
            "2018-07-02 22:23:00.186 UTC",
        ),
        # Said in the guide: a day of S3's folders beside a date is compared as text.
        ("'2024/01/05' >= '2024-06-01'", "true"),
        # The pattern of AWS's own queries of S3's access logs.
        (
            "parse_datetime('06/Feb/2024:00:00:38 +0000', 'dd/MMM/yyyy:HH:mm:ss Z')",
            "2024-02-06 00:00:38.000 UTC",
        ),
    ],
)
def test_rows_are_trinos(expression: str, value: str | None) -> None:
    assert ask(expression) == [value]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT k, v FROM UNNEST(MAP(ARRAY['a', 'b'], ARRAY[1, 2])) AS t(k, v)",
         [("a", 1), ("b", 2)]),
        ("SELECT a, b FROM UNNEST(ARRAY[1, 2], ARRAY['x']) AS t(a, b)", [(1, "x"), (2, None)]),
        ("SELECT a, n FROM UNNEST(ARRAY[7, 8]) WITH ORDINALITY AS t(a, n)", [(7, 1), (8, 2)]),
        (f"{MAPS} SELECT id, k, v FROM d CROSS JOIN UNNEST(m) AS t(k, v)", [(1, "k", 5)]),
        (f"{MAPS} SELECT id, k, v FROM d LEFT JOIN UNNEST(m) AS t(k, v) ON TRUE ORDER BY id",
         [(1, "k", 5), (2, None, None)]),
        (f"WITH d AS (SELECT CAST({ROWS}) n) SELECT e.b FROM d CROSS JOIN UNNEST(n.a) AS t(e)",
         [(8,), (7,)]),
        ("VALUES (1, 'a')", [(1, "a")]),
    ],
)  # fmt: skip
def test_what_is_nested_becomes_rows(query: str, rows: list[tuple[object, ...]]) -> None:
    assert run(Query(query), {}, 0, 1).rows == rows


def test_columns_of_values_have_athenas_names() -> None:
    result = run(Query("VALUES (1, 'a')"), {}, 0, 1)
    assert [name for name, _ in result.columns] == ["_col0", "_col1"]


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
        "from_unixtime(0, 'America/New_York')", "CAST('10.0.0.1' AS ipaddress)",
        "regexp_replace('a', 'a', m -> 'b')", "regexp_replace('a', '(?<x>a)', '${x}')",
        "json_query('[1]', 'lax $' WITH ARRAY WRAPPER)",
    ],
)  # fmt: skip
def test_what_cannot_be_equal_is_refused(expression: str) -> None:
    with pytest.raises(NotSimulated):
        ask(expression)


@pytest.mark.parametrize("expression", ["list_sum(ARRAY[1])", "getenv('HOME')", "read_text('x')"])
def test_what_only_duckdb_has_is_no_function(expression: str) -> None:
    with pytest.raises(SqlError, match="not registered"):
        ask(expression)
