"""Deleting: a key, a version, a thousand of them.

Rules of this file: a key that is not there is deleted without an error, as at S3. In a batch each
key has its own permission, its own conditions and its own error.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjects.html
"""

from __future__ import annotations

from typing import Any

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import changes, conditions, errors, locks, properties, versioning
from cloudchamber.services.s3.limits import DELETE_MAX
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.nouns import Bucket, DeleteMarker
from cloudchamber.services.s3.versions import check_version_id, find_version


def delete_object(call: Call, request: Input) -> Output:
    """Delete a key (a marker is put before its versions), or one version for good.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
    """
    bucket = expect_bucket(call, request)
    properties.check_payer(call, bucket, request)
    for member in ("IfMatchLastModifiedTime", "IfMatchSize"):
        if member in request:
            raise errors.not_implemented(f"x-amz-{member}")
    version_id = request.get("VersionId")
    if version_id is not None:
        versioning.check_mfa_delete(call, bucket, request)
    bypasses = bool(request.get("BypassGovernanceRetention"))
    condition = request.get("IfMatch")
    return _delete(call, bucket, request["Key"], version_id, condition, bypasses)


def _delete(
    call: Call,
    bucket: Bucket,
    key: str,
    version_id: str | None,
    condition: str | None,
    bypasses: bool,
) -> Output:
    properties.check_key(key)
    if version_id is None:
        conditions.check_delete(call, bucket, key, condition)
        marker = changes.delete_current(call, bucket, key)
        return {} if marker is None else {"DeleteMarker": True, "VersionId": marker.version_id}
    check_version_id(version_id)
    version = find_version(call, bucket, key, version_id)
    if version is not None:
        conditions.check_delete(call, bucket, key, condition)
        locks.check_free(call, bucket, key, version, bypasses=bypasses)
        changes.delete_version(call, bucket, key, version_id)
    output: Output = {"VersionId": version_id}
    if isinstance(version, DeleteMarker):
        output["DeleteMarker"] = True
    return output


def delete_objects(call: Call, request: Input) -> Output:
    """Delete up to a thousand keys or versions; says of each how it went.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
    """
    bucket = expect_bucket(call, request)
    properties.check_payer(call, bucket, request)
    wanted = request.get("Delete") or {}
    entries = wanted.get("Objects") or []
    if not 1 <= len(entries) <= DELETE_MAX or any("Key" not in entry for entry in entries):
        raise errors.malformed_xml()
    if any("VersionId" in entry for entry in entries):
        versioning.check_mfa_delete(call, bucket, request)
    bypasses = bool(request.get("BypassGovernanceRetention"))
    deleted: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        named = {name: entry[name] for name in ("Key", "VersionId") if name in entry}
        try:
            done = _delete_entry(call, bucket, entry, bypasses)
        except AwsError as error:
            failed.append({**named, "Code": error.code, "Message": error.message})
            continue
        if done.get("DeleteMarker"):
            named["DeleteMarker"] = True
            named["DeleteMarkerVersionId"] = done["VersionId"]
        deleted.append(named)
    output: Output = {}
    if deleted and not wanted.get("Quiet"):
        output["Deleted"] = deleted
    if failed:
        output["Errors"] = failed
    return output


def _delete_entry(call: Call, bucket: Bucket, entry: dict[str, Any], bypasses: bool) -> Output:
    if "LastModifiedTime" in entry or "Size" in entry:
        raise errors.not_implemented("LastModifiedTime" if "LastModifiedTime" in entry else "Size")
    version_id = entry.get("VersionId") or None
    action = "s3:DeleteObject" if version_id is None else "s3:DeleteObjectVersion"
    require(call, action, f"{bucket.arn}/{entry['Key']}")
    return _delete(call, bucket, entry["Key"], version_id, entry.get("ETag"), bypasses)
