"""What S3 does its own way in rest-xml: root elements, bare errors, its own identity headers.

Rules of this file: tables from the S3 API reference, and nothing that another service shares. The
model leaves out the names of S3's root elements; the API reference shows them in every example.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from cloudchamber.wire.protocols.codec import SpokenError
from cloudchamber.wire.protocols.rest import query_fields
from cloudchamber.wire.protocols.xml_write import DECLARATION, escape

NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"
# Members of a query that sign it, and stand for no header.
OF_SIGNATURE: Final = frozenset(
    f"x-amz-{name}"
    for name in (
        "algorithm", "credential", "date", "expires", "signedheaders", "signature",
        "security-token", "content-sha256", "region-set",
    )
)  # fmt: skip
WITH_OLD: Final = frozenset({"content-type", "content-md5"})
UNWRAPPED: Final = "GetBucketLocation"

ROOTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "CompleteMultipartUpload": "CompleteMultipartUploadResult",
        "CreateMultipartUpload": "InitiateMultipartUploadResult",
        "CreateSession": "CreateSessionResult",
        "DeleteObjects": "DeleteResult",
        "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
        "GetBucketAcl": "AccessControlPolicy",
        "GetBucketCors": "CORSConfiguration",
        "GetBucketLifecycle": "LifecycleConfiguration",
        "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
        "GetBucketLogging": "BucketLoggingStatus",
        "GetBucketNotification": "NotificationConfiguration",
        "GetBucketNotificationConfiguration": "NotificationConfiguration",
        "GetBucketRequestPayment": "RequestPaymentConfiguration",
        "GetBucketTagging": "Tagging",
        "GetBucketVersioning": "VersioningConfiguration",
        "GetBucketWebsite": "WebsiteConfiguration",
        "GetObjectAcl": "AccessControlPolicy",
        "GetObjectAttributes": "GetObjectAttributesResponse",
        "GetObjectTagging": "Tagging",
        "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
        "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
        "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
        "ListBuckets": "ListAllMyBucketsResult",
        "ListDirectoryBuckets": "ListAllMyDirectoryBucketsResult",
        "ListMultipartUploads": "ListMultipartUploadsResult",
        "ListObjectVersions": "ListVersionsResult",
        "ListObjects": "ListBucketResult",
        "ListObjectsV2": "ListBucketResult",
        "ListParts": "ListPartsResult",
    }
)


def with_headers_of_query(request: Request) -> Request:
    """A presigned request with the headers that its query stands for.

    Whoever signs a URL may put `x-amz-...` headers into it, and with an old signature two more.
    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    """
    headers = dict(request.headers)
    for name, values in query_fields(request.query, {}).items():
        known = name.lower()
        if known in OF_SIGNATURE or known in headers:
            continue
        if known.startswith("x-amz-") or (known in WITH_OLD and "AWSAccessKeyId=" in request.query):
            headers[known] = values[-1]
    return msgspec.structs.replace(request, headers=headers)


def check_digest(request: Request) -> None:
    """Hold a document against the Content-MD5 that came with it. Raises WireError."""
    told = request.headers["content-md5"]
    found = hashlib.md5(request.body, usedforsecurity=False).digest()
    if told == base64.b64encode(found).decode("ascii"):
        return
    try:
        is_digest = len(base64.b64decode(told, validate=True)) == len(found)
    except ValueError:
        is_digest = False
    if is_digest:
        message = "The Content-MD5 you specified did not match what we received."
        raise WireError("BadDigest", message, 400)
    raise WireError("InvalidDigest", "The Content-MD5 you specified was invalid.", 400)


def host_id(request_id: str) -> str:
    """The second identity of an S3 answer: 76 characters that mean nothing to a client, and the
    same for the same request."""
    return base64.b64encode((request_id + request_id[::-1])[:56].encode()).decode("ascii")


def identity(request_id: str) -> dict[str, str]:
    """The headers that name a request to S3."""
    return {"x-amz-request-id": request_id, "x-amz-id-2": host_id(request_id)}


def location(constraint: str | None) -> bytes:
    """The body of GetBucketLocation: the constraint alone, empty for us-east-1."""
    opening = f'{DECLARATION}<LocationConstraint xmlns="{NAMESPACE}"'
    if not constraint:
        return f"{opening}/>".encode()
    return f"{opening}>{escape(constraint)}</LocationConstraint>".encode()


def error_body(error: SpokenError, request_id: str) -> bytes:
    """S3's bare `<Error>`: code, message, whatever S3 says of the resource, and the identity."""
    parts = [f"{DECLARATION}<Error><Code>{escape(error.code)}</Code>"]
    parts.append(f"<Message>{escape(error.message)}</Message>")
    parts += [f"<{name}>{escape(str(value))}</{name}>" for name, value in error.members.items()]
    parts.append(f"<RequestId>{escape(request_id)}</RequestId>")
    parts.append(f"<HostId>{host_id(request_id)}</HostId></Error>")
    return "".join(parts).encode()
