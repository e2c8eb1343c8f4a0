"""Expressions made of a tree choose what the tree chooses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.languages.partition_filters.parse import BadExpression, parse_filter

TYPES = {"n": "int", "s": "string"}
SIGNS = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
WORDS = st.text("ab'_%", max_size=3)
NUMBERS = st.integers(-20, 20)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


LEAVES = st.one_of(
    st.tuples(st.just("n"), st.sampled_from(sorted(SIGNS)), NUMBERS),
    st.tuples(st.just("s"), st.sampled_from(sorted(SIGNS)), WORDS),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or"]), inner, inner), st.tuples(st.just("not"), inner)
    ),
    max_leaves=6,
)


def written(tree: Any) -> str:
    if tree[0] in ("and", "or"):
        return f"({written(tree[1])}) {tree[0].upper()} ({written(tree[2])})"
    if tree[0] == "not":
        return f"NOT ({written(tree[1])})"
    key, sign, value = tree
    return f"{key} {sign} {quoted(value) if isinstance(value, str) else value}"


def holds(tree: Any, row: dict[str, Any]) -> bool:
    if tree[0] == "and":
        return holds(tree[1], row) and holds(tree[2], row)
    if tree[0] == "or":
        return holds(tree[1], row) or holds(tree[2], row)
    if tree[0] == "not":
        return not holds(tree[1], row)
    return bool(SIGNS[tree[1]](row[tree[0]], tree[2]))


@given(TREES, NUMBERS, WORDS)
def test_an_expression_is_its_tree(tree: Any, number: int, text: str) -> None:
    test = parse_filter(written(tree), TYPES)
    assert test({"n": str(number), "s": text}) is holds(tree, {"n": number, "s": text})


@given(st.text("ns=<>'() andorINLIKE01,", max_size=20))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        parse_filter(text, TYPES)({"n": "1", "s": "a"})
    except BadExpression:
        return


def test_like_dates_and_values_that_are_no_numbers() -> None:
    like = parse_filter("s LIKE 'a_c%'", TYPES)
    assert [like({"s": text}) for text in ("abcd", "ac", "xabc")] == [True, False, False]
    since = parse_filter("d >= DATE '2024-01-01'", {"d": "date"})
    assert [since({"d": text}) for text in ("2024-02-01", "2023-12-31")] == [True, False]
    assert not parse_filter("n > 1", TYPES)({"n": "__HIVE_DEFAULT_PARTITION__"})
    assert parse_filter("n IS NULL", TYPES)({"n": "__HIVE_DEFAULT_PARTITION__"})
    with pytest.raises(BadExpression, match="cannot be compared"):
        parse_filter("b = 'x'", {"b": "array<int>"})
