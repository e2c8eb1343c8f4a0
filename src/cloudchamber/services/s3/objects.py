"""Objects: put, got and looked at.

Rules of this file: check everything, then change (through `changes.py`). The small and plain put
and get are the hot path: what is seldom asked for is found missing by one look at the request.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/uploading-downloading-objects.html
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import md5
from typing import Any, Final

from cloudchamber.cloud.blobs import INLINE_BYTES_MAX
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.service import STATUS, Input, Output
from cloudchamber.services.s3 import (
    bodies,
    changes,
    conditions,
    encryption,
    errors,
    integrity,
    locks,
    properties,
    restoring,
)
from cloudchamber.services.s3.limits import KEY_BYTES_MAX, SINGLE_PUT_BYTES_MAX
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.nouns import STANDARD, Bucket, Encryption, Extent, ObjectVersion
from cloudchamber.services.s3.ranges import find_range, part_range
from cloudchamber.services.s3.sealing import salted, sealed
from cloudchamber.services.s3.versions import expect_object

PARTIAL: Final = 206
RARE_IN_PUT: Final[frozenset[str]] = frozenset(
    properties.MEMBERS | locks.ASKS | conditions.WRITE | {"WriteOffsetBytes", "RequestPayer"}
)
RARE_IN_GET: Final[frozenset[str]] = frozenset(
    conditions.READ | set(properties.OVERRIDES) | {"Range", "PartNumber", "ChecksumMode"}
)
PUT_EVENT: Final = "s3:ObjectCreated:Put"


def put_object(call: Call, request: Input) -> Output:
    """Make a version of an object.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
    """
    return store(call, request, PUT_EVENT)


def store(call: Call, request: Input, event: str) -> Output:
    """Make a version of an object out of a request, told as `event` (Put, or Post from a form)."""
    bucket = expect_bucket(call, request)
    properties.check_payer(call, bucket, request)
    key = request["Key"]
    body = bodies.received(request.get("Body"))
    size = body.length
    if len(key) * 4 > KEY_BYTES_MAX:
        properties.check_key(key)
    if size > SINGLE_PUT_BYTES_MAX:
        raise errors.entity_too_large(size, SINGLE_PUT_BYTES_MAX)
    digest, algorithm, checksum = integrity.checked(call, request, body)
    is_plain = bucket.ownership is None and RARE_IN_PUT.isdisjoint(request)
    if not is_plain:
        if "WriteOffsetBytes" in request:
            raise errors.not_implemented("x-amz-write-offset-bytes")
        conditions.check_write(call, bucket, key, request)
    given = properties.NOTHING if is_plain else properties.read(call, bucket, request)
    retention, hold = None, ""
    if bucket.lock_enabled or not is_plain:
        retention, hold = locks.lock_of(call, bucket, request)
        _check_digest(request, retention is not None or bool(hold))
    sealing, key_of_keys = encryption.chosen(call, bucket, key, request)
    metadata = request.get("Metadata")
    if metadata is not None:
        properties.check_metadata(metadata)
    salt = bodies.new_salt(call, bucket)
    kept: bytes | list[Extent]
    if sealing is None and body.spooled is None and size <= INLINE_BYTES_MAX:
        kept = sealed(body.data, key_of_keys, salted(salt))
    else:
        kept = [bodies.extent_of(call, body, key_of_keys, salt)]
        bodies.keep(call, kept)
    version = ObjectVersion(
        changes.new_version_id(call, bucket),
        call.now,
        size,
        etag_of(digest, sealing, salt),
        kept,
        salt,
        checksum,
        algorithm,
        request.get("ContentType", properties.BINARY),
        False,
        given.storage_class,
        given.owner,
        given.headers,
        metadata,
        given.tags,
        sealing,
        retention=retention,
        legal_hold=hold,
        acl=given.acl,
    )
    changes.add_version(call, bucket, key, version, event)
    return _stored(call, bucket, key, version)


def _stored(call: Call, bucket: Bucket, key: str, version: ObjectVersion) -> Output:
    sealing = version.encryption
    output: Output = {
        "ETag": f'"{version.etag}"',
        f"Checksum{version.algorithm}": version.checksum,
        "ChecksumType": "FULL_OBJECT",
    }
    if sealing is None:
        output["ServerSideEncryption"] = encryption.SSE_S3
    else:
        encryption.shown(sealing, output)
        if sealing.context:
            output["SSEKMSEncryptionContext"] = sealing.context
    if bucket.versioning:
        output["VersionId"] = version.version_id
    properties.add_expiration(call, bucket, key, version, output)
    properties.add_charge(call, bucket, output)
    return output


def _check_digest(request: Mapping[str, Any], is_locked: bool) -> None:
    if not is_locked or "ContentMD5" in request or integrity.find_claim(request) is not None:
        return
    raise errors.invalid_request(
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with "
        "Object Lock parameters"
    )


def etag_of(digest: bytes, sealing: Encryption | None, salt: int) -> str:
    """The entity tag: the MD5 of the bytes, unless KMS or a customer has the key.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """
    if sealing is None:
        return digest.hex()
    return md5(digest + salted(salt), usedforsecurity=False).hexdigest()


def get_object(call: Call, request: Input) -> Output:
    """The bytes of a version, or of a part of it, and all that is known of it.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    bucket = expect_bucket(call, request)
    properties.check_payer(call, bucket, request)
    version = expect_object(call, bucket, request)
    if version.storage_class in restoring.ARCHIVED and not restoring.is_restored(call, version):
        raise errors.invalid_object_state(version.storage_class)
    customer = None
    if version.encryption is not None or "SSECustomerKey" in request:
        customer = encryption.customers_key(request)
    span = (0, version.size)
    output: Output = {}
    if not RARE_IN_GET.isdisjoint(request):
        conditions.check_read(request, version)
        span = _span(request, version, output)
    key = request["Key"]
    key_of_keys = bucket.key
    if version.encryption is not None or customer is not None:
        key_of_keys = encryption.key_of_keys(call, bucket, key, version.encryption, customer)
    start, stop = span
    kept = version.body
    if type(kept) is bytes and not start:
        plain = sealed(kept, key_of_keys, salted(version.salt))
        output["Body"] = plain if stop == version.size else plain[:stop]
    else:
        extents = bodies.part_of(bodies.extents_of(version), start, stop)
        output["Body"] = bodies.opened(call, extents, key_of_keys)
    describe(call, bucket, key, version, request, output)
    output["ContentLength"] = stop - start
    return output


