"""Listings of a bucket: its keys (two generations of the call) and all its versions.

Rules of this file: read only, a page at a time. How keys are walked is in `walking.py`.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import errors, properties, restoring
from cloudchamber.services.s3.limits import PAGE_MAX
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.nouns import (
    CURRENT,
    NONCURRENT,
    Bucket,
    DeleteMarker,
    ObjectVersion,
    Version,
    place,
)
from cloudchamber.services.s3.owners import owner_of
from cloudchamber.services.s3.walking import walk

MAX_KEYS: Final = 2_147_483_647
ENCODED: Final = (
    "Prefix", "Delimiter", "Marker", "NextMarker", "StartAfter", "KeyMarker", "NextKeyMarker",
)  # fmt: skip
SAFE: Final = "/*-._"


def page_size(request: Input, member: str, name: str) -> int:
    """How many entries a page may have: at most a thousand. Raises InvalidArgument."""
    size: int = request.get(member, PAGE_MAX)
    if not 0 <= size <= MAX_KEYS:
        raise errors.invalid_argument(
            f"Argument {name} must be an integer between 0 and {MAX_KEYS}", name, str(size)
        )
    return min(size, PAGE_MAX)


def encode_page(request: Input, output: Output, *lists: str) -> Output:
    """Write keys and prefixes as in a URL, when the client asks for it. Raises InvalidArgument."""
    encoding = request.get("EncodingType")
    if encoding is None:
        return output
    if encoding != "url":
        raise errors.invalid_argument(
            "Invalid Encoding Method specified in Request", "encoding-type", encoding
        )
    output["EncodingType"] = encoding
    for member in ENCODED:
        if member in output:
            output[member] = quote(output[member], safe=SAFE)
    for name in lists:
        for entry in output.get(name, ()):
            entry["Key"] = quote(entry["Key"], safe=SAFE)
    for entry in output.get("CommonPrefixes", ()):
        entry["Prefix"] = quote(entry["Prefix"], safe=SAFE)
    return output


def _live(steps: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, ObjectVersion | None]]:
    for key, row in steps:
        if type(row) is not DeleteMarker:
            yield key, row


class _Page:
    """A page of keys and common prefixes of a bucket."""

    __slots__ = ("common", "contents", "is_truncated", "last")

    def __init__(
        self, call: Call, bucket: Bucket, request: Input, size: int, after: str, shows_owner: bool,
        *, inside: bool = False,
    ) -> None:  # fmt: skip
        prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
        shows_restore = "RestoreStatus" in request.get("OptionalObjectAttributes", ())
        self.contents: list[dict[str, Any]] = []
        self.common: list[dict[str, Any]] = []
        self.last, self.is_truncated = "", False
        rows = call.rows(CURRENT, "", "")
        steps = walk(rows, bucket.name, prefix, delimiter, after, inside=inside)
        shown = 0
        for key, version in _live(_without_hidden(rows, bucket.name, steps)) if size else ():
            if shown == size:
                self.is_truncated = True
                return
            shown += 1
            self.last = key
            if version is None:
                self.common.append({"Prefix": key})
                continue
            entry = shown_object(key, version)
            if shows_owner:
                entry["Owner"] = owner_of(version.owner or bucket.account)
            if shows_restore:
                status = restoring.status_of(call, version)
                if status is not None:
                    entry["RestoreStatus"] = status
            self.contents.append(entry)

    def fill(self, output: Output) -> None:
        """Put what is there into an answer."""
        if self.contents:
            output["Contents"] = self.contents
        if self.common:
            output["CommonPrefixes"] = self.common


def _without_hidden(
    rows: Any, bucket: str, steps: Iterator[tuple[str, Any]]
) -> Iterator[tuple[str, Any]]:
    """Steps without the common prefixes under which every key is deleted."""
    for key, row in steps:
        if row is None and not _has_object(rows, bucket, key):
            continue
        yield key, row


def _has_object(rows: Any, bucket: str, prefix: str) -> bool:
    keys = walk(rows, bucket, prefix, "", "")
    return any(type(row) is ObjectVersion for _, row in keys)


def shown_object(key: str, version: ObjectVersion) -> dict[str, Any]:
    """What a listing says of an object."""
    return {
        "Key": key,
        "LastModified": version.modified_ns // SECOND_NS,
        "ETag": f'"{version.etag}"',
        "ChecksumAlgorithm": [version.algorithm],
        "ChecksumType": "COMPOSITE" if version.composite else "FULL_OBJECT",
        "Size": version.size,
        "StorageClass": version.storage_class,
    }


def list_objects(call: Call, request: Input) -> Output:
    """A page of keys after a marker, the older way.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
    """
    bucket = expect_bucket(call, request)
    properties.check_payer(call, bucket, request)
    size = page_size(request, "MaxKeys", "maxKeys")
    marker, delimiter = request.get("Marker", ""), request.get("Delimiter", "")
    page = _Page(call, bucket, request, size, marker, True)
    output: Output = {
        "Name": bucket.name,
        "Prefix": request.get("Prefix", ""),
        "Marker": marker,
        "MaxKeys": size,
        "IsTruncated": page.is_truncated,
    }
    if delimiter:
        output["Delimiter"] = delimiter
        if page.is_truncated:
            output["NextMarker"] = page.last
    page.fill(output)
    properties.add_charge(call, bucket, output)
    return encode_page(request, output, "Contents")


def list_objects_v2(call: Call, request: Input) -> Output:
    """A page of keys after a token, or after a key.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
    """
    bucket = expect_bucket(call, request)
    properties.check_payer(call, bucket, request)
    size = page_size(request, "MaxKeys", "maxKeys")
    token = request.get("ContinuationToken")
    after = request.get("StartAfter", "") if token is None else key_of(token)
    owners = bool(request.get("FetchOwner"))
    page = _Page(call, bucket, request, size, after, owners, inside=token is None)
    output: Output = {
        "Name": bucket.name,
        "Prefix": request.get("Prefix", ""),
        "MaxKeys": size,
        "KeyCount": len(page.contents) + len(page.common),
        "IsTruncated": page.is_truncated,
    }
    for member in ("Delimiter", "StartAfter", "ContinuationToken"):
        if request.get(member):
            output[member] = request[member]
    if page.is_truncated:
        output["NextContinuationToken"] = token_of(page.last)
    page.fill(output)
    properties.add_charge(call, bucket, output)
    return encode_page(request, output, "Contents")


def token_of(key: str) -> str:
    """The token of what follows a key."""
    return "1" + base64.urlsafe_b64encode(key.encode("utf-8", "surrogatepass")).decode()


def key_of(token: str) -> str:
    """The key of a token. Raises InvalidArgument."""
    try:
        if token[:1] != "1":
            raise ValueError(token)
        raw = base64.b64decode(token[1:].encode("ascii"), altchars=b"-_", validate=True)
        return raw.decode("utf-8", "surrogatepass")
    except (binascii.Error, ValueError):
        raise errors.invalid_argument(
            "The continuation token provided is incorrect", "continuation-token", token
        ) from None


def list_object_versions(call: Call, request: Input) -> Output:
    """A page of versions and delete markers: by key, the newest first.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
    """
    bucket = expect_bucket(call, request)
    properties.check_payer(call, bucket, request)
    size = page_size(request, "MaxKeys", "maxKeys")
    marker, version_marker = request.get("KeyMarker", ""), request.get("VersionIdMarker", "")
    if version_marker and not marker:
        raise errors.invalid_argument(
            "A version-id marker cannot be specified without a key marker.",
            "version-id-marker",
            version_marker,
        )
    output: Output = {
        "Name": bucket.name,
        "Prefix": request.get("Prefix", ""),
        "KeyMarker": marker,
        "VersionIdMarker": version_marker,
        "MaxKeys": size,
        "IsTruncated": False,
    }
    if request.get("Delimiter"):
        output["Delimiter"] = request["Delimiter"]
    lists: dict[str, list[dict[str, Any]]] = {
        "Versions": [], "DeleteMarkers": [], "CommonPrefixes": [],
    }  # fmt: skip
    shows_restore = "RestoreStatus" in request.get("OptionalObjectAttributes", ())
    last: tuple[str, str] = ("", "")
    steps = _version_steps(call, bucket, request, marker, version_marker)
    for shown, (key, version, is_latest) in enumerate(steps if size else ()):
        if shown == size:
            output["IsTruncated"] = True
            output["NextKeyMarker"] = last[0]
            if last[1]:
                output["NextVersionIdMarker"] = last[1]
            break
        last = key, "" if version is None else version.version_id
        if version is None:
            lists["CommonPrefixes"].append({"Prefix": key})
            continue
        entry, where = _shown_version(call, bucket, key, version, is_latest, shows_restore)
        lists[where].append(entry)
    output.update({name: entries for name, entries in lists.items() if entries})
    properties.add_charge(call, bucket, output)
    return encode_page(request, output, "Versions", "DeleteMarkers")


def _version_steps(
    call: Call, bucket: Bucket, request: Input, marker: str, version_marker: str
) -> Iterator[tuple[str, Version | None, bool]]:
    """(key, version or None for a common prefix, is it the latest), behind the markers."""
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
    rows, olds = call.rows(CURRENT, "", ""), call.rows(NONCURRENT, "", "")
    if version_marker:
        # The rest of the key at which the last page ended.
        where = place(bucket.name, marker)
        current, is_behind = rows.get(where), False
        for at, version in enumerate(_versions(current, olds.get(where))):
            if is_behind:
                yield marker, version, at == 0
            is_behind = is_behind or version.version_id == version_marker
    for key, row in walk(rows, bucket.name, prefix, delimiter, marker):
        if row is None:
            yield key, None, False
            continue
        yield key, row, True
        older = olds.get(place(bucket.name, key))
        if older is not None:
            for version in reversed(older.versions):
                yield key, version, False


def _versions(current: Version | None, older: Any) -> Iterator[Version]:
    if current is not None:
        yield current
    if older is not None:
        yield from reversed(older.versions)


def _shown_version(
    call: Call, bucket: Bucket, key: str, version: Version, is_latest: bool, shows_restore: bool
) -> tuple[dict[str, Any], str]:
    owner = owner_of(version.owner or bucket.account)
    if isinstance(version, DeleteMarker):
        entry: dict[str, Any] = {
            "Key": key, "LastModified": version.modified_ns // SECOND_NS,
        }  # fmt: skip
        where = "DeleteMarkers"
    else:
        entry, where = shown_object(key, version), "Versions"
        status = restoring.status_of(call, version) if shows_restore else None
        if status is not None:
            entry["RestoreStatus"] = status
    entry.update(VersionId=version.version_id, IsLatest=is_latest, Owner=owner)
    return entry, where
