"""Nonsense on the wire of a listening chamber: it is answered, in time, and nothing breaks.

Rules of this file: raw sockets, because no HTTP library would send such things. Each test looks at
the answer; after all of them the chamber must still work and must have written nothing to its log.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import Final

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudchamber.wire.http import Request, Response
from tests.simulation.wrong_inputs import ACCOUNT, REGION, fault_of, head
from tests.unit.server.served import Server, read_response

ANSWER_WITHIN_S: Final = 5
DEEP: Final = 100_000
HOST: Final = b"Host: localhost\r\n"
JSON_TYPE: Final = "application/x-amz-json-1.0"
FORM_TYPE: Final = "application/x-www-form-urlencoded"
SIGNED: Final = "".join(f"{name}: {value}\r\n" for name, value in head("sqs", JSON_TYPE).items())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A chamber that has to be well, and silent, when all is over."""
    chamber = {"clock": "demand", "seed": 3}
    with Server(tmp_path_factory.mktemp("notes"), chamber=chamber) as server:
        yield server
        assert server.sqs("CreateQueue", QueueName="well")[0] == 200
        assert server.stop() == 0
        assert server.said == ""


def sent(server: Server, data: bytes, *, ends: bool = True) -> Response | None:
    """The answer to these bytes; None when the server just closes the connection.

    `ends` shuts the sending half afterwards, so that an unfinished request is seen to be one.
    """
    with server.connect() as client:
        client.settimeout(ANSWER_WITHIN_S)
        try:
            client.sendall(data)
            if ends:
                client.shutdown(1)
            status, headers, body = read_response(client)
        except ConnectionError:
            return None
    return Response(status, {name.lower(): value for name, value in headers.items()}, body)


def check(server: Server, data: bytes, content_type: str = "", *, ends: bool = True) -> int:
    """Send, and hold the answer to what AWS's are; its status, 0 when there was none."""
    response = sent(server, data, ends=ends)
    if response is None:
        return 0
    asked = Request("POST", "/", "", {"content-type": content_type})
    if response.body:
        assert fault_of(asked, response) == ""
    assert response.status < 500 or response.status in (501, 505)
    return response.status


