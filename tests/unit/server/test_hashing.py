"""An MD5 summed beside the loop is the MD5."""

from __future__ import annotations

import hashlib
import threading

import pytest

from cloudchamber.cloud.blobs import MemoryBlobs
from cloudchamber.cloud.spooling import Spool
from cloudchamber.server.hashing import ALONE_BYTES, ThreadedMd5
from cloudchamber.wire.http import Request


@pytest.mark.parametrize("pieces", [0, 1, 5, 60])
@pytest.mark.parametrize("size", [1, 100_000])
def test_the_sum_is_that_of_all_pieces(pieces: int, size: int) -> None:
    ours, plain = ThreadedMd5(), hashlib.md5()
    for number in range(pieces):
        piece = bytes((number,)) * size
        ours.update(piece)
        plain.update(piece)
    assert ours.digest() == plain.digest()


def test_no_thread_outlives_its_body() -> None:
    before = threading.active_count()
    headers = {"host": "localhost", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    spool = Spool(MemoryBlobs(), Request("PUT", "/b/k", "", headers), md5=ThreadedMd5)
    for _ in range(3):
        spool.write(bytes(ALONE_BYTES))
    assert threading.active_count() == before + 1
    spool.abandon()
    assert threading.active_count() == before
