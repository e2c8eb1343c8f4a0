"""CREATE TABLE AS, INSERT INTO and UNLOAD write files that can be read again."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from tests.unit.services.athena.desk import Desk, table


@pytest.fixture
def numbers(desk: Desk) -> Desk:
    desk.put("n/a.csv", "1,x\n2,y\n3,x\n4,\\N\n")
    desk.done(table("n", "a int, k string"))
    return desk


@pytest.mark.parametrize("form", ["PARQUET", "TEXTFILE", "JSON"])
def test_a_table_of_a_query(numbers: Desk, form: str) -> None:
    found = numbers.done(
        f"CREATE TABLE c WITH (format = '{form}', external_location = 's3://data/c/') AS "
        "SELECT a, k, a / 2.0e0 AS half, ARRAY[a, a] AS twice FROM n"
        if form != "TEXTFILE"
        else "CREATE TABLE c WITH (format = 'TEXTFILE', external_location = 's3://data/c/') AS "
        "SELECT a, k, a / 2.0e0 AS half FROM n"
    )
    assert found["SubstatementType"] == "CREATE_TABLE_AS_SELECT"
    assert numbers.rows("SELECT a, k, half FROM c ORDER BY a")[2:] == [
        ["3", "x", "1.5"],
        ["4", None, "2.0"],
    ]
    if form != "TEXTFILE":
        assert numbers.rows("SELECT twice[2] FROM c ORDER BY a LIMIT 1") == [["1"]]
    manifest = found["Statistics"]["DataManifestLocation"].removeprefix("s3://results/")
    listed = numbers.s3.get_object(Bucket="results", Key=manifest)["Body"].read().decode()
    assert [f"s3://data/{key}" for key in numbers.keys("data", "c/")] == listed.split()
    again = (
        f"CREATE TABLE d WITH (format = '{form}', external_location = 's3://data/c/') AS SELECT 1 a"
    )
    assert numbers.failed(again).startswith("HIVE_PATH_ALREADY_EXISTS")


@pytest.mark.parametrize(
    ("form", "compression"),
    [("PARQUET", "SNAPPY"), ("PARQUET", "ZSTD"), ("PARQUET", "NONE"), ("JSON", "NONE")],
)
def test_files_are_compressed_as_asked(
    numbers: Desk, tmp_path: Path, form: str, compression: str
) -> None:
    properties = f"format = '{form}', external_location = 's3://data/c/'"
    numbers.done(
        f"CREATE TABLE c WITH ({properties}, write_compression = '{compression}') AS "
        "SELECT a, k FROM n"
    )
    assert numbers.rows("SELECT k FROM c WHERE a = 2") == [["y"]]
    (key,) = numbers.keys("data", "c/")
    body = numbers.s3.get_object(Bucket="data", Key=key)["Body"].read()
    if form == "PARQUET":
        (tmp_path / "c").write_bytes(body)
        asked = f"SELECT DISTINCT compression FROM parquet_metadata('{tmp_path / 'c'}')"
        codec = duckdb.connect().execute(asked).fetchall()
        assert codec == [({"NONE": "UNCOMPRESSED"}.get(compression, compression),)]
    else:
        assert json.loads(body.splitlines()[1]) == {"a": 2, "k": "y"}


def test_partitions_are_made_as_they_come(numbers: Desk) -> None:
    numbers.done("CREATE TABLE p WITH (partitioned_by = ARRAY['k']) AS SELECT a, k FROM n")
    assert numbers.rows("SHOW PARTITIONS p") == [["k=__HIVE_DEFAULT_PARTITION__"], ["k=x"], ["k=y"]]
    assert numbers.rows("SELECT a FROM p WHERE k = 'x' ORDER BY a") == [["1"], ["3"]]
    done = numbers.done("INSERT INTO p SELECT 9, 'z'")
    results = numbers.athena.get_query_results(QueryExecutionId=done["QueryExecutionId"])
    assert results["UpdateCount"] == 1
    assert numbers.rows("SELECT a FROM p WHERE k = 'z'") == [["9"]]
    assert "HIVE_COLUMN_ORDER_MISMATCH" in numbers.failed(
        "CREATE TABLE q WITH (partitioned_by = ARRAY['a']) AS SELECT a, k FROM n"
    )


def test_rows_are_inserted(numbers: Desk) -> None:
    numbers.done("INSERT INTO n VALUES (5, 'z'), (6, NULL)")
    assert numbers.rows("SELECT * FROM n WHERE a > 4 ORDER BY a") == [["5", "z"], ["6", None]]
    numbers.done("INSERT INTO n (k) SELECT 'only'")
    assert numbers.rows("SELECT a, k FROM n WHERE k = 'only'") == [[None, "only"]]
    assert "mismatched column types" in numbers.failed("INSERT INTO n SELECT 1")
    assert "TABLE_NOT_FOUND" in numbers.failed("INSERT INTO nope SELECT 1")


def test_unload_writes_files_and_no_table(numbers: Desk) -> None:
    numbers.done(
        "UNLOAD (SELECT a, k FROM n WHERE k = 'y') TO 's3://data/u/' WITH (format = 'JSON')"
    )
    (key,) = numbers.keys("data", "u/")
    body = gzip.decompress(numbers.s3.get_object(Bucket="data", Key=key)["Body"].read())
    assert json.loads(body) == {"a": 2, "k": "y"}
    assert numbers.rows("SHOW TABLES") == [["n"]]


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM {} WHERE a = 1", "UPDATE {} SET a = 1", "MERGE INTO {} USING n ON true"],
)
def test_rows_of_hives_tables_are_not_changed(numbers: Desk, statement: str) -> None:
    assert numbers.failed(statement.format("n")) == (
        "NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional tables"
    )
    assert "TABLE_NOT_FOUND" in numbers.failed(statement.format("nope"))


def test_no_data_is_no_rows(numbers: Desk) -> None:
    numbers.done("CREATE TABLE e AS SELECT a, k FROM n WITH NO DATA")
    assert numbers.rows("SELECT * FROM e") == []
    assert "Column name not specified" in numbers.failed("CREATE TABLE f AS SELECT 1")
    assert "ORC" in numbers.failed("CREATE TABLE f WITH (format = 'ORC') AS SELECT 1 a")
    assert "LZ4" in numbers.failed("CREATE TABLE f WITH (write_compression = 'LZ4') AS SELECT 1 a")
    assert numbers.rows("EXPLAIN SELECT * FROM n")
