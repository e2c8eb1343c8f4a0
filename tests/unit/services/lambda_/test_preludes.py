"""Preludes of streamed answers: found wherever the pieces are cut, refused when they are none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.services.lambda_.preludes import (
    BYTES_MAX,
    CONTENT_TYPE,
    END,
    PreludeError,
    find_prelude,
)
from cloudchamber.services.lambda_.streamed_answers import SiteParts

NAMES = st.text("abcXYZ-", min_size=1, max_size=8)
TOLD = st.fixed_dictionaries(
    {},
    optional={
        "statusCode": st.integers(200, 599),
        "headers": st.dictionaries(NAMES, st.text(max_size=12) | st.integers() | st.booleans()),
        "cookies": st.lists(st.text(max_size=12), max_size=3),
        "more": st.none() | st.lists(st.integers()),
    },
)


def told_in_pieces(data: bytes, sizes: list[int]) -> tuple[list[dict[str, Any]], bytes]:
    """What is told of these bytes, cut so: the outputs, and all their bodies."""
    parts = SiteParts(lambda: {"x-own": "1"})
    outputs = []
    for size in [*sizes, len(data)]:
        piece, data = data[:size], data[size:]
        output = parts.tell(CONTENT_TYPE, piece) if piece else None
        if output is not None:
            outputs.append(output)
    return outputs, b"".join(output["Body"] for output in outputs)


@given(TOLD, st.binary(max_size=60), st.lists(st.integers(1, 40), max_size=20))
def test_where_it_is_cut_makes_no_difference(
    told: dict[str, Any], body: bytes, sizes: list[int]
) -> None:
    data = json.dumps(told).encode() + END + body
    outputs, found = told_in_pieces(data, sizes)
    assert found == body
    assert outputs[0]["Status"] == told.get("statusCode", 200)
    assert outputs[0]["Headers"]["x-own"] == "1"
    assert all("\r" not in value for value in outputs[0]["Headers"].values())
    whole = find_prelude(data)
    assert whole is not None
    assert (whole.status, data[whole.length :]) == (outputs[0]["Status"], body)
    assert outputs[0]["Headers"] == {**whole.headers, "x-own": "1"}


@given(st.binary(max_size=200), st.lists(st.integers(1, 40), max_size=20))
def test_anything_may_come(data: bytes, sizes: list[int]) -> None:
    outputs, found = told_in_pieces(data, sizes)
    try:
        prelude = find_prelude(data)
    except PreludeError:
        prelude = None
    if prelude is None:
        assert outputs == []
    else:
        assert found == data[prelude.length :]


def test_what_it_says_becomes_the_head() -> None:
    told = {
        "statusCode": 201,
        "headers": {
            "X-A": "b\r\nx-evil: 1",
            "Content-Length": "3",
            "x-n": 1,
            "x-yes": True,
            "": "x",
            "no name": "x",
            "x:y": "x",
            "é": "x",
            "x\r\ny": "x",
        },
        "cookies": ["a=1\nset-cookie: c=3", "b=2"],
    }
    found = find_prelude(json.dumps(told).encode() + END + b"body")
    assert found is not None
    assert found.status == 201
    assert found.headers == {
        "x-a": "bx-evil: 1",
        "x-n": "1",
        "x-yes": "true",
        "set-cookie": "a=1set-cookie: c=3\nb=2",
        "content-type": "application/octet-stream",
    }


def test_a_status_may_be_written_as_text() -> None:
    found = find_prelude(b'{"statusCode": "404"}' + END)
    assert found is not None
    assert found.status == 404


def test_an_empty_one_says_nothing() -> None:
    found = find_prelude(END + b"body")
    assert found is not None
    assert (found.status, found.length) == (200, 8)


@pytest.mark.parametrize(
    "text",
    [
        b"no json",
        b"[200]",
        b'"text"',
        b'{"statusCode": "2000"}',
        b'{"statusCode": true}',
        b'{"statusCode": 2e2}',
        b'{"statusCode": 101}',
        b'{"statusCode": 600}',
        b'{"statusCode": null}',
        b"\xff\xfe",
        b"[" * 5000,
        b" " * (BYTES_MAX + 1),
    ],
)
def test_what_is_none_is_refused(text: bytes) -> None:
    with pytest.raises(PreludeError):
        find_prelude(text + END)
    assert told_in_pieces(text + END + b"body", [1000] * 20) == ([], b"")


def test_one_that_does_not_end_is_waited_for_only_so_long() -> None:
    assert find_prelude(b" " * BYTES_MAX) is None
    with pytest.raises(PreludeError):
        find_prelude(b" " * (BYTES_MAX + len(END)))


def test_other_answers_have_none() -> None:
    parts = SiteParts(lambda: {"x-own": "1"})
    first = parts.tell("", b"{}" + END)
    assert first == {
        "Status": 200,
        "Headers": {"content-type": "application/octet-stream", "x-own": "1"},
        "Body": b"{}" + END,
    }
    assert parts.tell("", b"more") == {"Status": 200, "Headers": {}, "Body": b"more"}
