"""Conditions: how they are read, when they hold, and what is said of those that are wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.grammar import names_key, read_condition
from cloudchamber.languages.dynamodb.reserved import RESERVED

ITEM: dict[str, Any] = {
    "pk": {"S": "a"},
    "n": {"N": "5"},
    "oth": {"N": "7"},
    "txt": {"S": "hello"},
    "bin": {"B": b"hello"},
    "tags": {"SS": ["x", "y"]},
    "nums": {"NS": ["1", "2"]},
    "lst": {"L": [{"S": "a"}, {"N": "3"}, {"M": {"deep": {"BOOL": True}}}]},
    "mp": {"M": {"in": {"S": "v"}, "a.b": {"N": "1"}}},
    "nil": {"NULL": True},
}
VALUES: dict[str, Any] = {
    ":a": {"S": "a"},
    ":h": {"S": "he"},
    ":x": {"S": "x"},
    ":four": {"N": "4"},
    ":five": {"N": "5"},
    ":six": {"N": "6"},
    ":bin": {"B": b"he"},
    ":true": {"BOOL": True},
    ":S": {"S": "S"},
    ":L": {"S": "L"},
    ":tags": {"SS": ["x", "y"]},
    ":null": {"NULL": True},
}


def holds(text: str, names: dict[str, str] | None = None) -> bool:
    """Whether a condition holds for the item."""
    read = read_condition("ConditionExpression", text, names_key(names))
    read.tree.check(VALUES)
    return read.tree.holds(ITEM, VALUES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pk = :a", True),
        ("pk <> :a", False),
        ("n = :five", True),
        ("n = :a", False),
        ("n < :six and n > :four", True),
        ("n <= :five AND n >= :five", True),
        ("n < oth", True),
        ("txt < :a", False),
        ("n < :a", False),
        ("gone = :a", False),
        ("gone <> :a", True),
        ("gone < :a", False),
        ("n between :four and :six", True),
        ("n BETWEEN :five AND :five", True),
        ("n between :six and :six", False),
        ("n in (:four, :five)", True),
        ("n in (:four, :a)", False),
        ("attribute_exists(mp.#in)", True),
        ("attribute_exists(lst[2].deep)", True),
        ("attribute_exists(lst[3])", False),
        ("attribute_not_exists(gone)", True),
        ("attribute_not_exists(pk)", False),
        ("attribute_type(pk, :S)", True),
        ("attribute_type(pk, :L)", False),
        ("attribute_type(lst, :L)", True),
        ("begins_with(txt, :h)", True),
        ("begins_with(bin, :bin)", True),
        ("begins_with(bin, :h)", False),
        ("contains(txt, :h)", True),
        ("contains(tags, :x)", True),
        ("contains(tags, :a)", False),
        ("contains(nums, :five)", False),
        ("contains(lst, :a)", True),
        ("contains(lst, :x)", False),
        ("size(txt) = :five", True),
        ("size(tags) < :five", True),
        ("size(lst) <= :four", True),
        ("size(gone) < :five", False),
        ("size(n) < :five", False),
        ("tags = :tags", True),
        ("nil = :null", True),
        ("mp.#dot < :five", True),
        ("not pk = :a", False),
        ("not pk = :a or n = :five", True),
        ("pk = :a or pk = :x and n = :four", True),
        ("(pk = :a or pk = :x) and n = :four", False),
        ("NOT (pk = :a AND n = :four)", True),
        ("not not pk = :a", True),
        ("lst[2].deep = :true", True),
    ],
)
def test_what_holds(text: str, expected: bool) -> None:
    names = {"#in": "in", "#dot": "a.b"}
    assert holds(text, names) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("   ", "The expression can not be empty;"),
        ("pk = ", 'Syntax error; token: "<EOF>", near: "="'),
        ("pk == :a", 'Syntax error; token: "=", near: "== :a"'),
        ("pk ! :a", 'Syntax error; token: "!", near: "pk !"'),
        ("(pk = :a", 'Syntax error; token: "<EOF>", near: ":a"'),
        ("pk = :a :x", 'Syntax error; token: ":x", near: ":a :x"'),
        ("name = :a", "Attribute name is a reserved keyword; reserved keyword: name"),
        ("mp.Status = :a", "Attribute name is a reserved keyword; reserved keyword: Status"),
        (
            "#x = :a",
            (
                "An expression attribute name used in the document path is not defined; attribute "
                "name: #x"
            ),
        ),
        ("foo(pk)", "Invalid function name; function: foo"),
        (
            "if_not_exists(pk, :a)",
            "The function is not allowed in a condition expression; function: if_not_exists",
        ),
        (
            "attribute_exists(:a)",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "begins_with(pk)",
            (
                "Incorrect number of operands for operator or function; operator or function: "
                "begins_with, number of operands: 1"
            ),
        ),
        (
            "contains(attribute_exists(pk), :a)",
            (
                "The function is not allowed to be used this way in an expression; function: "
                "attribute_exists"
            ),
        ),
        (
            "begins_with(pk, :four)",
            (
                "Incorrect operand type for operator or function; operator or function: "
                "begins_with, "
                "operand type: N"
            ),
        ),
        (
            "pk < :true",
            (
                "Incorrect operand type for operator or function; operator or function: <, operand "
                "type: BOOL"
            ),
        ),
        (
            "attribute_type(pk, :a)",
            (
                "Invalid attribute type name found; type: a, valid types: "
                "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
            ),
        ),
        (
            "n between :six and :four",
            (
                "The BETWEEN operator requires upper bound to be greater than or equal to lower "
                "bound; "
                "lower bound operand: AttributeValue: {N:6}, upper bound operand: AttributeValue: "
                "{N:4}"
            ),
        ),
        (
            "n between :six and :a",
            (
                "The BETWEEN operator requires same data type for lower and upper bounds; lower "
                "bound "
                "operand: AttributeValue: {N:6}, upper bound operand: AttributeValue: {S:a}"
            ),
        ),
        (
            "pk = pk",
            (
                "The first operand must be distinct from the remaining operands for this "
                "operator or "
                "function; operator: =, first operand: [pk]"
            ),
        ),
        ("((pk = :a))", "The expression has redundant parentheses;"),
        (
            "size(:four) = :four",
            (
                "Incorrect operand type for operator or function; operator or function: size, "
                "operand "
                "type: N"
            ),
        ),
    ],
)
def test_what_is_said_of_wrong_ones(text: str, message: str) -> None:
    with pytest.raises(DynamoError) as caught:
        holds(text)
    assert str(caught.value).removeprefix("Invalid ConditionExpression: ") == message


def test_parentheses_that_do_something_are_not_redundant() -> None:
    assert holds("((pk = :a) or (pk = :x)) and (n = :five)")
    assert holds("(pk = :a)")


def test_limits() -> None:
    long = "pk = :a" + " " * 4090 + "or n = :five"
    with pytest.raises(DynamoError, match="expression size: 4109"):
        holds(long)
    many = " or ".join(["a=:a"] * 151)
    with pytest.raises(DynamoError, match="too many operators"):
        holds(many)
    assert not holds(" or ".join(["n=:a"] * 150))
    with pytest.raises(DynamoError, match="nested too deeply"):
        holds("(a=:a or " * 200 + "a=:a" + ")" * 200)
    choices = ",".join([":a"] * 101)
    with pytest.raises(DynamoError, match="number of operands: 101"):
        holds(f"pk in ({choices})")


def test_every_reserved_word_is_known() -> None:
    assert len(RESERVED) == 573
    assert {"ABORT", "ZONE", "NAME", "STATUS", "TTL", "FLATTERN", "INNTER"} <= RESERVED


CONDITIONS = st.recursive(
    st.sampled_from(["pk = :a", "n < :five", "contains(tags, :x)", "n = :six"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: f"({two[0]} AND {two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} OR {two[1]})"),
        inner.map(lambda one: f"(NOT {one})"),
    ),
    max_leaves=12,
)
TRUTHS = {
    "pk = :a": "True",
    "n < :five": "False",
    "contains(tags, :x)": "True",
    "n = :six": "False",
}


@given(CONDITIONS)
def test_logic_is_that_of_python(text: str) -> None:
    said = text.replace("AND", "and").replace("OR", "or").replace("NOT", "not")
    for condition, truth in TRUTHS.items():
        said = said.replace(condition, truth)
    if not text.startswith("(("):
        assert holds(text) is eval(said)


@given(st.text(alphabet="()=<>:#an.[]0 ,+-ORD", max_size=30))
def test_nonsense_is_refused_and_nothing_else(text: str) -> None:
    try:
        read = read_condition("ConditionExpression", text, ())
        if read.values <= VALUES.keys():
            read.tree.check(VALUES)
            read.tree.holds(ITEM, VALUES)
    except DynamoError:
        pass
