"""GetObjectAttributes: what is known of a version, as XML, by what the client names.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import encryption, errors, properties
from cloudchamber.services.s3.limits import PAGE_MAX
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.nouns import ObjectVersion
from cloudchamber.services.s3.versions import expect_object, versioned

NAMES: Final = frozenset({"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"})


def get_object_attributes(call: Call, request: Input) -> Output:
    """Some of: entity tag, checksum, parts, storage class, size."""
    bucket = expect_bucket(call, request)
    properties.check_payer(call, bucket, request)
    wanted = request.get("ObjectAttributes") or []
    if not wanted or not NAMES.issuperset(wanted):
        raise errors.invalid_argument(
            "Invalid attribute name specified.", "x-amz-object-attributes", ",".join(wanted)
        )
    version = expect_object(call, bucket, request)
    encryption.check_key(version.encryption, encryption.customers_key(request))
    output: Output = {"LastModified": version.modified_ns // SECOND_NS}
    versioned(bucket, version, output)
    if "ETag" in wanted:
        output["ETag"] = version.etag
    if "Checksum" in wanted:
        output["Checksum"] = {
            f"Checksum{version.algorithm}": version.checksum,
            "ChecksumType": "COMPOSITE" if version.composite else "FULL_OBJECT",
        }
    if "ObjectParts" in wanted and version.parts is not None:
        output["ObjectParts"] = _parts(version, request)
    if "StorageClass" in wanted:
        output["StorageClass"] = version.storage_class
    if "ObjectSize" in wanted:
        output["ObjectSize"] = version.size
    return output


def _parts(version: ObjectVersion, request: Input) -> dict[str, Any]:
    parts = version.parts or []
    shown: dict[str, Any] = {"TotalPartsCount": len(parts)}
    if not version.composite:
        # S3 lists the parts only of objects whose parts have checksums of their own.
        return shown
    most, after = request.get("MaxParts", PAGE_MAX), request.get("PartNumberMarker", 0)
    behind = [part for part in parts if part.number > after]
    page = behind[: max(most, 0)]
    shown["PartNumberMarker"] = after
    shown["MaxParts"] = most
    shown["IsTruncated"] = len(page) < len(behind)
    if page:
        shown["NextPartNumberMarker"] = page[-1].number
    shown["Parts"] = [
        {
            "PartNumber": part.number,
            "Size": part.size,
            f"Checksum{version.algorithm}": part.checksum,
        }
        for part in page
    ]
    return shown
