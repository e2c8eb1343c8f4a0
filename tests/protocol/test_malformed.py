"""Whatever the bytes, a codec gives a modelled input or a `WireError` that is the client's fault.

Rules of this file: anything else that escapes fails the test, and so does anything that hangs.
There is one operation per way of reading: recursive shapes, documents, maps, blobs, timestamps,
payloads, unions.
"""

from __future__ import annotations

import gzip
import struct
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import cbor2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from cloudchamber.wire.protocols import codec_for


class Target(NamedTuple):
    """An operation to throw things at."""

    service: str
    protocol: str
    operation: str
    method: str = "POST"


JSON: Final = (
    Target("dynamodb", "json", "PutItem"),
    Target("dynamodb", "json", "BatchWriteItem"),
    Target("sqs", "json", "SendMessage"),
    Target("kms", "json", "Encrypt"),
    Target("cloudwatch", "json", "PutMetricData"),
    Target("stepfunctions", "json", "CreateStateMachine"),
    Target("lambda", "rest-json", "CreateFunction"),
    Target("bedrock-runtime", "rest-json", "Converse"),
    Target("connectcases", "rest-json", "CreateCase"),
    Target("s3vectors", "rest-json", "PutVectors"),
)
FORMS: Final = (
    Target("sqs", "query", "SendMessageBatch"),
    Target("iam", "query", "CreateRole"),
    Target("cloudwatch", "query", "PutMetricData"),
    Target("sns", "query", "Publish"),
    Target("ec2", "ec2", "RunInstances"),
    Target("ec2", "ec2", "DescribeVpcs"),
)
XML: Final = (
    Target("s3", "rest-xml", "PutBucketLifecycleConfiguration"),
    Target("s3", "rest-xml", "DeleteObjects"),
    Target("s3", "rest-xml", "PutBucketAcl"),
    Target("route53", "rest-xml", "ChangeResourceRecordSets"),
    Target("cloudfront", "rest-xml", "CreateDistribution"),
)
CBOR: Final = (
    Target("cloudwatch", "smithy-rpc-v2-cbor", "PutMetricData"),
    Target("cloudwatch", "smithy-rpc-v2-cbor", "GetMetricData"),
    Target("arc-region-switch", "smithy-rpc-v2-cbor", "CreatePlan"),
)
EVERY: Final = (*JSON, *FORMS, *XML, *CBOR)


def throw(target: Target, body: bytes, query: str = "", **headers: str) -> dict[str, Any] | None:
    """Decodes; a refusal must be a client's fault and must be sayable in the same protocol."""
    codec = codec_for(target.service, target.protocol)
    request = Request(target.method, "/", query, headers, body)
    refusal: WireError
    try:
        return codec.decode(target.operation, request, {})
    except WireError as error:
        refusal = error
    assert 400 <= refusal.status < 500, refusal
    assert refusal.code
    assert len(refusal.message) < 300_000
    assert codec.encode_error(target.operation, refusal, "id").status == refusal.status
    return None