def head_object(call: Call, request: Input) -> Output:
    """Like GetObject without the bytes.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    """
    bucket = expect_bucket(call, request)
    properties.check_payer(call, bucket, request)
    version = expect_object(call, bucket, request)
    encryption.check_key(version.encryption, encryption.customers_key(request))
    output: Output = {}
    start, stop = 0, version.size
    if not RARE_IN_GET.isdisjoint(request):
        conditions.check_read(request, version)
        start, stop = _span(request, version, output)
    describe(call, bucket, request["Key"], version, request, output)
    output["ContentLength"] = stop - start
    return output


def _span(request: Input, version: ObjectVersion, output: Output) -> tuple[int, int]:
    """Which bytes are asked for; says so in the answer when they are not all."""
    header, number = request.get("Range"), request.get("PartNumber")
    span = None
    if number is not None:
        if header is not None:
            raise errors.invalid_request(
                "Cannot specify both Range header and partNumber query parameter"
            )
        if number < 1:
            raise errors.invalid_argument(
                "Part number must be an integer between 1 and 10000, inclusive",
                "partNumber",
                str(number),
            )
        span = part_range(version, number)
        if version.parts is not None:
            output["PartsCount"] = len(version.parts)
    elif header is not None:
        span = find_range(header, version.size)
    if span is None:
        return 0, version.size
    output[STATUS] = PARTIAL
    if version.size:
        output["ContentRange"] = f"bytes {span[0]}-{span[1] - 1}/{version.size}"
    return span


def describe(
    call: Call,
    bucket: Bucket,
    key: str,
    version: ObjectVersion,
    request: Input,
    output: dict[str, Any],
) -> None:
    """All that the headers of an answer say of a version."""
    output["AcceptRanges"] = "bytes"
    output["LastModified"] = version.modified_ns // SECOND_NS
    output["ETag"] = f'"{version.etag}"'
    output["ContentType"] = version.content_type
    if version.encryption is None:
        output["ServerSideEncryption"] = encryption.SSE_S3
    else:
        encryption.shown(version.encryption, output)
    if version.metadata is not None:
        output["Metadata"] = version.metadata
    if version.headers is not None:
        output.update(version.headers)
    if bucket.versioning:
        output["VersionId"] = version.version_id
    if version.storage_class != STANDARD:
        output["StorageClass"] = version.storage_class
    if version.tags:
        output["TagCount"] = len(version.tags)
    if version.replication:
        output["ReplicationStatus"] = version.replication
    if version.restore is not None:
        restoring.shown(call, version, output)
    if bucket.lock_enabled:
        locks.shown(version, output)
    properties.add_expiration(call, bucket, key, version, output)
    properties.add_charge(call, bucket, output)
    if not RARE_IN_GET.isdisjoint(request):
        _describe_more(call, version, request, output)


def _describe_more(
    call: Call, version: ObjectVersion, request: Input, output: dict[str, Any]
) -> None:
    """What only some requests ask for: checksums, and headers in other words."""
    if request.get("ChecksumMode") == "ENABLED" and version.algorithm:
        number = request.get("PartNumber")
        value, is_whole = version.checksum, STATUS not in output
        if number is not None and version.parts is not None:
            value, is_whole = version.parts[number - 1].checksum, True
        if (is_whole or number is not None) and value:
            output[f"Checksum{version.algorithm}"] = value
            output["ChecksumType"] = "COMPOSITE" if version.composite else "FULL_OBJECT"
    properties.override(call, request, output)
