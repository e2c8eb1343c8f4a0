"""Which pages of other origins may ask for what of a bucket.

Rules of this file: the configuration is checked, kept and read; requests of browsers come by the
house (`cloud/sharing.py`), which asks `shared`. The first rule that fits an origin, a method and
all headers counts. https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import errors
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.nouns import BUCKETS

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

METHODS: Final = ("GET", "PUT", "HEAD", "POST", "DELETE")
RULES_MAX: Final = 100
VARY: Final = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
NOT_ENABLED: Final = "CORSResponse: CORS is not enabled for this bucket."
# The misspelling is S3's own.
NOT_ALLOWED: Final = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of "
    "Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are "
    "not whitelisted by the resource's CORS spec."
)


def put_bucket_cors(call: Call, request: Input) -> Output:
    """Replace the rules. Raises InvalidRequest, MalformedXML."""
    bucket = expect_bucket(call, request)
    rules = (request.get("CORSConfiguration") or {}).get("CORSRules") or []
    if not 0 < len(rules) <= RULES_MAX:
        raise errors.malformed_xml()
    for rule in rules:
        _check(rule)
    bucket.cors = {"CORSRules": list(rules)}
    return {}


def _check(rule: Mapping[str, Any]) -> None:
    if not rule.get("AllowedMethods") or not rule.get("AllowedOrigins"):
        raise errors.malformed_xml()
    for method in rule["AllowedMethods"]:
        if method not in METHODS:
            raise errors.invalid_request(
                f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            )
    for name, member in (("AllowedOrigin", "AllowedOrigins"), ("AllowedHeader", "AllowedHeaders")):
        for value in rule.get(member) or ():
            if value.count("*") > 1:
                raise errors.invalid_request(
                    f'{name} "{value}" can not have more than one wildcard.'
                )
    for header in rule.get("ExposeHeaders") or ():
        if "*" in header:
            raise errors.invalid_request(
                f'ExposeHeader "{header}" contains wildcard. We currently do not support wildcard '
                "for ExposeHeader."
            )


def get_bucket_cors(call: Call, request: Input) -> Output:
    """The rules. Raises NoSuchCORSConfiguration."""
    bucket = expect_bucket(call, request)
    if bucket.cors is None:
        raise AwsError(
            "NoSuchCORSConfiguration",
            "The CORS configuration does not exist",
            404,
            BucketName=bucket.name,
        )
    return dict(bucket.cors)


def delete_bucket_cors(call: Call, request: Input) -> Output:
    """Delete the rules."""
    expect_bucket(call, request).cors = None
    return {}


def shared(
    cloud: Cloud, name: str, origin: str, method: str, wanted: Iterable[str] = ()
) -> dict[str, str]:
    """The headers that let a page of `origin` see an answer of a bucket.

    `wanted` are the headers it means to send. Raises AccessForbidden.
    """
    bucket = cloud.store.rows(BUCKETS, "", "").get(name)
    if bucket is None or bucket.cors is None:
        raise AwsError("AccessForbidden", NOT_ENABLED, 403, Method=method, ResourceType="BUCKET")
    for rule in bucket.cors["CORSRules"]:
        fitting = next((each for each in rule["AllowedOrigins"] if _fits(each, origin)), None)
        if fitting is None or method not in rule["AllowedMethods"]:
            continue
        allowed = [each.lower() for each in rule.get("AllowedHeaders") or ()]
        if all(any(_fits(each, name.lower()) for each in allowed) for name in wanted):
            return _headers(rule, fitting, origin, list(wanted))
    raise AwsError("AccessForbidden", NOT_ALLOWED, 403, Method=method, ResourceType="OBJECT")


def _headers(
    rule: Mapping[str, Any], fitting: str, origin: str, wanted: list[str]
) -> dict[str, str]:
    told = {
        "access-control-allow-origin": "*" if fitting == "*" else origin,
        "access-control-allow-methods": ", ".join(rule["AllowedMethods"]),
        "vary": VARY,
    }
    if fitting != "*":
        told["access-control-allow-credentials"] = "true"
    if wanted:
        told["access-control-allow-headers"] = ", ".join(name.lower() for name in wanted)
    if rule.get("ExposeHeaders"):
        told["access-control-expose-headers"] = ", ".join(rule["ExposeHeaders"])
    if "MaxAgeSeconds" in rule:
        told["access-control-max-age"] = str(rule["MaxAgeSeconds"])
    return told


def _fits(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))))
