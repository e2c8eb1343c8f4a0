"""Buckets: made, looked at, listed and deleted.

Rules of this file: a name belongs to one bucket in the whole world. What may be configured on a
bucket has files of its own.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingBucket.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input, Output
from cloudchamber.cloud.settings import DEFAULT_REGION
from cloudchamber.services.s3 import acls, errors, tags
from cloudchamber.services.s3.limits import is_account_regional_name, is_bucket_name
from cloudchamber.services.s3.lookup import bucket_arn, expect_bucket, find_bucket
from cloudchamber.services.s3.nouns import (
    ACCESS_LINES,
    BUCKETS,
    CURRENT,
    NONCURRENT,
    UPLOADS,
    Bucket,
)
from cloudchamber.services.s3.owners import owner_of
from cloudchamber.world.geography.regions import find_region

LIST_MAX: Final = 10_000
KEY_BYTES: Final = 32
IRELAND: Final = "eu-west-1"
OWNERSHIPS: Final = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")


def create_bucket(call: Call, request: Input) -> Output:
    """Make a bucket, unless its name is taken.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    """
    name = request["Bucket"]
    wanted = request.get("CreateBucketConfiguration") or {}
    if call.caller.kind == "anonymous":
        raise errors.access_denied()
    _check_name(call, name, request.get("BucketNamespace", "global"))
    region = _region_for(call, wanted.get("LocationConstraint"))
    if wanted.get("Location") or wanted.get("Bucket"):
        raise errors.invalid_request("Cloudchamber has no directory buckets")
    ownership = _ownership(request)
    found = find_bucket(call, name)
    if found is not None:
        if found.account != call.account:
            raise errors.bucket_already_exists(name)
        if found.region != DEFAULT_REGION or region != DEFAULT_REGION:
            raise errors.bucket_already_yours(name)
        # "you can recreate it in us-east-1": Amazon keeps what older clients relied on.
        return {"Location": f"/{name}", "BucketArn": found.arn}
    tagged = tags.read_set(wanted.get("Tags") or [], tags.BUCKET_TAGS_MAX)
    arn = bucket_arn(region, name)
    if tagged:
        require(call, "s3:TagResource", arn)
    owned = sum(1 for each in call.rows(BUCKETS, "", "").values() if each.account == call.account)
    if owned >= call.quota("buckets"):
        raise AwsError(
            "TooManyBuckets", "You have attempted to create more buckets than allowed", 400
        )
    bucket = Bucket(
        name=name,
        account=call.account,
        region=region,
        arn=arn,
        created_ns=call.now,
        key=call.stream(arn, "sse-s3").bytes(KEY_BYTES),
        tags=tagged,
        ownership=ownership,
        acl=acls.of_new_bucket(call, request, request.get("ObjectOwnership", OWNERSHIPS[0]), arn),
    )
    if request.get("ObjectLockEnabledForBucket"):
        require(call, "s3:PutBucketObjectLockConfiguration", arn)
        require(call, "s3:PutBucketVersioning", arn)
        bucket.lock_enabled = True
        bucket.versioning = "Enabled"
    call.rows(BUCKETS, "", "")[name] = bucket
    location = f"/{name}" if region == DEFAULT_REGION else f"http://{name}.s3.amazonaws.com/"
    return {"Location": location, "BucketArn": arn}


def _check_name(call: Call, name: str, namespace: str) -> None:
    suits = is_bucket_name(name)
    if namespace == "account-regional":
        suits = is_account_regional_name(name, call.account, call.region)
    elif namespace != "global":
        raise errors.invalid_argument("Invalid namespace", "x-amz-bucket-namespace", namespace)
    if not suits:
        raise AwsError(
            "InvalidBucketName", "The specified bucket is not valid.", 400, BucketName=name
        )


def _region_for(call: Call, constraint: str | None) -> str:
    """Where a bucket is made. Raises InvalidLocationConstraint, IllegalLocationConstraint..."""
    wanted = IRELAND if constraint == "EU" else constraint
    if wanted is not None and (wanted == DEFAULT_REGION or find_region(wanted) is None):
        raise AwsError(
            "InvalidLocationConstraint",
            "The specified location-constraint is not valid",
            400,
            LocationConstraint=constraint,
        )
    if wanted == call.region:
        return wanted
    if call.region == DEFAULT_REGION:
        # What is signed for us-east-1 may be for the global endpoint, which makes them anywhere.
        return wanted or DEFAULT_REGION
    raise AwsError(
        "IllegalLocationConstraintException",
        f"The {constraint or 'unspecified'} location constraint is incompatible for the region "
        "specific endpoint this request was sent to.",
        400,
    )


def _ownership(request: Input) -> dict[str, Any] | None:
    chosen = request.get("ObjectOwnership")
    if chosen is None:
        return None
    if chosen not in OWNERSHIPS:
        raise errors.invalid_argument(
            "Invalid x-amz-object-ownership header", "x-amz-object-ownership", chosen
        )
    return {"Rules": [{"ObjectOwnership": chosen}]}


def delete_bucket(call: Call, request: Input) -> Output:
    """Delete an empty bucket; what was uploaded of unfinished parts goes with it.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
    """
    bucket = expect_bucket(call, request)
    name = bucket.name
    has_points = call.port(ports.HAS_ACCESS_POINTS)
    if has_points is not None and has_points(call.cloud, name):
        message = "The bucket you tried to delete has access points attached"
        raise AwsError("BucketHasAccessPointsAttached", message, 409, BucketName=name)
    start, stop = f"{name}\0", f"{name}\1"
    for table in (CURRENT, NONCURRENT):
        rows: Any = call.rows(table, "", "")
        if next(rows.irange(start, stop), None) is not None:
            message = "The bucket you tried to delete is not empty"
            if bucket.versioning:
                message += ". You must delete all versions in the bucket."
            raise AwsError("BucketNotEmpty", message, 409, BucketName=name)
    uploads: Any = call.rows(UPLOADS, "", "")
    for where in list(uploads.irange((name, "", ""), (f"{name}\0", "", ""))):
        for part in uploads.pop(where).parts.values():
            for extent in part.extents:
                if extent.blob:
                    call.blobs.drop(extent.blob)
    call.rows(ACCESS_LINES, "", "").pop(name, None)
    del call.rows(BUCKETS, "", "")[name]
    call.event(bucket.arn, "s3.bucket-deleted", f"The bucket {name} was deleted")
    return {}


def head_bucket(call: Call, request: Input) -> Output:
    """Whether a bucket is there and may be seen, and in which Region."""
    bucket = expect_bucket(call, request)
    return {
        "BucketRegion": bucket.region,
        "BucketArn": bucket.arn,
        "AccessPointAlias": request["Bucket"] != bucket.name,
    }


def get_bucket_location(call: Call, request: Input) -> Output:
    """The Region of a bucket as a location constraint; asked in any Region."""
    name = request["Bucket"]
    bucket = find_bucket(call, name)
    if bucket is None:
        raise errors.no_such_bucket(name)
    owner = request.get("ExpectedBucketOwner")
    if owner is not None and owner != bucket.account:
        raise errors.access_denied()
    return {} if bucket.region == DEFAULT_REGION else {"LocationConstraint": bucket.region}


def list_buckets(call: Call, request: Input) -> Output:
    """The buckets of the caller's account in all Regions, by name.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
    """
    size = request.get("MaxBuckets", LIST_MAX)
    if not 1 <= size <= LIST_MAX:
        raise errors.invalid_argument(
            f"Argument max-buckets must be an integer between 1 and {LIST_MAX}",
            "max-buckets",
            str(size),
        )
    prefix, region = request.get("Prefix", ""), request.get("BucketRegion")
    mine = [
        bucket
        for bucket in call.rows(BUCKETS, "", "").values()
        if bucket.account == call.account
        and bucket.name.startswith(prefix)
        and (region is None or bucket.region == region)
    ]
    try:
        shown, token = page(mine, lambda each: each.name, request.get("ContinuationToken"), size)
    except BadToken:
        raise errors.invalid_argument(
            "The continuation token provided is incorrect",
            "continuation-token",
            request["ContinuationToken"],
        ) from None
    is_detailed = not request.keys().isdisjoint(("MaxBuckets", "Prefix", "BucketRegion"))
    output: Output = {
        "Buckets": [_shown(bucket, is_detailed) for bucket in shown],
        "Owner": owner_of(call.account),
    }
    if token is not None:
        output["ContinuationToken"] = token
    if prefix:
        output["Prefix"] = prefix
    return output


def _shown(bucket: Bucket, is_detailed: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Name": bucket.name,
        "CreationDate": bucket.created_ns / SECOND_NS,
        "BucketArn": bucket.arn,
    }
    if is_detailed:
        shown["BucketRegion"] = bucket.region
    return shown