@pytest.mark.parametrize("target", EVERY, ids=str)
@given(body=st.binary(max_size=200))
def test_any_bytes(target: Target, body: bytes) -> None:
    throw(target, body)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["NaN", "2020-01-01T00:00:00Z", "aGk=", "", "true"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["S", "L", "M", "B", "N", "Name", "Key"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


def input_of(target: Target) -> list[str]:
    """The names that a body of this operation may have."""
    shape = codec_for(target.service, target.protocol).service.operations[target.operation]
    assert shape.input_shape is not None
    return sorted(shape.input_shape.members)


@pytest.mark.parametrize("target", JSON, ids=str)
@given(data=st.data())
def test_json_of_any_type(target: Target, data: st.DataObject) -> None:
    names = st.sampled_from(input_of(target))
    value = data.draw(st.dictionaries(names, json_values, max_size=6) | json_values)
    body = orjson.dumps(_plain(value))
    decoded = throw(target, body)
    if decoded is not None:
        assert decoded.keys() <= set(input_of(target))


def _plain(value: Any) -> Any:
    """JSON has no integers beyond 64 bits in orjson's hands: they become floats."""
    if isinstance(value, dict):
        return {key: _plain(found) for key, found in value.items()}
    if isinstance(value, list):
        return [_plain(found) for found in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value)
    return value


FORM_NAMES: Final = (
    *("Tags", "Tag", "member", "entry", "1", "2", "0", "-1", "9" * 30, "٣", "Key"),
    *("Value", "key", "value", "", "Name", "Entries", "Filter", "MetricData"),
    *("SendMessageBatchRequestEntry", "MinCount", "MaxCount", "Timestamp"),
)


@pytest.mark.parametrize("target", FORMS, ids=str)
@given(
    fields=st.lists(
        st.tuples(
            st.lists(
                st.sampled_from(FORM_NAMES),
                min_size=1,
                max_size=6,
            ),
            st.text(max_size=10),
        ),
        max_size=8,
    )
)
def test_forms_of_any_names(target: Target, fields: list[tuple[list[str], str]]) -> None:
    body = "&".join(f"{quote('.'.join(names), safe='')}={quote(value)}" for names, value in fields)
    throw(target, body.encode())
    throw(target, b"", query=body)


xml_names = st.sampled_from(
    (
        *("Rule", "ID", "Filter", "And", "Tag", "Key", "Value", "Object", "Quiet", "Grantee"),
        *("Changes", "ChangeBatch", "Change", "Delete", "AccessControlList", "Transition", "Days"),
    )
)
xml_texts = st.sampled_from(["", "x", "12", "&lt;", "true", "2020-01-01", "1e400", "&#x10FFFF;"])
xml_trees = st.recursive(
    xml_texts,
    lambda inner: st.tuples(xml_names, st.lists(inner, max_size=4)).map(
        lambda made: f"<{made[0]}>{''.join(made[1])}</{made[0]}>"
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("target", XML, ids=str)
@given(tree=xml_trees, root=st.sampled_from(["Delete", "LifecycleConfiguration", "x:y", "r"]))
def test_xml_of_any_shape(target: Target, tree: str, root: str) -> None:
    throw(target, f"<{root}>{tree}</{root}>".encode())


cbor_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats()
    | st.text(max_size=9)
    | st.binary(max_size=9)
    | st.builds(cbor2.CBORTag, st.integers(0, 300), st.integers(-(2**40), 2**40)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["Namespace", "MetricData", "Timestamp", "Value", "Dimensions"])
            | st.integers(0, 3)
            | st.binary(max_size=2),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@pytest.mark.parametrize("target", CBOR, ids=str)
@given(value=cbor_values, cut=st.integers(0, 40))
def test_cbor_of_any_type_and_length(target: Target, value: Any, cut: int) -> None:
    body = cbor2.dumps(value)
    throw(target, body)
    throw(target, body[:cut])


DEEP: Final = 100_000
BOMBS: Final = {
    "deep array": b"[" * DEEP,
    "deep array, closed": b"[" * DEEP + b"]" * DEEP,
    "deep object": b'{"Item":' * DEEP,
    "deep attribute": b'{"TableName":"t","Item":{"a":' + b'{"L":[' * 300 + b"]}" * 300 + b"}}",
    "unknown and deep": b'{"nobody":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "huge integer": b'{"DelaySeconds":' + b"9" * 100_000 + b"}",
    "huge exponent": b'{"DelaySeconds":1e999999999}',
    "NaN": b'{"DelaySeconds":NaN}',
    "lone surrogate": b'{"QueueUrl":"\\ud800","MessageBody":"x"}',
    "lone surrogate, doubled": b'{"TableName":"t","Item":{"a":{"S":"\\udc00\\ud800"}}}',
    "not UTF-8": b'{"QueueUrl":"\xff"}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "trailing comma": b'{"a":1,}',
    "two values": b'{"a":1}{"a":1}',
    "a form": b"Action=SendMessage&QueueUrl=x",
    "only spaces": b"   ",
    "nul": b"\x00",
    "laughs": (
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
        b"<Delete><Object><Key>&b;</Key></Object></Delete>"
    ),
    "external entity": (
        b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><Delete><Quiet>&x;</Quiet></Delete>'
    ),
    "unknown entity": b"<Delete><Quiet>&x;</Quiet></Delete>",
    "hidden encoding": b'<?xml version="1.0" encoding="cp037"?><Delete/>',
    "UTF-16 declaration": '<?xml version="1.0"?><!DOCTYPE a><Delete/>'.encode("utf-16"),
    "deep element": b"<a>" * DEEP,
    "deep element, closed": b"<a>" * DEEP + b"</a>" * DEEP,
    "wide element": b"<Delete>" + b"<Object/>" * 50_000 + b"</Delete>",
    "unclosed element": b"<Delete><Object>",
    "deep parameter": b"A" + b".member.1" * DEEP + b"=x",
    "wide parameters": b"&" * 300_000,
    "huge index": b"Tags.member." + b"9" * 10_000 + b".Key=x",
    "leaf and branch": b"Tags=x&Tags.member.1=y&Tags.member.1.Key=z&Tags.member=w",
    "bad percent": b"RoleName=%ff%fe&Path=%",
    "half a percent": b"%=%2&%zz=%",
    "deep CBOR array": b"\x81" * DEEP,
    "deep CBOR array, endless": b"\x9f" * DEEP,
    "deep CBOR tag": b"\xc1" * DEEP + b"\x00",
    "huge CBOR array": b"\x9b\x7f" + b"\xff" * 7,
    "huge CBOR text": b"\x7b\x7f" + b"\xff" * 7 + b"abc",
    "huge CBOR map": b"\xbb\x7f" + b"\xff" * 7,
    "CBOR bigfloat": b"\xc5\x82\x1b\x7f" + b"\xff" * 7 + b"\x01",
    "CBOR cycle": b"\xd8\x1c\x81\xd8\x1d\x00",
    "CBOR regular expression": b"\xd8\x23\x6c(a+)+$aaaaaa!",
    "CBOR undefined": b"\xa1\x69Namespace\xf7",
    "CBOR simple value": b"\xa1\x6aMetricData\x81\xa1\x65Value\xf8\xff",
    "CBOR NaN timestamp": (
        b"\xa1\x6aMetricData\x81\xa1\x69Timestamp\xc1\xfb" + struct.pack(">d", float("nan"))
    ),
    "CBOR endless text": b"\x7f\x61a",
    "CBOR map as key": b"\xa1\xa0\x00",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name: str) -> None:
    for target in EVERY:
        throw(target, BOMBS[name])


def test_zip_bomb() -> None:
    bomb = gzip.compress(b" " * 100_000_000)
    for protocol in ("json", "query", "smithy-rpc-v2-cbor"):
        target = Target("cloudwatch", protocol, "PutMetricData")
        assert throw(target, bomb, **{"content-encoding": "gzip"}) is None
        assert throw(target, bomb[:100], **{"content-encoding": "gzip"}) is None
        assert throw(target, b"not gzip", **{"content-encoding": "gzip"}) is None


texts = st.text(max_size=30)


@given(texts, texts, st.text(alphabet='aZ9,"\\ :.-', max_size=30))
def test_headers_queries_and_labels(label: str, query: str, header: str) -> None:
    lamb = codec_for("lambda", "rest-json")
    for target in (
        Target("s3", "rest-xml", "GetObject", "GET"),
        Target("s3", "rest-xml", "ListObjectsV2", "GET"),
        Target("lambda", "rest-json", "ListFunctions", "GET"),
        Target("lex-runtime", "rest-json", "PostContent"),
        Target("wickr", "rest-json", "GetUser", "GET"),
    ):
        fields = f"max-keys={query}&MaxItems={query}&response-expires={query}&endTime={query}"
        headers = {
            "if-modified-since": header,
            "x-amz-optional-object-attributes": header,
            "x-amz-lex-session-attributes": header,
            "x-amz-expected-bucket-owner": header,
        }
        throw(target, b"", query=fields, **headers)
    assert lamb.service.name == "lambda"


def test_what_comes_in_can_go_out_again() -> None:
    """The deepest document that is let in can be written: in JSON a writer has limits too."""
    codec = codec_for("dynamodb", "json")
    for depth in range(50, 400):
        body = b'{"TableName":"t","Key":{"a":' + b'{"L":[' * depth + b"]}" * depth + b"}}"
        request = Request("POST", "/", "", {}, body)
        try:
            value = codec.decode("GetItem", request, {})
        except WireError:
            assert depth > 50
            return
        codec.encode("GetItem", {"Item": value["Key"]}, "id")
    pytest.fail("no limit found")
