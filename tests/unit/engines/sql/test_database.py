"""The engine: tables in, rows out; nothing else in or out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudchamber.engines.sql.database import (
    Relation,
    Result,
    duck_type,
    parquet_of,
    passing,
    run,
)
from cloudchamber.engines.sql.errors import NotSimulated, SqlError
from cloudchamber.engines.sql.query import Query
from cloudchamber.engines.sql.values import hive_type, written

VALUES = st.lists(st.one_of(st.none(), st.integers(-9, 9).map(str), st.just("x")), max_size=8)


def ask(text: str, **tables: Relation) -> Result:
    query = Query(text)
    query.put(lambda ref: ref.name)
    return run(query, tables, 0, 1)


@settings(max_examples=15, deadline=None)
@given(VALUES)
def test_rows_come_in_their_order_and_what_is_no_number_is_null(values: list[str | None]) -> None:
    result = ask("SELECT a FROM t", t=Relation((("a", "int"),), (values,)))
    assert [row[0] for row in result.rows] == [
        int(value) if value not in (None, "x") else None for value in values
    ]


def test_parquet_is_written_and_read() -> None:
    kinds = (("a", "INTEGER"), ("b", "VARCHAR[]"), ("d", "DECIMAL(5,2)"))
    rows = [(1, ["x", None], Decimal("1.50")), (None, None, None)]
    data = parquet_of(Result(kinds, rows))
    columns = (("a", "bigint"), ("b", "array<string>"), ("d", "decimal(5,2)"), ("k", "string"))
    relation = Relation((*columns, ("new", "int")), parquet=((data, {"k": "v"}),))
    result = ask("SELECT * FROM t", t=relation)
    assert result.rows == [
        (1, ["x", None], Decimal("1.50"), "v", None),
        (None, None, None, "v", None),
    ]
    with pytest.raises(SqlError, match="HIVE_CANNOT_OPEN_SPLIT"):
        ask("SELECT * FROM t", t=Relation(columns, parquet=((b"no", {}),)))


def test_types_go_both_ways() -> None:
    for kind in ("int", "array<map<string,bigint>>", "struct<a:int,b:decimal(3,1)>", "string"):
        assert hive_type(duck_type(kind)) == kind
    with pytest.raises(SqlError):
        duck_type("nope")


def test_an_instant_and_chance_are_handed_in() -> None:
    query = Query("SELECT current_timestamp, current_date, rand()")
    first, again, other = (run(query, {}, 86_400 * 10**9, seed).rows[0] for seed in (1, 1, 2))
    assert [written(value) for value in first[:2]] == ["1970-01-02 00:00:00.000 UTC", "1970-01-02"]
    assert first == again != other


def test_a_condition_chooses_rows() -> None:
    columns = [("year", "int"), ("day", "date")]
    rows = [["2024", "2024-01-01"], ["900", "0900-01-01"], ["2025", "2025-01-01"]]
    assert passing(columns, rows, "year > 1000 AND day < DATE '2025-01-01'") == [0]
    assert passing(columns, rows, "nope = 1") == [0, 1, 2]


def test_only_what_is_certain_prunes() -> None:
    keys = frozenset({"k", "j"})

    def on(text: str) -> str | None:
        query = Query(text)
        return query.on_keys(query.tables()[0], keys, 0)

    assert on("SELECT * FROM t WHERE k = 1 AND a = 2 AND (j = 3 OR k = 4)") == (
        "(k = 1) AND (j = 3 OR k = 4)"
    )
    assert on("SELECT * FROM t WHERE k = 1 OR a = 2") is None
    assert on("SELECT * FROM t x, t y WHERE x.k = 1") is None
    assert on("SELECT * FROM t LEFT JOIN u ON t.a = u.a WHERE t.k = 1") is None
    assert on("SELECT * FROM t WHERE k = (SELECT max(k) FROM u)") is None
    assert on("SELECT * FROM t WHERE k > rand()") is None
    assert "1970-01-01" in str(on("SELECT * FROM t WHERE k > current_date"))


def test_what_only_trino_has_is_refused_by_name() -> None:
    with pytest.raises(NotSimulated, match="READ_CSV"):
        ask("SELECT * FROM read_csv('x')")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e7, "1.0E7"), (123456.5, "123456.5"), (0.001, "0.001"), (1.5e-7, "1.5E-7"),
        (-0.0, "-0.0"),
        (float("nan"), "NaN"), (float("-inf"), "-Infinity"), (b"hi", "68 69"), (True, "true"),
        ([1, None], "[1, null]"), ({"a": 1.0}, "{a=1.0}"), (Decimal("1E+2"), "100"), (None, None),
    ],
)  # fmt: skip
def test_values_are_written_as_java_writes_them(value: object, text: str | None) -> None:
    assert written(value) == text
