"""Queries over what lies in S3: rows, types, errors, what is read and what is not."""

from __future__ import annotations

import bz2
import gzip

import pytest
from botocore.exceptions import ClientError

from tests.unit.services.athena.desk import Desk, table

PEOPLE = '1,ann,2.5\n2,bob,\\N\n3,c "x" d,7\n'


@pytest.fixture
def people(desk: Desk) -> Desk:
    desk.put("people/a.csv", PEOPLE)
    desk.done(table("people", "id int, name string, score double"))
    return desk


def test_a_result_lies_in_s3_as_athena_writes_it(people: Desk) -> None:
    found = people.done("SELECT * FROM people ORDER BY id")
    assert people.result(found) == (
        '"id","name","score"\n"1","ann","2.5"\n"2","bob",\n"3","c ""x"" d","7.0"\n'
    )
    assert found["StatementType"] == "DML"
    assert found["Statistics"]["DataScannedInBytes"] == len(PEOPLE)
    location = found["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://results/q/{found['QueryExecutionId']}.csv"
    answer = people.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])
    rows = answer["ResultSet"]["Rows"]
    assert rows[0]["Data"] == [{"VarCharValue": name} for name in ("id", "name", "score")]
    assert rows[2]["Data"] == [{"VarCharValue": "2"}, {"VarCharValue": "bob"}, {}]
    shown = answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [(each["Type"], each["Precision"]) for each in shown] == [
        ("integer", 10),
        ("varchar", 2_147_483_647),
        ("double", 17),
    ]
    told = people.athena.get_query_runtime_statistics(QueryExecutionId=found["QueryExecutionId"])
    assert told["QueryRuntimeStatistics"]["Rows"]["InputRows"] == 3
    assert told["QueryRuntimeStatistics"]["Rows"]["OutputRows"] == 3


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT count(*), sum(id) FROM people", [["3", "6"]]),
        ("SELECT 7 / 2, 7.0 / 2, 7 % 2", [["3", "3.5", "1"]]),
        ("SELECT name FROM people p WHERE p.score IS NULL", [["bob"]]),
        ("SELECT people.name FROM people WHERE id = 1", [["ann"]]),
        ("SELECT a.id FROM people a JOIN db.people b ON a.id = b.id + 1 ORDER BY 1 DESC",
         [["3"], ["2"]]),
        ("WITH x AS (SELECT max(id) m FROM people) SELECT m FROM x", [["3"]]),
        ("VALUES (1, 'a'), (2, 'b')", [["1", "a"], ["2", "b"]]),
        ("SELECT ARRAY[1, 2], MAP(ARRAY['k'], ARRAY[1]), true, DATE '2024-02-01'",
         [["[1, 2]", "{k=1}", "true", "2024-02-01"]]),
        ("SELECT TIMESTAMP '2024-01-01 10:00:00', 1e10, 0.00012e0",
         [["2024-01-01 10:00:00.000", "1.0E10", "1.2E-4"]]),
        ("SELECT ROW(1, 'a')", [["{field0=1, field1=a}"]]),
        ("SELECT id AS x FROM people ORDER BY x LIMIT 1", [["1"]]),
        ("SELECT x FROM UNNEST(ARRAY['a', 'b']) AS t(x)", [["a"], ["b"]]),
        ("SELECT current_date, now() > TIMESTAMP '2026-12-31 00:00:00'", [["2027-01-01", "true"]]),
        ("SELECT url_extract_host('https://a.b/c?d'), element_at(ARRAY[5], 1)", [["a.b", "5"]]),
        ("SELECT date_diff('day', DATE '2024-01-01', DATE '2024-01-31')", [["30"]]),
        ("SELECT date_format(DATE '2024-01-05', '%d'), split_part('a/b', '/', 2)", [["05", "b"]]),
        ("SELECT from_unixtime(0), to_unixtime(from_unixtime(5))",
         [["1970-01-01 00:00:00.000 UTC", "5.0"]]),
    ],
)  # fmt: skip
def test_trinos_sql_is_spoken(people: Desk, query: str, rows: list[list[str]]) -> None:
    assert people.rows(query) == rows


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT * FROM nope",
         "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.db.nope' does not exist"),
        ("SELECT *\nFROM x.nope", "SCHEMA_NOT_FOUND: line 2:6: Schema 'x' does not exist"),
        ("SELECT id, nope FROM people",
         "COLUMN_NOT_FOUND: line 1:12: Column 'nope' cannot be resolved"),
        ("SELECT nope(id) FROM people",
         "FUNCTION_NOT_FOUND: line 1:8: Function 'nope' not registered"),
        ("SELECT * FROM people WHERE name = 1",
         "TYPE_MISMATCH: line 1:33: '=' cannot be applied to varchar, integer"),
        ("SELECT * FROM people WHERE id >= '1'",
         "TYPE_MISMATCH: line 1:31: '>=' cannot be applied to integer, varchar(1)"),
        ("SELECT CAST(name AS integer) FROM people",
         "INVALID_CAST_ARGUMENT: Cannot cast 'ann' to INT"),
        ("SELECT * FROM people WHERE id IN ('1')",
         ("TYPE_MISMATCH: line 1:28: IN value and list items must be the same type or coercible to "
          "a common type: integer, varchar(1)")),
        ("SELECT * FROM people WHERE name BETWEEN 1 AND 2",
         "TYPE_MISMATCH: line 1:28: Cannot check if varchar is BETWEEN integer and integer"),
        ("SELECT id + name FROM people",
         "TYPE_MISMATCH: line 1:11: '+' cannot be applied to integer, varchar"),
        ("SELECT sum(name) FROM people",
         "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar) for function sum"),
        ("SELECT name, count(*) FROM people",
         ("EXPRESSION_NOT_AGGREGATE: line 1:8: 'name' must be an aggregate expression or appear in "
          "GROUP BY clause")),
        ("SELECT 1 FROM people a, people b WHERE id = 1",
         "AMBIGUOUS_NAME: line 1:40: Column 'id' is ambiguous"),
        ("SELECT id AS x FROM people WHERE x = 1",
         "COLUMN_NOT_FOUND: line 1:34: Column 'x' cannot be resolved"),
        ("SELECT 1 / 0", "DIVISION_BY_ZERO: Division by zero"),
        ("SELECT * FROM people WHERE id = ?",
         "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected 1 but found 0"
         ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_athenas_words(people: Desk, query: str, reason: str) -> None:
    assert people.failed(query) == reason


def test_no_query_reaches_a_file(people: Desk) -> None:
    for query in (
        "SELECT * FROM read_csv('/etc/passwd')",
        'SELECT * FROM "/etc/passwd"',
        "SELECT content FROM read_text('/etc/passwd')",
        "SELECT read_text('/etc/passwd')",
    ):
        assert people.failed(query)
    for query in (
        "COPY people TO '/tmp/x'",
        "ATTACH '/tmp/x'",
        "PRAGMA version",
        "SET threads = 4",
    ):
        with pytest.raises(ClientError, match="mismatched input"):
            people.start(query)


def test_parameters_take_the_place_of_question_marks(people: Desk) -> None:
    query = "SELECT name FROM people WHERE id > ? AND name <> ? ORDER BY id"
    assert people.rows(query, ExecutionParameters=["1", "'bob'"]) == [['c "x" d']]


def test_what_stands_for_null_is_null_where_values_are_escaped_too(desk: Desk) -> None:
    desk.put("t/a.csv", "\\N,b\\,c,\\N\n\\\\N,,\\Nx\n")
    escaped = r"ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' ESCAPED BY '\\'"
    desk.done(table("t", "a string, b string, c string", escaped))
    assert desk.rows("SELECT a, b, c FROM t") == [[None, "b,c", None], ["\\N", "", "Nx"]]


def test_compressed_files_hidden_files_and_headers(desk: Desk) -> None:
    desk.put("t/a.csv.gz", gzip.compress(b"h\n1\n"))
    desk.put("t/sub/b.csv.bz2", bz2.compress(b"h\n2\n"))
    desk.put("t/_hidden.csv", "h\n3\n")
    desk.put("t/.hidden/x.csv", "h\n4\n")
    desk.put("tail/a.csv", "h\n5\n")
    properties = "TBLPROPERTIES ('skip.header.line.count'='1')"
    desk.done(f"CREATE EXTERNAL TABLE t (a int) LOCATION 's3://data/t/' {properties}")
    assert desk.rows("SELECT a FROM t ORDER BY a") == [["1"], ["2"]]
    desk.put("t/c.zst", b"x")
    assert ".zst" in desk.failed("SELECT * FROM t")


def test_empty_lines_are_rows_and_headers_alone_are_none(desk: Desk) -> None:
    desk.put("e/a.csv", "\n")
    desk.put("e/b.csv", "x\n\ny")
    desk.done(table("e", "a string"))
    assert desk.rows("SELECT a FROM e") == [[""], ["x"], [""], ["y"]]
    desk.done("ALTER TABLE e SET TBLPROPERTIES ('skip.header.line.count'='2')")
    found = desk.done("SELECT a FROM e")
    assert desk.result(found) == '"a"\n"y"\n'
    told = desk.athena.get_query_runtime_statistics(QueryExecutionId=found["QueryExecutionId"])
    assert told["QueryRuntimeStatistics"]["Rows"]["InputRows"] == 1


def test_serdes_read_their_files(desk: Desk) -> None:
    desk.put("csv/a.csv", 'a,"b, c"\n"d ""e""",f\n')
    serde = "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'"
    desk.done(table("csv", "x string, y string", serde))
    assert desk.rows("SELECT * FROM csv ORDER BY x") == [["a", "b, c"], ['d "e"', "f"]]
    desk.put("js/a.json", '{"A": 1, "b": {"C": ["x", "y"]}, "m": {"k": 2}}\n\n{"a": null}\n')
    serde = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
    desk.done(table("js", "a bigint, b struct<c:array<string>>, m map<string,int>", serde))
    assert desk.rows("SELECT a, b.c[2], m['k'], cardinality(b.c) FROM js") == [
        ["1", "y", "2", "2"],
        [None, None, None, None],
    ]
    desk.put("rx/a.log", "GET /a 200\nnonsense\n")
    serde = (
        "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe' WITH SERDEPROPERTIES "
        r"('input.regex'='(\\S+) (\\S+) (\\d+)')"
    )
    desk.done(table("rx", "verb string, path string, status int", serde))
    assert desk.rows("SELECT * FROM rx") == [["GET", "/a", "200"], [None, None, None]]
    desk.done(table("orc", "a int", "STORED AS ORC"))
    desk.put("orc/a", "x")
    assert "OrcSerde" in desk.failed("SELECT * FROM orc")


def test_a_row_says_which_file_it_is_from(people: Desk) -> None:
    people.put("people/b.csv", "4,dan,1\n")
    a, b = ("s3://data/people/a.csv", "s3://data/people/b.csv")
    assert people.rows('SELECT id, "$path" FROM people WHERE id > 2 ORDER BY id') == [
        ["3", a], ["4", b],
    ]  # fmt: skip
    assert people.rows('SELECT "$path", count(*) FROM people GROUP BY 1 ORDER BY 1') == [
        [a, "3"], [b, "1"],
    ]  # fmt: skip
    assert people.rows(f"""SELECT * FROM people WHERE "$path" = '{b}'""") == [["4", "dan", "1.0"]]
    assert people.rows("""SELECT p.*, p."$path" FROM people p WHERE id = 4""") == [
        ["4", "dan", "1.0", b]
    ]
    inner = 'SELECT id, "$path" AS file FROM people'
    assert people.rows(f"SELECT * FROM ({inner}) WHERE id = 4") == [["4", b]]
    people.done(f"CREATE VIEW files AS {inner}")
    assert people.rows("SELECT * FROM files WHERE id = 4") == [["4", b]]
    assert people.failed('SELECT "$path" FROM files').startswith("COLUMN_NOT_FOUND")
    people.put("js/x.json", '{"a": 1}\n')
    people.done(table("js", "a int", "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"))
    assert people.rows('SELECT a, "$path" FROM js') == [["1", "s3://data/js/x.json"]]
    people.done(
        "CREATE TABLE pq WITH (format='PARQUET', external_location='s3://data/pq/', "
        "partitioned_by=ARRAY['id']) AS SELECT name, id FROM people WHERE id = 1"
    )
    (row,) = people.rows('SELECT *, "$path" FROM pq')
    assert row[:2] == ["ann", "1"]
    assert row[2] is not None
    assert row[2].startswith("s3://data/pq/id=1/")


def test_bad_files_fail_the_query(desk: Desk) -> None:
    desk.put("js/a.json", "{]\n")
    serde = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
    desk.done(table("js", "a int", serde))
    assert "not a valid JSON Object" in desk.failed("SELECT * FROM js")
    desk.put("csv/a.csv", '"x"\n')
    desk.done(
        table("csv", "a int", "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'")
    )
    assert desk.failed("SELECT * FROM csv").startswith("HIVE_BAD_DATA")
    desk.put("p/a", "x")
    desk.done(table("p", "a int", "STORED AS PARQUET"))
    assert desk.failed("SELECT * FROM p").startswith("HIVE_CANNOT_OPEN_SPLIT")


def test_information_schema_tells_of_the_catalog(people: Desk) -> None:
    assert people.rows(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'db'"
    ) == [["people"]]
    query = (
        "SELECT column_name, data_type FROM information_schema.columns ORDER BY ordinal_position"
    )
    assert people.rows(query) == [["id", "integer"], ["name", "varchar"], ["score", "double"]]


def test_equal_seeds_give_equal_chance(people: Desk) -> None:
    query = "SELECT rand(), uuid()"
    with people.chamber.fork() as copy:
        ids = copy.client("athena").start_query_execution(
            QueryString=query, ResultConfiguration={"OutputLocation": "s3://results/q/"}
        )["QueryExecutionId"]
        body = copy.client("s3").get_object(Bucket="results", Key=f"q/{ids}.csv")["Body"].read()
    assert people.result(people.done(query)) == body.decode()
