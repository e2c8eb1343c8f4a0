"""DDL changes the catalog, and tells of it as Hive does."""

from __future__ import annotations

import pytest

from tests.unit.services.athena.desk import Desk, table


def test_databases_come_and_go(desk: Desk) -> None:
    found = desk.done("CREATE DATABASE Other COMMENT 'c' LOCATION 's3://data/o/'")
    assert (found["StatementType"], found["SubstatementType"]) == ("DDL", "CREATE_DATABASE")
    kept = desk.glue.get_database(Name="other")["Database"]
    assert (kept["Description"], kept["LocationUri"]) == ("c", "s3://data/o/")
    assert "already exists" in desk.failed("CREATE SCHEMA other")
    desk.done("CREATE SCHEMA IF NOT EXISTS other")
    assert desk.rows("SHOW DATABASES LIKE 'o*'") == [["other"]]
    desk.done(f"{table('other.t', 'a int', folder='t')}")
    assert "is not empty" in desk.failed("DROP DATABASE other")
    desk.done("DROP DATABASE other CASCADE")
    assert desk.rows("SHOW DATABASES") == [["db"]]
    assert "Database does not exist: other" in desk.failed("DROP DATABASE other")
    desk.done("DROP DATABASE IF EXISTS other")


def test_a_databases_properties_are_set_beside_and_over_others(desk: Desk) -> None:
    desk.done("CREATE DATABASE o COMMENT 'c' WITH DBPROPERTIES ('a' = '1', 'b' = '1')")
    done = desk.done("ALTER DATABASE O SET DBPROPERTIES ('b' = '2', 'c' = '3')")
    assert done["SubstatementType"] == "ALTER_DATABASE_SET_DBPROPERTIES"
    kept = desk.glue.get_database(Name="o")["Database"]
    assert kept["Parameters"] == {"a": "1", "b": "2", "c": "3"}
    assert kept["Description"] == "c"
    assert "Database does not exist: p" in desk.failed("ALTER SCHEMA p SET DBPROPERTIES ('a'='b')")


def test_a_table_is_kept_as_hive_keeps_it(desk: Desk) -> None:
    desk.done(
        "CREATE EXTERNAL TABLE IF NOT EXISTS `T` (`Id` INT COMMENT 'key', tags array < string >)\n"
        "COMMENT 'all' PARTITIONED BY (d date)\n"
        r"ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n'"
        "\nSTORED AS TEXTFILE LOCATION 's3://data/t' TBLPROPERTIES ('skip.header.line.count'='1');"
    )
    kept = desk.glue.get_table(DatabaseName="db", Name="t")["Table"]
    storage = kept["StorageDescriptor"]
    assert storage["Columns"] == [
        {"Name": "id", "Type": "int", "Comment": "key"},
        {"Name": "tags", "Type": "array<string>"},
    ]
    assert kept["PartitionKeys"] == [{"Name": "d", "Type": "date"}]
    assert storage["SerdeInfo"]["Parameters"]["field.delim"] == "\t"
    assert storage["Location"] == "s3://data/t/"
    assert kept["Parameters"]["skip.header.line.count"] == "1"
    meta = desk.athena.get_table_metadata(
        CatalogName="AwsDataCatalog", DatabaseName="db", TableName="t"
    )["TableMetadata"]
    assert meta["Parameters"]["location"] == "s3://data/t/"
    assert meta["PartitionKeys"] == [{"Name": "d", "Type": "date"}]
    assert [str(row[0]).strip() for row in desk.rows("SHOW COLUMNS IN t")] == ["id", "tags", "d"]
    told = desk.rows("DESCRIBE t")
    assert told[0] == ["id                  \tint                 \tkey                 "]
    assert told[-1] == ["d                   \tdate                \t                    "]


