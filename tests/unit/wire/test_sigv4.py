"""Signatures: botocore's verify here, ours are botocore's, AWS's examples hold, changes do not.

Rules of this file: botocore's signers are the other side throughout; requests are made awkward on
purpose (dots and doubled slashes in paths, repeated query names, runs of spaces, other alphabets).
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.compat import get_current_datetime
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.wire.aws_chunked import SIGNED, without_chunks
from cloudchamber.wire.canonical import EMPTY_SHA256
from cloudchamber.wire.credentials import parse_credential
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from cloudchamber.wire.scopes import Credential
from cloudchamber.wire.sigv4 import Verifier, authorization_for
from tests.unit.wire.botocore_requests import as_received
from tests.unit.wire.refusal import refusal

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
REGION = "eu-west-1"
S3_EXAMPLE_DATE = "20130524T000000Z"
S3_EXAMPLE_S = 1369353600

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)
segments = st.one_of(
    words, st.sampled_from(["", ".", "..", "a b", "%", "é", "~", "*", "x+y", "a:b"])
)
raw_paths = st.lists(segments, max_size=5).map(
    lambda parts: "/" + "/".join(quote(part, safe="") for part in parts)
)
odd_names = st.sampled_from(["a", "b", "X-Y", "prefix", "é", "a b", "list-type", "~", "A"])
pairs = st.lists(st.tuples(odd_names, words), max_size=6)
header_values = st.lists(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8), max_size=4
).map("   ".join)
services = st.sampled_from(["sqs", "lambda", "s3", "execute-api", "iot"])


def signed(
    service: str,
    path: str,
    query: str = "",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    *,
    token: str | None = None,
    method: str = "POST",
) -> Request:
    """A request signed by botocore, as it arrives."""
    url = f"http://{service}.localhost:4566{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method=method, url=url, data=body, headers=headers or {})
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(Credentials(ACCESS_KEY, SECRET, token), service, REGION).add_auth(request)
    received = as_received(request)
    # What prepare() does to a path is a client's business; the raw one is what is signed.
    received.path = path
    received.query = query
    return received


def credential_of(request: Request) -> Credential:
    credential = parse_credential(request)
    assert credential is not None
    return credential


def verify(request: Request, secret: str = SECRET, **options: Any) -> None:
    Verifier().verify(request, credential_of(request), secret, **options)


def query_of(found: list[tuple[str, str]]) -> str:
    return "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in found
    )


@given(services, raw_paths, pairs, st.binary(max_size=50), header_values)
def test_what_botocore_signs_verifies(
    service: str, path: str, found: list[tuple[str, str]], body: bytes, value: str
) -> None:
    request = signed(
        service, path, query_of(found), body, {"x-amz-meta-odd": value, "content-type": "a  b"}
    )
    verify(request)
    assert refusal(lambda: verify(request, SECRET + "x")) is not None


@given(services, raw_paths, pairs, header_values)
def test_what_is_signed_here_botocore_would_have_signed(
    service: str, path: str, found: list[tuple[str, str]], value: str
) -> None:
    theirs = signed(service, path, query_of(found), b"body", {"x-amz-meta-odd": value})
    ours = msgspec.structs.replace(
        theirs, headers={name: v for name, v in theirs.headers.items() if name != "authorization"}
    )
    ours.headers.pop("content-length", None)
    header = authorization_for(
        ours, access_key=ACCESS_KEY, secret=SECRET, region=REGION, service=service
    )
    assert header == theirs.headers["authorization"]


@given(services, raw_paths, pairs, st.sampled_from(["path", "query", "body", "header", "method"]))
def test_any_change_breaks_it(
    service: str, path: str, found: list[tuple[str, str]], part: str
) -> None:
    request = signed(service, path, query_of(found), b"body", {"x-amz-meta-odd": "a b"})
    if part == "path":
        request.path += "x"
    elif part == "query":
        request.query += "&more=1"
    elif part == "body":
        request.body += b"x"
    elif part == "method":
        request.method = "PUT"
    else:
        request.headers["x-amz-meta-odd"] = "ab"
    with pytest.raises(WireError) as caught:
        verify(request)
    mismatch = "XAmzContentSHA256Mismatch" if (service, part) == ("s3", "body") else ""
    assert caught.value.code == (mismatch or "SignatureDoesNotMatch")


@given(st.sampled_from(["s3", "sts", "polly"]), raw_paths, pairs, st.booleans())
def test_presigned_urls_verify(
    service: str, path: str, found: list[tuple[str, str]], has_token: bool
) -> None:
    unique = dict(found)
    url = f"https://{service}.eu-west-1.amazonaws.com{path}?" + query_of(list(unique.items()))
    request = AWSRequest(method="GET", url=url.rstrip("?"), headers={"X-Amz-Meta-A": "a  b"})
    signer = S3SigV4QueryAuth if service == "s3" else SigV4QueryAuth
    credentials = Credentials(ACCESS_KEY, SECRET, "to/ken+=" if has_token else None)
    signer(credentials, service, REGION, expires=60).add_auth(request)
    split = urlsplit(str(request.url))
    received = Request("GET", path, split.query, {"host": split.netloc, "x-amz-meta-a": "a b"}, b"")
    credential = credential_of(received)
    assert credential.token == ("to/ken+=" if has_token else None)
    verify(received)
    received.query = received.query.replace("Expires=60", "Expires=61")
    assert refusal(lambda: verify(received)) is not None


def s3_example(query: str, headers: dict[str, str], path: str = "/test.txt") -> Request:
    headers = {"host": "examplebucket.s3.amazonaws.com", **headers}
    return Request("GET", path, query, headers)


def test_the_worked_example_of_a_signed_header() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    verify(
        s3_example(
            "",
            {
                "range": "bytes=0-9",
                "x-amz-content-sha256": empty,
                "x-amz-date": S3_EXAMPLE_DATE,
                "authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/"
                "us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date"
                ",Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            },
        )
    )


PRESIGNED_EXAMPLE = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1"
    "%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
)


def test_the_worked_example_of_a_presigned_url_and_its_life() -> None:
    request = s3_example(PRESIGNED_EXAMPLE, {})
    for now_s in (S3_EXAMPLE_S - 900, S3_EXAMPLE_S, S3_EXAMPLE_S + 86_400):
        verify(request, now_s=now_s)
    with pytest.raises(WireError) as caught:
        verify(request, now_s=S3_EXAMPLE_S + 86_401)
    assert (caught.value.code, caught.value.message) == ("AccessDenied", "Request has expired")
    assert caught.value.fields == {
        "X-Amz-Expires": "86400",
        "Expires": "2013-05-25T00:00:00Z",
        "ServerTime": "2013-05-25T00:00:01Z",
    }
    with pytest.raises(WireError, match="Request is not valid yet"):
        verify(request, now_s=S3_EXAMPLE_S - 901)


def test_a_wrong_signature_is_answered_with_what_should_have_been_signed() -> None:
    request = Request("POST", "/", "", {"host": "sts.localhost", "x-amz-date": "20261103T101112Z"})
    request.headers["authorization"] = authorization_for(
        request, access_key=ACCESS_KEY, secret="wrong", region=REGION, service="sts"
    )
    with pytest.raises(WireError) as caught:
        verify(request)
    canonical = (
        "POST\n/\n\nhost:sts.localhost\nx-amz-date:20261103T101112Z\n\nhost;x-amz-date\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert caught.value.status == 403
    assert caught.value.message == (
        "The request signature we calculated does not match the signature you provided. Check your "
        "AWS Secret Access Key and signing method. Consult the service documentation for details."
        "\n\nThe Canonical String for this request should have been\n"
        f"'{canonical}'\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n"
        "20261103T101112Z\n20261103/eu-west-1/sts/aws4_request\n"
        f"{sha256(canonical.encode()).hexdigest()}'\n"
    )


def test_s3_says_it_in_members() -> None:
    request = signed("s3", "/bucket/key", method="GET")
    with pytest.raises(WireError) as caught:
        verify(request, "wrong")
    fields = caught.value.fields
    assert fields["AWSAccessKeyId"] == ACCESS_KEY
    assert fields["SignatureProvided"] == credential_of(request).signature
    assert fields["CanonicalRequest"].startswith("GET\n/bucket/key\n\nhost:s3.localhost:4566\n")
    assert bytes.fromhex(fields["StringToSignBytes"]).decode() == fields["StringToSign"]


def at(request: Request, service: str, amz_date: str) -> Request:
    request.headers.pop("authorization", None)
    request.headers["x-amz-date"] = amz_date
    request.headers["authorization"] = authorization_for(
        request, access_key=ACCESS_KEY, secret=SECRET, region=REGION, service=service
    )
    return request


def test_an_old_signature_has_expired() -> None:
    request = at(Request("POST", "/", "", {"host": "h"}), "sqs", S3_EXAMPLE_DATE)
    for now_s in (S3_EXAMPLE_S - 300, S3_EXAMPLE_S + 300):
        verify(request, now_s=now_s)
    with pytest.raises(WireError) as caught:
        verify(request, now_s=S3_EXAMPLE_S + 301)
    assert caught.value.message == (
        "Signature expired: 20130524T000000Z is now earlier than 20130524T000001Z "
        "(20130524T000501Z - 5 min.)"
    )
    with pytest.raises(WireError) as caught:
        verify(request, now_s=S3_EXAMPLE_S - 301)
    assert caught.value.message == (
        "Signature not yet current: 20130524T000000Z is still later than 20130523T235959Z "
        "(20130523T235459Z + 5 min.)"
    )


def test_s3_calls_it_skewed() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    plain = Request("GET", "/b", "", {"host": "h", "x-amz-content-sha256": empty})
    request = at(plain, "s3", S3_EXAMPLE_DATE)
    verify(request, now_s=S3_EXAMPLE_S + 900)
    with pytest.raises(WireError) as caught:
        verify(request, now_s=S3_EXAMPLE_S + 901)
    assert caught.value.code == "RequestTimeTooSkewed"
    assert caught.value.fields == {
        "RequestTime": "20130524T000000Z",
        "ServerTime": "2013-05-24T00:15:01Z",
        "MaxAllowedSkewMilliseconds": "900000",
    }


def test_a_presigned_url_of_another_service_lives_at_least_fifteen_minutes() -> None:
    url = "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest(method="GET", url=url, headers={})
    SigV4QueryAuth(Credentials(ACCESS_KEY, SECRET), "sts", REGION, expires=60).add_auth(request)
    now_s = int(get_current_datetime().timestamp())
    received = Request("GET", "/", urlsplit(str(request.url)).query, {"host": urlsplit(url).netloc})
    verify(received, now_s=now_s + 890)
    with pytest.raises(WireError, match=r"Signature expired: .* - 15 min\."):
        verify(received, now_s=now_s + 1000)


@pytest.mark.parametrize(
    ("service", "date", "code", "message"),
    [
        ("sqs", "yesterday", "IncompleteSignature", "Date must be in ISO-8601 'basic format'"),
        ("sqs", "20139999T000000Z", "SignatureDoesNotMatch", "Date in Credential scope does not"),
        ("sqs", "20130525T000000Z", "SignatureDoesNotMatch", "'20130524' != '20130525', from"),
        ("s3", "yesterday", "AccessDenied", "AWS authentication requires a valid Date"),
        ("s3", "20130525T000000Z", "AuthorizationHeaderMalformed", "Invalid credential date"),
    ],
)
def test_a_date_that_is_none_or_another(service: str, date: str, code: str, message: str) -> None:
    plain = Request("GET", "/", "", {"host": "h", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"})
    request = at(plain, service, S3_EXAMPLE_DATE)
    request.headers["x-amz-date"] = date
    with pytest.raises(WireError) as caught:
        verify(request, now_s=S3_EXAMPLE_S)
    assert caught.value.code == code
    assert message in caught.value.message


def test_a_date_header_will_do() -> None:
    request = signed("sqs", "/", headers={"Date": "set by the signer"})
    assert "x-amz-date" not in request.headers
    verify(request)
    request.headers["date"] = "Sat, 01 Jan 2000 00:00:00 GMT"
    with pytest.raises(WireError, match="Date in Credential scope does not match"):
        verify(request)


def test_the_host_must_be_signed() -> None:
    request = signed("sqs", "/")
    header = request.headers["authorization"].replace("SignedHeaders=host;", "SignedHeaders=")
    request.headers["authorization"] = header
    with pytest.raises(WireError, match="must be a 'SignedHeader'"):
        verify(request)


def test_s3_wants_the_hash_and_every_amz_header_signed() -> None:
    request = signed("s3", "/bucket/key", method="PUT", body=b"data")
    request.headers["x-amz-acl"] = "public-read"
    with pytest.raises(WireError) as caught:
        verify(request)
    assert caught.value.fields == {"HeadersNotSigned": "x-amz-acl"}
    plain = Request("GET", "/bucket", "", {"host": "h"})
    with pytest.raises(WireError, match="Missing required header"):
        verify(at(plain, "s3", S3_EXAMPLE_DATE))
    odd = Request("GET", "/bucket", "", {"host": "h", "x-amz-content-sha256": "odd"})
    with pytest.raises(WireError, match="a valid sha256 value"):
        verify(at(odd, "s3", S3_EXAMPLE_DATE))


def test_payloads_that_are_not_hashed() -> None:
    for kind in ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"):
        for service in ("s3", "codeartifact"):
            plain = Request(
                "PUT", "/bucket", "", {"host": "h", "x-amz-content-sha256": kind}, b"body"
            )
            verify(at(plain, service, S3_EXAMPLE_DATE))


def test_chunks_are_verified_from_the_signature_of_their_request() -> None:
    request = Request("PUT", "/bucket/key", "", {"host": "h"}, b"")
    request.headers |= {"x-amz-content-sha256": SIGNED, "x-amz-decoded-content-length": "5"}
    at(request, "s3", S3_EXAMPLE_DATE)
    verifier, credential = Verifier(), credential_of(request)
    sender = verifier.chunk_signer(credential, SECRET)
    first, last = sender.next_chunk(sha256(b"hello").hexdigest()), sender.next_chunk(EMPTY_SHA256)
    request.body = (
        f"5;chunk-signature={first}\r\nhello\r\n0;chunk-signature={last}\r\n\r\n".encode()
    )
    verifier.verify(request, credential, SECRET)
    signer = verifier.chunk_signer(credential, SECRET)
    assert without_chunks(request, signer).body == b"hello"
    with pytest.raises(WireError, match="SignatureDoesNotMatch"):
        without_chunks(request, verifier.chunk_signer(credential, "wrong"))


def test_the_hash_of_a_body_that_stayed_elsewhere_can_be_given() -> None:
    request = signed("s3", "/bucket/key", method="PUT", body=b"data")
    claimed = request.headers["x-amz-content-sha256"]
    request.body = b""
    verify(request, payload_sha256=claimed)
    with pytest.raises(WireError, match="XAmzContentSHA256Mismatch"):
        verify(request, payload_sha256="0" * 64)


def test_what_changes_on_the_way_is_read_as_it_was_meant() -> None:
    spaced = signed("sqs", "/a%20b", "x=a%20b")
    spaced.query = "x=a+b"  # a proxy's idea of a space
    verify(spaced)
    latin = signed("s3", "/bucket/key", headers={"x-amz-meta-name": "é"})
    verify(latin)
    repeated = signed("sqs", "/", headers={"x-amz-meta-list": "a,b"})
    repeated.headers["x-amz-meta-list"] = "a, b"
    verify(repeated)
    unencoded = signed("s3", "/bucket/a%2Bb%28c%29")
    unencoded.path = "/bucket/a+b(c)"
    verify(unencoded)


def test_keys_are_kept_and_forgotten() -> None:
    verifier = Verifier(limit=3)
    seen = []
    for number in range(8):
        request = signed("sqs", "/")
        credential = msgspec.structs.replace(credential_of(request), region=f"r{number}")
        seen.append(verifier.signing_key(credential, SECRET))
        assert verifier.signing_key(credential, SECRET) is seen[-1]
    assert len(set(seen)) == 8
    assert verifier.signing_key(credential, SECRET) == seen[-1]
    assert verifier.kept <= 3
