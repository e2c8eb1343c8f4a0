"""Exports and imports: tables to files in S3 and back."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from hashlib import md5
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.dynamodb.tables import (
    ONE,
    attributes_of,
    index_of,
    keys_of,
    refusal,
    simple,
)

ARN = f"arn:aws:dynamodb:us-east-1:{ONE}:table/jobs"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


@pytest.fixture
def s3(chamber: Chamber) -> Any:
    client = chamber.client("s3")
    client.create_bucket(Bucket="files")
    return client


@pytest.fixture
def db(chamber: Chamber) -> Any:
    return chamber.client("dynamodb")


@pytest.fixture
def table(db: Any) -> str:
    """A table with recovery and three items."""
    db.create_table(**simple())
    put(db, "a", v={"S": "1"}, n={"N": "1.5"})
    put(db, "b", raw={"B": b"\x00\x01"}, s={"SS": ["x", "y"]})
    put(db, "c", m={"M": {"l": {"L": [{"NULL": True}, {"BOOL": False}]}}})
    db.update_continuous_backups(
        TableName="jobs", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    return ARN


def put(db: Any, key: str, **attributes: Any) -> None:
    db.put_item(TableName="jobs", Item={"pk": {"S": key}, **attributes})


def read(s3: Any, key: str) -> bytes:
    body: bytes = s3.get_object(Bucket="files", Key=key)["Body"].read()
    return body


def lines_of(s3: Any, manifest: str) -> list[dict[str, Any]]:
    """Every line of an export's data, found by its manifests, whose checksums must be right."""
    summary = json.loads(read(s3, manifest))
    listed = read(s3, summary["manifestFilesS3Key"])
    for name in (manifest, summary["manifestFilesS3Key"]):
        checksum = read(s3, name.removesuffix(".json") + ".checksum")
        assert base64.b64decode(checksum) == md5(read(s3, name)).digest()
    found: list[dict[str, Any]] = []
    for line in listed.splitlines():
        entry = json.loads(line)
        body = read(s3, entry["dataFileS3Key"])
        assert base64.b64decode(entry["md5Checksum"]) == md5(body).digest()
        rows = [json.loads(row) for row in gzip.decompress(body).splitlines()]
        assert len(rows) == entry["itemCount"]
        found += rows
    assert summary["itemCount"] == len(found)
    return found


def export(db: Any, **more: Any) -> dict[str, Any]:
    begun = db.export_table_to_point_in_time(TableArn=ARN, S3Bucket="files", **more)
    described: dict[str, Any] = db.describe_export(
        ExportArn=begun["ExportDescription"]["ExportArn"]
    )["ExportDescription"]
    return described


def test_a_table_is_exported(db: Any, s3: Any, table: str) -> None:
    done = export(db, S3Prefix="out")
    assert done["ExportStatus"] == "COMPLETED"
    assert done["ItemCount"] == 3
    manifest = done["ExportManifest"]
    assert manifest.startswith("out/AWSDynamoDB/")
    assert read(s3, manifest.replace("manifest-summary.json", "_started")) == b""
    items = {line["Item"]["pk"]["S"]: line["Item"] for line in lines_of(s3, manifest)}
    assert items["a"] == {"pk": {"S": "a"}, "v": {"S": "1"}, "n": {"N": "1.5"}}
    assert items["b"]["raw"] == {"B": "AAE="}
    assert items["c"]["m"] == {"M": {"l": {"L": [{"NULL": True}, {"BOOL": False}]}}}
    summary = json.loads(read(s3, manifest))
    assert summary["exportType"] == "FULL_EXPORT"
    assert summary["tableArn"] == ARN
    (listed,) = db.list_exports(TableArn=ARN)["ExportSummaries"]
    assert listed["ExportStatus"] == "COMPLETED"


def test_an_export_is_of_an_instant(db: Any, s3: Any, table: str, chamber: Chamber) -> None:
    window = db.describe_continuous_backups(TableName="jobs")["ContinuousBackupsDescription"]
    moment = window["PointInTimeRecoveryDescription"]["LatestRestorableDateTime"]
    chamber.advance(60)
    put(db, "a", v={"S": "later"})
    put(db, "d")
    done = export(db, ExportTime=moment)
    items = {line["Item"]["pk"]["S"]: line["Item"] for line in lines_of(s3, done["ExportManifest"])}
    assert sorted(items) == ["a", "b", "c"]
    assert items["a"]["v"] == {"S": "1"}


