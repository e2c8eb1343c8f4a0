"""Bytes in order, and keys as bytes."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudchamber.languages.dynamodb.numbers import canonical
from cloudchamber.services.dynamodb import ordered
from cloudchamber.services.dynamodb.keys import (
    KeyAttribute,
    KeySchema,
    after,
    find_entry,
    item_key_in,
    key_of,
    segment_bounds,
)
from cloudchamber.services.dynamodb.ordered import Ordered

KEYS = st.binary(max_size=3)
ACTIONS = st.lists(st.tuples(st.sampled_from(("put", "add", "remove")), KEYS), max_size=80)


@given(ACTIONS, KEYS, KEYS)
@settings(max_examples=150)
def test_it_is_a_sorted_dict(actions: list[tuple[str, bytes]], low: bytes, high: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordered, "LEAF", 4)
        found: Ordered[int] = Ordered()
        model: dict[bytes, int] = {}
        for number, (action, key) in enumerate(actions):
            if action == "put":
                found.put(key, number)
                model[key] = number
            elif action == "add":
                assert found.add(key, number) is (key not in model)
                model.setdefault(key, number)
            else:
                assert found.remove(key) is (key in model)
                model.pop(key, None)
        for tree in (found, Ordered.of(*found.dump())):
            assert len(tree) == len(model)
            assert all(tree.get(key) == model.get(key) for _, key in actions)
            pairs = sorted(model.items())
            assert list(tree.forward(b"")) == pairs
            assert list(tree.backward(b"")) == pairs[::-1]
            between = [pair for pair in pairs if low <= pair[0] < high]
            assert list(tree.forward(low, high)) == between
            assert list(tree.backward(low, high)) == between[::-1]


TEXTS = st.text(max_size=4)
NUMBERS = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=6
).map(lambda number: canonical(str(number)))
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "S": TEXTS,
    "N": NUMBERS,
    "B": st.binary(max_size=4),
}
VALUES = st.one_of([st.tuples(st.just(kind), content) for kind, content in KINDS.items()])
PAIRS = st.one_of([st.tuples(st.just(kind), content, content) for kind, content in KINDS.items()])


def sort_key(kind: str, content: Any) -> Any:
    """What DynamoDB sorts by."""
    if kind == "N":
        return Decimal(content)
    return content.encode() if kind == "S" else content


@given(PAIRS)
def test_range_keys_sort_as_their_values(pair: tuple[str, Any, Any]) -> None:
    kind, one, other = pair
    schema = KeySchema((KeyAttribute("h", "S"),), (KeyAttribute("r", kind),))
    mine, theirs = (key_of(schema, {"h": {"S": "x"}, "r": {kind: each}}) for each in (one, other))
    assert (mine < theirs) == (sort_key(kind, one) < sort_key(kind, other))
    assert (mine == theirs) == (one == other)


@given(VALUES, VALUES, VALUES, TEXTS)
def test_an_entry_ends_with_the_key_of_its_item(
    one: tuple[str, Any], other: tuple[str, Any], third: tuple[str, Any], name: str
) -> None:
    table = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", one[0]),))
    index = KeySchema(
        (KeyAttribute("a", other[0]), KeyAttribute("sk", one[0])),
        (KeyAttribute("b", third[0]), KeyAttribute("pk", "S")),
    )
    item: Any = {
        "pk": {"S": name},
        "sk": {one[0]: one[1]},
        "a": {other[0]: other[1]},
        "b": {third[0]: third[1]},
    }
    key = key_of(table, item)
    entry = find_entry(index, item, key)
    assert entry is not None
    assert item_key_in(index, entry) == key
    del item["b"]
    assert find_entry(index, item, key) is None


def test_the_key_behind_all_that_begin_so() -> None:
    assert after(b"ab") == b"ac"
    assert after(b"a\xff") == b"b"
    assert after(b"\xff\xff") is None


@pytest.mark.parametrize("total", [1, 2, 3, 7, 1_000_000])
def test_segments_cover_everything_once(total: int) -> None:
    bounds = [segment_bounds(segment, total) for segment in range(min(total, 10))]
    assert bounds[0][0] == b"\x00\x00\x00\x00"
    assert segment_bounds(total - 1, total)[1] is None
    for (_, end), (start, _) in itertools.pairwise(bounds):
        assert end == start
