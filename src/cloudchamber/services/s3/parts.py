"""The parts of a multipart upload: uploaded, copied, listed.

Rules of this file: a part of the same number replaces the one before. Its bytes lie where they came
to lie; the object will refer to them.
"""

from __future__ import annotations

from typing import Any

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
    properties,
    ranges,
)
from cloudchamber.services.s3.copying import digested, expect_source
from cloudchamber.services.s3.limits import PARTS_MAX, SINGLE_PUT_BYTES_MAX
from cloudchamber.services.s3.listing import page_size
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.nouns import Bucket, Extent, MultipartUpload, Part
from cloudchamber.services.s3.objects import etag_of
from cloudchamber.services.s3.owners import owner_of
from cloudchamber.services.s3.sealing import salted
from cloudchamber.services.s3.uploads import expect_upload, initiator_of


def upload_part(call: Call, request: Input) -> Output:
    """Take one part of an object.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
    """
    bucket = expect_bucket(call, request)
    properties.check_payer(call, bucket, request)
    number = _part_number(request)
    upload = expect_upload(call, bucket, request)
    body = bodies.received(request.get("Body"))
    if body.length > SINGLE_PUT_BYTES_MAX:
        raise errors.entity_too_large(body.length, SINGLE_PUT_BYTES_MAX)
    key_of_keys = _key_of_upload(call, bucket, upload, request)
    _check_algorithm(upload, request)
    digest, algorithm, checksum = integrity.checked(call, request, body)
    wanted = upload.algorithm or DEFAULT
    kept = checksum if algorithm == wanted else bodies.checksum_of(call, body, wanted)
    salt = bodies.new_salt(call, bucket)
    extents = [bodies.extent_of(call, body, key_of_keys, salt)] if body.length else []
    etag = etag_of(digest, upload.encryption, salt)
    _keep(call, upload, Part(number, body.length, etag, extents, call.now, kept))
    output: Output = {"ETag": f'"{etag}"', f"Checksum{algorithm}": checksum}
    encryption.shown(upload.encryption, output)
    properties.add_charge(call, bucket, output)
    return output


def _part_number(request: Input) -> int:
    number: int = request["PartNumber"]
    if not 1 <= number <= PARTS_MAX:
        raise errors.invalid_argument(
            f"Part number must be an integer between 1 and {PARTS_MAX}, inclusive",
            "partNumber",
            str(number),
        )
    return number


def _key_of_upload(call: Call, bucket: Bucket, upload: MultipartUpload, request: Input) -> bytes:
    """What seals the parts of an upload. Raises InvalidRequest when a customer's key is missing."""
    customer = encryption.customers_key(request)
    sealing = upload.encryption
    if sealing is not None and sealing.customer_md5 and customer is None:
        raise errors.invalid_request(
            "The multipart upload initiate requested encryption. Subsequent part requests must "
            "include the appropriate encryption parameters."
        )
    if sealing is not None and customer is not None and customer[1] != sealing.customer_md5:
        raise errors.invalid_request(
            "The provided encryption parameters did not match the ones used originally."
        )
    return encryption.key_of_keys(call, bucket, upload.key, sealing, customer)


def _check_algorithm(upload: MultipartUpload, request: Input) -> None:
    """A part's checksum must be of the algorithm that the upload was begun with."""
    claim = integrity.find_claim(request)
    if claim is None or not upload.algorithm or claim[0] == upload.algorithm:
        return
    raise errors.invalid_request(
        f"Checksum Type mismatch occurred, expected checksum Type: {upload.algorithm.lower()}, "
        f"actual checksum Type: {claim[0].lower()}"
    )


def _keep(call: Call, upload: MultipartUpload, part: Part) -> None:
    replaced = upload.parts.get(part.number)
    bodies.keep(call, part.extents)
    upload.parts[part.number] = part
    if replaced is not None:
        bodies.drop_extents(call, replaced.extents)


def upload_part_copy(call: Call, request: Input) -> Output:
    """Make a part out of (some bytes of) an object.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
    """
    bucket = expect_bucket(call, request)
    properties.check_payer(call, bucket, request)
    number = _part_number(request)
    upload = expect_upload(call, bucket, request)
    source = expect_source(call, request)
    size = source.version.size
    start, stop = 0, size
    if "CopySourceRange" in request:
        start, stop = ranges.copied_range(request["CopySourceRange"], size)
    if stop - start > SINGLE_PUT_BYTES_MAX:
        raise errors.invalid_request(
            "The specified copy source is larger than the maximum allowable size for a copy "
            f"source: {SINGLE_PUT_BYTES_MAX}"
        )
    key_of_keys = _key_of_upload(call, bucket, upload, request)
    salt = bodies.new_salt(call, bucket)
    extents: list[Extent] = bodies.handed_on(
        bodies.part_of(bodies.extents_of(source.version), start, stop),
        source.key_of_keys,
        key_of_keys,
        salted(salt),
    )
    algorithm = upload.algorithm or DEFAULT
    digest, checksum = digested(call, extents, key_of_keys, algorithm)
    etag = etag_of(digest, upload.encryption, salt)
    _keep(call, upload, Part(number, stop - start, etag, extents, call.now, checksum))
    result: dict[str, Any] = {"ETag": f'"{etag}"', "LastModified": call.now // SECOND_NS}
    if upload.algorithm:
        result[f"Checksum{algorithm}"] = checksum
    output: Output = {"CopyPartResult": result}
    encryption.shown(upload.encryption, output)
    properties.add_charge(call, bucket, output)
    if source.bucket.versioning:
        output["CopySourceVersionId"] = source.version.version_id
    return output


def list_parts(call: Call, request: Input) -> Output:
    """A page of the parts of an upload, by number.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
    """
    bucket = expect_bucket(call, request)
    properties.check_payer(call, bucket, request)
    upload = expect_upload(call, bucket, request)
    size = page_size(request, "MaxParts", "max-parts")
    after = request.get("PartNumberMarker", 0)
    numbers = [number for number in sorted(upload.parts) if number > after]
    page = numbers[:size]
    output: Output = {
        "Bucket": bucket.name,
        "Key": upload.key,
        "UploadId": upload.upload_id,
        "PartNumberMarker": after,
        "NextPartNumberMarker": page[-1] if page else 0,
        "MaxParts": size,
        "IsTruncated": 0 < len(page) < len(numbers),
        "StorageClass": upload.storage_class,
        "Owner": owner_of(upload.owner),
        "Initiator": initiator_of(upload),
    }
    if upload.algorithm:
        output["ChecksumAlgorithm"] = upload.algorithm
        output["ChecksumType"] = upload.checksum_type
    output.update(lifecycle_rules.abort_shown(bucket, upload))
    if page:
        output["Parts"] = [_shown(upload, upload.parts[number]) for number in page]
    return output


def _shown(upload: MultipartUpload, part: Part) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "PartNumber": part.number,
        "LastModified": part.modified_ns // SECOND_NS,
        "ETag": f'"{part.etag}"',
        "Size": part.size,
    }
    if upload.algorithm:
        shown[f"Checksum{upload.algorithm}"] = part.checksum
    return shown
