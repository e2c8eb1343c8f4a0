"""The journal's bytes: whole, byte by byte, torn anywhere, damaged anywhere, foreign and newer."""

from __future__ import annotations

from struct import pack, pack_into
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.kernel import JournalError
from cloudchamber.kernel.journal import (
    FORMAT,
    Header,
    Problem,
    Reader,
    encode_frame,
    encode_header,
    scan,
)

HEADER = encode_header(7, "0.1.0+abc")
PAYLOADS = (
    b"first",
    b"",
    b"x" * 300,
    HEADER + encode_frame(b"a journal inside a record"),
    b"\xf5fr\n",
)
FRAMES = tuple(encode_frame(payload) for payload in PAYLOADS)
JOURNAL = HEADER + b"".join(FRAMES)
ENDS = tuple(len(HEADER) + len(b"".join(FRAMES[:count])) for count in range(len(FRAMES) + 1))


def read_in_pieces(data: bytes, size: int) -> tuple[list[bytes], Reader]:
    reader = Reader()
    frames: list[bytes] = []
    for begin in range(0, len(data), size):
        reader.feed(data[begin : begin + size])
        while (payload := reader.find_frame()) is not None:
            frames.append(payload)
    return frames, reader


def test_a_whole_journal() -> None:
    found = scan(JOURNAL)
    assert found.header == Header(7, "0.1.0+abc")
    assert found.frames == PAYLOADS
    assert (found.good_length, found.problem) == (len(JOURNAL), None)


@pytest.mark.parametrize("size", [1, 2, 7, 16, 64, len(JOURNAL)])
def test_pieces_of_any_size(size: int) -> None:
    frames, reader = read_in_pieces(JOURNAL, size)
    assert tuple(frames) == PAYLOADS
    assert reader.close() is None
    assert reader.good_length == len(JOURNAL)


def test_a_journal_without_records() -> None:
    assert scan(HEADER) == (Header(7, "0.1.0+abc"), (), len(HEADER), None)


@pytest.mark.parametrize("seed", [0, -5, 2**200])
def test_any_seed_and_build(seed: int) -> None:
    assert scan(encode_header(seed, "bau-ß")).header == Header(seed, "bau-ß")


@pytest.mark.parametrize("step", [1, 16, len(JOURNAL)])
def test_a_tail_torn_at_any_byte_is_reported_and_nothing_before_it_is_lost(step: int) -> None:
    for length in range(len(JOURNAL)):
        frames, reader = read_in_pieces(JOURNAL[:length], step)
        whole = sum(end <= length for end in ENDS) - 1
        assert tuple(frames) == PAYLOADS[: max(whole, 0)]
        good = ENDS[whole] if whole >= 0 else 0
        assert reader.good_length == good
        problem = reader.close()
        if length == good and whole >= 0:
            assert problem is None
        else:
            assert problem is not None
            assert problem[:2] == (good, length - good)
            assert not problem.damaged  # what a killed process leaves
            what = "record" if whole >= 0 else "header"
            assert problem.message == (
                f"unfinished {what} of {length - good} bytes at offset {good}"
            )


def test_writing_goes_on_where_the_torn_tail_began() -> None:
    torn = JOURNAL[:-3]
    again = torn[: scan(torn).good_length] + encode_frame(b"after the crash")
    assert scan(again).frames == (*PAYLOADS[:-1], b"after the crash")
    assert scan(again).problem is None


@pytest.mark.parametrize("size", [1, 5, len(JOURNAL)])
def test_a_bit_flipped_before_the_last_record_is_corruption_with_its_offset(size: int) -> None:
    for place in range(len(HEADER), ENDS[-2]):
        data = bytearray(JOURNAL)
        data[place] ^= 1 << (place % 8)
        frame = sum(end <= place for end in ENDS) - 1
        with pytest.raises(JournalError, match="corrupt at offset") as caught:
            read_in_pieces(bytes(data), size)
        assert caught.value.offset == ENDS[frame]
        assert f"offset {ENDS[frame]} " in str(caught.value)


def test_the_records_before_the_damage_are_still_handed_out() -> None:
    data = bytearray(JOURNAL)
    data[ENDS[2] + 20] ^= 4
    reader = Reader()
    reader.feed(bytes(data))
    assert reader.find_frame() == PAYLOADS[0]
    assert reader.find_frame() == PAYLOADS[1]
    for _ in range(2):  # and it stays an error, however often one asks
        with pytest.raises(JournalError, match=f"damaged payload.*begins at offset {ENDS[3]}"):
            reader.find_frame()
    assert reader.good_length == ENDS[2]


