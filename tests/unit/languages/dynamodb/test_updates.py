"""Updates: what they do to an item, and what is said of those that are wrong."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.grammar import names_key, read_update

ITEM: dict[str, Any] = {
    "n": {"N": "5"},
    "s": {"S": "text"},
    "l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}]},
    "m": {"M": {"a": {"N": "1"}, "l": {"L": [{"S": "x"}]}}},
    "ns": {"NS": ["1", "2"]},
}
VALUES: dict[str, Any] = {
    ":one": {"N": "1"},
    ":s": {"S": "x"},
    ":l": {"L": [{"S": "new"}]},
    ":ns": {"NS": ["2", "3"]},
    ":both": {"NS": ["1", "2"]},
    ":ss": {"SS": ["a"]},
    ":true": {"BOOL": True},
}


def updated(text: str, names: dict[str, str] | None = None) -> dict[str, Any]:
    """The item after an update."""
    read = read_update(text, names_key(names))
    read.tree.check(VALUES)
    item = copy.deepcopy(ITEM)
    read.tree.apply(item, VALUES)
    return item


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("SET a = :one", {"a": {"N": "1"}}),
        ("set n = n + :one, b = n - :one", {"n": {"N": "6"}, "b": {"N": "4"}}),
        ("SET n = :one + n", {"n": {"N": "6"}}),
        ("SET a = n, n = s", {"a": {"N": "5"}, "n": {"S": "text"}}),
        ("SET a = if_not_exists(a, :one)", {"a": {"N": "1"}}),
        ("SET n = if_not_exists(n, :one) + :one", {"n": {"N": "6"}}),
        ("SET l[1] = :s", {"l": {"L": [{"N": "0"}, {"S": "x"}, {"N": "2"}]}}),
        ("SET l[9] = :s", {"l": {"L": [*ITEM["l"]["L"], {"S": "x"}]}}),
        (
            "SET l[9] = :s, l[5] = :one",
            {"l": {"L": [*ITEM["l"]["L"], {"N": "1"}, {"S": "x"}]}},
        ),
        ("SET l = list_append(l, :l)", {"l": {"L": [*ITEM["l"]["L"], {"S": "new"}]}}),
        ("SET l = list_append(:l, l)", {"l": {"L": [{"S": "new"}, *ITEM["l"]["L"]]}}),
        ("SET q = list_append(if_not_exists(q, :l), :l)", {"q": {"L": [{"S": "new"}] * 2}}),
        ("SET m.b = :s", {"m": {"M": {**ITEM["m"]["M"], "b": {"S": "x"}}}}),
        (
            "SET m.l[0] = :one REMOVE m.a",
            {"m": {"M": {"l": {"L": [{"N": "1"}]}}}},
        ),
        ("REMOVE l[0], l[2]", {"l": {"L": [{"N": "1"}]}}),
        ("REMOVE l[7]", {}),
        ("REMOVE nothing", {}),
        ("REMOVE l[0] SET l[1] = :s", {"l": {"L": [{"S": "x"}, {"N": "2"}]}}),
        ("ADD n :one", {"n": {"N": "6"}}),
        ("ADD a :one, ns :ns", {"a": {"N": "1"}, "ns": {"NS": ["1", "2", "3"]}}),
        ("ADD c :ss", {"c": {"SS": ["a"]}}),
        ("ADD m.a :one", {"m": {"M": {**ITEM["m"]["M"], "a": {"N": "2"}}}}),
        ("DELETE ns :ns", {"ns": {"NS": ["1"]}}),
        ("DELETE nothing :ss", {}),
        (
            "SET a = m, m.a = :s",
            {"a": ITEM["m"], "m": {"M": {**ITEM["m"]["M"], "a": {"S": "x"}}}},
        ),
        ("SET #q.#r = :one", {"m": {"M": {**ITEM["m"]["M"], "x.y": {"N": "1"}}}}),
    ],
)
def test_what_updates_do(text: str, changed: dict[str, Any]) -> None:
    assert updated(text, {"#q": "m", "#r": "x.y"}) == {**ITEM, **changed}


def test_what_is_removed_is_gone() -> None:
    assert "s" not in updated("REMOVE s")
    assert "ns" not in updated("DELETE ns :both")


KIND = "Incorrect operand type for operator or function; "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("SET", 'Syntax error; token: "<EOF>", near: "SET"'),
        ("PUT a = :one", 'Syntax error; token: "PUT", near: "PUT a"'),
        ("SET a :one", 'Syntax error; token: ":one", near: "a :one"'),
        ("SET a = :one,", 'Syntax error; token: "<EOF>", near: ","'),
        ("ADD a s", 'Syntax error; token: "s", near: "a s"'),
        (
            "SET a = :one SET b = :one",
            'The "SET" section can only be used once in an update expression;',
        ),
        (
            "SET a = :one REMOVE a",
            (
                "Two document paths overlap with each other; must remove or rewrite one of these "
                "paths; path one: [a], path two: [a]"
            ),
        ),
        (
            "SET m.a = :one, m = :one",
            (
                "Two document paths overlap with each other; must remove or rewrite one of these "
                "paths; path one: [m, a], path two: [m]"
            ),
        ),
        (
            "SET m.a = :one REMOVE m[0]",
            (
                "Two document paths conflict with each other; must remove or rewrite one of these "
                "paths; path one: [m, a], path two: [m, [0]]"
            ),
        ),
        ("SET a = size(b)", "The function is not allowed in an update expression; function: size"),
        (
            "SET a = begins_with(b, :s)",
            "The function is not allowed in an update expression; function: begins_with",
        ),
        ("SET a = foo(b)", "Invalid function name; function: foo"),
        (
            "SET a = if_not_exists(:one, :one)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        ("SET a = :s + :one", f"{KIND}operator or function: +, operand type: S"),
        ("SET a = n - :s", f"{KIND}operator or function: -, operand type: S"),
        ("SET a = list_append(l, :s)", f"{KIND}operator or function: list_append, operand type: S"),
        (
            "ADD a :s",
            f"{KIND}operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "DELETE a :one",
            f"{KIND}operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND",
        ),
        ("SET n = s + :one", "An operand in the update expression has an incorrect data type"),
        ("ADD s :one", "An operand in the update expression has an incorrect data type"),
        ("DELETE n :ns", "An operand in the update expression has an incorrect data type"),
        (
            "SET a = gone + :one",
            "The provided expression refers to an attribute that does not exist in the item",
        ),
        (
            "SET a = gone",
            "The provided expression refers to an attribute that does not exist in the item",
        ),
        (
            "SET gone.a = :one",
            "The document path provided in the update expression is invalid for update",
        ),
        (
            "SET n.a = :one",
            "The document path provided in the update expression is invalid for update",
        ),
        (
            "REMOVE m[0]",
            "The document path provided in the update expression is invalid for update",
        ),
    ],
)
def test_what_is_said_of_wrong_ones(text: str, message: str) -> None:
    with pytest.raises(DynamoError) as caught:
        updated(text)
    assert str(caught.value).removeprefix("Invalid UpdateExpression: ") == message
