"""Multipart uploads: begun, listed and given up. Their parts are in `parts.py`.

Rules of this file: an upload is no object; nothing of it is seen in the bucket before it is
complete. https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.checksums import DEFAULT
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import (
    bodies,
    encryption,
    errors,
    integrity,
    lifecycle_rules,
    locks,
    properties,
)
from cloudchamber.services.s3.listing import encode_page, page_size
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.nouns import UPLOADS, Bucket, MultipartUpload
from cloudchamber.services.s3.owners import owner_of
from cloudchamber.services.s3.walking import LAST, after_prefix, common_prefix

FULL, COMPOSITE = "FULL_OBJECT", "COMPOSITE"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
WHOLE_ONLY: Final = frozenset({"CRC64NVME"})
BOTH: Final = frozenset({"CRC32", "CRC32C"})
ID_BYTES: Final = 24


def create_multipart_upload(call: Call, request: Input) -> Output:
    """Begin an upload: say what the object will be.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
    """
    bucket = expect_bucket(call, request)
    properties.check_payer(call, bucket, request)
    key = request["Key"]
    properties.check_key(key)
    given = properties.read(call, bucket, request)
    metadata = request.get("Metadata")
    if metadata is not None:
        properties.check_metadata(metadata)
    algorithm = request.get("ChecksumAlgorithm", "")
    kind = checksum_type(algorithm, request.get("ChecksumType"))
    retention, hold = locks.lock_of(call, bucket, request)
    sealing, _ = encryption.chosen(call, bucket, key, request)
    drawn = call.stream(bucket.arn, "upload-id").hex(2 * ID_BYTES)
    # What was begun later comes later among the uploads of a key.
    upload_id = f"{call.number:012x}{drawn}"
    upload = MultipartUpload(
        bucket=bucket.name,
        key=key,
        upload_id=upload_id,
        initiated_ns=call.now,
        initiator=call.caller.arn,
        owner=given.owner or bucket.account,
        content_type=request.get("ContentType", properties.BINARY),
        storage_class=given.storage_class,
        headers=given.headers,
        metadata=metadata,
        tags=given.tags,
        encryption=sealing,
        algorithm=algorithm,
        checksum_type=kind,
        retention=retention,
        legal_hold=hold,
        acl=given.acl,
    )
    call.rows(UPLOADS, "", "")[bucket.name, key, upload_id] = upload
    output: Output = {"Bucket": bucket.name, "Key": key, "UploadId": upload_id}
    if algorithm:
        output["ChecksumAlgorithm"] = algorithm
        output["ChecksumType"] = kind
    encryption.shown(sealing, output)
    return output | lifecycle_rules.abort_shown(bucket, upload)


def checksum_type(algorithm: str, asked: str | None) -> str:
    """Whether the checksum will be of the whole or of the parts' checksums. Raises InvalidRequest.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
    """
    if algorithm:
        integrity.expect_algorithm(algorithm)
    elif asked is not None:
        raise errors.invalid_request(
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm "
            "header."
        )
    if asked not in (None, FULL, COMPOSITE):
        raise errors.invalid_request("Value for x-amz-checksum-type header is invalid.")
    name = algorithm or DEFAULT
    usual = FULL if name in WHOLE_ONLY else COMPOSITE
    if asked is None or asked == usual or (asked == FULL and name in BOTH):
        return asked or usual
    raise errors.invalid_request(
        f"The {asked} checksum type cannot be used with the {name.lower()} checksum algorithm."
    )


def expect_upload(call: Call, bucket: Bucket, request: Input) -> MultipartUpload:
    """The upload of a request. Raises NoSuchUpload."""
    found = call.rows(UPLOADS, "", "").get((bucket.name, request["Key"], request["UploadId"]))
    if found is None:
        raise errors.no_such_upload(request["UploadId"])
    return found


def abort_multipart_upload(call: Call, request: Input) -> Output:
    """Give an upload up; its parts are gone."""
    bucket = expect_bucket(call, request)
    remove_upload(call, expect_upload(call, bucket, request))
    return {}


def remove_upload(call: Call, upload: MultipartUpload) -> None:
    """Forget an upload and let go of its parts."""
    for part in upload.parts.values():
        bodies.drop_extents(call, part.extents)
    del call.rows(UPLOADS, "", "")[upload.bucket, upload.key, upload.upload_id]


def initiator_of(upload: MultipartUpload) -> dict[str, str]:
    """The `Initiator` element: who began an upload."""
    name = upload.initiator.rpartition(":")[2].rpartition("/")[2]
    shown = owner_of(upload.owner)["ID"] if name == "root" else upload.initiator
    return {"ID": shown, "DisplayName": name}


def list_multipart_uploads(call: Call, request: Input) -> Output:
    """A page of the uploads under way in a bucket: by key, then by when they began.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
    """
    bucket = expect_bucket(call, request)
    size = page_size(request, "MaxUploads", "max-uploads")
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
    marker = request.get("KeyMarker", "")
    id_marker = request.get("UploadIdMarker", "") if marker else ""
    output: Output = {
        "Bucket": bucket.name,
        "KeyMarker": marker,
        "UploadIdMarker": id_marker,
        "MaxUploads": size,
        "IsTruncated": False,
    }
    if prefix:
        output["Prefix"] = prefix
    if delimiter:
        output["Delimiter"] = delimiter
    shown: list[dict[str, Any]] = []
    common: list[dict[str, Any]] = []
    last = ("", "")
    for key, upload in _steps(call, bucket, prefix, delimiter, (marker, id_marker)):
        if len(shown) + len(common) == size:
            output["IsTruncated"] = size > 0
            if size:
                output["NextKeyMarker"], output["NextUploadIdMarker"] = last
            break
        if upload is None:
            common.append({"Prefix": key})
            last = (key, "")
        else:
            shown.append(_shown(upload))
            last = (key, upload.upload_id)
    if shown:
        output["Uploads"] = shown
    if common:
        output["CommonPrefixes"] = common
    return encode_page(request, output, "Uploads")


def _steps(call: Call, bucket: Bucket, prefix: str, delimiter: str, marker: tuple[str, str]) -> Any:
    """(key, upload), or (common prefix, None), behind the markers."""
    rows: Any = call.rows(UPLOADS, "", "")
    start: tuple[str, str, str] = (bucket.name, prefix, "")
    if marker[0] >= prefix and marker[0]:
        start = (bucket.name, marker[0], marker[1] or LAST)
    stop = after_prefix(prefix) if prefix else None
    end = (bucket.name, stop, "") if stop else (f"{bucket.name}\0", "", "")
    seen = common_prefix(marker[0], prefix, delimiter) if marker[0] else ""
    for where in list(rows.irange(start, end, (False, False))):
        common = common_prefix(where[1], prefix, delimiter)
        if not common:
            yield where[1], rows[where]
        elif common != seen:
            seen = common
            yield common, None


def _shown(upload: MultipartUpload) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "UploadId": upload.upload_id,
        "Key": upload.key,
        "Initiated": upload.initiated_ns // SECOND_NS,
        "StorageClass": upload.storage_class,
        "Owner": owner_of(upload.owner),
        "Initiator": initiator_of(upload),
    }
    if upload.algorithm:
        shown["ChecksumAlgorithm"] = upload.algorithm
        shown["ChecksumType"] = upload.checksum_type
    return shown
