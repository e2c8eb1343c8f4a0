"""Nonsense from the network: never a 5xx that is not AWS's, never a traceback, never silence."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudchamber.wire.http import Request
from tests.unit.server.worlds import URL, Hosted

TARGETS = ("AmazonSQS.SendMessage", "AmazonSQS.CreateQueue", "AmazonSQS.ReceiveMessage",
           "AmazonSQS.Nothing", "Nobody.Knows", "DynamoDB_20120810.PutItem", "")  # fmt: skip
ACTIONS = ("CreateQueue", "SendMessage", "ListUsers", "CreateUser", "GetCallerIdentity",
           "DescribeRegions", "DescribeAvailabilityZones", "Nothing", "")  # fmt: skip
ENOUGH = settings(max_examples=150)

numbers = st.integers(-(10**30), 10**30) | st.floats()
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)
members = st.sampled_from(
    ["QueueName", "QueueUrl", "MessageBody", "Attributes", "MessageAttributes", "DelaySeconds",
     "MaxNumberOfMessages", "WaitTimeSeconds", "tags", "Entries", "ReceiptHandle"]
)  # fmt: skip


def check(hosted: Hosted, request: Request) -> None:
    """One request: it is answered, and not by a mistake of ours."""
    sent = hosted.send(request)
    [response] = sent.responses
    assert response.status < 500 or response.status == 501, (request, response)
    assert b"Traceback" not in response.body
    assert b"/src/" not in response.body


@pytest.fixture(scope="module")
def hosted() -> Hosted:
    """One world for all of it: nonsense must not spoil it for the next."""
    hosted = Hosted()
    hosted.create()
    return hosted


@ENOUGH
@given(st.sampled_from(TARGETS), st.dictionaries(members, values, max_size=4))
def test_wrong_types_and_values_in_json(
    hosted: Hosted, target: str, fields: dict[str, Any]
) -> None:
    body = json.dumps({"QueueUrl": URL + "q"} | fields).encode()
    headers = {"host": "localhost", "x-amz-target": target,
               "content-type": "application/x-amz-json-1.0"}  # fmt: skip
    check(hosted, Request("POST", "/", "", headers, body))


@ENOUGH
@given(
    st.sampled_from(TARGETS),
    st.binary(max_size=100),
    st.sampled_from(["", "gzip", "br", "gzip,gzip"]),
)
def test_bytes_that_are_no_json(hosted: Hosted, target: str, body: bytes, encoding: str) -> None:
    headers = {
        "host": "localhost",
        "x-amz-target": target,
        "content-type": "application/x-amz-json-1.0",
        "content-encoding": encoding,
        "authorization": "AWS4-HMAC-SHA256 Credential=1/20270101/us-east-1/sqs/aws4_request, "
        "SignedHeaders=host, Signature=0",
        "x-amz-date": "20270101T000000Z",
    }
    if encoding == "gzip":
        body = gzip.compress(body)[: len(body) + 15]
    check(hosted, Request("POST", "/", "", headers, body))


@ENOUGH
@given(
    st.sampled_from(ACTIONS),
    st.sampled_from(["", "2010-05-08", "2012-11-05", "2016-11-15", "2011-06-15", "never"]),
    st.lists(
        st.tuples(st.text("QueueNamAttribut.1\x00=&%é", max_size=20), st.text(max_size=20)),
        max_size=4,
    ),
)
def test_forms_of_all_kinds(
    hosted: Hosted, action: str, version: str, fields: list[tuple[str, str]]
) -> None:
    text = f"Action={action}&Version={version}&" + "&".join(f"{k}={v}" for k, v in fields)
    headers = {"host": "localhost", "content-type": "application/x-www-form-urlencoded"}
    check(hosted, Request("POST", "/", "", headers, text.encode("utf-8", "surrogatepass")))
    check(hosted, Request("GET", "/", text.encode("utf-8", "replace").decode("latin-1"), headers))


@ENOUGH
@given(
    st.sampled_from(["GET", "PUT", "POST", "HEAD", "DELETE", "PATCH", "OPTIONS", "BREW"]),
    st.text("/abc%2e.é\x00?", max_size=20),
    st.text("Xx-Amz=&Credential/%1", max_size=30),
    st.dictionaries(
        st.sampled_from(
            ["authorization", "x-amz-target", "content-type", "x-amz-date", "smithy-protocol",
             "x-amz-content-sha256", "x-amz-decoded-content-length", "content-length", "host",
             "user-agent", "x-amz-security-token", "accept"]
        ),
        st.text(max_size=40) | st.sampled_from(
            ["AWS4-HMAC-SHA256 Credential=/////, SignedHeaders=, Signature=",
             "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "rpc-v2-cbor", "application/cbor", "AWS a:b",
             "Bearer x", "bucket.s3.localhost", "20270101T000000Z", "9" * 30]
        ),
    ),
    st.binary(max_size=30),
)  # fmt: skip
def test_requests_of_no_known_kind(
    hosted: Hosted, method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    check(hosted, Request(method, "/" + path, query, {"host": "localhost"} | headers, body))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"QueueName":"' + b"\\u0000" * 10_000 + b'"}',
        b'{"QueueName":1e999999}',
        b'{"QueueName":' + b"9" * 5_000 + b"}",
        b'{"QueueName":"a","QueueName":"b"}',
        b'{"QueueName":"\xed\xa0\x80"}',
        b"\xff\xfe{\x00}\x00",
    ],
)
def test_hard_json(hosted: Hosted, body: bytes) -> None:
    headers = {"host": "localhost", "x-amz-target": "AmazonSQS.CreateQueue",
               "content-type": "application/x-amz-json-1.0"}  # fmt: skip
    check(hosted, Request("POST", "/", "", headers, body))


def test_a_zip_bomb_is_not_unpacked(hosted: Hosted) -> None:
    headers = {
        "host": "localhost",
        "x-amz-target": "AmazonSQS.CreateQueue",
        "content-type": "application/x-amz-json-1.0",
        "content-encoding": "gzip",
        "x-amz-date": "20270101T000000Z",
        "authorization": "AWS4-HMAC-SHA256 Credential=111111111111/20270101/us-east-1/sqs/"
        "aws4_request, SignedHeaders=host;x-amz-date, Signature=0",
    }
    bomb = gzip.compress(bytes(100_000_000))
    sent = hosted.send(Request("POST", "/", "", headers, bomb))
    assert sent.status == 413
