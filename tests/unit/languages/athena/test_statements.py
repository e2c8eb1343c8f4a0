"""Statements are read whole, and CREATE EXTERNAL TABLE as it was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.languages.athena import tree
from cloudchamber.languages.athena.errors import BadStatement
from cloudchamber.languages.athena.statements import read_statement
from cloudchamber.languages.athena.tables import written

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True)
TEXTS = st.text("ab '\"\\\n\té,;)%", max_size=6)
PLAIN = st.sampled_from(["int", "string", "double", "decimal(10,2)", "varchar(20)", "timestamp"])
TYPES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        inner.map(lambda kind: f"array<{kind}>"),
        inner.map(lambda kind: f"map<string,{kind}>"),
        st.tuples(NAMES, inner).map(lambda field: f"struct<{field[0]}:{field[1]},z:int>"),
    ),
    max_leaves=4,
)
COLUMNS = st.lists(st.builds(tree.Column, NAMES, TYPES, TEXTS), min_size=1, max_size=4).map(tuple)
PROPERTIES = st.dictionaries(TEXTS.filter(bool), TEXTS, min_size=1, max_size=3)
DELIMITERS = st.dictionaries(
    st.sampled_from(["field.delim", "escape.delim", "mapkey.delim", "serialization.null.format"]),
    TEXTS,
)
ROWS = st.one_of(
    st.none(),
    st.builds(tree.RowFormat, TEXTS.filter(bool), PROPERTIES),
    st.builds(tree.RowFormat, st.just(""), DELIMITERS),
)
STORAGES = st.one_of(
    st.none(),
    st.builds(tree.Storage, st.sampled_from(["TEXTFILE", "PARQUET"])),
    st.builds(tree.Storage, st.just(""), TEXTS, TEXTS),
)
TABLES = st.builds(
    tree.CreateTable,
    name=st.builds(tree.Name, NAMES, st.one_of(st.just(""), NAMES)),
    columns=COLUMNS,
    if_not_exists=st.booleans(),
    comment=TEXTS,
    partitions=st.one_of(st.just(()), COLUMNS),
    rows=ROWS,
    storage=STORAGES,
    location=TEXTS,
    properties=st.one_of(st.just({}), PROPERTIES),
)


@given(TABLES)
def test_a_table_is_read_as_it_was_written(table: tree.CreateTable) -> None:
    assert read_statement(written(table)) == table


@given(st.text("CREATE TABL(x int),'`;<> SHOWDP\\", max_size=30))
def test_any_text_is_a_statement_or_refused(text: str) -> None:
    try:
        read_statement(text)
    except BadStatement as error:
        assert error.line >= 1 <= error.column  # noqa: PT017


def test_a_table_as_people_write_it() -> None:
    found = read_statement(
        """
        -- flows
        create external table if not exists `db`.flows (
          `version` INT comment 'v', Tags ARRAY < STRUCT < a : INT , b : STRING > >
        )
        partitioned by (`date` string)
        row format delimited fields terminated by ' ' lines terminated by '\\n'
        stored as textfile location 's3://b/AWSLogs/' tblproperties ("skip.header.line.count"="1");
        """
    )
    assert isinstance(found, tree.CreateTable)
    assert found.name == tree.Name("flows", "db")
    assert found.columns[1] == tree.Column("Tags", "array<struct<a:int,b:string>>")
    assert found.rows == tree.RowFormat("", {"field.delim": " ", "line.delim": "\n"})
    assert found.properties == {"skip.header.line.count": "1"}


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("select 1;", tree.Select("select 1")),
        ("-- x\n(SELECT '\\') ; ;", tree.Select("-- x\n(SELECT '\\')")),
        ("SHOW TABLES IN db 'a*'", tree.Show("tables", None, "db", "a*")),
        ("SHOW COLUMNS FROM t IN d", tree.Show("columns", tree.Name("t"), "d")),
        ("DESC FORMATTED d.t", tree.Describe(tree.Name("t", "d"), "FORMATTED")),
        ("DROP TABLE IF EXISTS `a``b`", tree.DropTable(tree.Name("a`b"), if_exists=True)),
        (
            "INSERT INTO t (a, b) SELECT 1, 2",
            tree.Insert(tree.Name("t"), "SELECT 1, 2", ("a", "b")),
        ),
        (
            "ALTER SCHEMA d SET DBPROPERTIES ('a' = 'b')",
            tree.AlterDatabase("d", {"a": "b"}),
        ),
        ("DELETE FROM d.t;", tree.ChangeRows("DELETE", tree.Name("t", "d"))),
        ("DELETE FROM t WHERE a = 1", tree.ChangeRows("DELETE", tree.Name("t"))),
        ("UPDATE t SET a = 1 WHERE b", tree.ChangeRows("UPDATE", tree.Name("t"))),
        (
            "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE",
            tree.ChangeRows("MERGE", tree.Name("t")),
        ),
        ("INSERT INTO t (SELECT 1)", tree.Insert(tree.Name("t"), "(SELECT 1)")),
        ("EXECUTE p USING 1, f(2, 3), 'x,y'", tree.Execute("p", ("1", "f(2, 3)", "'x,y'"))),
        ("PREPARE p FROM SELECT ?", tree.Prepare("p", "SELECT ?")),
        ("EXPLAIN (FORMAT text) SELECT 1", tree.Explain("SELECT 1")),
        (
            "UNLOAD (SELECT f(1)) TO 's3://b/' WITH (format = 'JSON')",
            tree.Unload("SELECT f(1)", "s3://b/", {"format": "JSON"}),
        ),
        (
            "CREATE TABLE t WITH (partitioned_by = ARRAY['a', 'b']) AS SELECT 1 WITH NO DATA",
            tree.CreateTableAs(
                tree.Name("t"), "SELECT 1", False, {"partitioned_by": ("a", "b")}, False
            ),
        ),
        ("MSCK REPAIR TABLE t", tree.Repair(tree.Name("t"))),
        (
            "ALTER TABLE t DROP PARTITION (a = 1), PARTITION (a = '2')",
            tree.DropPartitions(
                tree.Name("t"), (tree.PartitionSpec({"a": "1"}), tree.PartitionSpec({"a": "2"}))
            ),
        ),
    ],
)
def test_statements(text: str, statement: tree.Statement) -> None:
    assert read_statement(text) == statement


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1:1: mismatched input '<EOF>'"),
        ("DROP\n  TABEL t", "line 2:3: mismatched input 'TABEL'"),
        ("SHOW TABLES 'a", "line 1:13: mismatched input '''"),
        ("CREATE EXTERNAL TABLE t (a array<int)", "line 1:37: mismatched input ')'"),
        ("MSCK REPAIR TABLE t x", "line 1:21: mismatched input 'x'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(BadStatement) as caught:
        read_statement(text)
    assert str(caught.value) == said
