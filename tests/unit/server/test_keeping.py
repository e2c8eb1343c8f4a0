"""What was streamed is kept: the beginning in memory, the rest sealed among the blobs."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from cloudchamber.cloud.blobs import INLINE_BYTES_MAX, MemoryBlobs, seal
from cloudchamber.engines.functions.faults import ANSWER_BYTES_MAX
from cloudchamber.engines.functions.orders import Outcome
from cloudchamber.server.functions.keeping import StreamedAnswer

DATA = bytes(range(256)) * 1024


def streamed(
    store: MemoryBlobs, size: int, *, takes_stream: bool = True, audience: Any = None
) -> StreamedAnswer:
    """An answer that has come in pieces of this size."""
    answer = StreamedAnswer(store, audience, "a/b", takes_stream=takes_stream)
    for start in range(0, len(DATA), size):
        answer.write(DATA[start : start + size])
    return answer


@pytest.mark.parametrize("size", [1000, INLINE_BYTES_MAX, 100_000, len(DATA)])
def test_the_rest_is_sealed_and_there_when_the_outcome_is(size: int) -> None:
    store = MemoryBlobs()
    answer = streamed(store, size)
    assert answer.length == len(DATA)
    assert store.names() == []  # nobody counts it yet
    outcome = Outcome(status="ok")
    answer.settle(outcome)
    data = outcome.as_data()
    assert (data["payload"], data["content_type"]) == (DATA[:INLINE_BYTES_MAX], "a/b")
    rest = data["rest"]
    assert store.names() == [rest.name]
    sealed = b"".join(store.pieces(rest.name, 0, rest.length, 1 << 20))
    assert seal(sealed, rest.key) == DATA[INLINE_BYTES_MAX:]
    assert sealed != DATA[INLINE_BYTES_MAX:]
    assert rest.identity == (rest.length, hashlib.md5(DATA[INLINE_BYTES_MAX:]).digest())


def test_a_failure_keeps_what_was_begun() -> None:
    store = MemoryBlobs()
    outcome = Outcome(status="error", payload=b"{}")
    streamed(store, 1000).settle(outcome)
    assert (outcome.payload, outcome.begun) == (b"{}", DATA[:INLINE_BYTES_MAX])
    assert outcome.rest is not None
    assert outcome.is_streamed


def test_whoever_takes_no_stream_gets_it_in_one_piece() -> None:
    store = MemoryBlobs()
    outcome = Outcome(status="ok")
    streamed(store, 1000, takes_stream=False).settle(outcome)
    assert (outcome.payload, outcome.rest, store.names()) == (DATA, None, [])
    assert len(DATA) < ANSWER_BYTES_MAX


def test_what_nobody_asks_for_is_gone() -> None:
    store = MemoryBlobs()
    answer = streamed(store, 1000)
    answer.abandon()
    answer.abandon()
    assert store.names() == []


def test_the_audience_is_told_and_may_ask_for_patience() -> None:
    class Audience:
        said = b""

        def write(self, content_type: str, data: bytes) -> bool:
            assert content_type == "a/b"
            self.said += data
            return len(self.said) < 5

    audience = Audience()
    answer = StreamedAnswer(MemoryBlobs(), audience, "a/b", takes_stream=True)
    assert [answer.write(b"one"), answer.write(b"two")] == [True, False]
    assert audience.said == b"onetwo"
