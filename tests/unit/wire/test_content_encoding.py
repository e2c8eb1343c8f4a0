"""Compressed bodies: what clients send comes out, what would fill the memory does not."""

from __future__ import annotations

import gzip
import zlib
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.wire.content_encoding import decode_body, gunzip
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from tests.unit.wire.refusal import refusal


def request(body: bytes, encoding: str | None) -> Request:
    headers = {"content-length": str(len(body))}
    if encoding is not None:
        headers["content-encoding"] = encoding
    return Request("POST", "/", "", headers, body)


@given(st.binary(max_size=2000), st.integers(0, 3))
def test_what_was_compressed_comes_out(body: bytes, times: int) -> None:
    packed = body
    for _ in range(times):
        packed = gzip.compress(packed, mtime=0)
    found = decode_body(request(packed, ", ".join(["gzip"] * times) or "identity"))
    assert found.body == body
    assert "content-encoding" not in found.headers
    assert found.headers["content-length"] == str(len(body))


def test_without_the_header_nothing_is_touched() -> None:
    plain = request(gzip.compress(b"x", mtime=0), None)
    assert decode_body(plain) is plain


def test_members_follow_each_other() -> None:
    assert gunzip(gzip.compress(b"one ", mtime=0) + gzip.compress(b"two")) == b"one two"


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    bomb = gzip.compress(gzip.compress(b"\0" * 20_000_000, 9, mtime=0), 9)
    assert len(bomb) < 2000
    with pytest.raises(WireError) as caught:
        decode_body(request(bomb, "gzip,gzip"), 1_000_000)
    assert (caught.value.code, caught.value.status) == ("RequestEntityTooLargeException", 413)
    assert gunzip(gzip.compress(b"x" * 1000, mtime=0), 1000) == b"x" * 1000
    for sizes in ((1001,), (999, 2), (1000, 1)):
        members = b"".join(gzip.compress(b"x" * size, mtime=0) for size in sizes)
        with pytest.raises(WireError, match="larger than 1000 bytes"):
            gunzip(members, 1000)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"plain",
        gzip.compress(b"x" * 100, mtime=0)[:-3],
        zlib.compress(b"x"),
        gzip.compress(b"a", mtime=0) + b"b",
    ],
)
def test_what_is_no_gzip_is_refused(body: bytes) -> None:
    with pytest.raises(WireError, match="SerializationException"):
        decode_body(request(body, "gzip"))


@pytest.mark.parametrize("encoding", ["br", "gzip, deflate", "gzip," * 9 + "gzip"])
def test_what_is_not_spoken_is_named(encoding: str) -> None:
    with pytest.raises(WireError) as caught:
        decode_body(request(b"", encoding))
    assert caught.value.status == 415


@given(st.binary(max_size=200), st.text(max_size=20))
def test_nothing_else_is_raised(body: bytes, encoding: str) -> None:
    for packed in (request(body, encoding), request(body, "gzip")):
        error = refusal(partial(decode_body, packed, 10_000))
        assert error is None or error.status < 500
