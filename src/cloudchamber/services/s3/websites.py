"""Answering a browser at a bucket's web site: pages, index documents, redirects, error documents.

Rules of this file: the visitor is nobody, so objects are got as the bucket lets anybody get them.
Errors are HTML. A path is tried as a key, then as a folder (its index document).
https://docs.aws.amazon.com/AmazonS3/latest/userguide/IndexDocumentSupport.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote, unquote

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import ANONYMOUS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import errors
from cloudchamber.services.s3.event_delivery import host_id
from cloudchamber.services.s3.lookup import find_bucket
from cloudchamber.services.s3.nouns import Bucket
from cloudchamber.services.s3.versions import find_live, http_date

OK, MOVED, FOUND, NOT_MODIFIED = 200, 301, 302, 304
NOT_FOUND, NOT_ALLOWED = 404, 405
BROWSED: Final = ("GET", "HEAD")
REASONS: Final = MappingProxyType(
    {
        400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        412: "Precondition Failed", 416: "Requested Range Not Satisfiable",
        500: "Internal Server Error",
    }
)  # fmt: skip
# header of the answer -> member of GetObject's output
HEADERS: Final = MappingProxyType(
    {
        "content-type": "ContentType",
        "cache-control": "CacheControl",
        "content-disposition": "ContentDisposition",
        "content-encoding": "ContentEncoding",
        "content-language": "ContentLanguage",
        "content-range": "ContentRange",
        "etag": "ETag",
        "expires": "Expires",
        "x-amz-version-id": "VersionId",
    }
)
# header of the question -> member of GetObject's input
ASKED: Final = MappingProxyType(
    {"range": "Range", "if-match": "IfMatch", "if-none-match": "IfNoneMatch"}
)


def visit(call: Call, request: Input) -> Output:
    """Answer one request to a web site."""
    bucket = find_bucket(call, request["Prefix"])
    key = unquote(request["Path"]).removeprefix("/")
    if bucket is None:
        return _page(call, request, errors.no_such_bucket(request["Prefix"]))
    if bucket.website is None:
        missing = AwsError(
            "NoSuchWebsiteConfiguration",
            "The specified bucket does not have a website configuration",
            NOT_FOUND,
            BucketName=bucket.name,
        )
        return _page(call, request, missing)
    if request["Method"] not in BROWSED:
        refused = errors.method_not_allowed(request["Method"], "OBJECT")
        return _page(call, request, refused)
    site = bucket.website
    everything = site.get("RedirectAllRequestsTo")
    if everything is not None:
        return _redirect(call, request, everything, key, "", MOVED)
    for rule in _rules(site, key, None):
        return _follow(call, request, rule, key)
    try:
        return _found(call, bucket, request, key)
    except AwsError as error:
        if error.status == NOT_MODIFIED:
            return {"Status": NOT_MODIFIED, "Headers": {}, "Body": b""}
        for rule in _rules(site, key, str(error.status)):
            return _follow(call, request, rule, key)
        return _error_document(call, bucket, request, error)


def _found(call: Call, bucket: Bucket, request: Input, key: str) -> Output:
    """The object of a path, or of its index document. Raises AwsError."""
    assert bucket.website is not None
    suffix = bucket.website["IndexDocument"]["Suffix"]
    if not key or key.endswith("/"):
        return _object(call, bucket, request, key + suffix)
    if find_live(call, bucket, key) is None:
        folder = f"{key}/{suffix}"
        if find_live(call, bucket, folder) is not None:
            return _moved(call, request, f"/{quote(key)}/", FOUND)
    return _object(call, bucket, request, key)


def _object(call: Call, bucket: Bucket, request: Input, key: str, status: int = OK) -> Output:
    asked = {"Bucket": bucket.name, "Key": key}
    if status == OK:
        given = request["Headers"]
        asked |= {member: given[name] for name, member in ASKED.items() if name in given}
    got = call.invoke(
        "s3", "GetObject", asked, caller=ANONYMOUS, account=bucket.account, region=bucket.region
    )
    redirect = got.get("WebsiteRedirectLocation")
    if redirect and status == OK:
        return _moved(call, request, redirect, MOVED)
    headers = {name: str(got[member]) for name, member in HEADERS.items() if member in got}
    headers |= _identity(call)
    headers["last-modified"] = http_date(int(got["LastModified"] * 10**9))
    for name, value in (got.get("Metadata") or {}).items():
        headers[f"x-amz-meta-{name}"] = value
    if status == OK and "ContentRange" in got:
        status = 206
    body = got.get("Body", b"")
    if request["Method"] == "HEAD":
        headers["content-length"] = str(got["ContentLength"])
        body = b""
    return {"Status": status, "Headers": headers, "Body": body}


def _rules(site: Mapping[str, Any], key: str, status: str | None) -> list[Mapping[str, Any]]:
    """The routing rules that fit a key, before it is looked for or after it answered `status`."""
    fitting = []
    for rule in site.get("RoutingRules") or ():
        condition = rule.get("Condition") or {}
        if condition.get("HttpErrorCodeReturnedEquals") != status:
            continue
        if key.startswith(condition.get("KeyPrefixEquals", "")):
            fitting.append(rule)
    return fitting


def _follow(call: Call, request: Input, rule: Mapping[str, Any], key: str) -> Output:
    redirect = rule["Redirect"]
    prefix = (rule.get("Condition") or {}).get("KeyPrefixEquals", "")
    return _redirect(
        call, request, redirect, key, prefix, int(redirect.get("HttpRedirectCode", MOVED))
    )


def _redirect(
    call: Call, request: Input, redirect: Mapping[str, Any], key: str, prefix: str, status: int
) -> Output:
    host = redirect.get("HostName") or request["Headers"].get("host", "")
    protocol = redirect.get("Protocol") or call.origin.scheme
    if "ReplaceKeyWith" in redirect:
        key = redirect["ReplaceKeyWith"]
    elif "ReplaceKeyPrefixWith" in redirect:
        key = redirect["ReplaceKeyPrefixWith"] + key[len(prefix) :]
    return _moved(call, request, f"{protocol}://{host}/{quote(key)}", status)


def _moved(call: Call, request: Input, location: str, status: int) -> Output:
    headers = {"location": location, **_identity(call)}
    return {"Status": status, "Headers": headers, "Body": b""}


def _error_document(call: Call, bucket: Bucket, request: Input, error: AwsError) -> Output:
    """The site's own page for an error, or S3's."""
    assert bucket.website is not None
    document = (bucket.website.get("ErrorDocument") or {}).get("Key")
    if document is None or not 400 <= error.status < 500:
        return _page(call, request, error)
    try:
        return _object(call, bucket, request, document, error.status)
    except AwsError as missing:
        return _page(call, request, error, (document, missing))


def _page(
    call: Call,
    request: Input,
    error: AwsError,
    failed: tuple[str, AwsError] | None = None,
) -> Output:
    """S3's own error page; `failed` is the error document that could not be had, and why."""
    title = f"{error.status} {REASONS.get(error.status, 'Error')}"
    lines = [f"Code: {error.code}", f"Message: {error.message}"]
    lines += [f"{name}: {value}" for name, value in (error.fields or {}).items()]
    lines += [f"RequestId: {call.request_id}", f"HostId: {host_id(call.request_id)}"]
    items = "".join(f"<li>{escape(str(line))}</li>\n" for line in lines)
    more = ""
    if failed is not None:
        name, why = failed
        more = (
            "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n"
            f"<ul>\n<li>Code: {escape(why.code)}</li>\n<li>Message: {escape(why.message)}</li>\n"
            f"<li>Key: {escape(name)}</li>\n</ul>\n"
        )
    text = (
        f"<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n"
        f"<ul>\n{items}</ul>\n{more}<hr/>\n</body>\n</html>\n"
    )
    headers = {
        "content-type": "text/html; charset=utf-8",
        "x-amz-error-code": error.code,
        "x-amz-error-message": error.message,
        **_identity(call),
    }
    body = b"" if request["Method"] == "HEAD" else text.encode()
    return {"Status": error.status, "Headers": headers, "Body": body}


def _identity(call: Call) -> dict[str, str]:
    return {"x-amz-request-id": call.request_id, "x-amz-id-2": host_id(call.request_id)}