def test_what_changed_is_exported(db: Any, s3: Any, table: str, chamber: Chamber) -> None:
    window = db.describe_continuous_backups(TableName="jobs")["ContinuousBackupsDescription"]
    began = window["PointInTimeRecoveryDescription"]["EarliestRestorableDateTime"]
    chamber.advance("10m")
    put(db, "a", v={"S": "2"})
    put(db, "a", v={"S": "3"})
    put(db, "d", v={"S": "new"})
    put(db, "e")
    db.delete_item(TableName="jobs", Key={"pk": {"S": "e"}})  # come and gone
    db.delete_item(TableName="jobs", Key={"pk": {"S": "b"}})
    chamber.advance("10m")
    put(db, "c", v={"S": "too late"})
    chamber.advance("1h")
    span = {"ExportFromTime": began, "ExportToTime": began + timedelta(minutes=20)}
    done = export(db, ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=span)
    assert done["ExportStatus"] == "COMPLETED"
    lines = {line["Keys"]["pk"]["S"]: line for line in lines_of(s3, done["ExportManifest"])}
    assert sorted(lines) == ["a", "b", "d"]
    assert lines["a"]["OldImage"]["v"] == {"S": "1"}
    assert lines["a"]["NewImage"]["v"] == {"S": "3"}
    assert "NewImage" not in lines["b"]
    assert "OldImage" not in lines["d"]
    stamp = int(lines["a"]["Metadata"]["WriteTimestampMicros"]["N"])
    assert stamp == int((began + timedelta(minutes=10)).timestamp() * 1_000_000)
    short = {**span, "ExportToTime": began + timedelta(minutes=5)}
    assert refusal(
        db.export_table_to_point_in_time, TableArn=ARN, S3Bucket="files",
        ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=short,
    )[0] == "ValidationException"  # fmt: skip


def test_an_export_that_cannot_be_written_fails(db: Any, table: str) -> None:
    begun = db.export_table_to_point_in_time(TableArn=ARN, S3Bucket="nowhere")["ExportDescription"]
    assert begun["ExportStatus"] == "IN_PROGRESS"
    done = db.describe_export(ExportArn=begun["ExportArn"])["ExportDescription"]
    assert (done["ExportStatus"], done["FailureCode"]) == ("FAILED", "S3NoSuchBucket")


def test_exports_that_are_refused(db: Any, s3: Any) -> None:
    call = db.export_table_to_point_in_time
    assert refusal(call, TableArn=ARN, S3Bucket="files")[0] == "TableNotFoundException"
    db.create_table(**simple())
    assert refusal(call, TableArn=ARN, S3Bucket="files")[0] == (
        "PointInTimeRecoveryUnavailableException"
    )
    assert refusal(call, TableArn=ARN, S3Bucket="files", ExportFormat="ION")[0] == (
        "NotImplemented"
    )
    assert refusal(db.describe_export, ExportArn=f"{ARN}/export/01")[0] == (
        "ExportNotFoundException"
    )


def test_a_client_token_makes_an_export_once(db: Any, s3: Any, table: str) -> None:
    first = export(db, ClientToken="once")
    again = export(db, ClientToken="once")
    assert first["ExportArn"] == again["ExportArn"]
    assert refusal(
        db.export_table_to_point_in_time, TableArn=ARN, S3Bucket="files", ClientToken="once",
        S3Prefix="other",
    )[0] == "ExportConflictException"  # fmt: skip


def load(db: Any, **more: Any) -> dict[str, Any]:
    request = {
        "S3BucketSource": {"S3Bucket": "files", "S3KeyPrefix": "in/"},
        "InputFormat": "DYNAMODB_JSON",
        "TableCreationParameters": {
            "TableName": "copy",
            "KeySchema": keys_of("pk"),
            "AttributeDefinitions": attributes_of(pk="S"),
            "BillingMode": "PAY_PER_REQUEST",
        },
        **more,
    }
    begun = db.import_table(**request)["ImportTableDescription"]
    assert begun["ImportStatus"] == "IN_PROGRESS"
    described: dict[str, Any] = db.describe_import(ImportArn=begun["ImportArn"])[
        "ImportTableDescription"
    ]
    return described


def test_what_was_exported_is_imported(db: Any, s3: Any, table: str) -> None:
    manifest = export(db)["ExportManifest"]
    folder = manifest.removesuffix("manifest-summary.json") + "data/"
    done = load(
        db, InputCompressionType="GZIP",
        S3BucketSource={"S3Bucket": "files", "S3KeyPrefix": folder},
    )  # fmt: skip
    assert done["ImportStatus"] == "COMPLETED"
    assert (done["ProcessedItemCount"], done["ImportedItemCount"], done["ErrorCount"]) == (3, 3, 0)
    assert db.describe_table(TableName="copy")["Table"]["TableStatus"] == "ACTIVE"

    def items(name: str) -> list[Any]:
        return sorted(db.scan(TableName=name)["Items"], key=lambda item: str(item["pk"]["S"]))

    assert items("copy") == items("jobs")


