"""Values: what is sound, how large it is, how it is kept."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.values import (
    item_size,
    order,
    read_item,
    read_value,
    shown,
    value_size,
)

INVALID = "One or more parameter values were invalid: "


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {},
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ),
        (
            {"S": "a", "N": "1"},
            (
                "Supplied AttributeValue has more than one datatypes set, must contain exactly "
                "one of "
                "the supported datatypes"
            ),
        ),
        ({"SS": []}, f"{INVALID}An string set  may not be empty"),
        ({"NS": []}, f"{INVALID}An number set  may not be empty"),
        ({"BS": []}, f"{INVALID}Binary sets should not be empty"),
        ({"SS": ["a", "a"]}, f"{INVALID}Input collection [a, a] contains duplicates."),
        ({"NS": ["1", "1.0"]}, f"{INVALID}Input collection [1, 1.0] contains duplicates."),
        ({"NULL": False}, f"{INVALID}Null attribute value types must have the value of true"),
        ({"L": [{"N": "x"}]}, "The parameter cannot be converted to a numeric value: x"),
    ],
)
def test_unsound_values_are_refused(value: dict[str, Any], message: str) -> None:
    with pytest.raises(DynamoError) as caught:
        read_value(value)
    assert str(caught.value) == message


def test_values_are_kept_in_one_form() -> None:
    given = {"M": {"n": {"N": "1.0"}, "s": {"NS": ["3", "20", "1e0"]}, "t": {"SS": ["b", "a"]}}}
    kept, _ = read_value(given)
    assert kept == {"M": {"n": {"N": "1"}, "s": {"NS": ["1", "3", "20"]}, "t": {"SS": ["a", "b"]}}}
    assert given["M"]["n"] == {"N": "1.0"}, "what is handed in stays as it is"


def test_empty_texts_and_binaries_are_values() -> None:
    assert read_value({"S": ""}) == ({"S": ""}, 0)
    assert read_value({"B": b""}) == ({"B": b""}, 0)
    assert read_value({"L": []}) == ({"L": []}, 3)
    assert read_value({"M": {}}) == ({"M": {}}, 3)


def nested(levels: int) -> dict[str, Any]:
    """A value with so many lists around it."""
    value: dict[str, Any] = {"S": "x"}
    for _ in range(levels):
        value = {"L": [value]}
    return value


def test_values_nest_32_deep() -> None:
    read_value(nested(32))
    with pytest.raises(DynamoError, match="Nesting Levels have exceeded supported limits"):
        read_value(nested(33))


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"pk": {"S": "abc"}}, 5),
        ({"ü": {"S": "é"}}, 4),
        ({"n": {"N": "1234"}}, 4),
        ({"b": {"B": b"1234"}}, 5),
        ({"t": {"BOOL": True}, "u": {"NULL": True}}, 4),
        ({"s": {"SS": ["ab", "c"]}}, 4),
        ({"l": {"L": [{"S": "ab"}, {"N": "1"}]}}, 1 + 3 + 2 + 2 + 2),
        ({"m": {"M": {"ab": {"S": "c"}}}}, 1 + 3 + 2 + 1 + 1),
    ],
)
def test_sizes_are_counted_as_documented(item: dict[str, Any], size: int) -> None:
    kept, counted = read_item(item)
    assert counted == size == item_size(kept)
    assert sum(value_size(value) for value in kept.values()) == size - sum(
        len(name.encode()) for name in kept
    )


def test_only_like_things_have_an_order() -> None:
    assert order({"N": "9"}, {"N": "10"}) == -1
    assert order({"S": "9"}, {"S": "10"}) == 1
    assert order({"B": b"a"}, {"B": b"a"}) == 0
    assert order({"S": "a"}, {"N": "1"}) is None
    assert order({"BOOL": True}, {"BOOL": False}) is None


def test_values_are_printed_as_in_messages() -> None:
    assert shown({"S": "a"}) == "{S:a}"
    assert shown({"L": [{"N": "1"}, {"BOOL": True}]}) == "{L:[{N:1}, {BOOL:true}]}"
