"""Access logs and inventories: what S3 writes into buckets by itself; and what it only keeps."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from hashlib import md5
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from tests.unit.services.s3.answers import code_of, refusal

BOX, LOGS = "box", "logs"


class Scene:
    """A bucket and another one that S3 may write to."""

    def __init__(self, chamber: Chamber, let_in: bool = True) -> None:
        self.chamber = chamber
        self.s3 = chamber.client("s3")
        self.s3.create_bucket(Bucket=BOX)
        self.s3.create_bucket(Bucket=LOGS)
        if let_in:
            services = ["logging.s3.amazonaws.com", "s3.amazonaws.com"]
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": services},
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{LOGS}/*",
                "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{BOX}"}},
            }
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            self.s3.put_bucket_policy(Bucket=LOGS, Policy=policy)

    def log(self, **more: Any) -> None:
        enabled = {"TargetBucket": LOGS, "TargetPrefix": "a/", **more}
        self.s3.put_bucket_logging(Bucket=BOX, BucketLoggingStatus={"LoggingEnabled": enabled})

    def written(self) -> dict[str, bytes]:
        found = self.s3.list_objects_v2(Bucket=LOGS).get("Contents", [])
        keys = [each["Key"] for each in found]
        return {key: self.s3.get_object(Bucket=LOGS, Key=key)["Body"].read() for key in keys}

    def inventory(self, frequency: str = "Daily", **more: Any) -> dict[str, Any]:
        return {
            "Id": "all",
            "IsEnabled": True,
            "IncludedObjectVersions": "Current",
            "Schedule": {"Frequency": frequency},
            "Destination": {
                "S3BucketDestination": {
                    "Bucket": f"arn:aws:s3:::{LOGS}", "Format": "CSV", "Prefix": "inv"
                }
            },
            **more,
        }  # fmt: skip

    def put_inventory(self, configuration: dict[str, Any]) -> None:
        self.s3.put_bucket_inventory_configuration(
            Bucket=BOX, Id="all", InventoryConfiguration=configuration
        )


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Chamber(seed=1, iam="enforce", start="2026-01-15T10:30:00Z") as chamber:
        yield Scene(chamber)


def test_requests_are_logged_each_hour(scene: Scene) -> None:
    scene.log()
    scene.s3.put_object(Bucket=BOX, Key="a b", Body=b"hello")
    scene.s3.get_object(Bucket=BOX, Key="a b")
    assert code_of(scene.s3.get_object, Bucket=BOX, Key="none") == "NoSuchKey"
    scene.s3.delete_object(Bucket=BOX, Key="a b")
    assert scene.written() == {}
    scene.chamber.advance("1h")
    [(key, body)] = scene.written().items()
    assert key.startswith("a/2026-01-15-11-00-00-")
    lines = body.decode().splitlines()
    rows = [next(csv.reader([line], delimiter=" ")) for line in lines]
    assert [row[7] for row in rows] == [
        "REST.PUT.LOGGING_STATUS", "REST.PUT.OBJECT", "REST.GET.OBJECT", "REST.GET.OBJECT",
        "REST.DELETE.OBJECT",
    ]  # fmt: skip
    put, missed = rows[1], rows[3]
    assert (put[1], put[2], put[8], put[10], put[13]) == (
        BOX, "[15/Jan/2026:10:30:00", "a%20b", "200", "5"
    )  # fmt: skip
    assert (missed[10], missed[11]) == ("404", "NoSuchKey")


def test_logs_may_lie_by_day(scene: Scene) -> None:
    scene.log(TargetObjectKeyFormat={"PartitionedPrefix": {"PartitionDateSource": "EventTime"}})
    scene.chamber.advance("1h")
    [key] = scene.written()
    assert key.startswith(f"a/000000000000/us-east-1/{BOX}/2026/01/15/2026-01-15-11-00-00-")


def test_logs_are_lost_where_nothing_lets_them_in() -> None:
    with Chamber(seed=1, iam="enforce") as chamber:
        scene = Scene(chamber, let_in=False)
        scene.log()
        chamber.advance("1h")
        assert scene.written() == {}
        assert "s3.logs-not-delivered" in [each["what"] for each in chamber.events()]


def test_a_target_has_to_be_there(scene: Scene) -> None:
    with pytest.raises(ClientError, match="The target bucket for logging does not exist"):
        scene.log(TargetBucket="absent")
    scene.log()
    assert scene.s3.get_bucket_logging(Bucket=BOX)["LoggingEnabled"]["TargetBucket"] == LOGS
    scene.s3.put_bucket_logging(Bucket=BOX, BucketLoggingStatus={})
    assert "LoggingEnabled" not in scene.s3.get_bucket_logging(Bucket=BOX)


def test_an_inventory_lists_what_is_there(scene: Scene) -> None:
    scene.put_inventory(scene.inventory(OptionalFields=["Size", "ETag", "StorageClass"]))
    scene.s3.put_object(Bucket=BOX, Key="a b", Body=b"hello")
    scene.s3.put_object(Bucket=BOX, Key="c", Body=b"")
    scene.chamber.advance("1d")
    written = scene.written()
    home = f"inv/{BOX}/all/2026-01-16T00-00Z"
    manifest = written[f"{home}/manifest.json"]
    assert written[f"{home}/manifest.checksum"].decode() == md5(manifest).hexdigest()
    told = json.loads(manifest)
    assert told["fileSchema"] == "Bucket, Key, Size, ETag, StorageClass"
    [file] = told["files"]
    data = written[file["key"]]
    assert file["MD5checksum"] == md5(data).hexdigest()
    rows = list(csv.reader(gzip.decompress(data).decode().splitlines()))
    assert rows[0] == [BOX, "a%20b", "5", md5(b"hello").hexdigest(), "STANDARD"]
    assert [row[1] for row in rows] == ["a%20b", "c"]


def test_a_weekly_inventory_comes_on_sunday_with_all_versions(scene: Scene) -> None:
    scene.s3.put_bucket_versioning(Bucket=BOX, VersioningConfiguration={"Status": "Enabled"})
    scene.put_inventory(scene.inventory("Weekly", IncludedObjectVersions="All"))
    scene.s3.put_object(Bucket=BOX, Key="k", Body=b"1")
    scene.s3.delete_object(Bucket=BOX, Key="k")
    scene.chamber.advance("2d")
    assert scene.written() == {}
    scene.chamber.advance("1d")  # Sunday, 18 January 2026
    data = next(body for key, body in scene.written().items() if key.endswith(".gz"))
    rows = list(csv.reader(gzip.decompress(data).decode().splitlines()))
    assert [row[3:] for row in rows] == [["true", "true"], ["false", "false"]]


def test_what_is_not_written_is_refused(scene: Scene) -> None:
    wanted = scene.inventory()
    wanted["Destination"]["S3BucketDestination"]["Format"] = "Parquet"
    with pytest.raises(ClientError, match="lists are written as CSV only"):
        scene.put_inventory(wanted)


@pytest.mark.parametrize(
    ("kind", "configuration"),
    [
        ("metrics", {"Filter": {"Prefix": "a"}}),
        ("analytics", {"StorageClassAnalysis": {}}),
        (
            "intelligent_tiering",
            {"Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]},
        ),
    ],
)
def test_configurations_are_kept_by_id(
    scene: Scene, kind: str, configuration: dict[str, Any]
) -> None:
    member = "".join(part.capitalize() for part in kind.split("_")) + "Configuration"
    put = getattr(scene.s3, f"put_bucket_{kind}_configuration")
    get = getattr(scene.s3, f"get_bucket_{kind}_configuration")
    for name in ("b", "a"):
        put(Bucket=BOX, Id=name, **{member: {"Id": name, **configuration}})
    assert get(Bucket=BOX, Id="a")[member] == {"Id": "a", **configuration}
    listed = getattr(scene.s3, f"list_bucket_{kind}_configurations")(Bucket=BOX)
    assert [each["Id"] for each in listed[f"{member}List"]] == ["a", "b"]
    getattr(scene.s3, f"delete_bucket_{kind}_configuration")(Bucket=BOX, Id="a")
    assert refusal(get, Bucket=BOX, Id="a") == (
        "NoSuchConfiguration",
        "The specified configuration does not exist.",
    )
    wrong = {member: {"Id": "other", **configuration}}
    assert code_of(put, Bucket=BOX, Id="a", **wrong) == "InvalidConfigurationId"
