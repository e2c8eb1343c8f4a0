"""Annotations: up to a thousand named texts beside a version, which come and go without a new one.

Rules of this file: they are sealed as the version is, and gone when it is. What a name may hold
beyond its length is not in the reference that we have: any printable text is taken.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAnnotation.html
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import (
    bodies,
    conditions,
    encryption,
    errors,
    integrity,
    locks,
    properties,
)
from cloudchamber.services.s3.limits import MIB
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.nouns import Annotation, Bucket, ObjectVersion
from cloudchamber.services.s3.sealing import salted
from cloudchamber.services.s3.versions import expect_object

COUNT_MAX: Final = 1000
NAME_BYTES_MAX: Final = 512


def _found(call: Call, request: Input) -> tuple[Bucket, ObjectVersion, bytes]:
    """The bucket and version of a request, and what seals the version's annotations."""
    bucket = expect_bucket(call, request)
    properties.check_payer(call, bucket, request)
    version = expect_object(call, bucket, request)
    if version.encryption is not None and version.encryption.customer_md5:
        raise errors.invalid_request(
            "Objects encrypted with customer provided keys cannot have annotations."
        )
    opens = encryption.key_of_keys(call, bucket, request["Key"], version.encryption, None)
    return bucket, version, opens


def _check_name(name: str) -> None:
    if not name or not name.isprintable():
        raise AwsError("InvalidAnnotationName", "The annotation name you provided is invalid.", 400)
    if len(name.encode()) > NAME_BYTES_MAX:
        raise AwsError("AnnotationNameTooLong", "The annotation name exceeds 512 bytes.", 400)


def _no_such(name: str) -> AwsError:
    message = "The specified annotation does not exist on this object."
    return AwsError("NoSuchAnnotation", message, 404, AnnotationName=name)


def put_object_annotation(call: Call, request: Input) -> Output:
    """Write an annotation, over one of the same name."""
    bucket, version, key_of_keys = _found(call, request)
    name = request.get("AnnotationName", "")
    _check_name(name)
    body = bodies.received(request.get("AnnotationPayload"))
    if not 1 <= body.length <= MIB:
        raise errors.invalid_request("An annotation has between 1 byte and 1 MiB.")
    _check_match(request, version)
    digest, algorithm, checksum = integrity.checked(call, request, body)
    _check_text(bodies.pieces_of(call, body))
    known = version.annotations or {}
    if name not in known and len(known) >= COUNT_MAX:
        raise AwsError(
            "AnnotationLimitExceeded",
            "The request would exceed the maximum number of annotations allowed per object.",
            400,
        )
    extent = bodies.extent_of(call, body, key_of_keys, bodies.new_salt(call, bucket))
    bodies.keep(call, [extent])
    if name in known:
        bodies.drop_extents(call, [known[name].extent])
    made = Annotation(body.length, digest.hex(), checksum, algorithm, call.now, extent)
    version.annotations = {**known, name: made}
    output = _shown(made)
    output.update(Key=request["Key"], AnnotationName=name, ChecksumType="FULL_OBJECT")
    return _versioned(bucket, version, output)


def _check_text(pieces: Iterator[bytes]) -> None:
    """Raise UnsupportedMediaType for what is not UTF-8."""
    decoder = getincrementaldecoder("utf-8")()
    try:
        for piece in pieces:
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise AwsError(
            "UnsupportedMediaType", "The annotation payload is not valid UTF-8 encoded text.", 415
        ) from None


def _check_match(request: Input, version: ObjectVersion) -> None:
    condition = request.get("ObjectIfMatch")
    if condition is not None and not conditions.names(condition, version.etag):
        raise errors.precondition_failed("x-amz-object-if-match")


def _shown(annotation: Annotation) -> Output:
    return {
        "ETag": f'"{annotation.etag}"',
        f"Checksum{annotation.algorithm}": annotation.checksum,
    }


def _versioned(bucket: Bucket, version: ObjectVersion, output: Output) -> Output:
    encrypted: Output = {}
    encryption.shown(version.encryption, encrypted)
    output["ServerSideEncryption"] = encrypted["ServerSideEncryption"]
    if bucket.versioning:
        output["ObjectVersionId"] = version.version_id
    return output


def get_object_annotation(call: Call, request: Input) -> Output:
    """The text of an annotation."""
    bucket, version, key_of_keys = _found(call, request)
    name = request.get("AnnotationName", "")
    annotation = (version.annotations or {}).get(name)
    if annotation is None:
        raise _no_such(name)
    output: Output = {
        "AnnotationPayload": bodies.opened(call, [annotation.extent], key_of_keys),
        "LastModified": annotation.modified_ns // SECOND_NS,
        "ContentLength": annotation.size,
        "ETag": f'"{annotation.etag}"',
    }
    if request.get("ChecksumMode") == "ENABLED":
        output.update(_shown(annotation), ChecksumType="FULL_OBJECT")
    return _versioned(bucket, version, output)


def delete_object_annotation(call: Call, request: Input) -> Output:
    """Remove an annotation; one that is not there is no error."""
    bucket, version, _ = _found(call, request)
    _check_match(request, version)
    locks.check_free(call, bucket, request["Key"], version, bypasses=True)
    known = dict(version.annotations or {})
    gone = known.pop(request.get("AnnotationName", ""), None)
    if gone is not None:
        bodies.drop_extents(call, [gone.extent])
        version.annotations = known or None
    return {}


def list_object_annotations(call: Call, request: Input) -> Output:
    """A page of a version's annotations, by name."""
    bucket = expect_bucket(call, request)
    properties.check_payer(call, bucket, request)
    version = expect_object(call, bucket, request)
    prefix, size = request.get("AnnotationPrefix", ""), request.get("MaxAnnotationResults", 1000)
    if not 1 <= size <= COUNT_MAX:
        raise errors.invalid_argument(
            "MaxAnnotationResults must be between 1 and 1000", "max-annotation-results", str(size)
        )
    names = sorted(name for name in version.annotations or {} if name.startswith(prefix))
    try:
        shown, token = page(names, str, request.get("ContinuationToken"), size)
    except BadToken:
        raise errors.invalid_argument(
            "The continuation token provided is incorrect",
            "continuation-token",
            request["ContinuationToken"],
        ) from None
    known = version.annotations or {}
    output: Output = {
        "Annotations": [_entry(name, known[name]) for name in shown],
        "Bucket": bucket.name,
        "Key": request["Key"],
        "MaxAnnotationResults": size,
        "AnnotationCount": len(shown),
    }
    if prefix:
        output["AnnotationPrefix"] = prefix
    if token is not None:
        output["NextContinuationToken"] = token
    if bucket.versioning:
        output["ObjectVersionId"] = version.version_id
    return output


def _entry(name: str, annotation: Annotation) -> dict[str, Any]:
    return {
        "AnnotationName": name,
        "LastModified": annotation.modified_ns // SECOND_NS,
        "ETag": f'"{annotation.etag}"',
        "ChecksumAlgorithm": [annotation.algorithm],
        "Size": annotation.size,
    }


def handed_on(
    call: Call, bucket: Bucket, known: Mapping[str, Annotation], old: bytes, new: bytes
) -> dict[str, Annotation]:
    """The same annotations for another version, sealed under its key; their blobs are kept."""
    moved: dict[str, Annotation] = {}
    for name in sorted(known):
        salt = salted(bodies.new_salt(call, bucket))
        extents = bodies.handed_on([known[name].extent], old, new, salt)
        bodies.keep(call, extents)
        moved[name] = msgspec.structs.replace(known[name], extent=extents[0])
    return moved
