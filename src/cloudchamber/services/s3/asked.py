"""What a permission is asked on, which action it is, and the condition keys of S3.

Rules of this file: read a request, decide nothing.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qsl

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input
from cloudchamber.services.s3.lookup import find_bucket
from cloudchamber.services.s3.nouns import Bucket
from cloudchamber.services.s3.versions import find_current, find_version

Keys = Mapping[str, Sequence[str]]

# member of the request -> condition key
LISTING: Final = MappingProxyType(
    {"Prefix": "s3:prefix", "Delimiter": "s3:delimiter", "MaxKeys": "s3:max-keys"}
)
OBJECT: Final = MappingProxyType(
    {
        "ACL": "s3:x-amz-acl",
        "CopySource": "s3:x-amz-copy-source",
        "GrantFullControl": "s3:x-amz-grant-full-control",
        "GrantRead": "s3:x-amz-grant-read",
        "GrantReadACP": "s3:x-amz-grant-read-acp",
        "GrantWrite": "s3:x-amz-grant-write",
        "GrantWriteACP": "s3:x-amz-grant-write-acp",
        "IfMatch": "s3:if-match",
        "IfNoneMatch": "s3:if-none-match",
        "MetadataDirective": "s3:x-amz-metadata-directive",
        "ObjectLockLegalHoldStatus": "s3:object-lock-legal-hold",
        "ObjectLockMode": "s3:object-lock-mode",
        "ObjectOwnership": "s3:x-amz-object-ownership",
        "SSECustomerAlgorithm": "s3:x-amz-server-side-encryption-customer-algorithm",
        "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "ServerSideEncryption": "s3:x-amz-server-side-encryption",
        "StorageClass": "s3:x-amz-storage-class",
        "VersionId": "s3:VersionId",
        "WebsiteRedirectLocation": "s3:x-amz-website-redirect-location",
    }
)


def by_version(plain: str, versioned: str) -> Callable[[Call, Input], str]:
    """An action that is another one when the request names a version."""
    return lambda call, request: versioned if "VersionId" in request else plain


def of_bucket(call: Call, request: Input) -> Keys:
    """The condition keys of a request on a bucket."""
    keys = _taken(LISTING, request)
    keys.update(_taken(OBJECT, request))
    location = (request.get("CreateBucketConfiguration") or {}).get("LocationConstraint")
    if location is not None:
        keys["s3:locationconstraint"] = (location,)
    return keys | _everywhere(call, request)


def of_object(call: Call, request: Input) -> Keys:
    """The condition keys of a request on an object: its headers, its tags, those it brings."""
    keys = _taken(OBJECT, request)
    if request.get("Tagging") is not None:
        keys |= _request_tags(request["Tagging"])
    bucket = find_bucket(call, request.get("Bucket", ""))
    if bucket is not None and "Key" in request:
        keys |= _existing_tags(call, bucket, request)
    return keys | _everywhere(call, request)


def _taken(names: Mapping[str, str], request: Input) -> dict[str, Sequence[str]]:
    return {key: (str(request[member]),) for member, key in names.items() if member in request}


def _everywhere(call: Call, request: Input) -> dict[str, Sequence[str]]:
    """What every request has: how it was signed, whose bucket it is for."""
    keys: dict[str, Sequence[str]] = {"s3:signatureversion": ("AWS4-HMAC-SHA256",)}
    bucket = find_bucket(call, request.get("Bucket", ""))
    if bucket is not None:
        keys["s3:ResourceAccount"] = keys["aws:ResourceAccount"] = (bucket.account,)
    return keys


def _request_tags(tagging: Any) -> dict[str, Sequence[str]]:
    if isinstance(tagging, str):
        pairs = dict(parse_qsl(tagging, keep_blank_values=True))
    else:
        tag_set = tagging.get("TagSet") or []
        pairs = {tag.get("Key", ""): tag.get("Value", "") for tag in tag_set}
    keys: dict[str, Sequence[str]] = {
        f"s3:RequestObjectTag/{key}": (value,) for key, value in pairs.items()
    }
    keys["s3:RequestObjectTagKeys"] = tuple(pairs)
    return keys


def _existing_tags(call: Call, bucket: Bucket, request: Input) -> dict[str, Sequence[str]]:
    wanted = request.get("VersionId")
    if wanted is None:
        version = find_current(call, bucket, request["Key"])
    else:
        version = find_version(call, bucket, request["Key"], wanted)
    tagged = getattr(version, "tags", None) or {}
    return {f"s3:ExistingObjectTag/{key}": (value,) for key, value in tagged.items()}


def owner_of(call: Call, arn: str) -> str | None:
    """The account that owns the bucket of an ARN, which does not say so."""
    parts = find_arn(arn)
    if parts is None or parts.service != "s3" or parts.account:
        return None
    bucket = find_bucket(call, parts.resource.partition("/")[0])
    return None if bucket is None else bucket.account
