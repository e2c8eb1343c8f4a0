"""What answers at host names of Lambda's own: function URLs, and the archives of packages.

Rules of this file: HTTP in, an event of payload format 2.0 out, and the other way round. A function
URL invokes as Invoke does, and waits as it does.
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

import msgspec

from cloudchamber.cloud.answer_streams import AnswerStream
from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.blobs import Streamed
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output, Waiting
from cloudchamber.services.lambda_ import preludes, refusals, streamed_answers
from cloudchamber.services.lambda_.invocations import check_invocable
from cloudchamber.services.lambda_.invoking import (
    Answer,
    answer_of,
    has_begun,
    ticket_of,
    until_done,
)
from cloudchamber.services.lambda_.locations import proof
from cloudchamber.services.lambda_.names import Target, find_function, find_version
from cloudchamber.services.lambda_.nouns import (
    FUNCTIONS,
    INVOCATIONS,
    LAYERS,
    URLS,
    Function,
    Invocation,
    Package,
    Url,
)
from cloudchamber.services.lambda_.streamed_answers import SiteParts

_FORBIDDEN: Final = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)
_TEXT: Final = ("text/", "application/json", "application/javascript", "application/xml",
                "application/x-www-form-urlencoded")  # fmt: skip
_GONE: Final = Url("", "NONE", "BUFFERED", {}, 0, 0)  # was taken away while somebody waited
_INSTANT: Final = re.compile(r"[0-9]{1,20}")
_STREAM: Final = "RESPONSE_STREAM"


def _found(call: Call, request: Input) -> tuple[Function, Target, Url] | None:
    place = call.rows(URLS).get(request["Prefix"])
    if place is None:
        return None
    target = Target(place.account, place.region, place.name, place.qualifier)
    function = find_function(call, target)
    url = function.urls.get(place.qualifier) if function is not None else None
    return None if function is None or url is None else (function, target, url)


def arn_of_url(call: Call, request: Input) -> str:
    """The function that a permission on a URL is asked on."""
    found = _found(call, request)
    return "*" if found is None else found[1].arn


def context_of_request(call: Call, request: Input) -> dict[str, tuple[str, ...]]:
    """Condition key lambda:FunctionUrlAuthType of a request to a URL."""
    found = _found(call, request)
    auth = found[2].auth if found is not None else ""
    return {"lambda:FunctionUrlAuthType": (auth,)} if auth else {}


def serve_url(call: Call, request: Input) -> Output | Waiting:
    """A request to a function URL."""
    found = _found(call, request)
    if has_begun(call):
        url = found[2] if found is not None else _GONE
        return _serve(call, request, url, until_done(call, call.request_id))
    if found is None:
        # "Forbidden", and not a word of whether it ever was there.
        raise AwsError("AccessDeniedException", _FORBIDDEN, 403)
    function, target, url = found
    headers: dict[str, str] = request["Headers"]
    cors = _cors_headers(url, headers)
    if url.cors and request["Method"] == "OPTIONS" and "origin" in headers:
        return {"Status": 200, "Headers": {**cors, "content-length": "0"}, "Body": b""}
    if url.auth == "AWS_IAM" and call.cloud.settings.iam == "enforce" and request["Problem"]:
        raise AwsError("SignatureDoesNotMatch", request["Problem"], 403)
    if len(request["Body"]) > call.quota("url-payload-bytes"):
        raise refusals.too_large(len(request["Body"]), call.quota("url-payload-bytes"))
    version = find_version(function, target.qualifier)
    if version is None:
        raise AwsError("AccessDeniedException", _FORBIDDEN, 403)
    # "New function URLs require both lambda:InvokeFunctionUrl and lambda:InvokeFunction."
    extra = {**context_of_request(call, request), "lambda:InvokedViaFunctionUrl": ("true",)}
    require(call, "lambda:InvokeFunction", target.arn, extra=extra)
    check_invocable(call, function, version)
    payload = msgspec.json.encode(_event(call, request, url))
    if url.mode != _STREAM:
        return _serve(call, request, url, answer_of(call, function, target.qualifier, payload))
    answer = answer_of(call, function, target.qualifier, payload, takes_stream=True)
    return _serve_stream(call, request, url, ticket_of(call, function), answer)


def _serve(call: Call, request: Input, url: Url, answer: Answer) -> Waiting:
    return _response(call, request, url, (yield from answer))


def _serve_stream(call: Call, request: Input, url: Url, ticket: str, answer: Answer) -> Waiting:
    """The same, told as it comes. What was told need not be said again."""
    parts = SiteParts(lambda: _own_headers(request, url, call.rows(INVOCATIONS)[ticket]))
    with AnswerStream(call, ticket, parts.tell) as stream:
        row = yield from answer
    response = _response(call, request, url, row)
    if stream.has_begun and row.status == "ok":
        response.update(Status=200, Body=b"")
    return response


def _own_headers(request: Input, url: Url, row: Invocation) -> dict[str, str]:
    """The headers of every answer of a function URL."""
    return {
        **_cors_headers(url, request["Headers"]),
        "x-amzn-requestid": row.request_id,
        "x-amzn-trace-id": row.trace,
    }


def _event(call: Call, request: Input, url: Url) -> dict[str, Any]:
    """The event of payload format 2.0."""
    headers: dict[str, str] = dict(request["Headers"])
    cookies = [each.strip() for each in headers.pop("cookie", "").split(";") if each.strip()]
    host = headers.get("host", "")
    path = unquote(request["Path"])
    at = datetime.fromtimestamp(call.started_ns // SECOND_NS, UTC)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request["Query"],
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous" if url.auth == "NONE" else call.caller.account,
            "apiId": url.id,
            "domainName": host.partition(":")[0],
            "domainPrefix": url.id,
            "http": {
                "method": request["Method"],
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": call.origin.source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": call.request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": at.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": call.started_ns // 1_000_000,
        },
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if request["Query"]:
        event["queryStringParameters"] = _query(request["Query"])
    if url.auth == "AWS_IAM":
        caller = call.caller
        event["requestContext"]["authorizer"] = {
            "iam": {
                "accessKey": caller.access_key or caller.session,
                "accountId": caller.account,
                "callerId": caller.user_id,
                "cognitoIdentity": None,
                "principalOrgId": None,
                "userArn": caller.arn,
                "userId": caller.user_id,
            }
        }
    body: bytes = request["Body"]
    if body:
        event.update(_body(body, headers.get("content-type", "")))
    return event


def _query(text: str) -> dict[str, str]:
    """Query parameters; what is repeated is joined with commas."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _body(body: bytes, content_type: str) -> dict[str, Any]:
    """Text as it is, everything else in base64; by the content type, as AWS does."""
    if not content_type or content_type.startswith(_TEXT):
        try:
            return {"body": body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


# Answers


def _response(call: Call, request: Input, url: Url, row: Invocation) -> dict[str, Any]:
    response = _told(call, row, url)
    response["Headers"] = {**response["Headers"], **_own_headers(request, url, row)}
    return response


def _told(call: Call, row: Invocation, url: Url) -> dict[str, Any]:
    """What the function has said, in HTTP."""
    if row.status != "ok":
        # "502 Bad Gateway" with BUFFERED and an error of the function.
        return _plain(502, "Internal Server Error")
    if row.is_streamed and row.content_type == preludes.CONTENT_TYPE:
        return _with_prelude(call, row)
    if row.is_streamed or url.mode == _STREAM:
        headers = {"content-type": row.content_type or streamed_answers.BYTES}
        return {"Status": 200, "Headers": headers, "Body": streamed_answers.body(call, row, 0)}
    return _buffered(row.payload)


def _plain(status: int, text: str) -> dict[str, Any]:
    headers = {"content-type": "application/json"}
    return {"Status": status, "Headers": headers, "Body": text.encode()}


def _with_prelude(call: Call, row: Invocation) -> dict[str, Any]:
    try:
        found = preludes.find_prelude(row.payload)
    except preludes.PreludeError:
        found = None
    if found is None:
        return _plain(502, "Internal Server Error")
    body = streamed_answers.body(call, row, found.length)
    return {"Status": found.status, "Headers": found.headers, "Body": body}


def _buffered(payload: bytes) -> dict[str, Any]:
    """What a function returned: with `statusCode` it is taken at its word, else it is the body."""
    json = {"content-type": "application/json"}
    try:
        told = msgspec.json.decode(payload) if payload else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {"Status": 200, "Headers": json, "Body": payload}
    if not isinstance(told, dict) or "statusCode" not in told:
        body = told.encode() if isinstance(told, str) else payload
        return {"Status": 200, "Headers": json, "Body": body}
    headers = {**json, **preludes.headers_of(told)}
    body = told.get("body", "")
    text = body if isinstance(body, str) else msgspec.json.encode(body).decode()
    try:
        status = int(told["statusCode"])
        data = base64.b64decode(text) if told.get("isBase64Encoded") else text.encode()
    except (TypeError, ValueError, binascii.Error):
        return _plain(502, "Internal Server Error")
    return {"Status": status, "Headers": headers, "Body": data}


def _cors_headers(url: Url, asked: dict[str, str]) -> dict[str, str]:
    """What CORS adds to an answer, for a caller whose origin is allowed."""
    origin, cors = asked.get("origin", ""), url.cors
    allowed = cors.get("AllowOrigins", ())
    if not cors or not origin or not ("*" in allowed or origin in allowed):
        return {}
    found = {
        "access-control-allow-origin": "*" if "*" in allowed else origin,
        "vary": "Origin",
    }
    if cors.get("AllowCredentials"):
        found["access-control-allow-credentials"] = "true"
    for member, name in (
        ("AllowMethods", "access-control-allow-methods"),
        ("AllowHeaders", "access-control-allow-headers"),
        ("ExposeHeaders", "access-control-expose-headers"),
    ):
        if cors.get(member):
            found[name] = ",".join(cors[member])
    if cors.get("MaxAge"):
        found["access-control-max-age"] = str(cors["MaxAge"])
    return found


# Packages


def serve_code(call: Call, request: Input) -> Output:
    """The archive of a `Location`, to whoever has it, until its ten minutes are over."""
    until, _, seal = request["Path"].strip("/").partition("/")
    package = next((each for each in _packages(call) if each.name == request["Prefix"]), None)
    if (
        package is None
        or request["Method"] not in ("GET", "HEAD")
        or not _INSTANT.fullmatch(until)
        or proof(package, int(until)) != seal
    ):
        raise AwsError("AccessDenied", "Access Denied", 403)
    if call.now >= int(until):
        raise AwsError("AccessDenied", "Request has expired", 403)
    length = call.blobs.store.find_length(package.name) or 0
    body = Streamed([call.blobs.slice(package.name, package.key, 0, length)])
    return {"Status": 200, "Headers": {"content-type": "application/zip"}, "Body": body}


def _packages(call: Call) -> Iterator[Package]:
    store = call.cloud.store
    for _, _, functions in store.scopes(FUNCTIONS):
        for function in functions.values():
            yield function.latest.code
            for version in function.versions.values():
                yield version.code
    for _, _, layers in store.scopes(LAYERS):
        for layer in layers.values():
            for each in layer.versions.values():
                yield each.code