def test_lines_that_are_no_items_are_counted(db: Any, s3: Any) -> None:
    lines = [
        {"Item": {"pk": {"S": "good"}}},
        {"Item": {"other": {"S": "no key"}}},
        {"Item": {"pk": {"N": "1"}}},
        {"Item": {"pk": {"S": "bad"}, "n": {"N": "ten"}}},
        {"Item": {"pk": {"S": "odd"}, "b": {"B": "?"}}},
        {"Thing": {}},
    ]
    text = "\n".join(json.dumps(line) for line in lines) + "\nno json\n\n"
    s3.put_object(Bucket="files", Key="in/1.json", Body=text.encode())
    s3.put_object(Bucket="files", Key="in/2.json", Body=b'{"Item":{"pk":{"S":"two"}}}')
    done = load(db)
    assert (done["ProcessedItemCount"], done["ImportedItemCount"], done["ErrorCount"]) == (8, 2, 6)
    found = db.scan(TableName="copy")["Items"]
    assert sorted(item["pk"]["S"] for item in found) == ["good", "two"]


def test_csv_is_imported(db: Any, s3: Any) -> None:
    s3.put_object(Bucket="files", Key="in/a.csv", Body=b'pk;n;v\na;1;"x;y"\nb;2;\nc;3\n')
    parameters = {
        "TableName": "copy",
        "KeySchema": keys_of("pk", "n"),
        "AttributeDefinitions": attributes_of(pk="S", n="N", v="S"),
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [index_of("by-v", "v")],
    }
    done = load(
        db, InputFormat="CSV", InputFormatOptions={"Csv": {"Delimiter": ";"}},
        TableCreationParameters=parameters,
    )  # fmt: skip
    # The third is too short, and the second has an empty key of an index.
    assert (done["ImportedItemCount"], done["ErrorCount"]) == (1, 2)
    found = db.query(
        TableName="copy", IndexName="by-v", KeyConditionExpression="v = :v",
        ExpressionAttributeValues={":v": {"S": "x;y"}},
    )["Items"]  # fmt: skip
    assert found == [{"pk": {"S": "a"}, "n": {"N": "1"}, "v": {"S": "x;y"}}]


def test_csv_may_be_told_its_names(db: Any, s3: Any) -> None:
    s3.put_object(Bucket="files", Key="in/a.csv", Body=gzip.compress(b"a,1\nb,2\n"))
    load(
        db, InputFormat="CSV", InputCompressionType="GZIP",
        InputFormatOptions={"Csv": {"HeaderList": ["pk", "v"]}},
    )  # fmt: skip
    found = db.get_item(TableName="copy", Key={"pk": {"S": "a"}})["Item"]
    assert found == {"pk": {"S": "a"}, "v": {"S": "1"}}


def test_imports_that_fail_or_are_refused(db: Any, s3: Any) -> None:
    failed = load(db, S3BucketSource={"S3Bucket": "nowhere"})
    assert (failed["ImportStatus"], failed["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    parameters = {**failed["TableCreationParameters"], "TableName": "other"}
    s3.put_object(Bucket="files", Key="in/1.json", Body=b"not packed")
    broken = load(db, InputCompressionType="GZIP", TableCreationParameters=parameters)
    assert (broken["ImportStatus"], broken["FailureCode"]) == ("FAILED", "InvalidInput")
    assert len(db.list_imports()["ImportSummaryList"]) == 2
    page = db.list_imports(PageSize=1)
    rest = db.list_imports(NextToken=page["NextToken"])["ImportSummaryList"]
    assert len(rest) == 1
    request = {
        "S3BucketSource": {"S3Bucket": "files"},
        "TableCreationParameters": parameters,
    }
    assert refusal(db.import_table, InputFormat="CSV", **request) == (
        "ResourceInUseException", "Table already exists: other",
    )  # fmt: skip
    assert refusal(db.import_table, InputFormat="ION", **request)[0] == "NotImplemented"
    assert refusal(db.describe_import, ImportArn=f"{ARN}/import/0123456789")[0] == (
        "ImportNotFoundException"
    )


def test_an_import_takes_its_time() -> None:
    with Chamber(seed=1, account=ONE, lifecycle="realistic") as chamber:
        chamber.client("s3").create_bucket(Bucket="files")
        db = chamber.client("dynamodb")
        before = chamber.now
        load(db)
        assert db.describe_table(TableName="copy")["Table"]["TableStatus"] == "CREATING"
        assert refusal(db.delete_table, TableName="copy")[0] == "ResourceInUseException"
        after = chamber.run_until_idle()
        assert (before[:11], after[:11]) == ("2027-01-01T", "2027-01-01T")
        assert db.describe_table(TableName="copy")["Table"]["TableStatus"] == "ACTIVE"
        assert db.list_imports()["ImportSummaryList"][0]["ImportStatus"] == "COMPLETED"
