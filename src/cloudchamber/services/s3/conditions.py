"""Conditions on reads, writes, deletes and the sources of copies.

Rules of this file: checks only; what is not met raises. Times are compared in whole seconds, as
they travel. https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2 gives the precedence, and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html what writes may ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.s3 import errors
from cloudchamber.services.s3.nouns import Bucket, ObjectVersion
from cloudchamber.services.s3.versions import find_live, http_date

READ: Final = frozenset({"IfMatch", "IfNoneMatch", "IfModifiedSince", "IfUnmodifiedSince"})
WRITE: Final = frozenset({"IfMatch", "IfNoneMatch"})
SOURCE: Final = frozenset("CopySource" + member for member in READ)


def names(condition: str, etag: str) -> bool:
    """Whether a list of entity tags, or `*`, names that of a version."""
    if condition.strip() == "*":
        return True
    tags = (each.strip().removeprefix("W/").strip('"') for each in condition.split(","))
    return etag in tags


def check_read(request: Mapping[str, Any], version: ObjectVersion) -> None:
    """Conditions of a GET or HEAD. Raises PreconditionFailed, and 304 for what has not changed."""
    modified_s = version.modified_ns // SECOND_NS
    if "IfMatch" in request:
        if not names(request["IfMatch"], version.etag):
            raise errors.precondition_failed("If-Match")
    elif "IfUnmodifiedSince" in request:
        if modified_s > request["IfUnmodifiedSince"]:
            raise errors.precondition_failed("If-Unmodified-Since")
    if "IfNoneMatch" in request:
        if names(request["IfNoneMatch"], version.etag):
            raise _not_modified(version)
    elif "IfModifiedSince" in request:
        if modified_s <= request["IfModifiedSince"]:
            raise _not_modified(version)


def _not_modified(version: ObjectVersion) -> AwsError:
    error = AwsError("NotModified", "Not Modified", 304)
    error.headers = {
        "etag": f'"{version.etag}"',
        "last-modified": http_date(version.modified_ns),
    }
    return error


def check_source(request: Mapping[str, Any], version: ObjectVersion) -> None:
    """Conditions on the source of a copy. Raises PreconditionFailed.

    Both of a pair may be given: what the tag says goes before what the date says.
    """
    modified_s = version.modified_ns // SECOND_NS
    head = "x-amz-copy-source-"
    if "CopySourceIfMatch" in request:
        if not names(request["CopySourceIfMatch"], version.etag):
            raise errors.precondition_failed(f"{head}If-Match")
    elif modified_s > request.get("CopySourceIfUnmodifiedSince", modified_s):
        raise errors.precondition_failed(f"{head}If-Unmodified-Since")
    if "CopySourceIfNoneMatch" in request:
        if names(request["CopySourceIfNoneMatch"], version.etag):
            raise errors.precondition_failed(f"{head}If-None-Match")
    elif modified_s <= request.get("CopySourceIfModifiedSince", modified_s - 1):
        raise errors.precondition_failed(f"{head}If-Modified-Since")


def check_write(call: Call, bucket: Bucket, key: str, request: Mapping[str, Any]) -> None:
    """Conditions of a write. Raises PreconditionFailed, NoSuchKey, NotImplemented.

    Writes come one after the other here, so there is never a 409 ConditionalRequestConflict.
    """
    wanted, unwanted = request.get("IfMatch"), request.get("IfNoneMatch")
    if unwanted is not None and (unwanted.strip() != "*" or wanted is not None):
        raise errors.not_implemented("If-None-Match")
    live = find_live(call, bucket, key)
    if unwanted is not None and live is not None:
        raise errors.precondition_failed("If-None-Match")
    if wanted is not None:
        if live is None:
            raise errors.no_such_key(key)
        if wanted.strip() == "*":
            raise errors.not_implemented("If-Match")
        if not names(wanted, live.etag):
            raise errors.precondition_failed("If-Match")


def check_delete(call: Call, bucket: Bucket, key: str, condition: str | None) -> None:
    """The If-Match of a delete. A key that is not there has nothing to delete: that is no error."""
    if condition is None:
        return
    live = find_live(call, bucket, key)
    if live is not None and not names(condition, live.etag):
        raise errors.precondition_failed("If-Match")