def test_a_bit_flipped_in_the_last_record_is_a_problem_not_silence() -> None:
    for place in range(ENDS[-2], len(JOURNAL)):
        data = bytearray(JOURNAL)
        data[place] ^= 16
        found = scan(bytes(data))
        assert found.frames == PAYLOADS[:-1]
        assert found.problem is not None
        assert found.problem[:2] == (ENDS[-2], len(JOURNAL) - ENDS[-2])
        assert found.problem.damaged


@pytest.mark.parametrize("tail", [b"\0" * 5000, b"\xff", b"trailing text that is no frame at all"])
@pytest.mark.parametrize("size", [1, 5000])
def test_trailing_bytes_are_a_torn_tail(tail: bytes, size: int) -> None:
    frames, reader = read_in_pieces(JOURNAL + tail, size)
    assert tuple(frames) == PAYLOADS
    problem = reader.close()
    assert isinstance(problem, Problem)
    assert problem[:2] == (len(JOURNAL), len(tail))


def test_a_torn_record_that_holds_a_journal_is_still_only_torn() -> None:
    inner = HEADER + encode_frame(b"one") + encode_frame(b"two")
    torn = HEADER + encode_frame(inner + b"rest")[:-1]
    found = scan(torn)
    assert found.problem is not None
    assert (found.frames, found.good_length) == ((), len(HEADER))


def test_damage_in_a_long_file_is_found_in_bounded_memory() -> None:
    reader = Reader()
    reader.feed(HEADER + b"\0" * 100)
    assert reader.find_frame() is None
    for _ in range(50):
        reader.feed(b"\xf5f" * 500)
        assert reader.find_frame() is None
        assert len(reader._buffer) < 2000
    reader.feed(encode_frame(b"evidence"))
    with pytest.raises(
        JournalError, match=f"corrupt at offset {len(HEADER)} .*damaged frame header"
    ):
        reader.find_frame()


@pytest.mark.parametrize("split", range(1, 40))
def test_evidence_is_found_wherever_the_pieces_end(split: int) -> None:
    evidence = b"junk" * 5 + encode_frame(b"evidence")
    reader = Reader()
    reader.feed(HEADER + b"\0" * 20 + evidence[:split])
    if split < 20 + 16:  # its header, after the junk, is not whole yet
        assert reader.find_frame() is None
        reader.feed(evidence[split:])
    with pytest.raises(JournalError, match="later record begins"):
        reader.find_frame()


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"CHAMBERX" + JOURNAL[8:], b"\0" * 64])
def test_a_foreign_file_is_refused(data: bytes) -> None:
    with pytest.raises(JournalError, match="not a journal"):
        scan(data)


def test_a_newer_format_is_named_with_ours() -> None:
    head = pack("<8sHH", b"CHAMBERJ", FORMAT + 3, 40)
    newer = head + pack("<I", crc32(head)) + b"a body that only a newer build can read" * 3
    with pytest.raises(
        JournalError, match=f"format {FORMAT + 3}; this build reads format {FORMAT}"
    ):
        scan(newer)


def test_a_damaged_header_is_damaged_and_not_newer() -> None:
    for place in range(8, len(HEADER)):
        data = bytearray(JOURNAL)
        data[place] ^= 1
        with pytest.raises(JournalError, match="header is damaged"):
            scan(bytes(data))


def test_the_format_is_pinned() -> None:
    """Files written by one build are read by the next: these bytes may only change with FORMAT."""
    assert encode_header(1, "b").hex() == "4348414d4245524a01000300f79119b3310062c1565479"
    assert encode_frame(b"abc").hex() == "f566720a03000000c2412435373fc0fc616263"


def test_a_length_that_lies_is_not_believed() -> None:
    """A flipped length with a payload behind it must not swallow what follows."""
    data = bytearray(JOURNAL)
    pack_into("<I", data, ENDS[1] + 4, 0xFFFFFFFF)
    with pytest.raises(JournalError, match=f"corrupt at offset {ENDS[1]} "):
        scan(bytes(data))


@given(st.lists(st.binary(max_size=80), max_size=8), st.integers(1, 40), st.data())
def test_any_records_survive_any_cut_and_any_flip(
    payloads: list[bytes], size: int, data: st.DataObject
) -> None:
    journal = HEADER + b"".join(map(encode_frame, payloads))
    frames, reader = read_in_pieces(journal, size)
    assert frames == payloads
    assert reader.close() is None
    place = data.draw(st.integers(len(HEADER), len(journal)))
    found = scan(journal[:place])
    assert list(found.frames) == payloads[: len(found.frames)]
    assert (found.problem is None) == (found.good_length == place)
    if place < len(journal):
        flipped = bytearray(journal)
        flipped[place] ^= 1 << data.draw(st.integers(0, 7))
        try:
            found = scan(bytes(flipped))
        except JournalError as error:
            offset = error.offset
        else:
            offset = found.good_length
            assert list(found.frames) == payloads[:-1]
            assert found.problem is not None
        assert offset <= place