def post(body: bytes, *extra: str, kind: str = JSON_TYPE, target: str = "SendMessage") -> bytes:
    """A well-formed HTTP request around a body, with further header lines."""
    lines = [
        "POST / HTTP/1.1",
        "Host: localhost",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        *extra,
    ]
    if kind == JSON_TYPE:
        lines.append(f"X-Amz-Target: AmazonSQS.{target}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


HEADS: Final = {
    "nothing but an end": b"\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "a newer version": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "an old version": b"GET / HTTP/0.9\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "NUL": b"\x00" * 64 + b"\r\n\r\n",
    "a NUL in the path": b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a space in the path": b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n",
    "no path": b"GET  HTTP/1.1\r\n" + HOST + b"\r\n",
    "a strange method": b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n",
    "CONNECT": b"CONNECT localhost:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "OPTIONS *": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "TRACE": b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n",
    "an absolute URL": b"GET http://localhost/?Action=X HTTP/1.1\r\n" + HOST + b"\r\n",
    "a foreign absolute URL": b"GET http://evil.example/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "an empty Host": b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n\r\n",
    "a foreign Host": b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "a Host with a path": b"GET / HTTP/1.1\r\nHost: localhost/../x\r\n\r\n",
    "a Host with a user": b"GET / HTTP/1.1\r\nHost: a@localhost\r\n\r\n",
    "a Host with a huge port": b"GET / HTTP/1.1\r\nHost: localhost:" + b"9" * 900 + b"\r\n\r\n",
    "half a bracket": b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
    "a Host of bytes": b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
    "a bucket of dots": b"GET / HTTP/1.1\r\nHost: ...s3.localhost\r\n\r\n",
    "a huge line": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a huge header": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 5000 + b"\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\n" + HOST + b": x\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\n" + HOST + b"hello\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: localhost\n\n",
    "half a head": b"GET / HTTP/1.1\r\nHost: loc",
    "an upgrade": b"GET / HTTP/1.1\r\n"
    + HOST
    + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "HTTP/2, then nonsense": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 40,
    "half of HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\n",
}
LENGTHS: Final = {
    "a negative length": b"Content-Length: -1\r\n\r\nx",
    "a length of words": b"Content-Length: many\r\n\r\nx",
    "an empty length": b"Content-Length: \r\n\r\nx",
    "a huge length": b"Content-Length: " + b"9" * 30 + b"\r\n\r\nx",
    "a longer length": b"Content-Length: 50\r\n\r\n{}",
    "two lengths": b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "a signed length": b"Content-Length: +2\r\n\r\n{}",
    "length and chunks": b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk too short": b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}\r\n0\r\n\r\n",
    "a chunk too long": b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}{}\r\n0\r\n\r\n",
    "a chunk of words": b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a negative chunk": b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    "a huge chunk": b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 30 + b"\r\n{}\r\n0\r\n\r\n",
    "no last chunk": b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "an unknown coding": b"Transfer-Encoding: rot13\r\n\r\n{}",
    "chunked twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked, hidden": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "an unknown expectation": b"Expect: the unexpected\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("name", HEADS)
def test_heads(server: Server, name: str) -> None:
    status = check(server, HEADS[name])
    # A name below ours is a bucket's, whatever its port; "/" alone asks S3 for a list.
    assert status == 0 or status >= 400 or name in ("a Host with a huge port", "a bucket of dots")


@pytest.mark.parametrize("name", LENGTHS)
def test_lengths(server: Server, name: str) -> None:
    start = b"POST / HTTP/1.1\r\n" + HOST + b"X-Amz-Target: AmazonSQS.ListQueues\r\n"
    start += f"Content-Type: {JSON_TYPE}\r\n".encode()
    status = check(server, start + LENGTHS[name])
    assert status == 0 or status >= 400 or name == "an unknown expectation"


LAUGHS: Final = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "'
    + b"ha" * 99
    + b'">%s]><l>&j;</l>'
    % (
        b"".join(
            b'<!ENTITY %c "%s">' % (98 + level, b"&%c;" % (97 + level) * 10) for level in range(9)
        )
    )
)
BODIES: Final = {
    "empty": b"",
    "not JSON": b"{",
    "deep arrays": b"[" * DEEP,
    "deep arrays, closed": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"QueueUrl":' * DEEP,
    "deep and unknown": b'{"Nobody":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep and known": b'{"MessageAttributes":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
    "NaN": b'{"QueueUrl":NaN}',
    "Infinity": b'{"DelaySeconds":-Infinity}',
    "a huge number": b'{"DelaySeconds":' + b"9" * DEEP + b"}",
    "a lone surrogate": b'{"QueueUrl":"\\udfff"}',
    "not UTF-8": b'{"QueueUrl":"\xc3\x28"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a list": b"[]",
    "a word": b'"QueueUrl"',
    "a form": b"Action=SendMessage",
    "a laugh": LAUGHS,
    "CBOR": b"\x9f" * DEEP,
    "bytes": bytes(range(256)) * 40,
    "many keys": b"{" + b",".join(b'"%d":1' % number for number in range(20_000)) + b"}",
    "one key often": b"{" + b",".join([b'"QueueUrl":1'] * 20_000) + b"}",
    "a wide form": b"Action=SendMessage" + b"&a=b" * 50_000,
    "a deep form": b"Action=SendMessage&" + b"a.1." * 20_000 + b"=1",
}
KINDS: Final = (
    *(JSON_TYPE, FORM_TYPE, "application/xml", "application/cbor", "text/plain", "", "a/b;" * 99),
    *("multipart/form-data; boundary=", "application/x-amz-json-9.9", "\xff\xfe"),
)


@pytest.mark.parametrize("name", BODIES)
def test_bodies_of_every_kind(server: Server, name: str) -> None:
    for kind in KINDS:
        assert check(server, post(BODIES[name], kind=kind), kind) >= 400
    encodings = ("gzip", "deflate", "br", "gzip, gzip", "aws-chunked", "aws-chunked,gzip", "")
    for encoding in encodings:
        check(server, post(BODIES[name], f"Content-Encoding: {encoding}"), JSON_TYPE)
    for sha in ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x"):
        for length in ("0", "-1", "9" * 30, "x"):
            extra = (f"X-Amz-Content-Sha256: {sha}", f"X-Amz-Decoded-Content-Length: {length}")
            check(server, post(BODIES[name], "Content-Encoding: aws-chunked", *extra), JSON_TYPE)


CHUNKS: Final = (
    *(b"0;chunk-signature=x\r\n\r\n", b"ffffffffffffffff\r\n", b"-1\r\n\r\n", b"5\r\n{}\r\n"),
    *(b"2;chunk-signature=" + b"0" * 64 + b"\r\n{}", b"2\r\n{}\r\n0\r\nx-amz-checksum-crc32:!\r\n"),
    *(b"\r\n" * 999, b"2" * 99_999, b"2\r\n{}\r\n0\r\n" + b"a:b\r\n" * 9999 + b"\r\n"),
)


@pytest.mark.parametrize("chunks", CHUNKS, ids=range(len(CHUNKS)))
def test_aws_chunks(server: Server, chunks: bytes) -> None:
    for sha in ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"):
        extra = ("Content-Encoding: aws-chunked", f"X-Amz-Content-Sha256: {sha}")
        assert check(server, post(chunks, *extra), JSON_TYPE) >= 400
        put = (
            f"PUT /bucket/key HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(chunks)}\r\n"
            + "\r\n".join([*extra, "X-Amz-Decoded-Content-Length: 2"])
            + "\r\nX-Amz-Trailer: x-amz-checksum-crc32\r\nAuthorization: AWS4-HMAC-SHA256 "
            f"Credential={ACCOUNT}/20260101/{REGION}/s3/aws4_request, SignedHeaders=host, "
            "Signature=0\r\n\r\n"
        )
        assert check(server, put.encode() + chunks) >= 400


def test_compressed_bombs(server: Server) -> None:
    spaces = b" " * 100_000_000
    for bomb, encoding in (
        (gzip.compress(spaces, 1), "gzip"),
        (zlib.compress(spaces, 1), "deflate"),
        (gzip.compress(gzip.compress(spaces, 1)), "gzip, gzip"),
    ):
        assert check(server, post(bomb, f"Content-Encoding: {encoding}"), JSON_TYPE) >= 400


PATHS: Final = (
    *("/..%2f..%2fetc/passwd", "/../../etc/passwd", "//etc//passwd", "/%00", "/%", "/%zz", "/%ff"),
    *(
        "/a" * 9000,
        "/?" + "a=b&" * 9000,
        "/?Action",
        "/?Action=&Version=",
        "/?Action=%00",
        "/?=&=&",
    ),
    *("/?Action=CreateQueue&Action=DeleteQueue", "/?Action=Nothing&Version=2012-11-05"),
    *("/?Action=ListUsers&Version=1", "/?Action=ListQueues&Version=2012-11-05&NextToken=made-up"),
    *("/?Action=ListUsers&Version=2010-05-08&Marker=made-up", "/_chamber/../", "/_chamber/%00"),
    *(
        "/_chamber/clock",
        "/_chamber/nothing",
        "/_chamber/events?limit=-1",
        "/service/x/operation/y",
    ),
    *(
        "/_chamber/events?limit=" + "9" * 99,
        "/_chamber/why?about=%ff",
        "/_chamber/snapshots/..%2fx",
    ),
    *(
        "/2015-03-31/functions/" + "x" * 9000,
        "/service/AmazonSQS/operation/",
        "/bucket/?acl&tagging",
    ),
    *("/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a", "/?X-Amz-Expires=-1&X-Amz-Date=x"),
    *("/?AWSAccessKeyId=1&Signature=%&Expires=x", "/?Action=GetCallerIdentity&SignatureVersion=9"),
)
AUTHORIZATIONS: Final = (
    *("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=", "AWS4-HMAC-SHA256 Credential=////,,=,"),
    *("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=;;;, Signature=", "AWS a:b", "AWS :"),
    *("Bearer x", "Basic !", "\xff", "AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d", "x" * 9000, "="),
    f"AWS4-HMAC-SHA256 Credential={'9' * 5000}/x/x/sqs/aws4_request, SignedHeaders=a, Signature=b",
    f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/../../sqs/aws4_request, SignedHeaders=host",
    f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/%00/sqs/aws4_request, SignedHeaders=host",
    f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/nothing/aws4_request, a=b",
)
TARGETS: Final = (
    *("", ".", "AmazonSQS", "AmazonSQS.", ".SendMessage", "AmazonSQS.Nothing", "Nobody.Nothing"),
    *("AmazonSQS.SendMessage.SendMessage", "AmazonSQS.__init__", "AmazonSQS.%00", "\xff.\xff"),
    *("DynamoDB_20120810.Nothing", "x" * 9000, "../sqs.SendMessage", "AmazonSQS.sendmessage"),
)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_paths(server: Server, method: str) -> None:
    for path in PATHS:
        lines = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
        response = sent(server, lines.encode())
        assert response is not None, path
        assert response.status < 500 or response.status == 501, path
        assert b"Traceback" not in response.body
        assert b"root:" not in response.body


def test_authorizations_and_targets(server: Server) -> None:
    for authorization in AUTHORIZATIONS:
        for date in ("", "x", "20260101T000000Z", "99999999T999999Z"):
            extra = (f"Authorization: {authorization}", f"X-Amz-Date: {date}")
            check(server, post(b'{"QueueUrl":"x"}', *extra), JSON_TYPE)
            check(server, post(b"Action=ListUsers&Version=2010-05-08", *extra, kind=FORM_TYPE))
    for target in TARGETS:
        line = f"X-Amz-Target: {target}"
        status = check(server, post(b"{}", line, kind="application/x-amz-json-1.1"), JSON_TYPE)
        assert status >= 400, target


pieces = st.sampled_from(
    (
        *(b"GET ", b"POST ", b"/", b"?Action=ListQueues", b" HTTP/1.1", b"\r\n", b"\r\n\r\n"),
        *(HOST, b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"{}", b"\n", b" "),
        *(b"X-Amz-Target: AmazonSQS.ListQueues\r\n", b"0\r\n\r\n", b"Expect: 100-continue\r\n"),
        SIGNED.encode(),
    )
)


@settings(max_examples=150)
@given(data=st.lists(pieces | st.binary(max_size=8), max_size=12).map(b"".join))
def test_any_pieces(server: Server, data: bytes) -> None:
    check(server, data)


keys = st.sampled_from(("", "Id", "StringValue", "BinaryValue", "DataType", "All", "1"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=9,
)
members = st.sampled_from(("QueueUrl", "MessageBody", "Entries", "Attributes", "tags", "QueueName"))


@given(
    operation=st.sampled_from(("SendMessageBatch", "CreateQueue", "ReceiveMessage", "TagQueue")),
    value=st.dictionaries(members, json_values, max_size=4),
)
def test_any_members(server: Server, operation: str, value: dict[str, object]) -> None:
    check(server, post(orjson.dumps(value), target=operation), JSON_TYPE)
