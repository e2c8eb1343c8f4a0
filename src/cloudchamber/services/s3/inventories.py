"""Inventories: lists of a bucket's objects, written to another bucket by the clock.

Rules of this file: an inventory is due at midnight UTC, daily or on Sundays. It is one compressed
CSV file, its manifest, and the manifest's MD5. S3 puts them as `s3.amazonaws.com`, as the
destination's policy allows.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import md5
from typing import Any, Final
from urllib.parse import quote

import msgspec

from cloudchamber.cloud import caller as callers
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.services.s3 import errors
from cloudchamber.services.s3.event_delivery import iso_ms
from cloudchamber.services.s3.lookup import find_bucket
from cloudchamber.services.s3.nouns import (
    CURRENT,
    NONCURRENT,
    Bucket,
    DeleteMarker,
    ObjectVersion,
    Settings,
    Version,
    key_at,
)

WRITE: Final = "s3.inventory"
PRINCIPAL: Final = "s3.amazonaws.com"
SUNDAY: Final = 6
FIELDS: Final = frozenset(
    {
        "Size", "LastModifiedDate", "StorageClass", "ETag", "IsMultipartUploaded",
        "ReplicationStatus", "EncryptionStatus", "ObjectLockRetainUntilDate", "ObjectLockMode",
        "ObjectLockLegalHoldStatus", "BucketKeyStatus", "ChecksumAlgorithm",
    }
)  # fmt: skip


def check(call: Call, bucket: Bucket, wanted: Settings) -> None:
    """Check a configuration and plan its first list.

    Raises MalformedXML, InvalidS3DestinationBucket, and refuses formats and fields that are not
    written here.
    """
    destination = (wanted.get("Destination") or {}).get("S3BucketDestination") or {}
    target = find_bucket(call, destination.get("Bucket", "").partition(":::")[2])
    frequency = (wanted.get("Schedule") or {}).get("Frequency")
    versions = wanted.get("IncludedObjectVersions")
    if frequency not in ("Daily", "Weekly") or versions not in ("All", "Current"):
        raise errors.malformed_xml()
    if target is None or target.region != bucket.region:
        raise AwsError(
            "InvalidS3DestinationBucket",
            "The specified destination bucket does not exist or is in another Region",
            400,
        )
    if destination.get("Format") != "CSV":
        raise Refused("s3", "PutBucketInventoryConfiguration", "lists are written as CSV only")
    others = [name for name in wanted.get("OptionalFields") or () if name not in FIELDS]
    if others:
        why = f"the fields {', '.join(others)} are not written"
        raise Refused("s3", "PutBucketInventoryConfiguration", why)
    _plan(call, bucket, wanted["Id"])


def _plan(call: Call, bucket: Bucket, name: str) -> None:
    due_ns = (call.now // DAY_NS + 1) * DAY_NS
    planned = bucket.more.setdefault("inventory-due", {})
    if planned.get(name) != due_ns:
        planned[name] = due_ns
        call.at(due_ns, WRITE, bucket.name, name, due_ns, weak=True)


def write(call: Call, source: str, name: str, planned_ns: int) -> None:
    """Write a list if it is its day, and plan the next."""
    bucket = find_bucket(call, source)
    if bucket is None or bucket.more.get("inventory-due", {}).get(name) != planned_ns:
        return
    wanted = bucket.inventory.get(name)
    if wanted is None:
        return
    today = datetime.fromtimestamp(call.now // SECOND_NS, UTC)
    is_due = wanted["Schedule"]["Frequency"] == "Daily" or today.weekday() == SUNDAY
    if is_due and wanted.get("IsEnabled"):
        try:
            _deliver(call, bucket, wanted, today)
        except AwsError as error:
            call.event(
                bucket.arn,
                "s3.inventory-failed",
                f"The inventory {name} of {source} could not be written: {error.message}",
            )
    _plan(call, bucket, name)


def _deliver(call: Call, bucket: Bucket, wanted: Settings, today: datetime) -> None:
    destination = wanted["Destination"]["S3BucketDestination"]
    target = destination["Bucket"].partition(":::")[2]
    prefix = destination.get("Prefix", "")
    home = f"{prefix + '/' if prefix else ''}{bucket.name}/{wanted['Id']}"
    rows = "".join(
        ",".join(f'"{value}"' for value in row) + "\n" for row in _rows(call, bucket, wanted)
    )
    data = gzip.compress(rows.encode(), mtime=0)
    key = f"{home}/data/{call.stream(bucket.arn, 'inventory').uuid()}.csv.gz"
    manifest = msgspec.json.encode(
        {
            "sourceBucket": bucket.name,
            "destinationBucket": destination["Bucket"],
            "version": "2016-11-30",
            "creationTimestamp": str(call.now // 1_000_000),
            "fileFormat": "CSV",
            "fileSchema": ", ".join(_columns(wanted)),
            "files": [{"key": key, "size": len(data), "MD5checksum": _md5(data)}],
        }
    )
    folder = f"{home}/{today:%Y-%m-%dT%H-%MZ}"
    _put(call, bucket, target, key, data)
    _put(call, bucket, target, f"{folder}/manifest.json", manifest)
    _put(call, bucket, target, f"{folder}/manifest.checksum", _md5(manifest).encode())


def _put(call: Call, bucket: Bucket, target: str, key: str, body: bytes) -> None:
    caller = msgspec.structs.replace(
        callers.service(PRINCIPAL, bucket.account),
        context={"aws:SourceArn": (bucket.arn,), "aws:SourceAccount": (bucket.account,)},
    )
    request = {"Bucket": target, "Key": key, "Body": body}
    call.invoke(
        "s3", "PutObject", request, caller=caller, account=bucket.account, region=bucket.region
    )


def _md5(data: bytes) -> str:
    return md5(data, usedforsecurity=False).hexdigest()


def _columns(wanted: Settings) -> list[str]:
    columns = ["Bucket", "Key"]
    if wanted["IncludedObjectVersions"] == "All":
        columns += ["VersionId", "IsLatest", "IsDeleteMarker"]
    return columns + list(wanted.get("OptionalFields") or ())


def _rows(call: Call, bucket: Bucket, wanted: Settings) -> Iterator[list[str]]:
    prefix = (wanted.get("Filter") or {}).get("Prefix", "")
    has_all = wanted["IncludedObjectVersions"] == "All"
    fields = wanted.get("OptionalFields") or ()
    rows: Any = call.rows(CURRENT, "", "")
    olds: Mapping[str, Any] = call.rows(NONCURRENT, "", "")
    for where in rows.irange(f"{bucket.name}\0{prefix}", f"{bucket.name}\1", (True, False)):
        key = key_at(where)
        if not key.startswith(prefix):
            break
        versions: list[Version] = [rows[where]]
        if has_all and where in olds:
            versions += reversed(olds[where].versions)
        for at, version in enumerate(versions):
            if isinstance(version, DeleteMarker) and not has_all:
                continue
            row = [bucket.name, quote(key)]
            if has_all:
                is_marker = isinstance(version, DeleteMarker)
                named = "" if version.version_id == "null" else version.version_id
                row += [named, str(at == 0).lower(), str(is_marker).lower()]
            yield row + [_field(bucket, version, name) for name in fields]


def _field(bucket: Bucket, version: Version, name: str) -> str:
    if name == "LastModifiedDate":
        return iso_ms(version.modified_ns)
    if isinstance(version, DeleteMarker):
        return ""
    return _field_of_object(bucket, version, name)


def _field_of_object(bucket: Bucket, version: ObjectVersion, name: str) -> str:
    sealing, lock = version.encryption, version.retention
    if name == "EncryptionStatus":
        if sealing is None:
            return "SSE-S3"
        return "SSE-C" if sealing.customer_md5 else "SSE-KMS"
    values = {
        "Size": str(version.size),
        "StorageClass": version.storage_class,
        "ETag": version.etag,
        "IsMultipartUploaded": str(version.parts is not None).lower(),
        "ReplicationStatus": version.replication,
        "ObjectLockRetainUntilDate": "" if lock is None else iso_ms(lock.until_ns),
        "ObjectLockMode": "" if lock is None else lock.mode,
        "ObjectLockLegalHoldStatus": version.legal_hold.capitalize(),
        "BucketKeyStatus": "ENABLED" if sealing is not None and sealing.bucket_key else "DISABLED",
        "ChecksumAlgorithm": version.algorithm,
    }
    return values[name]
