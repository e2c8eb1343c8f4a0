"""Projections and key conditions."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.grammar import read_condition, read_projection
from cloudchamber.languages.dynamodb.key_conditions import KeyRange, read_key_range
from cloudchamber.languages.dynamodb.paths import project

ITEM: dict[str, Any] = {
    "a": {"S": "a"},
    "l": {"L": [{"N": "0"}, {"N": "1"}, {"M": {"x": {"S": "x"}, "y": {"S": "y"}}}]},
    "m": {"M": {"a": {"N": "1"}, "b": {"M": {"c": {"N": "2"}}}}},
}
VALUES: dict[str, Any] = {
    ":a": {"S": "a"},
    ":b": {"S": "b"},
    ":one": {"N": "1"},
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a", {"a": ITEM["a"]}),
        ("a, nothing", {"a": ITEM["a"]}),
        ("m.b.c", {"m": {"M": {"b": {"M": {"c": {"N": "2"}}}}}}),
        ("m.a, m.b", {"m": ITEM["m"]}),
        ("l[1]", {"l": {"L": [{"N": "1"}]}}),
        ("l[2].y, l[0]", {"l": {"L": [{"N": "0"}, {"M": {"y": {"S": "y"}}}]}}),
        ("l[9]", {}),
        ("a.b", {}),
        ("m.nothing", {}),
    ],
)
def test_projections(text: str, found: dict[str, Any]) -> None:
    assert project(ITEM, read_projection(text, ()).tree) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("a,", 'Syntax error; token: "<EOF>", near: ","'),
        ("a b", 'Syntax error; token: "b", near: "a b"'),
        ("a[x]", 'Syntax error; token: "x", near: "[x]"'),
        ("a.0", 'Syntax error; token: "0", near: ".0"'),
        (
            "a, a.b",
            (
                "Two document paths overlap with each other; must remove or rewrite one of these "
                "paths; path one: [a], path two: [a, b]"
            ),
        ),
    ],
)
def test_wrong_projections(text: str, message: str) -> None:
    with pytest.raises(DynamoError) as caught:
        read_projection(text, ())
    assert str(caught.value) == f"Invalid ProjectionExpression: {message}"


def key_range(text: str) -> KeyRange:
    """A key condition on a table with keys pk and sk."""
    tree = read_condition("KeyConditionExpression", text, ()).tree
    return read_key_range(tree, VALUES, ["pk"], ["sk"], {"pk": "S", "sk": "S"})


def test_key_conditions() -> None:
    assert key_range("pk = :a") == KeyRange(({"S": "a"},), (), None)
    assert key_range(":a = pk and sk = :b") == KeyRange(({"S": "a"},), ({"S": "b"},), None)
    last = key_range("(pk = :a) AND (sk > :b)").last
    assert last is not None
    assert (last.operator, last.value) == (">", {"S": "b"})
    flipped = key_range("pk = :a and :b > sk").last
    assert flipped is not None
    assert flipped.operator == "<"
    between = key_range("pk = :a and sk between :a and :b").last
    assert between is not None
    assert (between.value, between.high) == ({"S": "a"}, {"S": "b"})


KIND = "Invalid KeyConditionExpression: "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sk = :a", "Query condition missed key schema element: pk"),
        ("pk > :a", "Query key condition not supported"),
        ("pk = :a and x = :a", "Query condition missed key schema element: sk"),
        ("pk = :a or sk = :a", "Invalid operator used in KeyConditionExpression: OR"),
        ("pk = :a and sk <> :a", "Invalid operator used in KeyConditionExpression: <>"),
        (
            "pk = :a and attribute_exists(sk)",
            "Invalid operator used in KeyConditionExpression: attribute_exists",
        ),
        (
            "pk = :a and sk in (:a)",
            "Invalid operator used in KeyConditionExpression: IN",
        ),
        (
            "pk = :a and pk = :b",
            f"{KIND}KeyConditionExpressions must only contain one condition per key",
        ),
        (
            "pk.x = :a",
            f"{KIND}KeyConditionExpressions cannot have conditions on nested attributes",
        ),
        (
            "pk = sk",
            (
                f"{KIND}Invalid condition in KeyConditionExpression: Multiple attribute names "
                f"used in "
                "one condition"
            ),
        ),
        (
            ":a = :b",
            f"{KIND}Invalid condition in KeyConditionExpression: no key attribute specified",
        ),
        (
            "pk = :one",
            (
                "One or more parameter values were invalid: Condition parameter type does not "
                "match "
                "schema type"
            ),
        ),
    ],
)
def test_wrong_key_conditions(text: str, message: str) -> None:
    with pytest.raises(DynamoError) as caught:
        key_range(text)
    assert str(caught.value) == message