def test_show_create_table_makes_the_table_again(desk: Desk) -> None:
    desk.put("t/a.csv", "1,x\n")
    desk.done(table("t", "a int, b string COMMENT 'it''s'"))
    text = "\n".join(row[0] or "" for row in desk.rows("SHOW CREATE TABLE t"))
    before = desk.glue.get_table(DatabaseName="db", Name="t")["Table"]["StorageDescriptor"]
    desk.done("DROP TABLE t")
    assert desk.rows("SHOW TABLES") == []
    desk.done(text)
    after = desk.glue.get_table(DatabaseName="db", Name="t")["Table"]["StorageDescriptor"]
    assert after == before
    assert desk.rows("SELECT * FROM t") == [["1", "x"]]


def test_tables_change(desk: Desk) -> None:
    desk.put("t/a.csv", "1,x\n")
    desk.put("u/a.csv", "2,y\n")
    desk.done(table("t", "a int"))
    desk.done("ALTER TABLE t ADD COLUMNS (b string)")
    assert desk.rows("SELECT * FROM t") == [["1", "x"]]
    desk.done("ALTER TABLE t SET LOCATION 's3://data/u/'")
    assert desk.rows("SELECT * FROM t") == [["2", "y"]]
    desk.done("ALTER TABLE t REPLACE COLUMNS (z string)")
    assert desk.rows("SELECT z FROM t") == [["2"]]
    desk.done("ALTER TABLE t SET TBLPROPERTIES ('k'='v')")
    assert desk.rows("SHOW TBLPROPERTIES t('k')") == [["v"]]
    versions = desk.glue.get_table_versions(DatabaseName="db", TableName="t")["TableVersions"]
    assert len(versions) == 5


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("DROP TABLE nope", "SemanticException [Error 10001]: Table not found db.nope"),
        ("SHOW TABLES IN nope", "Database does not exist: nope"),
        ("CREATE EXTERNAL TABLE t (a int)", "empty string"),
        ("CREATE EXTERNAL TABLE nope.t (a int) LOCATION 's3://data/t/'", "does not exist: nope"),
        ("CREATE EXTERNAL TABLE t (a int, A int) LOCATION 's3://data/t/'", "more than once"),
        ("CREATE EXTERNAL TABLE t (a int) STORED AS NOPE LOCATION 's3://data/t/'", "Unrecognized"),
        ("CREATE TABLE t (a int) LOCATION 's3://data/t/' TBLPROPERTIES ('table_type'='ICEBERG')",
         "Iceberg"),
        ("MSCK REPAIR TABLE flat", "not a partitioned table"),
        ("CREATE EXTERNAL TABLE flat (a int) LOCATION 's3://data/t/'", "AlreadyExistsException"),
    ],
)  # fmt: skip
def test_hive_says_what_is_wrong(desk: Desk, query: str, said: str) -> None:
    desk.done(table("flat", "a int"))
    assert said in desk.failed(query)


def test_views_stand_for_their_queries(desk: Desk) -> None:
    desk.put("t/a.csv", "1,x\n2,y\n")
    desk.done(table("t", "a int, b string"))
    desk.done("CREATE VIEW v AS SELECT a, b AS c FROM t WHERE a > 1")
    desk.done("CREATE DATABASE other")
    desk.done("CREATE VIEW other.w AS SELECT v.c FROM db.v v")
    assert desk.rows("SELECT * FROM v") == [["2", "y"]]
    assert desk.rows("SELECT x.c, y.c FROM other.w x JOIN other.w y ON x.c = y.c") == [["y", "y"]]
    assert desk.rows("SHOW VIEWS") == [["v"]]
    assert desk.rows("SHOW CREATE VIEW v")[1] == ["SELECT a, b AS c FROM t WHERE a > 1"]
    assert "already exists" in desk.failed("CREATE VIEW v AS SELECT 1 AS a")
    desk.done("CREATE OR REPLACE VIEW v AS SELECT a FROM t")
    assert desk.rows("SELECT * FROM v ORDER BY a") == [["1"], ["2"]]
    assert "MISSING_COLUMN_NAME" in desk.failed("CREATE VIEW u AS SELECT 1")
    assert "COLUMN_NOT_FOUND" in desk.failed("CREATE VIEW u AS SELECT nope FROM t")
    desk.done("DROP VIEW v")
    assert "does not exist" in desk.failed("DROP VIEW t")
