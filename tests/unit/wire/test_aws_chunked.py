"""aws-chunked bodies: AWS's own examples, botocore's writer, every way of cutting, every lie.

Rules of this file: the examples are those of the S3 manual ("Signature Calculations for the
Authorization Header: Transferring Payload in Multiple Chunks"), key and all.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from zlib import crc32

import pytest
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.wire import aws_chunked
from cloudchamber.wire.aws_chunked import (
    ChunkDecoder,
    ChunkSigner,
    decode_chunked,
    is_chunked,
    without_chunks,
)
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from cloudchamber.wire.sigv4 import derive_key
from tests.unit.wire.refusal import refusal

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY = derive_key(SECRET, "20130524", "us-east-1", "s3")
SCOPE = "20130524/us-east-1/s3/aws4_request"
DATE = "20130524T000000Z"
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
SIGNATURES = (
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
)
DATA = b"a" * 66560


def signed(chunks: Sequence[bytes], signatures: Sequence[str], end: bytes = b"\r\n") -> bytes:
    parts = [
        f"{len(chunk):x};chunk-signature={signature}\r\n".encode() + chunk + b"\r\n"
        for chunk, signature in zip(chunks, signatures, strict=False)
    ]
    return b"".join((*parts, f"0;chunk-signature={signatures[-1]}\r\n".encode(), end))


EXAMPLE = signed((DATA[:65536], DATA[65536:]), SIGNATURES)


def signer(seed: str = SEED) -> ChunkSigner:
    return ChunkSigner(KEY, DATE, SCOPE, seed)


def unsigned(chunks: Sequence[bytes], end: bytes = b"\r\n") -> bytes:
    parts = [f"{len(chunk):X}\r\n".encode() + chunk + b"\r\n" for chunk in chunks]
    return b"".join((*parts, b"0\r\n", end))


def request(body: bytes, length: int | str | None, **headers: str) -> Request:
    found = {name.replace("_", "-"): value for name, value in headers.items()}
    if length is not None:
        found["x-amz-decoded-content-length"] = str(length)
    return Request("PUT", "/bucket/key", "", found, body)


def test_the_worked_example_of_the_manual() -> None:
    decoder = ChunkDecoder(len(DATA), signer=signer())
    assert decoder.feed(EXAMPLE) == DATA
    assert decoder.is_done
    decoder.finish()


def test_the_worked_example_with_a_trailer() -> None:
    body = signed(
        (DATA[:65536], DATA[65536:]),
        (
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        ),
        b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
        b"x-amz-trailer-signature:"
        b"d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
    )
    seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
    names = ("x-amz-checksum-crc32c",)
    decoder = ChunkDecoder(len(DATA), signer=signer(seed), trailer_names=names)
    assert decoder.feed(body) == DATA
    assert decoder.is_done
    assert decoder.trailers == {"x-amz-checksum-crc32c": "sOO8/Q=="}
    forged = body.replace(b"sOO8/Q==", b"sOO8/R==")
    with pytest.raises(WireError, match="SignatureDoesNotMatch"):
        ChunkDecoder(len(DATA), signer=signer(seed), trailer_names=names).feed(forged)


@given(st.lists(st.integers(1, 9000), min_size=1, max_size=40))
def test_pieces_of_any_size_give_the_same(sizes: list[int]) -> None:
    decoder = ChunkDecoder(len(DATA), signer=signer())
    at, out = 0, []
    while at < len(EXAMPLE):
        for size in sizes:
            out.append(decoder.feed(EXAMPLE[at : at + size]))
            at += size
    assert b"".join(out) == DATA
    assert decoder.is_done


def test_byte_by_byte_unsigned_bytes_come_out_at_once() -> None:
    body = unsigned((b"x" * 8192, b"end"))
    decoder = ChunkDecoder(8195)
    out = [decoder.feed(body[at : at + 1]) for at in range(len(body))]
    assert b"".join(out) == b"x" * 8192 + b"end"
    assert decoder.is_done
    assert out[len("2000\r\n")] == b"x"  # not held back until the chunk is whole


@given(st.integers(0, len(EXAMPLE) - 1), st.integers(1, 255))
def test_no_changed_byte_passes(at: int, change: int) -> None:
    body = bytearray(EXAMPLE)
    body[at] ^= change
    decoder = ChunkDecoder(len(DATA), signer=signer())
    try:
        out = decoder.feed(bytes(body))
        decoder.finish()
    except WireError:
        return
    # Only the case of the hexadecimal size may have changed.
    assert out == DATA
    assert chr(body[at]).lower() == chr(EXAMPLE[at]).lower()


@given(st.integers(0, len(EXAMPLE) - 1))
def test_a_body_cut_short_is_incomplete(stop: int) -> None:
    decoder = ChunkDecoder(len(DATA), signer=signer())
    assert DATA.startswith(decoder.feed(EXAMPLE[:stop]))
    with pytest.raises(WireError, match="IncompleteBody"):
        decoder.finish()


@given(st.binary(max_size=30_000), st.integers(8192, 20_000))
def test_botocore_writes_what_is_read(data: bytes, chunk_size: int) -> None:
    wrapper = AwsChunkedWrapper(
        io.BytesIO(data),
        checksum_cls=Crc32Checksum,
        checksum_name="x-amz-checksum-crc32",
        chunk_size=chunk_size,
    )
    found = decode_chunked(
        request(
            wrapper.read(),
            len(data),
            x_amz_content_sha256=aws_chunked.UNSIGNED_TRAILER,
            x_amz_trailer="x-amz-checksum-crc32",
        )
    )
    assert found.body == data
    checksum = Crc32Checksum()
    checksum.update(data)
    assert checksum.digest() == crc32(data).to_bytes(4, "big")
    assert found.trailers == {"x-amz-checksum-crc32": checksum.b64digest()}


def test_the_request_is_as_if_it_had_not_been_chunked() -> None:
    body = unsigned((b"hello",), b"x-amz-checksum-crc32:NhCmhg==\r\n\r\n")
    plain = without_chunks(
        request(
            body,
            5,
            x_amz_content_sha256=aws_chunked.UNSIGNED_TRAILER,
            x_amz_trailer="x-amz-checksum-crc32",
            content_encoding="aws-chunked, gzip",
            content_length=str(len(body)),
        )
    )
    assert plain.body == b"hello"
    assert plain.headers["content-encoding"] == "gzip"
    assert plain.headers["content-length"] == "5"
    assert plain.headers["x-amz-checksum-crc32"] == "NhCmhg=="
    only = without_chunks(request(unsigned(()), 0, content_encoding="aws-chunked"))
    assert "content-encoding" not in only.headers


@pytest.mark.parametrize(
    ("body", "length", "code"),
    [
        (unsigned((b"x" * 8191, b"y")), 8192, "InvalidChunkSizeError"),
        (unsigned((b"hello",)), 6, "IncompleteBody"),
        (unsigned((b"hello",)), 4, "IncompleteBody"),
        (b"fffffffffffffff\r\n", 4, "IncompleteBody"),
        (b"zz\r\nhello", 5, "InvalidRequest"),
        (b"5\r\nhelloX\r\n0\r\n\r\n", 5, "InvalidRequest"),
        (b"5;chunk-signature\r\nhello\r\n0\r\n\r\n", 5, "InvalidRequest"),
        (b"5" * 2000, 5, "InvalidRequest"),
        (b"5\r\nhello\r\n0\r\nno colon\r\n\r\n", 5, "MalformedTrailerError"),
        (b"0\r\n" + b"a:b\r\n" * 40 + b"c" * 17 + b":\r\n\r\n", 0, None),
        (b"5\r\nhello\r\n0\r\n\r\nmore", 5, "MalformedTrailerError"),
        (b"", 0, "IncompleteBody"),
        (b"-1\r\n", 0, "InvalidRequest"),
    ],
)
def test_what_is_not_chunked_is_refused(body: bytes, length: int, code: str | None) -> None:
    if code is None:
        assert decode_chunked(request(body, length)).trailers["a"] == "b"
        return
    with pytest.raises(WireError) as caught:
        decode_chunked(request(body, length))
    assert caught.value.code == code


def test_headers_must_announce_the_length_and_the_trailers() -> None:
    with pytest.raises(WireError) as caught:
        decode_chunked(request(unsigned(()), None))
    assert (caught.value.code, caught.value.status) == ("MissingContentLength", 411)
    for text in ("x", "-1", "1_0", "٣", "9" * 40):
        with pytest.raises(WireError, match="InvalidArgument"):
            decode_chunked(request(unsigned(()), text))
    missing = request(unsigned((b"hello",)), 5, x_amz_trailer="x-amz-checksum-crc32")
    with pytest.raises(WireError, match="MalformedTrailerError"):
        decode_chunked(missing)


def test_signatures_are_required_when_they_are_announced() -> None:
    kind = aws_chunked.SIGNED
    whole = request(unsigned((DATA,)), len(DATA), x_amz_content_sha256=kind)
    with pytest.raises(WireError, match="InvalidRequest"):
        decode_chunked(whole, signer())
    # Without a signer nothing is verified: permissions are off.
    assert decode_chunked(request(EXAMPLE, len(DATA), x_amz_content_sha256=kind)).body == DATA
    asymmetric = request(b"", 0, x_amz_content_sha256=aws_chunked.ASYMMETRIC_PREFIX)
    with pytest.raises(WireError) as caught:
        decode_chunked(asymmetric, signer())
    assert caught.value.status == 501


def test_what_counts_as_chunked() -> None:
    assert is_chunked({"x-amz-content-sha256": aws_chunked.UNSIGNED_TRAILER})
    assert is_chunked({"content-encoding": "gzip,aws-chunked"})
    assert not is_chunked({"content-encoding": "gzip", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"})


@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_raise_anything_else(data: bytes, sign: bool) -> None:
    decoder = ChunkDecoder(10, signer=signer() if sign else None)
    error = refusal(lambda: decoder.feed(data)) or refusal(decoder.finish)
    assert error is None or error.status < 500
