"""Copies: a version made out of another one, without moving its bytes.

Rules of this file: what lies in the blob store is counted once more and its key wrapped anew; bytes
are read only to find an entity tag or a checksum that nobody knows yet.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/copy-object.html
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import md5
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.blobs import INLINE_BYTES_MAX
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.checksums import DEFAULT, hasher
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import (
    bodies,
    changes,
    conditions,
    encryption,
    errors,
    integrity,
    locks,
    object_annotations,
    properties,
    restoring,
)
from cloudchamber.services.s3.limits import SINGLE_PUT_BYTES_MAX
from cloudchamber.services.s3.lookup import expect_bucket, find_bucket
from cloudchamber.services.s3.nouns import Bucket, Extent, ObjectVersion
from cloudchamber.services.s3.objects import etag_of
from cloudchamber.services.s3.sealing import salted
from cloudchamber.services.s3.versions import (
    check_version_id,
    expect_object,
    find_current,
    find_version,
    versioned,
)

DIRECTIVES: Final = ("COPY", "REPLACE")
ACCESS_POINT: Final = ":accesspoint/"
CHANGES: Final = (
    "StorageClass", "WebsiteRedirectLocation", "ServerSideEncryption", "SSECustomerKey",
    "SSEKMSKeyId", "BucketKeyEnabled",
)  # fmt: skip


class Source(msgspec.Struct, frozen=True):
    """Where the bytes of a copy come from; `key_of_keys` opens them."""

    bucket: Bucket
    key: str
    version: ObjectVersion
    has_id: bool
    key_of_keys: bytes


def read_source(text: str) -> tuple[str, str, str | None]:
    """The bucket, key and version id that an x-amz-copy-source names. Raises InvalidArgument."""
    where, mark, version_id = text.partition("?versionId=")
    where = unquote(where).removeprefix("/")
    if where.startswith("arn:") and ACCESS_POINT in where:
        bucket, _, key = where.partition("/object/")
    else:
        bucket, _, key = where.partition("/")
    if not bucket or not key:
        raise errors.invalid_argument(
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            "x-amz-copy-source",
            text,
        )
    return bucket, key, unquote(version_id) if mark else None


def expect_source(call: Call, request: Input) -> Source:
    """The version to copy from, once it may be had and its conditions hold."""
    name, key, version_id = read_source(request["CopySource"])
    bucket = find_bucket(call, name)
    if bucket is None:
        raise errors.no_such_bucket(name)
    owner = request.get("ExpectedSourceBucketOwner")
    if owner is not None and owner != bucket.account:
        raise errors.access_denied()
    action = "s3:GetObject" if version_id is None else "s3:GetObjectVersion"
    require(call, action, f"{bucket.arn}/{key}")
    wanted: Input = {"Key": key}
    if version_id is not None:
        check_version_id(version_id)
        wanted["VersionId"] = version_id
        if not isinstance(find_version(call, bucket, key, version_id), ObjectVersion | None):
            raise errors.invalid_request(
                "The source of a copy request may not specifically refer to a delete marker by "
                "version id."
            )
    version = expect_object(call, bucket, wanted)
    if not conditions.SOURCE.isdisjoint(request):
        conditions.check_source(request, version)
    if version.storage_class in restoring.ARCHIVED and not restoring.is_restored(call, version):
        raise AwsError(
            "ObjectNotInActiveTierError",
            "The source object of the COPY action is not in the active tier and is only stored "
            "in Amazon S3 Glacier.",
            403,
        )
    customer = encryption.customers_key(request, "CopySource")
    opens = encryption.key_of_keys(call, bucket, key, version.encryption, customer)
    return Source(bucket, key, version, version_id is not None, opens)


def copy_object(call: Call, request: Input) -> Output:
    """Make a version out of another one.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    """
    bucket = expect_bucket(call, request)
    properties.check_payer(call, bucket, request)
    key = request["Key"]
    properties.check_key(key)
    directive, tagging = _directives(request)
    source = expect_source(call, request)
    if source.version.size > SINGLE_PUT_BYTES_MAX:
        raise errors.invalid_request(
            "The specified copy source is larger than the maximum allowable size for a copy "
            f"source: {SINGLE_PUT_BYTES_MAX}"
        )
    _check_not_onto_itself(call, bucket, key, source, directive, request)
    conditions.check_write(call, bucket, key, request)
    origin = source.version
    version = _described(call, bucket, request, source, directive, tagging)
    version.retention, version.legal_hold = locks.lock_of(call, bucket, request)
    algorithm = request.get("ChecksumAlgorithm") or origin.algorithm or DEFAULT
    integrity.expect_algorithm(algorithm)
    sealing, key_of_keys = encryption.chosen(call, bucket, key, request)
    version.encryption = sealing
    version.salt = bodies.new_salt(call, bucket)
    extents = bodies.handed_on(
        bodies.extents_of(origin), source.key_of_keys, key_of_keys, salted(version.salt)
    )
    knows_sum = algorithm == origin.algorithm and not origin.composite and bool(origin.checksum)
    knows_tag = origin.encryption is None and origin.parts is None and "-" not in origin.etag
    digest = bytes.fromhex(origin.etag) if knows_tag else b""
    version.algorithm, version.checksum = algorithm, origin.checksum
    if not (knows_sum and knows_tag):
        digest, version.checksum = digested(call, extents, key_of_keys, algorithm)
    version.etag = etag_of(digest, sealing, version.salt)
    version.body = extents
    version.version_id = changes.new_version_id(call, bucket)
    bodies.keep(call, extents)
    if origin.annotations and request.get("AnnotationDirective", "COPY") == "COPY":
        sealing_keys = (source.key_of_keys, key_of_keys)
        version.annotations = object_annotations.handed_on(
            call, bucket, origin.annotations, *sealing_keys
        )
    changes.add_version(call, bucket, key, version, "s3:ObjectCreated:Copy")
    result = {
        "ETag": f'"{version.etag}"',
        "LastModified": version.modified_ns // SECOND_NS,
        f"Checksum{algorithm}": version.checksum,
        "ChecksumType": "FULL_OBJECT",
    }
    output: Output = {"CopyObjectResult": result}
    encryption.shown(sealing, output)
    versioned(bucket, version, output)
    if source.bucket.versioning:
        output["CopySourceVersionId"] = origin.version_id
    properties.add_expiration(call, bucket, key, version, output)
    properties.add_charge(call, bucket, output)
    return output


def _directives(request: Input) -> tuple[str, str]:
    directive = request.get("MetadataDirective", "COPY")
    if directive not in DIRECTIVES:
        raise errors.invalid_argument(
            "Unknown metadata directive.", "x-amz-metadata-directive", directive
        )
    tagging = request.get("TaggingDirective", "COPY")
    if tagging not in DIRECTIVES:
        raise errors.invalid_argument(
            "Unknown tagging directive.", "x-amz-tagging-directive", tagging
        )
    noted = request.get("AnnotationDirective", "COPY")
    if noted not in ("COPY", "EXCLUDE"):
        raise errors.invalid_argument(
            "Unknown annotation directive.", "x-amz-object-annotation-directive", noted
        )
    return directive, tagging


def _check_not_onto_itself(
    call: Call, bucket: Bucket, key: str, source: Source, directive: str, request: Input
) -> None:
    """A copy onto itself has to change something, but for bringing back an older version."""
    if source.bucket.name != bucket.name or source.key != key or directive == "REPLACE":
        return
    if source.has_id and find_current(call, bucket, key) is not source.version:
        return
    if not any(member in request for member in CHANGES):
        raise errors.invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself "
            "without changing the object's metadata, storage class, website redirect location or "
            "encryption attributes."
        )


def _described(
    call: Call, bucket: Bucket, request: Input, source: Source, directive: str, tagging: str
) -> ObjectVersion:
    """The new version but for its bytes: what it is called and says follows the directives."""
    given = properties.read(call, bucket, request)
    origin = source.version
    headers, metadata, content_type = given.headers, request.get("Metadata"), ""
    if directive == "COPY":
        # Where a website redirects is not copied.
        kept = {**(origin.headers or {})}
        kept.pop("WebsiteRedirectLocation", None)
        if headers and "WebsiteRedirectLocation" in headers:
            kept["WebsiteRedirectLocation"] = headers["WebsiteRedirectLocation"]
        headers, metadata, content_type = kept or None, origin.metadata, origin.content_type
    elif metadata is not None:
        properties.check_metadata(metadata)
    tagged = given.tags
    if tagging == "COPY":
        tagged = origin.tags
        if tagged:
            require(call, "s3:GetObjectTagging", f"{source.bucket.arn}/{source.key}")
            require(call, "s3:PutObjectTagging", f"{bucket.arn}/{request['Key']}")
    return ObjectVersion(
        version_id="",
        modified_ns=call.now,
        size=origin.size,
        etag="",
        body=b"",
        salt=0,
        checksum="",
        algorithm="",
        content_type=content_type or request.get("ContentType", properties.BINARY),
        storage_class=given.storage_class,
        owner=given.owner,
        headers=headers,
        metadata=metadata,
        tags=tagged,
        acl=given.acl,
    )


def digested(
    call: Call, extents: Iterable[Extent], key_of_keys: bytes, algorithm: str
) -> tuple[bytes, str]:
    """The MD5 and a checksum of what extents hold, read piece by piece."""
    whole, summing = md5(usedforsecurity=False), hasher(algorithm)
    found: Any = bodies.opened(call, extents, key_of_keys)
    for piece in [found] if isinstance(found, bytes) else found.pieces(INLINE_BYTES_MAX):
        whole.update(piece)
        summing.update(piece)
    return whole.digest(), integrity.text_of(summing.digest())
