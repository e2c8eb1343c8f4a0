"""Event stream framing, against botocore's own reader and against itself."""

from __future__ import annotations

import struct
from typing import Any
from zlib import crc32

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.event_stream import (
    Byte,
    Decoder,
    HeaderValue,
    Long,
    Message,
    Short,
    Timestamp,
    Uuid,
    encode_message,
)
from tests.unit.wire.refusal import refusal

names = st.text(min_size=1, max_size=20).filter(lambda name: len(name.encode()) < 256)
values: st.SearchStrategy[HeaderValue] = st.one_of(
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    st.integers(-(2**63), 2**63 - 1).map(Long),
    st.integers(-(2**63), 2**63 - 1).map(Timestamp),
    st.integers(-(2**15), 2**15 - 1).map(Short),
    st.integers(-(2**7), 2**7 - 1).map(Byte),
    st.binary(max_size=50),
    st.binary(min_size=16, max_size=16).map(Uuid),
    st.text(max_size=50),
)
messages = st.builds(Message, st.dictionaries(names, values, max_size=5), st.binary(max_size=200))


def encode(message: Message) -> bytes:
    return encode_message(message.headers, message.payload)


def with_checksums(body: bytes) -> bytes:
    """A message with these headers and payload, whatever is in them, and right checksums."""
    start = struct.pack(">II", len(body) + 16, len(body))
    message = start + struct.pack(">I", crc32(start)) + body
    return message + struct.pack(">I", crc32(message))


@given(messages)
def test_botocore_reads_what_is_written(message: Message) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(encode(message))
    found: Any = buffer.next()
    assert found.payload == message.payload
    assert found.headers == message.headers


@given(st.lists(messages, max_size=4), st.integers(1, 40))
def test_any_cut_gives_the_same_messages(stream: list[Message], size: int) -> None:
    data = b"".join(map(encode, stream))
    decoder = Decoder()
    found: list[Message] = []
    for at in range(0, len(data), size):
        found += decoder.feed(data[at : at + size])
    assert found == stream
    assert decoder.is_between_messages
    for one, other in zip(found, stream, strict=True):
        assert [type(value) for value in one.headers.values()] == [
            type(value) for value in other.headers.values()
        ]


def test_a_message_of_the_specification() -> None:
    # "Event stream test vectors", payload_no_headers and payload_one_str_header.
    assert encode_message({}, b"{'foo':'bar'}") == bytes.fromhex(
        "0000001d 00000000 fd528c5a 7b27666f 6f273a27 62617227 7dc36539 36"
    )
    assert encode_message({"content-type": "application/json"}, b"{'foo':'bar'}") == bytes.fromhex(
        "0000003d 00000020 07fd8396 0c636f6e 74656e74 2d747970 65070010 6170706c 69636174 696f6e2f"
        "6a736f6e 7b27666f 6f273a27 62617227 7d8d9c08 b1"
    )


@given(messages, st.data())
def test_a_changed_byte_is_noticed(message: Message, data: st.DataObject) -> None:
    raw = bytearray(encode(message))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    decoder = Decoder()
    found: list[Message] = []
    error = refusal(lambda: found.extend(decoder.feed(bytes(raw))))
    # A larger total length may leave the message waiting for more, but it is never accepted.
    assert not found
    if error is None:
        assert not decoder.is_between_messages
    else:
        assert error.code == "SerializationException"


@given(st.binary(max_size=60))
def test_headers_that_make_no_sense_are_refused(body: bytes) -> None:
    raw = with_checksums(body)
    found: list[Message] = []
    error = refusal(lambda: found.extend(Decoder().feed(raw)))
    if error is None:
        assert encode(*found) == raw
    else:
        assert error.code == "SerializationException"


@pytest.mark.parametrize(
    "body",
    [
        b"\x01a\x0a",  # no such type
        b"\x01a\x07\x00\x05ab",  # longer than the headers
        b"\x00\x00",  # no name
        b"\x01a\x00\x01a\x01",  # twice
        b"\x01\xff\x00",  # not UTF-8
        b"\x05a",  # cut off
        b"\x01a\x08\x00",
    ],
)
def test_each_kind_of_nonsense(body: bytes) -> None:
    with pytest.raises(WireError, match="SerializationException"):
        Decoder().feed(with_checksums(body))


def test_lengths_out_of_bounds_are_refused_at_once() -> None:
    start = struct.pack(">II", 2**32 - 1, 10)
    with pytest.raises(WireError, match="out of bounds"):
        Decoder().feed(start + struct.pack(">I", crc32(start)))
    start = struct.pack(">II", 12, 0)
    with pytest.raises(WireError, match="out of bounds"):
        Decoder().feed(start + struct.pack(">I", crc32(start)))


@pytest.mark.parametrize(
    "headers",
    [
        {"": "x"},
        {"n" * 256: "x"},
        {"n": "x" * 40_000},
        {"n": Byte(200)},
        {"n": Long(2**63)},
        {"n": Uuid(b"short")},
    ],
)
def test_what_cannot_be_said_is_a_value_error(headers: dict[str, HeaderValue]) -> None:
    with pytest.raises(ValueError):
        encode_message(headers)
