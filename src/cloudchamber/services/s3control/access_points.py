"""Access points: made, looked at, listed, deleted, and their policies.

Rules of this file: an access point is a name with a policy of its own; what comes through it is
S3's business. https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points.html
"""

from __future__ import annotations

import re
from typing import Any, Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3control.lookup import check_account, expect_point
from cloudchamber.services.s3control.nouns import ACCESS_POINTS, ALIASES, AccessPoint, Alias

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,48}[a-z0-9]")
ALIAS_END: Final = "-s3alias"
ALIAS_HEAD_MAX: Final = 20
ALIAS_DIGITS: Final = 34
PAGE_MAX: Final = 1000
BLOCKS: Final = (
    "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets",
)  # fmt: skip


def create_access_point(call: Call, request: Input) -> Output:
    """Give a bucket one more name. Raises AccessPointAlreadyOwnedByYou, NoSuchBucket."""
    check_account(call, request)
    name, bucket = request["Name"], request["Bucket"]
    if NAME.fullmatch(name) is None or name.endswith(ALIAS_END):
        raise _invalid("The specified accesspoint name is not valid", "AccessPointName", name)
    if request.get("Scope"):
        raise AwsError(
            "InvalidRequest", "Scope is supported only for access points for directory buckets", 400
        )
    call.cloud.registry.expect("s3")
    ask = call.port(ports.BUCKET)
    found = ask(call.cloud, bucket) if ask else None
    if found is None or found[1] != call.region:
        raise AwsError(
            "NoSuchBucket", "The specified bucket does not exist", 404, BucketName=bucket
        )
    owner = request.get("BucketAccountId", call.account)
    if found[0] != owner:
        raise AwsError("AccessDenied", "Access Denied", 403)
    points = call.rows(ACCESS_POINTS)
    if name in points:
        raise AwsError(
            "AccessPointAlreadyOwnedByYou",
            "Your previous request to create the named accesspoint succeeded and you already own "
            "it.",
            409,
            AccessPointName=name,
        )
    if len(points) >= call.quota("access-points"):
        message = "You have attempted to create more access points than allowed"
        raise AwsError("TooManyAccessPoints", message, 400)
    arn = call.arn(f"accesspoint/{name}")
    drawn = call.stream(arn, "alias").hex(ALIAS_DIGITS)
    alias = f"{name[:ALIAS_HEAD_MAX].rstrip('-')}-{drawn}{ALIAS_END}"
    wanted = request.get("PublicAccessBlockConfiguration")
    points[name] = AccessPoint(
        name=name,
        arn=arn,
        alias=alias,
        account=call.account,
        region=call.region,
        bucket=bucket,
        bucket_account=owner,
        created_ns=call.now,
        vpc=(request.get("VpcConfiguration") or {}).get("VpcId", ""),
        blocks={kind: True if wanted is None else bool(wanted.get(kind)) for kind in BLOCKS},
        tags={tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()},
    )
    call.rows(ALIASES, "", "")[alias] = Alias(call.account, call.region, name)
    return {"AccessPointArn": arn, "Alias": alias}


def delete_access_point(call: Call, request: Input) -> Output:
    """Take a name from a bucket."""
    point = expect_point(call, request)
    del call.rows(ALIASES, "", "")[point.alias]
    del call.rows(ACCESS_POINTS)[point.name]
    return {}


def get_access_point(call: Call, request: Input) -> Output:
    """What an access point is."""
    point = expect_point(call, request)
    host = f"s3-accesspoint.{point.region}.amazonaws.com"
    return {
        **_listed(point),
        "PublicAccessBlockConfiguration": point.blocks,
        "CreationDate": point.created_ns / SECOND_NS,
        "Endpoints": {
            "dualstack": f"s3-accesspoint.dualstack.{point.region}.amazonaws.com",
            "fips": f"s3-accesspoint-fips.{point.region}.amazonaws.com",
            "fips_dualstack": f"s3-accesspoint-fips.dualstack.{point.region}.amazonaws.com",
            "ipv4": host,
        },
    }


def _listed(point: AccessPoint) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Name": point.name,
        "Bucket": point.bucket,
        "NetworkOrigin": "VPC" if point.vpc else "Internet",
        "Alias": point.alias,
        "AccessPointArn": point.arn,
        "BucketAccountId": point.bucket_account,
    }
    if point.vpc:
        shown["VpcConfiguration"] = {"VpcId": point.vpc}
    return shown


def list_access_points(call: Call, request: Input) -> Output:
    """The access points of an account in a Region, by name; only a bucket's, if it is named."""
    check_account(call, request)
    bucket = request.get("Bucket")
    size = min(request.get("MaxResults") or PAGE_MAX, PAGE_MAX)
    points = [
        point
        for point in call.rows(ACCESS_POINTS).values()
        if bucket is None or point.bucket == bucket
    ]
    try:
        shown, token = page(points, lambda each: each.name, request.get("NextToken"), size)
    except BadToken:
        raise _invalid("The continuation token is not valid", "nextToken", "") from None
    output: Output = {"AccessPointList": [_listed(point) for point in shown]}
    if token is not None:
        output["NextToken"] = token
    return output


def put_access_point_policy(call: Call, request: Input) -> Output:
    """Attach a policy. Raises MalformedPolicy, AccessDenied (public ones are blocked)."""
    point = expect_point(call, request)
    if _is_public(call, request["Policy"], point) and point.blocks.get("BlockPublicPolicy"):
        raise AwsError("AccessDenied", "Access Denied", 403)
    point.policy = request["Policy"]
    return {}


def get_access_point_policy(call: Call, request: Input) -> Output:
    """The policy as it came."""
    return {"Policy": _expect_policy(expect_point(call, request))}


def delete_access_point_policy(call: Call, request: Input) -> Output:
    """Detach the policy."""
    expect_point(call, request).policy = ""
    return {}


def get_access_point_policy_status(call: Call, request: Input) -> Output:
    """Whether the policy is public."""
    point = expect_point(call, request)
    return {"PolicyStatus": {"IsPublic": _is_public(call, _expect_policy(point), point)}}


def _is_public(call: Call, text: str, point: AccessPoint) -> bool:
    call.cloud.registry.expect("s3")
    ask = call.port(ports.PUBLIC_POLICY)
    return bool(ask(call.cloud, text, point.arn))


def _expect_policy(point: AccessPoint) -> str:
    if not point.policy:
        raise AwsError(
            "NoSuchAccessPointPolicy", "The specified accesspoint policy does not exist", 404,
            AccessPointName=point.name,
        )  # fmt: skip
    return point.policy


def _invalid(message: str, name: str, value: str) -> AwsError:
    return AwsError("InvalidRequest", message, 400, ArgumentName=name, ArgumentValue=value)
