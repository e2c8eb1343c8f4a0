"""Tags by ARN: of access points here, of buckets through S3.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_TagResource.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3control.lookup import PREFIX, check_account, expect_point

TAGS_MAX: Final = 50


def tag_resource(call: Call, request: Input) -> Output:
    """Add tags, or change their values. Raises TooManyTags."""
    added = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    tags = {**_tags(call, request), **added}
    if len(tags) > TAGS_MAX:
        raise AwsError("BadRequest", f"Bucket tags cannot be greater than {TAGS_MAX}", 400)
    _write(call, request, tags)
    return {}


def untag_resource(call: Call, request: Input) -> Output:
    """Take tags away."""
    gone = request["TagKeys"]
    kept = {key: value for key, value in _tags(call, request).items() if key not in gone}
    _write(call, request, kept)
    return {}


def list_tags_for_resource(call: Call, request: Input) -> Output:
    """The tags, by key."""
    tags = _tags(call, request)
    return {"Tags": [{"Key": key, "Value": tags[key]} for key in sorted(tags)]}


def arn_of_resource(call: Call, request: Input) -> str:
    """The ARN that a permission is asked on."""
    arn: str = request["ResourceArn"]
    return arn


def _bucket(request: Input) -> str:
    """The bucket of an ARN, "" for an access point. Raises InvalidRequest for anything else."""
    arn: str = request["ResourceArn"]
    name = arn.partition(":::")[2]
    if name and "/" not in name:
        return name
    if f":{PREFIX}" in arn:
        return ""
    raise AwsError("InvalidRequest", f"{arn} is no bucket and no access point", 400)


def _tags(call: Call, request: Input) -> dict[str, str]:
    bucket = _bucket(request)
    if not bucket:
        return expect_point(call, {**request, "Name": request["ResourceArn"]}).tags
    check_account(call, request)
    try:
        got: dict[str, Any] = call.invoke("s3", "GetBucketTagging", {"Bucket": bucket})
    except AwsError as error:
        if error.code != "NoSuchTagSet":
            raise
        return {}
    return {tag["Key"]: tag["Value"] for tag in got["TagSet"]}


def _write(call: Call, request: Input, tags: dict[str, str]) -> None:
    bucket = _bucket(request)
    if not bucket:
        expect_point(call, {**request, "Name": request["ResourceArn"]}).tags = tags
        return
    tag_set = [{"Key": key, "Value": value} for key, value in tags.items()]
    call.invoke("s3", "PutBucketTagging", {"Bucket": bucket, "Tagging": {"TagSet": tag_set}})
