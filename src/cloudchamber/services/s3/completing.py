"""Completing a multipart upload: its parts become an object, without moving a byte.

Rules of this file: check the list against what was uploaded, then change. Completing again what is
complete gives the same answer, as long as the object is there.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from hashlib import md5
from typing import Any, Final
from urllib.parse import quote

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.checksums import DEFAULT, checksum, joined
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import (
    bodies,
    changes,
    conditions,
    encryption,
    errors,
    integrity,
    properties,
)
from cloudchamber.services.s3.limits import OBJECT_BYTES_MAX, PART_BYTES_MIN
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.nouns import (
    NONCURRENT,
    UPLOADS,
    Bucket,
    Extent,
    MultipartUpload,
    ObjectVersion,
    Part,
    PartFacts,
    Version,
    place,
)
from cloudchamber.services.s3.uploads import COMPOSITE, expect_upload
from cloudchamber.services.s3.versions import find_current, versioned

EVENT: Final = "s3:ObjectCreated:CompleteMultipartUpload"


def complete_multipart_upload(call: Call, request: Input) -> Output:
    """Make an object of the parts that the request lists."""
    bucket = expect_bucket(call, request)
    if "UploadId" not in request:  # a POST to an object that says nothing more
        raise errors.method_not_allowed("POST", "OBJECT")
    properties.check_payer(call, bucket, request)
    key = request["Key"]
    done = _find_done(call, bucket, key, request["UploadId"])
    if done is not None:
        return _answer(call, bucket, key, done)
    upload = expect_upload(call, bucket, request)
    parts = _listed(upload, request)
    size = sum(part.size for part in parts)
    told = request.get("MpuObjectSize")
    if told is not None and told != size:
        raise errors.invalid_request(
            f"The provided 'x-amz-mp-object-size' header value {told} does not match what was "
            f"computed: {size}"
        )
    if size > OBJECT_BYTES_MAX:
        raise errors.entity_too_large(size, OBJECT_BYTES_MAX)
    total = _checked_total(upload, parts, request)
    conditions.check_write(call, bucket, key, request)
    version = _version_of(call, bucket, upload, parts, size, total)
    used = {part.number for part in parts}
    for part in upload.parts.values():
        if part.number not in used:
            bodies.drop_extents(call, part.extents)
    del call.rows(UPLOADS, "", "")[bucket.name, key, upload.upload_id]
    changes.add_version(call, bucket, key, version, EVENT)
    return _answer(call, bucket, key, version)


def _find_done(call: Call, bucket: Bucket, key: str, upload_id: str) -> ObjectVersion | None:
    """The version that this upload became, if it is complete and still there."""
    candidates: list[Version | None] = [find_current(call, bucket, key)]
    older = call.rows(NONCURRENT, "", "").get(place(bucket.name, key))
    if older is not None:
        candidates += older.versions
    for version in candidates:
        if isinstance(version, ObjectVersion) and version.upload_id == upload_id:
            return version
    return None


def _listed(upload: MultipartUpload, request: Input) -> list[Part]:
    """The parts that the request lists, in order, each held against what was uploaded."""
    entries = (request.get("MultipartUpload") or {}).get("Parts")
    if not entries:
        raise errors.malformed_xml()
    parts: list[Part] = []
    for entry in entries:
        number = entry.get("PartNumber")
        if number is None or entry.get("ETag") is None:
            raise errors.malformed_xml()
        if parts and number <= parts[-1].number:
            raise AwsError(
                "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part "
                "number.",
                400,
                UploadId=upload.upload_id,
            )
        part = upload.parts.get(number)
        if part is None or entry["ETag"].strip('"') != part.etag:
            raise _invalid_part(upload, entry)
        _check_part(upload, part, entry)
        parts.append(part)
    for part in parts[:-1]:
        if part.size < PART_BYTES_MIN:
            raise AwsError(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                400,
                ProposedSize=part.size,
                MinSizeAllowed=PART_BYTES_MIN,
                PartNumber=part.number,
                ETag=part.etag,
            )
    return parts


def _check_part(upload: MultipartUpload, part: Part, entry: dict[str, Any]) -> None:
    """A part's checksum in the list: needed where the whole has none of its own."""
    algorithm = upload.algorithm or DEFAULT
    told = entry.get(f"Checksum{algorithm}")
    if told is None:
        if upload.algorithm and upload.checksum_type == COMPOSITE:
            raise errors.invalid_request(
                f"The upload was created using a {algorithm.lower()} checksum. The complete "
                "request must include the checksum for each part. It was missing for part "
                f"{part.number} in the request."
            )
    elif told != part.checksum:
        raise _invalid_part(upload, entry)


