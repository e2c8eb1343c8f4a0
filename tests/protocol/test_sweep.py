"""Every operation and error of every service in botocore, through the wire and back.

Rules of this file: botocore speaks on the other side; what differs is a failure unless
`known_gaps.toml` names it, and a gap that has closed is a failure too. Shards let the runner split
the work.
"""

from __future__ import annotations

import tomllib
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import md5
from pathlib import Path
from typing import Any, Final

import pytest
from botocore.exceptions import EventStreamError
from botocore.parsers import ResponseParserError

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.model import ServiceModel, Validation, load_model, services
from cloudchamber.wire.protocols import Codec, codec_class
from tests.protocol import botocore_side, sweep_values

SHARDS: Final = 24
GAPS: Final = Path(__file__).with_name("known_gaps.toml")
# Values are made to obey everything but regular expressions.
VALIDATION: Final = Validation(mode="no-patterns")
REQUEST_ID: Final = "3f1c1a52-0000-4000-8000-000000000001"
# What botocore's parsers raise when a response is not what they expect.
UNREADABLE: Final = (
    *(ResponseParserError, LookupError, ValueError, TypeError, AttributeError),
    *(UnboundLocalError, EventStreamError),
)
XML: Final = ("query", "ec2", "rest-xml")
MESSAGE: Final = 'It broke: <a> & "b" é'


@cache
def known_gaps() -> dict[str, str]:
    """What is known not to work: `service:protocol:kind:name` -> reason."""
    return dict(tomllib.loads(GAPS.read_text(encoding="utf-8"))["gaps"])


def shard_of(service: str) -> int:
    """Services spread by place in the alphabet; ec2, the largest, falls where it falls."""
    return services().index(service) % SHARDS


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_operation_round_trips(shard: int) -> None:
    failures: dict[str, str] = {}
    checked = 0
    for service in services():
        if shard_of(service) == shard:
            for name, problem in sweep(service):
                checked += 1
                if problem is not None:
                    failures[name] = problem
    names = [name for name in services() if shard_of(name) == shard]
    expected = {name for name in known_gaps() if name.partition(":")[0] in names}
    unlisted = {name: problem for name, problem in failures.items() if name not in expected}
    assert not unlisted, report(unlisted)
    assert expected <= failures.keys(), f"closed gaps: {sorted(expected - failures.keys())}"
    assert checked > 100


def report(failures: dict[str, str]) -> str:
    """The failures, one a line, with what differed."""
    lines = [f"{name}: {problem[:300]}" for name, problem in sorted(failures.items())]
    return f"{len(lines)} failures\n" + "\n".join(lines[:40])


def sweep(service: str) -> Iterator[tuple[str, str | None]]:
    """Every check of one service: its name, and what went wrong if anything did."""
    ours = load_model(service)
    theirs = botocore_side.service_model(service)
    for protocol in ours.protocols:
        if protocol == "query" and ours.metadata.protocol == "json":
            continue  # botocore cannot speak it: tests/protocol/test_sqs_query.py
        codec = codec_class(protocol)(ours, VALIDATION)
        yield from sweep_operations(codec, ours, theirs)
        yield from sweep_errors(codec, ours, theirs)


def sweep_operations(
    codec: Codec, ours: ServiceModel, theirs: Any
) -> Iterator[tuple[str, str | None]]:
    """The inputs and outputs of every operation."""
    inputs = sweep_values.ValueMaker(codec.protocol, for_output=False)
    outputs = sweep_values.ValueMaker(codec.protocol, for_output=True)
    for name in ours.operations:
        operation = theirs.operation_model(name)
        prefix = f"{ours.name}:{codec.protocol}"
        if operation.input_shape is not None and not operation.has_event_stream_input:
            yield f"{prefix}:input:{name}", check_input(codec, operation, inputs)
        yield f"{prefix}:output:{name}", check_output(codec, operation, outputs)


def check_input(codec: Codec, operation: Any, maker: sweep_values.ValueMaker) -> str | None:
    """botocore serialises, the codec decodes."""
    shape = operation.input_shape
    value = maker.value(shape)
    request, labels = botocore_side.request(
        codec.protocol, operation, sweep_values.for_botocore(shape, value)
    )
    if "ContentMD5" in value and "content-md5" in request.headers:
        # S3 holds a document against its digest, so this value cannot be just any.
        digest = b64encode(md5(request.body, usedforsecurity=False).digest()).decode()
        value["ContentMD5"] = request.headers["content-md5"] = digest
    try:
        decoded = codec.decode(operation.name, request, labels)
    except WireError as error:
        return f"refused: {error}"
    return difference(value, decoded)


