"""The JSON reader agrees with the standard library and knows where things stand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.languages.policy.json_text import (
    DEPTH_MAX,
    JsonArray,
    JsonError,
    JsonNode,
    JsonNumber,
    JsonObject,
    line_and_column,
    read_json,
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def plain(node: JsonNode) -> Any:
    """What json.loads would have said (numbers by their text)."""
    if isinstance(node, JsonNumber):
        return json.loads(node.text)
    if isinstance(node, JsonArray):
        return [plain(item) for item in node.items]
    if isinstance(node, JsonObject):
        return {key: plain(value) for key, value in node.members.items()}
    return node


@given(VALUES, st.sampled_from([None, 1, 4]), st.booleans())
def test_reads_what_the_standard_library_writes(
    value: Any, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    reading = read_json(text)
    assert plain(reading.value) == value
    if indent is not None and isinstance(value, dict | list):
        compact = json.dumps(value, separators=(",", ":"), ensure_ascii=ascii_only)
        assert len(text) - reading.spaces == len(compact)


@given(st.text(alphabet='{}[]",:\\ \n0123-+.eEtrufalsn\x01é', max_size=30))
def test_accepts_exactly_the_json_the_standard_library_accepts(text: str) -> None:
    pairs: list[bool] = []

    def no_twins(members: list[tuple[str, Any]]) -> dict[str, Any]:
        pairs.append(len({key for key, _ in members}) == len(members))
        return dict(members)

    def no_constants(name: str) -> None:
        raise ValueError(name)

    try:
        json.loads(text, object_pairs_hook=no_twins, parse_constant=no_constants)
    except ValueError:
        good = False
    else:
        good = all(pairs)
    try:
        read_json(text)
    except JsonError:
        assert not good
    else:
        assert good


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("", 0),
        ("{", 1),
        ('{"a"}', 4),
        ('{"a":1,}', 7),
        ("[1,]", 3),
        ("[1 2]", 3),
        ('{"a":1}x', 7),
        ('{"a":1,"a":2}', 7),
        ("NaN", 0),
        ("01", 1),
        ("'a'", 0),
        ('{"a":tru}', 5),
    ],
)
def test_says_where_reading_stopped(text: str, offset: int) -> None:
    with pytest.raises(JsonError) as caught:
        read_json(text)
    assert caught.value.offset == offset


def test_nesting_is_capped_at_any_length() -> None:
    read_json("[" * DEPTH_MAX + "]" * DEPTH_MAX)
    for opening in ("[", '{"a":'):
        with pytest.raises(JsonError, match="nested deeper"):
            read_json(opening * 60_000)


def test_a_number_of_any_length_is_only_text() -> None:
    number = read_json("9" * 100_000).value
    assert isinstance(number, JsonNumber)
    assert len(number.text) == 100_000


def test_objects_know_where_they_stand() -> None:
    text = '{\n  "Statement": [\n    {"a": 1}\n  ]\n}'
    root = read_json(text).value
    assert isinstance(root, JsonObject)
    array = root.members["Statement"]
    assert isinstance(array, JsonArray)
    inner = array.items[0]
    assert isinstance(inner, JsonObject)
    assert text[inner.start : inner.end] == '{"a": 1}'
    assert line_and_column(text, inner.start) == (3, 5)
    assert line_and_column(text, array.start) == (2, 16)
