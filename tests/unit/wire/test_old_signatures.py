"""Signature Version 2, S3's first signature, and the asymmetric one, against their other sides."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import boto3
import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth, SigV2Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.wire import sigv4a
from cloudchamber.wire.canonical import plain_reading
from cloudchamber.wire.credentials import parse_credential
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from cloudchamber.wire.scopes import SIGV4A
from cloudchamber.wire.sigv4 import Verifier, string_to_sign
from tests.unit.wire.botocore_requests import as_received
from tests.unit.wire.refusal import refusal

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"

words = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=9)


def verify(request: Request, secret: str = SECRET, **options: Any) -> None:
    credential = parse_credential(request)
    assert credential is not None
    Verifier().verify(request, credential, secret, **options)


@given(words, st.sampled_from(["", "?acl", "?versionId=a%2Bb&x=1", "?uploads&partNumber=2"]))
def test_s3_header(key: str, query: str) -> None:
    path = "/bucket/" + quote(key, safe="")
    headers = {"x-amz-meta-a": "b", "Content-Type": "text/plain"}
    request = AWSRequest(method="PUT", url=f"http://localhost:4566{path}{query}", headers=headers)
    request.auth_path = path
    HmacV1Auth(Credentials(ACCESS_KEY, SECRET, "token")).add_auth(request)
    received = as_received(request)
    verify(received)
    received.headers["x-amz-meta-a"] = "c"
    error = refusal(lambda: verify(received))
    assert error is not None
    assert error.fields["StringToSign"].startswith("PUT\n\ntext/plain\n")


@pytest.mark.parametrize("endpoint", ["http://localhost:4566", "http://127.0.0.1:4566"])
def test_urls_that_boto3_presigns_by_default(endpoint: str) -> None:
    client: Any = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET,
        aws_session_token="to+ken",
    )
    url = client.generate_presigned_url(
        "get_object",
        Params={"Bucket": "my-bucket", "Key": "a b/ü.txt", "ResponseContentType": "text/x"},
        ExpiresIn=60,
    )
    split = urlsplit(url)
    request = Request("GET", split.path, split.query, {"host": split.netloc})
    verify(request)
    expires = int(split.query.partition("Expires=")[2].partition("&")[0])
    verify(request, now_s=expires)
    with pytest.raises(WireError, match="Request has expired"):
        verify(request, now_s=expires + 1)
    request.path += "x"
    with pytest.raises(WireError, match="SignatureDoesNotMatch"):
        verify(request)


def test_urls_that_boto3_presigns_when_told() -> None:
    client: Any = boto3.client(
        "s3",
        region_name="eu-west-1",
        endpoint_url="http://localhost:4566",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET,
        config=Config(signature_version="s3v4"),
    )
    url = client.generate_presigned_url("put_object", Params={"Bucket": "bucket", "Key": "é/+ k"})
    split = urlsplit(url)
    request = Request("PUT", split.path, split.query, {"host": split.netloc}, b"any body")
    verify(request)


def test_an_old_url_says_when_it_ends() -> None:
    request = AWSRequest(method="GET", url="http://localhost/bucket/key", headers={})
    HmacV1QueryAuth(Credentials(ACCESS_KEY, SECRET)).add_auth(request)
    query = urlsplit(str(request.url)).query
    verify(Request("GET", "/bucket/key", query, {"host": "localhost"}))
    broken = query.replace("Expires=", "Expires=x")
    with pytest.raises(WireError, match="seconds since epoch"):
        verify(Request("GET", "/bucket/key", broken, {"host": "localhost"}))


@given(st.dictionaries(words, words, max_size=4))
def test_query_services(parameters: dict[str, str]) -> None:
    data = {"Action": "Select", "Version": "2009-04-15", **parameters}
    request = AWSRequest(method="POST", url="http://sdb.localhost:4566/", data=data, headers={})
    SigV2Auth(Credentials(ACCESS_KEY, SECRET)).add_auth(request)
    received = as_received(request)
    received.headers["content-type"] = "application/x-www-form-urlencoded"
    verify(received)
    received.body += b"&more=1"
    assert refusal(lambda: verify(received)) is not None


def test_an_unknown_method_is_named() -> None:
    body = b"Action=Select&AWSAccessKeyId=A&Signature=b&SignatureMethod=HmacMD5"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    with pytest.raises(WireError, match="Unsupported SignatureMethod: 'HmacMD5'"):
        verify(Request("POST", "/", "", headers, body))


def test_the_asymmetric_key_is_the_one_clients_derive() -> None:
    # The key pair of AWS's common runtime's own test of this derivation.
    key = sigv4a.public_key("AKISORANDOMAASORANDOM", "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom")
    numbers = key.public_numbers()
    assert f"{numbers.x:064x}" == "15d242ceebf8d8169fd6a8b5a746c41140414c3b07579038da06af89190fffcb"
    assert f"{numbers.y:064x}" == "0515242cedd82e94799482e4c0514b505afccf2c0c98d6a553bf539f424c5ec0"


def test_the_asymmetric_signature() -> None:
    request = Request("GET", "/bucket", "", {"host": "h", "x-amz-date": "20261103T101112Z"})
    request.headers["x-amz-region-set"] = "*"
    request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
    names = ("host", "x-amz-content-sha256", "x-amz-date", "x-amz-region-set")
    scope = "20261103/s3/aws4_request"
    reading = plain_reading(request, names, "UNSIGNED-PAYLOAD", s3=True)
    text = string_to_sign(SIGV4A, "20261103T101112Z", scope, reading)
    key = sigv4a.private_key(ACCESS_KEY, SECRET)
    signature = key.sign(text.encode(), ec.ECDSA(SHA256())).hex()
    request.headers["authorization"] = (
        f"{SIGV4A} Credential={ACCESS_KEY}/{scope}, SignedHeaders={';'.join(names)}, "
        f"Signature={signature}"
    )
    verify(request)
    request.headers["x-amz-region-set"] = "eu-west-1"
    with pytest.raises(WireError, match="does not match"):
        verify(request)
    request.headers["authorization"] += "zz"
    with pytest.raises(WireError, match="does not match"):
        verify(request)
