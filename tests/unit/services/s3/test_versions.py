"""Versions: on, suspended, marked as deleted, brought back; and what locks them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.s3.answers import code_of, refusal

LOCKED = "Access Denied because object protected by object lock."


def put(s3: Any, bucket: str, body: str, key: str = "k") -> str:
    version: str = s3.put_object(Bucket=bucket, Key=key, Body=body.encode())["VersionId"]
    return version


def text(s3: Any, bucket: str, key: str = "k", **more: Any) -> str:
    body: bytes = s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()
    return body.decode()


def listed(s3: Any, bucket: str) -> list[tuple[str, str, bool]]:
    page = s3.list_object_versions(Bucket=bucket)
    every = page.get("Versions", []) + page.get("DeleteMarkers", [])
    return sorted((e["Key"], e["VersionId"], e["IsLatest"]) for e in every)


def test_every_put_is_a_version(s3: Any, shelf: str) -> None:
    first, second = put(s3, shelf, "1"), put(s3, shelf, "2")
    assert first != second
    assert text(s3, shelf) == "2"
    assert text(s3, shelf, VersionId=first) == "1"
    assert listed(s3, shelf) == sorted([("k", first, False), ("k", second, True)])


def test_a_delete_only_puts_a_marker(s3: Any, shelf: str) -> None:
    first = put(s3, shelf, "1")
    done = s3.delete_object(Bucket=shelf, Key="k")
    assert done["DeleteMarker"] is True
    marker = done["VersionId"]
    assert code_of(s3.get_object, Bucket=shelf, Key="k") == "NoSuchKey"
    assert code_of(s3.get_object, Bucket=shelf, Key="k", VersionId=marker) == "MethodNotAllowed"
    assert code_of(s3.head_object, Bucket=shelf, Key="k", VersionId=marker) == "405"
    assert "Contents" not in s3.list_objects_v2(Bucket=shelf)
    assert text(s3, shelf, VersionId=first) == "1"
    gone = s3.delete_object(Bucket=shelf, Key="k", VersionId=marker)
    assert (gone["DeleteMarker"], gone["VersionId"]) == (True, marker)
    assert text(s3, shelf) == "1"


def test_a_version_is_deleted_for_good(s3: Any, shelf: str) -> None:
    first, second, third = (put(s3, shelf, each) for each in "123")
    s3.delete_object(Bucket=shelf, Key="k", VersionId=second)
    s3.delete_object(Bucket=shelf, Key="k", VersionId=third)
    assert text(s3, shelf) == "1"
    assert code_of(s3.get_object, Bucket=shelf, Key="k", VersionId=second) == "NoSuchVersion"
    assert listed(s3, shelf) == [("k", first, True)]


def test_suspended_versioning_writes_over_null(s3: Any, shelf: str) -> None:
    first = put(s3, shelf, "1")
    s3.put_bucket_versioning(Bucket=shelf, VersioningConfiguration={"Status": "Suspended"})
    assert put(s3, shelf, "2") == "null"
    assert put(s3, shelf, "3") == "null"
    assert listed(s3, shelf) == sorted([("k", first, False), ("k", "null", True)])
    s3.put_bucket_versioning(Bucket=shelf, VersioningConfiguration={"Status": "Enabled"})
    fourth = put(s3, shelf, "4")
    assert text(s3, shelf, VersionId="null") == "3"
    s3.put_bucket_versioning(Bucket=shelf, VersioningConfiguration={"Status": "Suspended"})
    done = s3.delete_object(Bucket=shelf, Key="k")
    assert (done["DeleteMarker"], done["VersionId"]) == (True, "null")
    assert listed(s3, shelf) == sorted(
        [("k", first, False), ("k", fourth, False), ("k", "null", True)]
    )


def test_what_was_there_before_versioning_is_null(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="k", Body=b"old")
    s3.put_bucket_versioning(Bucket=box, VersioningConfiguration={"Status": "Enabled"})
    newer = put(s3, box, "new")
    assert text(s3, box, VersionId="null") == "old"
    assert listed(s3, box) == sorted([("k", newer, True), ("k", "null", False)])


def test_versions_are_listed_by_page(s3: Any, shelf: str) -> None:
    made = [(key, put(s3, shelf, key, key)) for key in ("a", "a", "a", "b", "c") for _ in "12"]
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=shelf, PaginationConfig={"PageSize": 3}
    )
    seen = [(e["Key"], e["VersionId"]) for page in pages for e in page["Versions"]]
    made.reverse()
    newest_first = sorted(made, key=lambda each: each[0])
    assert seen == newest_first
    found = code_of(s3.list_object_versions, Bucket=shelf, VersionIdMarker="x")
    assert found == "InvalidArgument"


def test_a_version_is_brought_back_by_a_copy(s3: Any, shelf: str) -> None:
    first = put(s3, shelf, "1")
    put(s3, shelf, "2")
    source = {"Bucket": shelf, "Key": "k", "VersionId": first}
    done = s3.copy_object(Bucket=shelf, Key="k", CopySource=source)
    assert done["CopySourceVersionId"] == first
    assert text(s3, shelf) == "1"
    assert len(listed(s3, shelf)) == 3


def test_versioning_is_told_as_it_was_set(s3: Any, box: str) -> None:
    assert "Status" not in s3.get_bucket_versioning(Bucket=box)
    s3.put_bucket_versioning(Bucket=box, VersioningConfiguration={"Status": "Suspended"})
    assert s3.get_bucket_versioning(Bucket=box)["Status"] == "Suspended"
    found = code_of(s3.put_bucket_versioning, Bucket=box, VersioningConfiguration={})
    assert found == "IllegalVersioningConfigurationException"


def test_a_bucket_that_asks_for_mfa(s3: Any, shelf: str) -> None:
    version = put(s3, shelf, "1")
    wanted = {"Status": "Enabled", "MFADelete": "Enabled"}
    assert code_of(
        s3.put_bucket_versioning, Bucket=shelf, VersioningConfiguration=wanted
    ) == "AccessDenied"  # fmt: skip
    mfa = "arn:aws:iam::111111111111:mfa/root 123456"
    s3.put_bucket_versioning(Bucket=shelf, VersioningConfiguration=wanted, MFA=mfa)
    assert s3.get_bucket_versioning(Bucket=shelf)["MFADelete"] == "Enabled"
    assert code_of(s3.delete_object, Bucket=shelf, Key="k", VersionId=version) == "AccessDenied"
    s3.delete_object(Bucket=shelf, Key="k")
    s3.delete_object(Bucket=shelf, Key="k", VersionId=version, MFA=mfa)


# Object lock


@pytest.fixture
def vault(s3: Any) -> str:
    s3.create_bucket(Bucket="vault", ObjectLockEnabledForBucket=True)
    return "vault"


def _now(s3: Any, bucket: str) -> datetime:
    s3.put_object(Bucket=bucket, Key="clock", Body=b"")
    moment: datetime = s3.head_object(Bucket=bucket, Key="clock")["LastModified"]
    return moment


def test_a_locked_version_is_not_deleted(s3: Any, vault: str) -> None:
    until = _now(s3, vault) + timedelta(days=1)
    lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
    version = s3.put_object(Bucket=vault, Key="k", Body=b"x", **lock)["VersionId"]
    assert refusal(s3.delete_object, Bucket=vault, Key="k", VersionId=version) == (
        "AccessDenied",
        LOCKED,
    )
    bypass = code_of(
        s3.delete_object, Bucket=vault, Key="k", VersionId=version, BypassGovernanceRetention=True
    )
    assert bypass == "AccessDenied"
    assert s3.delete_object(Bucket=vault, Key="k")["DeleteMarker"] is True
    head = s3.head_object(Bucket=vault, Key="k", VersionId=version)
    assert (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"]) == ("COMPLIANCE", until)


def test_a_lock_ends_on_the_clock(chamber: Chamber, s3: Any, vault: str) -> None:
    until = _now(s3, vault) + timedelta(days=1)
    version = s3.put_object(
        Bucket=vault, Key="k", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until
    )["VersionId"]
    chamber.control.move_clock({"advance": "25h"})
    s3.delete_object(Bucket=vault, Key="k", VersionId=version)


def test_governance_gives_way_to_a_bypass(s3: Any, vault: str) -> None:
    until = _now(s3, vault) + timedelta(days=1)
    version = s3.put_object(
        Bucket=vault, Key="k", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until
    )["VersionId"]
    shorter = {"Mode": "GOVERNANCE", "RetainUntilDate": until - timedelta(hours=1)}
    longer = {"Mode": "GOVERNANCE", "RetainUntilDate": until + timedelta(hours=1)}
    known = {"Bucket": vault, "Key": "k", "VersionId": version}
    assert code_of(s3.put_object_retention, Retention=shorter, **known) == "AccessDenied"
    s3.put_object_retention(Retention=longer, **known)
    s3.put_object_retention(Retention=shorter, BypassGovernanceRetention=True, **known)
    assert s3.get_object_retention(**known)["Retention"] == shorter
    assert code_of(s3.delete_object, **known) == "AccessDenied"
    batch = {"Objects": [{"Key": "k", "VersionId": version}]}
    assert s3.delete_objects(Bucket=vault, Delete=batch)["Errors"][0]["Code"] == "AccessDenied"
    s3.delete_object(BypassGovernanceRetention=True, **known)


def test_a_legal_hold_has_no_end(s3: Any, vault: str) -> None:
    version = s3.put_object(Bucket=vault, Key="k", ObjectLockLegalHoldStatus="ON")["VersionId"]
    known = {"Bucket": vault, "Key": "k", "VersionId": version}
    assert s3.get_object_legal_hold(**known)["LegalHold"] == {"Status": "ON"}
    assert code_of(s3.delete_object, BypassGovernanceRetention=True, **known) == "AccessDenied"
    s3.put_object_legal_hold(LegalHold={"Status": "OFF"}, **known)
    s3.delete_object(**known)


def test_the_default_retention_of_a_bucket(s3: Any, vault: str) -> None:
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2}}
    wanted = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    s3.put_object_lock_configuration(Bucket=vault, ObjectLockConfiguration=wanted)
    got = s3.get_object_lock_configuration(Bucket=vault)["ObjectLockConfiguration"]
    assert got == wanted
    s3.put_object(Bucket=vault, Key="k")
    head = s3.head_object(Bucket=vault, Key="k")
    assert head["ObjectLockRetainUntilDate"] - head["LastModified"] == timedelta(days=2)


def test_locks_need_a_bucket_that_has_them(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="k")
    hold = {"Status": "ON"}
    assert code_of(s3.put_object_legal_hold, Bucket=box, Key="k", LegalHold=hold) == (
        "InvalidRequest"
    )
    found = code_of(s3.get_object_lock_configuration, Bucket=box)
    assert found == "ObjectLockConfigurationNotFoundError"
    enabled = {"ObjectLockEnabled": "Enabled"}
    assert code_of(
        s3.put_object_lock_configuration, Bucket=box, ObjectLockConfiguration=enabled
    ) == "InvalidBucketState"  # fmt: skip
    past = datetime(2001, 1, 1, tzinfo=UTC)
    s3.create_bucket(Bucket="vault", ObjectLockEnabledForBucket=True)
    assert code_of(
        s3.put_object, Bucket="vault", Key="k", ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=past,
    ) == "InvalidArgument"  # fmt: skip
    suspended = {"Status": "Suspended"}
    assert code_of(
        s3.put_bucket_versioning, Bucket="vault", VersioningConfiguration=suspended
    ) == "InvalidBucketState"  # fmt: skip
