"""Signature Version 2 and S3's own first signature, which old clients and presigned URLs still use.

Rules of this file: pure computation, the time is an argument. boto3 presigns S3 URLs this way
unless told otherwise; SimpleDB and Import/Export know no other way.
See https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote, unquote

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from cloudchamber.wire.query_strings import first_values
from cloudchamber.wire.s3_hosts import read_s3_host
from cloudchamber.wire.scopes import SIGV2_HEADER, Credential, cut, incomplete

# The query parameters that say what is asked for, and so are signed; any other is not.
SUBRESOURCES: Final = frozenset(
    """
    accelerate acl analytics cors defaultObjectAcl delete inventory lifecycle location logging
    metrics notification object-lock partNumber policy replication requestPayment
    response-cache-control response-content-disposition response-content-encoding
    response-content-language response-content-type response-expires restore select select-type
    storageClass tagging torrent uploadId uploads versionId versioning versions website
    """.split()
)
DIGESTS: Final[tuple[str, ...]] = ("HmacSHA256", "HmacSHA1")


def verify(
    request: Request, credential: Credential, secret: str, *, now_s: int | None = None
) -> None:
    """Raises WireError unless the request was signed with this secret. `now_s` as in `sigv4`."""
    if credential.algorithm == SIGV2_HEADER:
        _verify_s3(request, credential, secret, now_s)
    else:
        _verify_query(request, credential, secret)


# --- S3 ----------------------------------------------------------------------------------------


def _verify_s3(request: Request, credential: Credential, secret: str, now_s: int | None) -> None:
    values = first_values(request.query) if credential.presigned else {}
    expires = values.get("Expires", "")
    if credential.presigned:
        if not (expires.isascii() and expires.isdigit()) or len(expires) > 18:
            raise WireError(
                "AccessDenied", f"Invalid date (should be seconds since epoch): {cut(expires)}", 403
            )
        if now_s is not None and now_s > int(expires):
            raise WireError("AccessDenied", "Request has expired", 403, {"Expires": expires})
    first = ""
    for text in _s3_texts(request, values, expires):
        first = first or text
        digest = hmac.digest(secret.encode("utf-8", "replace"), text.encode(), "sha1")
        if hmac.compare_digest(b64encode(digest), credential.signature.encode("utf-8", "replace")):
            return
    raise WireError(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
        403,
        {
            "AWSAccessKeyId": credential.access_key,
            "StringToSign": first,
            "SignatureProvided": credential.signature,
            "StringToSignBytes": first.encode()[:8192].hex(" "),
        },
    )


def _s3_texts(request: Request, values: Mapping[str, str], expires: str) -> Iterator[str]:
    """What may have been signed: the resource with the bucket of its host, or as it stands."""
    headers = dict(request.headers)
    # A presigned URL carries in its query the headers that were signed with it.
    for name, value in values.items():
        if name.lower().startswith("x-amz-") or name.lower() in ("content-type", "content-md5"):
            headers.setdefault(name.lower(), value)
    date = expires or ("" if "x-amz-date" in headers else headers.get("date", ""))
    names = sorted(name for name in headers if name.startswith("x-amz-"))
    custom = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    head = (
        f"{request.method}\n{headers.get('content-md5', '').strip()}\n"
        f"{headers.get('content-type', '').strip()}\n{date}\n{custom}"
    )
    query = _subresources(request.query)
    bucket = read_s3_host(request.headers.get("host", "")).bucket
    paths = [request.path] if bucket is None else [f"/{bucket}{request.path}", request.path]
    for path in paths:
        # Host header names are read as text, so anything that is not is not what was signed.
        yield (head + path + query).encode("utf-8", "replace").decode("utf-8")


def _subresources(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    kept = sorted(
        (name, equals, unquote(value, errors="replace"))
        for name, equals, value in pairs
        if name in SUBRESOURCES
    )
    return "?" + "&".join("".join(pair) for pair in kept) if kept else ""


# --- query services ----------------------------------------------------------------------------


def _verify_query(request: Request, credential: Credential, secret: str) -> None:
    if credential.algorithm not in DIGESTS:
        raise incomplete(f"Unsupported SignatureMethod: '{cut(credential.algorithm)}'.")
    raw = request.body.decode("utf-8", "replace") if request.method == "POST" else request.query
    values = first_values(raw)
    pairs = sorted((name, value) for name, value in values.items() if name != "Signature")
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs
    )
    # boto encodes a dot in a value, which the documentation does not; both are taken.
    dotted = "&".join(f"{quote(name, safe='')}={_boto(value)}" for name, value in pairs)
    host = request.headers.get("host", "")
    digest = credential.algorithm.removeprefix("Hmac").lower()
    for text in (query, dotted):
        signed = f"{request.method}\n{host}\n{request.path or '/'}\n{text}"
        ours = hmac.digest(
            secret.encode("utf-8", "replace"), signed.encode("utf-8", "replace"), digest
        )
        theirs = credential.signature.encode("utf-8", "replace")
        if hmac.compare_digest(b64encode(ours), theirs):
            return
    raise WireError(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your "
        "AWS Secret Access Key and signing method. Consult the service documentation for details.",
        403,
    )


def _boto(value: str) -> str:
    return quote(value, safe="-_~")
