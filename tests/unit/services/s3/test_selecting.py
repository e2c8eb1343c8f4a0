"""S3 Select: queries over CSV and JSON, as a stream of events."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from tests.unit.services.s3.answers import code_of

PEOPLE = b'name,age,city\nAnn,31,Bern\nBob,9,"Rome, IT"\nCid,,Oslo\n'
LINES = b'{"id": 1, "tags": ["a", "b"], "at": {"x": 1.5}}\n{"id": 2, "tags": []}\n'
HEADED: dict[str, Any] = {"CSV": {"FileHeaderInfo": "USE"}}
JSON_LINES: dict[str, Any] = {"JSON": {"Type": "LINES"}}


class Scene:
    """A bucket with a few objects to be asked."""

    def __init__(self, chamber: Chamber) -> None:
        self.s3 = chamber.client("s3")
        self.s3.create_bucket(Bucket="box")
        for key, body in (
            ("people.csv", PEOPLE),
            ("people.gz", gzip.compress(PEOPLE)),
            ("people.bz2", bz2.compress(PEOPLE)),
            ("lines.json", LINES),
            ("one.json", b'{"rows": [{"n": 1}, {"n": 2}]}'),
        ):
            self.s3.put_object(Bucket="box", Key=key, Body=body)

    def request(self, sql: str, key: str, source: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {
            "Bucket": "box",
            "Key": key,
            "Expression": sql,
            "ExpressionType": "SQL",
            "InputSerialization": source,
            "OutputSerialization": {"CSV": {}},
            **more,
        }

    def events(
        self, sql: str, key: str = "people.csv", source: dict[str, Any] = HEADED, **more: Any
    ) -> list[dict[str, Any]]:
        answer = self.s3.select_object_content(**self.request(sql, key, source, **more))
        return list(answer["Payload"])

    def ask(
        self, sql: str, key: str = "people.csv", source: dict[str, Any] = HEADED, **more: Any
    ) -> str:
        found = self.events(sql, key, source, **more)
        return b"".join(e["Records"]["Payload"] for e in found if "Records" in e).decode()


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with Chamber(seed=1, iam="enforce") as chamber:
        yield Scene(chamber)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM S3Object", 'Ann,31,Bern\nBob,9,"Rome, IT"\nCid,,Oslo\n'),
        ("select s.name from s3object s where s.age > 10", "Ann\n"),
        ("SELECT s._1, s.\"city\" FROM S3Object AS s LIMIT 1", "Ann,Bern\n"),
        ("SELECT COUNT(*) FROM S3Object s WHERE s.city LIKE '%o%'", "2\n"),
        ("SELECT MAX(CAST(age AS INT)), AVG(CAST(age AS INT)) FROM S3Object WHERE age <> ''",
         "31,20.0\n"),
        ("SELECT UPPER(name) || '!' FROM S3Object WHERE name IN ('Bob', 'Cid')", "BOB!\nCID!\n"),
        ("SELECT name FROM S3Object WHERE name BETWEEN 'B' AND 'C'", "Bob\n"),
        ("SELECT CASE WHEN age = '' THEN 'none' ELSE 'some' END FROM S3Object LIMIT 3",
         "some\nsome\nnone\n"),
        ("SELECT SUBSTRING(name FROM 2 FOR 1), 7 / 2, 7 % 4 FROM S3Object LIMIT 1", "n,3,3\n"),
        ("SELECT name FROM S3Object WHERE NOT (name = 'Ann' OR city = 'Oslo')", "Bob\n"),
        ("SELECT EXTRACT(year FROM CAST('2020-02-29T10:00Z' AS TIMESTAMP)) FROM S3Object LIMIT 1",
         "2020\n"),
    ],
)  # fmt: skip
def test_csv_is_asked(scene: Scene, sql: str, expected: str) -> None:
    assert scene.ask(sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM S3Object s WHERE s.id = 2", [{"id": 2, "tags": []}]),
        ("SELECT s.tags[1] AS second, s.at.x FROM S3Object s", [{"second": "b", "x": 1.5}, {}]),
        ("SELECT s.id FROM S3Object s WHERE s.at IS MISSING", [{"id": 2}]),
        ("SELECT SUM(s.id) AS total FROM S3Object s", [{"total": 3}]),
    ],
)
def test_json_is_asked(scene: Scene, sql: str, expected: list[dict[str, Any]]) -> None:
    text = scene.ask(sql, "lines.json", JSON_LINES, OutputSerialization={"JSON": {}})
    assert [json.loads(line) for line in text.splitlines()] == expected


def test_a_path_leads_to_the_records_of_a_document(scene: Scene) -> None:
    document = {"JSON": {"Type": "DOCUMENT"}}
    assert scene.ask("SELECT d.n FROM S3Object[*].rows[*] d", "one.json", document) == "1\n2\n"


@pytest.mark.parametrize(("key", "kind"), [("people.gz", "GZIP"), ("people.bz2", "BZIP2")])
def test_what_is_compressed_is_unpacked(scene: Scene, key: str, kind: str) -> None:
    source = {**HEADED, "CompressionType": kind}
    assert scene.ask("SELECT name FROM S3Object LIMIT 1", key, source) == "Ann\n"
    request = scene.request("SELECT * FROM S3Object", "people.csv", source)
    assert code_of(scene.s3.select_object_content, **request) == "InvalidCompressionFormat"


def test_the_stream_ends_with_figures(scene: Scene) -> None:
    events = scene.events("SELECT name FROM S3Object", RequestProgress={"Enabled": True})
    assert [next(iter(event)) for event in events] == ["Records", "Progress", "Stats", "End"]
    assert events[2]["Stats"]["Details"] == {
        "BytesScanned": len(PEOPLE),
        "BytesProcessed": len(PEOPLE),
        "BytesReturned": 12,
    }


def test_a_range_takes_the_records_that_begin_in_it(scene: Scene) -> None:
    plain = {"CSV": {"FileHeaderInfo": "NONE"}}
    start = PEOPLE.index(b"Ann") + 1
    found = scene.ask(
        "SELECT s._1 FROM S3Object s", source=plain, ScanRange={"Start": start, "End": start + 15}
    )
    assert found == "Bob\n"


def test_rows_are_written_as_asked(scene: Scene) -> None:
    wanted = {"CSV": {"QuoteFields": "ALWAYS", "FieldDelimiter": ";", "RecordDelimiter": "|"}}
    found = scene.ask("SELECT name, age FROM S3Object LIMIT 2", OutputSerialization=wanted)
    assert found == '"Ann";"31"|"Bob";"9"|'


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT", "ParseExpectedKeyword"),
        ("SELECT * FROM other", "InvalidTableAlias"),
        ("SELECT * FROM S3Object WHERE", "ParseUnexpectedToken"),
        ("SELECT nothing(name) FROM S3Object", "UnsupportedFunction"),
        ("SELECT CAST(name AS INT) FROM S3Object", "CastFailed"),
        ("SELECT 1 / 0 FROM S3Object", "DivideByZero"),
        ("SELECT ? FROM S3Object", "LexerInvalidChar"),
    ],
)
def test_queries_that_are_wrong_are_refused(scene: Scene, sql: str, code: str) -> None:
    request = scene.request(sql, "people.csv", HEADED)
    assert code_of(scene.s3.select_object_content, **request) == code


def test_data_that_are_wrong_are_refused(scene: Scene) -> None:
    request = scene.request("SELECT * FROM S3Object", "people.csv", JSON_LINES)
    assert code_of(scene.s3.select_object_content, **request) == "JSONParsingError"
    request = scene.request("SELECT * FROM S3Object", "people.csv", {"Parquet": {}})
    with pytest.raises(ClientError, match="Parquet is not read here"):
        scene.s3.select_object_content(**request)