def check_output(codec: Codec, operation: Any, maker: sweep_values.ValueMaker) -> str | None:
    """The codec encodes, botocore parses."""
    shape = operation.output_shape
    value = {} if shape is None else maker.value(shape)
    response = codec.encode(operation.name, value, REQUEST_ID)
    try:
        parsed = botocore_side.read(codec.protocol, operation, response, shape)
    except UNREADABLE as problem:
        return f"unreadable: {problem!r} in {response.body[:300]!r}"
    if REQUEST_ID not in response.headers.values():
        return "no request id"
    if shape is None:
        return None if not parsed else f"something out of nothing: {parsed!r}"
    return difference(readable(operation, value), sweep_values.from_botocore(shape, parsed))


def readable(operation: Any, value: dict[str, Any]) -> dict[str, Any]:
    """What a client can see of an output: HEAD has no body, raw payloads are read as text."""
    shape = operation.output_shape
    payload = shape.serialization.get("payload")
    seen = dict(value)
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        if location is None and operation.http.get("method") == "HEAD":
            seen.pop(name, None)
        if location == "header" and operation.http.get("method") != "HEAD":
            if member.serialization.get("name", "").lower() == "content-length":
                seen.pop(name, None)  # the HTTP layer's own
        if name == payload and isinstance(seen.get(name), bytes):
            seen[name] = seen[name].decode()
    return seen


def sweep_errors(codec: Codec, ours: ServiceModel, theirs: Any) -> Iterator[tuple[str, str | None]]:
    """Every modelled error, raised from the first operation that lists it."""
    maker = sweep_values.ValueMaker(codec.protocol, for_output=True)
    done: set[str] = set()
    for name in ours.operations:
        operation = theirs.operation_model(name)
        for shape in operation.error_shapes:
            if shape.name not in done:
                done.add(shape.name)
                label = f"{ours.name}:{codec.protocol}:error:{shape.name}"
                yield label, check_error(codec, operation, shape, maker)


def check_error(
    codec: Codec, operation: Any, shape: Any, maker: sweep_values.ValueMaker
) -> str | None:
    """The codec encodes, botocore parses it as an error and then by the error's shape."""
    value = maker.value(shape)
    fields = {name: found for name, found in value.items() if name.lower() != "message"}
    error = WireError(shape.name, MESSAGE, fields=fields)
    response = codec.encode_error(operation.name, error, REQUEST_ID)
    if operation.http.get("method") == "HEAD":
        return None if response.body == b"" else "a HEAD response with a body"
    try:
        parsed = botocore_side.read(codec.protocol, operation, response, operation.output_shape)
        modelled = botocore_side.read(codec.protocol, operation, response, shape)
    except UNREADABLE as problem:
        return f"unreadable: {problem!r} in {response.body[:300]!r}"
    found = (parsed["Error"]["Code"], parsed["Error"]["Message"])
    if found != (expected_code(codec, shape), MESSAGE):
        return f"read as {found}"
    for name, member in shape.members.items():
        if member.serialization.get("name", "").lower() == "x-amzn-errortype":
            fields[name] = shape.name  # a member that is the code's own header
        if name == "Code" and codec.protocol in XML:
            fields[name] = expected_code(codec, shape)
        if name == "Message" or (name == "message" and codec.protocol not in XML):
            fields[name] = MESSAGE  # AWS's XML says Message, whatever the member is called
    return difference(fields, sweep_values.from_botocore(shape, modelled))


def expected_code(codec: Codec, shape: Any) -> str:
    """The code that botocore should find; the old query code where the overlay knows it."""
    error = codec.service.shape(shape.name).error
    if codec.service.query_compatible and error is not None and error.code is not None:
        return error.code
    return str(shape.error_code)


def difference(expected: Any, found: Any, path: str = "") -> str | None:
    """Where two values first differ; None when they are the same."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in sorted(expected.keys() | found.keys()):
            if name not in found:
                return f"{path}.{name} is missing (expected {expected[name]!r})"
            if name not in expected:
                return f"{path}.{name} is too much ({found[name]!r})"
            below = difference(expected[name], found[name], f"{path}.{name}")
            if below is not None:
                return below
        return None
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, pair in enumerate(zip(expected, found, strict=True)):
            below = difference(*pair, f"{path}[{index}]")
            if below is not None:
                return below
        return None
    same = expected == found and isinstance(expected, bool) == isinstance(found, bool)
    return None if same else f"{path}: expected {expected!r}, found {found!r}"
