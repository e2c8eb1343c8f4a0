"""PartiQL: text to trees, and what is no statement."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.statements import Statement, read_statement
from cloudchamber.languages.dynamodb.tree import Both, Compare, Given, Reach
from cloudchamber.languages.dynamodb.updates import Action


def test_a_select_is_read() -> None:
    text = (
        'select a.b[0], "c d" from "my table"."by owner" '
        """where x = 'it''s' and "y" >= ? order by y desc;"""
    )
    assert read_statement(text, [{"N": "1.0"}]) == Statement(
        "SELECT",
        "my table",
        "by owner",
        (("a", "b", 0), ("c d",)),
        Both(
            (
                Compare("=", Reach(("x",)), Given(":0")),
                Compare(">=", Reach(("y",)), Given(":1")),
            )
        ),
        (("y", True),),
        values={":0": {"S": "it's"}, ":1": {"N": "1"}},
    )


def test_an_update_is_read() -> None:
    found = read_statement("UPDATE t SET a = 1, b = set_add(b, <<'x'>>) REMOVE c WHERE k = 2", ())
    assert found.actions == (
        Action("SET", ("a",), Given(":0")),
        Action("ADD", ("b",), Given(":1")),
        Action("REMOVE", ("c",), None),
    )


def test_values_of_every_kind() -> None:
    text = "INSERT INTO t VALUE {'a': -1.50, 'b': [true, false, null], c: {'d': <<1, 2e1>>}}"
    item: Any = read_statement(text, ()).item
    assert item == {
        "a": {"N": "-1.5"},
        "b": {"L": [{"BOOL": True}, {"BOOL": False}, {"NULL": True}]},
        "c": {"M": {"d": {"NS": ["1", "20"]}}},
    }


WRONG = [
    "",
    "SELECT * FROM",
    "SELECT * FROM t WHERE a ==",
    "SELECT * FROM t WHERE a = 'open",
    "INSERT INTO t VALUE 1",
    "INSERT INTO t VALUE {'a': <<1, 'x'>>}",
    "INSERT INTO t VALUE {'a': <<>>}",
    "UPDATE t WHERE a = 1",
    "UPDATE t SET a = set_add(b, <<1>>) WHERE k = 1",
    "UPDATE t SET a = 1 WHERE k = 1 RETURNING SOME OLD *",
    "DELETE FROM t",
    "SELECT * FROM t WHERE a = 1 b",
    "SELECT * FROM t WHERE 1 IS MISSING",
    "SELECT * FROM t WHERE a = ?",
]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_statement(text: str) -> None:
    with pytest.raises(DynamoError, match="Statement wasn't well formed, can't be processed: "):
        read_statement(text, ())


PIECES = st.sampled_from(
    "SELECT * FROM t WHERE a = 1 'x' ? ( ) [ ] { } << >> , . : AND OR NOT IS MISSING SET UPDATE "
    "DELETE INSERT INTO VALUE RETURNING ALL OLD size( IN BETWEEN - +".split()
)


@given(st.lists(PIECES, max_size=14).map(" ".join))
def test_nonsense_is_refused_and_nothing_else(text: str) -> None:
    try:
        read_statement(text, [{"S": "x"}])
    except DynamoError:
        pass
