"""From a request to its bucket, and to the ARN that a permission is asked on.

Rules of this file: nothing is changed here. A bucket answers in its own Region only, wherever the
request was signed for; calls between services, and unsigned ones, have no Region to be wrong in.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.authorization import action_of, require
from cloudchamber.cloud.call import Call, partition_of
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.services.s3.errors import access_denied, method_not_allowed, no_such_bucket
from cloudchamber.services.s3.nouns import BUCKETS, Bucket

ALIAS: Final = "-s3alias"
HOSTED: Final = re.compile(r"(?P<name>[a-z0-9-]+)-(?P<account>\d{12})")
# What speaks of the bucket itself is not for access points, but for these.
NOT_BY_ACCESS_POINT: Final = (
    "Configuration", "Configurations", "Policy", "PolicyStatus", "Tagging", "Cors", "Website",
    "Controls", "AccessBlock", "Encryption", "Lifecycle", "Logging", "Replication", "Payment",
    "Versioning", "DeleteBucket", "BucketAcl",
)  # fmt: skip
BY_ACCESS_POINT: Final = (
    "GetBucketAcl", "GetBucketCors", "GetBucketNotification", "GetBucketPolicy", "GetObject",
    "PutObjectTagging", "DeleteObjectTagging",
)  # fmt: skip
GLOBAL_HOSTS: Final = (".s3.amazonaws.com", "s3.amazonaws.com")


def expect_bucket(call: Call, request: Input) -> Bucket:
    """The bucket of a request, once it is sure that it is meant.

    Raises NoSuchBucket, PermanentRedirect, AuthorizationHeaderMalformed, AccessDenied (when the
    bucket is not its expected owner's).
    """
    name = request["Bucket"]
    bucket = find_bucket(call, name)
    if bucket is None:
        raise no_such_bucket(name)
    if bucket.region != call.region:
        expect_region(call, bucket)
    if bucket.name != name:
        _pass_access_point(call, bucket, name, request)
    owner = request.get("ExpectedBucketOwner")
    if owner is not None and owner != bucket.account:
        raise access_denied()
    return bucket


def find_bucket(call: Call, name: str) -> Bucket | None:
    """The bucket of that name, or behind that access point, whoever owns it; or None."""
    rows = call.rows(BUCKETS, "", "")
    bucket = rows.get(name)
    if bucket is None and is_access_point(name):
        point = find_access_point(call, name)
        return None if point is None else rows.get(point.bucket)
    return bucket


def is_access_point(name: str) -> bool:
    """Whether what stands for a bucket may be an access point: its ARN, its alias, or its host
    name (`NAME-ACCOUNT`), which clients put before an endpoint of their own."""
    return name.endswith(ALIAS) or name.startswith("arn:") or name[-12:].isdigit()


def find_access_point(call: Call, name: str) -> ports.AccessPointFacts | None:
    """The access point of an ARN, an alias or a host name, or None."""
    ask = call.port(ports.ACCESS_POINT)
    if ask is None:
        return None
    hosted = HOSTED.fullmatch(name)
    if hosted is not None:
        where = f"{call.region}:{hosted['account']}:accesspoint/{hosted['name']}"
        name = f"arn:{partition_of(call.region)}:s3:{where}"
    found: ports.AccessPointFacts | None = ask(call.cloud, name)
    return found


def _pass_access_point(call: Call, bucket: Bucket, name: str, request: Input) -> None:
    """What is behind an access point has to allow the request too, as having come through it.

    Raises MethodNotAllowed for what cannot be asked of one, AccessDenied.
    """
    point = find_access_point(call, name)
    assert point is not None  # it led to the bucket
    if call.operation_name.endswith(NOT_BY_ACCESS_POINT) and not call.operation_name.startswith(
        BY_ACCESS_POINT
    ):
        raise method_not_allowed(call.operation_name, "ACCESSPOINT")
    if point.vpc:
        raise access_denied()
    key = request.get("Key")
    arn = bucket.arn if key is None else f"{bucket.arn}/{key}"
    extra = {
        "s3:DataAccessPointArn": (point.arn,),
        "s3:DataAccessPointAccount": (point.account,),
        "s3:AccessPointNetworkOrigin": ("Internet",),
    }
    require(call, action_of(call), arn, extra=extra)


def expect_region(call: Call, bucket: Bucket) -> None:
    """Raise what sends a client to the bucket's own Region, if it was signed for another one."""
    if bucket.region == call.region or call.origin.is_nested or not call.origin.region:
        return
    headers = {"x-amz-bucket-region": bucket.region}
    host = call.origin.host.partition(":")[0]
    if host.endswith(GLOBAL_HOSTS):
        error = AwsError(
            "AuthorizationHeaderMalformed",
            f"The authorization header is malformed; the region '{call.region}' is wrong; "
            f"expecting '{bucket.region}'",
            400,
            Region=bucket.region,
        )
    else:
        error = AwsError(
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified "
            "endpoint. Please send all future requests to this endpoint.",
            301,
            Endpoint=f"{bucket.name}.s3.{bucket.region}.amazonaws.com",
            Bucket=bucket.name,
        )
    error.headers = headers
    raise error


@lru_cache(maxsize=4096)
def bucket_arn(region: str, name: str) -> str:
    """The ARN of a bucket; names that are ARNs already (access points) stay."""
    return name if name.startswith("arn:") else f"arn:{partition_of(region)}:s3:::{name}"


def arn_of_bucket(call: Call, request: Input) -> str:
    """The ARN that a permission on a bucket is asked on."""
    name = request.get("Bucket", "*")
    if is_access_point(name) and name not in call.rows(BUCKETS, "", ""):
        point = find_access_point(call, name)
        name = name if point is None else point.arn
    return bucket_arn(call.region, name)


def arn_of_object(call: Call, request: Input) -> str:
    """The ARN that a permission on an object is asked on."""
    bucket = arn_of_bucket(call, request)
    if ":accesspoint/" in bucket:
        return f"{bucket}/object/{request.get('Key', '*')}"
    return f"{bucket}/{request.get('Key', '*')}"
