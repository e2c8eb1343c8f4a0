"""What comes with an object beside its bytes: headers, metadata, tags, class, and who pays.

Rules of this file: checks and readings of a request; nothing is changed here.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import acls, errors, lifecycle_rules, tags
from cloudchamber.services.s3.limits import KEY_BYTES_MAX, METADATA_BYTES_MAX
from cloudchamber.services.s3.nouns import STANDARD, Bucket, ObjectVersion, Settings
from cloudchamber.services.s3.versions import http_date

BINARY: Final = "binary/octet-stream"
CLASSES: Final = frozenset(
    {
        STANDARD, "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING",
        "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR",
    }
)  # fmt: skip
# Modelled members that an answer repeats as they were given.
HEADERS: Final[tuple[str, ...]] = (
    "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "Expires",
    "WebsiteRedirectLocation",
)  # fmt: skip
ACLS: Final = (
    "ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP",
)  # fmt: skip
MEMBERS: Final = frozenset({*HEADERS, *ACLS, "StorageClass", "Tagging"})
OVERRIDES: Final = MappingProxyType(
    {
        "ResponseCacheControl": "CacheControl",
        "ResponseContentDisposition": "ContentDisposition",
        "ResponseContentEncoding": "ContentEncoding",
        "ResponseContentLanguage": "ContentLanguage",
        "ResponseContentType": "ContentType",
        "ResponseExpires": "Expires",
    }
)
REDIRECTS: Final = ("/", "http://", "https://")


class Given(msgspec.Struct, frozen=True):
    """What a request gives a new version beside its bytes, metadata and content type."""

    storage_class: str = STANDARD
    owner: str = ""
    headers: dict[str, str] | None = None
    tags: dict[str, str] | None = None
    acl: Settings | None = None


NOTHING: Final = Given()


def read(call: Call, bucket: Bucket, request: Input) -> Given:
    """The properties of a request that makes an object. Raises what S3 answers to each."""
    storage_class = request.get("StorageClass", STANDARD)
    if storage_class not in CLASSES:
        message = "The storage class you specified is not valid"
        raise AwsError("InvalidStorageClass", message, 400, StorageClassRequested=storage_class)
    redirect = request.get("WebsiteRedirectLocation")
    if redirect is not None and not redirect.startswith(REDIRECTS):
        raise AwsError(
            "InvalidRedirectLocation",
            "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
            400,
        )
    headers: dict[str, str] = {name: request[name] for name in HEADERS if name in request}
    tagged = tags.read_header(request["Tagging"]) if "Tagging" in request else None
    if tagged:
        require(call, "s3:PutObjectTagging", f"{bucket.arn}/{request['Key']}")
    owner, acl = acls.of_new_object(call, bucket, request)
    return Given(storage_class, owner, headers or None, tagged, acl)


def check_key(key: str) -> None:
    """Raise KeyTooLongError for more than 1024 bytes of UTF-8."""
    size = len(key.encode("utf-8", "surrogatepass"))
    if size > KEY_BYTES_MAX:
        raise AwsError(
            "KeyTooLongError",
            "Your key is too long",
            400,
            Size=size,
            MaxSizeAllowed=KEY_BYTES_MAX,
        )


def check_metadata(metadata: Mapping[str, str]) -> None:
    """Raise MetadataTooLarge for more than 2 KB of names and values."""
    size = sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())
    if size > METADATA_BYTES_MAX:
        raise AwsError(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
            400,
            Size=size,
            MaxSizeAllowed=METADATA_BYTES_MAX,
        )


def check_payer(call: Call, bucket: Bucket, request: Input) -> None:
    """Raise AccessDenied when the requester has to pay and does not say that it will."""
    if bucket.request_payment is None or call.caller.account == bucket.account:
        return
    asks = bucket.request_payment.get("Payer") == "Requester"
    if asks and request.get("RequestPayer") != "requester":
        raise errors.access_denied()


def add_charge(call: Call, bucket: Bucket, output: Output) -> None:
    """Say that the requester is charged, where it is."""
    if bucket.request_payment is None or call.caller.account == bucket.account:
        return
    if bucket.request_payment.get("Payer") == "Requester":
        output["RequestCharged"] = "requester"


def override(call: Call, request: Input, output: Output) -> None:
    """Answer with the headers that the request words itself. Raises InvalidRequest if unsigned."""
    asked = [member for member in OVERRIDES if member in request]
    if asked and not call.caller.access_key and not call.origin.is_nested:
        raise errors.invalid_request(
            "Request specific response headers cannot be used for anonymous GET requests."
        )
    for member in asked:
        value = request[member]
        if member == "ResponseExpires":
            value = http_date(int(value * SECOND_NS))
        output[OVERRIDES[member]] = value


def add_expiration(
    call: Call, bucket: Bucket, key: str, version: ObjectVersion, output: Output
) -> None:
    """Say when the bucket's lifecycle rules will let the version expire, if they will."""
    if bucket.lifecycle is None or version.noncurrent_ns:
        return
    header = lifecycle_rules.expiration_header(bucket, key, version)
    if header is not None:
        output["Expiration"] = header
