"""Access logs: what was asked of a bucket, a line each, delivered to another bucket every hour.

Rules of this file: lines are S3's own format; what nobody measures here (times, bytes on the wire)
is `-`. They are put by `logging.s3.amazonaws.com`, as the target's policy or list allows.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

import msgspec

from cloudchamber.cloud import caller as callers
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import HOUR_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import errors
from cloudchamber.services.s3.event_delivery import host_id
from cloudchamber.services.s3.lookup import expect_bucket, find_bucket
from cloudchamber.services.s3.nouns import ACCESS_LINES, AccessLines, Bucket, ObjectVersion
from cloudchamber.services.s3.owners import canonical_id
from cloudchamber.services.s3.versions import find_current

DELIVER: Final = "s3.deliver-logs"
PRINCIPAL: Final = "logging.s3.amazonaws.com"
UNIQUE_DIGITS: Final = 16
# operation -> (method, resource) where they do not follow from the name
OPERATIONS: Final = MappingProxyType(
    {
        "AbortMultipartUpload": ("DELETE", "UPLOAD"),
        "CompleteMultipartUpload": ("POST", "UPLOAD"),
        "CopyObject": ("COPY", "OBJECT"),
        "CreateBucket": ("PUT", "BUCKET"),
        "CreateMultipartUpload": ("POST", "UPLOADS"),
        "DeleteBucket": ("DELETE", "BUCKET"),
        "DeleteObject": ("DELETE", "OBJECT"),
        "DeleteObjects": ("POST", "MULTI_OBJECT_DELETE"),
        "GetBucketLogging": ("GET", "LOGGING_STATUS"),
        "GetBucketPolicy": ("GET", "BUCKETPOLICY"),
        "GetObject": ("GET", "OBJECT"),
        "HeadBucket": ("HEAD", "BUCKET"),
        "HeadObject": ("HEAD", "OBJECT"),
        "ListMultipartUploads": ("GET", "UPLOADS"),
        "ListObjectVersions": ("GET", "BUCKETVERSIONS"),
        "ListObjects": ("GET", "BUCKET"),
        "ListObjectsV2": ("GET", "BUCKET"),
        "ListParts": ("GET", "UPLOAD"),
        "PutBucketLogging": ("PUT", "LOGGING_STATUS"),
        "PutBucketPolicy": ("PUT", "BUCKETPOLICY"),
        "PutObject": ("PUT", "OBJECT"),
        "RestoreObject": ("POST", "RESTORE"),
        "SelectObjectContent": ("POST", "SELECT"),
        "UploadPart": ("PUT", "PART"),
        "UploadPartCopy": ("COPY", "PART"),
    }
)


def put_bucket_logging(call: Call, request: Input) -> Output:
    """Log what is asked of a bucket, or log it no longer. Raises InvalidTargetBucketForLogging."""
    bucket = expect_bucket(call, request)
    wanted = (request.get("BucketLoggingStatus") or {}).get("LoggingEnabled")
    if wanted is None:
        bucket.logging = None
        call.rows(ACCESS_LINES, "", "").pop(bucket.name, None)
        return {}
    if "TargetBucket" not in wanted or "TargetPrefix" not in wanted:
        raise errors.malformed_xml()
    target = find_bucket(call, wanted["TargetBucket"])
    if target is None:
        raise _bad_target("The target bucket for logging does not exist", wanted["TargetBucket"])
    if target.account != bucket.account:
        raise _bad_target(
            "The owner for the bucket to be logged and the target bucket must be the same.",
            target.name,
        )
    if target.region != bucket.region:
        raise AwsError(
            "CrossLocationLoggingProhibitted",
            "Cross S3 location logging not allowed. ",
            403,
            SourceBucketLocation=bucket.region,
            TargetBucketLocation=target.region,
        )
    bucket.logging = dict(wanted)
    call.rows(ACCESS_LINES, "", "").setdefault(bucket.name, AccessLines([]))
    return {}


def _bad_target(message: str, name: str) -> AwsError:
    return AwsError("InvalidTargetBucketForLogging", message, 400, TargetBucket=name)


def get_bucket_logging(call: Call, request: Input) -> Output:
    """Where a bucket is logged to; nothing when it is not."""
    kept = expect_bucket(call, request).logging
    return {} if kept is None else {"LoggingEnabled": kept}


def note(call: Call, error: AwsError | None) -> None:
    """Write the line of a call that is over, if its bucket is logged."""
    rows = call.rows(ACCESS_LINES, "", "")
    if not rows:
        return  # nobody logs anything
    name = call.input.get("Bucket")
    bucket = find_bucket(call, name) if name else None
    kept = None if bucket is None else rows.get(bucket.name)
    if bucket is None or kept is None:
        return
    if not kept.lines:
        due_ns = (call.now // HOUR_NS + 1) * HOUR_NS
        call.at(due_ns, DELIVER, bucket.name, weak=True)
    # The world has changed, so the call is journalled, also one that only reads.
    call.cloud.touches += 1
    kept.lines.append(_line(call, bucket, error))


def _line(call: Call, bucket: Bucket, error: AwsError | None) -> str:
    key = call.input.get("Key")
    method, resource = operation_of(call.operation_name)
    version = find_current(call, bucket, key) if key else None
    size = str(version.size) if isinstance(version, ObjectVersion) else "-"
    is_nobody = call.caller.kind == "anonymous"
    requester = canonical_id(call.caller.account) if call.caller.kind == "root" else call.caller.arn
    status = str(error.status) if error is not None else "204" if method == "DELETE" else "200"
    verb = "PUT" if method == "COPY" else method
    fields = (
        canonical_id(bucket.account),
        bucket.name,
        f"[{_moment(call.now):%d/%b/%Y:%H:%M:%S +0000}]",
        call.origin.source_ip,
        "-" if is_nobody else requester,
        call.request_id,
        f"REST.{method}.{resource}",
        quote(key) if key else "-",
        f'"{verb} {call.origin.path} HTTP/1.1"',
        status,
        error.code if error is not None else "-",
        "-",
        size,
        "-",
        "-",
        '"-"',
        f'"{call.origin.user_agent or "-"}"',
        call.input.get("VersionId", "-"),
        host_id(call.request_id),
        "-" if is_nobody else "SigV4",
        "-",
        "-" if is_nobody else "AuthHeader",
        call.origin.host or "-",
        "TLSv1.3" if call.origin.scheme == "https" else "-",
        "-",
        "-",
    )
    return " ".join(fields)


def operation_of(name: str) -> tuple[str, str]:
    """Method and resource as logs name them: `GetBucketTagging` is GET, TAGGING."""
    known = OPERATIONS.get(name)
    if known is not None:
        return known
    for head, method in (("Get", "GET"), ("Put", "PUT"), ("Delete", "DELETE"), ("List", "GET")):
        if name.startswith(head):
            rest = name.removeprefix(head).removeprefix("Bucket")
            if rest.startswith("Object"):
                return method, f"OBJECT_{rest.removeprefix('Object').upper()}"
            return method, rest.removesuffix("Configuration").upper()
    return "POST", name.upper()


def deliver(call: Call, name: str) -> None:
    """Put the lines of a bucket into its target, and begin anew."""
    kept = call.rows(ACCESS_LINES, "", "").get(name)
    bucket = find_bucket(call, name)
    if kept is None or bucket is None or bucket.logging is None:
        return
    lines, kept.lines = kept.lines, []
    target = find_bucket(call, bucket.logging["TargetBucket"])
    try:
        if target is None:
            raise errors.no_such_bucket(bucket.logging["TargetBucket"])
        _put(call, bucket, target, lines)
    except AwsError as error:
        call.event(
            bucket.arn,
            "s3.logs-not-delivered",
            f"{len(lines)} lines of the access log of {name} were lost: {error.message}",
        )


def _put(call: Call, bucket: Bucket, target: Bucket, lines: list[str]) -> None:
    assert bucket.logging is not None
    guard = call.service.resource_policy
    key = _key(call, bucket, bucket.logging)
    if call.cloud.settings.iam == "enforce" and guard is not None:
        if guard(call, f"{target.arn}/{key}") is None:
            raise errors.access_denied(f"nothing lets {PRINCIPAL} into {target.name}")
    caller = msgspec.structs.replace(
        callers.service(PRINCIPAL, bucket.account),
        context={"aws:SourceArn": (bucket.arn,), "aws:SourceAccount": (bucket.account,)},
    )
    body = "".join(f"{line}\n" for line in lines).encode()
    request = {"Bucket": target.name, "Key": key, "Body": body, "ContentType": "text/plain"}
    call.invoke(
        "s3", "PutObject", request, caller=caller, account=target.account, region=target.region
    )


def _key(call: Call, bucket: Bucket, wanted: Mapping[str, Any]) -> str:
    moment = _moment(call.now)
    unique = call.stream(bucket.arn, "access-log").hex(UNIQUE_DIGITS).upper()
    name = f"{moment:%Y-%m-%d-%H-%M-%S}-{unique}"
    prefix: str = wanted["TargetPrefix"]
    if "PartitionedPrefix" in (wanted.get("TargetObjectKeyFormat") or {}):
        # An hour's lines are of one day, but for the delivery at midnight.
        day = _moment(call.now - HOUR_NS)
        return f"{prefix}{bucket.account}/{bucket.region}/{bucket.name}/{day:%Y/%m/%d}/{name}"
    return f"{prefix}{name}"


def _moment(t_ns: int) -> datetime:
    return datetime.fromtimestamp(t_ns // SECOND_NS, UTC)
