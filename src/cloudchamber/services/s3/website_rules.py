"""What a bucket's web site is: its index, its error document, its redirects; checked and kept.

Rules of this file: no page is answered here (see `websites.py`).
https://docs.aws.amazon.com/AmazonS3/latest/userguide/HowDoIWebsiteConfiguration.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import errors
from cloudchamber.services.s3.lookup import expect_bucket

RULES_MAX: Final = 50
PROTOCOLS: Final = ("http", "https")
REDIRECT_CODES: Final = range(300, 400)
ERROR_CODES: Final = range(400, 600)


def put_bucket_website(call: Call, request: Input) -> Output:
    """Make the bucket a web site. Raises InvalidArgument, InvalidRequest, MalformedXML."""
    bucket = expect_bucket(call, request)
    wanted = request.get("WebsiteConfiguration") or {}
    everything = wanted.get("RedirectAllRequestsTo")
    if everything is not None:
        if len(wanted) > 1:
            raise errors.invalid_argument(
                "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
                "RedirectAllRequestsTo",
                "null",
            )
        _check_protocol(everything)
    else:
        suffix = (wanted.get("IndexDocument") or {}).get("Suffix")
        if suffix is None:
            raise errors.invalid_argument(
                "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is "
                "empty",
                "IndexDocument",
                "null",
            )
        if not suffix or "/" in suffix:
            raise errors.invalid_argument(
                "The IndexDocument Suffix is not well formed", "IndexDocument", suffix
            )
        if "ErrorDocument" in wanted and not (wanted["ErrorDocument"] or {}).get("Key"):
            raise errors.invalid_argument(
                "The ErrorDocument Key is not well formed", "ErrorDocument", ""
            )
        _check_rules(wanted.get("RoutingRules") or [])
    bucket.website = dict(wanted)
    return {}


def _check_rules(rules: list[Mapping[str, Any]]) -> None:
    if len(rules) > RULES_MAX:
        raise errors.invalid_request(
            f"{len(rules)} routing rules provided, the number of routing rules in a website "
            f"configuration is limited to {RULES_MAX}."
        )
    for rule in rules:
        redirect = rule.get("Redirect")
        if not redirect:
            raise errors.malformed_xml()
        _check_protocol(redirect)
        if "ReplaceKeyWith" in redirect and "ReplaceKeyPrefixWith" in redirect:
            raise errors.invalid_request(
                "You can only define ReplaceKeyPrefix or ReplaceKey but not both."
            )
        _check_code(redirect.get("HttpRedirectCode"), REDIRECT_CODES, "HTTP redirect code", "3XX")
        condition = rule.get("Condition")
        if condition is not None:
            if not condition:
                raise errors.invalid_request(
                    "Condition cannot be empty. To redirect all requests without a condition, the "
                    "condition element shouldn't be present."
                )
            _check_code(
                condition.get("HttpErrorCodeReturnedEquals"), ERROR_CODES, "HTTP error code",
                "4XX or 5XX",
            )  # fmt: skip


def _check_code(code: str | None, span: range, name: str, form: str) -> None:
    if code is not None and not (code.isdigit() and int(code) in span):
        raise errors.invalid_request(
            f"The provided {name} ({code}) is not valid. Valid codes are {form}."
        )


def _check_protocol(redirect: Mapping[str, Any]) -> None:
    protocol = redirect.get("Protocol")
    if protocol is not None and protocol not in PROTOCOLS:
        raise errors.invalid_request("Invalid protocol, protocol can be http or https.")


def get_bucket_website(call: Call, request: Input) -> Output:
    """What the web site is. Raises NoSuchWebsiteConfiguration."""
    bucket = expect_bucket(call, request)
    if bucket.website is None:
        raise AwsError(
            "NoSuchWebsiteConfiguration",
            "The specified bucket does not have a website configuration",
            404,
            BucketName=bucket.name,
        )
    return dict(bucket.website)


def delete_bucket_website(call: Call, request: Input) -> Output:
    """The bucket is no web site any more."""
    expect_bucket(call, request).website = None
    return {}