def _invalid_part(upload: MultipartUpload, entry: dict[str, Any]) -> AwsError:
    return AwsError(
        "InvalidPart",
        "One or more of the specified parts could not be found.  The part may not have been "
        "uploaded, or the specified entity tag may not match the part's entity tag.",
        400,
        UploadId=upload.upload_id,
        PartNumber=entry["PartNumber"],
        ETag=entry["ETag"].strip('"'),
    )


def _checked_total(upload: MultipartUpload, parts: Sequence[Part], request: Input) -> str:
    """The checksum of the object. Raises BadDigest when the request says another one."""
    algorithm = upload.algorithm or DEFAULT
    kind = request.get("ChecksumType", upload.checksum_type)
    if kind != upload.checksum_type:
        raise errors.invalid_request(
            f"The upload was created using the {upload.checksum_type} checksum mode. The complete "
            "request must use the same checksum mode."
        )
    if kind == COMPOSITE:
        raw = b"".join(b64decode(part.checksum) for part in parts)
        total = f"{checksum(algorithm, raw)}-{len(parts)}"
    else:
        total = joined(algorithm, [(part.checksum, part.size) for part in parts])
    for member, name in integrity.MEMBERS:
        told = request.get(member)
        if told is None:
            continue
        if name != algorithm:
            raise errors.invalid_request(
                f"Checksum Type mismatch occurred, expected checksum Type: {algorithm.lower()}, "
                f"actual checksum Type: {name.lower()}"
            )
        if told not in (total, total.partition("-")[0]):
            raise integrity.bad_checksum(algorithm)
    return total


def _version_of(
    call: Call,
    bucket: Bucket,
    upload: MultipartUpload,
    parts: Sequence[Part],
    size: int,
    total: str,
) -> ObjectVersion:
    tags = b"".join(bytes.fromhex(part.etag) for part in parts)
    extents: list[Extent] = [extent for part in parts for extent in part.extents]
    owner = "" if upload.owner == bucket.account else upload.owner
    return ObjectVersion(
        version_id=changes.new_version_id(call, bucket),
        modified_ns=upload.initiated_ns,
        size=size,
        etag=f"{md5(tags, usedforsecurity=False).hexdigest()}-{len(parts)}",
        body=extents,
        salt=bodies.new_salt(call, bucket),
        checksum=total,
        algorithm=upload.algorithm or DEFAULT,
        content_type=upload.content_type,
        composite=upload.checksum_type == COMPOSITE,
        storage_class=upload.storage_class,
        owner=owner,
        headers=upload.headers,
        metadata=upload.metadata,
        tags=upload.tags,
        encryption=upload.encryption,
        parts=[PartFacts(part.number, part.size, part.checksum) for part in parts],
        upload_id=upload.upload_id,
        retention=upload.retention,
        legal_hold=upload.legal_hold,
        acl=upload.acl,
    )


def _answer(call: Call, bucket: Bucket, key: str, version: ObjectVersion) -> Output:
    output: Output = {
        "Location": location_of(call, bucket, key),
        "Bucket": bucket.name,
        "Key": key,
        "ETag": f'"{version.etag}"',
        f"Checksum{version.algorithm}": version.checksum,
        "ChecksumType": COMPOSITE if version.composite else "FULL_OBJECT",
    }
    encryption.shown(version.encryption, output)
    versioned(bucket, version, output)
    properties.add_expiration(call, bucket, key, version, output)
    properties.add_charge(call, bucket, output)
    return output


def location_of(call: Call, bucket: Bucket, key: str) -> str:
    """The URL of an object, by the name under which the caller knows the chamber."""
    path, host = quote(key, safe="/"), call.origin.host
    if not host or host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return f"https://{bucket.name}.s3.{bucket.region}.amazonaws.com/{path}"
    if host.startswith(f"{bucket.name}."):
        return f"{call.origin.scheme}://{host}/{path}"
    return f"{call.origin.scheme}://{host}/{bucket.name}/{path}"
