"""Which version of a key is meant, and whether it may be had.

Rules of this file: nothing is changed here (see `changes.py`).
https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.services.s3 import errors
from cloudchamber.services.s3.nouns import (
    CURRENT,
    NONCURRENT,
    NULL,
    Bucket,
    DeleteMarker,
    ObjectVersion,
    Version,
    place,
)

# Those of S3 itself are opaque; what could not be one is refused, as S3 does.
VERSION_ID: Final = re.compile(r"[A-Za-z0-9._]{8,1024}")


def find_current(call: Call, bucket: Bucket, key: str) -> Version | None:
    """The current version of a key, which may be a delete marker; None when it never was."""
    return call.rows(CURRENT, "", "").get(f"{bucket.name}\0{key}")


def find_live(call: Call, bucket: Bucket, key: str) -> ObjectVersion | None:
    """The current version of a key if it is an object."""
    current = call.rows(CURRENT, "", "").get(f"{bucket.name}\0{key}")
    return current if type(current) is ObjectVersion else None


def find_version(call: Call, bucket: Bucket, key: str, version_id: str) -> Version | None:
    """A version of a key by its id, or None."""
    where = place(bucket.name, key)
    current = call.rows(CURRENT, "", "").get(where)
    if current is None:
        return None
    if current.version_id == version_id:
        return current
    older = call.rows(NONCURRENT, "", "").get(where)
    if older is not None:
        for version in reversed(older.versions):
            if version.version_id == version_id:
                return version
    return None


def check_version_id(version_id: str) -> None:
    """Raise InvalidArgument for what cannot be a version id."""
    if not version_id:
        raise errors.invalid_argument(
            "Version id cannot be the empty string", "versionId", version_id
        )
    if version_id != NULL and VERSION_ID.fullmatch(version_id) is None:
        raise errors.bad_version_id(version_id)


def expect_object(call: Call, bucket: Bucket, request: Input) -> ObjectVersion:
    """The version that a request means: the one of its VersionId, else the current one.

    Raises NoSuchKey, NoSuchVersion, MethodNotAllowed (for a delete marker), AccessDenied (where it
    is not there, for those who may not list the bucket).
    """
    key = request["Key"]
    version_id = request.get("VersionId")
    if version_id is None:
        current = call.rows(CURRENT, "", "").get(f"{bucket.name}\0{key}")
        if type(current) is ObjectVersion:
            return current
        missing = errors.no_such_key(key)
        if current is not None:
            missing.headers = {
                "x-amz-delete-marker": "true",
                "x-amz-version-id": current.version_id,
            }
        raise hidden(call, bucket, missing)
    check_version_id(version_id)
    found = find_version(call, bucket, key, version_id)
    if found is None:
        raise hidden(call, bucket, errors.no_such_version(key, version_id))
    if isinstance(found, DeleteMarker):
        error = errors.method_not_allowed(call.operation_name.upper()[:3], "DeleteMarker")
        error.headers = {
            "x-amz-delete-marker": "true",
            "x-amz-version-id": found.version_id,
            "last-modified": http_date(found.modified_ns),
            "allow": "DELETE",
        }
        raise error
    return found


def hidden(call: Call, bucket: Bucket, missing: AwsError) -> AwsError:
    """What is told of a thing that is not there: 404 to those who may list the bucket, else 403.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    if call.cloud.settings.iam == "enforce":
        require(call, "s3:ListBucket", bucket.arn)
    return missing


def http_date(t_ns: int) -> str:
    """An instant as HTTP writes dates."""
    moment = datetime.fromtimestamp(t_ns // SECOND_NS, UTC)
    return moment.strftime("%a, %d %b %Y %H:%M:%S GMT")


def versioned(bucket: Bucket, version: Version, output: dict[str, object]) -> None:
    """Say the version's id in an answer, if the bucket was ever versioned."""
    if bucket.versioning:
        output["VersionId"] = version.version_id
