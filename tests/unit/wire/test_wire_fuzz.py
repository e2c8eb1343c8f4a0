"""Whatever arrives, the wire answers with a route, a credential or one of AWS's errors.

Rules of this file: requests are built from the words that routing and signatures look for, put
together wrongly, and from noise. Nothing but WireError may come out, and nothing may take long.
"""

from __future__ import annotations

import time
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from cloudchamber.wire.aws_chunked import without_chunks
from cloudchamber.wire.content_encoding import decode_body
from cloudchamber.wire.credentials import parse_credential
from cloudchamber.wire.http import Request
from cloudchamber.wire.routing import Router
from cloudchamber.wire.sigv4 import Verifier
from tests.unit.wire.refusal import refusal

FORM = "application/x-www-form-urlencoded"
NAMES = (
    *("x-amz-target", "authorization", "host", "content-type", "smithy-protocol", "user-agent"),
    *("x-amz-date", "date", "x-amz-content-sha256", "x-amz-account-id", "content-encoding"),
    *("x-amz-decoded-content-length", "x-amz-trailer", "x-amz-copy-source", "x-amz-security-token"),
)
WORDS = (
    *("AWS4-HMAC-SHA256 ", "AWS4-ECDSA-P256-SHA256 ", "AWS ", "Bearer ", "Credential="),
    *("Signature=", "SignedHeaders=", "AKID/20261103/eu-west-1/", "sqs/", "s3/", "aws4_request"),
    *(", ", ";", "host", "AmazonSQS", ".", "SendMessage", "rpc-v2-cbor"),
    *(FORM, "application/x-amz-cbor-1.1", "api/", "Expires="),
    *("localhost", ":4566", "127.0.0.1", "s3", "bucket", "amazonaws.com", "-accesspoint", "["),
    *("/", "//", "%", "%2F", "%FF", "%zz", "..", "service", "operation", "v20180820", "S3Outposts"),
    *("?", "&", "=", "+", "Action", "Version", "2012-11-05", "2011-06-15", "uploads", "partNumber"),
    *("X-Amz-Algorithm=", "X-Amz-Credential=", "X-Amz-Expires=", "X-Amz-SignedHeaders=host&"),
    *("X-Amz-Date=20261103T101112Z&", "20261103T101112Z", "20261103T999999Z", "00000000T000000Z"),
    *("AWSAccessKeyId=", "SignatureMethod=HmacSHA256&", "Tue, 03 Nov 2026 10:11:12 GMT"),
    *("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "UNSIGNED-PAYLOAD", "aws-chunked", "gzip", "5\r\n"),
    *("9" * 400, "\x00", "é", "\ud800", "\u2028", "\u0663", "\u017f", "\U0001f600", "-1", "1e9"),
)

text = st.lists(st.sampled_from(WORDS) | st.text(max_size=5), max_size=10).map("".join)
headers = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), text, max_size=7)
bodies = st.binary(max_size=30) | text.map(lambda part: part.encode("utf-8", "replace"))
methods = st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "", "get", "X Y"])
requests = st.builds(Request, methods, text.map("/".__add__) | text, text, headers, bodies)

ROUTER = Router()
VERIFIER = Verifier()


def look_at(request: Request) -> None:
    """All that happens to a request before its codec reads it."""
    ROUTER.route(request)


def check_signature(request: Request) -> None:
    credential = parse_credential(request)
    if credential is not None:
        VERIFIER.verify(request, credential, "secret", 1_793_700_672)


@settings(max_examples=400)
@given(requests)
def test_noise_is_answered(request: Request) -> None:
    for step in (look_at, check_signature, decode_body, without_chunks):
        error = refusal(partial(step, request))
        assert error is None or (400 <= error.status < 500 or error.status == 501)


SCOPE = "Credential=AKID/20261103/eu-west-1/{}/aws4_request"


@settings(max_examples=200)
@given(
    requests,
    st.sampled_from(["s3", "sqs", "s3express", "lambda", "ec2", "rds", "nope", "", "/"]),
    st.sampled_from(["AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "AWS4-X"]),
    text,
)
def test_noise_that_is_signed_is_answered(
    request: Request, service: str, algorithm: str, signature: str
) -> None:
    scope = SCOPE.format(service)
    header = f"{algorithm} {scope}, SignedHeaders=host;x-amz-date, Signature={signature or 'a'}"
    request.headers["authorization"] = header
    for step in (look_at, check_signature):
        error = refusal(partial(step, request))
        assert error is None or 400 <= error.status < 500


def test_long_input_takes_no_longer_than_it_is() -> None:
    """Paths, queries, headers and forms of a megabyte: nothing here is quadratic."""
    many = 200_000
    start = time.process_time()
    for request in (
        Request("GET", "/a" * many, "", {"host": "localhost"}),
        Request("GET", "/" + "%2F" * many, "&".join(["a=b"] * many), {"host": "localhost"}),
        Request("GET", "/portals/" + "x/" * many, "", {"authorization": "x " + SCOPE}),
        Request("POST", "/", "", {"x-amz-target": "." * many}),
        Request("POST", "/" * many, "", {"smithy-protocol": "rpc-v2-cbor"}),
        Request(
            "POST",
            "/",
            "",
            {"content-type": "application/x-www-form-urlencoded"},
            b"&Action" * many,
        ),
        Request("GET", "/", "", {"host": "s3." * many + "localhost"}),
        Request("GET", "/", "", {"user-agent": "api/" * many, "host": "chime.localhost"}),
        Request("GET", "/", "", {"authorization": "AWS4-HMAC-SHA256 " + "a=b, " * many}),
        Request("GET", "/", "X-Amz-Credential=" + "/" * many, {}),
    ):
        for step in (look_at, check_signature):
            refusal(partial(step, request))
    # A third of a second at the time of writing; anything quadratic takes minutes.
    assert time.process_time() - start < 20
