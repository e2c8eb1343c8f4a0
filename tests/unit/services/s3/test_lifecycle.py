"""Lifecycle rules: refused when wrong, carried out at midnight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.s3.answers import refusal

BOX = "box"


class Box:
    """A bucket whose clock the test moves; it begins at half past ten."""

    def __init__(self, chamber: Chamber) -> None:
        self.chamber = chamber
        self.s3 = chamber.client("s3")
        self.s3.create_bucket(Bucket=BOX)

    def rules(self, *rules: dict[str, Any], **more: Any) -> None:
        self.s3.put_bucket_lifecycle_configuration(
            Bucket=BOX, LifecycleConfiguration={"Rules": [with_defaults(r) for r in rules]}, **more
        )

    def put(self, key: str, size: int = 1, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.s3.put_object(Bucket=BOX, Key=key, Body=b"x" * size, **more)
        return answer

    def keys(self) -> list[str]:
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=BOX).get("Contents", [])]

    def classes(self) -> dict[str, str]:
        found = self.s3.list_objects_v2(Bucket=BOX).get("Contents", [])
        return {each["Key"]: each["StorageClass"] for each in found}

    def versioned(self) -> None:
        self.s3.put_bucket_versioning(Bucket=BOX, VersioningConfiguration={"Status": "Enabled"})

    def count(self) -> tuple[int, int]:
        """How many versions and how many delete markers."""
        found = self.s3.list_object_versions(Bucket=BOX)
        return len(found.get("Versions", [])), len(found.get("DeleteMarkers", []))

    def days(self, days: int) -> None:
        self.chamber.advance(f"{days}d")


def with_defaults(rule: dict[str, Any]) -> dict[str, Any]:
    return {"Status": "Enabled", "Filter": {"Prefix": ""}, **rule}


@pytest.fixture
def box() -> Iterator[Box]:
    with Chamber(seed=1, start="2026-01-15T10:30:00Z") as chamber:
        yield Box(chamber)


def test_days_are_rounded_up_to_midnight(box: Box) -> None:
    box.rules({"ID": "old logs", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 3}})
    answer = box.put("logs/a")
    assert answer["Expiration"] == (
        'expiry-date="Mon, 19 Jan 2026 00:00:00 GMT", rule-id="old%20logs"'
    )
    assert "Expiration" not in box.put("kept")
    box.days(3)
    assert box.keys() == ["kept", "logs/a"]
    box.chamber.advance(13.5 * 3600)
    assert box.keys() == ["kept"]


def test_tags_and_sizes_narrow_a_rule(box: Box) -> None:
    wanted = {"And": {"Prefix": "a", "ObjectSizeGreaterThan": 10,
                      "Tags": [{"Key": "keep", "Value": "no"}]}}  # fmt: skip
    box.rules({"Filter": wanted, "Expiration": {"Days": 1}})
    box.put("a-small", 10, Tagging="keep=no")
    box.put("a-large", 11, Tagging="keep=no")
    box.put("a-kept", 11, Tagging="keep=yes")
    box.put("b-large", 11, Tagging="keep=no")
    box.days(2)
    assert box.keys() == ["a-kept", "a-small", "b-large"]


def test_versions_move_down_to_cheaper_classes(box: Box) -> None:
    moves = [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 60, "StorageClass": "GLACIER"}]
    box.rules({"Transitions": moves})
    box.put("large", 200_000)
    box.put("small")
    box.put("cold", 200_000, StorageClass="DEEP_ARCHIVE")
    box.days(31)
    assert box.classes() == {"large": "STANDARD_IA", "small": "STANDARD", "cold": "DEEP_ARCHIVE"}
    box.days(30)
    assert box.classes()["large"] == "GLACIER"
    assert refusal(box.s3.get_object, Bucket=BOX, Key="large")[0] == "InvalidObjectState"


def test_small_objects_move_where_that_is_asked_for(box: Box) -> None:
    box.rules(
        {"Transitions": [{"Days": 0, "StorageClass": "GLACIER"}]},
        TransitionDefaultMinimumObjectSize="varies_by_storage_class",
    )
    box.put("small")
    box.days(1)
    assert box.classes() == {"small": "GLACIER"}


def test_noncurrent_versions_expire_but_for_the_newest(box: Box) -> None:
    box.versioned()
    box.rules({"NoncurrentVersionExpiration": {"NoncurrentDays": 2, "NewerNoncurrentVersions": 1}})
    for _ in range(4):
        box.put("k")
    box.days(2)
    assert box.count() == (4, 0)
    box.days(1)
    assert box.count() == (2, 0)


def test_an_expired_version_gets_a_marker_that_goes_when_it_hides_nothing(box: Box) -> None:
    box.versioned()
    box.rules(
        {"ID": "a", "Expiration": {"Days": 1}},
        {"ID": "b", "NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
    )
    box.put("k")
    box.days(2)
    assert box.count() == (1, 1)
    box.days(3)
    assert box.count() == (0, 0)


def test_uploads_that_nobody_completes_end(box: Box) -> None:
    box.rules({"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}})
    box.s3.create_multipart_upload(Bucket=BOX, Key="k")
    box.days(2)
    assert len(box.s3.list_multipart_uploads(Bucket=BOX)["Uploads"]) == 1
    box.days(1)
    assert "Uploads" not in box.s3.list_multipart_uploads(Bucket=BOX)


def test_a_rule_that_is_off_or_deleted_does_nothing(box: Box) -> None:
    box.rules({"Status": "Disabled", "Expiration": {"Days": 1}})
    box.put("k")
    box.days(3)
    box.rules({"Expiration": {"Days": 1}})
    box.s3.delete_bucket_lifecycle(Bucket=BOX)
    box.days(3)
    assert box.keys() == ["k"]
    assert refusal(box.s3.get_bucket_lifecycle_configuration, Bucket=BOX) == (
        "NoSuchLifecycleConfiguration",
        "The lifecycle configuration does not exist",
    )


@pytest.mark.parametrize(
    ("rule", "code", "message"),
    [
        ({}, "InvalidRequest", "At least one action needs to be specified in a rule"),
        (
            {"Expiration": {"Days": 0}},
            "InvalidArgument",
            "'Days' for Expiration action must be a positive integer",
        ),
        (
            {"Expiration": {"Date": 1_800_000_001}},
            "InvalidArgument",
            "'Date' must be at midnight GMT",
        ),
        (
            {"Transitions": [{"Days": 29, "StorageClass": "STANDARD_IA"}]},
            "InvalidArgument",
            (
                "'Days' in Transition action must be greater than or equal to 30 for storageClass "
                "'STANDARD_IA'"
            ),
        ),
        (
            {
                "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}],
                "Expiration": {"Days": 30},
            },
            "InvalidArgument",
            (
                "'Days' in the Expiration action for filter '(prefix=)' must be greater than "
                "'Days' in the Transition action"
            ),
        ),
        (
            {
                "Filter": {"Tag": {"Key": "a", "Value": "b"}},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
            },
            "InvalidRequest",
            "AbortIncompleteMultipartUpload cannot be specified with Tags.",
        ),
    ],
)
def test_rules_that_are_wrong_are_refused(
    box: Box, rule: dict[str, Any], code: str, message: str
) -> None:
    configuration = {"Rules": [with_defaults(rule)]}
    put = box.s3.put_bucket_lifecycle_configuration
    assert refusal(put, Bucket=BOX, LifecycleConfiguration=configuration) == (code, message)
