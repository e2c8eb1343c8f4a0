"""Requests that were right until something happened to a few of their bytes.

Rules of this file: botocore makes the request, Hypothesis spoils it; the codec reads it or refuses
it, and nothing else may happen.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from cloudchamber.wire.protocols import codec_for
from tests.protocol import botocore_side, sweep_values

OPERATIONS: Final = (
    ("dynamodb", "json", "TransactWriteItems"),
    ("ecs", "json", "RegisterTaskDefinition"),
    ("cloudwatch", "query", "PutMetricAlarm"),
    ("cloudformation", "query", "CreateStack"),
    ("elbv2", "query", "CreateRule"),
    ("ec2", "ec2", "RequestSpotFleet"),
    ("lambda", "rest-json", "CreateEventSourceMapping"),
    ("wafv2", "json", "CreateRuleGroup"),
    ("s3", "rest-xml", "PutBucketReplication"),
    ("s3control", "rest-xml", "CreateJob"),
    ("cloudwatch", "smithy-rpc-v2-cbor", "PutDashboard"),
    ("cloudwatch", "smithy-rpc-v2-cbor", "PutMetricData"),
)
TOKENS: Final = (
    *(b"null", b'"x"', b"[]", b"{}", b"1e400", b"-1", b"true", b"NaN", b'"\\ud800"', b"\xff"),
    *(b"\x00", b"<a>", b"</a>", b"&", b"=", b".1", b"<!DOCTYPE", b"9" * 40, b"\x1b", b"\xc1"),
)
spoilings = st.lists(
    st.tuples(st.integers(0, 10_000), st.integers(0, 12), st.sampled_from((b"", *TOKENS))),
    min_size=1,
    max_size=4,
)


@cache
def sound(service: str, protocol: str, operation: str) -> tuple[Request, dict[str, str]]:
    """A request of botocore's, and its labels."""
    model = botocore_side.service_model(service).operation_model(operation)
    maker = sweep_values.ValueMaker(protocol, for_output=False)
    shape = model.input_shape
    value = sweep_values.for_botocore(shape, maker.value(shape))
    return botocore_side.request(protocol, model, value)


@pytest.mark.parametrize(("service", "protocol", "operation"), OPERATIONS)
@given(spoiled=spoilings)
def test_spoiled_bodies(
    service: str, protocol: str, operation: str, spoiled: list[tuple[int, int, bytes]]
) -> None:
    request, labels = sound(service, protocol, operation)
    body = bytearray(request.body)
    for position, size, token in spoiled:
        at = position % (len(body) + 1)
        body[at : at + size] = token
    codec = codec_for(service, protocol)
    spoilt = msgspec.structs.replace(request, body=bytes(body))
    refusal = None
    try:
        codec.decode(operation, spoilt, labels)
    except WireError as error:
        refusal = error
    if refusal is not None:
        assert refusal.status == 400
        assert refusal.message
        assert codec.encode_error(operation, refusal, "id").body
