"""Large bodies: sealed at rest, opened in any slice, counted, and summed while they come."""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.cloud import snapshots
from cloudchamber.cloud.blobs import MemoryBlobs, Slice, Spooled, Streamed, seal
from cloudchamber.cloud.checksums import checksum
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Settings
from cloudchamber.cloud.spooling import Spool, named_checksums
from cloudchamber.server.data.blobs import FileBlobs
from cloudchamber.wire.http import Request

KEY = bytes(range(32))
PUT = {"host": "localhost", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}


@given(data=st.binary(max_size=200), start=st.integers(0, 220), length=st.integers(0, 220))
def test_a_slice_opens_without_the_rest(data: bytes, start: int, length: int) -> None:
    sealed = seal(data, KEY)
    assert seal(sealed[start : start + length], KEY, start) == data[start : start + length]
    assert len(data) < 16 or sealed != data


def test_a_key_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 3"):
        seal(b"x", b"abc")


@given(parts=st.lists(st.binary(max_size=30), max_size=5), size=st.integers(1, 40))
def test_a_streamed_body_is_its_parts_in_order(parts: list[bytes], size: int) -> None:
    store = MemoryBlobs()
    sources: list[bytes | Slice] = []
    for index, part in enumerate(parts):
        if index % 2:
            sources.append(part)
            continue
        name, key = store.invent()
        writer = store.create(name)
        writer.write(seal(part, key))
        writer.close()
        sources.append(Slice(store, name, key, 0, len(part)))
    streamed = Streamed(sources)
    pieces = list(streamed.pieces(size))
    assert b"".join(pieces) == b"".join(parts)
    assert streamed.length == sum(map(len, parts))
    assert all(len(piece) <= size for piece in pieces)


def test_a_body_lives_as_long_as_it_is_counted() -> None:
    cloud = Cloud(Settings(seed=1))
    name = cloud.blobs.put(b"contents", KEY)
    assert cloud.blobs.put(b"contents", KEY) == name
    cloud.blobs.keep(name)
    cloud.blobs.keep(name)
    cloud.blobs.drop(name)
    assert cloud.blobs.collect() == 0
    assert cloud.blobs.read(name, KEY, 3, 5) == b"te"
    assert snapshots.bodies_of(snapshots.save(cloud)) == {name}
    twin = snapshots.fork(cloud)
    cloud.blobs.drop(name)
    assert cloud.blobs.unused == 1
    assert twin.blobs.read(name, KEY) == b"contents"
    assert cloud.blobs.collect(twin.blobs.names()) == 0
    assert cloud.blobs.collect() == 1
    with pytest.raises(KeyError):
        cloud.blobs.read(name, KEY)


def test_files_hold_nothing_that_can_be_read(tmp_path: Path) -> None:
    store = FileBlobs(tmp_path / "blobs")
    assert store.names() == []
    spool = Spool(store, Request("PUT", "/b/k", "", dict(PUT)))
    secret = b"the plans of the house " * 5000
    spool.write(secret[:70_000])
    spool.write(secret[70_000:])
    assert store.names() == []  # not whole yet
    body = spool.finish().spooled
    assert body is not None
    assert store.names() == [body.name]
    on_disk = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(on_disk) == len(secret)
    assert b"plans" not in on_disk
    assert b"".join(Slice(store, body.name, body.key, 4, 9).pieces(2)) == b"plans"
    assert body.md5 == hashlib.md5(secret).digest()
    assert body.checksums == {"CRC64NVME": checksum("CRC64NVME", secret)}
    store.delete(body.name)
    assert store.find_length(body.name) is None


@pytest.mark.parametrize("name", ["../../etc/passwd", "r/../x", "", "R00000000", "r" * 80])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    store = FileBlobs(tmp_path)
    with pytest.raises(KeyError):
        store.create(name)
    with pytest.raises(KeyError):
        list(store.pieces(name, 0, 1, 1))


def test_what_was_cut_short_is_gone_at_the_next_start(tmp_path: Path) -> None:
    half = FileBlobs(tmp_path).create("r00000000")
    half.write(b"half")
    again = FileBlobs(tmp_path)
    again.create("r11111111").close()
    assert again.names() == ["r11111111"]
    assert sorted(path.name for path in tmp_path.rglob("r*")) == ["r11111111"]
    half.abandon()


def test_a_spool_sums_what_the_request_names() -> None:
    store = MemoryBlobs()
    headers = {**PUT, "x-amz-checksum-crc32": "?", "x-amz-trailer": "x-amz-checksum-sha256"}
    spool = Spool(store, Request("PUT", "/b/k", "", headers))
    spool.write(b"abc")
    body = spool.finish().spooled
    assert body is not None
    assert body.checksums == {
        "CRC32": b64encode(zlib.crc32(b"abc").to_bytes(4, "big")).decode(),
        "SHA256": b64encode(hashlib.sha256(b"abc").digest()).decode(),
    }
    assert body.sha256 is None
    assert named_checksums({"x-amz-sdk-checksum-algorithm": "crc32c"}) == ["CRC32C"]


def test_a_spool_takes_a_body_out_of_its_chunks() -> None:
    headers = {
        **PUT,
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": "5",
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    spool = Spool(MemoryBlobs(), Request("PUT", "/b/k", "", headers))
    for byte in b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n":
        spool.write(bytes((byte,)))
    request = spool.finish()
    assert request.spooled is not None
    assert request.spooled.length == 5
    assert request.spooled.checksums == {"CRC32": "NhCmhg=="}
    assert request.headers["x-amz-checksum-crc32"] == "NhCmhg=="
    assert request.headers["content-length"] == "5"
    assert "content-encoding" not in request.headers


def test_a_broken_chunk_is_told_later() -> None:
    headers = {**PUT, "content-encoding": "aws-chunked", "x-amz-decoded-content-length": "5"}
    store = MemoryBlobs()
    spool = Spool(store, Request("PUT", "/b/k", "", headers))
    spool.write(b"zzz\r\n")
    spool.write(b"more of it")
    request = spool.finish()
    assert request.spooled is None
    assert request.problem is not None
    assert request.problem.code == "InvalidRequest"
    assert store.names() == []


def test_a_spooled_body_comes_back_from_a_journal() -> None:
    body = Spooled("r00000000", KEY, 3, b"m" * 16, None, {"CRC32": "x"})
    again = Spooled.of(body.as_data)
    assert again is not None
    assert again.as_data == body.as_data
    assert Spooled.of({"Body": 1}) is None
    assert Spooled.of(b"bytes") is None
