"""A bucket's public access block and its ownership controls: put, got, deleted.

Rules of this file: both have defaults that hold while nobody has set them (everything blocked, the
bucket's owner owns all), which is not what holds after they were deleted (nothing blocked, whoever
writes owns). https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import errors
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.nouns import Bucket
from cloudchamber.services.s3.public_access import ALL_BLOCKED, BLOCKS

ENFORCED: Final = "BucketOwnerEnforced"
PREFERRED: Final = "BucketOwnerPreferred"
WRITER: Final = "ObjectWriter"
OWNERSHIPS: Final = (ENFORCED, PREFERRED, WRITER)


def put_public_access_block(call: Call, request: Input) -> Output:
    """Say which of the four kinds of public access are blocked; what is not named is not."""
    bucket = expect_bucket(call, request)
    wanted = request.get("PublicAccessBlockConfiguration")
    if not wanted:
        raise errors.invalid_request("Must specify at least one configuration.")
    bucket.public_access_block = {name: bool(wanted.get(name, False)) for name in BLOCKS}
    return {}


def get_public_access_block(call: Call, request: Input) -> Output:
    """Which kinds are blocked by the bucket itself."""
    blocks = expect_bucket(call, request).public_access_block
    if blocks is None:
        return {"PublicAccessBlockConfiguration": dict(ALL_BLOCKED)}
    if not blocks:
        raise AwsError(
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
            404,
            BucketName=request["Bucket"],
        )
    return {"PublicAccessBlockConfiguration": dict(blocks)}


def delete_public_access_block(call: Call, request: Input) -> Output:
    """Block nothing."""
    expect_bucket(call, request).public_access_block = {}
    return {}


def ownership_of(bucket: Bucket) -> str:
    """Who owns what is written to a bucket."""
    if bucket.ownership is None:
        return ENFORCED
    rules = bucket.ownership["Rules"]
    return rules[0]["ObjectOwnership"] if rules else WRITER


def put_bucket_ownership_controls(call: Call, request: Input) -> Output:
    """Say who owns what is written to the bucket.

    Raises InvalidBucketAclWithObjectOwnership while an ACL grants something to others and ACLs are
    to be switched off.
    """
    bucket = expect_bucket(call, request)
    rules = (request.get("OwnershipControls") or {}).get("Rules") or []
    if len(rules) != 1 or rules[0].get("ObjectOwnership") not in OWNERSHIPS:
        raise errors.malformed_xml()
    if rules[0]["ObjectOwnership"] == ENFORCED and bucket.acl is not None:
        raise AwsError(
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
            400,
        )
    bucket.ownership = {"Rules": [{"ObjectOwnership": rules[0]["ObjectOwnership"]}]}
    return {}


def get_bucket_ownership_controls(call: Call, request: Input) -> Output:
    """Who owns what is written to the bucket."""
    bucket = expect_bucket(call, request)
    if bucket.ownership is not None and not bucket.ownership["Rules"]:
        raise AwsError(
            "OwnershipControlsNotFoundError",
            "The bucket ownership controls were not found",
            404,
            BucketName=bucket.name,
        )
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": ownership_of(bucket)}]}}


def delete_bucket_ownership_controls(call: Call, request: Input) -> Output:
    """Let whoever writes an object own it, as it once was."""
    expect_bucket(call, request).ownership = {"Rules": []}
    return {}
