"""From a request to its bucket, and to the ARN that a permission is asked on.

Rules of this file: nothing is changed here. A bucket answers in its own Region only, wherever the
request was signed for; calls between services, and unsigned ones, have no Region to be wrong in.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cloudchamber.cloud.call import Call, partition_of
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.services.s3.errors import access_denied, no_such_bucket
from cloudchamber.services.s3.nouns import BUCKETS, Bucket

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
    owner = request.get("ExpectedBucketOwner")
    if owner is not None and owner != bucket.account:
        raise access_denied()
    return bucket


def find_bucket(call: Call, name: str) -> Bucket | None:
    """The bucket of that name, whoever owns it, or None."""
    return call.rows(BUCKETS, "", "").get(name)


def expect_region(call: Call, bucket: Bucket) -> None:
    """Raise what sends a client to the bucket's own Region, if it was signed for another one."""
    if bucket.region == call.region or call.origin.is_nested or not call.caller.access_key:
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
    return bucket_arn(call.region, request.get("Bucket", "*"))


def arn_of_object(call: Call, request: Input) -> str:
    """The ARN that a permission on an object is asked on."""
    bucket = bucket_arn(call.region, request.get("Bucket", "*"))
    if ":accesspoint/" in bucket:
        return f"{bucket}/object/{request.get('Key', '*')}"
    return f"{bucket}/{request.get('Key', '*')}"
